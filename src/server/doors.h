/* SPDX-License-Identifier: MIT
 *
 * The ways in: the port, and the local socket if there is one. Who comes is
 * admitted by the gate and given to the worker with the fewest connections.
 * All of it on the main thread. */
#ifndef SERVER_DOORS_H
#define SERVER_DOORS_H

#include "edge/gate.h"
#include "edge/worker.h"
#include "server/config.h"
#include <uv.h>

struct doors;

struct doors_options {
    uv_loop_t *loop;
    const struct config *config;
    struct gate *gate;
    struct metrics_shard *shard;
    struct worker **workers;
    unsigned workers_n;
};

/* Borrows what o points to. */
int doors_open(const struct doors_options *o, struct doors **ret,
               struct err *e) MUST_USE;
unsigned doors_port(const struct doors *d);
void doors_close(struct doors **d);    /* accepts NULL */

#endif
