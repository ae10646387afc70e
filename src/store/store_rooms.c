/* SPDX-License-Identifier: MIT
 *
 * The writer's rooms and how they are kept. */
#include "store/store_impl.h"

#include <errno.h>

const char *const store_rooms_sql[ROOMS_COUNT] = {
    [ROOMS_PUT] =
        "INSERT INTO rooms(id, kind, name, key, topic, last_seq, created,"
        " privacy, description, from_joining, closed, slow_ms, keep_ms,"
        " keep_n)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
        " ?14)",
    [ROOMS_SET] =
        "UPDATE rooms SET name = ?2, key = ?3, privacy = ?4,"
        " description = ?5, from_joining = ?6, closed = ?7, slow_ms = ?8,"
        " keep_ms = ?9, keep_n = ?10 WHERE id = ?1",
    [ROOMS_SET_TOPIC] = "UPDATE rooms SET topic = ?2 WHERE id = ?1",
    [ROOMS_FIND] = DB_SELECT_ROOM " WHERE key = ?1",
    [ROOMS_FIND_ID] = DB_SELECT_ROOM " WHERE id = ?1",
    [ROOMS_EACH_CHANNEL] =
        DB_SELECT_ROOM " WHERE kind = ?1 AND closed = 0 ORDER BY id",
};

uint64_t
store_next_room_id(struct store *s)
{
    return store_next_id(s, IDS_ROOM);
}

/* Seven columns from `at` on: but for first_seq, which only store_keep.c
 * raises. */
static void
bind_settings(sqlite3_stmt *st, int at, const struct room_settings *set)
{
    must(set->slow_ms >= 0 && set->keep_ms >= 0 && set->keep_n <= INT64_MAX);
    db_bind_int(st, at, set->privacy);
    db_bind_str(st, at + 1, set->description);
    db_bind_int(st, at + 2, set->from_joining);
    db_bind_int(st, at + 3, set->closed_ms);
    db_bind_int(st, at + 4, set->slow_ms);
    db_bind_int(st, at + 5, set->keep_ms);
    db_bind_int(st, at + 6, (int64_t)set->keep_n);
}

int
store_put_room(struct store *s, const struct room_row *row)
{
    must(s->in_transaction);
    must(row->id > 0 && row->id <= INT64_MAX && row->last_seq <= INT64_MAX);
    sqlite3_stmt *st = s->rooms[ROOMS_PUT];
    db_bind_int(st, 1, (int64_t)row->id);
    db_bind_int(st, 2, row->kind);
    db_bind_str(st, 3, row->name);
    db_bind_str(st, 4, row->key);
    db_bind_str(st, 5, row->topic);
    db_bind_int(st, 6, (int64_t)row->last_seq);
    db_bind_int(st, 7, row->created_ms);
    bind_settings(st, 8, &row->settings);
    int r = db_run(st);
    if (r == 0)
        store_note_id(s, IDS_ROOM, row->id);
    return r;
}

int
store_set_room(struct store *s, const struct room_row *row)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->rooms[ROOMS_SET];
    db_bind_int(st, 1, (int64_t)row->id);
    db_bind_str(st, 2, row->name);
    db_bind_str(st, 3, row->key);
    bind_settings(st, 4, &row->settings);
    int r = db_run(st);
    must(r < 0 || sqlite3_changes(s->db) == 1);
    return r;
}

int
store_set_topic(struct store *s, uint64_t room, struct str topic)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->rooms[ROOMS_SET_TOPIC];
    db_bind_int(st, 1, (int64_t)room);
    db_bind_str(st, 2, topic);
    int r = db_run(st);
    must(r < 0 || sqlite3_changes(s->db) == 1);
    return r;
}

/* st is bound; it is reset on the way out. */
static int
find_room(struct store *s, sqlite3_stmt *st, struct room_row *ret,
          int64_t *ret_last_ms)
{
    int r = db_step(st);
    if (r > 0) {
        struct room_row row;
        int64_t last_ms;
        db_column_room(st, &row, &last_ms);
        r = store_keep(s, (struct str *[]){&row.name, &row.key, &row.topic,
                                           &row.settings.description}, 4);
        if (r == 0) {
            *ret = row;
            *ret_last_ms = last_ms;
        }
    } else if (r == 0) {
        r = -ENOENT;
    }
    sqlite3_reset(st);
    return r;
}

int
store_find_room(struct store *s, struct str key, struct room_row *ret,
                int64_t *ret_last_ms)
{
    sqlite3_stmt *st = s->rooms[ROOMS_FIND];
    db_bind_str(st, 1, key);
    return find_room(s, st, ret, ret_last_ms);
}

int
store_find_room_id(struct store *s, uint64_t id, struct room_row *ret,
                   int64_t *ret_last_ms)
{
    sqlite3_stmt *st = s->rooms[ROOMS_FIND_ID];
    db_bind_int(st, 1, (int64_t)id);
    return find_room(s, st, ret, ret_last_ms);
}

int
store_each_channel(struct store *s, store_room_fn *fn, void *arg)
{
    sqlite3_stmt *st = s->rooms[ROOMS_EACH_CHANNEL];
    db_bind_int(st, 1, ROOM_CHANNEL);
    int r;
    while ((r = db_step(st)) > 0) {
        struct room_row row;
        int64_t last_ms;
        db_column_room(st, &row, &last_ms);
        fn(arg, &row, last_ms);
    }
    sqlite3_reset(st);
    return r;
}
