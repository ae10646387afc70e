/* SPDX-License-Identifier: MIT
 *
 * The hub: who is here, who is in which room, and what they say. The only
 * place where anything is decided, driven by one thread (core.h) or, in a
 * test, by hand. It reads no clock, no randomness and no socket: commands go
 * in, the store is written, parcels come out.
 *
 *   hub_apply() any number of times  ->  hub_commit()  ->  hub_take()
 *
 * Nothing that a batch stored is told to anyone before its commit; when the
 * commit fails, what depended on it is replaced by refusals, and the state in
 * memory goes back to what the store holds. */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include "auth/name.h"
#include "auth/throttle.h"
#include "base/metrics.h"
#include "hub/hashers.h"
#include "hub/mailbox.h"
#include "hub/move.h"
#include "hub/readers.h"
#include "store/store.h"

struct hub;

enum hub_registration { HUB_OPEN, HUB_INVITED, HUB_CLOSED };

struct hub_options {
    unsigned workers;
    size_t message_bytes;         /* a body's maximum */
    unsigned gather_above;        /* present: notices are gathered above it */
    int64_t gather_ms;            /* 1000 */
    enum name_charset charset;
    bool any_name;                /* names = address: "1.2.3.4:567" may be */
    int64_t hold_name_ms;         /* a freed name waits for its owner */
    bool no_guests;               /* nobody may ENTER without an account */
    enum hub_registration registration;
    bool plain_secrets;           /* secrets are taken from whoever may be
                                     listened to */
    bool rooms_by_accounts;       /* a guest makes no new room */
    struct throttle_options throttle;   /* all 0: 10, 20 from one address,
                                     each then one in three minutes */
    unsigned devices_max;         /* of one account; 0 = 100 */
    uint64_t file_bytes;          /* a file's maximum; 0 = none, like these */
    uint64_t file_owner_bytes;    /* of one person's files together */
    uint64_t file_room_bytes;     /* of one room's */
    uint64_t file_total_bytes;
    int64_t closed_keep_ms;       /* what was said in a room that was closed;
                                     0 = for ever, like this */
    int64_t audit_keep_ms;
    int64_t file_expires_ms;      /* an upload's time after its last start */
};

/* Loads the rooms; makes #lobby. Borrows store and shard. */
int hub_new(struct store *store, const struct hub_options *o,
            struct metrics_shard *shard, struct hub **ret,
            struct err *e) MUST_USE;
void hub_free(struct hub **h);

/* Applies one command. Borrows it. */
void hub_apply(struct hub *h, const struct command *c);

/* Does what time has made due; called with wall-clock ms. Returns when it
 * wants to be called next, or INT64_MAX. */
int64_t hub_tick(struct hub *h, int64_t now_ms);

/* Whether this batch has something to commit. */
bool hub_has_written(const struct hub *h);

/* Ends the batch. 0, -ENOSPC (refused, go on) or -EIO (from now on every
 * write is refused as DENY_STORAGE_BROKEN and the server should restart). */
int hub_commit(struct hub *h);

/* What a worker is owed, in order; empties it. And the pages that readers
 * have to fetch: post these after the parcels. */
void hub_take(struct hub *h, unsigned worker, struct parcel_list *ret);
struct read_job *hub_take_jobs(struct hub *h);       /* chain, owned */

/* The same for bodies of files that are to be removed, after hub_commit(). */
struct move_job *hub_take_moves(struct hub *h);      /* chain, owned */

/* The same for passwords that are to be hashed; none once it is stopping, so
 * that the hashers may be gone before the core is. */
struct hash_job *hub_take_hashes(struct hub *h);     /* chain, owned */

/* At the start, before the first command. Whether a file in the folder is
 * anybody's (for blobs_sweep()); and then the uploads whose bytes it found to
 * be all there, or whose file is whole already: to be finished by nobody, that
 * is, shared. size may be FILE_SIZE_UNKNOWN. */
bool hub_keeps_file(struct hub *h, const struct file_id *id, bool whole,
                    uint64_t bytes);
typedef void hub_unfinished_fn(void *arg, const struct file_id *id,
                               uint64_t size);
void hub_unfinished(const struct hub *h, hub_unfinished_fn *fn, void *arg);

/* COMMAND_STOP has been applied. */
bool hub_stopping(const struct hub *h);

/* For the operator and for tests. */
unsigned hub_users(const struct hub *h);

#endif
