/* SPDX-License-Identifier: MIT
 *
 * Rooms are gone through once a minute, or at once when there was more to drop
 * than a tick takes. A page that a worker keeps for those who lag, or that is
 * on its way, may still show what has just gone: it was read before, and goes
 * with the last one who lags. Once an hour the same is done for rooms that have
 * been closed for long, which are on disk alone after a restart, and for the
 * audit. */
#include "hub/keep.h"
#include "hub/batch.h"
#include "hub/transfer_impl.h"

#define EVERY_MS 60000
#define ARCHIVE_EVERY_MS 3600000
#define AGAIN_MS 20               /* others' commands go in between */

/* ---- messages ---- */

static void
drop_body(void *arg, const struct file_id *id)
{
    transfer_remove_body(arg, id);
}

/* Up to this seq nothing is kept because of its number. */
static uint64_t
first_by_number(const struct room *r)
{
    uint64_t n = r->settings.keep_n;

    return n > 0 && r->last_seq > n ? r->last_seq - n + 1 : 0;
}

static bool
wants_something(const struct room *r)
{
    return r->access.kind == ROOM_CHANNEL && r->stored && r->last_seq > 0
        && (r->settings.keep_ms > 0
            || first_by_number(r) > r->settings.first_seq);
}

/* Returns how many have gone. */
static unsigned
drop_old(struct hub *h, struct room *r, unsigned max, int64_t now_ms)
{
    int64_t before_ms = r->settings.keep_ms > 0
        ? now_ms - r->settings.keep_ms : 0;
    uint64_t first = 0;
    unsigned n = 0;
    int rc;

    if (batch_write(h, r) != DENY_NONE)
        return 0;
    rc = store_drop_old(h->store, r->id, first_by_number(r), before_ms, max,
                        drop_body, h, &n, &first);
    if (rc < 0) {
        (void)batch_failed(h, rc);
        return 0;
    }
    if (n > 0)
        r->settings.first_seq = first;
    return n;
}

static void
drop_everywhere(struct hub *h, int64_t now_ms)
{
    unsigned left = KEEP_MESSAGES;

    h->keep_due_ms = INT64_MAX;
    list_each(it, next, &h->all_rooms) {
        struct room *r = list_entry(it, struct room, link);

        if (r->settings.keep_ms == 0 && r->settings.keep_n == 0)
            continue;
        if (h->keep_due_ms == INT64_MAX)
            h->keep_due_ms = now_ms + EVERY_MS;
        if (left > 0 && wants_something(r))
            left -= drop_old(h, r, left, now_ms);
    }
    if (left == 0)
        h->keep_due_ms = now_ms + AGAIN_MS;
}

/* ---- closed rooms, the audit ---- */

/* One that was closed since the start is in memory as well, but nobody looks
 * at it there any more. */
static unsigned
drop_closed(struct hub *h, uint64_t room, unsigned max)
{
    uint64_t first;
    unsigned n = 0;
    int rc;

    if (batch_begin(h) != DENY_NONE)
        return 0;
    rc = store_drop_old(h->store, room, GRANT_NOTHING, 0, max, drop_body, h,
                        &n, &first);
    if (rc < 0)
        (void)batch_failed(h, rc);
    return n;
}

/* These return how many more may go in this tick. */
static unsigned
drop_closed_rooms(struct hub *h, unsigned left, int64_t now_ms)
{
    int64_t before_ms = now_ms - h->options.closed_keep_ms;
    uint64_t room = 0;

    if (h->options.closed_keep_ms == 0)
        return left;
    while (left > 0
           && store_next_closed(h->store, room, before_ms, &room) == 0)
        left -= drop_closed(h, room, left);
    return left;
}

static unsigned
drop_audit(struct hub *h, unsigned left, int64_t now_ms)
{
    int64_t before_ms = now_ms - h->options.audit_keep_ms;
    unsigned n = 0;
    int rc;

    if (h->options.audit_keep_ms == 0 || left == 0
        || batch_begin(h) != DENY_NONE)
        return left;
    rc = store_drop_audit(h->store, before_ms, left, &n);
    if (rc < 0)
        (void)batch_failed(h, rc);
    return left - n;
}

static void
drop_archives(struct hub *h, int64_t now_ms)
{
    unsigned left = KEEP_MESSAGES;

    left = drop_closed_rooms(h, left, now_ms);
    left = drop_audit(h, left, now_ms);
    h->archive_due_ms = now_ms + (left > 0 ? ARCHIVE_EVERY_MS : AGAIN_MS);
    if (h->options.closed_keep_ms == 0 && h->options.audit_keep_ms == 0)
        h->archive_due_ms = INT64_MAX;
}

/* ---- bans and mutes ---- */

static int64_t
sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void
tell_may_speak(struct hub *h, const struct room *r,
               const struct restriction_row *row, int64_t now_ms)
{
    struct access_grant g = grant_of_sender(r, row->sender_id, now_ms);
    struct event *e;

    if (row->kind != RESTRICTION_MUTE || row->sender_id == 0)
        return;
    e = room_event(r, EVENT_STANDING, row->subject, nothing);
    e->role = (enum room_role)g.role;
    e->muted = g.muted;
    e->away = true;
    tell_room_durable(h, r, e, NULL);
}

static void
note_end(struct restrictions *rs, const struct restriction *b)
{
    if (b->row.expires_ms > 0)
        rs->due_ms = sooner(rs->due_ms, b->row.expires_ms);
}

/* A row that cannot be removed counts no longer all the same. */
static void
expire(struct hub *h, struct room *r, struct restrictions *rs, int64_t now_ms)
{
    if (rs == NULL)
        return;
    if (now_ms >= rs->due_ms) {
        rs->due_ms = INT64_MAX;
        list_each(it, next, &rs->all) {
            struct restriction *b = list_entry(it, struct restriction, link);

            if (!restriction_is_over(b, now_ms)
                || grant_release(h, r, b) != DENY_NONE)
                note_end(rs, b);
            else if (r != NULL)
                tell_may_speak(h, r, &b->row, now_ms);
        }
    }
    h->bans_due_ms = sooner(h->bans_due_ms, rs->due_ms);
}

static void
expire_everywhere(struct hub *h, int64_t now_ms)
{
    h->bans_due_ms = INT64_MAX;
    expire(h, NULL, h->banned, now_ms);
    list_each(it, next, &h->all_rooms) {
        struct room *r = list_entry(it, struct room, link);

        if (r->grants != NULL)
            expire(h, r, r->grants->restrictions, now_ms);
    }
    if (h->bans_due_ms <= now_ms)
        h->bans_due_ms = now_ms + EVERY_MS;
}

void
keep_failed(struct hub *h)
{
    int64_t again_ms = h->batch.now_ms + EVERY_MS;

    if (h->keep_due_ms < again_ms)
        h->keep_due_ms = again_ms;
    h->archive_due_ms = again_ms;
    h->bans_due_ms = sooner(h->bans_due_ms, again_ms);
}

int64_t
keep_tick(struct hub *h, int64_t now_ms)
{
    if (h->broken)
        return INT64_MAX;
    h->batch.now_ms = now_ms;
    if (now_ms >= h->bans_due_ms)
        expire_everywhere(h, now_ms);
    if (now_ms >= h->keep_due_ms)
        drop_everywhere(h, now_ms);
    if (now_ms >= h->archive_due_ms)
        drop_archives(h, now_ms);
    return sooner(h->archive_due_ms, sooner(h->bans_due_ms, h->keep_due_ms));
}
