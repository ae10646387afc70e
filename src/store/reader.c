/* SPDX-License-Identifier: MIT
 *
 * Pages of the log. Rows are gathered walking away from the asked place, up
 * (rising seq) first and then down (falling), into memory that the reader
 * keeps; the finished page is put in rising order into two allocations of
 * exactly the needed size. */
#include "store/reader.h"

#include "store/reader_impl.h"
#include "store/schema.h"
#include <errno.h>
#include <stdlib.h>

static const char *const sql[STMT_COUNT] = {
    [STMT_UP] =
        "SELECT " DB_MESSAGE_COLUMNS " FROM messages"
        " WHERE room_id = ?1 AND seq >= max(?2, ?4 + 1)"
        " ORDER BY seq LIMIT ?3",
    [STMT_DOWN] =
        "SELECT " DB_MESSAGE_COLUMNS " FROM messages"
        " WHERE room_id = ?1 AND seq < ?2 AND seq > ?4"
        " ORDER BY seq DESC LIMIT ?3",
    [STMT_FIRST] = "SELECT first_seq FROM rooms WHERE id = ?1",
    [STMT_FILES] =
        "SELECT " DB_FILE_COLUMNS " FROM files AS f"
        " WHERE f.room_id = ?1 AND f.seq < ?2 AND f.seq > ?4"
        " AND f.state = 2"
        " ORDER BY f.seq DESC LIMIT ?3",
};

/* One walk through a room: from where, how far, and how many bytes of bodies
 * the page may hold when it ends. */
struct walk {
    enum stmt stmt;
    uint64_t room, at, floor;
    uint32_t limit;
    size_t bytes_max;
};

int
reader_open(const char *path, struct reader **ret, struct err *e)
{
    sqlite3 *db;
    int rc = schema_open_current(path, &db, e);
    if (rc < 0)
        return rc;
    struct reader *r = must_alloc(sizeof *r);
    r->db = db;
    buf_init(&r->text, TEXT_MAX);
    rc = db_prepare(db, sql, r->stmts, STMT_COUNT, e);
    if (rc == 0)
        rc = db_prepare(db, reader_admin_sql, r->admin, ADMIN_COUNT, e);
    if (rc < 0)
        reader_close(&r);
    else
        *ret = r;
    return rc;
}

void
reader_close(struct reader **r)
{
    if (!*r)
        return;
    db_finalize((*r)->stmts, STMT_COUNT);
    db_finalize((*r)->admin, ADMIN_COUNT);
    must(sqlite3_close((*r)->db) == SQLITE_OK);
    buf_done(&(*r)->text);
    free(*r);
    *r = NULL;
}

static bool
fits(const struct reader *r, const struct message *m, size_t bytes_max)
{
    return r->n == 0 || r->body_bytes + m->body.n <= bytes_max;
}

static int
gather(struct reader *r, const struct message *m)
{
    must(r->n < LIMIT_PAGE_MESSAGES);
    if (buf_append_str(&r->text, m->sender) < 0 ||
        buf_append_str(&r->text, m->body) < 0)
        return -EIO;
    r->rows[r->n++] = *m;
    r->body_bytes += m->body.n;
    return 0;
}

/* Asks for one row more than it takes: that it is there sets *more. */
static int
walk(struct reader *r, const struct walk *w, bool *more)
{
    sqlite3_stmt *st = r->stmts[w->stmt];
    db_bind_int(st, 1, (int64_t)w->room);
    db_bind_int(st, 2, (int64_t)w->at);
    db_bind_int(st, 3, (int64_t)w->limit + 1);
    db_bind_int(st, 4, reader_seq(w->floor));
    size_t end = r->n + w->limit;
    int rc;
    while ((rc = db_step(st)) > 0) {
        struct message m;
        db_column_message(st, &m);
        if (r->n == end || !fits(r, &m, w->bytes_max)) {
            *more = true;
            rc = 0;
            break;
        }
        rc = gather(r, &m);
        if (rc < 0)
            break;
    }
    sqlite3_reset(st);
    return rc;
}

/* The first `up` rows rise and stand last in the page; the others fall. */
static void
hand_over(const struct reader *r, size_t up, bool more, struct page *ret)
{
    struct page p = {.n = r->n, .more = more};
    if (r->n > 0) {
        p.messages = must_alloc(r->n * sizeof *p.messages);
        p.text = must_realloc(NULL, r->text.n + 1);
        memcpy(p.text, r->text.p, r->text.n);
    }
    const char *at = p.text;
    for (size_t i = 0; i < r->n; i++) {
        struct message *m = &p.messages[i < up ? r->n - up + i : r->n - 1 - i];
        *m = r->rows[i];
        m->sender.p = at;
        m->body.p = at + m->sender.n;
        at = m->body.p + m->body.n;
    }
    *ret = p;
}

/* The walks that make a page; returns how many (1 or 2). */
static int
plan(const struct page_query *q, struct walk w[2])
{
    uint32_t limit = q->limit < LIMIT_PAGE_MESSAGES ? q->limit
                                                    : LIMIT_PAGE_MESSAGES;
    if (limit == 0)
        limit = 1;
    uint64_t at = q->at < INT64_MAX ? q->at : INT64_MAX - 1;
    struct walk up = {STMT_UP, q->room, at, q->floor, limit, LIMIT_PAGE_BYTES};
    struct walk down = up;
    down.stmt = STMT_DOWN;
    switch (q->mode) {
    case PAGE_LATEST:
        down.at = INT64_MAX;
        w[0] = down;
        return 1;
    case PAGE_AFTER:
        up.at = at + 1;
        w[0] = up;
        return 1;
    case PAGE_BEFORE:
        w[0] = down;
        return 1;
    case PAGE_AROUND:
        down.limit = limit / 2;
        up.limit = limit - down.limit;
        up.bytes_max = LIMIT_PAGE_BYTES / 2;
        w[0] = up;
        w[1] = down;
        return 2;
    }
    must(!"a page mode");
    return 0;
}

/* Asked after the page: whatever that did not find any more is below it. */
static int
find_first(struct reader *r, uint64_t room, uint64_t *ret)
{
    sqlite3_stmt *st = r->stmts[STMT_FIRST];
    db_bind_int(st, 1, (int64_t)room);
    int rc = db_step(st);
    *ret = rc > 0 ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return rc;
}

int
reader_page(struct reader *r, const struct page_query *q, struct page *ret)
{
    struct walk walks[2];
    int n = plan(q, walks);
    bool more = false;
    size_t up = 0;
    uint64_t first = 0;
    r->n = r->body_bytes = 0;
    buf_clear(&r->text);
    for (int i = 0; i < n; i++) {
        if (walk(r, &walks[i], &more) < 0)
            return -EIO;
        if (walks[i].stmt == STMT_UP)
            up = r->n;
    }
    if (r->n == 0 && q->mode == PAGE_AFTER
        && find_first(r, q->room, &first) < 0)
        return -EIO;
    hand_over(r, up, more, ret);
    ret->first_seq = first;
    return 0;
}

void
page_done(struct page *p)
{
    free(p->messages);
    free(p->text);
    *p = (struct page){0};
}
