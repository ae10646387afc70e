/* SPDX-License-Identifier: MIT
 *
 * The bodies' part of the check. A server may drop a file at any moment, first
 * its row and then its body: so a body that is not as its row says is a fault
 * only if the row is still there afterwards. */
#include "store/fsck_impl.h"

#include "base/clock.h"
#include "store/body.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAGE = 100, PIECE_BYTES = 256 * 1024, TELL_EVERY_MS = 250 };

const char *const fsck_bodies_sql[FSCK_STMT_COUNT] = {
    [FSCK_FILES] =
        "SELECT id, pub, size, sha256, name FROM files WHERE state = 2"
        " AND id > ?1 ORDER BY id LIMIT ?2",
    [FSCK_FIND_FILE] = "SELECT 1 FROM files WHERE pub = ?1",
};

struct kept {
    int64_t row;
    struct file_id id;
    uint64_t bytes;
    uint8_t sum[BODY_SUM_BYTES];
    char *name;
};

/* The next rows behind `after`, up to PAGE of them: how many, or -errno. */
static int
next_page(struct fsck *c, int64_t after, struct kept *page)
{
    sqlite3_stmt *st = c->stmts[FSCK_FILES];
    int n = 0, r;
    db_bind_int(st, 1, after);
    db_bind_int(st, 2, PAGE);
    while ((r = db_step(st)) > 0) {
        struct kept *k = &page[n++];
        *k = (struct kept){
            .row = sqlite3_column_int64(st, 0),
            .bytes = (uint64_t)sqlite3_column_int64(st, 2),
            .name = must_strdup((const char *)sqlite3_column_text(st, 4)),
        };
        db_column_bytes(st, 1, k->id.b, sizeof k->id.b);
        db_column_bytes(st, 3, k->sum, sizeof k->sum);
    }
    sqlite3_reset(st);
    return r < 0 ? r : n;
}

/* 1, 0, or -errno. */
static int
is_known(struct fsck *c, const struct file_id *id)
{
    sqlite3_stmt *st = c->stmts[FSCK_FIND_FILE];
    db_bind_blob(st, 1, id->b, sizeof id->b);
    int r = db_step(st);
    sqlite3_reset(st);
    return r;
}

static void
tell_progress(struct fsck *c, bool now)
{
    int64_t ms = clock_mono_ms();
    if (!c->o->progress || (!now && ms - c->told_ms < TELL_EVERY_MS))
        return;
    c->told_ms = ms;
    if (!c->o->progress(c->o->arg, c->read_bytes, c->result.file_bytes))
        c->result.stopped = true;
}

/* What is wrong with it, or NULL; *ret_errno when it cannot be read. */
static const char *
read_all(struct fsck *c, int fd, const struct kept *k, int *ret_errno)
{
    uint8_t sum[BODY_SUM_BYTES];
    struct sum *s = sum_new();
    char *piece = must_alloc(PIECE_BYTES);
    int64_t n = 0;
    while (!c->result.stopped && (n = body_read(fd, piece, PIECE_BYTES)) > 0) {
        sum_add(s, piece, (size_t)n);
        c->read_bytes += (uint64_t)n;
        tell_progress(c, false);
    }
    sum_free(&s, sum);
    free(piece);
    if (c->result.stopped)
        return NULL;
    if (n < 0) {
        *ret_errno = (int)-n;
        return "cannot be read";
    }
    return memcmp(sum, k->sum, sizeof sum) == 0 ? NULL
                                                : "has changed: its sum is not"
                                                  " the one that was kept";
}

static const char *
judge(struct fsck *c, const struct kept *k, int *ret_errno)
{
    uint64_t bytes;
    const char *why = NULL;
    int fd = body_open(c->o->folder, &k->id, &bytes);
    if (fd == -ENOENT)
        return "is missing";
    if (fd < 0) {
        *ret_errno = -fd;
        return "cannot be opened";
    }
    if (bytes != k->bytes)
        why = "has another length than was kept";
    else if (!c->o->sizes_only)
        why = read_all(c, fd, k, ret_errno);
    close(fd);
    return why;
}

static int
check_body(struct fsck *c, const struct kept *k)
{
    char id[FILE_ID_CHARS + 1];
    int sys = 0;
    const char *why = judge(c, k, &sys);
    if (!why)
        return 0;
    int r = is_known(c, &k->id);
    if (r <= 0)
        return r;
    file_id_write(&k->id, id);
    fsck_say(c, FSCK_FAULT, "the body of file %s (%s) %s%s%s", id, k->name,
             why, sys ? ": " : "", sys ? strerror(sys) : "");
    return 0;
}

static int
check_bodies(struct fsck *c)
{
    struct kept page[PAGE];
    int64_t after = 0;
    int n, r = 0;
    do {
        n = next_page(c, after, page);
        for (int i = 0; i < n; i++) {
            if (r == 0 && !c->result.stopped)
                r = check_body(c, &page[i]);
            after = page[i].row;
            free(page[i].name);
        }
    } while (n == PAGE && r == 0 && !c->result.stopped);
    return n < 0 ? n : r;
}

/* ---- what no row speaks of ---------------------------------------------- */

static bool
id_of_name(const char *name, struct file_id *ret)
{
    struct str s = str_of(name);
    if (s.n > FILE_ID_CHARS && strcmp(name + FILE_ID_CHARS, ".part") == 0)
        s.n = FILE_ID_CHARS;
    return file_id_read(s, ret);
}

static int
check_name(struct fsck *c, const char *name)
{
    struct file_id id;
    int known = 0;
    if (name[0] == '.')
        return 0;
    if (id_of_name(name, &id))
        known = is_known(c, &id);
    if (known == 0)
        fsck_say(c, FSCK_NOTE, "\"files/%s\" is no file of the database",
                 name);
    return known < 0 ? known : 0;
}

static int
check_strays(struct fsck *c, struct err *e)
{
    char *path;
    int r = 0;
    must(asprintf(&path, "%s/files", c->o->folder) >= 0);
    DIR *dir = opendir(path);
    if (!dir && errno != ENOENT)
        r = err_set(e, errno, "cannot read the folder \"%s\": %s", path,
                    strerror(errno));
    free(path);
    if (!dir)
        return r;
    for (struct dirent *d; r == 0 && (d = readdir(dir)) != NULL;)
        r = check_name(c, d->d_name);
    closedir(dir);
    return r < 0 ? db_explain(c->db, e) : 0;
}

int
fsck_bodies(struct fsck *c, struct err *e)
{
    int r = check_bodies(c);
    if (r < 0)
        return db_explain(c->db, e);
    if (c->result.stopped)
        return 0;
    tell_progress(c, true);
    return check_strays(c, e);
}
