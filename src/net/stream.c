/* SPDX-License-Identifier: MIT
 *
 * A stream watches its socket for exactly three things, and arm() is the one
 * place that says which:
 *
 *   READABLE     while the owner wants to read
 *   DISCONNECT   while it does not, so that a paused peer's end is noticed
 *   WRITABLE     while output is left that the socket did not take, or the
 *                owner has some outside of the queue: of a file
 *
 * and during a handshake for what that waits for, READABLE or WRITABLE; for
 * WRITABLE alone while TLS owes its peer an answer (to new keys) and reads
 * nothing before that is out.
 *
 * The poll is level-triggered: whatever cannot be used up must not be watched,
 * or the loop would spin. Hence `told`: once the owner knows of the peer's
 * end, neither of the first two is watched until it wants to read anew; and
 * once a write has failed, WRITABLE never is. */
#include "net/stream_impl.h"

#include "base/list.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#define DRAIN_BYTES   (64 * 1024)

static int
watch(struct stream *s, unsigned events)
{
    int r = poller_watch(&s->all->poller, s->fd, s->events, events, s);

    if (r == 0)
        s->events = (uint8_t)events;
    return r;
}

static void
arm(struct stream *s)
{
    unsigned events = s->blocked ? POLLER_WRITABLE : 0;

    if (s->shaking)
        events = stream_shake_events(s);
    else if (s->stuck)
        events = POLLER_WRITABLE;
    else if (!s->told)
        events |= s->want_read ? POLLER_READABLE : POLLER_DISCONNECT;
    if (!s->closing && events != s->events)
        must(watch(s, events) == 0);
}

static void
set_option(int fd, int level, int name, unsigned value)
{
    /* Best effort: a socket that is not TCP has none of these. */
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

int
stream_open(struct stream *s, struct streams *all, int fd)
{
    int on = 1;

    *s = (struct stream){.all = all, .fd = fd};
    if (ioctl(fd, FIONBIO, &on) < 0)
        return -errno;
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return watch(s, POLLER_DISCONNECT);    /* as arm() will find it */
}

void
stream_want_read(struct stream *s, bool want)
{
    if (want == s->want_read)
        return;
    if (want)
        s->told = false;
    s->want_read = want;
    arm(s);
    if (s->is_tls)
        stream_tls_look_for_rest(s);
}

static ssize_t
receive(const struct stream *s, void *p, size_t n)
{
    ssize_t got;

    do
        got = recv(s->fd, p, n, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

ssize_t
stream_read(struct stream *s, void *p, size_t n)
{
    ssize_t got;

    must(n > 0);
    if (s->closing)
        return -ECANCELED;
    got = s->is_tls ? stream_tls_read(s, p, n) : receive(s, p, n);
    if (s->stuck)
        arm(s);
    if (got > 0 || (got == -EAGAIN && s->error == 0))
        return got;
    s->told = true;
    return s->error != 0 ? s->error : got;
}

static uint32_t
now_ms(const struct stream *s)
{
    return (uint32_t)uv_now(s->all->poller.loop);
}

void
stream_send(struct stream *s, struct slab *slab)
{
    if (s->closing)
        return;
    if (s->out.bytes == 0)
        s->out.moved_ms = now_ms(s);
    outq_push(&s->all->pool, &s->out, slab);
}

/* A single piece, as most are, needs no header that the kernel must fetch and
 * check. */
static ssize_t
send_pieces(int fd, struct iovec *vec, size_t n)
{
    struct msghdr msg = {.msg_iov = vec, .msg_iovlen = n};

    if (n == 1)
        return send(fd, vec->iov_base, vec->iov_len, MSG_NOSIGNAL);
    return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

/* One gathered write: the bytes taken, 0 when the socket is full, -errno. */
static ssize_t
write_some(struct stream *s, size_t *offered)
{
    struct iovec vec[STREAM_FLUSH_VECTORS];
    int n = outq_peek(&s->out, vec, STREAM_FLUSH_VECTORS);
    ssize_t took;

    *offered = 0;
    if (s->is_tls)
        return stream_tls_write(s, vec, n, offered);
    for (int i = 0; i < n; i++)
        *offered += vec[i].iov_len;
    do
        took = send_pieces(s->fd, vec, (size_t)n);
    while (took < 0 && errno == EINTR);
    if (took < 0)
        return errno == EAGAIN ? 0 : -errno;
    outq_written(&s->all->pool, &s->out, (size_t)took);
    return took;
}

void
stream_count_written(struct stream *s, size_t bytes)
{
    if (bytes == 0)
        return;
    s->out.moved_ms = now_ms(s);
    s->written += bytes;
    s->all->written += bytes;
    s->all->writes++;
}

ssize_t
stream_write_out(struct stream *s)
{
    ssize_t total = 0;

    while (s->error == 0 && s->out.bytes > 0 && total < STREAM_FLUSH_BYTES) {
        size_t offered;
        ssize_t took = write_some(s, &offered);
        if (took < 0) {
            s->error = (int16_t)took;
            break;
        }
        total += took;
        if ((size_t)took < offered)
            break;
    }
    stream_count_written(s, (size_t)total);
    return s->error != 0 ? s->error : total;
}

/* --- Files --------------------------------------------------------------- */

void
stream_await_room(struct stream *s)
{
    if (s->closing)
        return;
    s->blocked = true;
    arm(s);
}

/* Whose fault is it? What sendfile(2) says of its input; everything else is
 * the socket's. */
static bool
is_files_fault(int error)
{
    return error == EIO || error == EBADF || error == EINVAL ||
           error == EISDIR || error == EOVERFLOW || error == ESPIPE ||
           error == ENXIO || error == ENOMEM;
}

static ssize_t
file_failed(struct stream *s, int error)
{
    if (is_files_fault(error))
        return -EIO;
    s->error = (int16_t)-error;
    return 0;
}

/* A short count means a full socket. When the file was at fault, the loop
 * comes back at once, and the next call tells. */
ssize_t
stream_send_file(struct stream *s, int fd, uint64_t offset, size_t n)
{
    off_t at = (off_t)offset;
    ssize_t took;

    must(n > 0 && offset <= INT64_MAX);
    if (s->closing || s->error != 0 || s->blocked || s->out.bytes > 0)
        return 0;
    if (n > STREAM_FLUSH_BYTES)
        n = STREAM_FLUSH_BYTES;
    if (s->is_tls)
        return stream_tls_send_file(s, fd, offset, n);
    do
        took = sendfile(s->fd, fd, &at, n);
    while (took < 0 && errno == EINTR);
    if (took == 0)
        return -EIO;
    if (took < 0 && errno != EAGAIN)
        return file_failed(s, errno);
    if (took < 0)
        took = 0;
    stream_count_written(s, (size_t)took);
    if ((size_t)took < n) {
        s->out.moved_ms = now_ms(s);
        stream_await_room(s);
    }
    return took;
}

uint64_t
stream_acknowledged(const struct stream *s)
{
    int waits = 0;

    if (s->closing || ioctl(s->fd, SIOCOUTQ, &waits) < 0)
        waits = 0;
    return s->written - (uint64_t)waits;
}

void
stream_limit_unsent(struct stream *s, unsigned bytes)
{
    if (!s->closing)
        set_option(s->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, bytes);
}

void
stream_shut(struct stream *s)
{
    must(s->out.bytes == 0);
    if (s->closing)
        return;
    if (s->is_tls)
        tls_shut(stream_tls(s));
    (void)shutdown(s->fd, SHUT_WR);
}

/* --- Flushing ------------------------------------------------------------ */

/* `woken`: the loop says that the socket takes bytes. A flush that the owner
 * calls inside ops->drained writes, but does not call it again: the loop will,
 * in its next turn. So an endless source neither recurses nor stalls. */
static ssize_t
flush(struct stream *s, bool woken)
{
    ssize_t wrote = stream_write_out(s);

    if (wrote < 0) {
        s->blocked = false;
        return wrote;
    }
    if (s->draining) {
        s->blocked = s->blocked || wrote > 0 || s->out.bytes > 0;
        return wrote;
    }
    s->blocked = false;
    if (wrote > 0 || woken) {
        s->draining = true;
        s->all->ops->drained(s);
        s->draining = false;
    }
    if (s->out.bytes > 0)
        s->blocked = true;
    return wrote;
}

ssize_t
stream_flush(struct stream *s)
{
    if (s->closing)
        return 0;
    ssize_t wrote = flush(s, false);
    arm(s);
    return wrote;
}

/* Kept in s, so that an owner who does not read knows, too. */
static void
take_error(struct stream *s)
{
    int error = 0;
    socklen_t n = sizeof(error);

    if (s->error == 0 &&
        getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0)
        s->error = (int16_t)-error;
}

/* Its end is told by ops->readable, and what has been queued goes out. */
static void
go_on_shaking(struct stream *s)
{
    if (stream_shake(s)) {
        if (s->out.bytes > 0)
            (void)flush(s, true);
        if (!s->closing)
            s->all->ops->readable(s);
    }
    arm(s);
}

static void
on_event(void *stream, unsigned events)
{
    struct stream *s = stream;

    if (events & POLLER_ERROR)
        take_error(s);
    else
        events &= s->events;    /* it may have been armed anew meanwhile */
    if (s->shaking) {
        go_on_shaking(s);
        return;
    }
    if (s->stuck && (events & POLLER_WRITABLE)) {
        s->stuck = false;
        events |= POLLER_READABLE;
    }
    bool failed =
        (events & POLLER_WRITABLE) && s->blocked && flush(s, true) < 0;
    if (s->closing)
        return;
    if (!s->want_read)
        events &= ~(unsigned)POLLER_READABLE;
    if (failed || (events & (POLLER_READABLE | POLLER_DISCONNECT))) {
        s->told = s->told || !s->want_read;
        s->all->ops->readable(s);
    }
    arm(s);
}

void
stream_set_dead_peer(struct stream *s, unsigned idle_s, unsigned dead_s)
{
    must(idle_s > 0 && dead_s > idle_s);
    if (s->closing)
        return;
    unsigned interval_s = (dead_s - idle_s + 3) / 4;
    set_option(s->fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
    set_option(s->fd, IPPROTO_TCP, TCP_KEEPINTVL, interval_s);
    set_option(s->fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
    set_option(s->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, dead_s * 1000);
    set_option(s->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static void
close_with_reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
}

/* A close() over unread input sends a reset and throws away what the kernel
 * has not sent yet (RFC 1122 4.2.2.13): the goodbye that tells why. So what
 * waits is read away first, within bounds. */
static void
close_politely(int fd)
{
    char sink[4096];

    (void)shutdown(fd, SHUT_WR);
    for (size_t n = 0; n < DRAIN_BYTES; n += sizeof(sink))
        if (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) <= 0)
            break;
    close(fd);
}

/* In a turn after the one that closed it, since whoever did may look at it
 * until then; and the loop must not sleep before. */
static void
bury(struct streams *all)
{
    while (all->closed != NULL) {
        struct stream *s = all->closed;
        all->closed = s->next_closed;
        all->ops->closed(s);
    }
}

static void
on_idle(uv_idle_t *idle)
{
    uv_idle_stop(idle);
    bury(idle->data);
    streams_tell_of_rests(idle->data);
}

void
streams_come_again(struct streams *all)
{
    must(uv_idle_start(&all->idle, on_idle) == 0);
}

void
stream_close(struct stream *s, bool reset)
{
    if (s->closing)
        return;
    must(watch(s, 0) == 0);    /* before fd is reused */
    s->closing = true;
    if (s->is_tls)
        stream_tls_end(s, !reset);
    outq_done(&s->all->pool, &s->out);
    if (reset)
        close_with_reset(s->fd);
    else
        close_politely(s->fd);
    s->fd = -1;
    s->next_closed = s->all->closed;
    s->all->closed = s;
    streams_come_again(s->all);
}

/* --- All of a loop ------------------------------------------------------ */

void
streams_init(struct streams *all, uv_loop_t *loop,
             const struct stream_ops *ops)
{
    *all = (struct streams){.ops = ops};
    poller_init(&all->poller, loop, on_event);
    must(uv_idle_init(loop, &all->idle) == 0);
    all->idle.data = all;
    list_init(&all->restful);
    map_init(&all->secured);
}

static void
on_poller_closed(struct poller *p)
{
    struct streams *all = list_entry(p, struct streams, poller);

    outq_pool_done(&all->pool);
    map_done(&all->secured);
    free(all->record);
    if (all->on_closed != NULL)
        all->on_closed(all);
}

static void
on_idle_closed(uv_handle_t *idle)
{
    struct streams *all = idle->data;

    bury(all);
    poller_close(&all->poller, on_poller_closed);
}

void
streams_close(struct streams *all, streams_closed_fn *on_closed)
{
    all->on_closed = on_closed;
    uv_close((uv_handle_t *)&all->idle, on_idle_closed);
}
