/* SPDX-License-Identifier: MIT
 *
 * Few tokens run out while they are used, so nothing is kept in order: only
 * the first time is known, and when it comes, everybody is looked at. */
#include "hub/expiry.h"
#include "hub/account.h"
#include "hub/visitor.h"

static bool
has_end(const struct session *s)
{
    return s->device != NULL && s->device->expires_ms != 0;
}

static void
note_end(struct hub *h, int64_t expires_ms)
{
    if (expires_ms < h->devices_due_ms)
        h->devices_due_ms = expires_ms;
}

void
expiry_note(struct hub *h, struct session *s, int64_t expires_ms)
{
    s->device->expires_ms = expires_ms;
    if (expires_ms != 0)
        note_end(h, expires_ms);
}

static void
look_at(struct hub *h, struct session *s, int64_t now_ms)
{
    if (!has_end(s))
        return;
    if (now_ms < s->device->expires_ms)
        note_end(h, s->device->expires_ms);
    else
        account_end(h, s, "your token has run out", DENY_BAD_CREDENTIALS,
                    now_ms);
}

static void
look_at_everybody(struct hub *h, int64_t now_ms)
{
    list_each(it, next, &h->present) {
        struct session *s = list_entry(it, struct user, link)->session;

        for (struct session *after; s != NULL; s = after) {
            after = s->next_of_user;
            look_at(h, s, now_ms);
        }
    }
    for (struct session *s = visitor_next(h, NULL), *after; s; s = after) {
        after = visitor_next(h, s);
        look_at(h, s, now_ms);
    }
}

int64_t
expiry_tick(struct hub *h, int64_t now_ms)
{
    if (now_ms >= h->devices_due_ms) {
        h->devices_due_ms = INT64_MAX;
        look_at_everybody(h, now_ms);
    }
    return h->devices_due_ms;
}
