/* SPDX-License-Identifier: MIT
 *
 * tar(1) at the other end of a pipe: a folder becomes a stream, a stream a
 * folder. */
#ifndef CLIENT_CLI_CLI_TAR_H
#define CLIENT_CLI_CLI_TAR_H

#include "base/err.h"

#include <stdbool.h>
#include <uv.h>

struct cli_tar;
typedef void cli_tar_fn(struct cli_tar *t);    /* it has ended: status */

/* Embedded, zeroed; in use by the loop while it runs. */
struct cli_tar {
    uv_process_t *process;
    bool is_used, runs;
    int status;                /* 0 = all went well */
    cli_tar_fn *fn;
    void *arg;
};

/* Packs FOLDER/NAME; *fd is where to read, the caller's. 0 or -errno. */
int cli_tar_pack(struct cli_tar *t, uv_loop_t *loop, const char *folder,
                 const char *name, int *fd) MUST_USE;

/* Unpacks into a folder that is there; *fd is where to write, the caller's.
 * Nobody else's files are made: the invoker owns all. */
int cli_tar_unpack(struct cli_tar *t, uv_loop_t *loop, const char *folder,
                   int *fd) MUST_USE;

/* No call will come; one that runs is told to end. */
void cli_tar_done(struct cli_tar *t);

#endif
