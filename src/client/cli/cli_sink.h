/* SPDX-License-Identifier: MIT
 *
 * Where a download's bytes go: a file, a pipe, a terminal. Written in libuv's
 * pool, in order, so that whoever does not read stops nothing but its own
 * download. What is held is bounded by its owner, who gives the server credit
 * for what has been written. */
#ifndef CLIENT_CLI_CLI_SINK_H
#define CLIENT_CLI_CLI_SINK_H

#include "base/buf.h"

#include <uv.h>

struct cli_sink;

/* n more bytes have been written, or (error < 0) it cannot be. */
typedef void cli_sink_fn(struct cli_sink *s, size_t n, int error);

struct cli_sink {
    uv_loop_t *loop;
    cli_sink_fn *fn;
    void *arg;                 /* the owner's */
    int fd;
    int64_t at;                /* where the next write goes; -1: behind */
    bool busy, closing, failed;
    struct buf pending;        /* waits */
    struct buf moving;         /* is being written, from moved on */
    size_t moved;
    uv_fs_t write;
};

/* Takes fd. at < 0: it is a stream. max: the most that will be held. Returns
 * owned. */
struct cli_sink *cli_sink_new(uv_loop_t *loop, int fd, int64_t at,
                              size_t max, cli_sink_fn *fn);

void cli_sink_put(struct cli_sink *s, const void *p, size_t n);
size_t cli_sink_held(const struct cli_sink *s);

/* No more calls; nulls it, accepts NULL. What waits is not written. */
void cli_sink_free(struct cli_sink **s);

#endif
