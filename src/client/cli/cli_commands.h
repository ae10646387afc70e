/* SPDX-License-Identifier: MIT
 *
 * The commands. Each returns its exit status. */
#ifndef CLIENT_CLI_CLI_COMMANDS_H
#define CLIENT_CLI_CLI_COMMANDS_H

#include "client/cli/cli_options.h"

int cli_chat(const struct cli_options *o);
int cli_send(const struct cli_options *o);
int cli_tail(const struct cli_options *o);
int cli_history(const struct cli_options *o);
int cli_rooms(const struct cli_options *o);
int cli_put(const struct cli_options *o);
int cli_get(const struct cli_options *o);
int cli_files(const struct cli_options *o);
int cli_trust(const struct cli_options *o);
int cli_who(const struct cli_options *o);
int cli_login(const struct cli_options *o);
int cli_register(const struct cli_options *o);
int cli_logout(const struct cli_options *o);
int cli_passwd(const struct cli_options *o);
int cli_unregister(const struct cli_options *o);
int cli_devices(const struct cli_options *o);
int cli_revoke(const struct cli_options *o);
int cli_token(const struct cli_options *o);
int cli_invite(const struct cli_options *o);
int cli_kick(const struct cli_options *o);
int cli_ban(const struct cli_options *o);
int cli_unban(const struct cli_options *o);
int cli_role(const struct cli_options *o);
int cli_bans(const struct cli_options *o);
int cli_members(const struct cli_options *o);
int cli_room(const struct cli_options *o);
int cli_group(const struct cli_options *o);
int cli_close(const struct cli_options *o);

#endif
