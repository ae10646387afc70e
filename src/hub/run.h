/* SPDX-License-Identifier: MIT
 *
 * A run: messages of one room, one behind the other, that go out together. A
 * receiver who is where the run begins gets all of them as one slab: its cost
 * per receiver is that of one message, however many they are. What one
 * opening of the mailbox brings to a room is a run (live.c), and so is a page
 * of the log (pages.c). Part of fanout.c. */
#ifndef HUB_RUN_H
#define HUB_RUN_H

#include "hub/fanout.h"

struct run;

/* Room for so many messages. Returns owned. */
struct run *run_new(uint32_t max);
void run_free(struct run **run);

bool run_is_full(const struct run *run);
uint32_t run_length(const struct run *run);
size_t run_text_bytes(const struct run *run);      /* of all messages */
const struct event *run_event(const struct run *run, uint32_t i);
uint64_t run_first_seq(const struct run *run);
uint64_t run_last_seq(const struct run *run);

/* The next message (refs it). Not to a full one. */
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
