/* SPDX-License-Identifier: MIT
 *
 * Writing. An entry's length goes before its bytes, so a body gets the length
 * that the database names, cut or filled up with zeros if need be; its sum
 * then says that it is damaged. */
#include "store/backup.h"

#include "base/clock.h"
#include "store/backup_format.h"
#include "store/db.h"
#include "store/folder.h"
#include "store/schema.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 * 1024, TELL_EVERY_MS = 250 };

enum { NEXT_FILE, IS_KNOWN, STMT_COUNT };

static const char *const sql[STMT_COUNT] = {
    [NEXT_FILE] =
        "SELECT id, pub, size, sha256, name FROM files WHERE state = 2"
        " AND id > ?1 ORDER BY id LIMIT 1",
    [IS_KNOWN] = "SELECT 1 FROM files WHERE pub = ?1",
};

struct backup {
    const struct backup_options *o;
    char *part, *copy;               /* PATH.part, PATH.db.part */
    sqlite3 *live, *db;              /* the server's database, and its copy */
    sqlite3_stmt *next, *is_known;   /* of the copy; of the server's */
    struct archive *a;
    int fd;                          /* of part */
    int write_errno;                 /* once it could not be written to */
    bool started;                    /* part and copy are ours */
    struct backup_manifest manifest;
    struct backup_end *end;
    struct backup_result result;
    uint64_t done;
    int64_t told_ms;
    char *piece;
    struct err *e;
};

/* ---- entries ------------------------------------------------------------ */

/* libarchive never hears of a failed write, since it could not be closed
 * cleanly then; whatever follows one goes nowhere. */
static la_ssize_t
write_out(struct archive *a, void *arg, const void *p, size_t n)
{
    struct backup *b = arg;
    (void)a;
    for (size_t at = 0; at < n && b->write_errno == 0;) {
        ssize_t wrote = write(b->fd, (const char *)p + at, n - at);
        if (wrote >= 0)
            at += (size_t)wrote;
        else if (errno != EINTR)
            b->write_errno = errno;
    }
    return (la_ssize_t)n;
}

static int
judge(struct backup *b, bool ok)
{
    int code = b->write_errno;
    if (ok && code == 0)
        return 0;
    if (code == 0)
        code = archive_errno(b->a) > 0 ? archive_errno(b->a) : EIO;
    return err_set(b->e, code, "cannot write \"%s\": %s", b->part,
                   strerror(code));
}

static int
begin_entry(struct backup *b, const char *name, uint64_t bytes)
{
    struct archive_entry *entry = archive_entry_new();
    must(entry);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (int64_t)bytes);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_mtime(entry, b->o->now_ms / 1000, 0);
    int rc = archive_write_header(b->a, entry);
    archive_entry_free(entry);
    return judge(b, rc == ARCHIVE_OK);
}

static int
add_bytes(struct backup *b, const void *p, size_t n)
{
    return judge(b, archive_write_data(b->a, p, n) == (la_ssize_t)n);
}

static int
add_text(struct backup *b, const char *name, struct buf *text)
{
    int r = begin_entry(b, name, text->n);
    if (r == 0)
        r = add_bytes(b, text->p, text->n);
    buf_done(text);
    return r;
}

static int
tell_progress(struct backup *b, size_t n, bool now)
{
    int64_t ms = clock_mono_ms();
    b->done += n;
    if (!b->o->progress || (!now && ms - b->told_ms < TELL_EVERY_MS))
        return 0;
    b->told_ms = ms;
    if (b->o->progress(b->o->arg, b->done, b->manifest.database_bytes
                       + b->manifest.file_bytes))
        return 0;
    return err_set(b->e, ECANCELED, "stopped");
}

/* The next n bytes of fd, zeros where it has no more: they are counted, and
 * added to the sum. */
static int
copy_piece(struct backup *b, int *fd, size_t n, struct sum *sum)
{
    int64_t got = *fd < 0 ? 0 : body_read(*fd, b->piece, n);
    if (got <= 0) {
        *fd = -1;
        memset(b->piece, 0, n);
        got = (int64_t)n;
    }
    sum_add(sum, b->piece, (size_t)got);
    int r = add_bytes(b, b->piece, (size_t)got);
    if (r == 0)
        r = tell_progress(b, (size_t)got, false);
    return r < 0 ? r : (int)got;
}

static int
add_body(struct backup *b, int fd, const char *name, uint64_t bytes,
         uint8_t ret_sum[BODY_SUM_BYTES])
{
    struct sum *sum = sum_new();
    int r = begin_entry(b, name, bytes);
    while (bytes > 0 && r >= 0) {
        r = copy_piece(b, &fd, bytes < PIECE_BYTES ? bytes : PIECE_BYTES, sum);
        if (r > 0)
            bytes -= (uint64_t)r;
    }
    sum_free(&sum, ret_sum);
    return r < 0 ? r : 0;
}

/* ---- bodies ------------------------------------------------------------- */

struct kept {
    int64_t row;
    struct file_id id;
    char text[FILE_ID_CHARS + 1];
    uint64_t bytes;
    uint8_t sum[BODY_SUM_BYTES];
    char *name;
};

static void
say(struct backup *b, bool fault, const struct kept *k, const char *what)
{
    char *text;
    must(asprintf(&text, "the body of file %s (%s) %s", k->text, k->name,
                  what) >= 0);
    b->o->report(b->o->arg, fault, text);
    free(text);
}

/* Left out: a fault, unless the server has just dropped it. */
static int
leave_out(struct backup *b, const struct kept *k, int code)
{
    db_bind_blob(b->is_known, 1, k->id.b, sizeof k->id.b);
    int known = db_step(b->is_known);
    sqlite3_reset(b->is_known);
    if (known < 0)
        return db_explain(b->live, b->e);
    if (known == 0)
        say(b, false, k, "was removed meanwhile");
    else
        say(b, true, k, code == ENOENT ? "is missing" : strerror(code));
    b->end->absent++;
    return 0;
}

static int
note_damaged(struct backup *b, const struct kept *k,
             const uint8_t sum[BODY_SUM_BYTES])
{
    struct backup_end *end = b->end;
    say(b, true, k, "is damaged");
    if (end->damaged_n == BACKUP_DAMAGED_MAX)
        return err_set(b->e, EIO, "more than %d bodies are damaged",
                       BACKUP_DAMAGED_MAX);
    struct backup_damaged *d = &end->damaged[end->damaged_n++];
    d->id = k->id;
    memcpy(d->sum, sum, sizeof d->sum);
    return 0;
}

static int
add_file(struct backup *b, const struct kept *k)
{
    char name[sizeof "files/" + FILE_ID_CHARS];
    uint8_t sum[BODY_SUM_BYTES];
    uint64_t bytes;
    int fd = body_open(b->o->folder, &k->id, &bytes);
    if (fd < 0)
        return leave_out(b, k, -fd);
    snprintf(name, sizeof name, "files/%s", k->text);
    int r = add_body(b, fd, name, k->bytes, sum);
    close(fd);
    if (r < 0)
        return r;
    b->result.files++;
    b->result.bytes += k->bytes;
    if (bytes != k->bytes || memcmp(sum, k->sum, sizeof sum) != 0)
        r = note_damaged(b, k, sum);
    return r;
}

/* 1 with the file behind `after`, 0, or -errno. */
static int
next_file(struct backup *b, int64_t after, struct kept *ret)
{
    sqlite3_stmt *st = b->next;
    db_bind_int(st, 1, after);
    int r = db_step(st);
    if (r > 0) {
        *ret = (struct kept){
            .row = sqlite3_column_int64(st, 0),
            .bytes = (uint64_t)sqlite3_column_int64(st, 2),
            .name = must_strdup((const char *)sqlite3_column_text(st, 4)),
        };
        db_column_bytes(st, 1, ret->id.b, sizeof ret->id.b);
        db_column_bytes(st, 3, ret->sum, sizeof ret->sum);
        file_id_write(&ret->id, ret->text);
    }
    sqlite3_reset(st);
    return r < 0 ? db_explain(b->db, b->e) : r;
}

static int
add_files(struct backup *b)
{
    struct kept k = {0};
    int r;
    while ((r = next_file(b, k.row, &k)) > 0) {
        r = add_file(b, &k);
        free(k.name);
        if (r < 0)
            return r;
    }
    return r;
}

/* ---- the whole ---------------------------------------------------------- */

/* An empty file first, so that nobody else may read the copy. */
static int
copy_database(struct backup *b)
{
    unlink(b->copy);
    int fd = open(b->copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(b->e, errno, "cannot write \"%s\": %s", b->copy,
                       strerror(errno));
    close(fd);
    int r = db_vacuum_into(b->live, b->copy, b->e);
    return r < 0 ? r : schema_open_current(b->copy, &b->db, b->e);
}

static int
measure_database(struct backup *b, int fd)
{
    struct sum *sum = sum_new();
    struct stat st;
    int64_t n;
    while ((n = body_read(fd, b->piece, PIECE_BYTES)) > 0)
        sum_add(sum, b->piece, (size_t)n);
    sum_free(&sum, b->manifest.database_sum);
    if (n == 0 && (fstat(fd, &st) < 0 || lseek(fd, 0, SEEK_SET) < 0))
        n = -errno;
    if (n < 0)
        return err_set(b->e, (int)-n, "cannot read \"%s\": %s", b->copy,
                       strerror((int)-n));
    b->manifest.database_bytes = (uint64_t)st.st_size;
    return 0;
}

static int
count_files(struct backup *b)
{
    int64_t files, bytes;
    int r = db_int(b->db, "SELECT count(*) FROM files WHERE state = 2",
                   &files, b->e);
    if (r == 0)
        r = db_int(b->db, "SELECT ifnull(sum(size), 0) FROM files"
                   " WHERE state = 2", &bytes, b->e);
    if (r < 0)
        return r;
    b->manifest.files = (uint64_t)files;
    b->manifest.file_bytes = (uint64_t)bytes;
    return 0;
}

static int
add_database(struct backup *b, int fd)
{
    uint8_t sum[BODY_SUM_BYTES];
    struct buf text;
    int r = measure_database(b, fd);
    if (r == 0)
        r = count_files(b);
    if (r < 0)
        return r;
    buf_init(&text, BACKUP_MANIFEST_MAX);
    backup_manifest_write(&b->manifest, &text);
    r = add_text(b, "manifest", &text);
    if (r == 0)
        r = add_body(b, fd, "loquat.db", b->manifest.database_bytes, sum);
    if (r == 0 && memcmp(sum, b->manifest.database_sum, sizeof sum) != 0)
        r = err_set(b->e, EIO, "\"%s\" could not be read again", b->copy);
    return r;
}

static int
add_all(struct backup *b)
{
    struct buf text;
    int fd = open(b->copy, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(b->e, errno, "cannot read \"%s\": %s", b->copy,
                       strerror(errno));
    int r = add_database(b, fd);
    close(fd);
    if (r == 0)
        r = add_files(b);
    if (r < 0)
        return r;
    buf_init(&text, BACKUP_END_MAX);
    backup_end_write(b->end, &text);
    r = add_text(b, "end", &text);
    if (r == 0)
        r = judge(b, archive_write_close(b->a) == ARCHIVE_OK);
    return r < 0 ? r : tell_progress(b, 0, true);
}

static int
prepare(struct backup *b)
{
    sqlite3_stmt **of[STMT_COUNT] = {&b->next, &b->is_known};
    for (int i = 0; i < STMT_COUNT; i++) {
        sqlite3 *db = i == NEXT_FILE ? b->db : b->live;
        int r = db_prepare(db, &sql[i], of[i], 1, b->e);
        if (r < 0)
            return r;
    }
    return 0;
}

static int
open_target(struct backup *b)
{
    unlink(b->part);
    b->fd = open(b->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (b->fd < 0)
        return err_set(b->e, errno, "cannot write \"%s\": %s", b->part,
                       strerror(errno));
    b->a = archive_write_new();
    must(b->a);
    must(archive_write_set_format_pax_restricted(b->a) == ARCHIVE_OK);
    must(archive_write_set_bytes_per_block(b->a, PIECE_BYTES) == ARCHIVE_OK);
    must(archive_write_set_bytes_in_last_block(b->a, 1) == ARCHIVE_OK);
    return judge(b, archive_write_open(b->a, b, NULL, write_out, NULL)
                    == ARCHIVE_OK);
}

static int
publish(struct backup *b)
{
    if (fsync(b->fd) < 0 || rename(b->part, b->o->path) < 0)
        return err_set(b->e, errno, "cannot write \"%s\": %s", b->o->path,
                       strerror(errno));
    return folder_sync(b->o->path, b->e);
}

static int
make(struct backup *b)
{
    char *path;
    if (access(b->o->path, F_OK) == 0)
        return err_set(b->e, EEXIST, "\"%s\" is there already", b->o->path);
    b->started = true;
    must(asprintf(&path, "%s/loquat.db", b->o->folder) >= 0);
    int r = schema_open_current(path, &b->live, b->e);
    free(path);
    if (r == 0)
        r = copy_database(b);
    if (r == 0)
        r = prepare(b);
    if (r == 0)
        r = open_target(b);
    if (r == 0)
        r = add_all(b);
    return r < 0 ? r : publish(b);
}

/* Closing fills up the entry that was not ended: that is not for the disk. */
static void
release(struct backup *b, bool in_vain)
{
    if (in_vain && b->write_errno == 0)
        b->write_errno = ECANCELED;
    if (b->a)
        archive_write_free(b->a);
    if (b->fd >= 0)
        close(b->fd);
    db_finalize(&b->next, 1);
    db_finalize(&b->is_known, 1);
    must(sqlite3_close(b->db) == SQLITE_OK);
    must(sqlite3_close(b->live) == SQLITE_OK);
    if (b->started)
        unlink(b->copy);
    if (b->started && in_vain)
        unlink(b->part);
    free(b->copy);
    free(b->part);
    free(b->piece);
    free(b->end);
}

int
backup_write(const struct backup_options *o, struct backup_result *ret,
             struct err *e)
{
    struct backup b = {.o = o, .fd = -1, .e = e};
    b.manifest.format = BACKUP_FORMAT;
    b.manifest.time_ms = (uint64_t)o->now_ms;
    b.end = must_alloc(sizeof *b.end);
    b.piece = must_alloc(PIECE_BYTES);
    must(asprintf(&b.part, "%s.part", o->path) >= 0);
    must(asprintf(&b.copy, "%s.db.part", o->path) >= 0);
    int r = make(&b);
    if (r == 0) {
        b.result.time_ms = o->now_ms;
        b.result.absent = b.end->absent;
        b.result.damaged = b.end->damaged_n;
        *ret = b.result;
    }
    release(&b, r < 0);
    return r;
}
