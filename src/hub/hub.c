/* SPDX-License-Identifier: MIT
 *
 * The hub as a whole: made, woken by time, emptied, freed. What it does with
 * commands begins in apply.c, and how a batch ends is in batch.c. */
#include "hub/batch.h"
#include "hub/expiry.h"
#include "hub/grant.h"
#include "hub/hub_impl.h"
#include "hub/keep.h"
#include "hub/presence.h"
#include "hub/reading.h"
#include "hub/room.h"
#include "hub/session.h"
#include "hub/transfer.h"
#include "hub/user.h"
#include "hub/visitor.h"

#include <stdlib.h>

static struct throttle *
throttle_for(const struct hub_options *o)
{
    static const struct throttle_options usual = {
        .account = {10, 180000}, .address = {20, 180000}, .keys_max = 4096,
    };

    return throttle_new(o->throttle.keys_max ? &o->throttle : &usual);
}

static struct hub *
hub_alloc(struct store *store, const struct hub_options *o,
          struct metrics_shard *shard)
{
    struct hub *h = must_alloc(sizeof *h);

    must(o->workers >= 1 && o->workers <= LIMIT_WORKERS);
    h->store = store;
    h->shard = shard;
    h->options = *o;
    map_init(&h->sessions);
    map_init(&h->visitors);
    map_init(&h->names);
    map_init(&h->senders);
    map_init(&h->rooms);
    map_init(&h->room_keys);
    pool_init(&h->session_pool, sizeof(struct session));
    pool_init(&h->user_pool, sizeof(struct user));
    pool_init(&h->member_pool, sizeof(struct member));
    list_init(&h->present);
    list_init(&h->held);
    list_init(&h->carrying);
    list_init(&h->all_rooms);
    list_init(&h->gatherings);
    list_init(&h->signing);
    map_init(&h->pending);
    h->throttle = throttle_for(o);
    h->tokens = throttle_for(o);
    h->hashes_end = &h->hashes;
    map_init(&h->transfers);
    list_init(&h->arriving);
    list_init(&h->fleeting);
    h->transfers_due_ms = INT64_MAX;
    list_init(&h->batch.touched);
    list_init(&h->batch.transfers);
    list_init(&h->batch.deeds);
    list_init(&h->batch.grants);
    h->bans_due_ms = INT64_MAX;
    h->devices_due_ms = INT64_MAX;
    list_init(&h->readings);
    map_init(&h->reading_keys);
    h->readings_due_ms = INT64_MAX;
    h->out = must_alloc(o->workers * sizeof *h->out);
    h->jobs_end = &h->jobs;
    h->moves_end = &h->moves;
    return h;
}

static void
load_channel(void *arg, const struct room_row *row, int64_t last_ms)
{
    room_new(arg, row, last_ms, true);
}

/* It has no row before its first message. */
static void
find_lobby(struct hub *h)
{
    struct str name = str_of("#lobby");
    struct room_row row = {.kind = ROOM_CHANNEL, .name = name, .key = name};

    h->lobby = map_get_str(&h->room_keys, name);
    if (h->lobby != NULL)
        return;
    row.id = h->next_room++;
    h->lobby = room_new(h, &row, 0, false);
}

int
hub_new(struct store *store, const struct hub_options *o,
        struct metrics_shard *shard, struct hub **ret, struct err *e)
{
    struct hub *h = hub_alloc(store, o, shard);
    int rc = store_each_channel(store, load_channel, h);

    if (rc == 0)
        rc = grant_load(h);
    if (rc == 0)
        rc = transfer_load_all(h);
    if (rc < 0) {
        hub_free(&h);
        return err_set(e, -rc, "cannot read the rooms from \"%s\"",
                       store_path(store));
    }
    h->next_room = store_next_room_id(store);
    find_lobby(h);
    *ret = h;
    return 0;
}

/* ---- free ---- */

static void
free_rooms(struct hub *h)
{
    list_each(it, next, &h->all_rooms) {
        struct room *r = list_entry(it, struct room, link);

        presence_forget(r);
        list_each(at, after, &r->members) {
            list_remove(at);
            pool_give(&h->member_pool,
                      list_entry(at, struct member, in_room));
        }
        room_free(h, r);
    }
}

static void
free_people(struct hub *h)
{
    list_each(it, next, &h->present)
        user_free(h, list_entry(it, struct user, link));
    list_each(it, next, &h->held)
        user_free(h, list_entry(it, struct user, link));
    session_free_all(h);
    visitor_free_all(h);
}

static void
free_jobs(struct hub *h)
{
    for (struct read_job *j = h->jobs, *next; j != NULL; j = next) {
        next = j->next;
        free(j);
    }
    batch_drop_moves(h);
    for (struct hash_job *j = h->hashes, *next; j != NULL; j = next) {
        next = j->next;
        command_free(&j->command);
        free(j);
    }
}

void
hub_free(struct hub **ref)
{
    struct hub *h = *ref;

    *ref = NULL;
    if (h == NULL)
        return;
    batch_drop(h);
    grant_free_all(h);
    free_rooms(h);
    free_people(h);
    transfer_free_all(h);
    reading_free_all(h);
    map_done(&h->transfers);
    map_done(&h->sessions);
    map_done(&h->visitors);
    map_done(&h->pending);
    map_done(&h->names);
    map_done(&h->senders);
    map_done(&h->rooms);
    map_done(&h->room_keys);
    pool_done(&h->session_pool);
    pool_done(&h->user_pool);
    pool_done(&h->member_pool);
    for (unsigned w = 0; w < h->options.workers; w++)
        parcel_list_done(&h->out[w]);
    free(h->out);
    free_jobs(h);
    throttle_free(&h->throttle);
    throttle_free(&h->tokens);
    free(h);
}

/* ---- the ways in and out ---- */

static int64_t
sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t
hub_tick(struct hub *h, int64_t now_ms)
{
    int64_t next;

    if (h->stopping)
        return INT64_MAX;
    next = session_tick(h, now_ms);
    next = sooner(next, expiry_tick(h, now_ms));
    next = sooner(next, reading_tick(h, now_ms));
    next = sooner(next, user_tick(h, now_ms));
    next = sooner(next, transfer_tick(h, now_ms));
    next = sooner(next, keep_tick(h, now_ms));
    return sooner(next, presence_tick(h, now_ms));
}

void
hub_take(struct hub *h, unsigned worker, struct parcel_list *ret)
{
    must(worker < h->options.workers);
    *ret = h->out[worker];
    h->out[worker] = (struct parcel_list){NULL, NULL};
}

struct read_job *
hub_take_jobs(struct hub *h)
{
    struct read_job *jobs = h->jobs;

    h->jobs = NULL;
    h->jobs_end = &h->jobs;
    return jobs;
}

struct move_job *
hub_take_moves(struct hub *h)
{
    struct move_job *moves = h->moves;

    h->moves = NULL;
    h->moves_end = &h->moves;
    return moves;
}

struct hash_job *
hub_take_hashes(struct hub *h)
{
    struct hash_job *hashes = h->hashes;

    if (h->stopping)
        return NULL;
    h->hashes = NULL;
    h->hashes_end = &h->hashes;
    return hashes;
}

bool
hub_stopping(const struct hub *h)
{
    return h->stopping;
}

unsigned
hub_users(const struct hub *h)
{
    return h->users_n;
}
