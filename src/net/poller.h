/* SPDX-License-Identifier: MIT
 *
 * Many sockets of one loop: an epoll instance of their own, which the loop
 * watches as one descriptor. A socket costs nothing here; who watches it keeps
 * what it is watched for. Why not a uv_poll_t each: docs/design/005. */
#ifndef NET_POLLER_H
#define NET_POLLER_H

#include "base/must.h"
#include <uv.h>

enum {
    POLLER_READABLE = 1,
    POLLER_WRITABLE = 2,
    POLLER_DISCONNECT = 4,    /* the peer has shut down its side */
    POLLER_ERROR = 8,         /* an error waits; comes unasked */
};

/* Something is the matter with the socket behind arg, level-triggered. What
 * is no longer watched for may come along once. May watch, unwatch and close
 * any socket. */
typedef void poller_fn(void *arg, unsigned events);

struct poller;
typedef void poller_closed_fn(struct poller *p);

struct poller {
    uv_loop_t *loop;
    poller_fn *fn;
    poller_closed_fn *closed;
    uv_poll_t watch;
    int fd;                       /* epoll; -1 until a socket is watched */
    struct epoll_event *waiting;  /* not told yet, of the running turn */
    int waiting_n;
};

void poller_init(struct poller *p, uv_loop_t *loop, poller_fn *fn);

/* Watches fd for `events` instead of `was`. None (was: none yet) = not at all;
 * then nothing that is on its way comes any more, either, and fd may be
 * closed. 0 or -errno. */
int poller_watch(struct poller *p, int fd, unsigned was, unsigned events,
                 void *arg) MUST_USE;

/* Nothing is watched any more. Calls closed (may be NULL) when p's memory is
 * the owner's again, at once if nothing ever was watched. */
void poller_close(struct poller *p, poller_closed_fn *closed);

#endif
