/* SPDX-License-Identifier: MIT
 *
 * Every list is the same walk: a bound statement, and what makes a row of its
 * columns and hands it on. */
#include "store/reader_admin.h"

#include "store/reader_impl.h"
#include <errno.h>

const char *const reader_admin_sql[ADMIN_COUNT] = {
    [ADMIN_ACCOUNTS] =
        "SELECT id, name, key, '', state, created, invited_by FROM accounts"
        " WHERE key > ?1 ORDER BY key LIMIT ?2",
    [ADMIN_ACCOUNT] =
        "SELECT id, name, key, '', state, created, invited_by FROM accounts"
        " WHERE id = ?1 LIMIT ?2",
    [ADMIN_DEVICES] =
        "SELECT id, account_id, name, NULL, room_id, scope, created, seen,"
        " expires FROM devices WHERE account_id = ?1 ORDER BY id DESC"
        " LIMIT ?2",
    [ADMIN_INVITATIONS] =
        "SELECT id, NULL, author, uses_left, created, expires"
        " FROM invitations WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
    [ADMIN_ROOMS] =
        DB_SELECT_ROOM " WHERE kind = 1 AND id > ?1 ORDER BY id LIMIT ?2",
    [ADMIN_MEMBERS] =
        "SELECT " DB_MEMBER_COLUMNS " FROM members WHERE sender_id > ?1"
        " AND room_id = ?3 ORDER BY sender_id LIMIT ?2",
    [ADMIN_RESTRICTIONS] =
        "SELECT " DB_RESTRICTION_COLUMNS " FROM restrictions WHERE id > ?1"
        " AND room_id IS ?3 ORDER BY id LIMIT ?2",
    [ADMIN_AUDIT] =
        "SELECT id, ts, actor, action, target, detail FROM audit"
        " WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
};

/* The caller's function, of whichever kind, and its argument. */
struct to {
    union {
        reader_account_fn *account;
        reader_device_fn *device;
        reader_invitation_fn *invitation;
        reader_room_fn *room;
        reader_member_fn *member;
        reader_restriction_fn *restriction;
        reader_audit_fn *audit;
    };
    void *arg;
};

typedef void row_fn(sqlite3_stmt *st, const struct to *to);

/* st is bound but for its limit; it is reset on the way out. */
static int
each(sqlite3_stmt *st, uint32_t limit, row_fn *fn, const struct to *to)
{
    int rc;
    db_bind_int(st, 2, limit);
    while ((rc = db_step(st)) > 0)
        fn(st, to);
    sqlite3_reset(st);
    return rc < 0 ? -EIO : 0;
}

static int64_t
before_or_all(uint64_t before)
{
    return before == 0 ? INT64_MAX : reader_seq(before);
}

static void
account_row(sqlite3_stmt *st, const struct to *to)
{
    struct account_row row;
    db_column_account(st, &row);
    to->account(to->arg, &row);
}

int
reader_accounts(struct reader *r, struct str after, uint32_t limit,
                reader_account_fn *fn, void *arg)
{
    sqlite3_stmt *st = r->admin[ADMIN_ACCOUNTS];
    db_bind_str(st, 1, after);
    return each(st, limit, account_row, &(struct to){{.account = fn}, arg});
}

int
reader_account(struct reader *r, uint64_t id, reader_account_fn *fn,
               void *arg)
{
    sqlite3_stmt *st = r->admin[ADMIN_ACCOUNT];
    db_bind_int(st, 1, reader_seq(id));
    return each(st, 1, account_row, &(struct to){{.account = fn}, arg});
}

static void
device_row(sqlite3_stmt *st, const struct to *to)
{
    struct device_row row;
    db_column_device(st, &row);
    to->device(to->arg, &row);
}

int
reader_devices(struct reader *r, uint64_t account, reader_device_fn *fn,
               void *arg)
{
    sqlite3_stmt *st = r->admin[ADMIN_DEVICES];
    db_bind_int(st, 1, reader_seq(account));
    return each(st, UINT32_MAX, device_row, &(struct to){{.device = fn}, arg});
}

static void
invitation_row(sqlite3_stmt *st, const struct to *to)
{
    struct invitation_row row;
    db_column_invitation(st, &row);
    to->invitation(to->arg, &row);
}

int
reader_invitations(struct reader *r, uint64_t before, uint32_t limit,
                   reader_invitation_fn *fn, void *arg)
{
    sqlite3_stmt *st = r->admin[ADMIN_INVITATIONS];
    db_bind_int(st, 1, before_or_all(before));
    return each(st, limit, invitation_row,
                &(struct to){{.invitation = fn}, arg});
}

static void
room_row(sqlite3_stmt *st, const struct to *to)
{
    struct room_row row;
    int64_t last_ms;
    db_column_room(st, &row, &last_ms);
    to->room(to->arg, &row, last_ms);
}

int
reader_rooms(struct reader *r, uint64_t after, uint32_t limit,
             reader_room_fn *fn, void *arg)
{
    sqlite3_stmt *st = r->admin[ADMIN_ROOMS];
    db_bind_int(st, 1, reader_seq(after));
    return each(st, limit, room_row, &(struct to){{.room = fn}, arg});
}

static void
member_row(sqlite3_stmt *st, const struct to *to)
{
    struct member_row row;
    db_column_member(st, &row);
    to->member(to->arg, &row);
}

int
reader_members(struct reader *r, uint64_t room, uint64_t after,
               uint32_t limit, reader_member_fn *fn, void *arg)
{
    sqlite3_stmt *st = r->admin[ADMIN_MEMBERS];
    db_bind_int(st, 1, reader_seq(after));
    db_bind_int(st, 3, reader_seq(room));
    return each(st, limit, member_row, &(struct to){{.member = fn}, arg});
}

static void
restriction_row(sqlite3_stmt *st, const struct to *to)
{
    struct restriction_row row;
    db_column_restriction(st, &row);
    to->restriction(to->arg, &row);
}

int
reader_restrictions(struct reader *r, uint64_t room, uint64_t after,
                    uint32_t limit, reader_restriction_fn *fn, void *arg)
{
    sqlite3_stmt *st = r->admin[ADMIN_RESTRICTIONS];
    db_bind_int(st, 1, reader_seq(after));
    db_bind_reference(st, 3, room);
    return each(st, limit, restriction_row,
                &(struct to){{.restriction = fn}, arg});
}

static void
audit_row(sqlite3_stmt *st, const struct to *to)
{
    struct audit_row row = {
        .id = (uint64_t)sqlite3_column_int64(st, 0),
        .time_ms = sqlite3_column_int64(st, 1),
        .actor = db_column_str(st, 2),
        .action = db_column_str(st, 3),
        .target = db_column_str(st, 4),
        .detail = db_column_str(st, 5),
    };
    to->audit(to->arg, &row);
}

int
reader_audit(struct reader *r, uint64_t before, uint32_t limit,
             reader_audit_fn *fn, void *arg)
{
    sqlite3_stmt *st = r->admin[ADMIN_AUDIT];
    db_bind_int(st, 1, before_or_all(before));
    return each(st, limit, audit_row, &(struct to){{.audit = fn}, arg});
}
