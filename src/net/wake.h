/* SPDX-License-Identifier: MIT
 *
 * Waking a loop from another thread. What uv_async_t does, without its wait
 * for the sender: there a loop that is woken before uv_async_send() has
 * returned spins until it has, which on one core is until the sender's thread
 * is scheduled again. */
#ifndef NET_WAKE_H
#define NET_WAKE_H

#include "base/must.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

typedef void wake_fn(void *arg);

struct wake {
    uv_poll_t poll;
    int fd;                   /* an eventfd */
    atomic_bool sent;         /* and not yet received */
    wake_fn *fn;
    void *arg;
};

/* fn is called on the loop, once for any number of wake_send()s before. 0 or
 * -errno. */
int wake_init(struct wake *w, uv_loop_t *loop, wake_fn *fn,
              void *arg) MUST_USE;

/* Any thread, until wake_close(). */
void wake_send(struct wake *w);

/* Before the loop's last run; then the memory is the owner's again. */
void wake_close(struct wake *w);

#endif
