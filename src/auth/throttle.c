/* SPDX-License-Identifier: MIT
 *
 * The generic cell rate algorithm: a key is one number, the time at which all
 * its tries will be free again. It moves on by an interval with each try, and
 * a try is allowed while it is less than `burst` intervals away.
 *
 * Accounts and addresses are kept apart, so that somebody with very many
 * addresses cannot make the server forget the account that they guess at. All
 * room is taken at the start: nothing grows with the number of keys.
 *
 * Time here only goes on: a clock that jumps back stands still, and then goes
 * on from there. */
#include "auth/throttle.h"
#include "base/list.h"
#include "base/map.h"
#include "base/must.h"

#include <stdlib.h>

struct entry {
    struct list quiet;         /* table.quiet */
    int64_t free_at_ms;
    uint8_t key[8];
};

struct table {
    struct throttle_rate rate;
    struct map entries;        /* by key */
    struct list quiet;         /* struct entry, the quietest first */
    struct entry *room;        /* keys_max of them, `used` are in the map */
    unsigned used;
};

struct throttle {
    struct table accounts, addresses;
    unsigned keys_max;
    int64_t last_ms;           /* what the last question said */
    int64_t now_ms;            /* and our own time, which it moved on */
};

static void
table_init(struct table *t, struct throttle_rate rate, unsigned keys_max)
{
    must(rate.burst > 0 && rate.interval_ms > 0);
    t->rate = rate;
    map_init(&t->entries);
    list_init(&t->quiet);
    t->room = must_alloc(keys_max * sizeof(struct entry));
}

struct throttle *
throttle_new(const struct throttle_options *o)
{
    struct throttle *t = must_alloc(sizeof *t);

    must(o->keys_max > 0);
    t->keys_max = o->keys_max;
    table_init(&t->accounts, o->account, o->keys_max);
    table_init(&t->addresses, o->address, o->keys_max);
    return t;
}

static void
table_done(struct table *t)
{
    map_done(&t->entries);
    free(t->room);
}

void
throttle_free(struct throttle **t)
{
    if (*t == NULL)
        return;
    table_done(&(*t)->accounts);
    table_done(&(*t)->addresses);
    free(*t);
    *t = NULL;
}

static void
move_on(struct throttle *t, int64_t now_ms)
{
    if (now_ms > t->last_ms)
        t->now_ms += now_ms - t->last_ms;
    t->last_ms = now_ms;
}

static struct str
key_str(const uint8_t key[8])
{
    return (struct str){(const char *)key, 8};
}

static struct entry *
find(struct table *t, const uint8_t key[8])
{
    return map_get_str(&t->entries, key_str(key));
}

/* Whoever asks again is not quiet, also when the answer is no. */
static void
touch(struct table *t, struct entry *e)
{
    list_remove(&e->quiet);
    list_push(&t->quiet, &e->quiet);
}

/* How long until a try is free; 0 = now. */
static int64_t
wait_of(struct table *t, const uint8_t key[8], int64_t now_ms)
{
    struct entry *e = find(t, key);
    int64_t from_ms;

    if (e == NULL)
        return 0;
    touch(t, e);
    from_ms = e->free_at_ms - (t->rate.burst - 1) * t->rate.interval_ms;
    return from_ms > now_ms ? from_ms - now_ms : 0;
}

static struct entry *
make_room(struct table *t, unsigned keys_max)
{
    struct entry *e;

    if (t->used < keys_max) {
        e = &t->room[t->used++];
        list_init(&e->quiet);
        return e;
    }
    e = list_entry(t->quiet.next, struct entry, quiet);
    map_del_str(&t->entries, key_str(e->key));
    return e;
}

static void
count_try(struct throttle *t, struct table *table, const uint8_t key[8])
{
    struct entry *e = find(table, key);

    if (e == NULL) {
        e = make_room(table, t->keys_max);
        memcpy(e->key, key, sizeof e->key);
        e->free_at_ms = t->now_ms;
        map_put_str(&table->entries, key_str(e->key), e);
    }
    touch(table, e);
    if (e->free_at_ms < t->now_ms)
        e->free_at_ms = t->now_ms;
    e->free_at_ms += table->rate.interval_ms;
}

static void
give_back(struct table *t, const uint8_t key[8])
{
    struct entry *e = find(t, key);

    if (e != NULL)
        e->free_at_ms -= t->rate.interval_ms;
}

/* IPv4 whole, behind four bytes that no /64 of the internet begins with;
 * of IPv6 what one customer gets. False: a local socket. */
static bool
address_to_key(const uint8_t address[16], uint8_t key[8])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t nothing[16];

    if (memcmp(address, nothing, sizeof nothing) == 0)
        return false;
    if (memcmp(address, mapped, sizeof mapped) != 0) {
        memcpy(key, address, 8);
        return true;
    }
    memset(key, 0xff, 4);
    memcpy(key + 4, address + sizeof mapped, 4);
    return true;
}

bool
throttle_try(struct throttle *t, uint64_t account, const uint8_t address[16],
             int64_t now_ms, int64_t *ret_wait_ms)
{
    uint8_t account_key[8], address_key[8];
    bool remote = address_to_key(address, address_key);
    int64_t wait_ms, more_ms;

    move_on(t, now_ms);
    memcpy(account_key, &account, sizeof account_key);
    wait_ms = wait_of(&t->accounts, account_key, t->now_ms);
    more_ms = remote ? wait_of(&t->addresses, address_key, t->now_ms) : 0;
    if (wait_ms > 0 || more_ms > 0) {
        *ret_wait_ms = wait_ms > more_ms ? wait_ms : more_ms;
        return false;
    }
    count_try(t, &t->accounts, account_key);
    if (remote)
        count_try(t, &t->addresses, address_key);
    return true;
}

void
throttle_succeeded(struct throttle *t, uint64_t account,
                   const uint8_t address[16], int64_t now_ms)
{
    uint8_t account_key[8], address_key[8];

    move_on(t, now_ms);
    memcpy(account_key, &account, sizeof account_key);
    give_back(&t->accounts, account_key);
    if (address_to_key(address, address_key))
        give_back(&t->addresses, address_key);
}
