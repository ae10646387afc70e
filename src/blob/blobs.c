/* SPDX-License-Identifier: MIT
 *
 * The folder and the registry of what is open in it. A blob that everybody has
 * let go of is buried: taken out of the registry at once, by whatever thread,
 * and closed by the next mover that comes along, because closing the last
 * descriptor of a removed file frees its blocks, and that takes its time. */
#include "blob/blob_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

static struct str
id_key(const struct file_id *id)
{
    return (struct str){(const char *)id->b, sizeof id->b};
}

void
blob_name(const struct file_id *id, bool whole, char out[BLOB_NAME_BYTES])
{
    file_id_write(id, out);
    if (!whole)
        memcpy(out + FILE_ID_CHARS, ".part", sizeof ".part");
}

/* --- The folder --------------------------------------------------------- */

static int
open_folder(const char *folder, struct err *e)
{
    int fd;

    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return err_set(e, errno, "cannot create the folder \"%s\": %s", folder,
                       strerror(errno));
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, errno, "cannot open the folder \"%s\": %s", folder,
                       strerror(errno));
    return fd;
}

static bool
is_in_memory(int dir)
{
    struct statfs fs;

    return fstatfs(dir, &fs) == 0 &&
           (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

int
blobs_open(const char *folder, const struct blobs_options *o,
           struct blobs **ret, struct err *e)
{
    int dir = open_folder(folder, e);
    struct blobs *b;

    if (dir < 0)
        return dir;
    b = must_alloc(sizeof *b);
    b->dir = dir;
    b->o = *o;
    b->in_memory = is_in_memory(dir);
    map_init(&b->open);
    list_init(&b->buried);
    must(pthread_mutex_init(&b->folder, NULL) == 0);
    must(pthread_mutex_init(&b->lock, NULL) == 0);
    *ret = b;
    return 0;
}

/* --- The end of a blob -------------------------------------------------- */

/* What a failed sync leaves in doubt is cut off: it can be sent again. */
static void
destroy(struct blob *b)
{
    if (b->broken && blob_state(b) == BLOB_ARRIVING)
        (void)!ftruncate(b->fd, (off_t)b->synced);
    close(b->fd);
    EVP_MD_CTX_free(b->hash);
    must(list_empty(&b->waiters));
    must(pthread_mutex_destroy(&b->io) == 0);
    must(pthread_mutex_destroy(&b->lock) == 0);
    free(b);
}

static struct blob *
dig_up(struct blobs *home)
{
    struct blob *b = NULL;

    pthread_mutex_lock(&home->lock);
    if (!list_empty(&home->buried)) {
        b = list_entry(home->buried.next, struct blob, link);
        list_remove(&b->link);
    }
    pthread_mutex_unlock(&home->lock);
    return b;
}

/* The folder is locked: until a grave is cleared, its file must not be
 * opened anew. */
static void
clear_graves(struct blobs *home)
{
    struct blob *b;

    while ((b = dig_up(home)) != NULL)
        destroy(b);
}

void
blobs_clear_graves(struct blobs *home)
{
    pthread_mutex_lock(&home->folder);
    clear_graves(home);
    pthread_mutex_unlock(&home->folder);
}

/* The last reference goes under the registry's lock, so that nobody finds the
 * blob there just then. */
void
blob_unref(struct blob **ref)
{
    struct blob *b = *ref;
    unsigned n;

    *ref = NULL;
    if (b == NULL)
        return;
    n = atomic_load(&b->refs);
    while (n > 1)
        if (atomic_compare_exchange_weak(&b->refs, &n, n - 1))
            return;
    pthread_mutex_lock(&b->home->lock);
    if (atomic_fetch_sub(&b->refs, 1) == 1) {
        must(map_del_str(&b->home->open, id_key(&b->id)) == b);
        list_push(&b->home->buried, &b->link);
    }
    pthread_mutex_unlock(&b->home->lock);
}

void
blobs_close(struct blobs **blobs)
{
    struct blobs *b = *blobs;

    if (b == NULL)
        return;
    *blobs = NULL;
    blobs_clear_graves(b);
    must(b->open.count == 0);
    map_done(&b->open);
    must(pthread_mutex_destroy(&b->lock) == 0);
    must(pthread_mutex_destroy(&b->folder) == 0);
    close(b->dir);
    free(b);
}

/* --- The free disk ------------------------------------------------------ */

/* What a writer has been promised and has not used. */
static uint64_t
need_of(const struct blob *b)
{
    uint64_t size = blob_size(b), written = blob_written(b);

    if (atomic_load(&b->writer) == 0 || size == UINT64_MAX || size < written)
        return 0;
    return size - written;
}

static uint64_t
needs(struct blobs *b, const struct blob *but)
{
    const struct blob *one;
    uint64_t sum = 0;
    size_t at = 0;

    pthread_mutex_lock(&b->lock);
    while ((one = map_next(&b->open, &at)) != NULL)
        if (one != but && __builtin_add_overflow(sum, need_of(one), &sum))
            sum = UINT64_MAX;
    pthread_mutex_unlock(&b->lock);
    return sum;
}

int
blobs_free_bytes(struct blobs *b, const struct blob *but, uint64_t *ret)
{
    struct statvfs fs;
    uint64_t is_free, kept, taken = needs(b, but);

    if (fstatvfs(b->dir, &fs) < 0)
        return -errno;
    is_free = (uint64_t)fs.f_bavail * fs.f_frsize;
    kept = (uint64_t)fs.f_blocks * fs.f_frsize / 100 * b->o.floor_percent;
    if (kept < b->o.floor_bytes)
        kept = b->o.floor_bytes;
    if (__builtin_add_overflow(kept, taken, &kept) || kept > is_free)
        kept = is_free;
    *ret = is_free - kept;
    return 0;
}

/* For `size` bytes of which so many are there. At the floor, not even a file
 * of unknown size may begin. */
static int
check_free(struct blobs *home, const struct blob *b, uint64_t size,
           uint64_t written)
{
    uint64_t is_free;
    int rc;

    if (size == written)
        return 0;
    rc = blobs_free_bytes(home, b, &is_free);
    if (rc < 0)
        return rc;
    if (is_free == 0)
        return -ENOSPC;
    return size != UINT64_MAX && size - written > is_free ? -ENOSPC : 0;
}

/* --- Opening ------------------------------------------------------------ */

static struct blob *
make(struct blobs *home, const struct file_id *id, int fd, uint64_t bytes)
{
    struct blob *b = must_alloc(sizeof *b);

    b->home = home;
    list_init(&b->link);
    list_init(&b->waiters);
    b->id = *id;
    b->fd = fd;
    atomic_init(&b->refs, 1);
    atomic_init(&b->written, bytes);
    atomic_init(&b->size, UINT64_MAX);
    atomic_init(&b->state, BLOB_ARRIVING);
    b->checked = bytes;
    must(pthread_mutex_init(&b->lock, NULL) == 0);
    must(pthread_mutex_init(&b->io, NULL) == 0);
    return b;
}

/* An open file as a blob; takes fd. */
static int
adopt(struct blobs *home, const struct file_id *id, int fd, bool whole,
      struct blob **ret)
{
    struct stat st;
    struct blob *b;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return -EIO;
    }
    b = make(home, id, fd, (uint64_t)st.st_size);
    if (whole) {
        b->synced = (uint64_t)st.st_size;
        atomic_init(&b->size, (uint64_t)st.st_size);
        atomic_init(&b->state, BLOB_WHOLE);
    }
    blob_sniff(b);
    pthread_mutex_lock(&home->lock);
    map_put_str(&home->open, id_key(&b->id), b);
    pthread_mutex_unlock(&home->lock);
    *ret = b;
    return 0;
}

static int
open_file(struct blobs *home, const struct file_id *id, int flags, bool whole,
          struct blob **ret)
{
    char name[BLOB_NAME_BYTES];
    int fd;

    blob_name(id, whole, name);
    fd = openat(home->dir, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0 ? -errno : adopt(home, id, fd, whole, ret);
}

static bool
is_gone(const struct blobs *home, const struct file_id *id)
{
    for (unsigned i = 0; i < BLOBS_GONE && i < home->gone_n; i++)
        if (memcmp(&home->gone[i], id, sizeof *id) == 0)
            return true;
    return false;
}

/* In the registry: ref'd, or NULL. -ENOENT: removed. -EAGAIN: there are
 * graves to be cleared first, and this blob may be in one. */
static int
look_up(struct blobs *home, const struct file_id *id, struct blob **ret)
{
    int rc = 0;

    pthread_mutex_lock(&home->lock);
    *ret = NULL;
    if (is_gone(home, id))
        rc = -ENOENT;
    else if (!list_empty(&home->buried))
        rc = -EAGAIN;
    else
        *ret = map_get_str(&home->open, id_key(id));
    if (*ret != NULL)
        blob_ref(*ret);
    pthread_mutex_unlock(&home->lock);
    return rc;
}

/* The folder is locked. A part is opened for writing in any case: a writer may
 * come while its readers keep it open. */
static int
find(struct blobs *home, const struct file_id *id, struct blob **ret)
{
    int rc;

    while ((rc = look_up(home, id, ret)) == -EAGAIN)
        clear_graves(home);
    if (rc < 0 || *ret != NULL)
        return rc;
    rc = open_file(home, id, O_RDONLY, true, ret);
    if (rc == -ENOENT)
        rc = open_file(home, id, O_RDWR, false, ret);
    return rc;
}

int
blob_open(struct blobs *home, const struct file_id *id, struct blob **ret)
{
    struct blob *b = NULL;
    int rc;

    pthread_mutex_lock(&home->folder);
    rc = find(home, id, &b);
    pthread_mutex_unlock(&home->folder);
    if (rc == 0)
        *ret = b;
    return rc;
}

int
blob_follow(struct blobs *home, const struct file_id *id, uint64_t size,
            struct blob **ret)
{
    struct blob *b = NULL;
    int rc;

    pthread_mutex_lock(&home->folder);
    rc = find(home, id, &b);
    if (rc == -ENOENT && !is_gone(home, id)) {
        rc = open_file(home, id, O_RDWR | O_CREAT | O_EXCL, false, &b);
        if (rc == 0)
            atomic_store(&b->size, size);
    }
    pthread_mutex_unlock(&home->folder);
    if (rc == 0)
        *ret = b;
    return rc;
}

static int
find_or_create(struct blobs *home, const struct file_id *id, uint64_t size,
               struct blob **ret)
{
    int rc = find(home, id, ret);

    if (rc == 0 && blob_written(*ret) > size)
        return -EFBIG;
    if (rc == 0)
        return check_free(home, *ret, size, blob_written(*ret));
    if (rc != -ENOENT || is_gone(home, id))
        return rc;
    rc = check_free(home, NULL, size, 0);
    if (rc < 0)
        return rc;
    return open_file(home, id, O_RDWR | O_CREAT | O_EXCL, false, ret);
}

/* Its number is set before its bytes are synced: whoever wrote before has
 * either finished its piece by then or finds itself stale. */
int
blob_open_write(struct blobs *home, const struct file_id *id, uint64_t size,
                struct blob **ret, uint64_t *ret_writer)
{
    uint64_t writer = atomic_fetch_add(&home->writers, 1) + 1;
    struct blob *b = NULL;
    int rc;

    pthread_mutex_lock(&home->folder);
    rc = find_or_create(home, id, size, &b);
    if (rc == 0 && blob_state(b) == BLOB_ARRIVING) {
        atomic_store(&b->size, size);
        atomic_store(&b->writer, writer);
    }
    pthread_mutex_unlock(&home->folder);
    if (rc == 0)
        rc = blob_sync(b);
    if (rc < 0) {
        if (b != NULL)
            blob_leave(b, writer);
        blob_unref(&b);
        return rc;
    }
    *ret = b;
    *ret_writer = writer;
    return 0;
}

/* --- Removing ----------------------------------------------------------- */

/* Marks it gone, so that nobody opens or writes it from here on. Returns its
 * handle, ref'd, or NULL. */
static struct blob *
condemn(struct blobs *home, const struct file_id *id)
{
    struct blob *b;

    pthread_mutex_lock(&home->folder);
    pthread_mutex_lock(&home->lock);
    home->gone[home->gone_n++ % BLOBS_GONE] = *id;
    b = map_get_str(&home->open, id_key(id));
    if (b != NULL) {
        blob_ref(b);
        atomic_store(&b->state, BLOB_GONE);
    }
    pthread_mutex_unlock(&home->lock);
    pthread_mutex_unlock(&home->folder);
    return b;
}

/* The part first: whoever is just renaming it either fails or has made the
 * name that is removed next. */
int
blob_remove(struct blobs *home, const struct file_id *id)
{
    struct blob *b = condemn(home, id);
    int rc = 0;

    for (int whole = 0; whole <= 1; whole++) {
        char name[BLOB_NAME_BYTES];

        blob_name(id, whole, name);
        if (unlinkat(home->dir, name, 0) < 0 && errno != ENOENT)
            rc = -errno;
    }
    if (b != NULL)
        blob_wake(b);
    blob_unref(&b);
    blobs_clear_graves(home);
    return rc;
}
