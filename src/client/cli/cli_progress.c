/* SPDX-License-Identifier: MIT
 *
 * Drawing is rare: it must not cost more than the bytes. */
#include "client/cli/cli_progress.h"

#include <stdio.h>
#include <unistd.h>

#define ERASE "\r\x1b[2K"

enum { DRAW_MS = 100, BAR = 20, NAME_BYTES = 30 };

void
cli_size_text(uint64_t bytes, char out[32])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes / 1000;
    int unit = 0;

    if (bytes == UINT64_MAX) {
        snprintf(out, 32, "?");
        return;
    }
    if (bytes < 1000) {
        snprintf(out, 32, "%d bytes", (int)bytes);
        return;
    }
    while (value >= 999.95 && unit < 5) {
        value /= 1000;
        unit++;
    }
    snprintf(out, 32, "%.1f %s", value, units[unit]);
}

void
cli_progress_begin(struct cli_progress *p, bool wanted, int64_t now_ms,
                   uint64_t at)
{
    *p = (struct cli_progress){
        .wanted = wanted && isatty(STDERR_FILENO), .began_ms = now_ms,
        .drawn_ms = now_ms, .began_at = at};
}

static void
put_bar(struct buf *out, uint64_t at, uint64_t size)
{
    double part = size > 0 ? (double)at / (double)size : 1;
    int full = (int)(part * BAR);

    must(buf_printf(out, "  [") == 0);
    for (int i = 0; i < BAR; i++)
        must(buf_append(out, i < full ? "#" : "-", 1) == 0);
    must(buf_printf(out, "] %3d %%", (int)(part * 100)) == 0);
}

static void
put_time_left(struct buf *out, uint64_t left, uint64_t per_second)
{
    uint64_t seconds = per_second > 0 ? left / per_second : UINT64_MAX;

    if (seconds < 100 * 3600)
        must(buf_printf(out, "  %d:%02d:%02d", (int)(seconds / 3600),
                        (int)(seconds / 60 % 60), (int)(seconds % 60)) == 0);
}

void
cli_progress_line(struct buf *out, const char *name, uint64_t at,
                  uint64_t size, uint64_t per_second)
{
    char done[32], all[32], speed[32];
    bool known = size != UINT64_MAX;

    cli_size_text(at, done);
    cli_size_text(size, all);
    cli_size_text(per_second, speed);
    must(buf_printf(out, "%.*s", NAME_BYTES, name) == 0);
    if (known)
        put_bar(out, at < size ? at : size, size);
    must(buf_printf(out, "  %s%s%s  %s/s", done, known ? " of " : "",
                    known ? all : "", speed) == 0);
    if (known && at < size)
        put_time_left(out, size - at, per_second);
}

void
cli_progress_show(struct cli_progress *p, const char *name, uint64_t at,
                  uint64_t size, int64_t now_ms)
{
    int64_t took = now_ms - p->began_ms;
    uint64_t moved = at > p->began_at ? at - p->began_at : 0;
    struct buf line;

    if (!p->wanted || now_ms - p->drawn_ms < DRAW_MS)
        return;
    p->drawn_ms = now_ms;
    p->shown = true;
    buf_init(&line, 1024);
    must(buf_printf(&line, ERASE) == 0);
    cli_progress_line(&line, name, at, size,
                      (uint64_t)((double)moved * 1000 / (double)took));
    (void)!write(STDERR_FILENO, line.p, line.n);
    buf_done(&line);
}

void
cli_progress_hide(struct cli_progress *p)
{
    if (p->shown)
        (void)!write(STDERR_FILENO, ERASE, sizeof ERASE - 1);
    p->shown = false;
}
