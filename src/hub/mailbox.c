/* SPDX-License-Identifier: MIT
 *
 * Parcels, and the boxes they wait in. A whole list goes in or out with a few
 * pointer moves under the lock; nothing is allocated, copied or freed there.
 * Waking is left out while the box is not empty: whoever filled it has woken
 * the worker, and the worker takes everything at once. */
#include "hub/mailbox.h"

#include <stdlib.h>

struct parcel *
parcel_new(enum parcel_kind kind, uint64_t session, uint64_t room,
           struct event *e)
{
    struct parcel *p = must_alloc(sizeof(*p));

    p->kind = kind;
    p->session = session;
    p->room = room;
    p->event = e;
    return p;
}

void
parcel_free(struct parcel **p)
{
    if (*p == NULL)
        return;
    event_unref(&(*p)->event);
    free(*p);
    *p = NULL;
}

void
parcel_list_push(struct parcel_list *l, struct parcel *p)
{
    p->next = NULL;
    if (l->tail != NULL)
        l->tail->next = p;
    else
        l->head = p;
    l->tail = p;
}

struct parcel *
parcel_list_pop(struct parcel_list *l)
{
    struct parcel *p = l->head;

    if (p == NULL)
        return NULL;
    l->head = p->next;
    if (l->head == NULL)
        l->tail = NULL;
    p->next = NULL;
    return p;
}

void
parcel_list_done(struct parcel_list *l)
{
    struct parcel *p;

    while ((p = parcel_list_pop(l)) != NULL)
        parcel_free(&p);
}

void
mailbox_init(struct mailbox *m, mailbox_wake_fn *wake, void *arg)
{
    *m = (struct mailbox){.wake = wake, .arg = arg};
    must(pthread_mutex_init(&m->lock, NULL) == 0);
    must(pthread_cond_init(&m->taken, NULL) == 0);
}

void
mailbox_done(struct mailbox *m)
{
    parcel_list_done(&m->list);
    must(pthread_cond_destroy(&m->taken) == 0);
    must(pthread_mutex_destroy(&m->lock) == 0);
}

static size_t
list_bytes(const struct parcel_list *l)
{
    size_t bytes = 0;

    for (const struct parcel *p = l->head; p != NULL; p = p->next)
        bytes += sizeof(*p) + (p->event != NULL ? event_memory(p->event) : 0);
    return bytes;
}

void
mailbox_post(struct mailbox *m, struct parcel_list *l, int64_t now_us)
{
    size_t bytes = list_bytes(l);
    bool was_empty;

    if (l->head == NULL)
        return;
    pthread_mutex_lock(&m->lock);
    was_empty = m->list.head == NULL;
    if (was_empty) {
        m->list.head = l->head;
        m->since_us = now_us;
    } else {
        m->list.tail->next = l->head;
    }
    m->list.tail = l->tail;
    m->bytes += bytes;
    pthread_mutex_unlock(&m->lock);
    *l = (struct parcel_list){0};
    if (was_empty)
        m->wake(m->arg);
}

int64_t
mailbox_take(struct mailbox *m, struct parcel_list *ret)
{
    int64_t since_us;

    must(ret->head == NULL);
    pthread_mutex_lock(&m->lock);
    *ret = m->list;
    since_us = m->since_us;
    m->list = (struct parcel_list){0};
    m->bytes = 0;
    m->since_us = 0;
    pthread_mutex_unlock(&m->lock);
    pthread_cond_broadcast(&m->taken);
    return since_us;
}

void
mailbox_wait(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    while (m->bytes > MAILBOX_BYTES_MAX && !m->closed)
        pthread_cond_wait(&m->taken, &m->lock);
    pthread_mutex_unlock(&m->lock);
}

void
mailbox_close(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->closed = true;
    pthread_mutex_unlock(&m->lock);
    pthread_cond_broadcast(&m->taken);
}
