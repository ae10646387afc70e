/* SPDX-License-Identifier: MIT
 *
 * How far a file has come: one line on standard error that is drawn over,
 * when that is a terminal. Nothing anywhere else. */
#ifndef CLIENT_CLI_CLI_PROGRESS_H
#define CLIENT_CLI_CLI_PROGRESS_H

#include "base/buf.h"

struct cli_progress {
    bool shown;                /* a line is on the screen */
    bool wanted;
    int64_t began_ms, drawn_ms;
    uint64_t began_at;         /* bytes that were there before */
};

/* "1.2 MB"; a size that is not known is UINT64_MAX: "?". */
void cli_size_text(uint64_t bytes, char out[32]);

/* Begins with `at` bytes that need not move. */
void cli_progress_begin(struct cli_progress *p, bool wanted, int64_t now_ms,
                        uint64_t at);

/* Draws it anew, ten times a second at most. name is clean. */
void cli_progress_show(struct cli_progress *p, const char *name,
                       uint64_t at, uint64_t size, int64_t now_ms);

/* Takes the line away: something else is to be said. */
void cli_progress_hide(struct cli_progress *p);

/* "photo.webp  [#####-----]  52 %  1.2 of 2.3 MB  3.4 MB/s  0:07" */
void cli_progress_line(struct buf *out, const char *name, uint64_t at,
                       uint64_t size, uint64_t per_second);

#endif
