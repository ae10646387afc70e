/* SPDX-License-Identifier: MIT
 *
 * Reading a backup. Nothing in it is believed: an entry has to be the one that
 * comes next, a plain file, and as long as the manifest or the database says,
 * before a byte of it is written. The database is opened as soon as it is
 * there, to be asked about the bodies that follow. */
#include "store/backup.h"

#include "base/clock.h"
#include "store/backup_format.h"
#include "store/folder.h"
#include "store/store_impl.h"
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 * 1024, TELL_EVERY_MS = 250 };

struct restore {
    const struct backup_options *o;
    char *part;                      /* FOLDER.restoring */
    bool made;                       /* part is ours */
    int fd;                          /* of the backup */
    struct archive *a;
    struct archive_entry *entry;
    unsigned entry_n;                /* its number, for who reads an error */
    struct store *s;
    struct backup_manifest manifest;
    struct backup_end *damaged;      /* as found; only its list is used */
    struct backup_end *end;          /* as told */
    struct backup_result result;
    uint64_t done;
    int64_t told_ms;
    char *piece;
    struct err *e;
};

/* ---- entries ------------------------------------------------------------ */

static int
refuse(struct restore *r, const char *why)
{
    return err_set(r->e, EINVAL, "\"%s\" is not a whole backup: %s (entry %u)",
                   r->o->path, why, r->entry_n);
}

static int
unreadable(struct restore *r)
{
    const char *why = archive_error_string(r->a);
    return refuse(r, why ? why : "it cannot be read");
}

static bool
is_plain(struct archive_entry *e)
{
    return archive_entry_filetype(e) == AE_IFREG && !archive_entry_hardlink(e)
        && !archive_entry_symlink(e) && archive_entry_size_is_set(e)
        && archive_entry_size(e) >= 0 && archive_entry_sparse_count(e) == 0
        && archive_entry_pathname(e) != NULL;
}

/* The next entry, whatever its name. */
static int
next_entry(struct restore *r)
{
    r->entry_n++;
    int rc = archive_read_next_header(r->a, &r->entry);
    if (rc == ARCHIVE_EOF)
        return refuse(r, "it ends too early");
    if (rc != ARCHIVE_OK)
        return unreadable(r);
    if (!is_plain(r->entry))
        return refuse(r, "it holds something that is not a plain file");
    return 0;
}

static bool
is_called(const struct restore *r, const char *name)
{
    return strcmp(archive_entry_pathname(r->entry), name) == 0;
}

static uint64_t
entry_bytes(const struct restore *r)
{
    return (uint64_t)archive_entry_size(r->entry);
}

/* A piece of the entry: its bytes, 0 at its end, -errno. */
static int64_t
read_piece(struct restore *r)
{
    la_ssize_t n = archive_read_data(r->a, r->piece, PIECE_BYTES);
    return n < 0 ? unreadable(r) : n;
}

static int
read_text(struct restore *r, size_t max, struct buf *ret)
{
    int64_t n;
    if (entry_bytes(r) > max)
        return refuse(r, "a part of it is too long");
    buf_init(ret, max);
    while ((n = read_piece(r)) > 0) {
        if (buf_append(ret, r->piece, (size_t)n) < 0)
            n = refuse(r, "a part of it is too long");
        if (n < 0)
            break;
    }
    if (n < 0)
        buf_done(ret);
    return (int)n;
}

static int
tell_progress(struct restore *r, size_t n, bool now)
{
    int64_t ms = clock_mono_ms();
    r->done += n;
    if (!r->o->progress || (!now && ms - r->told_ms < TELL_EVERY_MS))
        return 0;
    r->told_ms = ms;
    if (r->o->progress(r->o->arg, r->done, r->manifest.database_bytes
                       + r->manifest.file_bytes))
        return 0;
    return err_set(r->e, ECANCELED, "stopped");
}

static int
cannot_write(struct restore *r, const char *path)
{
    return err_set(r->e, errno, "cannot write \"%s\": %s", path,
                   strerror(errno));
}

static int
write_piece(struct restore *r, int fd, const char *path, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t wrote = write(fd, r->piece + at, n - at);
        if (wrote < 0 && errno != EINTR)
            return cannot_write(r, path);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return 0;
}

static int
write_out(struct restore *r, int fd, const char *path,
          uint8_t ret_sum[BODY_SUM_BYTES])
{
    struct sum *sum = sum_new();
    uint64_t bytes = 0;
    int64_t n;
    while ((n = read_piece(r)) > 0) {
        int64_t got = n;
        sum_add(sum, r->piece, (size_t)got);
        bytes += (uint64_t)got;
        n = write_piece(r, fd, path, (size_t)got);
        if (n == 0)
            n = tell_progress(r, (size_t)got, false);
        if (n < 0)
            break;
    }
    sum_free(&sum, ret_sum);
    if (n == 0 && bytes != entry_bytes(r))
        n = refuse(r, "a part of it is cut");
    return (int)n;
}

/* The entry becomes PART/NAME, which is not there yet. */
static int
extract(struct restore *r, const char *name, uint8_t ret_sum[BODY_SUM_BYTES])
{
    char *path;
    must(asprintf(&path, "%s/%s", r->part, name) >= 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = 0;
    if (fd < 0 && errno == EEXIST)
        rc = refuse(r, "it holds the same file twice");
    else if (fd < 0)
        rc = cannot_write(r, path);
    else
        rc = write_out(r, fd, path, ret_sum);
    if (fd >= 0)
        close(fd);
    free(path);
    return rc;
}

/* ---- manifest and database ---------------------------------------------- */

static int
read_manifest(struct restore *r)
{
    struct buf text;
    int rc = next_entry(r);
    if (rc == 0 && !is_called(r, "manifest"))
        rc = refuse(r, "it does not begin with a manifest");
    if (rc == 0)
        rc = read_text(r, BACKUP_MANIFEST_MAX, &text);
    if (rc < 0)
        return rc;
    bool good = backup_manifest_read(buf_str(&text), &r->manifest);
    buf_done(&text);
    if (!good)
        return refuse(r, "its manifest cannot be understood");
    if (r->manifest.format > BACKUP_FORMAT)
        return err_set(r->e, EINVAL, "\"%s\" was made by a newer loquatd",
                       r->o->path);
    return 0;
}

static int
read_database(struct restore *r)
{
    uint8_t sum[BODY_SUM_BYTES];
    int rc = next_entry(r);
    if (rc == 0 && (!is_called(r, "loquat.db")
                    || entry_bytes(r) != r->manifest.database_bytes))
        rc = refuse(r, "its database is not the manifest's");
    if (rc == 0)
        rc = extract(r, "loquat.db", sum);
    if (rc == 0 && memcmp(sum, r->manifest.database_sum, sizeof sum) != 0)
        rc = refuse(r, "the sum of its database is wrong");
    return rc < 0 ? rc : store_open(r->part, STORE_SYNC_FULL, &r->s, r->e);
}

/* ---- bodies ------------------------------------------------------------- */

static int
note_damaged(struct restore *r, const struct file_id *id, const char *name,
             const uint8_t sum[BODY_SUM_BYTES])
{
    struct backup_end *end = r->damaged;
    if (end->damaged_n == BACKUP_DAMAGED_MAX)
        return refuse(r, "too many sums are wrong");
    end->damaged[end->damaged_n].id = *id;
    memcpy(end->damaged[end->damaged_n++].sum, sum, BODY_SUM_BYTES);
    char *text;
    must(asprintf(&text, "the body %s was damaged already when the backup was"
                  " made", name) >= 0);
    r->o->report(r->o->arg, true, text);
    free(text);
    return 0;
}

/* The name is made anew from the id: the entry's own is never a path. */
static int
read_body(struct restore *r)
{
    static const char folder[] = "files/";
    char name[sizeof folder + FILE_ID_CHARS], text[FILE_ID_CHARS + 1];
    const char *path = archive_entry_pathname(r->entry);
    uint8_t sum[BODY_SUM_BYTES];
    struct file_id id;
    struct file_row f;
    if (strncmp(path, folder, strlen(folder)) != 0
        || !file_id_read(str_of(path + strlen(folder)), &id))
        return refuse(r, "it holds something that is not of a backup");
    int rc = store_find_file(r->s, &id, &f);
    if (rc == -ENOENT || (rc == 0 && (f.facts.state != FILE_WHOLE
                                      || f.facts.size != entry_bytes(r))))
        return refuse(r, "it holds a file that its database does not have");
    if (rc < 0)
        return err_set(r->e, -rc, "its database cannot be read");
    file_id_write(&id, text);
    snprintf(name, sizeof name, "%s%s", folder, text);
    rc = extract(r, name, sum);
    if (rc == 0 && memcmp(sum, f.facts.sha256, sizeof sum) != 0)
        rc = note_damaged(r, &id, name, sum);
    r->result.files++;
    r->result.bytes += f.facts.size;
    return rc;
}

static bool
as_told(const struct restore *r)
{
    const struct backup_end *got = r->damaged, *told = r->end;
    if (r->result.files > r->manifest.files
        || told->absent != r->manifest.files - r->result.files
        || got->damaged_n != told->damaged_n)
        return false;
    for (size_t i = 0; i < got->damaged_n; i++) {
        if (!file_id_eq(&got->damaged[i].id, &told->damaged[i].id)
            || memcmp(got->damaged[i].sum, told->damaged[i].sum,
                      BODY_SUM_BYTES) != 0)
            return false;
    }
    return true;
}

static int
read_end(struct restore *r)
{
    struct buf text;
    int rc = read_text(r, BACKUP_END_MAX, &text);
    if (rc < 0)
        return rc;
    bool good = backup_end_read(buf_str(&text), r->end);
    buf_done(&text);
    if (!good)
        return refuse(r, "its end cannot be understood");
    if (!as_told(r))
        return refuse(r, "its files are not those that it should have");
    r->result.absent = r->end->absent;
    r->result.damaged = r->end->damaged_n;
    if (archive_read_next_header(r->a, &r->entry) != ARCHIVE_EOF)
        return refuse(r, "it goes on behind its end");
    return 0;
}

static int
read_all(struct restore *r)
{
    int rc = read_manifest(r);
    if (rc == 0)
        rc = read_database(r);
    while (rc == 0) {
        rc = next_entry(r);
        if (rc == 0 && is_called(r, "end"))
            return read_end(r);
        if (rc == 0)
            rc = read_body(r);
    }
    return rc;
}

/* ---- after it ----------------------------------------------------------- */

static bool
has_body(const struct restore *r, const struct file_id *id)
{
    uint64_t bytes;
    int fd = body_open(r->part, id, &bytes);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Moves *row on to the next whole file; 1, 0, or -errno. */
static int
next_file(sqlite3_stmt *st, int64_t *row, struct file_id *ret)
{
    db_bind_int(st, 1, *row);
    int rc = db_step(st);
    if (rc > 0) {
        *row = sqlite3_column_int64(st, 0);
        db_column_bytes(st, 1, ret->b, sizeof ret->b);
    }
    sqlite3_reset(st);
    return rc;
}

static int
drop_absent(struct restore *r, sqlite3_stmt *st)
{
    struct file_id id = {{0}};
    int64_t row = 0;
    int rc;
    while ((rc = next_file(st, &row, &id)) > 0) {
        rc = has_body(r, &id) ? 0 : store_drop_file(r->s, &id);
        if (rc < 0)
            break;
    }
    return rc;
}

/* The history that follows is another one than that which clients have seen. */
static int
settle(struct restore *r)
{
    static const char *const sql =
        "SELECT id, pub FROM files WHERE state = 2 AND id > ?1 ORDER BY id"
        " LIMIT 1";
    sqlite3_stmt *st = NULL;
    if (store_begin(r->s) < 0)
        return db_explain(r->s->db, r->e);
    int rc = db_prepare(r->s->db, &sql, &st, 1, r->e);
    if (rc == 0 && drop_absent(r, st) < 0)
        rc = db_explain(r->s->db, r->e);
    db_finalize(&st, 1);
    if (rc == 0)
        rc = db_exec(r->s->db, "UPDATE meta SET v = random()"
                     " WHERE k = 'epoch'", r->e);
    if (rc == 0 && store_commit(r->s) < 0)
        rc = db_explain(r->s->db, r->e);
    return rc;
}

/* The bodies have not been synced one by one. */
static int
publish(struct restore *r)
{
    int fd = open(r->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;
    if (fd < 0 || syncfs(fd) < 0 || rename(r->part, r->o->folder) < 0)
        rc = cannot_write(r, r->o->folder);
    if (fd >= 0)
        close(fd);
    if (rc < 0)
        return rc;
    r->made = false;
    return folder_sync(r->o->folder, r->e);
}

/* ---- the whole ---------------------------------------------------------- */

static int
expect_empty(struct restore *r)
{
    DIR *dir = opendir(r->o->folder);
    bool full = false;
    if (!dir && errno == ENOENT)
        return 0;
    if (!dir)
        return err_set(r->e, errno, "cannot restore to \"%s\": %s",
                       r->o->folder, strerror(errno));
    for (struct dirent *d; (d = readdir(dir)) != NULL;)
        full |= strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
    closedir(dir);
    return full ? err_set(r->e, ENOTEMPTY, "cannot restore to \"%s\": the"
                          " folder is not empty", r->o->folder) : 0;
}

static int
make_folder(struct restore *r)
{
    char *files;
    int empty = expect_empty(r);
    if (empty < 0)
        return empty;
    if (mkdir(r->part, 0700) < 0)
        return cannot_write(r, r->part);
    r->made = true;
    must(asprintf(&files, "%s/files", r->part) >= 0);
    int rc = mkdir(files, 0700) < 0 ? cannot_write(r, files) : 0;
    free(files);
    return rc;
}

static int
open_backup(struct restore *r)
{
    r->fd = open(r->o->path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        return err_set(r->e, errno, "cannot read \"%s\": %s", r->o->path,
                       strerror(errno));
    r->a = archive_read_new();
    must(r->a && archive_read_support_format_tar(r->a) == ARCHIVE_OK);
    return archive_read_open_fd(r->a, r->fd, PIECE_BYTES) == ARCHIVE_OK
        ? 0 : unreadable(r);
}

static int
remove_one(const char *path, const struct stat *st, int type,
           struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static void
release(struct restore *r)
{
    store_close(&r->s);
    if (r->a)
        archive_read_free(r->a);
    if (r->fd >= 0)
        close(r->fd);
    if (r->made)
        nftw(r->part, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(r->part);
    free(r->piece);
    free(r->damaged);
    free(r->end);
}

int
backup_restore(const struct backup_options *o, struct backup_result *ret,
               struct err *e)
{
    struct restore r = {.o = o, .fd = -1, .e = e};
    r.piece = must_alloc(PIECE_BYTES);
    r.damaged = must_alloc(sizeof *r.damaged);
    r.end = must_alloc(sizeof *r.end);
    must(asprintf(&r.part, "%s.restoring", o->folder) >= 0);
    int rc = open_backup(&r);
    if (rc == 0)
        rc = make_folder(&r);
    if (rc == 0)
        rc = read_all(&r);
    if (rc == 0)
        rc = settle(&r);
    store_close(&r.s);
    if (rc == 0)
        rc = tell_progress(&r, 0, true);
    if (rc == 0)
        rc = publish(&r);
    r.result.time_ms = (int64_t)r.manifest.time_ms;
    if (rc == 0)
        *ret = r.result;
    release(&r);
    return rc;
}
