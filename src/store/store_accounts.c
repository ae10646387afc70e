/* SPDX-License-Identifier: MIT
 *
 * The writer's accounts, what logs in to them by a token, and invitations.
 * Tokens and codes are known by their SHA-256 alone. */
#include "store/store_impl.h"

#include <errno.h>

const char *const store_accounts_sql[ACCOUNTS_COUNT] = {
    [ACCOUNTS_PUT] =
        "INSERT INTO accounts(" DB_ACCOUNT_COLUMNS ")"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [ACCOUNTS_SET] =
        "UPDATE accounts SET name = ?2, key = ?3, pwhash = ?4, state = ?5"
        " WHERE id = ?1",
    [ACCOUNTS_FIND] =
        "SELECT " DB_ACCOUNT_COLUMNS " FROM accounts WHERE key = ?1",
    [ACCOUNTS_FIND_ID] =
        "SELECT " DB_ACCOUNT_COLUMNS " FROM accounts WHERE id = ?1",
    [ACCOUNTS_PUT_DEVICE] =
        "INSERT INTO devices(" DB_DEVICE_COLUMNS ")"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [ACCOUNTS_DROP_DEVICE] = "DELETE FROM devices WHERE id = ?1",
    [ACCOUNTS_SEE_DEVICE] = "UPDATE devices SET seen = ?2 WHERE id = ?1",
    [ACCOUNTS_FIND_DEVICE] =
        "SELECT " DB_DEVICE_COLUMNS " FROM devices WHERE token_hash = ?1",
    [ACCOUNTS_FIND_DEVICE_ID] =
        "SELECT " DB_DEVICE_COLUMNS " FROM devices WHERE id = ?1",
    [ACCOUNTS_EACH_DEVICE] =
        "SELECT " DB_DEVICE_COLUMNS " FROM devices WHERE account_id = ?1"
        " ORDER BY id DESC",
    [ACCOUNTS_PUT_INVITATION] =
        "INSERT INTO invitations(" DB_INVITATION_COLUMNS ")"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [ACCOUNTS_FIND_INVITATION] =
        "SELECT " DB_INVITATION_COLUMNS " FROM invitations"
        " WHERE code_hash = ?1",
    [ACCOUNTS_USE_INVITATION] =
        "UPDATE invitations SET uses_left = uses_left - 1"
        " WHERE id = ?1 AND uses_left > 0",
    [ACCOUNTS_DROP_INVITATION] = "DELETE FROM invitations WHERE id = ?1",
};

/* ---- accounts ----------------------------------------------------------- */

uint64_t
store_next_account_id(struct store *s)
{
    return store_next_id(s, IDS_ACCOUNT);
}

int
store_put_account(struct store *s, const struct account_row *a)
{
    must(s->in_transaction && a->id > 0 && a->id <= INT64_MAX);
    sqlite3_stmt *st = s->accounts[ACCOUNTS_PUT];
    db_bind_int(st, 1, (int64_t)a->id);
    db_bind_str(st, 2, a->name);
    db_bind_str(st, 3, a->key);
    db_bind_str(st, 4, a->pwhash);
    db_bind_int(st, 5, a->state);
    db_bind_int(st, 6, a->created_ms);
    db_bind_reference(st, 7, a->invited_by);
    int r = db_run(st);
    if (r == 0)
        store_note_id(s, IDS_ACCOUNT, a->id);
    return r;
}

int
store_set_account(struct store *s, const struct account_row *a)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->accounts[ACCOUNTS_SET];
    db_bind_int(st, 1, (int64_t)a->id);
    db_bind_str(st, 2, a->name);
    db_bind_str(st, 3, a->key);
    db_bind_str(st, 4, a->pwhash);
    db_bind_int(st, 5, a->state);
    int r = db_run(st);
    must(r < 0 || sqlite3_changes(s->db) == 1);
    return r;
}

/* st is bound; it is reset on the way out. So below. */
static int
find_account(struct store *s, sqlite3_stmt *st, struct account_row *ret)
{
    int r = db_step(st);
    if (r > 0) {
        struct account_row a;
        db_column_account(st, &a);
        r = store_keep(s, (struct str *[]){&a.name, &a.key, &a.pwhash}, 3);
        if (r == 0)
            *ret = a;
    } else if (r == 0) {
        r = -ENOENT;
    }
    sqlite3_reset(st);
    return r;
}

int
store_find_account(struct store *s, struct str key, struct account_row *ret)
{
    sqlite3_stmt *st = s->accounts[ACCOUNTS_FIND];
    db_bind_str(st, 1, key);
    return find_account(s, st, ret);
}

int
store_find_account_id(struct store *s, uint64_t id, struct account_row *ret)
{
    sqlite3_stmt *st = s->accounts[ACCOUNTS_FIND_ID];
    db_bind_int(st, 1, (int64_t)id);
    return find_account(s, st, ret);
}

/* ---- devices ------------------------------------------------------------ */

uint64_t
store_next_device_id(struct store *s)
{
    return store_next_id(s, IDS_DEVICE);
}

int
store_put_device(struct store *s, const struct device_row *d)
{
    must(s->in_transaction && d->id > 0 && d->id <= INT64_MAX);
    sqlite3_stmt *st = s->accounts[ACCOUNTS_PUT_DEVICE];
    db_bind_int(st, 1, (int64_t)d->id);
    db_bind_int(st, 2, (int64_t)d->account);
    db_bind_str(st, 3, d->name);
    db_bind_blob(st, 4, d->token_hash, sizeof d->token_hash);
    db_bind_reference(st, 5, d->room);
    db_bind_int(st, 6, d->scope);
    db_bind_int(st, 7, d->created_ms);
    db_bind_int(st, 8, d->seen_ms);
    db_bind_int(st, 9, d->expires_ms);
    int r = db_run(st);
    if (r == 0)
        store_note_id(s, IDS_DEVICE, d->id);
    return r;
}

int
store_drop_device(struct store *s, uint64_t id)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->accounts[ACCOUNTS_DROP_DEVICE];
    db_bind_int(st, 1, (int64_t)id);
    return db_run(st);
}

int
store_see_device(struct store *s, uint64_t id, int64_t seen_ms)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->accounts[ACCOUNTS_SEE_DEVICE];
    db_bind_int(st, 1, (int64_t)id);
    db_bind_int(st, 2, seen_ms);
    return db_run(st);
}

static int
find_device(struct store *s, sqlite3_stmt *st, struct device_row *ret)
{
    int r = db_step(st);
    if (r > 0) {
        struct device_row d;
        db_column_device(st, &d);
        r = store_keep(s, (struct str *[]){&d.name}, 1);
        if (r == 0)
            *ret = d;
    } else if (r == 0) {
        r = -ENOENT;
    }
    sqlite3_reset(st);
    return r;
}

int
store_find_device(struct store *s, const uint8_t token_hash[32],
                  struct device_row *ret)
{
    sqlite3_stmt *st = s->accounts[ACCOUNTS_FIND_DEVICE];
    db_bind_blob(st, 1, token_hash, 32);
    return find_device(s, st, ret);
}

int
store_find_device_id(struct store *s, uint64_t id, struct device_row *ret)
{
    sqlite3_stmt *st = s->accounts[ACCOUNTS_FIND_DEVICE_ID];
    db_bind_int(st, 1, (int64_t)id);
    return find_device(s, st, ret);
}

int
store_each_device(struct store *s, uint64_t account_id, store_device_fn *fn,
                  void *arg)
{
    sqlite3_stmt *st = s->accounts[ACCOUNTS_EACH_DEVICE];
    db_bind_int(st, 1, (int64_t)account_id);
    int r;
    while ((r = db_step(st)) > 0) {
        struct device_row d;
        db_column_device(st, &d);
        fn(arg, &d);
    }
    sqlite3_reset(st);
    return r;
}

/* ---- invitations -------------------------------------------------------- */

uint64_t
store_next_invitation_id(struct store *s)
{
    return store_next_id(s, IDS_INVITATION);
}

int
store_put_invitation(struct store *s, const struct invitation_row *i)
{
    must(s->in_transaction && i->id > 0 && i->id <= INT64_MAX);
    sqlite3_stmt *st = s->accounts[ACCOUNTS_PUT_INVITATION];
    db_bind_int(st, 1, (int64_t)i->id);
    db_bind_blob(st, 2, i->code_hash, sizeof i->code_hash);
    db_bind_reference(st, 3, i->by);
    db_bind_int(st, 4, i->uses_left);
    db_bind_int(st, 5, i->created_ms);
    db_bind_int(st, 6, i->expires_ms);
    int r = db_run(st);
    if (r == 0)
        store_note_id(s, IDS_INVITATION, i->id);
    return r;
}

int
store_find_invitation(struct store *s, const uint8_t code_hash[32],
                      struct invitation_row *ret)
{
    sqlite3_stmt *st = s->accounts[ACCOUNTS_FIND_INVITATION];
    db_bind_blob(st, 1, code_hash, 32);
    int r = db_step(st);
    if (r > 0) {
        db_column_invitation(st, ret);
        r = 0;
    } else if (r == 0) {
        r = -ENOENT;
    }
    sqlite3_reset(st);
    return r;
}

int
store_use_invitation(struct store *s, uint64_t id)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->accounts[ACCOUNTS_USE_INVITATION];
    db_bind_int(st, 1, (int64_t)id);
    int r = db_run(st);
    if (r == 0 && sqlite3_changes(s->db) == 0)
        r = -ENOENT;
    return r;
}

int
store_drop_invitation(struct store *s, uint64_t id)
{
    must(s->in_transaction);
    sqlite3_stmt *st = s->accounts[ACCOUNTS_DROP_INVITATION];
    db_bind_int(st, 1, (int64_t)id);
    int r = db_run(st);
    return r == 0 && sqlite3_changes(s->db) == 0 ? -ENOENT : r;
}
