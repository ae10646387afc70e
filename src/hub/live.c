/* SPDX-License-Identifier: MIT
 *
 * Most receivers have heard everything so far, may read the room and have
 * said none of a run themselves: they take it as one slab. Whoever differs in
 * any of it is gone through message by message; the cursor tells what of a
 * run a receiver has had already. */
#include "hub/live.h"

#include "hub/lag.h"
#include "hub/run.h"

/* One event's bytes in every encoding that was asked for so far. */
struct variants {
    const struct event *event;
    uint64_t known;               /* bit i: slabs[i] is set, maybe to NULL */
    struct slab *slabs[FANOUT_ENCODINGS];
};

_Static_assert(FANOUT_ENCODINGS <= 64, "known has a bit for each");

static struct slab *
variant(struct variants *v, struct receiver *r, unsigned encoding)
{
    uint64_t bit;

    must(encoding < FANOUT_ENCODINGS);
    bit = UINT64_C(1) << encoding;
    if (!(v->known & bit)) {
        v->slabs[encoding] = r->ops->encode(r, encoding, v->event);
        v->known |= bit;
    }
    return v->slabs[encoding];
}

static void
variants_done(struct variants *v)
{
    for (unsigned i = 0; v->known != 0; i++, v->known >>= 1) {
        if (v->known & 1)
            slab_unref(&v->slabs[i]);
    }
}

static bool
may_read(const struct subscription *sub)
{
    return access_check(&sub->receiver->who, ACTION_READ,
                        &sub->room->access, &sub->grant) == DENY_NONE;
}

bool
fanout_passes_over(const struct subscription *sub,
                   const struct event *message)
{
    const struct receiver *r = sub->receiver;

    if (r->skip_own && message->sender_id == r->who.sender_id)
        return true;
    return !may_read(sub);
}

bool
fanout_hears_all(const struct subscription *sub, const struct run *run)
{
    const struct receiver *r = sub->receiver;

    if (r->skip_own && run_may_be_from(run, r->who.sender_id))
        return false;
    return may_read(sub);
}

/* --- Messages ----------------------------------------------------------- */

static void
hear_message(struct fanout *f, struct subscription *sub, struct run *run,
             uint32_t i)
{
    struct receiver *r = sub->receiver;
    const struct event *e = run_event(run, i);

    if (e->seq <= sub->cursor)
        return;
    if (sub->behind || e->seq != sub->cursor + 1 || !lag_has_room(f, r)) {
        lag_fall_behind(f, sub);
        return;
    }
    sub->cursor = e->seq;
    if (!fanout_passes_over(sub, e))
        fanout_send(f, r, run_bytes(run, r, subscription_encoding(sub), i), 1);
}

static void
hear_each(struct fanout *f, struct subscription *sub, struct run *run)
{
    for (uint32_t i = 0; i < run_length(run); i++)
        hear_message(f, sub, run, i);
}

static bool
takes_whole(struct fanout *f, const struct subscription *sub,
            const struct run *run)
{
    struct receiver *r = sub->receiver;

    return !sub->behind && sub->cursor + 1 == run_first_seq(run) &&
           fanout_hears_all(sub, run) && lag_has_room(f, r);
}

static void
hear_run(struct fanout *f, struct subscription *sub, struct run *run)
{
    struct receiver *r = sub->receiver;

    if (!takes_whole(f, sub, run)) {
        hear_each(f, sub, run);
        return;
    }
    sub->cursor = run_last_seq(run);
    fanout_send(f, r, run_joined(run, r, subscription_encoding(sub)),
                run_length(run));
}

void
live_forget(struct heard_room *room)
{
    list_remove(&room->running);
    run_free(&room->run);
}

static void
deliver_run(struct fanout *f, struct heard_room *room)
{
    if (room->run == NULL)
        return;
    f->walking = true;
    for (uint32_t i = 0; i < room->n; i++)
        hear_run(f, room->subs[i], room->run);
    f->walking = false;
    live_forget(room);
}

void
live_flush(struct fanout *f)
{
    while (!list_empty(&f->running))
        deliver_run(f, list_entry(f->running.next, struct heard_room,
                                  running));
}

void
live_settle(struct fanout *f, struct receiver *r)
{
    if (list_empty(&f->running))
        return;
    list_each(it, tmp, &r->subs) {
        struct subscription *sub = list_entry(it, struct subscription, link);

        if (sub->room->run != NULL)
            hear_each(f, sub, sub->room->run);
    }
}

/* A run is dense. */
static bool
goes_on(const struct run *run, const struct event *message)
{
    return !run_is_full(run) && run_text_bytes(run) < LIVE_RUN_BYTES &&
           message->seq == run_last_seq(run) + 1;
}

static void
keep_message(struct fanout *f, struct heard_room *room, struct event *message)
{
    if (room->last_seq < message->seq)
        room->last_seq = message->seq;
    if (room->run != NULL && !goes_on(room->run, message))
        deliver_run(f, room);
    if (room->run == NULL) {
        room->run = run_new(LIVE_RUN_MESSAGES);
        list_push(&f->running, &room->running);
    }
    run_add(room->run, message);
}

/* --- Files, for those who have them sent --------------------------------- */

/* An upload that begins, or the message of a file, which is said besides as any
 * other; and whether they lag or not: a file that is sent to them waits its
 * turn anyway. */
static void
hand_over(struct fanout *f, const struct heard_room *room,
          const struct parcel *p)
{
    f->walking = true;
    for (uint32_t i = 0; i < room->n; i++) {
        struct subscription *sub = room->subs[i];
        struct receiver *r = sub->receiver;

        if (r->wants_uploads && r->session != p->session &&
            !fanout_passes_over(sub, p->event))
            r->ops->answer(r, p->event, sub);
    }
    f->walking = false;
}

/* --- Everything else ---------------------------------------------------- */

/* Not in the log: whoever lags will not hear of it. */
static void
tell_room(struct fanout *f, const struct heard_room *room,
          const struct parcel *p)
{
    struct variants v = {.event = p->event};
    bool handed = p->event->kind == EVENT_UPLOADING;

    f->walking = true;
    for (uint32_t i = 0; i < room->n; i++) {
        struct subscription *sub = room->subs[i];
        struct receiver *r = sub->receiver;

        if (r->session != p->session && may_read(sub) &&
            !(handed && r->wants_uploads) && !sub->behind &&
            lag_has_room(f, r))
            fanout_send(f, r, variant(&v, r, subscription_encoding(sub)), 1);
    }
    f->walking = false;
    variants_done(&v);
}

/* Whoever may not be in it any more has been told before. Pages that are kept
 * have its old name. */
static void
change_room(struct fanout *f, struct heard_room *room, const struct parcel *p)
{
    room->access = p->access;
    if (p->event->setting != SETTING_NAME)
        return;
    heard_room_rename(room, p->event->text);
    pages_clear(&f->pages);
}

void
live_room(struct fanout *f, const struct parcel *p)
{
    struct heard_room *room = map_get_u64(&f->rooms, p->room);

    if (room == NULL)
        return;
    if (p->event->kind == EVENT_MESSAGE) {
        must(p->session == 0);
        if (p->event->message_kind == MESSAGE_FILE)
            hand_over(f, room, p);
        keep_message(f, room, p->event);
        return;
    }
    deliver_run(f, room);
    if (p->event->kind == EVENT_UPLOADING)
        hand_over(f, room, p);
    tell_room(f, room, p);
    if (p->event->kind == EVENT_SETTING)
        change_room(f, room, p);
}

/* An operator's word is rare and in no log: it goes to who lags as well. */
void
live_everyone(struct fanout *f, const struct parcel *p)
{
    struct variants v = {.event = p->event};
    struct receiver *r;
    size_t pos = 0;

    live_flush(f);
    f->walking = true;
    while ((r = map_next(&f->receivers, &pos)) != NULL) {
        if (p->event->kind == EVENT_STOPPING)
            r->ops->end(r, p->event);
        else if (r->entered && r->session != p->session)
            fanout_send(f, r, variant(&v, r, r->encoding), 1);
    }
    f->walking = false;
    variants_done(&v);
}
