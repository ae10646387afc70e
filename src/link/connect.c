/* SPDX-License-Identifier: MIT
 *
 * One attempt to connect. Three things hold its memory, counted in refs: the
 * lookup, the timer, and the poll of the address that is being tried. It is
 * over when fn is NULL; what still comes then only lets go.
 *
 *   lookup -> try an address -> its poll is closed -> hand the fd over
 *                  ^------------------'  or try the next one
 *
 * The time that is left is divided among the addresses that are left, so that
 * a silent one does not use up its successors' share. The first address is the
 * one that the system likes best: its failure is the one to report. */
#include "link/connect.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct connect {
    uv_getaddrinfo_t lookup;
    uv_timer_t timer;
    uv_poll_t poll;
    unsigned refs;
    bool looking, polling;
    connect_fn *fn;
    void *arg;
    char *host;
    unsigned port;
    int64_t end_ms;
    struct addrinfo *list, *next;
    int64_t left;             /* addresses from next on */
    int fd;                   /* of the address being tried, -1 = none */
    int first_error;          /* -errno */
};

static void
drop(struct connect *c)
{
    if (--c->refs > 0)
        return;
    uv_freeaddrinfo(c->list);
    free(c->host);
    free(c);
}

static void
on_timer_closed(uv_handle_t *timer)
{
    drop(timer->data);
}

static void
over(struct connect *c)
{
    c->fn = NULL;
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

static void
close_fd(struct connect *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static void
succeed(struct connect *c)
{
    connect_fn *fn = c->fn;
    int fd = c->fd;

    c->fd = -1;
    over(c);
    fn(c->arg, fd, NULL);
}

static void
fail(struct connect *c, int code, const char *why)
{
    connect_fn *fn = c->fn;
    bool bare = strchr(c->host, ':') == NULL;
    struct err e;

    err_set(&e, -code, "cannot connect to %s%s%s:%u: %s", bare ? "" : "[",
            c->host, bare ? "" : "]", c->port, why);
    over(c);
    fn(c->arg, code, &e);
}

static void on_poll_closed(uv_handle_t *poll);
static void on_timer(uv_timer_t *timer);

/* The address has answered, for good or ill. */
static void
tried(struct connect *c, int error)
{
    if (error != 0) {
        if (c->first_error == 0)
            c->first_error = error;
        close_fd(c);
    }
    c->polling = false;
    uv_close((uv_handle_t *)&c->poll, on_poll_closed);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
    struct connect *c = poll->data;
    int error = 0;
    socklen_t n = sizeof error;

    (void)events;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
        error = errno;
    tried(c, error != 0 ? -error : status);
}

static void
watch(struct connect *c)
{
    int64_t left_ms = c->end_ms - (int64_t)uv_now(c->timer.loop);
    int64_t share_ms = left_ms > 0 ? left_ms / c->left : 0;

    c->poll.data = c;
    c->refs++;
    c->polling = true;
    must(uv_poll_start(&c->poll, UV_WRITABLE, on_ready) == 0);
    must(uv_timer_start(&c->timer, on_timer, (uint64_t)share_ms, 0) == 0);
}

/* Begins to connect to one address; 0 or -errno. */
static int
try_address(struct connect *c, const struct addrinfo *ai)
{
    int r;

    c->fd = socket(ai->ai_family,
                   ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                   ai->ai_protocol);
    if (c->fd < 0)
        return -errno;
    if (connect(c->fd, ai->ai_addr, ai->ai_addrlen) < 0 &&
        errno != EINPROGRESS)
        return -errno;
    r = uv_poll_init(c->timer.loop, &c->poll, c->fd);
    if (r == 0)
        watch(c);
    return r;
}

static void
try_next(struct connect *c)
{
    while (c->next != NULL) {
        const struct addrinfo *ai = c->next;
        int r = try_address(c, ai);

        c->next = ai->ai_next;
        c->left--;
        if (r == 0)
            return;
        close_fd(c);
        if (c->first_error == 0)
            c->first_error = r;
    }
    fail(c, c->first_error, strerror(-c->first_error));
}

static void
on_poll_closed(uv_handle_t *poll)
{
    struct connect *c = poll->data;

    if (c->fn == NULL)
        close_fd(c);
    else if (c->fd >= 0)
        succeed(c);
    else
        try_next(c);
    drop(c);
}

static const char *
lookup_text(int status)
{
    if (status == UV_EAI_NONAME || status == UV_EAI_NODATA)
        return "there is no such host";
    return uv_strerror(status);
}

static void
on_lookup(uv_getaddrinfo_t *lookup, int status, struct addrinfo *list)
{
    struct connect *c = lookup->data;

    c->looking = false;
    c->list = c->next = list;
    for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next)
        c->left++;
    if (c->fn != NULL && status < 0)
        fail(c, -EHOSTUNREACH, lookup_text(status));
    else if (c->fn != NULL)
        try_next(c);
    drop(c);
}

static void
on_timer(uv_timer_t *timer)
{
    struct connect *c = timer->data;

    if (c->polling)
        tried(c, -ETIMEDOUT);
    else if (c->looking)
        fail(c, -ETIMEDOUT, "looking up the name takes too long");
    else
        fail(c, -EHOSTUNREACH, "that is no host's name");
}

struct connect *
connect_start(uv_loop_t *loop, const char *host, unsigned port,
              int64_t timeout_ms, connect_fn *fn, void *arg)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV};
    struct connect *c = must_alloc(sizeof *c);
    char service[16];

    *c = (struct connect){.fn = fn, .arg = arg, .port = port, .fd = -1,
                          .host = must_strdup(host), .refs = 1};
    c->end_ms = (int64_t)uv_now(loop) + timeout_ms;
    c->lookup.data = c->timer.data = c;
    snprintf(service, sizeof service, "%u", port);
    must(uv_timer_init(loop, &c->timer) == 0);
    c->looking = uv_getaddrinfo(loop, &c->lookup, on_lookup, host, service,
                                &hints) == 0;
    c->refs += c->looking;
    must(uv_timer_start(&c->timer, on_timer,
                        c->looking ? (uint64_t)timeout_ms : 0, 0) == 0);
    return c;
}

void
connect_cancel(struct connect **connect)
{
    struct connect *c = *connect;

    *connect = NULL;
    if (c == NULL)
        return;
    over(c);
    if (c->looking)
        (void)uv_cancel((uv_req_t *)&c->lookup);
    if (c->polling)
        tried(c, -ECANCELED);
}
