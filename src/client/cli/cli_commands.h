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

#endif
