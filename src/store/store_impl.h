/* SPDX-License-Identifier: MIT
 *
 * The writer from within, for the files that make it up: store.c and
 * store_files.c. */
#ifndef STORE_STORE_IMPL_H
#define STORE_STORE_IMPL_H

#include "base/buf.h"
#include "store/db.h"
#include "store/store.h"
#include "store/wal.h"

enum stmt {
    STMT_BEGIN,
    STMT_COMMIT,
    STMT_ROLLBACK,
    STMT_PUT_ROOM,
    STMT_SET_TOPIC,
    STMT_FIND_ROOM,
    STMT_FIND_ROOM_ID,
    STMT_EACH_CHANNEL,
    STMT_PUT_MESSAGE,
    STMT_FIND_POST,
    STMT_COUNT,
};

/* Statements about files (store_files.c). */
enum files_stmt {
    FILES_PUT,
    FILES_SET,
    FILES_DROP,
    FILES_FIND,
    FILES_EACH_ARRIVING,
    FILES_USAGE,
    FILES_ADD_USAGE,
    FILES_DROP_USAGE,
    FILES_COUNT,
};

extern const char *const store_files_sql[FILES_COUNT];

struct store {
    sqlite3 *db;
    sqlite3_stmt *stmts[STMT_COUNT];
    sqlite3_stmt *files[FILES_COUNT];
    char *path;
    int lock;                      /* the lock file's descriptor */
    uint64_t epoch;
    uint64_t last_room;            /* the highest id, as of now */
    uint64_t committed_room;       /* ... and as of the last commit */
    bool in_transaction;
    struct wal wal;
    struct buf text;               /* the home of borrowed strings */
};

/* Copies the strings into s->text and points them there. */
int store_keep(struct store *s, struct str *const *strs, int n) MUST_USE;

#endif
