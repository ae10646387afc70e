/* SPDX-License-Identifier: MIT
 *
 * One entry per address that has a connection open or had one admitted within
 * the last ten minutes. Arrivals are counted by the minute, in a ring of
 * eleven: the ten whole minutes before and the current one, so that an arrival
 * is forgotten between ten and eleven minutes later, never earlier.
 *
 * The entries form a queue. Each admission looks at the first few: one that is
 * of no more use goes, any other goes to the end, to be looked at again later.
 * So the table shrinks by itself without a timer. Beyond ENTRIES_MAX what is
 * remembered of closed connections is given up as well: then the table is
 * bounded by that and by the connections that are open. */
#include "edge/gate.h"

#include "base/list.h"
#include "base/map.h"
#include "base/must.h"
#include "net/address.h"
#include <pthread.h>
#include <stdlib.h>

enum {
    MINUTE_MS = 60 * 1000,
    MINUTES = 11,
    KEY_BYTES = 16,
    SWEEP = 4,
    ENTRIES_MAX = 65536,
};

struct entry {
    struct list link;                 /* in gate->queue */
    unsigned char key[KEY_BYTES];
    unsigned open;
    int64_t minute;                   /* of the last arrival */
    uint32_t arrivals[MINUTES];       /* [minute % MINUTES] */
};

struct gate {
    struct gate_options o;
    pthread_mutex_t lock;             /* of all below */
    unsigned open;
    struct map entries;               /* by address key */
    struct list queue;
};

struct gate *
gate_new(const struct gate_options *o)
{
    struct gate *g = must_alloc(sizeof(*g));

    g->o = *o;
    map_init(&g->entries);
    list_init(&g->queue);
    must(pthread_mutex_init(&g->lock, NULL) == 0);
    return g;
}

static struct str
key_of(const struct entry *e)
{
    return (struct str){(const char *)e->key, KEY_BYTES};
}

static void
entry_free(struct gate *g, struct entry *e)
{
    must(map_del_str(&g->entries, key_of(e)) == e);
    list_remove(&e->link);
    free(e);
}

void
gate_free(struct gate **gate)
{
    struct gate *g = *gate;

    if (g == NULL)
        return;
    *gate = NULL;
    while (!list_empty(&g->queue))
        entry_free(g, list_entry(g->queue.next, struct entry, link));
    map_done(&g->entries);
    must(pthread_mutex_destroy(&g->lock) == 0);
    free(g);
}

bool
gate_is_proxy(const struct gate *g, const struct sockaddr_storage *peer)
{
    uint8_t address[16];

    if (g->o.proxies_n == 0 || !address_bytes(peer, address))
        return false;
    for (unsigned i = 0; i < g->o.proxies_n; i++)
        if (cidr_contains(&g->o.proxies[i], address))
            return true;
    return false;
}

/* Whether any address is limited. */
static bool
counts(const struct gate *g)
{
    return g->o.connections_per_address > 0 || g->o.arrivals_per_address > 0;
}

/* Whether this one is, of a socket. */
static bool
is_counted(const struct gate *g, const struct sockaddr_storage *peer)
{
    if (!counts(g))
        return false;
    if (peer->ss_family == AF_UNIX || gate_is_proxy(g, peer))
        return false;
    return !(g->o.exempt_loopback && address_is_loopback(peer));
}

static struct entry *
find(const struct gate *g, const struct sockaddr_storage *peer)
{
    unsigned char key[KEY_BYTES];

    address_key(peer, key);
    return map_get_str(&g->entries, (struct str){(char *)key, KEY_BYTES});
}

static struct entry *
find_or_add(struct gate *g, const struct sockaddr_storage *peer)
{
    struct entry *e = find(g, peer);

    if (e != NULL)
        return e;
    e = must_alloc(sizeof(*e));
    address_key(peer, e->key);
    map_put_str(&g->entries, key_of(e), e);
    list_push(&g->queue, &e->link);
    return e;
}

/* Empties the minutes that have gone by since the last arrival. A clock that
 * stands still or goes back changes nothing. */
static void
turn_to(struct entry *e, int64_t minute)
{
    if (minute - e->minute >= MINUTES) {
        memset(e->arrivals, 0, sizeof(e->arrivals));
        e->minute = minute;
    }
    while (e->minute < minute)
        e->arrivals[++e->minute % MINUTES] = 0;
}

static unsigned
arrivals(const struct entry *e)
{
    unsigned sum = 0;

    for (int i = 0; i < MINUTES; i++)
        sum += e->arrivals[i];
    return sum;
}

static void
sweep(struct gate *g, int64_t minute)
{
    for (int i = 0; i < SWEEP && !list_empty(&g->queue); i++) {
        struct entry *e = list_entry(g->queue.next, struct entry, link);
        bool full = g->entries.count > ENTRIES_MAX;

        if (e->open == 0 && (full || minute - e->minute >= MINUTES)) {
            entry_free(g, e);
            continue;
        }
        list_remove(&e->link);
        list_push(&g->queue, &e->link);
    }
}

/* The two limits of one address. */
static const char *
admit_address(struct gate *g, const struct sockaddr_storage *peer,
              int64_t minute)
{
    struct entry *e = find_or_add(g, peer);
    unsigned open_max = g->o.connections_per_address;
    unsigned arrivals_max = g->o.arrivals_per_address;

    turn_to(e, minute);
    if (open_max > 0 && e->open >= open_max)
        return "Too many connections from your address.";
    if (arrivals_max > 0 && arrivals(e) >= arrivals_max)
        return "Too many new connections from your address. "
               "Try again in a few minutes.";
    e->open++;
    e->arrivals[e->minute % MINUTES]++;
    return NULL;
}

static const char *
admit(struct gate *g, const struct sockaddr_storage *peer, int64_t minute)
{
    const char *refusal = NULL;

    if (g->o.connections > 0 && g->open >= g->o.connections)
        return "This server is full. Try again later.";
    if (is_counted(g, peer)) {
        sweep(g, minute);
        refusal = admit_address(g, peer, minute);
    }
    if (refusal == NULL)
        g->open++;
    return refusal;
}

const char *
gate_admit(struct gate *g, const struct sockaddr_storage *peer, int64_t now_ms)
{
    const char *refusal;

    pthread_mutex_lock(&g->lock);
    refusal = admit(g, peer, now_ms / MINUTE_MS);
    pthread_mutex_unlock(&g->lock);
    return refusal;
}

const char *
gate_admit_behind(struct gate *g, const struct sockaddr_storage *peer,
                  int64_t now_ms)
{
    const char *refusal = NULL;

    pthread_mutex_lock(&g->lock);
    if (counts(g)) {
        sweep(g, now_ms / MINUTE_MS);
        refusal = admit_address(g, peer, now_ms / MINUTE_MS);
    }
    pthread_mutex_unlock(&g->lock);
    return refusal;
}

static void
leave(struct gate *g, const struct sockaddr_storage *peer, bool was_counted)
{
    must(g->open > 0);
    g->open--;
    if (was_counted) {
        struct entry *e = find(g, peer);
        must(e != NULL && e->open > 0);
        e->open--;
    }
}

void
gate_leave(struct gate *g, const struct sockaddr_storage *peer)
{
    pthread_mutex_lock(&g->lock);
    leave(g, peer, is_counted(g, peer));
    pthread_mutex_unlock(&g->lock);
}

void
gate_leave_behind(struct gate *g, const struct sockaddr_storage *peer)
{
    pthread_mutex_lock(&g->lock);
    leave(g, peer, counts(g));
    pthread_mutex_unlock(&g->lock);
}
