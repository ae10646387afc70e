/* SPDX-License-Identifier: MIT
 *
 * Devices: what logs in by a token. A person's, with all or part of what they
 * may do, or a bot's, for one room. */
#ifndef HUB_DEVICE_H
#define HUB_DEVICE_H

#include "hub/account.h"

/* The device that the command's login describes can be made; or none is to
 * be. Of a new account, device_add() refuses nothing else. */
enum deny device_check(struct call *x);

/* Writes a new one of a, as the command's login describes it but for its
 * scope, for one room or for all (0). */
enum deny device_add(struct call *x, const struct account *a, uint64_t room,
                     uint8_t scope, uint64_t *ret);

/* What the device of a login may: everything, unless it asks for less. */
uint8_t device_login_scope(const struct login *l);

/* Drops all of a's but that one, which may be 0. */
enum deny device_drop_others(struct call *x, const struct account *a,
                             uint64_t keep);

enum deny device_list(struct call *x);          /* COMMAND_DEVICES */
enum deny device_token(struct call *x);         /* COMMAND_TOKEN */
enum deny device_revoke(struct call *x);        /* COMMAND_REVOKE */
enum deny device_logout(struct call *x);        /* COMMAND_LOGOUT */

#endif
