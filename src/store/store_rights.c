/* SPDX-License-Identifier: MIT
 *
 * The writer's members and restrictions, and what is written about it all. */
#include "store/store_impl.h"

const char *const store_rights_sql[RIGHTS_COUNT] = {
    [RIGHTS_PUT_MEMBER] =
        "INSERT INTO members(" DB_MEMBER_COLUMNS ")"
        " VALUES(?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT(room_id, sender_id) DO UPDATE"
        " SET role = ?3, from_seq = ?4, read_seq = max(read_seq, ?5)",
    [RIGHTS_DROP_MEMBER] =
        "DELETE FROM members WHERE room_id = ?1 AND sender_id = ?2",
    [RIGHTS_DROP_MEMBERSHIPS] = "DELETE FROM members WHERE sender_id = ?1",
    [RIGHTS_EACH_MEMBER] =
        "SELECT " DB_MEMBER_COLUMNS " FROM members WHERE room_id > 0"
        " ORDER BY room_id, sender_id",
    [RIGHTS_SET_READ] =
        ("UPDATE members SET read_seq = ?3"
         " WHERE room_id = ?1 AND sender_id = ?2 AND read_seq < ?3"),
    [RIGHTS_EACH_DIRECT] =
        ("SELECT j.room_id, l.seq, j.read_seq, l.ts"
         " FROM members j JOIN rooms r ON r.id = j.room_id"
         " JOIN messages l ON l.room_id = r.id AND l.seq ="
         "   (SELECT max(seq) FROM messages WHERE room_id = r.id)"
         " WHERE j.sender_id = ?1 AND r.kind = 2"),
    [RIGHTS_UNREAD] =
        ("SELECT 1 FROM messages WHERE room_id = ?1 AND seq > ?2"
         " AND sender_id <> ?3 LIMIT ?4"),
    [RIGHTS_PUT_RESTRICTION] =
        "INSERT INTO restrictions(" DB_RESTRICTION_COLUMNS ")"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [RIGHTS_DROP_RESTRICTION] = "DELETE FROM restrictions WHERE id = ?1",
    [RIGHTS_EACH_RESTRICTION] =
        "SELECT " DB_RESTRICTION_COLUMNS " FROM restrictions WHERE id > 0"
        " ORDER BY id",
    [RIGHTS_AUDIT] =
        ("INSERT INTO audit(ts, actor, action, target, detail)"
         " VALUES(?1, ?2, ?3, ?4, ?5)"),
};

/* ---- members ------------------------------------------------------------ */

int
store_put_member(struct store *s, const struct member_row *m)
{
    must(s->in_transaction && m->sender_id <= INT64_MAX);
    must(m->from_seq <= INT64_MAX && m->read_seq <= INT64_MAX);
    sqlite3_stmt *st = s->rights[RIGHTS_PUT_MEMBER];
    db_bind_int(st, 1, (int64_t)m->room);
    db_bind_int(st, 2, (int64_t)m->sender_id);
    db_bind_int(st, 3, m->role);
    db_bind_int(st, 4, (int64_t)m->from_seq);
    db_bind_int(st, 5, (int64_t)m->read_seq);
    return db_run(st);
}

int
store_drop_member(struct store *s, uint64_t room, uint64_t sender_id)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->rights[RIGHTS_DROP_MEMBER];
    db_bind_int(st, 1, (int64_t)room);
    db_bind_int(st, 2, (int64_t)sender_id);
    return db_run(st);
}

int
store_drop_memberships(struct store *s, uint64_t sender_id)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->rights[RIGHTS_DROP_MEMBERSHIPS];
    db_bind_int(st, 1, (int64_t)sender_id);
    return db_run(st);
}

int
store_each_member(struct store *s, store_member_fn *fn, void *arg)
{
    sqlite3_stmt *st = s->rights[RIGHTS_EACH_MEMBER];
    int r;
    while ((r = db_step(st)) > 0) {
        struct member_row m;
        db_column_member(st, &m);
        fn(arg, &m);
    }
    sqlite3_reset(st);
    return r;
}

int
store_set_read(struct store *s, uint64_t room, uint64_t sender_id,
               uint64_t seq)
{
    must(s->in_transaction && seq <= INT64_MAX);
    sqlite3_stmt *st = s->rights[RIGHTS_SET_READ];
    db_bind_int(st, 1, (int64_t)room);
    db_bind_int(st, 2, (int64_t)sender_id);
    db_bind_int(st, 3, (int64_t)seq);
    return db_run(st);
}

int
store_each_direct(struct store *s, uint64_t sender_id, store_direct_fn *fn,
                  void *arg)
{
    sqlite3_stmt *st = s->rights[RIGHTS_EACH_DIRECT];
    int r;
    db_bind_int(st, 1, (int64_t)sender_id);
    while ((r = db_step(st)) > 0) {
        struct direct_row d = {
            .room = (uint64_t)sqlite3_column_int64(st, 0),
            .last_seq = (uint64_t)sqlite3_column_int64(st, 1),
            .read_seq = (uint64_t)sqlite3_column_int64(st, 2),
            .last_ms = sqlite3_column_int64(st, 3),
        };
        fn(arg, &d);
    }
    sqlite3_reset(st);
    return r;
}

int
store_count_unread(struct store *s, uint64_t room, uint64_t after,
                   uint64_t sender_id, uint32_t *ret)
{
    sqlite3_stmt *st = s->rights[RIGHTS_UNREAD];
    uint32_t n = 0;
    int r;
    db_bind_int(st, 1, (int64_t)room);
    db_bind_int(st, 2, (int64_t)after);
    db_bind_int(st, 3, (int64_t)sender_id);
    db_bind_int(st, 4, DIRECT_UNREAD_MAX);
    while ((r = db_step(st)) > 0)
        n++;
    sqlite3_reset(st);
    if (r == 0)
        *ret = n;
    return r;
}

/* ---- restrictions ------------------------------------------------------- */

uint64_t
store_next_restriction_id(struct store *s)
{
    return store_next_id(s, IDS_RESTRICTION);
}

int
store_put_restriction(struct store *s, const struct restriction_row *r)
{
    must(s->in_transaction && r->id > 0 && r->id <= INT64_MAX);
    must(r->sender_id <= INT64_MAX && r->prefix <= 128);
    sqlite3_stmt *st = s->rights[RIGHTS_PUT_RESTRICTION];
    db_bind_int(st, 1, (int64_t)r->id);
    db_bind_int(st, 2, r->kind);
    db_bind_reference(st, 3, r->room);
    db_bind_int(st, 4, (int64_t)r->sender_id);
    db_bind_blob(st, 5, r->address, sizeof r->address);
    db_bind_int(st, 6, r->prefix);
    db_bind_str(st, 7, r->subject);
    db_bind_str(st, 8, r->reason);
    db_bind_str(st, 9, r->by);
    db_bind_int(st, 10, r->created_ms);
    db_bind_int(st, 11, r->expires_ms);
    int rc = db_run(st);
    if (rc == 0)
        store_note_id(s, IDS_RESTRICTION, r->id);
    return rc;
}

int
store_drop_restriction(struct store *s, uint64_t id)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->rights[RIGHTS_DROP_RESTRICTION];
    db_bind_int(st, 1, (int64_t)id);
    return db_run(st);
}

int
store_each_restriction(struct store *s, store_restriction_fn *fn, void *arg)
{
    sqlite3_stmt *st = s->rights[RIGHTS_EACH_RESTRICTION];
    int rc;
    while ((rc = db_step(st)) > 0) {
        struct restriction_row r;
        db_column_restriction(st, &r);
        fn(arg, &r);
    }
    sqlite3_reset(st);
    return rc;
}

/* ---- audit -------------------------------------------------------------- */

int
store_audit(struct store *s, int64_t time_ms, struct str actor,
            struct str action, struct str target, struct str detail)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->rights[RIGHTS_AUDIT];
    db_bind_int(st, 1, time_ms);
    db_bind_str(st, 2, actor);
    db_bind_str(st, 3, action);
    db_bind_str(st, 4, target);
    db_bind_str(st, 5, detail);
    return db_run(st);
}
