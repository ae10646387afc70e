/* SPDX-License-Identifier: MIT
 *
 * A check from within, for fsck.c (the database) and fsck_bodies.c. */
#ifndef STORE_FSCK_IMPL_H
#define STORE_FSCK_IMPL_H

#include "store/db.h"
#include "store/fsck.h"

enum fsck_stmt {
    FSCK_FILES,
    FSCK_FIND_FILE,
    FSCK_STMT_COUNT,
};

extern const char *const fsck_bodies_sql[FSCK_STMT_COUNT];

struct fsck {
    const struct fsck_options *o;
    sqlite3 *db;
    sqlite3_stmt *stmts[FSCK_STMT_COUNT];
    struct fsck_result result;
    uint64_t read_bytes;
    int64_t told_ms;                 /* when progress was told last */
};

void fsck_say(struct fsck *c, enum fsck_severity severity, const char *fmt,
              ...) PRINTF_LIKE(3, 4);

/* Every whole file's body, and then what lies beside them. */
int fsck_bodies(struct fsck *c, struct err *e) MUST_USE;

#endif
