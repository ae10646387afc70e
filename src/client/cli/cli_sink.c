/* SPDX-License-Identifier: MIT
 *
 * Two buffers: one is written while the other one fills. */
#include "client/cli/cli_sink.h"

#include <stdlib.h>
#include <unistd.h>

static void write_more(struct cli_sink *s);

struct cli_sink *
cli_sink_new(uv_loop_t *loop, int fd, int64_t at, size_t max, cli_sink_fn *fn)
{
    struct cli_sink *s = must_alloc(sizeof *s);

    s->loop = loop;
    s->fd = fd;
    s->at = at;
    s->fn = fn;
    buf_init(&s->pending, max);
    buf_init(&s->moving, max);
    return s;
}

static void
release(struct cli_sink *s)
{
    buf_done(&s->pending);
    buf_done(&s->moving);
    close(s->fd);
    free(s);
}

size_t
cli_sink_held(const struct cli_sink *s)
{
    return s->pending.n + (s->moving.n - s->moved);
}

static void
on_written(uv_fs_t *req)
{
    struct cli_sink *s = req->data;
    ssize_t n = req->result;

    uv_fs_req_cleanup(req);
    s->busy = false;
    if (s->closing) {
        release(s);
        return;
    }
    s->failed = n < 0;
    if (n > 0) {
        s->moved += (size_t)n;
        s->at += s->at < 0 ? 0 : n;
    }
    if (!s->failed)
        write_more(s);
    s->fn(s, n > 0 ? (size_t)n : 0, n < 0 ? (int)n : 0);
}

static void
write_more(struct cli_sink *s)
{
    struct buf empty = s->moving;
    uv_buf_t from;

    if (s->busy || s->failed || cli_sink_held(s) == 0)
        return;
    if (s->moved == s->moving.n) {
        buf_clear(&empty);
        s->moving = s->pending;
        s->pending = empty;
        s->moved = 0;
    }
    from = uv_buf_init(s->moving.p + s->moved,
                       (unsigned)(s->moving.n - s->moved));
    s->write.data = s;
    s->busy = true;
    must(uv_fs_write(s->loop, &s->write, s->fd, &from, 1, s->at,
                     on_written) == 0);
}

void
cli_sink_put(struct cli_sink *s, const void *p, size_t n)
{
    must(buf_append(&s->pending, p, n) == 0);
    write_more(s);
}

void
cli_sink_free(struct cli_sink **sink)
{
    struct cli_sink *s = *sink;

    *sink = NULL;
    if (s == NULL)
        return;
    s->closing = true;
    if (!s->busy)
        release(s);
}
