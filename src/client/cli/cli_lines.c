/* SPDX-License-Identifier: MIT
 *
 * While a line is too long its bytes are counted and dropped: `skipped` is not
 * 0 then, and whatever comes up to the next LF belongs to it. */
#include "client/cli/cli_lines.h"

void
cli_lines_init(struct cli_lines *l, size_t max)
{
    *l = (struct cli_lines){.max = max};
    buf_init(&l->in, max + 1 + CLI_LINES_PIECE);
}

void
cli_lines_done(struct cli_lines *l)
{
    buf_done(&l->in);
}

void
cli_lines_feed(struct cli_lines *l, const void *p, size_t n)
{
    must(n <= CLI_LINES_PIECE && !l->ended);
    buf_consume(&l->in, l->at);
    l->at = 0;
    must(buf_append(&l->in, p, n) == 0);
}

void
cli_lines_end(struct cli_lines *l)
{
    l->ended = true;
}

static struct str
without_cr(struct str line)
{
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

static bool
give(struct cli_lines *l, size_t n, size_t with_end, struct str *line)
{
    struct str whole = without_cr((struct str){l->in.p + l->at, n});

    if (l->skipped > 0 || whole.n > l->max)
        *line = (struct str){NULL, l->skipped + n};
    else
        *line = whole;
    l->skipped = 0;
    l->at += with_end;
    return true;
}

bool
cli_lines_next(struct cli_lines *l, struct str *line)
{
    size_t n = l->in.n - l->at;
    const char *lf = n > 0 ? memchr(l->in.p + l->at, '\n', n) : NULL;

    if (lf != NULL) {
        n = (size_t)(lf - (l->in.p + l->at));
        return give(l, n, n + 1, line);
    }
    if (l->ended && n + l->skipped > 0)
        return give(l, n, n, line);
    if (n > l->max + 1 || l->skipped > 0) {   /* 1: perhaps a CR */
        l->skipped += n;
        l->at += n;
    }
    return false;
}
