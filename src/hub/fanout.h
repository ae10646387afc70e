/* SPDX-License-Identifier: MIT
 *
 * The fan-out: one worker's view of the rooms. Who of this worker's sessions
 * hears what, and how far each has got. It opens the parcels, encodes a room's
 * event once per encoding that its receivers need, and hands each receiver
 * the same shared bytes.
 *
 * A cursor per (session, room) counts the last seq delivered; a live message
 * goes out only when it is the next one. A receiver that is congested is
 * marked lagging: no live events until its queue has drained; then a reader
 * feeds it from the log, page by page, each after the one before has drained,
 * until its cursor meets the room's newest seq, and it is live again. A JOIN
 * that resumes starts out that way.
 *
 *      live --congested--> lagging --drained--> page asked --page--> ...
 *        ^------- cursor == room's last_seq on this worker -----'          */
#ifndef HUB_FANOUT_H
#define HUB_FANOUT_H

#include "base/list.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "hub/mailbox.h"
#include "hub/readers.h"

#define FANOUT_ENCODINGS 64       /* of all dialects of a server together */

struct fanout;
struct receiver;
struct subscription;

/* What a connection must be able to do. None may free the receiver. */
struct receiver_ops {
    /* Encodes a shared event (EVENT_MESSAGE .. EVENT_STOPPING). NULL: this
     * encoding says nothing of it. Returns owned. */
    struct slab *(*encode)(struct receiver *r, unsigned encoding,
                           const struct event *e);

    /* Queues shared bytes (refs them). */
    void (*send)(struct receiver *r, struct slab *s);

    /* An event or answer for this session alone. `sub` is its room's, for
     * SUBSCRIBED and for what wants_uploads brings; NULL otherwise. */
    void (*answer)(struct receiver *r, const struct event *e,
                   struct subscription *sub);

    /* The output queue is above its soft limit. */
    bool (*congested)(const struct receiver *r);

    /* The session is over (EVENT_CLOSED, EVENT_STOPPING): say so and close
     * once what is queued has been written. */
    void (*end)(struct receiver *r, const struct event *why);
};

struct receiver {
    const struct receiver_ops *ops;
    uint64_t session;
    struct list subs;
    struct access_who who;        /* set by the WELCOME */
    uint8_t encoding;             /* the first of its dialect's */
    bool skip_own;                /* its own messages are not sent back */
    bool wants_uploads;           /* UPLOADING comes as an answer: it acts on
                                     each by itself, also while it lags; so do
                                     messages of kind FILE, besides */
    bool entered;                 /* WELCOME came: hears what is for everyone */
    bool lagging;
    bool page_asked;
};

struct subscription {
    struct list link;             /* in receiver->subs */
    struct receiver *receiver;
    struct heard_room *room;
    uint64_t cursor;              /* last seq delivered */
    uint32_t index;               /* its place in the room's array */
    uint8_t encoding;             /* added to receiver->encoding: the dialect's
                                     choice, e.g. "not the current room" */
    bool behind;                  /* has missed live messages */
    struct access_grant grant;    /* what the receiver is in the room */
};

struct fanout *fanout_new(unsigned worker, struct readers *readers,
                          struct metrics_shard *shard);
void fanout_free(struct fanout **f);

void fanout_add(struct fanout *f, struct receiver *r);      /* session is set */
void fanout_remove(struct fanout *f, struct receiver *r);   /* and its subs */
struct receiver *fanout_find(struct fanout *f, uint64_t session);

/* Opens everything in l, in order, and empties it. */
void fanout_deliver(struct fanout *f, struct parcel_list *l);

/* r's output queue, which was congested, has fallen below its low mark. */
void fanout_drained(struct fanout *f, struct receiver *r);

/* NULL when r does not hear it. */
struct subscription *fanout_subscription(const struct receiver *r,
                                         uint64_t room);
uint64_t subscription_room(const struct subscription *sub);

/* What a channel is called now, "" for a direct room; borrowed until the next
 * delivery. A room may be renamed while its receiver lags, and hear nothing of
 * it. */
const char *subscription_name(const struct subscription *sub);

#endif
