/* SPDX-License-Identifier: MIT
 *
 * The part is locked while it is written, so that two downloads of one name
 * take two parts instead of one. */
#include "client/cli/cli_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NUMBERS = 1000 };

/* Where the extension of the last part begins; its end if it has none. A name
 * that begins with its only dot has none. */
static size_t
stem_length(const char *path)
{
    const char *base = strrchr(path, '/');
    const char *dot;

    base = base != NULL ? base + 1 : path;
    dot = strrchr(base, '.');
    return dot != NULL && dot > base ? (size_t)(dot - path) : strlen(path);
}

char *
cli_numbered(const char *path, unsigned number)
{
    size_t stem = stem_length(path), size = strlen(path) + 16;
    char *out = must_alloc(size);

    if (number == 0)
        snprintf(out, size, "%s", path);
    else
        snprintf(out, size, "%.*s (%u)%s", (int)stem, path, number,
                 path + stem);
    return out;
}

static char *
part_of(const char *path)
{
    size_t size = strlen(path) + sizeof ".part";
    char *out = must_alloc(size);

    snprintf(out, size, "%s.part", path);
    return out;
}

/* -EWOULDBLOCK: somebody else writes it. */
static int
open_part(const char *part, int *ret)
{
    int fd = open(part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    struct stat st;
    int r = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        r = -errno;
    else if (!S_ISREG(st.st_mode))
        r = -EEXIST;
    else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        r = -errno;
    if (r < 0) {
        close(fd);
        return r;
    }
    *ret = fd;
    return 0;
}

/* What was begun by others (a browser, curl) becomes the part. */
static void
adopt(const char *path, const char *part)
{
    struct stat st;

    if (lstat(part, &st) < 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode))
        (void)!rename(path, part);
}

static int
try_open(struct cli_place *p, const char *path, unsigned number,
         enum cli_taken taken)
{
    char *called = cli_numbered(path, number);
    char *part = part_of(called);
    struct stat st;
    int r;

    if (taken == CLI_TAKEN_RESUME)
        adopt(called, part);
    r = open_part(part, &p->fd);
    if (r == 0 && fstat(p->fd, &st) == 0)
        p->n = (uint64_t)st.st_size;
    if (r == 0) {
        p->path = called;
        p->part = part;
        return 0;
    }
    free(called);
    free(part);
    return r;
}

int
cli_place_open(struct cli_place *p, const char *path, enum cli_taken taken,
               struct err *e)
{
    int r = -EWOULDBLOCK;

    *p = (struct cli_place){.fd = -1};
    for (unsigned i = 0; i < NUMBERS && r == -EWOULDBLOCK; i++)
        r = try_open(p, path, i, taken);
    if (r < 0)
        return err_set(e, -r, "cannot write %s.part: %s", path, strerror(-r));
    return 0;
}

int
cli_place_empty(struct cli_place *p, struct err *e)
{
    if (ftruncate(p->fd, 0) < 0)
        return err_set(e, errno, "cannot write %s: %s", p->part,
                       strerror(errno));
    p->n = 0;
    return 0;
}

/* -EEXIST: the name is taken. A file system that cannot rename without
 * replacing can perhaps link. */
static int
rename_to_free(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (link(from, to) < 0)
        return -errno;
    (void)!unlink(from);
    return 0;
}

static int
rename_numbered(struct cli_place *p)
{
    int r = -EEXIST;

    for (unsigned i = 0; i < NUMBERS && r == -EEXIST; i++) {
        char *to = cli_numbered(p->path, i);

        r = rename_to_free(p->part, to);
        if (r < 0) {
            free(to);
            continue;
        }
        free(p->path);
        p->path = to;
    }
    return r;
}

int
cli_place_keep(struct cli_place *p, enum cli_taken taken, struct err *e)
{
    int r = 0;

    if (fsync(p->fd) < 0)
        r = -errno;
    else if (taken == CLI_TAKEN_OVERWRITE)
        r = rename(p->part, p->path) < 0 ? -errno : 0;
    else
        r = rename_numbered(p);
    if (r < 0)
        return err_set(e, -r, "cannot make %s of %s: %s", p->path, p->part,
                       strerror(-r));
    free(p->part);
    p->part = NULL;
    return 0;
}

void
cli_place_done(struct cli_place *p)
{
    struct stat st;

    if (p->part != NULL) {
        if (fstat(p->fd, &st) == 0 && st.st_size == 0)
            (void)!unlink(p->part);
        close(p->fd);
    } else if (p->path != NULL) {
        close(p->fd);
    }
    free(p->path);
    free(p->part);
    *p = (struct cli_place){.fd = -1};
}
