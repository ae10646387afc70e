/* SPDX-License-Identifier: MIT
 *
 * Logging in: whose credentials a command brings. */
#ifndef HUB_LOGIN_H
#define HUB_LOGIN_H

#include "hub/account.h"

/* COMMAND_LOGIN, and COMMAND_ENTER with a login. */
enum deny login_enter(struct call *x);

/* May the caller's session become an account's at all; and that one's? */
enum deny login_may_begin(struct call *x);
enum deny login_may_become(struct call *x, const struct account *a);

/* A hasher has verified what is this account's password still. */
bool login_fits(const struct login *l, const struct account *a);

/* For batch_then(), after REGISTER too: number is a new device's, or 0. */
enum deny login_done(struct call *x, const struct account *a,
                     uint64_t number);

#endif
