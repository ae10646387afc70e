/* SPDX-License-Identifier: MIT
 *
 * A reader from within, for the files that make it up: reader.c and
 * those that are called reader_NAME.c. */
#ifndef STORE_READER_IMPL_H
#define STORE_READER_IMPL_H

#include "base/limits.h"
#include "store/db.h"
#include "store/reader.h"

enum stmt {
    STMT_UP,
    STMT_DOWN,
    STMT_FIRST,
    STMT_FILES,
    STMT_COUNT,
};

/* Statements of the operator's lists (reader_admin.c). */
enum admin_stmt {
    ADMIN_ACCOUNTS,
    ADMIN_ACCOUNT,
    ADMIN_DEVICES,
    ADMIN_INVITATIONS,
    ADMIN_ROOMS,
    ADMIN_MEMBERS,
    ADMIN_RESTRICTIONS,
    ADMIN_AUDIT,
    ADMIN_COUNT,
};

extern const char *const reader_admin_sql[ADMIN_COUNT];

/* What a page can come to: either many small bodies or one big one, and the
 * senders' names, with room to spare. */
enum { TEXT_MAX = LIMIT_MESSAGE_BYTES + LIMIT_PAGE_BYTES +
                  LIMIT_PAGE_MESSAGES * 8 * LIMIT_NAME_BYTES };

struct reader {
    sqlite3 *db;
    sqlite3_stmt *stmts[STMT_COUNT];
    sqlite3_stmt *admin[ADMIN_COUNT];

    /* The page that is being gathered. Each row's sender and body lie in text
     * one behind the other, in the rows' order; text may move while it grows,
     * so the rows' pointers mean nothing until the end. */
    struct message rows[LIMIT_PAGE_MESSAGES];
    size_t n;
    struct buf text;
    size_t body_bytes;
};

/* A seq as SQLite can hold it; no message has a larger one. */
static inline int64_t
reader_seq(uint64_t seq)
{
    return seq < INT64_MAX ? (int64_t)seq : INT64_MAX - 1;
}

#endif
