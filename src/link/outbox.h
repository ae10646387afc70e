/* SPDX-License-Identifier: MIT
 *
 * What was said and has not come to its end yet, in order. A post waits, is
 * sent (within a window), and ends when the server has stored or refused it;
 * a lost connection puts the sent ones back to wait, under the same client
 * ids, so that the server stores each of them once.
 *
 * When the server could not store one for the time being, the outbox rests:
 * nothing is sent until outbox_wake(), then one alone, as a probe, and the
 * others once that one got through. */
#ifndef LINK_OUTBOX_H
#define LINK_OUTBOX_H

#include "base/list.h"
#include "base/must.h"
#include "wire/envelope.h"

#define OUTBOX_WINDOW_MESSAGES 1024
#define OUTBOX_WINDOW_BYTES    (512 * 1024)
#define OUTBOX_CLIENT_ID_BYTES 16

struct post {
    struct list link;
    uint64_t serial;          /* the order in which they were posted */
    uint64_t tag;             /* the application's */
    uint64_t request;         /* under which it was sent */
    size_t bytes;             /* counted against the maximum */
    Loquat__V1__MessageKind kind;
    uint8_t client_id[OUTBOX_CLIENT_ID_BYTES];
    char *text;               /* behind the target, in this allocation */
    char target[];
};

struct outbox {
    struct list waiting, sent;        /* each in rising serial */
    size_t count, bytes;              /* of both */
    size_t sent_count, sent_bytes;
    size_t messages_max, bytes_max;
    uint64_t serial;
    bool resting, probing;
};

void outbox_init(struct outbox *o, size_t messages_max, size_t bytes_max);
void outbox_done(struct outbox *o);

/* 0, or -EAGAIN when it is full. One post always fits. wall_ms: now; its
 * client id begins with it. */
int outbox_add(struct outbox *o, const char *target,
               Loquat__V1__MessageKind kind, const char *text, uint64_t tag,
               int64_t wall_ms) MUST_USE;

/* Half of it is free: time to fill it again. */
bool outbox_has_room(const struct outbox *o);

/* The next one to send; NULL when none waits, the window is full, or it
 * rests. Borrowed. */
struct post *outbox_next(const struct outbox *o);
void outbox_sent(struct outbox *o, struct post *p, uint64_t request);

/* Among the sent ones; NULL when there is none. Borrowed. */
struct post *outbox_find(const struct outbox *o, uint64_t request);
void outbox_end(struct outbox *o, struct post *p, bool stored);  /* frees p */

/* Not stored for the time being: it waits again, and the outbox rests. */
void outbox_keep(struct outbox *o, struct post *p);
void outbox_wake(struct outbox *o);

/* The connection is gone: all that was sent waits again. */
void outbox_rewind(struct outbox *o);

#endif
