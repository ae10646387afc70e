/* SPDX-License-Identifier: MIT */
#include "load/native_probe.h"

#include "base/limits.h"
#include "load/crowd.h"
#include "load/native_words.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_PAGE = 2,              /* the request that asks for room 0 */
    ARENA_BYTES = 4 * LIMIT_FRAME_BYTES,
};

struct probe {
    const struct options *o;
    struct crowd crowd;
    struct native_ear ear;
    struct envelope_arena *arena;
    struct outbox out;
    uint32_t count, answered;
    uint64_t *last;
};

static void
name_probe(void *arg, const struct peer *p, struct who *w)
{
    (void)arg;
    (void)p;
    snprintf(w->name, sizeof w->name, "probe");
}

static void
room_name(const struct probe *b, uint32_t i, char *out, size_t cap)
{
    if (b->count == 1)
        snprintf(out, cap, "%s", b->o->room);
    else
        snprintf(out, cap, "r%u", i);
}

static void
answer(void *arg, const Envelope *e)
{
    struct probe *b = arg;

    if (e->body_case == ENVELOPE_BODY(ERROR))
        die("the server refused: %s", e->error->text);
    if (e->body_case != ENVELOPE_BODY(HISTORY))
        return;
    if (e->request != FIRST_PAGE + b->answered || e->history->n_messages != 1)
        die("room %u has no message", b->answered);
    b->last[b->answered++] = e->history->messages[0]->seq;
}

static size_t
listen_in(void *arg, struct peer *p, const char *bytes, size_t n)
{
    struct probe *b = arg;

    (void)p;
    native_ear_feed(&b->ear, b->arena, bytes, n, answer, b);
    return 0;
}

static void
flush(void *arg, struct peer *p)
{
    struct probe *b = arg;

    if (peer_flush(&b->crowd, p) && outbox_held(&b->out) == 0)
        peer_watch(&b->crowd, p, false);
}

static const struct crowd_ops ops = {
    .name = name_probe, .heard = listen_in, .writable = flush,
};

static void
ask(struct probe *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        char room[LIMIT_ROOM_BYTES];
        char *to = outbox_reserve(&b->out, WORDING_SAY_BYTES);

        room_name(b, i, room, sizeof room);
        outbox_commit(&b->out, native_history(to, room, 0, 1, FIRST_PAGE + i));
    }
    b->crowd.peers[0].out = &b->out;
    peer_flush(&b->crowd, &b->crowd.peers[0]);
}

void
native_probe(const struct options *o, uint32_t count, uint64_t *last)
{
    struct probe b = {.o = o, .count = count, .last = last,
                      .arena = envelope_arena_new(ARENA_BYTES)};
    uint64_t end_ns = now_ns() + (uint64_t)o->patience_s * 1000000000u;

    native_ear_init(&b.ear);
    crowd_init(&b.crowd, o, &wording_native_bare, 0, 1, &ops, &b);
    crowd_settle(&b.crowd);
    ask(&b);
    while (b.answered < count) {
        crowd_turn(&b.crowd, 100000000);
        if (b.crowd.closed > 0 || now_ns() > end_ns)
            die("the server does not tell of its rooms");
    }
    crowd_done(&b.crowd);
    native_ear_done(&b.ear);
    envelope_arena_free(&b.arena);
    free(b.out.p);
}
