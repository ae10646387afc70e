/* SPDX-License-Identifier: MIT
 *
 * What the tests of this folder share: a folder of their own on a real file
 * system, rows to fill it with, and a look at connections from behind. */
#ifndef STORE_SCRATCH_TEST_H
#define STORE_SCRATCH_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
    char folder[64];           /* does not exist yet when a test starts */
    char db[96];
    char root[48];
};

static int
scratch_remove(const char *path, const struct stat *st, int type,
               struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static inline int
scratch_setup(void **state)
{
    struct scratch *t = must_alloc(sizeof *t);
    snprintf(t->root, sizeof t->root, "/tmp/loquat-store-XXXXXX");
    assert_non_null(mkdtemp(t->root));
    snprintf(t->folder, sizeof t->folder, "%s/data", t->root);
    snprintf(t->db, sizeof t->db, "%s/loquat.db", t->folder);
    *state = t;
    return 0;
}

static inline int
scratch_teardown(void **state)
{
    struct scratch *t = *state;
    nftw(t->root, scratch_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(t);
    return 0;
}

#define scratch_unit_test(f) \
    cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

static inline struct store *
scratch_open(const struct scratch *t)
{
    struct store *s = NULL;
    struct err e = {0};
    if (store_open(t->folder, STORE_SYNC_FULL, &s, &e) < 0)
        fail_msg("store_open: %s", e.text);
    return s;
}

/* Runs SQL on a file with a connection of its own. */
static inline void
scratch_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static inline int64_t
scratch_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

static inline struct room_row
scratch_room(uint64_t id, const char *name)
{
    return (struct room_row){
        .id = id, .kind = ROOM_CHANNEL, .name = str_of(name),
        .key = str_of(name), .created_ms = 1000,
    };
}

static inline void
scratch_put_room(struct store *s, uint64_t id, const char *name)
{
    struct room_row row = scratch_room(id, name);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_room(s, &row), 0);
    assert_int_equal(store_commit(s), 0);
}

static inline struct message
scratch_message(uint64_t room, uint64_t seq, const char *body)
{
    return (struct message){
        .room = room, .seq = seq, .time_ms = 5000 + (int64_t)seq,
        .sender_id = 7, .sender = str_of("alice"), .kind = MESSAGE_TEXT,
        .body = str_of(body),
    };
}

/* Messages first..last of a room, in one transaction. */
static inline void
scratch_fill(struct store *s, uint64_t room, uint64_t first, uint64_t last)
{
    assert_int_equal(store_begin(s), 0);
    for (uint64_t seq = first; seq <= last; seq++) {
        char body[32];
        snprintf(body, sizeof body, "message %d", (int)seq);
        struct message m = scratch_message(room, seq, body);
        assert_int_equal(store_put_message(s, &m), 0);
    }
    assert_int_equal(store_commit(s), 0);
}

/* The connection that was opened last: SQLite calls this for each new one
 * after sqlite3_auto_extension(). */
static sqlite3 *scratch_newest;

static inline int
scratch_note(sqlite3 *db, const char **why, const void *api)
{
    (void)why, (void)api;
    scratch_newest = db;
    return SQLITE_OK;
}

static inline void
scratch_watch_connections(void)
{
    sqlite3_auto_extension((void (*)(void))scratch_note);
}

/* Closing this connection would leave the log as it is. */
static inline void
scratch_expect_no_checkpoint_on_close(sqlite3 *db)
{
    int on = 0;
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1, &on);
    assert_int_equal(on, 1);
    assert_int_equal(scratch_number(db, "PRAGMA wal_autocheckpoint"), 0);
}

static inline void
scratch_expect_plan(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *plan;
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &plan, NULL),
                     SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(plan, 3);
        if (strstr(step, "SCAN") || strstr(step, "TEMP B-TREE"))
            fail_msg("%s\n  %s", sql, step);
    }
    sqlite3_finalize(plan);
    sqlite3_free(explain);
}

/* Every statement that the connection keeps finds its rows by an index and
 * sorts none; returns how many there are. */
static inline int
scratch_expect_indexes(sqlite3 *db)
{
    int n = 0;
    sqlite3_stmt *st = NULL;
    while ((st = sqlite3_next_stmt(db, st)) != NULL) {
        scratch_expect_plan(db, sqlite3_sql(st));
        n++;
    }
    return n;
}

#define assert_str_is(got, want) do { \
        struct str got_ = (got); \
        assert_int_equal(got_.n, strlen(want)); \
        assert_memory_equal(got_.p, want, got_.n); \
    } while (0)

#define assert_sentence(e, part) do { \
        if (!strstr((e).text, part)) \
            fail_msg("got  %s\nwant %s", (e).text, part); \
    } while (0)

#endif
