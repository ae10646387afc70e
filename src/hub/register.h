/* SPDX-License-Identifier: MIT
 *
 * New accounts, and the invitations to make one. */
#ifndef HUB_REGISTER_H
#define HUB_REGISTER_H

#include "hub/account.h"

enum deny register_account(struct call *x);     /* COMMAND_REGISTER */
enum deny register_code(struct call *x);        /* COMMAND_CODE */

#endif
