/* SPDX-License-Identifier: MIT
 *
 * The operator: lines typed on the server's standard input. A line goes to
 * everyone as "[SERVER]: line"; /who, /kick NAME, /stats, /quit and /help
 * are commands. To the core the operator is a session like others, a reader
 * without a name, whose mailbox is opened by the main loop. */
#ifndef SERVER_OPERATOR_H
#define SERVER_OPERATOR_H

#include "hub/core.h"
#include <uv.h>

struct operator;

typedef void operator_quit_fn(void *arg);

/* An answer to what was asked as session 0 (server/admin.h). */
typedef void operator_answer_fn(void *arg, const struct event *e);

/* The mailbox with the number `worker` is the operator's. Borrows metrics. */
struct operator *operator_new(uv_loop_t *loop, unsigned worker,
                              struct metrics *metrics, operator_quit_fn *quit,
                              void *arg);
struct mailbox *operator_mailbox(struct operator *o);
void operator_pass_on(struct operator *o, operator_answer_fn *fn, void *arg);

/* Starts to read standard input; without one (closed, /dev/null) there is
 * simply no operator. */
void operator_start(struct operator *o, struct core *core);

/* After core_stop(): shows the last answers and closes its handles; freed by
 * operator_free() after the loop has run. */
void operator_close(struct operator *o);
void operator_free(struct operator **o);

#endif
