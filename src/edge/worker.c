/* SPDX-License-Identifier: MIT
 *
 * The loop of one worker, and the two ways into it from other threads: the
 * mailbox and the arrivals, both announced by one wake-up.
 *
 * The end: EVENT_STOPPING is seen in the mailbox; no arrival is taken from
 * then on, every connection is told and ended, and whoever leaves last stops
 * the loop. Its handles stay open until worker_free(), so that a late wake-up
 * from another thread is harmless. */
#include "edge/worker_impl.h"

#include "base/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* 2^56 connections for each of 2^7 workers; positive as int64_t. */
#define SESSION_WORKER_SHIFT 56

_Static_assert(LIMIT_WORKERS <= 1 << (63 - SESSION_WORKER_SHIFT),
               "a session id holds its worker");

uint64_t
worker_next_session(struct worker *w)
{
    return (uint64_t)w->o.index << SESSION_WORKER_SHIFT | ++w->sessions;
}

int64_t
worker_now_ms(const struct worker *w)
{
    return (int64_t)uv_now(&w->loop);
}

/* --- Arrivals ----------------------------------------------------------- */

void
worker_left(struct worker *w, const struct sockaddr_storage *peer,
            bool announced)
{
    unsigned before = atomic_fetch_sub(&w->connections, 1);

    must(before > 0);
    metrics_add(w->o.shard, METRIC_connections, -1);
    if (announced)
        gate_leave_behind(w->o.gate, peer);
    else
        gate_leave(w->o.gate, peer);
    if (w->stopping != NULL && before == 1)
        uv_stop(&w->loop);
}

/* Takes them all, oldest first. */
static struct arrival *
take_arrivals(struct worker *w, bool shut)
{
    struct arrival *newest, *list = NULL;

    pthread_mutex_lock(&w->lock);
    newest = w->arrivals;
    w->arrivals = NULL;
    w->shut = w->shut || shut;
    pthread_mutex_unlock(&w->lock);
    while (newest != NULL) {
        struct arrival *next = newest->next;

        newest->next = list;
        list = newest;
        newest = next;
    }
    return list;
}

static void
open_arrivals(struct worker *w)
{
    struct arrival *a = take_arrivals(w, false);

    while (a != NULL) {
        struct arrival *next = a->next;

        conn_open(w, a->fd, &a->peer);
        free(a);
        a = next;
    }
}

static void
refuse_arrivals(struct worker *w)
{
    struct arrival *a = take_arrivals(w, true);

    while (a != NULL) {
        struct arrival *next = a->next;

        close(a->fd);
        worker_left(w, &a->peer, false);
        free(a);
        a = next;
    }
}

void
worker_adopt(struct worker *w, int fd, const struct sockaddr_storage *peer)
{
    struct arrival *a = must_alloc(sizeof(*a));
    bool shut;

    a->fd = fd;
    a->peer = *peer;
    pthread_mutex_lock(&w->lock);
    shut = w->shut;
    if (!shut) {
        a->next = w->arrivals;
        w->arrivals = a;
        atomic_fetch_add(&w->connections, 1);
        metrics_add(w->o.shard, METRIC_connections, 1);
    }
    pthread_mutex_unlock(&w->lock);
    if (!shut) {
        wake_send(&w->wake);
        return;
    }
    close(fd);
    gate_leave(w->o.gate, peer);
    free(a);
}

unsigned
worker_connections(const struct worker *w)
{
    return atomic_load(&w->connections);
}

/* --- The mailbox -------------------------------------------------------- */

static struct event *
find_stopping(const struct parcel_list *l)
{
    for (const struct parcel *p = l->head; p != NULL; p = p->next)
        if (p->kind == PARCEL_EVERYONE && p->event->kind == EVENT_STOPPING)
            return event_ref(p->event);
    return NULL;
}

/* The fan-out has told all the others. */
static void
stop(struct worker *w)
{
    refuse_arrivals(w);
    list_each(it, tmp, &w->strangers)
        conn_dismiss(list_entry(it, struct conn, stranger), w->stopping);
    if (atomic_load(&w->connections) == 0)
        uv_stop(&w->loop);
}

static void
on_wake(void *arg)
{
    struct worker *w = arg;
    struct parcel_list mail = {0};
    bool told = w->stopping != NULL;
    int64_t since_us;

    if (!told)
        open_arrivals(w);
    since_us = mailbox_take(&w->mailbox, &mail);
    if (since_us != 0) {
        w->mail_us = clock_mono_us();
        metrics_observe(w->o.shard, HISTOGRAM_mail_us, w->mail_us - since_us);
    }
    if (!told)
        w->stopping = find_stopping(&mail);
    fanout_deliver(w->fanout, &mail);
    if (!told && w->stopping != NULL)
        stop(w);
}

static void
wake(void *arg)
{
    struct worker *w = arg;

    wake_send(&w->wake);
}

void
worker_unstarve(struct worker *w)
{
    wake(w);
}

/* --- Life --------------------------------------------------------------- */

static void
on_turn(uv_prepare_t *handle)
{
    worker_turn(handle->data);
}

static int
init_loop(struct worker *w, struct err *e)
{
    int r = uv_loop_init(&w->loop);

    if (r < 0)
        return err_set(e, -r, "Cannot make an event loop: %s", uv_strerror(r));
    r = wake_init(&w->wake, &w->loop, on_wake, w);
    if (r < 0) {
        uv_loop_close(&w->loop);
        return err_set(e, -r, "Cannot make a wake-up: %s", uv_strerror(r));
    }
    must(uv_prepare_init(&w->loop, &w->turn) == 0);
    must(uv_prepare_start(&w->turn, on_turn) == 0);
    w->turn.data = w;
    streams_init(&w->streams, &w->loop, &conn_stream_ops);
    wheel_init(&w->wheel, &w->loop, conn_run_deadline);
    return 0;
}

static void
check_options(const struct worker_options *o)
{
    size_t n = 0;

    while (o->dialects[n] != NULL)
        n++;
    must(n > 0 && o->dialects[n - 1]->sniff == NULL);
    must(n <= DIALECTS_MAX);
    must(o->index < LIMIT_WORKERS);
}

/* One without memory of its own takes none: a pool costs nothing unused. */
static void
init_pools(struct worker *w)
{
    pool_init(&w->conns, sizeof(struct conn));
    for (size_t i = 0; w->o.dialects[i] != NULL; i++) {
        size_t bytes = w->o.dialects[i]->state_bytes;
        pool_init(&w->states[i], bytes > 0 ? bytes : 1);
    }
}

static void
done_pools(struct worker *w)
{
    pool_done(&w->conns);
    for (size_t i = 0; w->o.dialects[i] != NULL; i++)
        pool_done(&w->states[i]);
}

int
worker_new(const struct worker_options *o, struct worker **ret, struct err *e)
{
    struct worker *w = must_alloc(sizeof(*w));
    int r;

    check_options(o);
    w->o = *o;
    w->pace = (struct flood_pace){.per_second = o->limits.messages_per_second,
                                  .burst = o->limits.messages_burst};
    r = init_loop(w, e);
    if (r < 0) {
        free(w);
        return r;
    }
    init_pools(w);
    list_init(&w->strangers);
    list_init(&w->starved);
    w->touched_end = &w->touched;
    mailbox_init(&w->mailbox, wake, w);
    must(pthread_mutex_init(&w->lock, NULL) == 0);
    w->input = must_alloc(LIMIT_READ_BYTES);
    *ret = w;
    return 0;
}

struct mailbox *
worker_mailbox(struct worker *w)
{
    return &w->mailbox;
}

static void *
run(void *arg)
{
    struct worker *w = arg;
    char name[16];

    snprintf(name, sizeof name, "edge %u", w->o.index);
    pthread_setname_np(pthread_self(), name);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    mailbox_close(&w->mailbox);
    worker_submit(w);
    worker_count(w);
    return NULL;
}

int
worker_start(struct worker *w, struct core *core, struct readers *readers,
             struct movers *movers, struct err *e)
{
    int r;

    w->core = core;
    w->movers = movers;
    w->fanout = fanout_new(w->o.index, readers, w->o.shard);
    r = pthread_create(&w->thread, NULL, run, w);
    if (r != 0)
        return err_set(e, r, "Cannot start a worker's thread");
    w->running = true;
    return 0;
}

void
worker_join(struct worker *w)
{
    if (!w->running)
        return;
    must(pthread_join(w->thread, NULL) == 0);
    w->running = false;
}

static void
close_loop(struct worker *w)
{
    streams_close(&w->streams, NULL);
    wheel_close(&w->wheel);
    uv_close((uv_handle_t *)&w->turn, NULL);
    wake_close(&w->wake);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&w->loop) == 0);
}

void
worker_free(struct worker **worker)
{
    struct worker *w = *worker;

    if (w == NULL)
        return;
    *worker = NULL;
    must(!w->running);
    refuse_arrivals(w);
    must(list_empty(&w->strangers) && list_empty(&w->starved));
    close_loop(w);
    done_pools(w);
    fanout_free(&w->fanout);
    event_unref(&w->stopping);
    mailbox_done(&w->mailbox);
    must(pthread_mutex_destroy(&w->lock) == 0);
    free(w->input);
    free(w);
}
