/* SPDX-License-Identifier: MIT
 *
 * What is listed about accounts and rooms, as lines. */
#ifndef DIALECT_LINE_LINE_LISTS_H
#define DIALECT_LINE_LINE_LISTS_H

#include "dialect/line/line_out.h"

/* ANSWER_DEVICES, _BANS, _MEMBERS, _ROOM. */
void line_lists_devices(struct conn *c, const struct event *e);
void line_lists_bans(struct conn *c, const struct event *e);
void line_lists_members(struct conn *c, const struct event *e);
void line_lists_room(struct conn *c, const struct event *e);

/* ANSWER_ROOMS: all of them; the topic of one; who has written meanwhile, if
 * somebody has. */
void line_lists_rooms(struct conn *c, const struct event *e);
void line_lists_topic(struct conn *c, const struct event *e, const char *name);
void line_lists_news(struct conn *c, const struct event *e);

/* "owner", "moderator", "member"; "" for neither. */
const char *line_lists_role(enum room_role role);

/* A list of names goes on in a new line: `n` more bytes of this one are too
 * many. Says ":" before the first, "," before another. */
void line_lists_next(struct line_out *o, size_t i, size_t n);

/* "2026-11-21 02:31:29", in UTC. */
void line_lists_time(struct line_out *o, int64_t time_ms);

#endif
