/* SPDX-License-Identifier: MIT
 *
 * Composing output lines. Whatever fields a line is made of, as a whole it
 * passes the rule of base/utf8.h again before it goes out, and only
 * line_out_end() writes a newline. */
#ifndef DIALECT_LINE_LINE_OUT_H
#define DIALECT_LINE_LINE_OUT_H

#include "base/buf.h"
#include "base/slab.h"
#include "dialect/conn.h"

struct line_out {
    struct buf buf;
    size_t line;              /* where the unfinished line begins */
};

void line_out_init(struct line_out *o);
void line_out_add(struct line_out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
void line_out_str(struct line_out *o, struct str s);
void line_out_end(struct line_out *o);

/* Each line of body as a line of its own behind the prefix; so that many tiny
 * lines do not become a flood, from the 21st on behind "| " instead. A body
 * cannot begin a line of its own choice either way. */
void line_out_body(struct line_out *o, struct str prefix, struct str body);

size_t line_out_length(const struct line_out *o);    /* of this line so far */

/* Each ends o. Whole lines only. */
struct slab *line_out_slab(struct line_out *o);      /* returns owned */
void line_out_send(struct line_out *o, struct conn *c);

/* One line to one connection. */
void line_say(struct conn *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What a person typed, short enough to be quoted back to them. */
struct str line_quote(struct str s);

/* The first `max` bytes at most, not cutting a character. */
struct str line_cut(struct str s, size_t max);

#endif
