/* SPDX-License-Identifier: MIT
 *
 * The writer's files. A file's reserved bytes and the three sums that they are
 * part of change together or not at all: the sums are found from the row that
 * is changed, never from what the caller believes it to be. */
#include "store/store_impl.h"

#include <errno.h>

const char *const store_files_sql[FILES_COUNT] = {
    [FILES_PUT] =
        "INSERT INTO files(pub, ticket, room_id, owner_id, owner, name, size,"
        " reserved, sha256, state, resumable, seq, created, expires)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [FILES_SET] =
        "UPDATE files SET size = ?2, reserved = ?3, sha256 = ?4, state = ?5,"
        " seq = ?6, created = ?7, expires = ?8 WHERE pub = ?1",
    [FILES_DROP] = "DELETE FROM files WHERE pub = ?1",
    [FILES_FIND] =
        "SELECT " DB_FILE_COLUMNS " FROM files AS f WHERE f.pub = ?1",
    [FILES_EACH_ARRIVING] =
        "SELECT " DB_FILE_COLUMNS " FROM files AS f WHERE f.state = 1"
        " AND f.expires >= 0 ORDER BY f.expires, f.id",
    [FILES_USAGE] = "SELECT bytes FROM usage WHERE scope = ?1 AND id = ?2",
    [FILES_ADD_USAGE] =
        "INSERT INTO usage(scope, id, bytes) VALUES(?1, ?2, ?3)"
        " ON CONFLICT(scope, id) DO UPDATE SET bytes = bytes + ?3",
    [FILES_DROP_USAGE] =
        "DELETE FROM usage WHERE scope = ?1 AND id = ?2 AND bytes <= 0",
};

/* ---- usage -------------------------------------------------------------- */

int
store_usage(struct store *s, enum usage_scope scope, uint64_t id,
            uint64_t *ret)
{
    sqlite3_stmt *st = s->files[FILES_USAGE];
    db_bind_int(st, 1, scope);
    db_bind_int(st, 2, (int64_t)id);
    int r = db_step(st);
    if (r >= 0)
        *ret = r > 0 ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return r < 0 ? r : 0;
}

static int
add_usage(struct store *s, enum usage_scope scope, uint64_t id, int64_t bytes)
{
    sqlite3_stmt *add = s->files[FILES_ADD_USAGE];
    sqlite3_stmt *drop = s->files[FILES_DROP_USAGE];
    db_bind_int(add, 1, scope);
    db_bind_int(add, 2, (int64_t)id);
    db_bind_int(add, 3, bytes);
    int r = db_run(add);
    if (r < 0 || bytes > 0)
        return r;
    db_bind_int(drop, 1, scope);
    db_bind_int(drop, 2, (int64_t)id);
    return db_run(drop);
}

/* f has so many bytes more, or fewer. */
static int
account(struct store *s, const struct file_row *f, int64_t bytes)
{
    if (bytes == 0)
        return 0;
    int r = add_usage(s, USAGE_TOTAL, 0, bytes);
    if (r == 0)
        r = add_usage(s, USAGE_OWNER, f->owner_id, bytes);
    if (r == 0)
        r = add_usage(s, USAGE_ROOM, f->room, bytes);
    return r;
}

/* ---- rows --------------------------------------------------------------- */

static void
bind_size(sqlite3_stmt *st, int at, uint64_t size)
{
    if (size != FILE_SIZE_UNKNOWN)
        db_bind_int(st, at, (int64_t)size);
    else
        must(sqlite3_bind_null(st, at) == SQLITE_OK);
}

static void
bind_sum(sqlite3_stmt *st, int at, const struct file_facts *f)
{
    if (f->state == FILE_WHOLE)
        db_bind_blob(st, at, f->sha256, sizeof f->sha256);
    else
        must(sqlite3_bind_null(st, at) == SQLITE_OK);
}

static void
check(const struct store *s, const struct file_row *f)
{
    must(s->in_transaction);
    must(file_id_given(&f->facts.id) && f->reserved <= INT64_MAX);
    must(f->facts.size <= INT64_MAX || f->facts.size == FILE_SIZE_UNKNOWN);
    must(f->seq <= INT64_MAX && f->owner_id <= INT64_MAX);
}

int
store_put_file(struct store *s, const struct file_row *f)
{
    const struct file_facts *facts = &f->facts;
    check(s, f);
    sqlite3_stmt *st = s->files[FILES_PUT];
    db_bind_blob(st, 1, facts->id.b, sizeof facts->id.b);
    db_bind_blob(st, 2, facts->ticket.b, sizeof facts->ticket.b);
    db_bind_int(st, 3, (int64_t)f->room);
    db_bind_int(st, 4, (int64_t)f->owner_id);
    db_bind_str(st, 5, f->owner);
    db_bind_str(st, 6, f->name);
    bind_size(st, 7, facts->size);
    db_bind_int(st, 8, (int64_t)f->reserved);
    bind_sum(st, 9, facts);
    db_bind_int(st, 10, facts->state);
    db_bind_int(st, 11, facts->resumable);
    db_bind_int(st, 12, (int64_t)f->seq);
    db_bind_int(st, 13, f->created_ms);
    db_bind_int(st, 14, f->expires_ms);
    int r = db_run(st);
    return r < 0 ? r : account(s, f, (int64_t)f->reserved);
}

int
store_set_file(struct store *s, const struct file_row *f)
{
    struct file_row old;
    check(s, f);
    int r = store_find_file(s, &f->facts.id, &old);
    if (r < 0)
        return r;
    sqlite3_stmt *st = s->files[FILES_SET];
    db_bind_blob(st, 1, f->facts.id.b, sizeof f->facts.id.b);
    bind_size(st, 2, f->facts.size);
    db_bind_int(st, 3, (int64_t)f->reserved);
    bind_sum(st, 4, &f->facts);
    db_bind_int(st, 5, f->facts.state);
    db_bind_int(st, 6, (int64_t)f->seq);
    db_bind_int(st, 7, f->created_ms);
    db_bind_int(st, 8, f->expires_ms);
    r = db_run(st);
    if (r < 0)
        return r;
    return account(s, &old, (int64_t)f->reserved - (int64_t)old.reserved);
}

int
store_drop_file(struct store *s, const struct file_id *id)
{
    struct file_row old;
    must(s->in_transaction);
    int r = store_find_file(s, id, &old);
    if (r < 0)
        return r;
    sqlite3_stmt *st = s->files[FILES_DROP];
    db_bind_blob(st, 1, id->b, sizeof id->b);
    r = db_run(st);
    return r < 0 ? r : account(s, &old, -(int64_t)old.reserved);
}

int
store_find_file(struct store *s, const struct file_id *id,
                struct file_row *ret)
{
    sqlite3_stmt *st = s->files[FILES_FIND];
    db_bind_blob(st, 1, id->b, sizeof id->b);
    int r = db_step(st);
    if (r > 0) {
        struct file_row f;
        db_column_file(st, &f);
        r = store_keep(s, (struct str *[]){&f.owner, &f.name}, 2);
        if (r == 0)
            *ret = f;
    } else if (r == 0) {
        r = -ENOENT;
    }
    sqlite3_reset(st);
    return r;
}

int
store_each_arriving(struct store *s, store_file_fn *fn, void *arg)
{
    sqlite3_stmt *st = s->files[FILES_EACH_ARRIVING];
    int r;
    while ((r = db_step(st)) > 0) {
        struct file_row f;
        db_column_file(st, &f);
        fn(arg, &f);
    }
    sqlite3_reset(st);
    return r;
}
