/* SPDX-License-Identifier: MIT
 *
 * The pace of one connection's commands: a burst, then so many per second.
 * Nothing is lost to it, only delayed. Pure: time is an argument. */
#ifndef EDGE_CONN_FLOOD_H
#define EDGE_CONN_FLOOD_H

#include "hub/command.h"

struct flood_pace {
    double per_second;       /* 0 = no limit */
    unsigned burst;
};

/* Zeroed at the start. */
struct flood {
    int64_t paid_until_us;   /* when the tokens that were spent are earned */
};

/* Whether a command of this kind costs a token. */
bool flood_costs(enum command_kind kind);

/* Spends a token, whether there is one or not. */
void flood_spend(struct flood *f, const struct flood_pace *pace,
                 int64_t now_ms);

/* How long until there is a token; 0 = now. */
int64_t flood_wait_ms(const struct flood *f, const struct flood_pace *pace,
                      int64_t now_ms);

#endif
