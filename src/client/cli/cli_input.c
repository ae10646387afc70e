/* SPDX-License-Identifier: MIT
 *
 * libuv reads terminals, pipes and sockets; a file is read piece by piece in
 * the loop's idle moments. Lines are given out until one is not taken; then
 * nothing more is read, so that whoever writes to us has to wait. */
#include "client/cli/cli_input.h"

#include "base/limits.h"

#include <errno.h>
#include <unistd.h>

static void
stop(struct cli_input *in)
{
    if (in->is_file)
        uv_idle_stop(&in->u.idle);
    else
        uv_read_stop(&in->u.stream);
}

/* Gives out what is there. False: a line was not taken, or nobody listens. */
static bool
give_out(struct cli_input *in)
{
    while (!in->closed &&
           (in->held || cli_lines_next(&in->lines, &in->line))) {
        in->held = in->on_line(in->arg, in->line) == -EAGAIN;
        if (in->held)
            return false;
    }
    return !in->closed;
}

/* The last line was given out, or waits to be. */
static void
finish(struct cli_input *in)
{
    cli_lines_end(&in->lines);
    in->ended = true;
    if (!give_out(in))
        return;
    cli_input_close(in);
    in->on_end(in->arg);
}

static void
take(struct cli_input *in, ssize_t n)
{
    if (n == 0)
        return;
    if (n > 0) {
        cli_lines_feed(&in->lines, in->piece, (size_t)n);
        if (!give_out(in) && !in->closed)
            stop(in);
        return;
    }
    stop(in);
    finish(in);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct cli_input *in = handle->data;

    (void)suggested;
    *buf = uv_buf_init(in->piece, sizeof in->piece);
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    take(stream->data, n);
}

static void
on_idle(uv_idle_t *idle)
{
    struct cli_input *in = idle->data;
    ssize_t n;

    do
        n = read(in->fd, in->piece, sizeof in->piece);
    while (n < 0 && errno == EINTR);
    take(in, n > 0 ? n : -1);
}

static void
start(struct cli_input *in)
{
    if (in->is_file)
        must(uv_idle_start(&in->u.idle, on_idle) == 0);
    else if (uv_read_start(&in->u.stream, on_alloc, on_read) < 0)
        finish(in);
}

static void
open_file(struct cli_input *in, uv_loop_t *loop)
{
    in->is_file = true;
    must(uv_idle_init(loop, &in->u.idle) == 0);
}

static void
open_handle(struct cli_input *in, uv_loop_t *loop)
{
    uv_handle_type type = uv_guess_handle(in->fd);

    if (type == UV_TTY && uv_tty_init(loop, &in->u.tty, in->fd, 1) == 0)
        return;
    if (type == UV_NAMED_PIPE) {
        must(uv_pipe_init(loop, &in->u.pipe, 0) == 0);
        (void)uv_pipe_open(&in->u.pipe, in->fd);   /* else start() fails */
    } else if (type == UV_TCP) {
        must(uv_tcp_init(loop, &in->u.tcp) == 0);
        (void)uv_tcp_open(&in->u.tcp, in->fd);
    } else {
        open_file(in, loop);
    }
}

void
cli_input_open(struct cli_input *in, uv_loop_t *loop, int fd,
               cli_line_fn *on_line, cli_end_fn *on_end, void *arg)
{
    must(!in->open);
    in->fd = fd;
    in->on_line = on_line;
    in->on_end = on_end;
    in->arg = arg;
    cli_lines_init(&in->lines, LIMIT_MESSAGE_BYTES);
    open_handle(in, loop);
    in->u.handle.data = in;
    in->open = true;
    start(in);
}

void
cli_input_resume(struct cli_input *in)
{
    if (!in->open || !in->held || in->closed)
        return;
    if (in->ended)
        finish(in);
    else if (give_out(in))
        start(in);
}

void
cli_input_close(struct cli_input *in)
{
    if (in->open && !in->closed)
        uv_close(&in->u.handle, NULL);
    in->closed = true;
}

void
cli_input_done(struct cli_input *in)
{
    if (in->open)
        cli_lines_done(&in->lines);
}
