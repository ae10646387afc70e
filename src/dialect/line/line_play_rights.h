/* SPDX-License-Identifier: MIT
 *
 * What the core of a play says of accounts, roles and rooms, and how what it is
 * asked about them is written down: that there are secrets, not which. */
#ifndef DIALECT_LINE_LINE_PLAY_RIGHTS_H
#define DIALECT_LINE_LINE_PLAY_RIGHTS_H

#include "dialect/line/line_play.h"

struct event *line_play_devices(const struct conn *c,
                                const struct command *cmd);
struct event *line_play_bans(const struct conn *c, const struct command *cmd);
struct event *line_play_members(const struct conn *c,
                                const struct command *cmd);
struct event *line_play_about_room(const struct conn *c,
                                   const struct command *cmd);

void line_play_write_rights(struct buf *b, const struct command *cmd);

/* Of use for all of a play: a blank and the field, unless it is empty; items of
 * a list, taken. */
void line_play_add_field(struct buf *b, struct str field);
void line_play_set_items(struct event *e, struct event *const *items,
                         size_t n);

#endif
