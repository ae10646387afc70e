/* SPDX-License-Identifier: MIT
 *
 * One queue, a few threads, as in readers.c. And the sessions that wait for a
 * blob to grow: each an entry of its own with a reference to the blob, in a
 * small table by session, so that one that leaves finds its own among many
 * that follow the same file. */
#include "hub/movers.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    STACK_BYTES = 512 * 1024,
    BUCKETS = 256,
    LOG_EVERY_MS = 60 * 1000,    /* how often a state is worth a line */
};

/* What an operator must know, and when it was last said. */
enum trouble { TROUBLE_FULL, TROUBLE_DESCRIPTORS, TROUBLE_BROKEN, TROUBLES };

struct waiting {
    struct blob_waiter waiter;
    struct list link;             /* in its bucket */
    struct movers *pool;
    struct blob *blob;            /* owned reference */
    unsigned worker;
    uint64_t session, request;
};

struct movers {
    struct blobs *blobs;
    struct mailbox *const *mailboxes;

    pthread_mutex_t lock;         /* of what follows, down to logged_ms */
    pthread_cond_t wake, core_set;
    struct move_job *head, *tail;
    struct core *core;
    bool stopping;
    int64_t logged_ms[TROUBLES];  /* monotonic; 0 = never */

    pthread_mutex_t waiting_lock;
    struct list waiting[BUCKETS];

    unsigned running, n;
    pthread_t threads[];
};

/* --- What the operator must know ---------------------------------------- */

static const char *const troubles[TROUBLES] = {
    [TROUBLE_FULL] = "disk full, uploads are refused",
    [TROUBLE_DESCRIPTORS] = "out of file descriptors",
    [TROUBLE_BROKEN] = "storage failed for a file",
};

static void
tell_trouble(struct movers *m, enum trouble t, const struct move_job *job,
             int rc)
{
    int64_t now_ms = clock_mono_ms();
    char id[FILE_ID_CHARS + 1];
    bool says;

    pthread_mutex_lock(&m->lock);
    says = m->logged_ms[t] == 0 || now_ms - m->logged_ms[t] >= LOG_EVERY_MS;
    if (says)
        m->logged_ms[t] = now_ms;
    pthread_mutex_unlock(&m->lock);
    if (!says)
        return;
    file_id_write(job->blob != NULL ? blob_id(job->blob) : &job->id, id);
    log_event(LOG_ERROR, "files", troubles[t], LOG_S("file", id),
              LOG_S("why", strerrordesc_np(-rc)));
}

static void
report(struct movers *m, const struct move_job *job, int rc)
{
    char id[FILE_ID_CHARS + 1];

    if (move_deny(rc) == DENY_OVERLOADED) {
        tell_trouble(m, TROUBLE_DESCRIPTORS, job, rc);
    } else if (move_deny(rc) == DENY_STORAGE_FULL) {
        tell_trouble(m, TROUBLE_FULL, job, rc);
    } else if (move_deny(rc) == DENY_STORAGE_BROKEN) {
        tell_trouble(m, TROUBLE_BROKEN, job, rc);
    } else if (rc < 0 && job->session == 0) {
        file_id_write(&job->id, id);
        log_event(LOG_WARN, "files", "not finished", LOG_S("file", id),
                  LOG_S("why", strerrordesc_np(-rc)));
    }
}

/* --- Doing -------------------------------------------------------------- */

static void
post(struct movers *m, unsigned worker, uint64_t session, struct event *e)
{
    struct parcel_list list = {0};

    parcel_list_push(&list, parcel_new(PARCEL_SESSION, session, 0, e));
    mailbox_post(m->mailboxes[worker], &list, clock_mono_us());
}

/* NULL when the pool stops before there was one. */
static struct core *
get_core(struct movers *m)
{
    struct core *core;

    pthread_mutex_lock(&m->lock);
    while (m->core == NULL && !m->stopping)
        pthread_cond_wait(&m->core_set, &m->lock);
    core = m->core;
    pthread_mutex_unlock(&m->lock);
    return core;
}

static void
share(struct movers *m, struct command *cmd)
{
    struct core *core = get_core(m);

    cmd->now_ms = clock_wall_ms();
    cmd->made_us = clock_mono_us();
    if (core != NULL)
        core_operate(core, cmd);
    else
        command_free(&cmd);
}

static void
work(struct movers *m, struct move_job *job)
{
    struct move_result r;

    move_do(m->blobs, job, &r);
    report(m, job, r.rc);
    if (r.share != NULL)
        share(m, r.share);
    if (r.answer != NULL) {
        post(m, job->worker, job->session, r.answer);
        mailbox_wait(m->mailboxes[job->worker]);
    }
}

/* Waits for a job; NULL when the pool stops and none is left. */
static struct move_job *
next_job(struct movers *m)
{
    struct move_job *job;

    pthread_mutex_lock(&m->lock);
    while (m->head == NULL && !m->stopping)
        pthread_cond_wait(&m->wake, &m->lock);
    job = m->head;
    if (job != NULL) {
        m->head = job->next;
        if (m->head == NULL)
            m->tail = NULL;
    }
    pthread_mutex_unlock(&m->lock);
    return job;
}

static void *
run(void *arg)
{
    struct movers *m = arg;
    struct move_job *job;

    pthread_setname_np(pthread_self(), "mover");
    while ((job = next_job(m)) != NULL) {
        work(m, job);
        move_job_free(&job);
    }
    return NULL;
}

/* --- The pool ----------------------------------------------------------- */

static int
start_threads(struct movers *m, struct err *e)
{
    pthread_attr_t attr;
    int rc = 0;

    must(pthread_attr_init(&attr) == 0);
    must(pthread_attr_setstacksize(&attr, STACK_BYTES) == 0);
    while (rc == 0 && m->running < m->n) {
        rc = pthread_create(&m->threads[m->running], &attr, run, m);
        if (rc == 0)
            m->running++;
    }
    pthread_attr_destroy(&attr);
    return rc ? err_set(e, rc, "Cannot start a mover's thread") : 0;
}

int
movers_start(struct blobs *blobs, unsigned threads,
             struct mailbox *const *mailboxes, struct movers **ret,
             struct err *e)
{
    struct movers *m;
    int rc;

    must(threads > 0);
    m = must_alloc(sizeof(*m) + threads * sizeof(m->threads[0]));
    m->blobs = blobs;
    m->mailboxes = mailboxes;
    m->n = threads;
    for (unsigned i = 0; i < BUCKETS; i++)
        list_init(&m->waiting[i]);
    must(pthread_mutex_init(&m->lock, NULL) == 0);
    must(pthread_mutex_init(&m->waiting_lock, NULL) == 0);
    must(pthread_cond_init(&m->wake, NULL) == 0);
    must(pthread_cond_init(&m->core_set, NULL) == 0);
    rc = start_threads(m, e);
    if (rc < 0)
        movers_stop(&m);
    else
        *ret = m;
    return rc;
}

void
movers_set_core(struct movers *m, struct core *core)
{
    pthread_mutex_lock(&m->lock);
    m->core = core;
    pthread_mutex_unlock(&m->lock);
    pthread_cond_broadcast(&m->core_set);
}

static void
drop_jobs(struct move_job *job)
{
    while (job != NULL) {
        struct move_job *next = job->next;

        move_job_free(&job);
        job = next;
    }
}

void
movers_submit(struct movers *m, struct move_job *jobs)
{
    struct move_job *last = jobs;
    bool late;

    if (jobs == NULL)
        return;
    while (last->next != NULL)
        last = last->next;
    pthread_mutex_lock(&m->lock);
    late = m->stopping;
    if (!late && m->tail != NULL)
        m->tail->next = jobs;
    else if (!late)
        m->head = jobs;
    if (!late)
        m->tail = last;
    pthread_mutex_unlock(&m->lock);
    if (late)
        drop_jobs(jobs);
    else if (jobs == last)
        pthread_cond_signal(&m->wake);
    else
        pthread_cond_broadcast(&m->wake);
}

/* --- Waiting for growth ------------------------------------------------- */

static struct list *
bucket_of(struct movers *m, uint64_t session)
{
    return &m->waiting[session % BUCKETS];
}

static void
waiting_free(struct waiting *w)
{
    blob_unref(&w->blob);
    free(w);
}

static void
unlist(struct waiting *w)
{
    pthread_mutex_lock(&w->pool->waiting_lock);
    list_remove(&w->link);
    pthread_mutex_unlock(&w->pool->waiting_lock);
}

/* Whoever made it grow has a reference of its own. */
static void
grew(struct blob_waiter *waiter)
{
    struct waiting *w = list_entry(waiter, struct waiting, waiter);

    unlist(w);
    post(w->pool, w->worker, w->session,
         move_event(MOVE_GREW, w->request, 0, w->blob));
    waiting_free(w);
}

/* Listed first: it may be called before blob_wait() has returned. */
bool
movers_await(struct movers *m, struct blob *b, uint64_t beyond,
             const struct move_job *asker)
{
    struct waiting *w = must_alloc(sizeof(*w));

    w->waiter.grown = grew;
    w->pool = m;
    w->blob = blob_ref(b);
    w->worker = asker->worker;
    w->session = asker->session;
    w->request = asker->request;
    pthread_mutex_lock(&m->waiting_lock);
    list_push(bucket_of(m, w->session), &w->link);
    pthread_mutex_unlock(&m->waiting_lock);
    if (blob_wait(b, beyond, &w->waiter))
        return true;
    unlist(w);
    waiting_free(w);
    return false;
}

/* Called off, or NULL: there is none, or it is being called just now. Under
 * the lock, so that it cannot have been freed. */
static struct waiting *
call_off(struct list *bucket, const struct blob *b, uint64_t session,
         uint64_t request)
{
    list_each(it, tmp, bucket) {
        struct waiting *w = list_entry(it, struct waiting, link);

        if (w->session != session || w->request != request || w->blob != b)
            continue;
        if (!blob_unwait(w->blob, &w->waiter))
            return NULL;
        list_remove(it);
        return w;
    }
    return NULL;
}

void
movers_forget(struct movers *m, struct blob *b, unsigned worker,
              uint64_t session, uint64_t request)
{
    struct waiting *w;

    pthread_mutex_lock(&m->waiting_lock);
    w = call_off(bucket_of(m, session), b, session, request);
    pthread_mutex_unlock(&m->waiting_lock);
    if (w == NULL)
        return;
    must(w->worker == worker);
    waiting_free(w);
}

/* --- The end ------------------------------------------------------------ */

void
movers_finish(struct movers *m)
{
    if (m == NULL)
        return;
    pthread_mutex_lock(&m->lock);
    m->stopping = true;
    pthread_mutex_unlock(&m->lock);
    pthread_cond_broadcast(&m->wake);
    pthread_cond_broadcast(&m->core_set);
    for (unsigned i = 0; i < m->running; i++)
        pthread_join(m->threads[i], NULL);
    m->running = 0;
}

/* The threads are gone: nothing grows any more. */
static void
forget_all(struct movers *m)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        list_each(it, tmp, &m->waiting[i]) {
            struct waiting *w = list_entry(it, struct waiting, link);

            must(blob_unwait(w->blob, &w->waiter));
            waiting_free(w);
        }
    }
}

void
movers_stop(struct movers **movers)
{
    struct movers *m = *movers;

    if (m == NULL)
        return;
    *movers = NULL;
    movers_finish(m);
    must(m->head == NULL);
    forget_all(m);
    must(pthread_cond_destroy(&m->core_set) == 0);
    must(pthread_cond_destroy(&m->wake) == 0);
    must(pthread_mutex_destroy(&m->waiting_lock) == 0);
    must(pthread_mutex_destroy(&m->lock) == 0);
    free(m);
}
