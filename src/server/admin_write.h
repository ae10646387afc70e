/* SPDX-License-Identifier: MIT
 *
 * What `loquatd admin` changes: commands to the core, by the operator. */
#ifndef SERVER_ADMIN_WRITE_H
#define SERVER_ADMIN_WRITE_H

#include "server/admin_table.h"

admin_build_fn admin_users_register, admin_users_password, admin_users_disable,
    admin_users_enable, admin_users_delete, admin_rooms_set, admin_rooms_role,
    admin_rooms_owner, admin_rooms_close, admin_bans_add, admin_bans_remove,
    admin_tokens_revoke, admin_invitations_create, admin_invitations_revoke;

#endif
