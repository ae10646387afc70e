/* SPDX-License-Identifier: MIT
 *
 * Those who may no longer. First each of their sessions is told, and hears
 * nothing from then on, and only then they leave: so nobody who goes hears of
 * the others going, and a room of thousands that is closed says nothing
 * thousands of times. What a worker was given before is older than the removal;
 * what a reader still brings it finds out by the count (mailbox.h). */
#include "hub/batch.h"
#include "hub/grant.h"
#include "hub/member.h"
#include "hub/room.h"
#include "hub/session.h"
#include "hub/transfer_impl.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- who ---- */

static int
compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void
add(struct audience *a, size_t *cap, uint64_t session)
{
    if (a->n == *cap) {
        *cap = *cap ? 2 * *cap : 16;
        a->sessions = must_realloc(a->sessions, *cap * sizeof(uint64_t));
    }
    a->sessions[a->n++] = session;
}

struct audience
grant_audience(const struct hub *h, const struct room *r, uint64_t sender_id,
               int64_t now_ms)
{
    struct audience a = {NULL, 0};
    struct session *s;
    size_t cap = 0;

    for (size_t pos = 0; (s = map_next(&h->sessions, &pos)) != NULL;) {
        if (sender_id != 0 && s->sender_id != sender_id)
            continue;
        if (member_find(r, s) != NULL
            || grant_check_session(h, s, ACTION_READ, r, now_ms) == DENY_NONE)
            add(&a, &cap, s->id);
    }
    if (a.n > 1)
        qsort(a.sessions, a.n, sizeof(uint64_t), compare);
    return a;
}

static bool
is_in(const struct audience *a, uint64_t session)
{
    return a->n > 0
        && bsearch(&session, a->sessions, a->n, sizeof session, compare)
            != NULL;
}

/* Keeps those who may read no longer. */
static void
keep_lost(const struct hub *h, const struct room *r, struct audience *a,
          int64_t now_ms)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++) {
        const struct session *s = map_get_u64(&h->sessions, a->sessions[i]);

        if (grant_check_session(h, s, ACTION_READ, r, now_ms) != DENY_NONE)
            a->sessions[n++] = a->sessions[i];
    }
    a->n = n;
}

/* ---- what becomes of them ---- */

static struct event *
removed_event(const struct room *r, const struct event *why, bool inside)
{
    struct event *e = event_new(EVENT_REMOVED, str_of(r->name), nothing,
                                why->text, why->extra);

    e->room = r->id;
    e->room_kind = r->access.kind;
    e->deny = why->deny;
    e->joined = inside;
    return e;
}

/* What the others are told. */
static void
write_left(const struct event *why, char *out, size_t bytes)
{
    const char *done = why->deny == DENY_BANNED ? "banned" : "removed";

    if (why->deny != DENY_BANNED && why->deny != DENY_FORBIDDEN)
        snprintf(out, bytes, "%s", deny_text(why->deny));
    else if (why->text.n > 0)
        snprintf(out, bytes, "%s by %.*s: %.*s", done, STR_FMT(why->extra),
                 STR_FMT(why->text));
    else
        snprintf(out, bytes, "%s by %.*s", done, STR_FMT(why->extra));
}

static void
tell_removed(struct hub *h, const struct room *r, const struct session *s,
             const struct event *why)
{
    struct member *m = member_find(r, s);
    bool inside = m != NULL && m->heard;
    struct parcel *p = parcel_new(PARCEL_REVOKE, s->id, r->id,
                                  removed_event(r, why, inside));

    p->decided = h->revocations;
    tell_session(h, s->worker, p);
    if (m != NULL)
        member_unhear(m);
}

/* An upload that nobody brings just now is found out when it is shared. */
static void
drop_unshareable(struct hub *h, const struct room *r, const struct audience *a,
             int64_t now_ms)
{
    list_each(it, next, &h->arriving) {
        struct transfer *t = list_entry(it, struct transfer, link);
        struct access_who who = {t->row.owner_id, true};
        struct access_grant g;

        if (t->gone || t->row.room != r->id)
            continue;
        g = grant_of_sender(r, t->row.owner_id, now_ms);
        if (r->settings.closed_ms != 0 || is_in(a, t->session)
            || access_check(&who, ACTION_SHARE, &r->access, &g) != DENY_NONE)
            (void)transfer_end(h, t);
    }
}

void
grant_end(struct hub *h, struct room *r, struct audience *a, bool all,
          struct event *why, int64_t now_ms)
{
    char left[LIMIT_REASON_BYTES + LIMIT_ROOM_BYTES + 32];

    if (!all)
        keep_lost(h, r, a, now_ms);
    h->revocations++;
    for (size_t i = 0; i < a->n; i++)
        tell_removed(h, r, map_get_u64(&h->sessions, a->sessions[i]), why);
    drop_unshareable(h, r, a, now_ms);
    write_left(why, left, sizeof left);
    for (size_t i = 0; i < a->n; i++) {
        const struct session *s = map_get_u64(&h->sessions, a->sessions[i]);
        struct member *m = member_find(r, s);

        if (m != NULL)
            member_leave(h, m, str_of(left), now_ms);
    }
    free(a->sessions);
    *a = (struct audience){NULL, 0};
    event_unref(&why);
}

void
grant_recheck(struct hub *h, struct room *r, enum deny why, int64_t now_ms)
{
    struct audience a = {NULL, 0};
    struct event *e;
    size_t cap = 0;

    list_each(it, next, &r->members) {
        const struct member *m = list_entry(it, struct member, in_room);

        if (grant_check_session(h, m->session, ACTION_READ, r, now_ms)
            != DENY_NONE)
            add(&a, &cap, m->session->id);
    }
    if (a.n == 0)
        return;
    qsort(a.sessions, a.n, sizeof(uint64_t), compare);
    e = event_new(EVENT_REMOVED, nothing, nothing, nothing, nothing);
    e->deny = why;
    grant_end(h, r, &a, true, e, now_ms);
}

void
grant_drop_uploads(struct hub *h, const struct room *r, uint64_t sender_id)
{
    list_each(it, next, &h->arriving) {
        struct transfer *t = list_entry(it, struct transfer, link);

        if (!t->gone && t->row.owner_id == sender_id
            && (r == NULL || t->row.room == r->id))
            (void)transfer_end(h, t);
    }
}

/* ---- from the server ---- */

static struct audience
banned_sessions(const struct hub *h, int64_t now_ms)
{
    struct audience a = {NULL, 0};
    struct session *s;
    size_t cap = 0;

    for (size_t pos = 0; (s = map_next(&h->sessions, &pos)) != NULL;) {
        if (grant_is_banned(h, s->sender_id, s->from, now_ms))
            add(&a, &cap, s->id);
    }
    if (a.n > 1)
        qsort(a.sessions, a.n, sizeof(uint64_t), compare);
    return a;
}

void
grant_close_banned(struct hub *h, struct event *why, int64_t now_ms)
{
    struct audience a = banned_sessions(h, now_ms);

    for (size_t i = 0; i < a.n; i++) {
        struct session *s = map_get_u64(&h->sessions, a.sessions[i]);

        if (s->sender_id != 0)
            grant_drop_uploads(h, NULL, s->sender_id);
        tell_close(h, s, event_ref(why));
        session_end(h, s, str_of("banned"), SESSION_NAME_GOES, now_ms);
    }
    free(a.sessions);
    event_unref(&why);
}
