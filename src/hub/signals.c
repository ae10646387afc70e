/* SPDX-License-Identifier: MIT
 *
 * Signals take the same road as messages, without the write. */
#include "hub/signals.h"
#include "hub/batch.h"
#include "hub/grant.h"
#include "hub/member.h"
#include "hub/reading.h"
#include "hub/room.h"

/* Saying the same again sooner than this is not passed on. */
#define TYPING_AGAIN_MS 2000

static struct event *
signal_event(const struct member *m, enum event_kind kind)
{
    const struct session *s = m->session;
    struct event *e = room_event(m->room, kind, user_name(s->user),
                                 nothing);

    e->session = s->id;
    return e;
}

/* In half a time stamp, which is enough: one that was told 49 days ago to the
 * second counts as just told, and one before the clock was set back as old. */
static bool
was_just_told(const struct member *m, const struct command *c)
{
    return m->typing_told && m->typing == c->away
        && (uint32_t)c->now_ms - m->typing_told_ms < TYPING_AGAIN_MS;
}

enum deny
signals_typing(struct call *x)
{
    const struct command *c = x->command;
    struct member *m;
    struct event *e;
    enum deny d = member_of_target(x, ACTION_SIGNAL, &m);

    if (d != DENY_NONE)
        return d;
    if (was_just_told(m, c))
        return DENY_NONE;
    m->typing = c->away;
    m->typing_told = true;
    m->typing_told_ms = (uint32_t)c->now_ms;
    e = signal_event(m, EVENT_TYPING);
    e->away = c->away;
    tell_room(x->hub, m->room, e, x->session);
    return DENY_NONE;
}

static bool
advance(uint64_t *cursor, uint64_t to, uint64_t max)
{
    if (to > max)
        to = max;
    if (to <= *cursor)
        return false;
    *cursor = to;
    return true;
}

/* They need not hear it: a page of it may be all that they have read. */
static enum deny
note_unheard(struct call *x)
{
    const struct command *c = x->command;
    uint64_t seq = c->read;
    struct room *r;
    enum deny d = room_load(x, &r);

    if (d != DENY_NONE)
        return d;
    d = grant_check(x, ACTION_SIGNAL, r);
    if (seq > room_committed_seq(r))
        seq = room_committed_seq(r);
    if (d == DENY_NONE)
        reading_note(x->hub, r, x->session->sender_id, seq, c->now_ms);
    room_settle(x->hub, r);
    return d;
}

/* What is read was delivered. Nobody can have seen what is not committed. */
enum deny
signals_cursor(struct call *x)
{
    const struct command *c = x->command;
    struct member *m;
    struct event *e;
    uint64_t max;
    bool moved;
    enum deny d = member_of_target(x, ACTION_SIGNAL, &m);

    if (d != DENY_NONE && sender_is_account(x->session->sender_id))
        return note_unheard(x);
    if (d != DENY_NONE)
        return d;
    max = room_committed_seq(m->room);
    moved = advance(&m->read, c->read, max);
    moved |= advance(&m->delivered, c->delivered, max);
    moved |= advance(&m->delivered, m->read, max);
    if (moved)
        reading_note(x->hub, m->room, x->session->sender_id, m->read,
                     c->now_ms);
    if (!moved || m->room->present > x->hub->options.gather_above)
        return DENY_NONE;
    e = signal_event(m, EVENT_CURSOR);
    e->delivered = m->delivered;
    e->read = m->read;
    tell_room(x->hub, m->room, e, x->session);
    return DENY_NONE;
}
