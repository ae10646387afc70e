/* SPDX-License-Identifier: MIT
 *
 * Shared events, and the last words, as lines. */
#ifndef DIALECT_LINE_LINE_EVENTS_H
#define DIALECT_LINE_LINE_EVENTS_H

#include "dialect/line/line_out.h"

/* The slots of struct dialect; `encoding` is an enum line_encoding. */
struct slab *line_encode(const struct dialect_config *config,
                         unsigned encoding, const struct event *e);
void line_farewell(struct conn *c, const struct event *why);

/* "alice: ", "* alice " and so on: what stands before each line of it. */
void line_message_prefix(struct line_out *o, const struct event *message);

/* What stands behind it: the message's text, or what is to be read of a file,
 * then borrowed from scratch (initialised; the caller's to free). */
struct str line_message_text(struct line_out *scratch,
                             const struct event *message);

#endif
