/* SPDX-License-Identifier: MIT
 *
 * The window. Of a file it holds what was read and not sent; of a stream also
 * the last KEEP bytes that were sent, since a server that comes back may lack
 * what it had given no new credit for. */
#include "client/cli/cli_source.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    KEEP = 1024 * 1024,
    AHEAD = sizeof((struct cli_source *)0)->piece,
    WINDOW_MAX = 2 * KEEP + 4 * AHEAD,
};

static void read_more(struct cli_source *s);

uint64_t
cli_source_end(const struct cli_source *s)
{
    return s->at + s->window.n;
}

struct cli_source *
cli_source_new(uv_loop_t *loop, int fd, uint64_t limit, cli_source_fn *fn,
               void *arg)
{
    struct cli_source *s = must_alloc(sizeof *s);

    s->loop = loop;
    s->fn = fn;
    s->arg = arg;
    s->fd = fd;
    s->is_stream = limit == UINT64_MAX;
    s->limit = limit;
    cli_sum_init(&s->sum);
    buf_init(&s->window, WINDOW_MAX);
    return s;
}

static void
release(struct cli_source *s)
{
    cli_sum_done(&s->sum);
    buf_done(&s->window);
    close(s->fd);
    free(s);
}

/* What has not been hashed yet: a piece may be read a second time. */
static void
hash(struct cli_source *s, const char *p, size_t n)
{
    uint64_t at = cli_source_end(s);
    size_t known = s->sum.n > at ? (size_t)(s->sum.n - at) : 0;

    if (known < n)
        cli_sum_add(&s->sum, p + known, n - known);
}

static void
take_piece(struct cli_source *s, size_t n)
{
    if (n == 0) {
        s->ended = true;
        return;
    }
    hash(s, s->piece, n);
    must(buf_append(&s->window, s->piece, n) == 0);
    if (cli_source_end(s) >= s->limit)
        s->ended = true;
}

static void
on_read(uv_fs_t *req)
{
    struct cli_source *s = req->data;
    ssize_t n = req->result;
    bool stale = s->stale;

    uv_fs_req_cleanup(req);
    s->reading = s->stale = false;
    if (s->closing) {
        release(s);
        return;
    }
    if (stale) {
        read_more(s);
        return;
    }
    if (n >= 0)
        take_piece(s, (size_t)n);
    s->fn(s, n < 0 ? (int)n : 0);
}

static void
read_more(struct cli_source *s)
{
    uint64_t at = cli_source_end(s);
    size_t n = sizeof s->piece;
    uv_buf_t to;

    if (s->reading || s->ended || s->closing)
        return;
    if (s->limit - at < n)
        n = (size_t)(s->limit - at);
    if (n == 0) {
        s->ended = true;
        s->fn(s, 0);
        return;
    }
    to = uv_buf_init(s->piece, (unsigned)n);
    s->read.data = s;
    s->reading = true;
    must(uv_fs_read(s->loop, &s->read, s->fd, &to, 1,
                    s->is_stream ? -1 : (int64_t)at, on_read) == 0);
}

void
cli_source_want(struct cli_source *s, uint64_t from)
{
    if (cli_source_end(s) < from + AHEAD)
        read_more(s);
}

struct str
cli_source_peek(const struct cli_source *s, uint64_t from)
{
    if (from < s->at || from >= cli_source_end(s))
        return (struct str){NULL, 0};
    return (struct str){s->window.p + (from - s->at),
                        (size_t)(cli_source_end(s) - from)};
}

void
cli_source_drop(struct cli_source *s, uint64_t from)
{
    uint64_t keep = s->is_stream ? KEEP : 0;
    uint64_t done = from < cli_source_end(s) ? from : cli_source_end(s);

    /* Of a stream, seldom: what is kept is moved each time. */
    if (done < s->at + 2 * keep || done == s->at)
        return;
    done -= keep;
    buf_consume(&s->window, (size_t)(done - s->at));
    s->at = done;
}

bool
cli_source_seek(struct cli_source *s, uint64_t from)
{
    if (from >= s->at && from <= cli_source_end(s))
        return true;
    if (s->is_stream)
        return false;
    /* Hashing goes on where it was; before that, nothing need be. */
    buf_clear(&s->window);
    s->at = from < s->sum.n ? from : s->sum.n;
    s->ended = false;
    s->stale = s->reading;
    return true;
}

bool
cli_source_is_read(const struct cli_source *s)
{
    return s->ended && s->sum.n == cli_source_end(s);
}

void
cli_source_free(struct cli_source **source)
{
    struct cli_source *s = *source;

    *source = NULL;
    if (s == NULL)
        return;
    s->closing = true;
    if (!s->reading)
        release(s);
}
