/* SPDX-License-Identifier: MIT
 *
 * The folder at start: what a crash has left there. */
#include "blob/blob_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* False: this is no file's name. */
static bool
read_name(const char *name, struct file_id *id, bool *whole)
{
    struct str s = str_of(name);
    struct str part = str_of(".part");

    *whole = true;
    if (s.n == FILE_ID_CHARS + part.n &&
        memcmp(s.p + FILE_ID_CHARS, part.p, part.n) == 0) {
        s.n = FILE_ID_CHARS;
        *whole = false;
    }
    return file_id_read(s, id);
}

struct sweep {
    int dir;
    blobs_keep_fn *keep;
    void *arg;
};

static int
sweep_one(const struct sweep *s, const char *name)
{
    struct file_id id;
    struct stat st;
    bool whole;

    if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return 0;
    if (S_ISREG(st.st_mode) && read_name(name, &id, &whole) &&
        s->keep(s->arg, &id, whole, (uint64_t)st.st_size))
        return 0;
    return unlinkat(s->dir, name, 0) < 0 ? -errno : 0;
}

static int
sweep_all(const struct sweep *s, DIR *d)
{
    struct dirent *one;
    int rc = 0;

    while (rc == 0 && (errno = 0, one = readdir(d)) != NULL)
        rc = sweep_one(s, one->d_name);
    return rc == 0 ? -errno : rc;
}

int
blobs_sweep(struct blobs *b, blobs_keep_fn *keep, void *arg, struct err *e)
{
    struct sweep s = {b->dir, keep, arg};
    int fd = openat(b->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    int rc = d == NULL ? -errno : sweep_all(&s, d);

    if (d != NULL)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    return rc == 0 ? 0 : err_set(e, -rc, "cannot sweep the folder of files: "
                                 "%s", strerror(-rc));
}
