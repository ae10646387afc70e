/* SPDX-License-Identifier: MIT
 *
 * Senders that wait for nothing but their window: each has up to so many
 * unacknowledged posts, round robin over the rooms. A Posted means that the
 * message is on disk, so this measures durable messages a second. */
#include "load/scenario.h"

#include "base/limits.h"
#include "load/crowd.h"
#include "load/histogram.h"
#include "load/measure.h"
#include "load/native_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_POST = 2,
    ARENA_BYTES = 4 * LIMIT_FRAME_BYTES,
    TURN_NS = 50000000,
};

struct posts;

struct sender {
    struct posts *posts;
    struct peer *peer;
    struct who who;
    struct outbox out;
    struct native_ear ear;
    uint64_t quota, answered;
    uint64_t *sent_ns;           /* of the unanswered, a ring of --window */
};

struct posts {
    const struct options *o;
    struct crowd crowd;
    struct sender *senders;
    struct envelope_arena *arena;
    struct histogram *delays;
    char *text;
    uint64_t welcomed, acked, refused, disordered;
    uint64_t last_ns;            /* when the last answer came */
};

static void
name_sender(void *arg, const struct peer *p, struct who *w)
{
    (void)arg;
    snprintf(w->name, sizeof w->name, "s%u", p->index);
}

/* ---- Posting ---- */

static void
post(struct posts *s, struct sender *sender)
{
    size_t n = (size_t)s->o->bytes;
    char *to = outbox_reserve(&sender->out, n + WORDING_POST_EXTRA);
    struct who *w = &sender->who;
    uint64_t now = now_ns();

    snprintf(w->room, sizeof w->room, "r%u",
             (uint32_t)((sender->peer->index + w->said) %
                        (uint64_t)s->o->rooms));
    stamp_write(s->text, (struct stamp){(uint32_t)w->said, now});
    sender->sent_ns[w->said % (uint64_t)s->o->window] = now;
    outbox_commit(&sender->out, native_post(to, w, s->text, n,
                                            FIRST_POST + w->said));
}

static void
fill_window(struct posts *s, struct sender *sender)
{
    while (sender->who.said < sender->quota &&
           sender->who.said - sender->answered < (uint64_t)s->o->window)
        post(s, sender);
    peer_flush(&s->crowd, sender->peer);
}

static void
writable(void *arg, struct peer *p)
{
    struct posts *s = arg;

    if (peer_flush(&s->crowd, p) && outbox_held(p->out) == 0)
        peer_watch(&s->crowd, p, false);
}

/* ---- Hearing ---- */

static void
answered(struct sender *sender, uint64_t request)
{
    struct posts *s = sender->posts;
    uint64_t place = sender->answered % (uint64_t)s->o->window;

    if (request != FIRST_POST + sender->answered)
        s->disordered++;
    histogram_add(s->delays, s->crowd.heard_ns - sender->sent_ns[place]);
    sender->answered++;
    s->last_ns = s->crowd.heard_ns;
}

static void
hear(void *arg, const Envelope *e)
{
    struct sender *sender = arg;
    struct posts *s = sender->posts;

    switch (e->body_case) {
    case ENVELOPE_BODY(WELCOME):
        s->welcomed++;
        break;
    case ENVELOPE_BODY(POSTED):
        s->acked++;
        answered(sender, e->request);
        break;
    case ENVELOPE_BODY(ERROR):
        if (e->request < FIRST_POST)
            die("the server refused a Hello: %s", e->error->text);
        s->refused++;
        answered(sender, e->request);
        break;
    case ENVELOPE_BODY(CLOSING):
        die("the server closes: %s", e->closing->text);
    default:
        break;
    }
}

static size_t
listen_in(void *arg, struct peer *p, const char *bytes, size_t n)
{
    struct posts *s = arg;
    struct sender *sender = &s->senders[p->index];

    native_ear_feed(&sender->ear, s->arena, bytes, n, hear, sender);
    if (p->out != NULL)
        fill_window(s, sender);
    return 0;
}

static const struct crowd_ops ops = {
    .name = name_sender, .heard = listen_in, .writable = writable,
};

/* ---- The run ---- */

static void
posts_init(struct posts *s, const struct options *o)
{
    uint64_t count = (uint64_t)o->senders, messages = (uint64_t)o->messages;

    *s = (struct posts){.o = o, .delays = histogram_new(),
                        .arena = envelope_arena_new(ARENA_BYTES),
                        .senders = must_alloc(count * sizeof *s->senders),
                        .text = must_alloc((size_t)o->bytes + 1)};
    memset(s->text, 'x', (size_t)o->bytes);
    crowd_init(&s->crowd, o, &wording_native_bare, 0, (uint32_t)count, &ops, s);
    for (uint64_t i = 0; i < count; i++) {
        struct sender *sender = &s->senders[i];

        *sender = (struct sender){
            .posts = s, .peer = &s->crowd.peers[i],
            .who.dice = &s->crowd.dice,
            .quota = messages / count + (i < messages % count),
            .sent_ns = must_alloc((size_t)o->window * sizeof(uint64_t))};
        native_ear_init(&sender->ear);
    }
}

static void
posts_done(struct posts *s)
{
    crowd_done(&s->crowd);
    for (int64_t i = 0; i < s->o->senders; i++) {
        native_ear_done(&s->senders[i].ear);
        free(s->senders[i].out.p);
        free(s->senders[i].sent_ns);
    }
    free(s->senders);
    free(s->text);
    histogram_free(&s->delays);
    envelope_arena_free(&s->arena);
}

static void
arrive(struct posts *s)
{
    uint64_t end_ns;

    crowd_settle(&s->crowd);
    end_ns = now_ns() + (uint64_t)s->o->patience_s * 1000000000u;
    while (s->welcomed < (uint64_t)s->o->senders) {
        crowd_turn(&s->crowd, TURN_NS);
        if (now_ns() > end_ns)
            die("%lu of %u senders are welcome", (unsigned long)s->welcomed,
                s->crowd.count);
    }
    crowd_quiet(&s->crowd, s->o->quiet_ms);
}

static void
run(struct posts *s, uint64_t begun_ns)
{
    uint64_t patience_ns = (uint64_t)s->o->patience_s * 1000000000u;
    uint64_t now = begun_ns;

    s->last_ns = begun_ns;
    for (uint32_t i = 0; i < s->crowd.count; i++) {
        s->senders[i].peer->out = &s->senders[i].out;
        fill_window(s, &s->senders[i]);
    }
    while (s->acked + s->refused < (uint64_t)s->o->messages &&
           now < s->last_ns + patience_ns) {
        crowd_turn(&s->crowd, TURN_NS);
        now = now_ns();
    }
}

void
scenario_posts(const struct options *o, const struct server *server,
               struct result *r)
{
    struct measure m;
    struct posts s;

    posts_init(&s, o);
    arrive(&s);
    measure_begin(&m, server);
    run(&s, m.begun_ns);
    measure_end(&m);

    result_count(r, "rooms", (uint64_t)o->rooms);
    result_count(r, "senders", (uint64_t)o->senders);
    result_count(r, "window", (uint64_t)o->window);
    result_count(r, "bytes", (uint64_t)o->bytes);
    result_count(r, "connections", s.crowd.count);
    result_count(r, "messages", (uint64_t)o->messages);
    result_count(r, "acked", s.acked);
    result_count(r, "refused", s.refused);
    result_count(r, "lost", (uint64_t)o->messages - s.acked - s.refused);
    result_count(r, "disordered", s.disordered);
    result_count(r, "closed", s.crowd.closed);
    measure_report(&m, r, s.last_ns, "post", s.acked);
    result_real(r, "acks_per_s", measure_rate(&m, s.last_ns, s.acked));
    result_delays(r, "ack_", s.delays);
    posts_done(&s);
}
