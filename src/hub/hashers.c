/* SPDX-License-Identifier: MIT
 *
 * One queue, and threads that take the oldest job, do its sums, and give its
 * command back to the core. They are nicer than every other thread: while one
 * of them counts, nobody's messages wait for its processor. */
#include "hub/hashers.h"
#include "auth/password.h"
#include "hub/core.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STACK_BYTES = 512 * 1024, NICENESS = 10 };

struct hashers {
    struct core *core;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct hash_job *head, *tail;
    bool stopping;
    unsigned running;             /* the first `running` threads are */
    pthread_t threads[];
};

/* A wrong password hashes nothing. A registering one is the fresh one. */
static void
do_sums(const struct hash_job *job)
{
    struct login *l = job->command->login;
    const char *fresh = l->fresh[0] != '\0' ? l->fresh : l->password;

    if (job->verify)
        l->verified = password_verify(l->against, l->password);
    if (job->make && (!job->verify || l->verified)
        && !password_hash(fresh, l->hash, sizeof l->hash))
        l->hash[0] = '\0';
    sodium_memzero(l->password, sizeof l->password);
    sodium_memzero(l->fresh, sizeof l->fresh);
}

/* Waits for a job; NULL when the pool stops. */
static struct hash_job *
next_job(struct hashers *h, struct core **core)
{
    struct hash_job *job = NULL;

    pthread_mutex_lock(&h->lock);
    while (h->head == NULL && !h->stopping)
        pthread_cond_wait(&h->wake, &h->lock);
    if (!h->stopping) {
        job = h->head;
        h->head = job->next;
        if (h->head == NULL)
            h->tail = NULL;
        *core = h->core;
    }
    pthread_mutex_unlock(&h->lock);
    return job;
}

static void *
run(void *arg)
{
    struct hashers *h = arg;
    struct hash_job *job;
    struct core *core;

    pthread_setname_np(pthread_self(), "hasher");
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    while ((job = next_job(h, &core)) != NULL) {
        do_sums(job);
        core_operate(core, job->command);
        free(job);
    }
    return NULL;
}

static int
start_threads(struct hashers *h, unsigned threads, struct err *e)
{
    pthread_attr_t attr;
    int rc = 0;

    must(pthread_attr_init(&attr) == 0);
    must(pthread_attr_setstacksize(&attr, STACK_BYTES) == 0);
    while (rc == 0 && h->running < threads) {
        rc = pthread_create(&h->threads[h->running], &attr, run, h);
        if (rc == 0)
            h->running++;
    }
    pthread_attr_destroy(&attr);
    return rc ? err_set(e, rc, "Cannot start a hasher's thread") : 0;
}

int
hashers_start(unsigned threads, struct hashers **ret, struct err *e)
{
    struct hashers *h;
    int rc;

    must(threads > 0);
    h = must_alloc(sizeof *h + threads * sizeof h->threads[0]);
    must(pthread_mutex_init(&h->lock, NULL) == 0);
    must(pthread_cond_init(&h->wake, NULL) == 0);
    rc = start_threads(h, threads, e);
    if (rc < 0)
        hashers_stop(&h);
    else
        *ret = h;
    return rc;
}

void
hashers_set_core(struct hashers *h, struct core *core)
{
    pthread_mutex_lock(&h->lock);
    h->core = core;
    pthread_mutex_unlock(&h->lock);
}

void
hashers_submit(struct hashers *h, struct hash_job *jobs)
{
    struct hash_job *last = jobs;

    if (jobs == NULL)
        return;
    while (last->next != NULL)
        last = last->next;
    pthread_mutex_lock(&h->lock);
    if (h->tail != NULL)
        h->tail->next = jobs;
    else
        h->head = jobs;
    h->tail = last;
    pthread_mutex_unlock(&h->lock);
    pthread_cond_broadcast(&h->wake);
}

/* A command wipes its login. */
static void
drop_jobs(struct hash_job *job)
{
    while (job != NULL) {
        struct hash_job *next = job->next;

        command_free(&job->command);
        free(job);
        job = next;
    }
}

void
hashers_stop(struct hashers **hashers)
{
    struct hashers *h = *hashers;

    if (h == NULL)
        return;
    *hashers = NULL;
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_mutex_unlock(&h->lock);
    pthread_cond_broadcast(&h->wake);
    for (unsigned i = 0; i < h->running; i++)
        pthread_join(h->threads[i], NULL);
    drop_jobs(h->head);
    must(pthread_cond_destroy(&h->wake) == 0);
    must(pthread_mutex_destroy(&h->lock) == 0);
    free(h);
}
