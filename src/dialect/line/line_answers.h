/* SPDX-License-Identifier: MIT
 *
 * Answers, and what else concerns one session alone, as sentences. */
#ifndef DIALECT_LINE_LINE_ANSWERS_H
#define DIALECT_LINE_LINE_ANSWERS_H

#include "dialect/conn.h"

void line_tell(struct conn *c, const struct event *e);

/* "There is no such room: #ops (more about it)." and some advice. */
void line_say_denied(struct conn *c, const struct event *e,
                     const char *advice);

#endif
