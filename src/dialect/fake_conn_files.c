/* SPDX-License-Identifier: MIT
 *
 * The part of a fake connection that is about files: jobs are kept until the
 * test does them, a file's bytes are read into `sent`, and who waits for
 * growth is told when the test says so. */
#include "dialect/fake_conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct wait {
    struct list link;
    struct blob *blob;            /* owned reference */
    uint64_t beyond, request;
};

/* --- What a dialect asks of its connection ------------------------------- */

void
conn_serve(struct conn *c)
{
    c->served = true;
}

size_t
conn_queued(const struct conn *c)
{
    return c->queued;
}

void
conn_want_drain(struct conn *c, bool want)
{
    must(!want || c->dialect->drain);
    c->drains = want;
}

ssize_t
conn_send_file(struct conn *c, int fd, uint64_t offset, size_t n)
{
    void *to;
    ssize_t got;

    if (c->queued > 0)
        return 0;
    if (n > c->file_room)
        n = c->file_room;
    if (n == 0)
        return 0;
    to = buf_reserve(&c->sent, n);
    must(to);
    got = pread(fd, to, n, (off_t)offset);
    if (got <= 0)
        return -EIO;
    buf_commit(&c->sent, (size_t)got);
    if (c->file_room != SIZE_MAX)
        c->file_room -= (size_t)got;
    return got;
}

void
conn_occupy(struct conn *c, bool occupied)
{
    c->occupied = occupied;
}

void
conn_hurry(struct conn *c, bool hurry)
{
    c->hurried = hurry;
}

void
conn_move(struct conn *c, struct move_job *job)
{
    if (c->closing) {
        move_job_free(&job);
        return;
    }
    job->session = c->receiver.session;
    *c->jobs_end = job;
    c->jobs_end = &job->next;
}

bool
conn_await_growth(struct conn *c, struct blob *b, uint64_t beyond,
                  uint64_t request)
{
    struct wait *w;

    if (blob_state(b) != BLOB_ARRIVING || blob_written(b) > beyond)
        return false;
    w = must_alloc(sizeof *w);
    w->blob = blob_ref(b);
    w->beyond = beyond;
    w->request = request;
    list_push(&c->waits, &w->link);
    return true;
}

static void
wait_free(struct wait *w)
{
    list_remove(&w->link);
    blob_unref(&w->blob);
    free(w);
}

void
conn_forget_growth(struct conn *c, struct blob *b, uint64_t request)
{
    list_each(it, tmp, &c->waits) {
        struct wait *w = list_entry(it, struct wait, link);

        if (w->blob == b && w->request == request)
            wait_free(w);
    }
}

/* The old dialect's state goes before the new one opens, as at the edge. */
bool
conn_upgrade(struct conn *c, struct str subprotocol)
{
    for (const struct dialect *const *d = c->others; d && *d; d++) {
        if (!(*d)->subprotocol ||
            !str_eq(str_of((*d)->subprotocol), subprotocol))
            continue;
        if (c->dialect->close)
            c->dialect->close(c);
        free(c->state);
        c->dialect = *d;
        c->state = must_alloc((*d)->state_bytes ? (*d)->state_bytes : 1);
        c->receiver.skip_own = (*d)->skip_own;
        c->websocket = true;
        c->drains = false;
        if ((*d)->open)
            (*d)->open(c);
        return true;
    }
    return false;
}

bool
conn_is_websocket(const struct conn *c)
{
    return c->websocket;
}

void
conn_reset(struct conn *c, const char *reason)
{
    c->was_reset = true;
    conn_end(c, reason, false);
}

/* --- What a test does with it --------------------------------------------- */

struct move_job *
fake_conn_take_job(struct conn *c)
{
    struct move_job *job = c->jobs;

    if (!job)
        return NULL;
    c->jobs = job->next;
    if (!c->jobs)
        c->jobs_end = &c->jobs;
    job->next = NULL;
    return job;
}

bool
fake_conn_move(struct conn *c, struct blobs *blobs, struct command **ret_share)
{
    struct move_job *job = fake_conn_take_job(c);
    struct move_result r;

    *ret_share = NULL;
    if (!job)
        return false;
    move_do(blobs, job, &r);
    *ret_share = r.share;
    if (r.answer)
        fake_conn_answer(c, r.answer);
    move_job_free(&job);
    return true;
}

/* Those that are over first, for an answer may begin to wait again. */
unsigned
fake_conn_grow(struct conn *c)
{
    struct event *over[64];
    unsigned n = 0;

    list_each(it, tmp, &c->waits) {
        struct wait *w = list_entry(it, struct wait, link);

        if (blob_state(w->blob) == BLOB_ARRIVING &&
            blob_written(w->blob) <= w->beyond)
            continue;
        must(n < sizeof over / sizeof over[0]);
        over[n++] = move_event(MOVE_GREW, w->request, 0, w->blob);
        wait_free(w);
    }
    for (unsigned i = 0; i < n; i++)
        fake_conn_answer(c, over[i]);
    return n;
}

void
fake_conn_drain(struct conn *c)
{
    c->file_room = c->file_window;
    c->queued = 0;
    if (c->drains && !c->ended)
        c->dialect->drain(c);
    fake_conn_offer(c);
}

void
fake_conn_forget_files(struct conn *c)
{
    struct move_job *job;

    while ((job = fake_conn_take_job(c)))
        move_job_free(&job);
    list_each(it, tmp, &c->waits)
        wait_free(list_entry(it, struct wait, link));
}
