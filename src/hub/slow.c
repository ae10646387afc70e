/* SPDX-License-Identifier: MIT
 *
 * One entry per account, or guests' address, that has spoken lately, oldest
 * first; those who need not wait any more are dropped on the way, and the
 * oldest when there are too many. */
#include "hub/slow.h"
#include "base/cidr.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SPEAKER_BYTES = 9 };

struct spoken {
    struct list link;             /* grants.spoken */
    uint8_t who[SPEAKER_BYTES];
    int64_t since_ms;
    uint64_t batch;               /* its number */
};

/* Guests are whoever they like on their next connection, but not from wherever
 * they like: IPv6 by its /64, and those of this machine, who may be many behind
 * one program, each by their own number. */
static void
write_speaker(const struct session *s, uint8_t out[SPEAKER_BYTES])
{
    static const uint8_t zero[8];
    bool network = memcmp(s->from, zero, sizeof zero) != 0;

    out[0] = !sender_is_account(s->sender_id) && !cidr_is_loopback(s->from)
        && memcmp(s->from + 8, zero, sizeof zero) != 0;
    if (out[0])
        memcpy(out + 1, s->from + (network ? 0 : 8), 8);
    else
        memcpy(out + 1, &s->sender_id, 8);
}

static struct str
speaker(const uint8_t who[SPEAKER_BYTES])
{
    return (struct str){(const char *)who, SPEAKER_BYTES};
}

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
    uint8_t who[SPEAKER_BYTES];

    if (!is_slow(r) || r->grants == NULL
        || grant_of_caller(x, r).role >= ROLE_MODERATOR)
        return DENY_NONE;
    write_speaker(x->session, who);
    last = map_get_str(&r->grants->spoke, speaker(who));
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
    map_del_str(&g->spoke, speaker(s->who));
    list_remove(&s->link);
    free(s);
}

static void
drop_done(struct grants *g, int64_t slow_ms, int64_t now_ms)
{
    list_each(it, next, &g->spoken) {
        struct spoken *s = list_entry(it, struct spoken, link);

        if (g->spoke.count < LIMIT_SPOKEN
            && !is_due(now_ms, s->since_ms, slow_ms))
            break;
        drop(g, s);
    }
}

void
slow_note(struct call *x, struct room *r)
{
    int64_t now_ms = x->command->now_ms;
    struct spoken *s, *old;
    struct grants *g;

    if (!is_slow(r))
        return;
    g = grant_get(r);
    s = must_alloc(sizeof *s);
    write_speaker(x->session, s->who);
    old = map_get_str(&g->spoke, speaker(s->who));
    if (old != NULL)
        drop(g, old);
    drop_done(g, r->settings.slow_ms, now_ms);
    s->since_ms = now_ms;
    s->batch = x->hub->batch.number;
    list_push(&g->spoken, &s->link);
    map_put_str(&g->spoke, speaker(s->who), s);
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
