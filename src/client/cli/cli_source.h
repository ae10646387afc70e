/* SPDX-License-Identifier: MIT
 *
 * Where an upload's bytes come from: a file, which can be read again from
 * anywhere, or a stream (standard input, tar), of which the last bytes are
 * kept. Read in libuv's pool, a piece ahead, so that a slow disk or a silent
 * pipe never stops the loop; hashed once, in order, as they are read. */
#ifndef CLIENT_CLI_CLI_SOURCE_H
#define CLIENT_CLI_CLI_SOURCE_H

#include "base/buf.h"
#include "client/cli/cli_sum.h"

#include <uv.h>

struct cli_source;

/* There is more, or the end, or (error < 0) it cannot be read. */
typedef void cli_source_fn(struct cli_source *s, int error);

struct cli_source {
    uv_loop_t *loop;
    cli_source_fn *fn;
    void *arg;                 /* the owner's */
    int fd;
    bool is_stream;
    bool reading, stale;       /* a piece is under way; of another place */
    bool ended;                /* everything was read */
    bool closing;
    struct cli_sum sum;        /* of the bytes from 0 to sum.n */
    struct buf window;         /* bytes that can be taken */
    uint64_t at;               /* where the window begins */
    uint64_t limit;            /* a file's size when it was opened; no byte
                                  beyond it is taken */
    uv_fs_t read;
    char piece[64 * 1024];
};

/* Takes fd. limit: UINT64_MAX for a stream. Returns owned. */
struct cli_source *cli_source_new(uv_loop_t *loop, int fd, uint64_t limit,
                                  cli_source_fn *fn, void *arg);

/* Reads on until there is something at `from` or the end; fn is called when
 * that is not so already. */
void cli_source_want(struct cli_source *s, uint64_t from);

/* The bytes that are there from `from` on; borrowed until the next call. */
struct str cli_source_peek(const struct cli_source *s, uint64_t from);

/* Everything before `from` has been sent. */
void cli_source_drop(struct cli_source *s, uint64_t from);

/* Where the bytes that are there end. */
uint64_t cli_source_end(const struct cli_source *s);

/* Goes on at `from`. False: a stream's bytes are no longer there. */
bool cli_source_seek(struct cli_source *s, uint64_t from);

/* Everything was read and hashed. */
bool cli_source_is_read(const struct cli_source *s);

/* No more calls; nulls it, accepts NULL. A piece that is under way is waited
 * for by the loop. */
void cli_source_free(struct cli_source **s);

#endif
