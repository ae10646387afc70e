/* SPDX-License-Identifier: MIT
 *
 * How a session becomes an account's: a new one, a reader's, a guest's, a
 * visitor's. */
#ifndef HUB_BECOME_H
#define HUB_BECOME_H

#include "hub/account.h"

/* With what it came. All zero: by its password alone. */
struct login_by {
    uint64_t device;
    uint64_t room;                /* the only one for it, or 0 */
    int64_t expires_ms;           /* of the device; 0 = never */
    uint8_t scope;                /* enum scope; 0 = all */
};

/* Before that, and inside a batch that is to come before it: the account
 * belongs to the rooms in which the caller will stay, as if it had joined them.
 * Where that cannot be, it is only heard there, like a guest. */
void become_belong(struct call *x, const struct account *a,
                   const struct login_by *by);

/* Welcomes the caller as a. A guest is called by the account's name from now
 * on in the rooms where that one may be, and has left the others; their own
 * name waits. */
void become_account(struct call *x, const struct account *a,
                    const struct login_by *by);

#endif
