/* SPDX-License-Identifier: MIT
 *
 * A line is collected as it is, then looked at once: the usual clean one stays
 * where it is, any other is replaced by its clean copy. */
#include "dialect/line/line_out.h"
#include "base/utf8.h"
#include "dialect/line/line_files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    OUT_BYTES_MAX = 64 << 20,     /* far above a full page of full messages */
    PREFIXED_LINES_MAX = 20,
    QUOTE_BYTES_MAX = 64,
};

void
line_out_init(struct line_out *o)
{
    buf_init(&o->buf, OUT_BYTES_MAX);
    o->line = 0;
}

void
line_out_str(struct line_out *o, struct str s)
{
    must(buf_append_str(&o->buf, s) == 0);
}

static void
add_formatted(struct line_out *o, const char *fmt, va_list ap)
{
    char *text;
    int n = vasprintf(&text, fmt, ap);

    must(n >= 0);
    line_out_str(o, (struct str){text, (size_t)n});
    free(text);
}

void
line_out_add(struct line_out *o, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add_formatted(o, fmt, ap);
    va_end(ap);
}

size_t
line_out_length(const struct line_out *o)
{
    return o->buf.n - o->line;
}

static void
clean_line(struct line_out *o)
{
    struct str line = {o->buf.p + o->line, line_out_length(o)};
    struct buf clean;

    if (utf8_is_clean(line, UTF8_ONE_LINE))
        return;
    buf_init(&clean, OUT_BYTES_MAX);
    must(utf8_clean(&clean, line, UTF8_ONE_LINE) == 0);
    o->buf.n = o->line;
    line_out_str(o, buf_str(&clean));
    buf_done(&clean);
}

void
line_out_end(struct line_out *o)
{
    if (line_out_length(o) > 0)
        clean_line(o);
    line_out_str(o, str_of("\n"));
    o->line = o->buf.n;
}

void
line_out_body(struct line_out *o, struct str prefix, struct str body)
{
    unsigned lines = 0;

    do {
        const char *lf = body.n > 0 ? memchr(body.p, '\n', body.n) : NULL;
        size_t n = lf ? (size_t)(lf - body.p) : body.n;

        line_out_str(o, lines++ < PREFIXED_LINES_MAX ? prefix : str_of("| "));
        line_out_str(o, (struct str){body.p, n});
        line_out_end(o);
        n += lf != NULL;
        body = (struct str){body.p + n, body.n - n};
    } while (body.n > 0);
}

struct slab *
line_out_slab(struct line_out *o)
{
    struct slab *s;

    must(line_out_length(o) == 0);
    s = slab_copy(buf_str(&o->buf));
    buf_done(&o->buf);
    return s;
}

void
line_out_send(struct line_out *o, struct conn *c)
{
    must(line_out_length(o) == 0);
    if (!line_files_defer(c, buf_str(&o->buf)))
        conn_send_bytes(c, o->buf.p, o->buf.n);
    buf_done(&o->buf);
}

void
line_say(struct conn *c, const char *fmt, ...)
{
    struct line_out o;
    va_list ap;

    line_out_init(&o);
    va_start(ap, fmt);
    add_formatted(&o, fmt, ap);
    va_end(ap);
    line_out_end(&o);
    line_out_send(&o, c);
}

struct str
line_cut(struct str s, size_t max)
{
    if (s.n <= max)
        return s;
    while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
        max--;
    return (struct str){s.p, max};
}

struct str
line_quote(struct str s)
{
    return line_cut(s, QUOTE_BYTES_MAX);
}
