/* SPDX-License-Identifier: MIT
 *
 * The writer. Every statement is prepared once and reset before its function
 * returns: an open statement would hold a snapshot and keep the log from being
 * moved. What a caller may borrow is therefore copied into the store's text.
 *
 *     closed -> open -> in a transaction -> open      (commit, rollback)
 *
 * Whatever writes does so inside a transaction. SQLite may end one by itself
 * when the disk is full; a write after that would be a transaction of its own,
 * which is why the caller has to roll back after the first failure. */
#include "store/store.h"

#include "base/limits.h"
#include "store/folder.h"
#include "store/schema.h"
#include "store/store_impl.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const sql[STMT_COUNT] = {
    [STMT_BEGIN] = "BEGIN IMMEDIATE",
    [STMT_COMMIT] = "COMMIT",
    [STMT_ROLLBACK] = "ROLLBACK",
    [STMT_PUT_MESSAGE] =
        "INSERT INTO messages(" DB_MESSAGE_COLUMNS ")"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STMT_FIND_POST] =
        "SELECT " DB_MESSAGE_COLUMNS " FROM messages"
        " WHERE sender_id = ?1 AND cid = ?2",
};

/* The statements of each file that makes up the writer. */
static const struct table {
    const char *const *sql;
    int n;
    size_t at;             /* of its prepared ones, in struct store */
} tables[] = {
    {sql, STMT_COUNT, offsetof(struct store, stmts)},
    {store_rooms_sql, ROOMS_COUNT, offsetof(struct store, rooms)},
    {store_files_sql, FILES_COUNT, offsetof(struct store, files)},
    {store_accounts_sql, ACCOUNTS_COUNT, offsetof(struct store, accounts)},
    {store_rights_sql, RIGHTS_COUNT, offsetof(struct store, rights)},
    {store_keep_sql, KEEP_COUNT, offsetof(struct store, keep)},
};

enum { TABLES_N = sizeof tables / sizeof tables[0] };

static sqlite3_stmt **
stmts_of(struct store *s, const struct table *t)
{
    return (sqlite3_stmt **)((char *)s + t->at);
}

/* Where an id's last one is found. Rooms are never dropped; the others have a
 * row in SQLite's own table once there was one. */
#define LAST_OF(name) \
    "SELECT max(seq) FROM sqlite_sequence WHERE name = '" name "'"

static const char *const last_sql[IDS_COUNT] = {
    [IDS_ROOM] = "SELECT max(id) FROM rooms",
    [IDS_ACCOUNT] = LAST_OF("accounts"),
    [IDS_DEVICE] = LAST_OF("devices"),
    [IDS_INVITATION] = LAST_OF("invitations"),
    [IDS_RESTRICTION] = LAST_OF("restrictions"),
};

static const char pragmas[] =
    "PRAGMA foreign_keys = ON;"
    "PRAGMA cache_size = -65536;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA wal_autocheckpoint = 0";

static const char *const sync_pragmas[] = {
    [STORE_SYNC_OFF] = "PRAGMA synchronous = OFF",
    [STORE_SYNC_NORMAL] = "PRAGMA synchronous = NORMAL",
    [STORE_SYNC_FULL] = "PRAGMA synchronous = FULL",
};

/* ---- opening and closing ------------------------------------------------ */

static int
count_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct store *s = arg;
    (void)db, (void)name;
    wal_note(&s->wal, pages);
    return SQLITE_OK;
}

static int
note_wal(void *arg, int n, char **values, char **names)
{
    bool *on = arg;
    (void)names;
    *on = n == 1 && strcmp(values[0], "wal") == 0;
    return 0;
}

/* SQLite stays in another mode without an error where it cannot do it. */
static int
use_wal(sqlite3 *db, struct err *e)
{
    bool on = false;
    if (sqlite3_exec(db, "PRAGMA journal_mode = WAL", note_wal, &on, NULL) !=
        SQLITE_OK)
        return db_explain(db, e);
    if (!on)
        return err_set(e, EIO, "\"%s\" lies on a file system without "
                       "write-ahead logging", sqlite3_db_filename(db, "main"));
    return 0;
}

/* The file's own contents are judged before anything is written to it. */
static int
bring_up_to_date(struct store *s, struct err *e)
{
    int version;
    int r = schema_identify(s->db, SCHEMA_VERSION, &version, e);
    if (r < 0)
        return r;
    if (version == 0 && chmod(s->path, 0600) < 0)
        return err_set(e, errno, "cannot make \"%s\" private: %s", s->path,
                       strerror(errno));
    r = use_wal(s->db, e);
    if (r == 0)
        r = schema_upgrade(s->db, schema_steps, version, SCHEMA_VERSION, e);
    if (r == 0 && version == 0)
        r = folder_sync(s->path, e);
    return r;
}

static int
configure(struct store *s, enum store_sync sync, struct err *e)
{
    int r = db_exec(s->db, pragmas, e);
    if (r == 0)
        r = db_exec(s->db, sync_pragmas[sync], e);
    for (size_t i = 0; i < TABLES_N && r == 0; i++)
        r = db_prepare(s->db, tables[i].sql, stmts_of(s, &tables[i]),
                       tables[i].n, e);
    s->wal.db = s->db;
    /* After the pragma, which would take the hook away. */
    sqlite3_wal_hook(s->db, count_wal, s);
    return r;
}

static int
load(struct store *s, struct err *e)
{
    int64_t n;
    int r = db_int(s->db, "SELECT v FROM meta WHERE k = 'epoch'", &n, e);
    if (r < 0)
        return r;
    s->epoch = (uint64_t)n;
    for (int i = 0; i < IDS_COUNT; i++) {
        r = db_int(s->db, last_sql[i], &n, e);
        if (r < 0)
            return r;
        s->last.id[i] = (uint64_t)n;
    }
    s->committed = s->last;
    return 0;
}

static void
release(struct store *s)
{
    for (size_t i = 0; i < TABLES_N; i++)
        db_finalize(stmts_of(s, &tables[i]), tables[i].n);
    must(sqlite3_close(s->db) == SQLITE_OK);
    if (s->lock >= 0)
        close(s->lock);
    buf_done(&s->text);
    free(s->path);
    free(s);
}

int
store_open(const char *folder, enum store_sync sync, struct store **ret,
           struct err *e)
{
    int lock = folder_lock(folder, e);
    if (lock < 0)
        return lock;
    struct store *s = must_alloc(sizeof *s);
    s->lock = lock;
    must(asprintf(&s->path, "%s/loquat.db", folder) >= 0);
    buf_init(&s->text, 2 * LIMIT_MESSAGE_BYTES);
    int r = db_open(s->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                    &s->db, e);
    if (r == 0)
        r = bring_up_to_date(s, e);
    if (r == 0)
        r = configure(s, sync, e);
    if (r == 0)
        r = load(s, e);
    if (r < 0)
        release(s);
    else
        *ret = s;
    return r;
}

void
store_close(struct store **ps)
{
    struct store *s = *ps;
    if (!s)
        return;
    store_rollback(s);
    /* Should a reader be open still, the log just stays as it is. */
    sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL,
                              NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    release(s);
    *ps = NULL;
}

uint64_t
store_epoch(const struct store *s)
{
    return s->epoch;
}

const char *
store_path(const struct store *s)
{
    return s->path;
}

/* ---- transactions ------------------------------------------------------- */

int
store_begin(struct store *s)
{
    must(!s->in_transaction);
    int r = db_run(s->stmts[STMT_BEGIN]);
    s->in_transaction = r == 0;
    return r;
}

int
store_commit(struct store *s)
{
    must(s->in_transaction);
    int r = db_run(s->stmts[STMT_COMMIT]);
    if (r < 0)
        return r;
    s->in_transaction = false;
    s->committed = s->last;
    return 0;
}

void
store_rollback(struct store *s)
{
    /* SQLite may have rolled back already, and then there is none. */
    if (!sqlite3_get_autocommit(s->db)) {
        sqlite3_step(s->stmts[STMT_ROLLBACK]);
        sqlite3_reset(s->stmts[STMT_ROLLBACK]);
    }
    s->in_transaction = false;
    s->last = s->committed;
}

int
store_wal_pages(const struct store *s)
{
    return s->wal.pages;
}

void
store_reserve(struct store *s)
{
    wal_reserve(&s->wal);
}

int
store_checkpoint(struct store *s)
{
    int left = s->wal.pages;

    must(!s->in_transaction);
    int r = db_checkpoint(s->db, &left);
    wal_note(&s->wal, left);
    return r;
}

/* ---- borrowed strings --------------------------------------------------- */

int
store_keep(struct store *s, struct str *const *strs, int n)
{
    size_t total = 0;
    for (int i = 0; i < n; i++)
        total += strs[i]->n;
    buf_clear(&s->text);
    char *p = buf_reserve(&s->text, total);
    if (!p)
        return -EIO;
    for (int i = 0; i < n; i++) {
        if (strs[i]->n > 0)
            memcpy(p, strs[i]->p, strs[i]->n);
        strs[i]->p = p;
        p += strs[i]->n;
    }
    buf_commit(&s->text, total);
    return 0;
}

/* ---- ids ---------------------------------------------------------------- */

uint64_t
store_next_id(const struct store *s, enum ids ids)
{
    return s->last.id[ids] + 1;
}

void
store_note_id(struct store *s, enum ids ids, uint64_t id)
{
    if (id > s->last.id[ids])
        s->last.id[ids] = id;
}

/* ---- messages ----------------------------------------------------------- */

int
store_put_message(struct store *s, const struct message *m)
{
    must(s->in_transaction);
    must(m->seq > 0 && m->seq < INT64_MAX);
    must(m->sender_id > 0 && m->sender_id <= INT64_MAX);
    sqlite3_stmt *st = s->stmts[STMT_PUT_MESSAGE];
    db_bind_int(st, 1, (int64_t)m->room);
    db_bind_int(st, 2, (int64_t)m->seq);
    db_bind_int(st, 3, m->time_ms);
    db_bind_int(st, 4, (int64_t)m->sender_id);
    db_bind_str(st, 5, m->sender);
    db_bind_int(st, 6, m->kind);
    db_bind_cid(st, 7, &m->cid);
    db_bind_str(st, 8, m->body);
    return db_run(st);
}

int
store_find_post(struct store *s, uint64_t sender_id,
                const struct client_id *cid, struct message *ret)
{
    must(client_id_given(cid));
    sqlite3_stmt *st = s->stmts[STMT_FIND_POST];
    db_bind_int(st, 1, (int64_t)sender_id);
    db_bind_cid(st, 2, cid);
    int r = db_step(st);
    if (r > 0) {
        struct message m;
        db_column_message(st, &m);
        r = store_keep(s, (struct str *[]){&m.sender, &m.body}, 2);
        if (r == 0)
            *ret = m;
    } else if (r == 0) {
        r = -ENOENT;
    }
    sqlite3_reset(st);
    return r;
}
