/* SPDX-License-Identifier: MIT
 *
 * What the core's thread does when nobody waits for it: it moves the log into
 * the database, and gives memory back that a crowd has left behind. Part of
 * core.c; times are milliseconds of the monotonic clock. */
#ifndef HUB_UPKEEP_H
#define HUB_UPKEEP_H

#include "store/store.h"

struct upkeep {
    struct store *store;      /* borrowed */
    int wal_limit;            /* pages above which even a busy core moves it */
    unsigned commands;        /* since memory was last given back */
    int64_t idle_at;          /* when it counts as idle; INT64_MAX: it has
                                 nothing to do then */
};

void upkeep_init(struct upkeep *u, struct store *store);

/* A batch of n commands is done. */
void upkeep_worked(struct upkeep *u, unsigned n, int64_t now_ms);

/* Between two batches. */
void upkeep_run(struct upkeep *u, int64_t now_ms);

#endif
