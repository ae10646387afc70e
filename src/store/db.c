/* SPDX-License-Identifier: MIT
 *
 * The thin layer over SQLite. A connection belongs to one thread (no mutex in
 * it). No connection checkpoints by itself, neither after a commit nor when it
 * closes: only the writer does, when it is told to. */
#include "store/db.h"

#include "base/log.h"
#include <errno.h>
#include <fcntl.h>

/* SQLite itself only knows ENOSPC as a full disk. A quota and a limit on the
 * file's size are the same to us: they pass, and reading goes on meanwhile. */
static bool
out_of_space(int rc, int sys)
{
    int kind = rc & 0xff;
    if (kind == SQLITE_FULL)
        return true;
    return (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN) &&
           (sys == ENOSPC || sys == EDQUOT || sys == EFBIG);
}

static int
result(sqlite3 *db, int rc, int sys)
{
    if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
        return 0;
    if (out_of_space(rc, sys))
        return -ENOSPC;
    log_event(LOG_ERROR, "store", "database failed",
              LOG_S("why", sqlite3_errmsg(db)), LOG_N("code", rc),
              LOG_N("errno", sys));
    return -EIO;
}

/* The errno behind a statement's failure. sqlite3_system_errno() stays as it
 * was when it is COMMIT that cannot write, so the log's file is asked. */
static int
system_errno(sqlite3 *db, int rc)
{
    sqlite3_file *wal = NULL;
    int sys = 0;
    if (rc == SQLITE_IOERR_WRITE)
        sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (wal && wal->pMethods)
        wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &sys);
    return sys ? sys : sqlite3_system_errno(db);
}

static int
explain(sqlite3 *db, const char *path, struct err *e)
{
    int rc = sqlite3_extended_errcode(db);
    int kind = rc & 0xff;
    int sys = sqlite3_system_errno(db);
    const char *why = sqlite3_errmsg(db);
    if (kind == SQLITE_NOTADB || kind == SQLITE_CORRUPT)
        return err_set(e, EIO, "\"%s\" is damaged or not a loquat database: %s",
                       path, why);
    if (out_of_space(rc, sys))
        return err_set(e, ENOSPC, "no space left for \"%s\"", path);
    if ((kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN) && sys)
        return err_set(e, sys, "cannot use \"%s\": %s", path, strerror(sys));
    return err_set(e, EIO, "cannot use \"%s\": %s", path, why);
}

int
db_explain(sqlite3 *db, struct err *e)
{
    return explain(db, sqlite3_db_filename(db, "main"), e);
}

int
db_open(const char *path, int flags, sqlite3 **ret, struct err *e)
{
    sqlite3 *db;
    int rc = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    must(db);
    int r = 0;
    /* SQLite falls back to reading when it may not write. */
    if (rc != SQLITE_OK)
        r = explain(db, path, e);
    else if ((flags & SQLITE_OPEN_READWRITE) && sqlite3_db_readonly(db, "main"))
        r = err_set(e, EACCES, "cannot write to \"%s\": %s", path,
                    strerror(EACCES));
    if (r < 0) {
        sqlite3_close(db);
        return r;
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 5000);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    *ret = db;
    return 0;
}

int
db_exec(sqlite3 *db, const char *sql, struct err *e)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_explain(db, e);
    return 0;
}

int
db_int(sqlite3 *db, const char *sql, int64_t *ret, struct err *e)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        return db_explain(db, e);
    int rc = sqlite3_step(st);
    int64_t value = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    int r = 0;
    if (rc == SQLITE_DONE)
        r = err_set(e, EIO, "\"%s\" is damaged: a record is missing",
                    sqlite3_db_filename(db, "main"));
    else if (rc != SQLITE_ROW)
        r = db_explain(db, e);
    else
        *ret = value;
    sqlite3_finalize(st);
    return r;
}

int
db_vacuum_into(sqlite3 *db, const char *path, struct err *e)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &st, NULL) != SQLITE_OK)
        return db_explain(db, e);
    db_bind_str(st, 1, str_of(path));
    int r = sqlite3_step(st) == SQLITE_DONE ? 0 : db_explain(db, e);
    sqlite3_finalize(st);
    return r;
}

int
db_prepare(sqlite3 *db, const char *const *sql, sqlite3_stmt **stmts, int n,
           struct err *e)
{
    for (int i = 0; i < n; i++) {
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &stmts[i], NULL) != SQLITE_OK)
            return db_explain(db, e);
    }
    return 0;
}

void
db_finalize(sqlite3_stmt **stmts, int n)
{
    for (int i = 0; i < n; i++) {
        sqlite3_finalize(stmts[i]);
        stmts[i] = NULL;
    }
}

void
db_bind_int(sqlite3_stmt *st, int at, int64_t value)
{
    must(sqlite3_bind_int64(st, at, value) == SQLITE_OK);
}

void
db_bind_reference(sqlite3_stmt *st, int at, uint64_t id)
{
    must(id <= INT64_MAX);
    if (id != 0)
        db_bind_int(st, at, (int64_t)id);
    else
        must(sqlite3_bind_null(st, at) == SQLITE_OK);
}

void
db_bind_str(sqlite3_stmt *st, int at, struct str s)
{
    /* A NULL pointer would bind NULL instead of the empty string. */
    const char *p = s.p ? s.p : "";
    must(sqlite3_bind_text64(st, at, p, s.n, SQLITE_STATIC, SQLITE_UTF8) ==
         SQLITE_OK);
}

void
db_bind_cid(sqlite3_stmt *st, int at, const struct client_id *cid)
{
    if (client_id_given(cid))
        must(sqlite3_bind_blob(st, at, cid->b, sizeof cid->b, SQLITE_STATIC) ==
             SQLITE_OK);
    else
        must(sqlite3_bind_null(st, at) == SQLITE_OK);
}

void
db_bind_blob(sqlite3_stmt *st, int at, const void *p, size_t n)
{
    must(sqlite3_bind_blob64(st, at, p, n, SQLITE_STATIC) == SQLITE_OK);
}

int
db_step(sqlite3_stmt *st)
{
    sqlite3 *db = sqlite3_db_handle(st);
    int rc = sqlite3_step(st);
    return rc == SQLITE_ROW ? 1 : result(db, rc, system_errno(db, rc));
}

int
db_run(sqlite3_stmt *st)
{
    int r = db_step(st);
    must(r <= 0);
    sqlite3_reset(st);
    return r;
}

int
db_checkpoint(sqlite3 *db, int *ret_left)
{
    int pages, moved;
    int rc = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_PASSIVE,
                                       &pages, &moved);
    int r = result(db, rc, sqlite3_system_errno(db));
    if (r == 0)
        *ret_left = pages - moved;
    return r;
}

struct str
db_column_str(sqlite3_stmt *st, int at)
{
    const void *p = sqlite3_column_text(st, at);
    return (struct str){p, (size_t)sqlite3_column_bytes(st, at)};
}

void
db_column_bytes(sqlite3_stmt *st, int at, void *to, int n)
{
    const void *p = sqlite3_column_blob(st, at);
    if (p && sqlite3_column_bytes(st, at) == n)
        memcpy(to, p, (size_t)n);
}

void
db_column_message(sqlite3_stmt *st, struct message *ret)
{
    *ret = (struct message){
        .room = (uint64_t)sqlite3_column_int64(st, 0),
        .seq = (uint64_t)sqlite3_column_int64(st, 1),
        .time_ms = sqlite3_column_int64(st, 2),
        .sender_id = (uint64_t)sqlite3_column_int64(st, 3),
        .sender = db_column_str(st, 4),
        .kind = (enum message_kind)sqlite3_column_int(st, 5),
        .body = db_column_str(st, 7),
    };
    db_column_bytes(st, 6, ret->cid.b, sizeof ret->cid.b);
}

static struct room_settings
column_settings(sqlite3_stmt *st, int at)
{
    return (struct room_settings){
        .privacy = (enum room_privacy)sqlite3_column_int(st, at),
        .description = db_column_str(st, at + 1),
        .from_joining = sqlite3_column_int(st, at + 2) != 0,
        .closed_ms = sqlite3_column_int64(st, at + 3),
        .slow_ms = sqlite3_column_int64(st, at + 4),
        .keep_ms = sqlite3_column_int64(st, at + 5),
        .keep_n = (uint64_t)sqlite3_column_int64(st, at + 6),
        .first_seq = (uint64_t)sqlite3_column_int64(st, at + 7),
    };
}

void
db_column_room(sqlite3_stmt *st, struct room_row *ret, int64_t *ret_last_ms)
{
    *ret = (struct room_row){
        .id = (uint64_t)sqlite3_column_int64(st, 0),
        .kind = (enum room_kind)sqlite3_column_int(st, 1),
        .name = db_column_str(st, 2),
        .key = db_column_str(st, 3),
        .topic = db_column_str(st, 4),
        .created_ms = sqlite3_column_int64(st, 5),
        .last_seq = (uint64_t)sqlite3_column_int64(st, 6),
        .settings = column_settings(st, 8),
    };
    *ret_last_ms = sqlite3_column_int64(st, 7);
}

void
db_column_file(sqlite3_stmt *st, struct file_row *ret)
{
    bool sized = sqlite3_column_type(st, 6) != SQLITE_NULL;
    *ret = (struct file_row){
        .room = (uint64_t)sqlite3_column_int64(st, 2),
        .owner_id = (uint64_t)sqlite3_column_int64(st, 3),
        .owner = db_column_str(st, 4),
        .name = db_column_str(st, 5),
        .reserved = (uint64_t)sqlite3_column_int64(st, 7),
        .seq = (uint64_t)sqlite3_column_int64(st, 11),
        .created_ms = sqlite3_column_int64(st, 12),
        .expires_ms = sqlite3_column_int64(st, 13),
    };
    struct file_facts *f = &ret->facts;
    db_column_bytes(st, 0, f->id.b, sizeof f->id.b);
    db_column_bytes(st, 1, f->ticket.b, sizeof f->ticket.b);
    f->size = sized ? (uint64_t)sqlite3_column_int64(st, 6)
                    : FILE_SIZE_UNKNOWN;
    db_column_bytes(st, 8, f->sha256, sizeof f->sha256);
    f->state = (enum file_state)sqlite3_column_int(st, 9);
    f->resumable = sqlite3_column_int(st, 10) != 0;
}
