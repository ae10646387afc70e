/* SPDX-License-Identifier: MIT
 *
 * The passwords of eight characters and more that leaked lists have most
 * often: what is guessed first, folded. No dictionary; the throttle does the
 * rest. */
#ifndef AUTH_PASSWORD_COMMON_H
#define AUTH_PASSWORD_COMMON_H

/* NULL at the end. */
extern const char *const password_common[];

#endif
