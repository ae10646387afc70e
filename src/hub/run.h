/* SPDX-License-Identifier: MIT
 *
 * A run: messages of one room, one behind the other, that one opening of the
 * mailbox has brought. They are kept back until the mailbox is empty, so that
 * a receiver who is where the run begins gets all of them as one slab: its
 * cost per receiver is that of one message, however many they are. Part of
 * fanout.c; nothing of it outlives fanout_deliver().
 *
 *     run_new() -> run_add() ... -> run_bytes(), run_joined() -> run_free() */
#ifndef HUB_RUN_H
#define HUB_RUN_H

#include "hub/fanout.h"

/* More than that is delivered at once: a run is queued as a whole, beside a
 * queue's soft limit. */
#define RUN_MESSAGES_MAX 64
#define RUN_BYTES_MAX    (16 * 1024)

struct run;

struct run *run_new(void);                      /* returns owned */
void run_free(struct run **run);

bool run_is_full(const struct run *run);
uint32_t run_length(const struct run *run);
const struct event *run_event(const struct run *run, uint32_t i);

/* The next message (refs it): the first, or the one behind the last. Not to a
 * full one. */
void run_add(struct run *run, struct event *message);

/* Whether this person may have said some of it. No false no. */
bool run_may_be_from(const struct run *run, uint64_t sender_id);

/* Message i in r's encoding; NULL: not said. Borrowed until run_free(). */
struct slab *run_bytes(struct run *run, struct receiver *r, unsigned encoding,
                       uint32_t i);

/* All of them together. */
struct slab *run_joined(struct run *run, struct receiver *r,
                        unsigned encoding);

#endif
