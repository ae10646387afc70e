/* SPDX-License-Identifier: MIT
 *
 * TLS inside a stream. Few streams of a plain server have it and every stream
 * is paid for, so what it needs lies in a table beside them, by descriptor.
 *
 * Three things differ from a plain socket:
 *
 * - A record that the socket did not take whole must be offered again, the
 *   same bytes first. So everything goes through the queue, also a file's
 *   bytes, and what is written is always the queue's beginning.
 * - Decrypted bytes can be left over when the owner's buffer is full, and no
 *   poll tells of them: such streams are in a list and told in the next turn.
 * - Small pieces are put together to one record: each costs 22 bytes or more
 *   and a system call. */
#include "net/stream_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stream_tls {
    struct stream *stream;
    struct tls *tls;
    struct list restful;           /* in all->restful, or alone */
};

static struct stream_tls *
find(const struct stream *s)
{
    return map_get_u64(&s->all->secured, (uint64_t)s->fd);
}

void
stream_start_tls(struct stream *s, struct tls *tls)
{
    struct stream_tls *x = must_alloc(sizeof *x);

    must(!s->closing && !s->is_tls && s->written == 0);
    x->stream = s;
    x->tls = tls;
    list_init(&x->restful);
    map_put_u64(&s->all->secured, (uint64_t)s->fd, x);
    s->is_tls = s->shaking = true;
    if (s->all->record == NULL)
        s->all->record = must_alloc(TLS_RECORD_BYTES);
    stream_await_room(s);      /* and goes on from there */
}

struct tls *
stream_tls(const struct stream *s)
{
    return s->is_tls && !s->closing ? find(s)->tls : NULL;
}

void
stream_tls_end(struct stream *s, bool politely)
{
    struct stream_tls *x = map_del_u64(&s->all->secured, (uint64_t)s->fd);

    if (politely && s->error == 0)
        tls_shut(x->tls);
    list_remove(&x->restful);
    tls_free(&x->tls);
    free(x);
    s->shaking = false;
}

/* --- The handshake ------------------------------------------------------ */

bool
stream_shake(struct stream *s)
{
    int r = s->error != 0 ? s->error : tls_handshake(find(s)->tls);

    if (r == 0)
        return false;
    s->shaking = s->blocked = false;
    return true;
}

unsigned
stream_shake_events(const struct stream *s)
{
    return tls_wants_write(find(s)->tls) ? POLLER_WRITABLE : POLLER_READABLE;
}

/* --- Reading ------------------------------------------------------------ */

ssize_t
stream_tls_read(struct stream *s, void *p, size_t n)
{
    struct tls *tls = find(s)->tls;
    ssize_t got = tls_read(tls, p, n);

    s->stuck = got == -EAGAIN && tls_wants_write(tls);
    if (got > 0)
        stream_tls_look_for_rest(s);
    return got;
}

void
stream_tls_look_for_rest(struct stream *s)
{
    struct stream_tls *x;

    if (s->closing || !s->want_read)
        return;
    x = find(s);
    if (!list_empty(&x->restful) || !tls_has_rest(x->tls))
        return;
    list_push(&s->all->restful, &x->restful);
    streams_come_again(s->all);
}

/* Who still has a rest afterwards is in the list again, for the next turn. */
void
streams_tell_of_rests(struct streams *all)
{
    struct list now;

    list_init(&now);
    while (!list_empty(&all->restful)) {
        struct list *first = all->restful.next;
        list_remove(first);
        list_push(&now, first);
    }
    while (!list_empty(&now)) {
        struct stream_tls *x = list_entry(now.next, struct stream_tls,
                                          restful);
        list_remove(&x->restful);
        if (x->stream->want_read)
            all->ops->readable(x->stream);
    }
}

/* --- Writing ------------------------------------------------------------ */

/* Copies the beginning of vec; returns how much. */
static size_t
gather(uint8_t *out, const struct iovec *vec, int n)
{
    size_t total = 0;

    for (int i = 0; i < n && total < TLS_RECORD_BYTES; i++) {
        size_t room = TLS_RECORD_BYTES - total;
        size_t some = vec[i].iov_len < room ? vec[i].iov_len : room;

        memcpy(out + total, vec[i].iov_base, some);
        total += some;
    }
    return total;
}

ssize_t
stream_tls_write(struct stream *s, const struct iovec *vec, int n,
                 size_t *offered)
{
    const void *p = vec[0].iov_base;
    size_t bytes = vec[0].iov_len;
    ssize_t took;

    if (n > 1 && bytes < TLS_RECORD_BYTES) {
        bytes = gather(s->all->record, vec, n);
        p = s->all->record;
    }
    *offered = bytes < TLS_RECORD_BYTES ? bytes : TLS_RECORD_BYTES;
    took = tls_write(find(s)->tls, p, *offered);
    if (took > 0)
        outq_written(&s->all->pool, &s->out, (size_t)took);
    return took;
}

/* What pread(2) brings at `offset` becomes the queue; bytes, or -EIO. */
static ssize_t
queue_file(struct stream *s, int fd, uint64_t offset, size_t n)
{
    struct slab *slab = slab_new(n);
    ssize_t got;

    do
        got = pread(fd, slab->p, n, (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        slab->n = (size_t)got;
        stream_send(s, slab);
    }
    slab_unref(&slab);
    return got > 0 ? got : -EIO;
}

ssize_t
stream_tls_send_file(struct stream *s, int fd, uint64_t offset, size_t n)
{
    size_t total = 0;

    if (s->shaking)
        return 0;
    while (total < n && s->out.bytes == 0 && s->error == 0) {
        size_t some = n - total < TLS_FILE_BYTES ? n - total : TLS_FILE_BYTES;
        ssize_t got = queue_file(s, fd, offset + total, some);

        if (got < 0)
            return total > 0 ? (ssize_t)total : got;
        total += (size_t)got;
        (void)stream_write_out(s);
    }
    if (s->out.bytes > 0)
        stream_await_room(s);
    return (ssize_t)total;
}
