/* SPDX-License-Identifier: MIT
 *
 * Where a password comes from: a file (--password-file, - = standard input),
 * what $LOQUAT_PASSWORD_COMMAND prints, or the terminal, which does not show
 * it. Never an argument, never an environment variable's value. */
#ifndef CLIENT_CLI_CLI_SECRET_H
#define CLIENT_CLI_CLI_SECRET_H

#include "base/err.h"
#include "client/cli/cli_options.h"

#define CLI_SECRET_BYTES 512

/* The passwords of one command; cli_secret_wipe() them. */
struct cli_secret {
    char password[CLI_SECRET_BYTES];
    char fresh[CLI_SECRET_BYTES];        /* "" if none was asked for */
};

enum cli_secret_wish {
    CLI_SECRET_KNOWN,        /* one that there is */
    CLI_SECRET_NEW,          /* one to be: a person types it twice */
    CLI_SECRET_CHANGE,       /* both; in a file, the second line is the new */
};

/* 0, or -errno with e filled: -ENOTTY when nobody can be asked, -EINTR when
 * they would not say. Blocks. */
int cli_secret_read(struct cli_secret *s, const struct cli_options *o,
                    enum cli_secret_wish wish, struct err *e) MUST_USE;
void cli_secret_wipe(struct cli_secret *s);

/* It would be typed by a person. */
bool cli_secret_is_typed(const struct cli_options *o,
                         enum cli_secret_wish wish);

/* The first line of a file (- = standard input), without its end. 0 or -errno
 * with e filled. */
int cli_secret_file(const char *path, char out[CLI_SECRET_BYTES],
                    struct err *e) MUST_USE;

#endif
