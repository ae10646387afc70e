/* SPDX-License-Identifier: MIT
 *
 * One queue, a few threads. A thread takes the oldest job, reads what it asks
 * for, and posts it to the mailbox of the worker that asked: a page is never
 * handed over any other way, so that it keeps its place among that worker's
 * parcels. Without jobs every thread sleeps on the condition.
 *
 * The database connections are opened by readers_start() and then belong to
 * one thread each: an unreadable database is found out before anything runs. */
#include "hub/readers.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { STACK_BYTES = 512 * 1024 };

struct thread {
    pthread_t id;
    struct reader *reader;
    struct readers *pool;
};

struct readers {
    struct mailbox *const *mailboxes;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct read_job *head, *tail;
    bool stopping;
    unsigned running;             /* the first `running` threads are */
    unsigned n;
    struct thread threads[];
};

static const struct str none = {0};

static const enum command_kind commands[] = {
    [READ_PAGE] = COMMAND_HISTORY,
    [READ_FILES] = COMMAND_FILES,
};

/* Whose answer it is. */
static struct event *
addressed(struct event *e, const struct read_job *job)
{
    e->command = commands[job->kind];
    e->request = job->request;
    e->room = job->query.room;
    e->room_kind = job->access.kind;
    return e;
}

static struct event *
refusal_event(const struct read_job *job, enum deny why)
{
    struct event *e = event_new(ANSWER_DENIED, none, str_of(job->room_name),
                                none, none);

    e->deny = why;
    e->seq = job->query.at;
    return addressed(e, job);
}

/* In a direct room without a name to go by, a message has its sender's, as it
 * had when it was said. */
static struct event *
page_item(const struct message *m, const struct read_job *job)
{
    char name[LIMIT_ROOM_BYTES + 1];

    if (job->room_name[0] != '\0')
        return event_of_message(m, str_of(job->room_name));
    snprintf(name, sizeof name, "@%.*s", STR_FMT(m->sender));
    return event_of_message(m, str_of(name));
}

/* What was said since the page was asked for is not shown: the page is that of
 * the moment in which it was decided who may read it. */
static size_t
page_length(const struct page *p, const struct read_job *job)
{
    size_t n = p->n;

    while (job->end > 0 && n > 0 && p->messages[n - 1].seq >= job->end)
        n--;
    return n;
}

static struct event **
page_items(const struct page *p, const struct read_job *job, size_t n)
{
    struct event **items;

    if (n == 0)
        return NULL;
    items = must_alloc(n * sizeof(struct event *));
    for (size_t i = 0; i < n; i++)
        items[i] = page_item(&p->messages[i], job);
    return items;
}

struct event *
readers_page_event(const struct page *p, const struct read_job *job)
{
    struct event *e = event_new(ANSWER_PAGE, str_of(job->room_name), none,
                                none, none);
    size_t n = page_length(p, job);

    event_set_items(e, page_items(p, job, n), n);
    e->more = p->more || (n < p->n && job->query.mode == PAGE_AFTER);
    e->delivered = p->first_seq;
    e->seq = job->query.at;
    return addressed(e, job);
}

static struct event *
read_page(struct reader *reader, const struct read_job *job)
{
    struct page page;
    struct event *e;

    if (reader_page(reader, &job->query, &page) < 0)
        return refusal_event(job, DENY_STORAGE_BROKEN);
    e = readers_page_event(&page, job);
    page_done(&page);
    return e;
}

static struct event *
read_files(struct reader *reader, const struct read_job *job)
{
    struct event *e, **items;
    struct files_page p;

    if (reader_files(reader, &job->query, &p) < 0)
        return refusal_event(job, DENY_STORAGE_BROKEN);
    items = must_alloc((p.n + 1) * sizeof(struct event *));
    for (size_t i = 0; i < p.n; i++)
        items[i] = event_of_file(ITEM_FILE, &p.files[i], none);
    e = event_new(ANSWER_FILES, str_of(job->room_name), none, none, none);
    event_set_items(e, items, p.n);
    e->more = p.more;
    files_page_done(&p);
    return addressed(e, job);
}

static struct event *
read_job(struct reader *reader, const struct read_job *job)
{
    switch (job->kind) {
    case READ_PAGE:
        return read_page(reader, job);
    case READ_FILES:
        return read_files(reader, job);
    }
    must(!"a kind of job");
    return NULL;
}

static void
answer(struct thread *t, struct read_job *job)
{
    struct parcel_list list = {0};
    struct event *e = read_job(t->reader, job);
    struct parcel *p =
        parcel_new(job->catchup ? PARCEL_CATCHUP : PARCEL_SESSION,
                   job->session, job->query.room, e);

    p->access = job->access;
    p->grant = job->grant;
    p->decided = job->decided;
    parcel_list_push(&list, p);
    mailbox_post(t->pool->mailboxes[job->worker], &list, clock_mono_us());
    mailbox_wait(t->pool->mailboxes[job->worker]);
}

/* Waits for a job; NULL when the pool stops. */
static struct read_job *
next_job(struct readers *r)
{
    struct read_job *job = NULL;

    pthread_mutex_lock(&r->lock);
    while (r->head == NULL && !r->stopping)
        pthread_cond_wait(&r->wake, &r->lock);
    if (!r->stopping) {
        job = r->head;
        r->head = job->next;
        if (r->head == NULL)
            r->tail = NULL;
    }
    pthread_mutex_unlock(&r->lock);
    return job;
}

static void *
run(void *arg)
{
    struct thread *t = arg;
    struct read_job *job;

    pthread_setname_np(pthread_self(), "reader");
    while ((job = next_job(t->pool)) != NULL) {
        answer(t, job);
        free(job);
    }
    return NULL;
}

static int
start_threads(struct readers *r, struct err *e)
{
    pthread_attr_t attr;
    int rc = 0;

    must(pthread_attr_init(&attr) == 0);
    must(pthread_attr_setstacksize(&attr, STACK_BYTES) == 0);
    while (rc == 0 && r->running < r->n) {
        struct thread *t = &r->threads[r->running];

        rc = pthread_create(&t->id, &attr, run, t);
        if (rc == 0)
            r->running++;
    }
    pthread_attr_destroy(&attr);
    return rc ? err_set(e, rc, "Cannot start a reader's thread") : 0;
}

static int
open_readers(struct readers *r, const char *path, struct err *e)
{
    for (unsigned i = 0; i < r->n; i++) {
        int rc = reader_open(path, &r->threads[i].reader, e);

        if (rc < 0)
            return rc;
        r->threads[i].pool = r;
    }
    return 0;
}

int
readers_start(const char *path, unsigned threads,
              struct mailbox *const *mailboxes, struct readers **ret,
              struct err *e)
{
    struct readers *r;
    int rc;

    must(threads > 0);
    r = must_alloc(sizeof(*r) + threads * sizeof(r->threads[0]));
    r->mailboxes = mailboxes;
    r->n = threads;
    must(pthread_mutex_init(&r->lock, NULL) == 0);
    must(pthread_cond_init(&r->wake, NULL) == 0);
    rc = open_readers(r, path, e);
    if (rc == 0)
        rc = start_threads(r, e);
    if (rc < 0)
        readers_stop(&r);
    else
        *ret = r;
    return rc;
}

void
readers_submit(struct readers *r, struct read_job *jobs)
{
    struct read_job *last = jobs;

    if (jobs == NULL)
        return;
    while (last->next != NULL)
        last = last->next;
    pthread_mutex_lock(&r->lock);
    if (r->tail != NULL)
        r->tail->next = jobs;
    else
        r->head = jobs;
    r->tail = last;
    pthread_mutex_unlock(&r->lock);
    if (jobs == last)
        pthread_cond_signal(&r->wake);
    else
        pthread_cond_broadcast(&r->wake);
}

static void
drop_jobs(struct read_job *job)
{
    while (job != NULL) {
        struct read_job *next = job->next;

        free(job);
        job = next;
    }
}

void
readers_stop(struct readers **readers)
{
    struct readers *r = *readers;

    if (r == NULL)
        return;
    *readers = NULL;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_mutex_unlock(&r->lock);
    pthread_cond_broadcast(&r->wake);
    for (unsigned i = 0; i < r->running; i++)
        pthread_join(r->threads[i].id, NULL);
    for (unsigned i = 0; i < r->n; i++)
        reader_close(&r->threads[i].reader);
    drop_jobs(r->head);
    must(pthread_cond_destroy(&r->wake) == 0);
    must(pthread_mutex_destroy(&r->lock) == 0);
    free(r);
}
