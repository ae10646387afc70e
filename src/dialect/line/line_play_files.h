/* SPDX-License-Identifier: MIT
 *
 * The files of a play: what the core and the movers do about them. */
#ifndef DIALECT_LINE_LINE_PLAY_FILES_H
#define DIALECT_LINE_LINE_PLAY_FILES_H

#include "dialect/line/line_play.h"

/* The answer to a command about files; returns owned. */
struct event *line_play_files_answer(struct line_play *play,
                                     const struct command *cmd);

/* Does one job of the connection's; false when there is none. */
bool line_play_files_move(struct line_play *play);

void line_play_files_done(struct line_play *play);

#endif
