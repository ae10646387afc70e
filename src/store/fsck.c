/* SPDX-License-Identifier: MIT
 *
 * The database's part of the check: a table of questions whose answer is no
 * row when all is well, each row being made a sentence by SQLite itself. */
#include "store/fsck.h"

#include "store/fsck_impl.h"
#include "store/schema.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The last seq that was given, and the first that should be there. */
#define ROOM_SPANS \
    "WITH spans AS (SELECT id, name, max(first_seq, 1) AS first," \
    " max(last_seq, ifnull((SELECT max(seq) FROM messages" \
    "                       WHERE room_id = rooms.id), 0)) AS last," \
    " (SELECT count(*) FROM messages WHERE room_id = rooms.id" \
    "  AND seq >= max(rooms.first_seq, 1)) AS n FROM rooms) "

#define GAP \
    "(SELECT min(seq) FROM (SELECT spans.first AS seq UNION ALL" \
    " SELECT seq + 1 FROM messages WHERE room_id = spans.id) AS next" \
    " WHERE seq >= spans.first AND NOT EXISTS (SELECT 1 FROM messages" \
    " WHERE room_id = spans.id AND seq = next.seq))"

static const char *const questions[] = {
    "SELECT 'the database is damaged: ' || integrity_check"
    " FROM pragma_integrity_check(50) WHERE integrity_check <> 'ok'",

    "SELECT 'a row of ' || \"table\" || ' refers to one of ' || parent ||"
    " ' that is not there (rowid ' || ifnull(rowid, '-') || ')'"
    " FROM pragma_foreign_key_check",

    ROOM_SPANS
    "SELECT 'room ' || id || ' (' || name || ') has ' || n ||"
    " ' messages where ' || (last - first + 1) || ' should be, from ' ||"
    " first || ' to ' || last || '; the first that is missing is ' || " GAP
    " FROM spans WHERE n < last - first + 1",

    ROOM_SPANS
    "SELECT 'room ' || id || ' (' || name || ') has messages before ' || first"
    " || ', which should be gone' FROM spans WHERE EXISTS (SELECT 1"
    " FROM messages WHERE room_id = spans.id AND seq < spans.first)",

    "SELECT 'the bytes of ' || CASE scope WHEN 0 THEN 'everything' WHEN 1"
    " THEN 'person ' || id ELSE 'room ' || id END || ' are counted as ' ||"
    " sum(kept) || ' and are ' || sum(real) FROM ("
    " SELECT 0 AS scope, 0 AS id, 0 AS kept, reserved AS real FROM files"
    " UNION ALL SELECT 1, owner_id, 0, reserved FROM files"
    " UNION ALL SELECT 2, room_id, 0, reserved FROM files"
    " UNION ALL SELECT scope, id, bytes, 0 FROM usage)"
    " GROUP BY scope, id HAVING sum(kept) <> sum(real)",

    "SELECT 'file ' || f.id || ' (' || f.name || ') has no message' FROM files"
    " AS f LEFT JOIN messages AS m ON m.room_id = f.room_id AND m.seq = f.seq"
    " WHERE f.state = 2 AND m.id IS NULL",

    "SELECT 'file ' || id || ' (' || name || ') is whole, but its size or sum"
    " is not known' FROM files WHERE state = 2"
    " AND (size IS NULL OR ifnull(length(sha256), 0) <> 32)",
};

static const struct {
    const char *sql;
    size_t at;
} counts[] = {
    {"SELECT count(*) FROM rooms", offsetof(struct fsck_result, rooms)},
    {"SELECT count(*) FROM messages", offsetof(struct fsck_result, messages)},
    {"SELECT count(*) FROM files WHERE state = 2",
     offsetof(struct fsck_result, files)},
    {"SELECT ifnull(sum(size), 0) FROM files WHERE state = 2",
     offsetof(struct fsck_result, file_bytes)},
};

void
fsck_say(struct fsck *c, enum fsck_severity severity, const char *fmt, ...)
{
    char *text;
    va_list args;
    va_start(args, fmt);
    must(vasprintf(&text, fmt, args) >= 0);
    va_end(args);
    if (severity == FSCK_FAULT)
        c->result.faults++;
    else
        c->result.notes++;
    c->o->report(c->o->arg, severity, text);
    free(text);
}

/* What makes asking impossible is a fault of the database too. */
static void
ask(struct fsck *c, const char *question)
{
    sqlite3_stmt *st;
    int rc = sqlite3_prepare_v2(c->db, question, -1, &st, NULL);
    if (rc == SQLITE_OK) {
        while ((rc = sqlite3_step(st)) == SQLITE_ROW)
            fsck_say(c, FSCK_FAULT, "%.*s", STR_FMT(db_column_str(st, 0)));
    }
    if (rc != SQLITE_DONE)
        fsck_say(c, FSCK_FAULT, "the database cannot be read: %s",
                 sqlite3_errmsg(c->db));
    sqlite3_finalize(st);
}

static int
count(struct fsck *c, struct err *e)
{
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        int64_t n;
        int r = db_int(c->db, counts[i].sql, &n, e);
        if (r < 0)
            return r;
        *(uint64_t *)((char *)&c->result + counts[i].at) = (uint64_t)n;
    }
    return 0;
}

static int
check_database(struct fsck *c, struct err *e)
{
    int r = db_exec(c->db, "BEGIN", e);
    if (r < 0)
        return r;
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        ask(c, questions[i]);
    r = count(c, e);
    sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

int
fsck_run(const struct fsck_options *o, struct fsck_result *ret, struct err *e)
{
    struct fsck c = {.o = o};
    char *path;
    must(asprintf(&path, "%s/loquat.db", o->folder) >= 0);
    int r = schema_open_current(path, &c.db, e);
    free(path);
    if (r < 0)
        return r;
    r = check_database(&c, e);
    if (r == 0)
        r = db_prepare(c.db, fsck_bodies_sql, c.stmts, FSCK_STMT_COUNT, e);
    if (r == 0)
        r = fsck_bodies(&c, e);
    db_finalize(c.stmts, FSCK_STMT_COUNT);
    must(sqlite3_close(c.db) == SQLITE_OK);
    if (r == 0)
        *ret = c.result;
    return r;
}
