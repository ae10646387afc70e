/* SPDX-License-Identifier: MIT
 *
 * What uses the disk: of the database, of its rooms, of their files. Read from
 * a data folder with a connection of its own, room by room, so that the log is
 * never held for long; while a server runs, the figures are of about now. */
#ifndef STORE_STATS_H
#define STORE_STATS_H

#include "base/err.h"
#include "base/limits.h"
#include <stdbool.h>
#include <stdint.h>

struct stats_room {
    uint64_t id;
    char name[LIMIT_ROOM_BYTES + 1];   /* cut to that, should it be longer */
    bool closed;
    uint64_t messages, message_bytes;  /* of their text */
    uint64_t files, file_bytes;        /* whole ones */
};

struct stats {
    uint64_t database_bytes, log_bytes;    /* loquat.db, loquat.db-wal */
    uint64_t page_bytes, free_pages;       /* to be used again */
    uint64_t rooms, accounts, devices;
    uint64_t messages, message_bytes;
    uint64_t files, file_bytes;
    struct stats_room *top;                /* the largest first */
    size_t top_n;
};

/* With up to `top` rooms. Returns owned: free with stats_done(). */
int stats_read(const char *folder, size_t top, struct stats *ret,
               struct err *e) MUST_USE;
void stats_done(struct stats *s);

#endif
