/* SPDX-License-Identifier: MIT
 *
 * The lock is flock() on a file of its own, never on the database: closing any
 * descriptor of the database file would drop SQLite's own locks on it. It goes
 * with the process, also with one that was killed; the file stays. */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int
folder_sync(const char *path, struct err *e)
{
    char *copy = must_strdup(path);
    const char *folder = dirname(copy);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = 0;
    if (fd < 0 || fsync(fd) < 0)
        r = err_set(e, errno, "cannot sync the folder \"%s\": %s", folder,
                    strerror(errno));
    if (fd >= 0)
        close(fd);
    free(copy);
    return r;
}

static int
make(const char *folder, struct err *e)
{
    if (mkdir(folder, 0700) == 0)
        return folder_sync(folder, e);
    if (errno == EEXIST)
        return 0;
    return err_set(e, errno, "cannot create the data folder \"%s\": %s",
                   folder, strerror(errno));
}

static int
open_lock_file(const char *folder)
{
    char *path;
    must(asprintf(&path, "%s/loquat.lock", folder) >= 0);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : fd;
    free(path);
    return r;
}

int
folder_lock(const char *folder, struct err *e)
{
    int r = make(folder, e);
    if (r < 0)
        return r;
    int fd = open_lock_file(folder);
    if (fd < 0)
        return err_set(e, -fd, "cannot write to the data folder \"%s\": %s",
                       folder, strerror(-fd));
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno == EWOULDBLOCK)
        r = err_set(e, EBUSY, "the data folder \"%s\" is in use by another "
                    "loquatd", folder);
    else
        r = err_set(e, errno, "cannot lock the data folder \"%s\": %s", folder,
                    strerror(errno));
    close(fd);
    return r;
}
