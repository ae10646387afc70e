/* SPDX-License-Identifier: MIT
 *
 * Which rooms there are: those that the caller belongs to first, then whom it
 * has talked with, then the others; of channels the fullest first. */
#include "hub/batch.h"
#include "hub/grant.h"
#include "hub/member.h"
#include "hub/query.h"
#include "hub/reading.h"
#include "hub/room.h"

#define ROOMS_MAX 500
#define DIRECT_MAX 100

/* ---- channels ---- */

struct ranking {
    struct {
        const struct room *room;
        bool mine;
    } of[ROOMS_MAX + 1];
    size_t n;
    bool more;
};

static bool
ranks_before(const struct room *a, bool mine_a, const struct room *b,
             bool mine_b)
{
    if (mine_a != mine_b)
        return mine_a;
    if (a->present != b->present)
        return a->present > b->present;
    return strcmp(a->key, b->key) < 0;
}

/* Most rooms of very many fall behind the last one at once. */
static void
rank(struct ranking *k, const struct room *r, bool mine)
{
    size_t i = k->n;

    while (i > 0 && ranks_before(r, mine, k->of[i - 1].room,
                                 k->of[i - 1].mine)) {
        k->of[i] = k->of[i - 1];
        i--;
    }
    if (i < ROOMS_MAX) {
        k->of[i].room = r;
        k->of[i].mine = mine;
    }
    k->more |= k->n == ROOMS_MAX;
    k->n += k->n < ROOMS_MAX;
}

/* Of a private room others know that there is one. */
static bool
is_listed(enum deny see)
{
    return see == DENY_NONE || see == DENY_INVITE_ONLY || see == DENY_BANNED;
}

static struct event *
closed_item(const struct room *r)
{
    struct event *e = event_new(ITEM_ROOM, str_of(r->name), nothing, nothing,
                                nothing);

    e->room = r->id;
    e->room_kind = r->access.kind;
    e->settings.privacy = r->access.privacy;
    return e;
}

static uint64_t
read_so_far(const struct room *r, uint64_t sender_id)
{
    const struct standing *st = grant_standing(r, sender_id);
    uint64_t seq = room_committed_seq(r), read = st ? st->read : 0;

    return read < seq ? read : seq;
}

static struct event *
room_item(const struct call *x, const struct room *r)
{
    struct event *e = event_new(ITEM_ROOM, str_of(r->name), nothing,
                                str_of(room_committed_topic(r)), nothing);

    e->room = r->id;
    e->room_kind = r->access.kind;
    e->count = r->present;
    e->seq = room_committed_seq(r);
    e->settings.privacy = r->access.privacy;
    e->role = (enum room_role)grant_of_caller(x, r).role;
    if (e->role != ROLE_NONE)
        e->read = read_so_far(r, x->session->sender_id);
    return e;
}

static struct event *
channel_item(const struct call *x, const struct room *r)
{
    return grant_check(x, ACTION_SEE, r) == DENY_NONE ? room_item(x, r)
                                                      : closed_item(r);
}

/* ---- direct rooms ---- */

struct talks {
    struct direct_row rows[DIRECT_MAX + 1];    /* newest first */
    size_t n;
};

static bool
is_newer(const struct direct_row *a, const struct direct_row *b)
{
    return a->last_ms > b->last_ms
        || (a->last_ms == b->last_ms && a->room > b->room);
}

static void
note_direct(void *arg, const struct direct_row *row)
{
    struct talks *t = arg;
    size_t i = t->n;

    while (i > 0 && is_newer(row, &t->rows[i - 1]))
        i--;
    if (i > DIRECT_MAX)
        return;
    t->n += t->n <= DIRECT_MAX;
    memmove(&t->rows[i + 1], &t->rows[i],
            (t->n - 1 - i) * sizeof t->rows[0]);
    t->rows[i] = *row;
}

static struct event *
direct_item(const struct call *x, const struct room *r,
            const struct direct_row *row)
{
    struct room_called called = room_called(x->hub, r, x->session);
    struct event *e = event_new(ITEM_ROOM, str_of(called.text), nothing,
                                nothing, nothing);

    e->room = r->id;
    e->room_kind = r->access.kind;
    e->count = r->present;
    e->seq = row->last_seq;
    e->read = row->read_seq;
    e->time_ms = row->last_ms;
    return e;
}

/* Of whom is shown the room by a terminal, nothing is unread. */
static enum deny
count_unread(const struct call *x, const struct room *r, struct event *item)
{
    uint64_t sender_id = x->session->sender_id;
    int rc = 0;

    if (reading_is_shown(r, sender_id))
        item->read = item->seq;
    if (item->read < item->seq)
        rc = store_count_unread(x->hub->store, r->id, item->read, sender_id,
                                &item->others);
    return rc < 0 ? batch_failed(x->hub, rc) : DENY_NONE;
}

/* What their token keeps them from is passed over. */
static enum deny
add_direct(const struct call *x, const struct direct_row *row,
           struct event *answer)
{
    struct room *r;
    enum deny d = room_load_number(x->hub, row->room, &r);

    if (d != DENY_NONE)
        return d == DENY_NO_SUCH_ROOM ? DENY_NONE : d;
    if (grant_check(x, ACTION_READ, r) == DENY_NONE) {
        struct event *item = direct_item(x, r, row);

        answer->items[answer->items_n++] = item;
        d = count_unread(x, r, item);
    }
    room_settle(x->hub, r);
    return d;
}

static enum deny
add_talks(const struct call *x, struct event *answer)
{
    struct hub *h = x->hub;
    struct talks t = {.n = 0};
    enum deny d = DENY_NONE;
    int rc;

    if (!sender_is_account(x->session->sender_id))
        return DENY_NONE;
    reading_flush(h);
    rc = store_each_direct(h->store, x->session->sender_id, note_direct,
                           &t);
    if (rc < 0)
        return batch_failed(h, rc);
    for (size_t i = 0; i < t.n && i < DIRECT_MAX && d == DENY_NONE; i++)
        d = add_direct(x, &t.rows[i], answer);
    answer->more |= t.n > DIRECT_MAX;
    return d;
}

/* ---- all of it ---- */

static void
rank_all(const struct call *x, struct ranking *k)
{
    list_each(it, next, &x->hub->all_rooms) {
        const struct room *r = list_entry(it, struct room, link);

        if (r->access.kind == ROOM_CHANNEL
            && is_listed(grant_check(x, ACTION_SEE, r)))
            rank(k, r, grant_belongs(r, x->session));
    }
}

static void
add_channels(const struct call *x, const struct ranking *k, bool mine,
             struct event *answer)
{
    for (size_t i = 0; i < k->n; i++) {
        if (k->of[i].mine == mine)
            answer->items[answer->items_n++] = channel_item(x,
                                                            k->of[i].room);
    }
}

/* What is told of direct rooms may be of this batch. */
enum deny
query_rooms(struct call *x)
{
    struct ranking k = {.n = 0};
    struct event *e = event_new(ANSWER_ROOMS, nothing, nothing, nothing,
                                nothing);
    enum deny d;

    rank_all(x, &k);
    event_set_items(e, must_alloc((k.n + DIRECT_MAX + 1)
                                  * sizeof(struct event *)), 0);
    e->more = k.more;
    add_channels(x, &k, true, e);
    d = add_talks(x, e);
    add_channels(x, &k, false, e);
    if (d != DENY_NONE)
        event_unref(&e);
    else if (x->hub->batch.open)
        tell_caller_durable(x, e);
    else
        tell_caller(x, e);
    return d;
}
