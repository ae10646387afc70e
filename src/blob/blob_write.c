/* SPDX-License-Identifier: MIT
 *
 * The writer's side. The hash always covers a prefix: appending continues it
 * while it covers everything, and after a resume finishing reads what is
 * missing, because the state of a hash cannot be kept on disk.
 *
 * A sync that failed is never tried again: the kernel may have dropped the
 * pages and would say that all is well. */
#include "blob/blob_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHECK_BYTES = 8 * 1024 * 1024 };   /* how often the floor is asked */

/* --- The hash ----------------------------------------------------------- */

static void
hash_bytes(struct blob *b, const void *p, size_t n)
{
    if (b->hash == NULL) {
        b->hash = EVP_MD_CTX_new();
        must(b->hash != NULL);
        must(EVP_DigestInit_ex(b->hash, EVP_sha256(), NULL) == 1);
    }
    must(EVP_DigestUpdate(b->hash, p, n) == 1);
    b->hashed += n;
}

static int
hash_rest(struct blob *b)
{
    uint64_t end = blob_written(b);
    uint8_t *chunk = must_alloc(BLOB_CHUNK_BYTES);
    ssize_t got = 1;

    while (b->hashed < end && got > 0) {
        uint64_t left = end - b->hashed;

        got = pread(b->fd, chunk,
                    left < BLOB_CHUNK_BYTES ? left : BLOB_CHUNK_BYTES,
                    (off_t)b->hashed);
        if (got > 0)
            hash_bytes(b, chunk, (size_t)got);
    }
    free(chunk);
    return got > 0 ? 0 : -EIO;
}

/* The sum of everything written; the hash may go on afterwards. */
static int
sum_up(struct blob *b, uint8_t ret[32])
{
    int rc = hash_rest(b);
    EVP_MD_CTX *copy;
    unsigned n = 0;

    if (rc < 0)
        return rc;
    hash_bytes(b, "", 0);
    copy = EVP_MD_CTX_new();
    must(copy != NULL && EVP_MD_CTX_copy_ex(copy, b->hash) == 1);
    must(EVP_DigestFinal_ex(copy, ret, &n) == 1 && n == 32);
    EVP_MD_CTX_free(copy);
    return 0;
}

/* --- Appending ---------------------------------------------------------- */

static int
may_write(const struct blob *b, uint64_t writer)
{
    if (blob_state(b) == BLOB_GONE)
        return -ENOENT;
    if (b->broken)
        return -EIO;
    if (blob_state(b) == BLOB_WHOLE)
        return 0;
    return atomic_load(&b->writer) == writer ? 0 : -ESTALE;
}

/* The disk may have filled up since the writer was let in, whoever did it.
 * What the other writers still need is not this one's to take. */
static int
check_floor(struct blob *b, uint64_t end)
{
    uint64_t is_free;
    int rc;

    if (end - b->checked < CHECK_BYTES)
        return 0;
    rc = blobs_free_bytes(b->home, b, &is_free);
    if (rc == 0 && is_free == 0)
        rc = -ENOSPC;
    if (rc == 0)
        b->checked = end;
    return rc;
}

/* A limit of the file system, or of the process, is a full disk to us. */
static int
write_all(int fd, const uint8_t *p, size_t n, uint64_t at)
{
    while (n > 0) {
        ssize_t done = pwrite(fd, p, n, (off_t)at);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno == EFBIG || errno == EDQUOT ? -ENOSPC : -errno;
        p += done;
        n -= (size_t)done;
        at += (uint64_t)done;
    }
    return 0;
}

static int
sync_now(struct blob *b)
{
    uint64_t written = blob_written(b);

    if (b->broken)
        return -EIO;
    if (blob_state(b) != BLOB_ARRIVING || written == b->synced)
        return 0;
    if (fdatasync(b->fd) < 0) {
        b->broken = true;
        return -EIO;
    }
    b->synced = written;
    return 0;
}

static int
append(struct blob *b, const void *p, size_t n)
{
    uint64_t at = blob_written(b);
    uint64_t size = blob_size(b);
    int rc;

    if (blob_state(b) == BLOB_WHOLE || n > size - at)
        return -EFBIG;
    rc = check_floor(b, at + n);
    if (rc == 0)
        rc = write_all(b->fd, p, n, at);
    if (rc < 0) {
        (void)!ftruncate(b->fd, (off_t)at);
        return rc;
    }
    if (b->hashed == at)
        hash_bytes(b, p, n);
    atomic_store_explicit(&b->written, at + n, memory_order_release);
    if (at < MEDIA_BYTES)
        blob_sniff(b);
    return 0;
}

/* Readers are woken before the sync: it is the uploader alone that waits for
 * the disk. */
int
blob_append(struct blob *b, uint64_t writer, const void *p, size_t n)
{
    int rc;

    if (n == 0)
        return 0;
    pthread_mutex_lock(&b->io);
    rc = may_write(b, writer);
    if (rc == 0)
        rc = append(b, p, n);
    if (rc == 0)
        blob_wake(b);
    if (rc == 0 && blob_written(b) - b->synced >= b->home->o.sync_bytes)
        rc = sync_now(b);
    pthread_mutex_unlock(&b->io);
    if (rc == -ENOSPC)
        blobs_clear_graves(b->home);   /* there may be room in them */
    return rc;
}

int
blob_sync(struct blob *b)
{
    int rc;

    pthread_mutex_lock(&b->io);
    rc = blob_state(b) == BLOB_GONE ? -ENOENT : sync_now(b);
    pthread_mutex_unlock(&b->io);
    return rc;
}

void
blob_leave(struct blob *b, uint64_t writer)
{
    atomic_compare_exchange_strong(&b->writer, &writer, 0);
}

/* --- Finishing ---------------------------------------------------------- */

static int
check_sum(struct blob *b, const uint8_t *expect)
{
    if (!b->summed) {
        int rc = sum_up(b, b->sha256);

        if (rc < 0)
            return rc;
    }
    /* A whole file's sum does not change any more. */
    b->summed = blob_state(b) == BLOB_WHOLE;
    if (expect != NULL && memcmp(expect, b->sha256, sizeof b->sha256) != 0)
        return -EBADMSG;
    return 0;
}

/* On disk under its final name. A failure leaves it unknown which of the two
 * names a crash would leave: both have all its bytes. */
static int
settle(struct blob *b)
{
    char part[BLOB_NAME_BYTES], whole[BLOB_NAME_BYTES];

    blob_name(&b->id, false, part);
    blob_name(&b->id, true, whole);
    if (fsync(b->fd) < 0) {
        b->broken = true;
        return -EIO;
    }
    b->synced = blob_written(b);
    if (renameat(b->home->dir, part, b->home->dir, whole) < 0)
        return -errno;
    if (fsync(b->home->dir) < 0) {
        b->broken = true;
        return -EIO;
    }
    return 0;
}

static int
make_whole(struct blob *b)
{
    enum blob_state arriving = BLOB_ARRIVING;
    int rc = settle(b);

    if (rc < 0)
        return rc;
    atomic_store(&b->size, blob_written(b));
    atomic_store(&b->told, true);
    if (!atomic_compare_exchange_strong(&b->state, &arriving, BLOB_WHOLE))
        return -ENOENT;
    b->summed = true;
    atomic_store(&b->writer, 0);
    blob_sniff(b);
    blob_wake(b);
    return 0;
}

static int
finish(struct blob *b, uint64_t writer, const uint8_t *expect)
{
    uint64_t size = blob_size(b);
    int rc = may_write(b, writer);

    if (rc == 0 && size != UINT64_MAX && blob_written(b) < size)
        rc = -EFBIG;
    if (rc == 0)
        rc = check_sum(b, expect);
    if (rc == 0 && blob_state(b) != BLOB_WHOLE)
        rc = make_whole(b);
    return rc;
}

/* Set once, before the blob is seen to be whole. */
bool
blob_sum(const struct blob *b, uint8_t ret_sha256[32])
{
    if (blob_state(b) != BLOB_WHOLE || !atomic_load(&b->told))
        return false;
    memcpy(ret_sha256, b->sha256, sizeof b->sha256);
    return true;
}

int
blob_finish(struct blob *b, uint64_t writer, const uint8_t *expect,
            uint8_t ret_sha256[32])
{
    int rc;

    pthread_mutex_lock(&b->io);
    rc = finish(b, writer, expect);
    if (rc == 0)
        memcpy(ret_sha256, b->sha256, sizeof b->sha256);
    pthread_mutex_unlock(&b->io);
    return rc;
}
