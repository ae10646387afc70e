/* SPDX-License-Identifier: MIT
 *
 * Connecting without blocking: the name is looked up, then every address it
 * has is tried, all of it within one deadline. */
#ifndef LINK_CONNECT_H
#define LINK_CONNECT_H

#include "base/err.h"
#include <stdint.h>
#include <uv.h>

struct connect;

/* Called once, from the loop: fd >= 0 is connected, non-blocking and the
 * callee's; or fd is -errno and e says why. The connect is over then and must
 * not be cancelled any more. */
typedef void connect_fn(void *arg, int fd, const struct err *e);

struct connect *connect_start(uv_loop_t *loop, const char *host,
                              unsigned port, int64_t timeout_ms,
                              connect_fn *fn, void *arg);

/* No call will come; nulls it, accepts NULL. What is left goes in the loop's
 * next turns. */
void connect_cancel(struct connect **c);

#endif
