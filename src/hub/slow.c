/* SPDX-License-Identifier: MIT
 *
 * One entry per person who has spoken lately, oldest first; those who need not
 * wait any more are dropped on the way. */
#include "hub/slow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct spoken {
    struct list link;             /* grants.spoken */
    uint64_t sender_id;
    int64_t since_ms;
    uint64_t batch;               /* its number */
};

static bool
is_slow(const struct room *r)
{
    return r->settings.slow_ms > 0 && r->access.kind == ROOM_CHANNEL;
}

enum deny
slow_check(struct call *x, const struct room *r)
{
    int64_t now_ms = x->command->now_ms, slow_ms = r->settings.slow_ms;
    const struct spoken *last;

    if (!is_slow(r) || r->grants == NULL
        || grant_of_caller(x, r).role >= ROLE_MODERATOR)
        return DENY_NONE;
    last = map_get_u64(&r->grants->spoke, x->session->sender_id);
    if (last == NULL || is_due(now_ms, last->since_ms, slow_ms))
        return DENY_NONE;
    x->wait_ms = last->since_ms + slow_ms - now_ms;
    snprintf(x->words, sizeof x->words, "wait %" PRId64 " s",
             (x->wait_ms + 999) / 1000);
    x->detail = str_of(x->words);
    return DENY_TOO_FAST;
}

static void
drop(struct grants *g, struct spoken *s)
{
    map_del_u64(&g->spoke, s->sender_id);
    list_remove(&s->link);
    free(s);
}

void
slow_note(struct call *x, struct room *r)
{
    int64_t now_ms = x->command->now_ms;
    uint64_t sender_id = x->session->sender_id;
    struct spoken *s;
    struct grants *g;

    if (!is_slow(r))
        return;
    g = grant_get(r);
    s = map_get_u64(&g->spoke, sender_id);
    if (s != NULL)
        drop(g, s);
    list_each(it, next, &g->spoken) {
        s = list_entry(it, struct spoken, link);
        if (!is_due(now_ms, s->since_ms, r->settings.slow_ms))
            break;
        drop(g, s);
    }
    s = must_alloc(sizeof *s);
    s->sender_id = sender_id;
    s->since_ms = now_ms;
    s->batch = x->hub->batch.number;
    list_push(&g->spoken, &s->link);
    map_put_u64(&g->spoke, sender_id, s);
}

void
slow_take_back(struct hub *h, struct room *r)
{
    struct grants *g = r->grants;

    while (g != NULL && !list_empty(&g->spoken)) {
        struct spoken *s = list_entry(g->spoken.prev, struct spoken, link);

        if (s->batch != h->batch.number)
            return;
        drop(g, s);
    }
}

void
slow_free(struct grants *g)
{
    list_each(it, next, &g->spoken)
        drop(g, list_entry(it, struct spoken, link));
    map_done(&g->spoke);
}
