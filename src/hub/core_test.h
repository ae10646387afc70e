/* SPDX-License-Identifier: MIT
 *
 * A core with everything real beneath it, for its tests: a store in a folder
 * of its own, the hub, readers, movers, and mailboxes whose workers are the
 * test. */
#ifndef HUB_CORE_TEST_H
#define HUB_CORE_TEST_H

#include "store/scratch_test.h"

#include "auth/password.h"
#include "base/clock.h"
#include "base/rand.h"
#include "hub/core.h"
#include "hub/fake_test.h"
#include "hub/movers.h"
#include <semaphore.h>
#include <time.h>

enum { WORKERS = 3, SHARE = 16, PATIENCE_S = 20 };

struct worker {
    struct mailbox mailbox;
    struct parcel_list taken;
    sem_t woken, fed;
    atomic_int starved;
    sem_t at_gate, gate;          /* see block_core() */
    atomic_bool gated;
};

struct world {
    struct scratch *scratch;
    struct store *store;
    struct metrics *metrics;
    struct hub *hub;
    struct readers *readers;
    struct blobs *blobs;
    struct movers *movers;
    struct hashers *hashers;
    struct core *core;
    struct worker workers[WORKERS];
    struct mailbox *mailboxes[WORKERS];
    atomic_int broken;
};

/* --- The world ----------------------------------------------------------- */

static inline void
wake(void *arg)
{
    struct worker *k = arg;

    sem_post(&k->woken);
    if (atomic_load(&k->gated)) {
        sem_post(&k->at_gate);
        sem_wait(&k->gate);
    }
}

static inline void
starved(void *arg, unsigned worker)
{
    struct world *w = arg;

    atomic_fetch_add(&w->workers[worker].starved, 1);
    sem_post(&w->workers[worker].fed);
}

static inline void
broken(void *arg)
{
    struct world *w = arg;

    atomic_fetch_add(&w->broken, 1);
}

static inline void
start_workers(struct world *w)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        struct worker *k = &w->workers[i];

        sem_init(&k->woken, 0, 0);
        sem_init(&k->fed, 0, 0);
        sem_init(&k->at_gate, 0, 0);
        sem_init(&k->gate, 0, 0);
        mailbox_init(&k->mailbox, wake, k);
        w->mailboxes[i] = &k->mailbox;
    }
}

static inline void
start_core(struct world *w)
{
    struct core_options o = {
        .hub = w->hub, .store = w->store, .readers = w->readers,
        .movers = w->movers, .hashers = w->hashers,
        .shard = metrics_shard_new(w->metrics), .workers = WORKERS,
        .mailboxes = w->mailboxes, .queue_max = SHARE * WORKERS,
        .starved = starved, .broken = broken, .arg = w,
    };

    assert_int_equal(core_start(&o, &w->core, NULL), 0);
    movers_set_core(w->movers, w->core);
    hashers_set_core(w->hashers, w->core);
}

static inline void
start_movers(struct world *w)
{
    struct blobs_options o = {.sync_bytes = 1 << 20};
    char folder[96];

    snprintf(folder, sizeof folder, "%s/files", w->scratch->folder);
    assert_int_equal(blobs_open(folder, &o, &w->blobs, NULL), 0);
    assert_int_equal(movers_start(w->blobs, 1, w->mailboxes, &w->movers,
                                  NULL), 0);
}

static inline int
world_begin(void **state)
{
    (void)state;
    rand_init();
    return 0;
}

static inline int
world_setup(void **state)
{
    struct world *w = must_alloc(sizeof(*w));
    struct hub_options o = {.workers = WORKERS, .message_bytes = 4096,
                            .gather_above = 2, .gather_ms = 30,
                            .hold_name_ms = 1000,
                            .file_expires_ms = 3600 * 1000};

    scratch_setup((void **)&w->scratch);
    w->store = scratch_open(w->scratch);
    w->metrics = metrics_new();
    start_workers(w);
    assert_int_equal(hub_new(w->store, &o, metrics_shard_new(w->metrics),
                             &w->hub, NULL), 0);
    assert_int_equal(readers_start(w->scratch->db, 2, w->mailboxes,
                                   &w->readers, NULL), 0);
    start_movers(w);
    password_set_costs(1, 8192);
    assert_int_equal(hashers_start(1, &w->hashers, NULL), 0);
    start_core(w);
    *state = w;
    return 0;
}

static inline int
world_teardown(void **state)
{
    struct world *w = *state;

    movers_finish(w->movers);
    hashers_stop(&w->hashers);
    core_stop(&w->core);
    readers_stop(&w->readers);
    movers_stop(&w->movers);
    hub_free(&w->hub);
    for (unsigned i = 0; i < WORKERS; i++) {
        struct worker *k = &w->workers[i];

        parcel_list_done(&k->taken);
        mailbox_done(&k->mailbox);
        sem_destroy(&k->woken);
        sem_destroy(&k->fed);
        sem_destroy(&k->at_gate);
        sem_destroy(&k->gate);
    }
    blobs_close(&w->blobs);
    metrics_free(&w->metrics);
    store_close(&w->store);
    scratch_teardown((void **)&w->scratch);
    free(w);
    return 0;
}

#define world_unit_test(f) \
    cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

static inline void
wait_for(sem_t *s)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += PATIENCE_S;
    assert_int_equal(sem_timedwait(s, &t), 0);
}

/* --- Commands and parcels ------------------------------------------------- */

static inline struct command *
command(enum command_kind kind, unsigned worker, const char *target,
        const char *name, const char *text)
{
    struct command *c = command_new(kind, str_of(target), str_of(name),
                                    str_of(text));

    c->worker = worker;
    c->session = worker + 1;
    c->sender_id = worker + 1;
    c->message_kind = MESSAGE_TEXT;
    c->now_ms = clock_wall_ms();
    return c;
}

static inline void
submit(struct world *w, struct command *c)
{
    core_submit(w->core, c->worker, c, c, 1);
}

static inline void
post(struct world *w, unsigned worker, const char *room, uint64_t request)
{
    struct command *c = command(COMMAND_POST, worker, room, "", "hello");

    c->request = request;
    submit(w, c);
}

/* The next parcel for this worker; waits for it. Returns owned. */
static inline struct parcel *
receive(struct world *w, unsigned worker)
{
    struct worker *k = &w->workers[worker];

    while (k->taken.head == NULL) {
        wait_for(&k->woken);
        mailbox_take(&k->mailbox, &k->taken);
    }
    return parcel_list_pop(&k->taken);
}

/* Drops everything before the first event of this kind. Returns owned. */
static inline struct parcel *
receive_kind(struct world *w, unsigned worker, enum event_kind kind)
{
    struct parcel *p = receive(w, worker);

    while (p->event->kind != kind) {
        parcel_free(&p);
        p = receive(w, worker);
    }
    return p;
}

static inline void
expect_kind(struct world *w, unsigned worker, enum event_kind kind)
{
    struct parcel *p = receive_kind(w, worker, kind);

    parcel_free(&p);
}

static const char *const names[WORKERS] = {"ann", "ben", "cat"};

/* One named session per worker, in #lobby. */
static inline void
enter_lobby(struct world *w, unsigned worker)
{
    submit(w, command(COMMAND_ENTER, worker, "", names[worker], ""));
    submit(w, command(COMMAND_JOIN, worker, "#lobby", "", ""));
    expect_kind(w, worker, EVENT_SUBSCRIBED);
}

/* Holds the core in the middle of telling `worker` something, until
 * release_core(): its queue only grows meanwhile. */
static inline void
block_core(struct world *w, unsigned worker)
{
    struct worker *k = &w->workers[worker];

    atomic_store(&k->gated, true);
    submit(w, command(COMMAND_PING, worker, "", "", ""));
    wait_for(&k->at_gate);
}

static inline void
release_core(struct world *w, unsigned worker)
{
    atomic_store(&w->workers[worker].gated, false);
    sem_post(&w->workers[worker].gate);
}

#endif
