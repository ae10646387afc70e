/* SPDX-License-Identifier: MIT
 *
 * The writer from within, for the files that make it up: store.c and
 * those that are called store_NAME.c. */
#ifndef STORE_STORE_IMPL_H
#define STORE_STORE_IMPL_H

#include "base/buf.h"
#include "store/db.h"
#include "store/store.h"
#include "store/wal.h"

/* Statements, by the file that they are in. */
enum stmt {
    STMT_BEGIN,
    STMT_COMMIT,
    STMT_ROLLBACK,
    STMT_PUT_MESSAGE,
    STMT_FIND_POST,
    STMT_COUNT,
};

enum rooms_stmt {
    ROOMS_PUT,
    ROOMS_SET,
    ROOMS_SET_TOPIC,
    ROOMS_FIND,
    ROOMS_FIND_ID,
    ROOMS_EACH_CHANNEL,
    ROOMS_COUNT,
};

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

enum accounts_stmt {
    ACCOUNTS_PUT,
    ACCOUNTS_SET,
    ACCOUNTS_FIND,
    ACCOUNTS_FIND_ID,
    ACCOUNTS_PUT_DEVICE,
    ACCOUNTS_DROP_DEVICE,
    ACCOUNTS_SEE_DEVICE,
    ACCOUNTS_FIND_DEVICE,
    ACCOUNTS_FIND_DEVICE_ID,
    ACCOUNTS_EACH_DEVICE,
    ACCOUNTS_PUT_INVITATION,
    ACCOUNTS_FIND_INVITATION,
    ACCOUNTS_USE_INVITATION,
    ACCOUNTS_DROP_INVITATION,
    ACCOUNTS_COUNT,
};

enum rights_stmt {
    RIGHTS_PUT_MEMBER,
    RIGHTS_DROP_MEMBER,
    RIGHTS_DROP_MEMBERSHIPS,
    RIGHTS_EACH_MEMBER,
    RIGHTS_SET_READ,
    RIGHTS_EACH_DIRECT,
    RIGHTS_UNREAD,
    RIGHTS_PUT_RESTRICTION,
    RIGHTS_DROP_RESTRICTION,
    RIGHTS_EACH_RESTRICTION,
    RIGHTS_AUDIT,
    RIGHTS_COUNT,
};

enum keep_stmt {
    KEEP_SPAN,
    KEEP_OLDEST,
    KEEP_FILES,
    KEEP_DROP,
    KEEP_SET_FIRST,
    KEEP_CLOSED,
    KEEP_DROP_AUDIT,
    KEEP_COUNT,
};

extern const char *const store_rooms_sql[ROOMS_COUNT];
extern const char *const store_files_sql[FILES_COUNT];
extern const char *const store_accounts_sql[ACCOUNTS_COUNT];
extern const char *const store_rights_sql[RIGHTS_COUNT];
extern const char *const store_keep_sql[KEEP_COUNT];

/* What has ids that are given once. */
enum ids {
    IDS_ROOM,
    IDS_ACCOUNT,
    IDS_DEVICE,
    IDS_INVITATION,
    IDS_RESTRICTION,
    IDS_COUNT,
};

struct last_ids {
    uint64_t id[IDS_COUNT];
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *stmts[STMT_COUNT];
    sqlite3_stmt *rooms[ROOMS_COUNT];
    sqlite3_stmt *files[FILES_COUNT];
    sqlite3_stmt *accounts[ACCOUNTS_COUNT];
    sqlite3_stmt *rights[RIGHTS_COUNT];
    sqlite3_stmt *keep[KEEP_COUNT];
    char *path;
    int lock;                      /* the lock file's descriptor */
    uint64_t epoch;
    struct last_ids last;          /* the highest ids, as of now */
    struct last_ids committed;     /* ... and as of the last commit */
    bool in_transaction;
    struct wal wal;
    struct buf text;               /* the home of borrowed strings */
};

/* Copies the strings into s->text and points them there. */
int store_keep(struct store *s, struct str *const *strs, int n) MUST_USE;

/* The id that comes next, and the one that was used: a rollback takes it back,
 * a drop does not. */
uint64_t store_next_id(const struct store *s, enum ids ids);
void store_note_id(struct store *s, enum ids ids, uint64_t id);

#endif
