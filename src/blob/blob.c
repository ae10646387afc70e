/* SPDX-License-Identifier: MIT
 *
 * A blob as its readers see it. `written` and `state` are published with
 * release and read with acquire: who sees a byte counted finds it in the file,
 * and who sees it WHOLE sees its last byte counted. */
#include "blob/blob_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PROBE_STEP = 64 * 1024 };

struct blob *
blob_ref(struct blob *b)
{
    atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
    return b;
}

const struct file_id *
blob_id(const struct blob *b)
{
    return &b->id;
}

int
blob_fd(const struct blob *b)
{
    return b->fd;
}

uint64_t
blob_written(const struct blob *b)
{
    return atomic_load_explicit(&b->written, memory_order_acquire);
}

uint64_t
blob_size(const struct blob *b)
{
    return atomic_load_explicit(&b->size, memory_order_acquire);
}

enum blob_state
blob_state(const struct blob *b)
{
    return atomic_load_explicit(&b->state, memory_order_acquire);
}

enum media
blob_media(const struct blob *b)
{
    return atomic_load_explicit(&b->media, memory_order_acquire);
}

void
blob_sniff(struct blob *b)
{
    uint8_t head[MEDIA_BYTES];
    uint64_t n = blob_written(b);
    ssize_t got;

    if (n < sizeof head && blob_state(b) != BLOB_WHOLE)
        return;
    got = pread(b->fd, head, n < sizeof head ? n : sizeof head, 0);
    if (got > 0)
        atomic_store_explicit(&b->media, media_sniff(head, (size_t)got),
                              memory_order_release);
}

/* --- Growth ------------------------------------------------------------- */

static bool
must_wait(const struct blob *b, uint64_t beyond)
{
    return blob_state(b) == BLOB_ARRIVING && blob_written(b) <= beyond;
}

bool
blob_wait(struct blob *b, uint64_t beyond, struct blob_waiter *w)
{
    bool waits;

    w->beyond = beyond;
    list_init(&w->link);
    pthread_mutex_lock(&b->lock);
    waits = must_wait(b, beyond);
    if (waits)
        list_push(&b->waiters, &w->link);
    pthread_mutex_unlock(&b->lock);
    return waits;
}

bool
blob_unwait(struct blob *b, struct blob_waiter *w)
{
    bool waited;

    pthread_mutex_lock(&b->lock);
    waited = !list_empty(&w->link);
    list_remove(&w->link);
    pthread_mutex_unlock(&b->lock);
    return waited;
}

/* One who need not wait any more, taken from the list; NULL: nobody. */
static struct blob_waiter *
take_waiter(struct blob *b)
{
    struct blob_waiter *found = NULL;

    pthread_mutex_lock(&b->lock);
    list_each(it, tmp, &b->waiters) {
        struct blob_waiter *w = list_entry(it, struct blob_waiter, link);

        if (must_wait(b, w->beyond))
            continue;
        list_remove(it);
        found = w;
        break;
    }
    pthread_mutex_unlock(&b->lock);
    return found;
}

/* One at a time, so that blob_unwait() finds each of them either waiting or
 * called. */
void
blob_wake(struct blob *b)
{
    struct blob_waiter *w;

    while ((w = take_waiter(b)) != NULL)
        w->grown(w);
}

/* --- The page cache ----------------------------------------------------- */

/* Reads, because nothing else waits until the bytes are there; and asks for
 * as many behind them, which the next call then finds on their way. */
void
blob_warm(struct blob *b, uint64_t offset, size_t n)
{
    uint8_t *chunk = must_alloc(BLOB_CHUNK_BYTES);

    (void)posix_fadvise(b->fd, (off_t)offset, (off_t)n * 2,
                        POSIX_FADV_WILLNEED);
    while (n > 0) {
        size_t want = n < BLOB_CHUNK_BYTES ? n : BLOB_CHUNK_BYTES;
        ssize_t got = pread(b->fd, chunk, want, (off_t)offset);

        if (got <= 0)
            break;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    free(chunk);
}

static bool
probe(const struct blob *b, uint64_t offset)
{
    uint8_t byte;
    struct iovec one = {&byte, 1};

    return preadv2(b->fd, &one, 1, (off_t)offset, RWF_NOWAIT) == 1;
}

/* A byte here and there, and the last: the kernel reads ahead in runs. */
bool
blob_is_warm(const struct blob *b, uint64_t offset, size_t n)
{
    if (b->home->in_memory || n == 0)
        return true;
    for (size_t at = 0; at < n; at += PROBE_STEP)
        if (!probe(b, offset + at))
            return false;
    return probe(b, offset + n - 1);
}
