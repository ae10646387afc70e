/* SPDX-License-Identifier: MIT
 *
 * ANSWER_DONE, as a sentence about what was asked for. */
#ifndef DIALECT_LINE_LINE_DONE_H
#define DIALECT_LINE_LINE_DONE_H

#include "dialect/conn.h"

void line_done(struct conn *c, const struct event *e);

#endif
