/* SPDX-License-Identifier: MIT
 *
 * A turn takes events in batches, the next one at once while batches are full,
 * but a bounded number of them: the loop's timers and wake-ups wait meanwhile.
 *
 * The kernel's batch is a snapshot. A callback may close the socket of an
 * event that is still in it, free its memory, or get its number back for
 * another one; so unwatching takes the event out of the batch. */
#include "net/poller.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BATCH_EVENTS 256
#define TURN_BATCHES 4

static uint32_t
to_epoll(unsigned events)
{
    return (events & POLLER_READABLE ? EPOLLIN : 0u) |
           (events & POLLER_WRITABLE ? EPOLLOUT : 0u) |
           (events & POLLER_DISCONNECT ? EPOLLRDHUP : 0u);
}

/* A hang-up alone is whatever the socket is watched for: it says only that
 * nothing of it will ever block. */
static unsigned
from_epoll(uint32_t events)
{
    const unsigned all =
        POLLER_READABLE | POLLER_WRITABLE | POLLER_DISCONNECT;

    if (events & EPOLLERR)
        return all | POLLER_ERROR;
    if (events == EPOLLHUP)
        return all;
    return (events & EPOLLIN ? POLLER_READABLE : 0u) |
           (events & EPOLLOUT ? POLLER_WRITABLE : 0u) |
           (events & EPOLLRDHUP ? POLLER_DISCONNECT : 0u);
}

/* Returns whether there may be more. */
static bool
serve_batch(struct poller *p)
{
    struct epoll_event batch[BATCH_EVENTS];
    int n = epoll_wait(p->fd, batch, BATCH_EVENTS, 0);

    must(n >= 0 || errno == EINTR);
    p->waiting = batch;
    p->waiting_n = n > 0 ? n : 0;
    while (p->waiting_n > 0) {
        const struct epoll_event *e = p->waiting++;
        p->waiting_n--;
        if (e->data.ptr != NULL)
            p->fn(e->data.ptr, from_epoll(e->events));
    }
    p->waiting = NULL;
    return n == BATCH_EVENTS;
}

static void
serve(uv_poll_t *watch, int status, int events)
{
    struct poller *p = watch->data;

    (void)events;
    must(status == 0);
    for (int i = 0; i < TURN_BATCHES && serve_batch(p); i++)
        ;
}

void
poller_init(struct poller *p, uv_loop_t *loop, poller_fn *fn)
{
    *p = (struct poller){.loop = loop, .fn = fn, .fd = -1};
}

/* Late, so that the one thing that can fail does so where a socket is opened,
 * where failing is provided for. */
static int
open_epoll(struct poller *p)
{
    int r, fd;

    if (p->fd >= 0)
        return 0;
    fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return -errno;
    r = uv_poll_init(p->loop, &p->watch, fd);
    if (r < 0) {
        close(fd);
        return r;
    }
    p->watch.data = p;
    p->fd = fd;
    must(uv_poll_start(&p->watch, UV_READABLE, serve) == 0);
    return 0;
}

static void
forget(struct poller *p, const void *arg)
{
    for (int i = 0; i < p->waiting_n; i++)
        if (p->waiting[i].data.ptr == arg)
            p->waiting[i].data.ptr = NULL;
}

int
poller_watch(struct poller *p, int fd, unsigned was, unsigned events,
             void *arg)
{
    struct epoll_event e = {.events = to_epoll(events), .data.ptr = arg};
    int op = EPOLL_CTL_MOD;
    int r = open_epoll(p);

    if (r < 0)
        return r;
    if (was == events)
        return 0;
    if (events == 0) {
        op = EPOLL_CTL_DEL;
        forget(p, arg);
    } else if (was == 0) {
        op = EPOLL_CTL_ADD;
    }
    return epoll_ctl(p->fd, op, fd, &e) < 0 ? -errno : 0;
}

static void
on_closed(uv_handle_t *watch)
{
    struct poller *p = watch->data;

    close(p->fd);
    p->fd = -1;
    if (p->closed != NULL)
        p->closed(p);
}

void
poller_close(struct poller *p, poller_closed_fn *closed)
{
    p->closed = closed;
    if (p->fd >= 0)
        uv_close((uv_handle_t *)&p->watch, on_closed);
    else if (closed != NULL)
        closed(p);
}
