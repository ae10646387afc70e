/* SPDX-License-Identifier: MIT
 *
 * How a connection gets in, step by step: it says a step's words and waits for
 * the needle. Only for as long as that takes does a connection have memory for
 * what it hears. */
#ifndef LOAD_GREETING_H
#define LOAD_GREETING_H

#include "load/crowd.h"

struct greeting *greeting_new(void);             /* returns owned */
void greeting_free(struct greeting **g);

/* Says the peer's first step. */
void greeting_begin(struct crowd *c, struct peer *p);

/* What has come; true when the last needle was found. */
bool greeting_heard(struct crowd *c, struct peer *p, const char *bytes,
                    size_t n);

/* Whether the steps are over without any more waiting. */
bool greeting_over(const struct crowd *c, const struct peer *p);

/* For a sentence on why it ended: the last that came, printable. */
const char *greeting_text(struct greeting *g);

#endif
