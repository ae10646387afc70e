/* SPDX-License-Identifier: MIT
 *
 * Accounts: making one, logging in and out, passwords, devices and tokens. No
 * secret is ever taken from behind a command, where it would be shown: each is
 * asked for (line_prompt.h). */
#ifndef DIALECT_LINE_LINE_ACCOUNT_H
#define DIALECT_LINE_LINE_ACCOUNT_H

#include "dialect/line/line_impl.h"

/* Asks for the password of a new account; `code` is an invitation or empty.
 * What is wrong is said with `advice` behind it. */
void line_account_register(struct conn *c, struct str name, struct str code,
                           const char *advice);

/* Whether something was typed where nothing secret belongs: says so, and not
 * what. */
bool line_account_is_given_away(struct conn *c, struct str typed,
                                const char *advice);

#endif
