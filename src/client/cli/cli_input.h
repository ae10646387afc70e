/* SPDX-License-Identifier: MIT
 *
 * Standard input in the loop, by lines, whatever it is: a terminal, a pipe, a
 * socket or a file. */
#ifndef CLIENT_CLI_CLI_INPUT_H
#define CLIENT_CLI_CLI_INPUT_H

#include "client/cli/cli_lines.h"

#include <uv.h>

/* line.p is NULL for one that is longer than LIMIT_MESSAGE_BYTES. 0, or
 * -EAGAIN: not now; the same line again after cli_input_resume(). */
typedef int cli_line_fn(void *arg, struct str line);
typedef void cli_end_fn(void *arg);     /* once, after the last line */

struct cli_input {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tty_t tty;
        uv_pipe_t pipe;
        uv_tcp_t tcp;
        uv_idle_t idle;      /* reads what cannot be waited for: files */
    } u;
    int fd;
    bool open, is_file;
    bool held;               /* `line` was not taken: nothing is read */
    bool ended;              /* everything was read */
    bool closed;
    struct str line;
    struct cli_lines lines;
    cli_line_fn *on_line;
    cli_end_fn *on_end;
    void *arg;
    char piece[CLI_LINES_PIECE];
};

/* in is zeroed. */
void cli_input_open(struct cli_input *in, uv_loop_t *loop, int fd,
                    cli_line_fn *on_line, cli_end_fn *on_end, void *arg);

/* Goes on after a line was not taken. */
void cli_input_resume(struct cli_input *in);

/* No further calls; may be called in on_line, and twice. The memory is in use
 * until the loop has closed the handle. */
void cli_input_close(struct cli_input *in);

/* After the loop's end. */
void cli_input_done(struct cli_input *in);

#endif
