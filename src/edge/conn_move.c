/* SPDX-License-Identifier: MIT
 *
 * What a connection asks of the movers. Their answers come through the mailbox
 * to the session, like the core's. */
#include "edge/conn_impl.h"
#include "edge/worker_impl.h"

void
conn_move(struct conn *c, struct move_job *job)
{
    struct worker *w = conn_worker(c);

    job->worker = w->o.index;
    job->session = c->receiver.session;
    movers_submit(w->movers, job);
}

bool
conn_await_growth(struct conn *c, struct blob *b, uint64_t beyond,
                  uint64_t request)
{
    struct worker *w = conn_worker(c);
    struct move_job asker = {.what = MOVE_GREW, .worker = w->o.index,
                             .session = c->receiver.session,
                             .request = request};

    return movers_await(w->movers, b, beyond, &asker);
}

void
conn_forget_growth(struct conn *c, struct blob *b, uint64_t request)
{
    struct worker *w = conn_worker(c);

    movers_forget(w->movers, b, w->o.index, c->receiver.session, request);
}
