/* SPDX-License-Identifier: MIT
 *
 * Room in the write-ahead log's file. A commit that makes the file longer has
 * to sync its new length too: another write, and on a journaling file system
 * a commit of its journal. One that overwrites what is there already has not.
 * SQLite overwrites its log from the start after each checkpoint, but until
 * then every commit appends. So the file is kept longer than the log by
 * writing zeros behind it, in large steps: SQLite reads a log up to the first
 * frame that is not of it, and a frame of zeros never is. */
#ifndef STORE_WAL_H
#define STORE_WAL_H

#include <sqlite3.h>
#include <stdint.h>

struct wal {
    sqlite3 *db;              /* borrowed: the writer's */
    int pages;                /* in the log, as of the last commit */
    int64_t room_bytes;       /* the file's length, as last seen; 0 = unknown */
};

/* The log has so many pages now. */
void wal_note(struct wal *w, int pages);

/* Makes the file longer if the log has nearly filled it. An optimisation: when
 * it fails, SQLite does without. */
void wal_reserve(struct wal *w);

#endif
