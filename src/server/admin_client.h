/* SPDX-License-Identifier: MIT
 *
 * The commands of loquatd that look after a server: `loquatd admin` through
 * the socket of one that runs, and what works without one. Each returns the
 * process's exit status: 0 done, 1 failed, 2 not understood, 4 there is no
 * such thing, 5 no server runs there, 6 refused. */
#ifndef SERVER_ADMIN_CLIENT_H
#define SERVER_ADMIN_CLIENT_H

#include "server/config.h"

enum {
    ADMIN_EXIT_FAILED = 1,
    ADMIN_EXIT_USAGE = 2,
    ADMIN_EXIT_NO_SUCH = 4,
    ADMIN_EXIT_NO_SERVER = 5,
    ADMIN_EXIT_REFUSED = 6,
};

/* words: the command's, ended by NULL. */
int admin_client(const struct config *c, char **words, bool json);

/* backup FILE, restore FILE, fsck [--sizes]: on the data folder itself. */
bool admin_is_offline(const char *command);
int admin_offline(const struct config *c, const char *command, char **words,
                  bool json);

#endif
