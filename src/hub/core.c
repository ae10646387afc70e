/* SPDX-License-Identifier: MIT
 *
 * The core's thread: take all that is queued, apply it, commit, tell everyone,
 * again. It is the one caller of the hub, and of the store.
 *
 *     queue --cut--> batch --apply, tick, commit--> mailboxes, readers
 *
 * Why no wake-up of a starved worker is lost. A worker that finds its share
 * used up (1) raises `hungry`, then (2) reads `waiting` once more. The core
 * (3) lowers `waiting`, then (4) reads `hungry`. All four are sequentially
 * consistent, so they have one order. If (2) still saw more than half a share,
 * then a (3) that brings it to half or below comes after (2), so after (1),
 * and its (4) sees the flag. If (2) saw half a share or less, the worker takes
 * its flag back and goes on. Whoever clears the flag, by exchange, acts on it:
 * so there is one `starved` call for each time it was raised, or none. And (3)
 * does come: every waiting command is the core's to apply. */
#include "hub/core.h"

#include "base/clock.h"
#include "base/log.h"
#include "hub/movers.h"
#include "hub/pace.h"
#include "hub/upkeep.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

enum {
    BATCH_COMMANDS = 4096,     /* in one transaction: the last command's wait */
    FULL_LOG_MS = 60 * 1000,   /* how often a full disk is worth a line */
    CACHE_LINE = 64,
};

#define NOBODY UINT_MAX

/* What one worker has in the queue; a cache line each. */
struct share {
    _Alignas(CACHE_LINE) atomic_uint waiting;
    atomic_bool hungry;
    unsigned done;             /* the core's: of the batch at hand */
};

struct chain {
    struct command *head, *tail;
};

struct core {
    struct core_options o;
    pthread_t thread;
    unsigned share_max;

    pthread_mutex_t lock;      /* of these five */
    pthread_cond_t wake;
    struct chain queue;
    unsigned queued;           /* commands in it */
    unsigned wake_at;          /* how many wake the thread; NOBODY: it is up */
    bool stopping;

    /* The thread's own. */
    struct chain batch;        /* taken from the queue, not yet applied */
    struct pace pace;
    int64_t began_us;          /* the batch's; monotonic */
    int64_t tick_at;           /* monotonic ms; INT64_MAX = never */
    struct upkeep upkeep;
    int64_t full_logged_at;    /* monotonic ms; 0 = never */
    bool broken;

    struct share shares[];
};

/* --- The queue ---------------------------------------------------------- */

static void
chain_append(struct chain *to, struct command *head, struct command *tail)
{
    if (to->tail != NULL)
        to->tail->next = head;
    else
        to->head = head;
    to->tail = tail;
}

static void
enqueue(struct core *c, struct command *head, struct command *tail, unsigned n)
{
    bool wake;

    must(tail->next == NULL);
    pthread_mutex_lock(&c->lock);
    chain_append(&c->queue, head, tail);
    c->queued += n;
    wake = c->queued >= c->wake_at;
    if (wake)
        c->wake_at = NOBODY;
    pthread_mutex_unlock(&c->lock);
    if (wake)
        pthread_cond_signal(&c->wake);
}

void
core_submit(struct core *c, unsigned worker, struct command *head,
            struct command *tail, unsigned n)
{
    must(worker < c->o.workers && n > 0);
    atomic_fetch_add(&c->shares[worker].waiting, n);
    enqueue(c, head, tail, n);
}

void
core_operate(struct core *c, struct command *cmd)
{
    must(cmd->worker < c->o.workers);
    cmd->inside = true;
    if (cmd->session != 0)
        atomic_fetch_add(&c->shares[cmd->worker].waiting, 1);
    cmd->next = NULL;
    enqueue(c, cmd, cmd, 1);
}

/* Lets go of the lock until then, or until so many commands are there. */
static void
sleep_until(struct core *c, int64_t mono_us, unsigned commands)
{
    struct timespec t = {.tv_sec = mono_us / 1000000,
                         .tv_nsec = mono_us % 1000000 * 1000};

    c->wake_at = commands;
    if (mono_us == INT64_MAX)
        pthread_cond_wait(&c->wake, &c->lock);
    else
        pthread_cond_timedwait(&c->wake, &c->lock, &t);
    c->wake_at = NOBODY;
}

/* Waits for company for what is in the queue, if that is worth it. */
static void
gather(struct core *c)
{
    unsigned before = c->queued;
    int64_t until_us, now_us;

    if (before >= PACE_ENOUGH || c->stopping)
        return;
    now_us = clock_mono_us();
    until_us = pace_until(&c->pace, now_us);
    if (until_us <= now_us)
        return;
    while (c->queued < PACE_ENOUGH && !c->stopping &&
           clock_mono_us() < until_us)
        sleep_until(c, until_us, PACE_ENOUGH);
    pace_gathered(&c->pace, c->queued - before);
}

static int64_t
due_us(const struct core *c)
{
    int64_t due = c->tick_at;

    if (!c->broken && c->upkeep.idle_at < due)
        due = c->upkeep.idle_at;
    return due == INT64_MAX ? due : due * 1000;
}

/* Sleeps until there are commands or something is due, and takes them. False
 * when the core stops and nothing is left. */
static bool
take_batch(struct core *c)
{
    int64_t due = due_us(c);
    bool more;

    pthread_mutex_lock(&c->lock);
    while (c->queue.head == NULL && !c->stopping && clock_mono_us() < due)
        sleep_until(c, due, 1);
    if (c->queue.head != NULL)
        gather(c);
    c->batch = c->queue;
    c->queue = (struct chain){0};
    c->queued = 0;
    more = c->batch.head != NULL || !c->stopping;
    pthread_mutex_unlock(&c->lock);
    return more;
}

/* --- Shares ------------------------------------------------------------- */

unsigned
core_may_submit(struct core *c, unsigned worker)
{
    struct share *s = &c->shares[worker];
    unsigned waiting = atomic_load(&s->waiting);

    if (waiting < c->share_max)
        return c->share_max - waiting;
    if (!atomic_exchange(&s->hungry, true))
        metrics_add(c->o.shard, METRIC_core_stalls_total, 1);
    waiting = atomic_load(&s->waiting);
    if (waiting > c->share_max / 2 || !atomic_exchange(&s->hungry, false))
        return 0;
    return c->share_max - waiting;
}

static void
give_back(struct core *c)
{
    for (unsigned i = 0; i < c->o.workers; i++) {
        struct share *s = &c->shares[i];
        unsigned before;

        if (s->done == 0)
            continue;
        before = atomic_fetch_sub(&s->waiting, s->done);
        must(before >= s->done);
        if (before - s->done <= c->share_max / 2 &&
            atomic_load(&s->hungry) && atomic_exchange(&s->hungry, false))
            c->o.starved(c->o.arg, i);
        s->done = 0;
    }
}

/* --- A batch ------------------------------------------------------------ */

/* The operator's commands (session 0) are in nobody's share. */
static void
apply_one(struct core *c, struct command *cmd, int64_t now_us)
{
    must(cmd->worker < c->o.workers);
    if (cmd->made_us != 0)
        metrics_observe(c->o.shard, HISTOGRAM_queue_us, now_us - cmd->made_us);
    hub_apply(c->o.hub, cmd);
    if (cmd->session != 0)
        c->shares[cmd->worker].done++;
}

static unsigned
apply(struct core *c)
{
    struct command *cmd;
    unsigned n = 0;

    c->began_us = clock_mono_us();
    for (; n < BATCH_COMMANDS && (cmd = c->batch.head) != NULL; n++) {
        c->batch.head = cmd->next;
        apply_one(c, cmd, c->began_us);
        command_free(&cmd);
    }
    if (c->batch.head == NULL)
        c->batch.tail = NULL;
    if (n == 0)
        return 0;
    metrics_observe(c->o.shard, HISTOGRAM_batch, n);
    metrics_observe(c->o.shard, HISTOGRAM_apply_us,
                    clock_mono_us() - c->began_us);
    return n;
}

/* A tick's stamp is the core's own input: the one clock that is read for the
 * hub, outside of it. */
static void
tick(struct core *c)
{
    int64_t now_ms = clock_wall_ms();
    int64_t next_ms = hub_tick(c->o.hub, now_ms);

    if (next_ms == INT64_MAX)
        c->tick_at = INT64_MAX;
    else
        c->tick_at = clock_mono_ms() +
                     (next_ms > now_ms ? next_ms - now_ms : 0);
}

static void
report_full(struct core *c)
{
    int64_t now_ms = clock_mono_ms();

    if (c->full_logged_at != 0 && now_ms - c->full_logged_at < FULL_LOG_MS)
        return;
    c->full_logged_at = now_ms;
    log_event(LOG_ERROR, "core", "disk full, posts are refused");
}

static void
report_broken(struct core *c)
{
    if (c->broken)
        return;
    c->broken = true;
    log_event(LOG_ERROR, "core", "storage failed, nothing more is stored");
    c->o.broken(c->o.arg);
}

static void
commit(struct core *c)
{
    int64_t start_us = clock_mono_us();
    bool writes = hub_has_written(c->o.hub);
    int rc = hub_commit(c->o.hub);

    if (writes) {
        pace_committed(&c->pace, c->began_us);
        metrics_observe(c->o.shard, HISTOGRAM_commit_us,
                        clock_mono_us() - start_us);
    }
    if (rc == -ENOSPC)
        report_full(c);
    else if (rc < 0)
        report_broken(c);
}

static void
tell_movers(struct core *c)
{
    struct move_job *jobs = hub_take_moves(c->o.hub);

    if (jobs == NULL)
        return;
    must(c->o.movers != NULL);
    movers_submit(c->o.movers, jobs);
}

static void
tell_hashers(struct core *c)
{
    struct hash_job *jobs = hub_take_hashes(c->o.hub);

    if (jobs == NULL)
        return;
    must(c->o.hashers != NULL);
    hashers_submit(c->o.hashers, jobs);
}

static void
tell(struct core *c)
{
    int64_t now_us = clock_mono_us();

    for (unsigned i = 0; i < c->o.workers; i++) {
        struct parcel_list list = {0};

        hub_take(c->o.hub, i, &list);
        mailbox_post(c->o.mailboxes[i], &list, now_us);
    }
    readers_submit(c->o.readers, hub_take_jobs(c->o.hub));
    tell_movers(c);
    tell_hashers(c);
    for (unsigned i = 0; i < c->o.workers; i++)
        mailbox_wait(c->o.mailboxes[i]);
}

/* --- The thread --------------------------------------------------------- */

/* What time demands, even the first time, is part of a batch. */
static void
finish_batch(struct core *c)
{
    tick(c);
    commit(c);
    tell(c);
}

static void
run_batch(struct core *c)
{
    unsigned n = apply(c);

    finish_batch(c);
    give_back(c);
    upkeep_worked(&c->upkeep, n, clock_mono_ms());
}

static void *
run(void *arg)
{
    struct core *c = arg;

    pthread_setname_np(pthread_self(), "core");
    finish_batch(c);
    while (take_batch(c)) {
        do {
            if (c->batch.head != NULL || clock_mono_ms() >= c->tick_at)
                run_batch(c);
            if (!c->broken)
                upkeep_run(&c->upkeep, clock_mono_ms());
        } while (c->batch.head != NULL);
    }
    return NULL;
}

static void
init_sync(struct core *c)
{
    pthread_condattr_t attr;

    must(pthread_mutex_init(&c->lock, NULL) == 0);
    must(pthread_condattr_init(&attr) == 0);
    must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&c->wake, &attr) == 0);
    pthread_condattr_destroy(&attr);
}

static void
core_free(struct core *c)
{
    must(pthread_cond_destroy(&c->wake) == 0);
    must(pthread_mutex_destroy(&c->lock) == 0);
    free(c);
}

int
core_start(const struct core_options *o, struct core **ret, struct err *e)
{
    size_t size = sizeof(struct core) + o->workers * sizeof(struct share);
    struct core *c = aligned_alloc(_Alignof(struct core), size);
    int rc;

    must(c != NULL && o->workers > 0);
    memset(c, 0, size);
    c->o = *o;
    c->share_max = o->queue_max / o->workers;
    if (c->share_max == 0)
        c->share_max = 1;
    upkeep_init(&c->upkeep, o->store);
    c->wake_at = NOBODY;
    c->pace.window_us = o->gather_us;
    init_sync(c);
    rc = pthread_create(&c->thread, NULL, run, c);
    if (rc != 0) {
        core_free(c);
        return err_set(e, rc, "Cannot start the core's thread");
    }
    *ret = c;
    return 0;
}

void
core_stop(struct core **c)
{
    if (*c == NULL)
        return;
    pthread_mutex_lock(&(*c)->lock);
    (*c)->stopping = true;
    pthread_mutex_unlock(&(*c)->lock);
    pthread_cond_signal(&(*c)->wake);
    pthread_join((*c)->thread, NULL);
    core_free(*c);
    *c = NULL;
}
