/* SPDX-License-Identifier: MIT */
#include "store/stats.h"

#include "store/db.h"
#include "store/schema.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { NEXT_ROOM, MESSAGES, FILES, COUNT };

static const char *const sql[COUNT] = {
    [NEXT_ROOM] =
        "SELECT id, name, closed FROM rooms WHERE id > ?1 ORDER BY id LIMIT 1",
    [MESSAGES] =
        "SELECT count(*), ifnull(sum(length(CAST(body AS BLOB))), 0)"
        " FROM messages WHERE room_id = ?1",
    [FILES] =
        "SELECT count(*), ifnull(sum(reserved), 0) FROM files"
        " WHERE room_id = ?1 AND state = 2",
};

static const struct {
    const char *sql;
    size_t at;
} totals[] = {
    {"PRAGMA page_size", offsetof(struct stats, page_bytes)},
    {"PRAGMA freelist_count", offsetof(struct stats, free_pages)},
    {"SELECT count(*) FROM accounts", offsetof(struct stats, accounts)},
    {"SELECT count(*) FROM devices", offsetof(struct stats, devices)},
};

static uint64_t
length_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int
read_totals(sqlite3 *db, struct stats *s, struct err *e)
{
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        int64_t n;
        int r = db_int(db, totals[i].sql, &n, e);
        if (r < 0)
            return r;
        *(uint64_t *)((char *)s + totals[i].at) = (uint64_t)n;
    }
    return 0;
}

/* Up to two numbers of one row; none is 0. */
static int
numbers(sqlite3_stmt *st, uint64_t room, uint64_t *a, uint64_t *b)
{
    db_bind_int(st, 1, (int64_t)room);
    int r = db_step(st);
    if (r > 0) {
        *a = (uint64_t)sqlite3_column_int64(st, 0);
        *b = (uint64_t)sqlite3_column_int64(st, 1);
    }
    sqlite3_reset(st);
    return r;
}

/* 1 with the room behind `after`, 0, or -errno. */
static int
next_room(sqlite3_stmt **st, uint64_t after, struct stats_room *ret)
{
    sqlite3_stmt *next = st[NEXT_ROOM];
    db_bind_int(next, 1, (int64_t)after);
    int r = db_step(next);
    if (r > 0) {
        ret->id = (uint64_t)sqlite3_column_int64(next, 0);
        str_to_z(db_column_str(next, 1), ret->name, sizeof ret->name);
        ret->closed = sqlite3_column_int64(next, 2) != 0;
    }
    sqlite3_reset(next);
    if (r > 0 && numbers(st[MESSAGES], ret->id, &ret->messages,
                         &ret->message_bytes) < 0)
        r = -1;
    if (r > 0 && numbers(st[FILES], ret->id, &ret->files,
                         &ret->file_bytes) < 0)
        r = -1;
    return r;
}

static uint64_t
size_of(const struct stats_room *r)
{
    return r->message_bytes + r->file_bytes;
}

/* The largest `top` stay, in order. */
static void
rank(struct stats *s, size_t top, const struct stats_room *room)
{
    size_t at = s->top_n;
    while (at > 0 && size_of(&s->top[at - 1]) < size_of(room))
        at--;
    if (at == top)
        return;
    if (s->top_n < top)
        s->top_n++;
    memmove(&s->top[at + 1], &s->top[at],
            (s->top_n - at - 1) * sizeof *s->top);
    s->top[at] = *room;
}

static void
add(struct stats *s, const struct stats_room *room)
{
    s->rooms++;
    s->messages += room->messages;
    s->message_bytes += room->message_bytes;
    s->files += room->files;
    s->file_bytes += room->file_bytes;
}

static int
read_rooms(sqlite3 *db, size_t top, struct stats *s, struct err *e)
{
    sqlite3_stmt *st[COUNT] = {0};
    uint64_t after = 0;
    int r = db_prepare(db, sql, st, COUNT, e);
    while (r == 0) {
        struct stats_room room = {0};
        int found = next_room(st, after, &room);
        if (found < 0)
            r = db_explain(db, e);
        if (found <= 0)
            break;
        add(s, &room);
        rank(s, top, &room);
        after = room.id;
    }
    db_finalize(st, COUNT);
    return r;
}

int
stats_read(const char *folder, size_t top, struct stats *ret, struct err *e)
{
    char *path, *log;
    sqlite3 *db = NULL;
    struct stats s = {0};
    must(asprintf(&path, "%s/loquat.db", folder) >= 0);
    must(asprintf(&log, "%s-wal", path) >= 0);
    int r = schema_open_current(path, &db, e);
    if (r == 0) {
        s.top = must_alloc((top + 1) * sizeof *s.top);
        s.database_bytes = length_of(path);
        s.log_bytes = length_of(log);
        r = read_totals(db, &s, e);
        if (r == 0)
            r = read_rooms(db, top, &s, e);
        must(sqlite3_close(db) == SQLITE_OK);
    }
    free(path);
    free(log);
    if (r < 0)
        stats_done(&s);
    else
        *ret = s;
    return r;
}

void
stats_done(struct stats *s)
{
    free(s->top);
    *s = (struct stats){0};
}
