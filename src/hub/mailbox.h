/* SPDX-License-Identifier: MIT
 *
 * A mailbox: the way from the core and the readers up to one worker. Parcels
 * come out in the order in which they went in; the worker is woken only when
 * the box was empty. */
#ifndef HUB_MAILBOX_H
#define HUB_MAILBOX_H

#include "hub/event.h"
#include <pthread.h>

enum parcel_kind {
    PARCEL_ROOM,         /* event to the receivers in room, except `session`
                            when that is not 0 */
    PARCEL_SESSION,      /* event to session */
    PARCEL_EVERYONE,     /* event to every named or reading session */
    PARCEL_SUBSCRIBE,    /* session hears room from `cursor` on; then event
                            (EVENT_SUBSCRIBED) to session */
    PARCEL_UNSUBSCRIBE,  /* session hears room no longer; then event */
    PARCEL_REVOKE,       /* session may read room no longer: what it hears and
                            what a reader still brings it of room ends here;
                            then event (EVENT_REMOVED) to session. Up to a
                            SUBSCRIBE, or a page that was decided later */
    PARCEL_GRANT,        /* session is now `grant` in room, if it hears it; no
                            event */
    PARCEL_CATCHUP,      /* a reader's page of room (event: ANSWER_PAGE), for
                            the sessions that lag there; no `session` */
    PARCEL_CLOSE,        /* event (EVENT_CLOSED) to session, then it ends */
};

struct parcel {
    struct parcel *next;
    enum parcel_kind kind;
    uint64_t session;
    uint64_t room;
    uint64_t cursor;              /* SUBSCRIBE: last seq it has */
    uint64_t last_seq;            /* SUBSCRIBE: the room's newest */
    struct access_room access;    /* SUBSCRIBE, and pages: asked at delivery;
                                     and with an EVENT_SETTING */
    struct access_grant grant;    /* SUBSCRIBE, GRANT, and pages: the same */
    uint64_t decided;             /* pages and REVOKE: a count of revocations;
                                     a page decided before one is void */
    struct access_who who;        /* PARCEL_SESSION of an answer to ENTER or to
                                     LOGIN, REGISTER: who the session is by
                                     now */
    bool durable;                 /* true only if the batch commits */
    struct event *event;          /* owned reference, or NULL */
};

struct parcel *parcel_new(enum parcel_kind kind, uint64_t session,
                          uint64_t room, struct event *e);   /* takes e */
void parcel_free(struct parcel **p);

struct parcel_list {
    struct parcel *head, *tail;
};

void parcel_list_push(struct parcel_list *l, struct parcel *p);   /* takes p */
struct parcel *parcel_list_pop(struct parcel_list *l);            /* or NULL */
void parcel_list_done(struct parcel_list *l);

/* Above this, mailbox_wait() waits: what a worker that cannot keep up may
 * hold in memory, besides what it is working on. */
#define MAILBOX_BYTES_MAX (16 * 1024 * 1024)

typedef void mailbox_wake_fn(void *arg);   /* any thread; must not block */

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t taken;
    struct parcel_list list;
    size_t bytes;                 /* of what is in it */
    int64_t since_us;             /* when the first of it came */
    bool closed;
    mailbox_wake_fn *wake;
    void *arg;
};

void mailbox_init(struct mailbox *m, mailbox_wake_fn *wake, void *arg);
void mailbox_done(struct mailbox *m);

/* Empties l. now_us: monotonic. */
void mailbox_post(struct mailbox *m, struct parcel_list *l, int64_t now_us);

/* *ret was empty. Returns since when the oldest of it has waited; 0: nothing
 * was there. */
int64_t mailbox_take(struct mailbox *m, struct parcel_list *ret);

/* Waits until the worker has taken what is in m, if that is above
 * MAILBOX_BYTES_MAX. Whoever posts waits afterwards, so that the core, and
 * through its queue the senders, become no faster than the slowest worker.
 * Never called by a worker. */
void mailbox_wait(struct mailbox *m);

/* Its worker takes nothing any more; nobody waits for it from now on. */
void mailbox_close(struct mailbox *m);

#endif
