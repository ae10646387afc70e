/* SPDX-License-Identifier: MIT
 *
 * One worker's deliveries. Nothing here is shared with another thread: the
 * parcels come in through the mailbox, pages are asked for through the
 * readers' queue.
 *
 * Invariant: a subscription's cursor only grows, and every message up to it
 * has been sent to that receiver, in order and once, or was not for it: its
 * own, or one that it may not read. */
#include "hub/fanout.h"

#include "hub/fanout_impl.h"
#include "hub/lag.h"
#include "hub/live.h"
#include "hub/revoked.h"
#include <stdlib.h>

struct fanout *
fanout_new(unsigned worker, struct readers *readers,
           struct metrics_shard *shard)
{
    struct fanout *f = must_alloc(sizeof(*f));

    f->worker = worker;
    f->readers = readers;
    f->shard = shard;
    map_init(&f->rooms);
    map_init(&f->receivers);
    map_init(&f->revoked);
    list_init(&f->running);
    pages_init(&f->pages);
    pool_init(&f->subscriptions, sizeof(struct subscription));
    return f;
}

void
fanout_free(struct fanout **fanout)
{
    struct fanout *f = *fanout;
    struct receiver *r;

    if (f == NULL)
        return;
    *fanout = NULL;
    while ((r = map_next(&f->receivers, &(size_t){0})) != NULL)
        fanout_remove(f, r);
    must(f->rooms.count == 0);
    pages_done(&f->pages);
    pool_done(&f->subscriptions);
    map_done(&f->rooms);
    map_done(&f->receivers);
    map_done(&f->revoked);
    free(f);
}

/* --- Who hears what ----------------------------------------------------- */

static void
unsubscribe(struct fanout *f, struct subscription *sub)
{
    struct heard_room *room = sub->room;

    heard_room_drop(&f->subscriptions, sub);
    if (room->n > 0)
        return;
    map_del_u64(&f->rooms, room->id);
    live_forget(room);
    heard_room_free(&room);
}

void
fanout_add(struct fanout *f, struct receiver *r)
{
    must(!f->walking && r->session != 0);
    list_init(&r->subs);
    r->who = (struct access_who){0};
    r->entered = r->lagging = r->page_asked = false;
    map_put_u64(&f->receivers, r->session, r);
}

void
fanout_remove(struct fanout *f, struct receiver *r)
{
    struct revoked *revoked;

    must(!f->walking);
    must(map_del_u64(&f->receivers, r->session) == r);
    while (!list_empty(&r->subs))
        unsubscribe(f, list_entry(r->subs.next, struct subscription, link));
    lag_end(f, r);
    revoked = map_del_u64(&f->revoked, r->session);
    revoked_free(&revoked);
}

struct receiver *
fanout_find(struct fanout *f, uint64_t session)
{
    return map_get_u64(&f->receivers, session);
}

struct subscription *
fanout_subscription(const struct receiver *r, uint64_t room)
{
    list_each(it, tmp, &r->subs) {
        struct subscription *sub = list_entry(it, struct subscription, link);

        if (sub->room->id == room)
            return sub;
    }
    return NULL;
}

uint64_t
subscription_room(const struct subscription *sub)
{
    return sub->room->id;
}

const char *
subscription_name(const struct subscription *sub)
{
    return sub->room->name;
}

void
fanout_send(struct fanout *f, struct receiver *r, struct slab *s, uint32_t n)
{
    if (s == NULL)
        return;
    r->ops->send(r, s);
    f->deliveries += n;
}

/* --- To one session ----------------------------------------------------- */

/* What was allowed when it was asked for may not be now. */
static enum deny
check_read(const struct fanout *f, const struct receiver *r,
           const struct parcel *p)
{
    enum deny d = revoked_check(map_get_u64(&f->revoked, r->session),
                                p->room, p->decided);

    if (d != DENY_NONE)
        return d;
    return access_check(&r->who, ACTION_READ, &p->access, &p->grant);
}

/* What a reader has read of a room. */
static void
answer_read(struct fanout *f, struct receiver *r, const struct parcel *p)
{
    const struct event *e = p->event;
    struct str none = {0};
    struct event *denied;
    enum deny d = check_read(f, r, p);

    if (d == DENY_NONE) {
        if (e->kind == ANSWER_PAGE)
            metrics_add(f->shard, METRIC_history_pages_total, 1);
        r->ops->answer(r, e, NULL);
        return;
    }
    denied = event_new(ANSWER_DENIED, none, e->room_name, none, none);
    denied->deny = d;
    denied->command = e->command;
    denied->request = e->request;
    r->ops->answer(r, denied, NULL);
    event_unref(&denied);
}

static bool
was_read(const struct event *e)
{
    return e->kind == ANSWER_PAGE || e->kind == ANSWER_FILES;
}

static void
deliver_session(struct fanout *f, struct receiver *r, const struct parcel *p)
{
    const struct event *e = p->event;

    if (was_read(e)) {
        answer_read(f, r, p);
        return;
    }
    if (e->kind == ANSWER_WELCOME || e->command == COMMAND_ENTER
        || e->command == COMMAND_LOGIN || e->command == COMMAND_REGISTER)
        r->who = p->who;
    if (e->kind == ANSWER_WELCOME)
        r->entered = true;
    r->ops->answer(r, e, e->kind == EVENT_SUBSCRIBED
                             ? fanout_subscription(r, e->room) : NULL);
}

static struct heard_room *
hear_room(struct fanout *f, const struct parcel *p)
{
    struct heard_room *room = map_get_u64(&f->rooms, p->room);
    struct str name = {0};

    if (room == NULL) {
        if (p->access.kind == ROOM_CHANNEL)
            name = p->event->room_name;
        must(name.n <= LIMIT_ROOM_BYTES);
        room = heard_room_new(p->room, name);
        map_put_u64(&f->rooms, p->room, room);
    }
    room->access = p->access;
    if (room->last_seq < p->last_seq)
        room->last_seq = p->last_seq;
    return room;
}

/* A cursor from the future would make a receiver deaf until the room gets
 * there. */
static uint64_t
first_cursor(const struct parcel *p)
{
    return p->cursor < p->last_seq ? p->cursor : p->last_seq;
}

/* Who hears the room already is moved to where it says that it has got. */
static void
deliver_subscribe(struct fanout *f, struct receiver *r, const struct parcel *p)
{
    struct subscription *sub = fanout_subscription(r, p->room);
    struct heard_room *room = hear_room(f, p);

    if (sub == NULL)
        sub = heard_room_add(&f->subscriptions, room, r);
    sub->cursor = first_cursor(p);
    sub->grant = p->grant;
    sub->behind = false;
    r->ops->answer(r, p->event, sub);
    if (sub->cursor < room->last_seq)
        lag_fall_behind(f, sub);
}

static void
deliver_unsubscribe(struct fanout *f, struct receiver *r,
                    const struct parcel *p)
{
    struct subscription *sub = fanout_subscription(r, p->room);

    if (sub != NULL)
        unsubscribe(f, sub);
    r->ops->answer(r, p->event, NULL);
    lag_go_on(f, r);
}

/* What was kept back for it has been delivered: that came before. */
static void
deliver_revoke(struct fanout *f, struct receiver *r, const struct parcel *p)
{
    struct revoked *revoked = map_del_u64(&f->revoked, r->session);

    revoked_note(&revoked, p->room, p->decided, p->event->deny);
    map_put_u64(&f->revoked, r->session, revoked);
    deliver_unsubscribe(f, r, p);
}

static void
deliver_grant(struct fanout *f, struct receiver *r, const struct parcel *p)
{
    struct subscription *sub = fanout_subscription(r, p->room);

    (void)f;
    if (sub != NULL)
        sub->grant = p->grant;
}

static void
deliver_close(struct fanout *f, struct receiver *r, const struct parcel *p)
{
    (void)f;
    r->ops->end(r, p->event);
}

/* --- Parcels ------------------------------------------------------------ */

typedef void deliver_fn(struct fanout *f, struct receiver *r,
                        const struct parcel *p);

static deliver_fn *const deliver_to_one[] = {
    [PARCEL_SESSION] = deliver_session,
    [PARCEL_SUBSCRIBE] = deliver_subscribe,
    [PARCEL_UNSUBSCRIBE] = deliver_unsubscribe,
    [PARCEL_REVOKE] = deliver_revoke,
    [PARCEL_GRANT] = deliver_grant,
    [PARCEL_CLOSE] = deliver_close,
};

static void
deliver(struct fanout *f, const struct parcel *p)
{
    struct receiver *r;

    must(p->event != NULL || p->kind == PARCEL_GRANT);
    if (p->kind == PARCEL_ROOM) {
        live_room(f, p);
    } else if (p->kind == PARCEL_EVERYONE) {
        live_everyone(f, p);
    } else if (p->kind == PARCEL_CATCHUP) {
        lag_take_page(f, p);
    } else {
        r = fanout_find(f, p->session);
        if (r != NULL) {
            live_settle(f, r);
            deliver_to_one[p->kind](f, r, p);
        }
    }
}

void
fanout_deliver(struct fanout *f, struct parcel_list *l)
{
    struct parcel *p;

    f->deliveries = 0;
    while ((p = parcel_list_pop(l)) != NULL) {
        deliver(f, p);
        parcel_free(&p);
    }
    live_flush(f);
    if (f->deliveries > 0)
        metrics_add(f->shard, METRIC_deliveries_total, f->deliveries);
}

void
fanout_drained(struct fanout *f, struct receiver *r)
{
    lag_go_on(f, r);
}
