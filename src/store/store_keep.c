/* SPDX-License-Identifier: MIT
 *
 * What is not kept. The oldest messages of a room go in one step with their
 * files, with the client ids that made them safe to post again, and with the
 * room's row: first_seq says what is gone, and last_seq what was given, so
 * that a room of which nothing is left goes on counting. Times never fall
 * within a room, so what is too old stands at its beginning. */
#include "store/store_impl.h"

#include <errno.h>

const char *const store_keep_sql[KEEP_COUNT] = {
    [KEEP_SPAN] =
        "SELECT max(first_seq, 1), max(last_seq, ifnull((SELECT max(seq)"
        " FROM messages WHERE room_id = rooms.id), 0))"
        " FROM rooms WHERE id = ?1",
    [KEEP_OLDEST] =
        "SELECT seq, ts FROM messages WHERE room_id = ?1 ORDER BY seq"
        " LIMIT ?2",
    [KEEP_FILES] =
        "SELECT pub FROM files WHERE room_id = ?1 AND seq < ?2 AND state = 2"
        " ORDER BY seq LIMIT 1",
    [KEEP_DROP] = "DELETE FROM messages WHERE room_id = ?1 AND seq < ?2",
    [KEEP_SET_FIRST] =
        "UPDATE rooms SET first_seq = ?2, last_seq = ?3 WHERE id = ?1",
    [KEEP_CLOSED] =
        "SELECT id FROM rooms WHERE id > ?1 AND closed > 0 AND closed < ?2"
        " AND EXISTS (SELECT 1 FROM messages WHERE room_id = rooms.id)"
        " ORDER BY id LIMIT 1",
    [KEEP_DROP_AUDIT] =
        "DELETE FROM audit WHERE ts < ?1 AND id IN"
        " (SELECT id FROM audit WHERE id > 0 ORDER BY id LIMIT ?2)",
};

/* What of a room is there: [first, last + 1). */
struct span {
    uint64_t first, last;
};

static int
find_span(struct store *s, uint64_t room, struct span *ret)
{
    sqlite3_stmt *st = s->keep[KEEP_SPAN];
    db_bind_int(st, 1, (int64_t)room);
    int r = db_step(st);
    if (r > 0)
        *ret = (struct span){
            .first = (uint64_t)sqlite3_column_int64(st, 0),
            .last = (uint64_t)sqlite3_column_int64(st, 1),
        };
    sqlite3_reset(st);
    return r == 0 ? -ENOENT : r < 0 ? r : 0;
}

/* Moves *first to the first message that stays. */
static int
find_first(struct store *s, uint64_t room, uint64_t seq, int64_t before_ms,
           unsigned max, uint64_t *first, unsigned *ret_n)
{
    sqlite3_stmt *st = s->keep[KEEP_OLDEST];
    db_bind_int(st, 1, (int64_t)room);
    db_bind_int(st, 2, max);
    unsigned n = 0;
    int r;
    while ((r = db_step(st)) > 0) {
        uint64_t at = (uint64_t)sqlite3_column_int64(st, 0);
        if (at >= seq && sqlite3_column_int64(st, 1) >= before_ms)
            break;
        *first = at + 1;
        n++;
    }
    sqlite3_reset(st);
    if (r >= 0)
        *ret_n = n;
    return r < 0 ? r : 0;
}

/* 1 with the oldest file of a message before `first`, or 0. */
static int
find_old_file(struct store *s, uint64_t room, uint64_t first,
              struct file_id *ret)
{
    sqlite3_stmt *st = s->keep[KEEP_FILES];
    db_bind_int(st, 1, (int64_t)room);
    db_bind_int(st, 2, (int64_t)first);
    int r = db_step(st);
    if (r > 0)
        db_column_bytes(st, 0, ret->b, sizeof ret->b);
    sqlite3_reset(st);
    return r;
}

static int
drop_files(struct store *s, uint64_t room, uint64_t first,
           store_dropped_file_fn *fn, void *arg)
{
    struct file_id id = {{0}};
    int r;
    while ((r = find_old_file(s, room, first, &id)) > 0) {
        r = store_drop_file(s, &id);
        if (r < 0)
            return r;
        fn(arg, &id);
    }
    return r;
}

static int
drop_messages(struct store *s, uint64_t room, uint64_t first, uint64_t last)
{
    sqlite3_stmt *set = s->keep[KEEP_SET_FIRST];
    sqlite3_stmt *drop = s->keep[KEEP_DROP];
    db_bind_int(set, 1, (int64_t)room);
    db_bind_int(set, 2, (int64_t)first);
    db_bind_int(set, 3, (int64_t)last);
    int r = db_run(set);
    if (r < 0)
        return r;
    db_bind_int(drop, 1, (int64_t)room);
    db_bind_int(drop, 2, (int64_t)first);
    return db_run(drop);
}

int
store_drop_old(struct store *s, uint64_t room, uint64_t seq,
               int64_t before_ms, unsigned max, store_dropped_file_fn *fn,
               void *arg, unsigned *ret_n, uint64_t *ret_first)
{
    struct span span = {0};
    unsigned n = 0;
    must(s->in_transaction);
    int r = find_span(s, room, &span);
    if (r < 0)
        return r;
    uint64_t first = span.first;
    r = find_first(s, room, seq, before_ms, max, &first, &n);
    if (r == 0 && n > 0)
        r = drop_files(s, room, first, fn, arg);
    if (r == 0 && n > 0)
        r = drop_messages(s, room, first, span.last);
    if (r < 0)
        return r;
    *ret_n = n;
    *ret_first = first;
    return 0;
}

int
store_next_closed(struct store *s, uint64_t after, int64_t before_ms,
                  uint64_t *ret)
{
    sqlite3_stmt *st = s->keep[KEEP_CLOSED];
    db_bind_int(st, 1, (int64_t)after);
    db_bind_int(st, 2, before_ms);
    int r = db_step(st);
    if (r > 0)
        *ret = (uint64_t)sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return r == 0 ? -ENOENT : r < 0 ? r : 0;
}

int
store_drop_audit(struct store *s, int64_t before_ms, unsigned max,
                 unsigned *ret_n)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->keep[KEEP_DROP_AUDIT];
    db_bind_int(st, 1, before_ms);
    db_bind_int(st, 2, max);
    int r = db_run(st);
    if (r == 0)
        *ret_n = (unsigned)sqlite3_changes(s->db);
    return r;
}
