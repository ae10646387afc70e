/* SPDX-License-Identifier: MIT
 *
 * Tokens, by which this machine stays logged in: one small file per server in
 * $XDG_STATE_HOME/loquat/tokens, for this user's eyes alone. */
#ifndef CLIENT_CLI_CLI_TOKEN_H
#define CLIENT_CLI_CLI_TOKEN_H

#include "base/err.h"
#include "base/limits.h"
#include "client/cli/cli_options.h"

#define CLI_TOKEN_BYTES 256

struct cli_token {
    char text[CLI_TOKEN_BYTES];         /* "": there is none */
    char name[LIMIT_ROOM_BYTES + 1];    /* whose it was; "" = not known */
    bool stored;                        /* it came from the file */
};

/* Whom to be: --token-file or LOQUAT_TOKEN (but not on a server that only a
 * file's address has named), what is stored for this server; none with
 * --guest, or with a --name that is not the stored account's. 0 (also
 * when there is none), or -errno with e filled: a file that cannot be
 * trusted. cli_token_wipe() it. */
int cli_token_find(struct cli_token *t, const struct cli_options *o,
                   cli_env_fn *env, struct err *e) MUST_USE;
void cli_token_wipe(struct cli_token *t);

/* Written beside the old one and renamed: it is there whole, or not. */
int cli_token_store(const struct cli_options *o, cli_env_fn *env,
                    const char *token, const char *name,
                    struct err *e) MUST_USE;

/* Harmless when there is none. */
void cli_token_forget(const struct cli_options *o, cli_env_fn *env);

/* For tests: of the server in o; returns owned, NULL without a home. */
char *cli_token_path(const struct cli_options *o, cli_env_fn *env);

#endif
