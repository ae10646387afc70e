/* SPDX-License-Identifier: MIT
 *
 * Why no wake-up is lost: a sender that finds `sent` set has put its message
 * down before that, and the loop clears `sent` before it looks for messages. */
#include "net/wake.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void
on_poll(uv_poll_t *poll, int status, int events)
{
    struct wake *w = poll->data;
    eventfd_t count;

    (void)status;
    (void)events;
    if (eventfd_read(w->fd, &count) < 0)
        must(errno == EAGAIN);
    atomic_store(&w->sent, false);
    w->fn(w->arg);
}

int
wake_init(struct wake *w, uv_loop_t *loop, wake_fn *fn, void *arg)
{
    int r;

    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->fd < 0)
        return -errno;
    r = uv_poll_init(loop, &w->poll, w->fd);
    if (r < 0) {
        close(w->fd);
        return r;
    }
    atomic_init(&w->sent, false);
    w->fn = fn;
    w->arg = arg;
    w->poll.data = w;
    must(uv_poll_start(&w->poll, UV_READABLE, on_poll) == 0);
    return 0;
}

void
wake_send(struct wake *w)
{
    if (!atomic_exchange(&w->sent, true))
        must(eventfd_write(w->fd, 1) == 0);
}

void
wake_close(struct wake *w)
{
    uv_close((uv_handle_t *)&w->poll, NULL);
    close(w->fd);
    w->fd = -1;
}
