/* SPDX-License-Identifier: MIT
 *
 * The batch: what is written between two commits, and how all of it is taken
 * back when the store refuses. hub_commit() is in batch.c. */
#ifndef HUB_BATCH_H
#define HUB_BATCH_H

#include "hub/hub_impl.h"

/* A room as the store holds it, while a batch has changed it. */
struct undo {
    struct list link;             /* batch.touched */
    struct room *room;
    uint64_t last_seq;
    int64_t last_ms;
    char *topic;                  /* owned; NULL while it is unchanged: so are
                                     these */
    char *name, *key, *description;
    struct room_settings settings;
    bool stored;
    bool made_group;              /* by this batch: nobody knows it yet */
};

/* Before the first write of a command: begins a transaction if none is open,
 * and remembers the room. Refuses when this batch, or the store for good, has
 * failed. */
enum deny batch_write(struct hub *h, struct room *r);

/* The same for what is in no room. */
enum deny batch_begin(struct hub *h);

/* A store call has failed: nothing more of this batch is written. Returns what
 * to refuse with. */
enum deny batch_failed(struct hub *h, int rc);

/* What a command has written is told, and followed by anything in memory, only
 * once it is committed: then() is called, with the caller's session if it is
 * there still, and must write nothing; what it returns is refused, as all of
 * the command is if the commit fails. Copies the command and a, which may be
 * NULL. */
struct account;
typedef enum deny batch_then_fn(struct call *x, const struct account *a,
                                uint64_t number);
void batch_then(struct call *x, batch_then_fn *then, const struct account *a,
                uint64_t number);

/* Inside a batch_write(). */
void batch_set_topic(struct room *r, struct str topic);

/* Its name, key, and settings become the row's, inside a batch_write(). */
void batch_set_room(struct hub *h, struct room *r,
                    const struct room_row *row);

/* This batch has taken the key from a room, and may have to give it back. */
bool batch_holds_key(const struct hub *h, struct str key);

/* What may be told already. */
uint64_t room_committed_seq(const struct room *r);
const char *room_committed_topic(const struct room *r);

/* Forgets the batch without touching the parcels; for hub_free(). */
void batch_drop(struct hub *h);

/* No body of a file is to be removed. */
void batch_drop_moves(struct hub *h);

#endif
