/* SPDX-License-Identifier: MIT
 *
 * Answers, and what else concerns one session alone, as sentences. */
#ifndef DIALECT_LINE_LINE_ANSWERS_H
#define DIALECT_LINE_LINE_ANSWERS_H

#include "dialect/conn.h"

void line_tell(struct conn *c, const struct event *e);

#endif
