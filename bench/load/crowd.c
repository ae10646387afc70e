/* SPDX-License-Identifier: MIT
 *
 * The loop. Level-triggered: a readable connection costs one recv(), and what
 * did not fit is there again in the next turn. Every turn serves a bounded
 * number of events, so that messages which are due are not late by more. */
#include "load/crowd.h"

#include "load/greeting.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 256,
    BUFFER_BYTES = 256 * 1024,
    PER_ADDRESS = 20000,         /* connections from one source address */
    SPARE_FDS = 64,
    NOISE_MAX_S = 60,
};

static void
raise_fd_limit(uint32_t count)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)count + SPARE_FDS;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted)
        return;
    if (limit.rlim_max < wanted)
        limit.rlim_max = wanted;         /* the superuser may */
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("%u connections need %llu file descriptors, and that is not "
            "allowed: %s", count, (unsigned long long)wanted, strerror(errno));
}

void
crowd_init(struct crowd *c, const struct options *o,
           const struct wording *wording, uint32_t listeners,
           uint32_t speakers, const struct crowd_ops *ops, void *arg)
{
    *c = (struct crowd){.options = o, .wording = wording, .ops = ops,
                        .arg = arg, .count = listeners + speakers,
                        .listeners = listeners, .begun_ns = now_ns(),
                        .dice = {(uint64_t)o->seed}};
    raise_fd_limit(c->count);
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (c->epoll < 0)
        die("epoll: %s", strerror(errno));
    c->peers = must_alloc((c->count + !c->count) * sizeof *c->peers);
    c->buffer = must_alloc(STAMP_CARRY_MAX + BUFFER_BYTES);
}

void
crowd_done(struct crowd *c)
{
    for (uint32_t i = 0; i < c->begun; i++) {
        greeting_free(&c->peers[i].greeting);
        if (c->peers[i].state != PEER_CLOSED)
            close(c->peers[i].fd);
    }
    close(c->epoll);
    free(c->peers);
    free(c->buffer);
}

/* ---- Watching ---- */

static void
control(struct crowd *c, int op, struct peer *p, bool out)
{
    struct epoll_event event = {
        .events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = p,
    };

    p->wants_out = out;
    if (epoll_ctl(c->epoll, op, p->fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
}

void
peer_watch(struct crowd *c, struct peer *p, bool out)
{
    if (p->state != PEER_CLOSED && p->wants_out != out)
        control(c, EPOLL_CTL_MOD, p, out);
}

static void
peer_close(struct crowd *c, struct peer *p, const char *why)
{
    if (p->state != PEER_SETTLED)
        die("connection %u did not get in (%s, at step %d); it heard: %s",
            p->index, why, p->step,
            p->greeting ? greeting_text(p->greeting) : "nothing");
    close(p->fd);
    p->state = PEER_CLOSED;
    p->wants_out = false;
    c->closed++;
    if (c->ops->closed != NULL)
        c->ops->closed(c->arg, p);
}

/* ---- Writing ---- */

char *
outbox_reserve(struct outbox *out, size_t n)
{
    if (out->at == out->n)
        out->at = out->n = 0;
    if (out->cap - out->n < n && out->at > 0) {
        memmove(out->p, out->p + out->at, out->n - out->at);
        out->n -= out->at;
        out->at = 0;
    }
    if (out->cap - out->n < n) {
        out->cap = 2 * out->cap + n;
        out->p = must_realloc(out->p, out->cap);
    }
    return out->p + out->n;
}

bool
peer_flush(struct crowd *c, struct peer *p)
{
    struct outbox *out = p->out;

    while (p->state != PEER_CLOSED && out->at < out->n) {
        ssize_t n = send(p->fd, out->p + out->at, out->n - out->at,
                         MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            peer_watch(c, p, true);
            return true;
        }
        if (n < 0) {
            peer_close(c, p, strerror(errno));
            return false;
        }
        out->at += (size_t)n;
    }
    return p->state != PEER_CLOSED;
}

/* ---- Opening ---- */

/* From 20,000 connections on, one address has too few ports. */
static void
bind_source(const struct crowd *c, const struct peer *p)
{
    uint32_t host = INADDR_LOOPBACK + p->index / PER_ADDRESS;
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(host)};
    int on = 1;

    if (c->count <= PER_ADDRESS)
        return;
    if (setsockopt(p->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
                   sizeof on) != 0 ||
        bind(p->fd, (struct sockaddr *)&from, sizeof from) != 0)
        die("bind: %s", strerror(errno));
}

static void
settle_if_over(struct crowd *c, struct peer *p)
{
    if (!greeting_over(c, p))
        return;
    greeting_free(&p->greeting);
    p->state = PEER_SETTLED;
    p->settled_ms = (uint32_t)((now_ns() - c->begun_ns) / 1000000);
    c->settled++;
}

static void
peer_connected(struct crowd *c, struct peer *p)
{
    int error = 0;
    socklen_t n = sizeof error;

    getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &n);
    if (error != 0)
        peer_close(c, p, strerror(error));
    p->state = PEER_GREETING;
    p->greeting = greeting_new();
    greeting_begin(c, p);
    peer_watch(c, p, false);
    settle_if_over(c, p);
}

static void
peer_open(struct crowd *c)
{
    struct peer *p = &c->peers[c->begun];
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)c->options->port),
                             .sin_addr = c->options->address};
    int on = 1;

    *p = (struct peer){.index = c->begun, .state = PEER_CONNECTING,
                       .speaks = c->begun >= c->listeners};
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        die("socket: %s", strerror(errno));
    c->begun++;
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bind_source(c, p);
    if (connect(p->fd, (struct sockaddr *)&to, sizeof to) != 0 &&
        errno != EINPROGRESS)
        die("connect: %s", strerror(errno));
    control(c, EPOLL_CTL_ADD, p, true);
}

/* Nothing has moved for too long: says on whom it hangs, and ends. */
static void
tell_stuck(const struct crowd *c)
{
    for (uint32_t i = 0; i < c->begun; i++) {
        const struct peer *p = &c->peers[i];

        if (p->state < PEER_SETTLED)
            die("connection %u is stuck at step %d, %u of %u are settled; it "
                "heard: %s", i, p->step, c->settled, c->count,
                p->greeting ? greeting_text(p->greeting) : "nothing");
    }
}

void
crowd_settle(struct crowd *c)
{
    uint64_t progress_ns = now_ns();
    uint32_t settled = 0;

    while (c->settled < c->count) {
        while (c->begun < c->count &&
               c->begun - c->settled < (uint64_t)c->options->batch)
            peer_open(c);
        crowd_turn(c, 100000000);
        if (c->closed > 0)
            die("a connection was closed while others were coming; %u of %u "
                "had got in", c->settled, c->count);
        if (c->settled > settled) {
            settled = c->settled;
            progress_ns = now_ns();
        } else if (now_ns() - progress_ns >
                   (uint64_t)c->options->patience_s * 1000000000u) {
            tell_stuck(c);
        }
    }
}

void
crowd_quiet(struct crowd *c, int64_t quiet_ms)
{
    uint64_t begun_ns = now_ns(), heard_ns = begun_ns, bytes = c->bytes;
    uint64_t quiet_ns = (uint64_t)quiet_ms * 1000000, now = begun_ns;

    while (now - heard_ns < quiet_ns) {
        crowd_turn(c, (int64_t)(quiet_ns - (now - heard_ns)));
        now = now_ns();
        if (c->bytes != bytes) {
            bytes = c->bytes;
            heard_ns = now;
        }
        if (now - begun_ns > NOISE_MAX_S * 1000000000ull)
            die("the server did not go quiet in %d s", NOISE_MAX_S);
    }
}

/* ---- The loop ---- */

static void
peer_heard(struct crowd *c, struct peer *p, const char *bytes, size_t n)
{
    if (p->state == PEER_GREETING) {
        greeting_heard(c, p, bytes, n);
        settle_if_over(c, p);
        return;
    }
    if (c->ops->heard != NULL) {
        const char *whole = bytes - p->carried;
        size_t keep;

        memcpy((char *)whole, p->carry, p->carried);
        keep = c->ops->heard(c->arg, p, whole, n + p->carried);
        must(keep <= STAMP_CARRY_MAX);
        memcpy(p->carry, bytes + n - keep, keep);
        p->carried = (uint8_t)keep;
    }
}

static void
peer_readable(struct crowd *c, struct peer *p)
{
    char *bytes = c->buffer + STAMP_CARRY_MAX;
    ssize_t n = recv(p->fd, bytes, BUFFER_BYTES, 0);

    if (n > 0) {
        c->heard_ns = now_ns();
        c->bytes += (uint64_t)n;
        peer_heard(c, p, bytes, (size_t)n);
    } else if (n == 0) {
        peer_close(c, p, "the server closed it");
    } else if (errno != EAGAIN && errno != EINTR) {
        peer_close(c, p, strerror(errno));
    }
}

static void
peer_ready(struct crowd *c, struct peer *p, uint32_t events)
{
    if (p->state == PEER_CONNECTING) {
        peer_connected(c, p);
        return;
    }
    if (p->state != PEER_CLOSED && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        peer_readable(c, p);
    if (p->state == PEER_SETTLED && (events & EPOLLOUT) && p->wants_out)
        c->ops->writable(c->arg, p);
}

/* A full socket is no harm: then the server has unread bytes of ours. */
static void
say_alive(const struct peer *p, const struct wording *w)
{
    ssize_t n = send(p->fd, w->alive, w->alive_bytes, MSG_NOSIGNAL);

    if (n > 0 && n != (ssize_t)w->alive_bytes)
        die("connection %u took half a sign of life", p->index);
}

/* The signs of life, each alive_ms after the connection's last one. They come
 * in the order in which the connections were opened, so one place in the row
 * is enough to know whose turn it is. */
static void
tell_alive(struct crowd *c, uint64_t now)
{
    const struct wording *w = c->wording;
    int64_t now_ms = (int64_t)((now - c->begun_ns) / 1000000);

    for (;;) {
        struct peer *p = &c->peers[c->alive_next];
        bool busy = p->out != NULL && outbox_held(p->out) > 0;

        if (p->state < PEER_SETTLED ||
            now_ms < p->settled_ms + (c->alive_round + 1) * w->alive_ms)
            return;
        if (p->state == PEER_SETTLED && !busy)
            say_alive(p, w);
        if (++c->alive_next == c->count) {
            c->alive_next = 0;
            c->alive_round++;
        }
    }
}

void
crowd_turn(struct crowd *c, int64_t wait_ns)
{
    struct epoll_event events[EVENTS];
    struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
    int n = epoll_pwait2(c->epoll, events, EVENTS, &wait, NULL);

    if (n < 0 && errno != EINTR)
        die("epoll_pwait2: %s", strerror(errno));
    for (int i = 0; i < n; i++)
        peer_ready(c, events[i].data.ptr, events[i].events);
    if (c->wording->alive != NULL && c->count > 0)
        tell_alive(c, now_ns());
}
