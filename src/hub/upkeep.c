/* SPDX-License-Identifier: MIT */
#include "hub/upkeep.h"

#include "base/log.h"
#include <malloc.h>

enum {
    IDLE_MS = 1000,
    WAL_PAGES = 16384,         /* 64 MiB */
    TRIM_COMMANDS = 1000,      /* fewer leave little behind */
};

void
upkeep_init(struct upkeep *u, struct store *store)
{
    *u = (struct upkeep){.store = store, .wal_limit = WAL_PAGES,
                         .idle_at = INT64_MAX};
}

void
upkeep_worked(struct upkeep *u, unsigned n, int64_t now_ms)
{
    u->commands = u->commands + n < TRIM_COMMANDS ? u->commands + n
                                                  : TRIM_COMMANDS;
    u->idle_at = INT64_MAX;
    if (store_wal_pages(u->store) > 0 || u->commands == TRIM_COMMANDS)
        u->idle_at = now_ms + IDLE_MS;
}

static void
checkpoint(struct upkeep *u)
{
    int rc = store_checkpoint(u->store);

    if (rc < 0)
        log_event(LOG_WARN, "core", "checkpoint failed", LOG_N("error", -rc));
}

/* A crowd's arrival leaves holes in the heaps of all threads; what lies in
 * them as whole pages goes back to the system. */
static void
trim(struct upkeep *u)
{
    if (u->commands < TRIM_COMMANDS)
        return;
    u->commands = 0;
    malloc_trim(0);
}

/* The log is moved once when idle, and under load whenever it has grown too
 * long. One that a reader kept from being written anew from its start has to
 * grow by another quarter before that is tried again. */
void
upkeep_run(struct upkeep *u, int64_t now_ms)
{
    int pages = store_wal_pages(u->store);

    store_reserve(u->store);
    if (pages < WAL_PAGES)
        u->wal_limit = WAL_PAGES;
    if (pages > u->wal_limit) {
        checkpoint(u);
        u->wal_limit = pages + WAL_PAGES / 4;
    }
    if (now_ms < u->idle_at)
        return;
    u->idle_at = INT64_MAX;
    if (pages > 0)
        checkpoint(u);
    trim(u);
}
