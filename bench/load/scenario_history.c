/* SPDX-License-Identifier: MIT
 *
 * One reader that leafs at random: pages of a room's history, each BEFORE a
 * random seq, with up to --window unanswered ones. */
#include "load/scenario.h"

#include "base/limits.h"
#include "load/crowd.h"
#include "load/histogram.h"
#include "load/measure.h"
#include "load/native_probe.h"
#include "load/native_words.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_PAGE = 2,
    ARENA_BYTES = 8 * LIMIT_FRAME_BYTES,
    TURN_NS = 50000000,
};

struct asked {
    uint64_t seq, sent_ns;
};

struct history {
    const struct options *o;
    struct crowd crowd;
    struct outbox out;
    struct native_ear ear;
    struct envelope_arena *arena;
    struct histogram *delays;
    struct asked *asked;         /* the unanswered, a ring of --window */
    bool welcome;
    uint64_t last;               /* the room's newest seq */
    uint64_t sent, pages, messages, wrong;
    uint64_t last_ns;            /* when the last page came */
};

static void
name_reader(void *arg, const struct peer *p, struct who *w)
{
    (void)arg;
    snprintf(w->name, sizeof w->name, "h%u", p->index);
}

/* ---- Asking ---- */

static void
ask(struct history *h)
{
    char *to = outbox_reserve(&h->out, WORDING_SAY_BYTES);
    struct asked *a = &h->asked[h->sent % (uint64_t)h->o->window];

    /* From 2, so that no page is empty, to the end of the room. */
    a->seq = 2 + dice_throw(&h->crowd.dice) % h->last;
    a->sent_ns = now_ns();
    outbox_commit(&h->out, native_history(to, h->o->room, a->seq,
                                          (uint32_t)h->o->limit,
                                          FIRST_PAGE + h->sent));
    h->sent++;
}

static void
fill_window(struct history *h)
{
    while (h->sent < (uint64_t)h->o->pages &&
           h->sent - h->pages < (uint64_t)h->o->window)
        ask(h);
    peer_flush(&h->crowd, &h->crowd.peers[0]);
}

static void
writable(void *arg, struct peer *p)
{
    struct history *h = arg;

    if (peer_flush(&h->crowd, p) && outbox_held(&h->out) == 0)
        peer_watch(&h->crowd, p, false);
}

/* ---- Hearing ---- */

/* Seqs without a gap, up to the one before that which was asked for; fewer
 * than the limit only where the room begins or the page would be too large. */
static bool
is_right(const struct history *h, const Loquat__V1__History *page,
         uint64_t seq)
{
    uint64_t n = page->n_messages, limit = (uint64_t)h->o->limit;
    bool whole = n == (seq - 1 < limit ? seq - 1 : limit);

    if (n == 0 || n > limit || (!whole && !page->more))
        return false;
    for (uint64_t i = 0; i < n; i++)
        if (page->messages[i]->seq != seq - n + i)
            return false;
    return true;
}

static void
got_page(struct history *h, const Envelope *e)
{
    const struct asked *a = &h->asked[h->pages % (uint64_t)h->o->window];

    if (e->request != FIRST_PAGE + h->pages ||
        !is_right(h, e->history, a->seq))
        h->wrong++;
    h->messages += e->history->n_messages;
    histogram_add(h->delays, h->crowd.heard_ns - a->sent_ns);
    h->last_ns = h->crowd.heard_ns;
    h->pages++;
}

static void
hear(void *arg, const Envelope *e)
{
    struct history *h = arg;

    switch (e->body_case) {
    case ENVELOPE_BODY(WELCOME):
        h->welcome = true;
        break;
    case ENVELOPE_BODY(HISTORY):
        got_page(h, e);
        break;
    case ENVELOPE_BODY(ERROR):
        die("the server refused: %s", e->error->text);
    case ENVELOPE_BODY(CLOSING):
        die("the server closes: %s", e->closing->text);
    default:
        break;
    }
}

static size_t
listen_in(void *arg, struct peer *p, const char *bytes, size_t n)
{
    struct history *h = arg;

    native_ear_feed(&h->ear, h->arena, bytes, n, hear, h);
    if (p->out != NULL)
        fill_window(h);
    return 0;
}

static const struct crowd_ops ops = {
    .name = name_reader, .heard = listen_in, .writable = writable,
};

/* ---- The run ---- */

static void
arrive(struct history *h)
{
    uint64_t end_ns;

    crowd_settle(&h->crowd);
    end_ns = now_ns() + (uint64_t)h->o->patience_s * 1000000000u;
    while (!h->welcome) {
        crowd_turn(&h->crowd, TURN_NS);
        if (now_ns() > end_ns)
            die("no Welcome came");
    }
}

static void
run(struct history *h, uint64_t begun_ns)
{
    uint64_t patience_ns = (uint64_t)h->o->patience_s * 1000000000u;
    uint64_t now = begun_ns;

    h->last_ns = begun_ns;
    h->crowd.peers[0].out = &h->out;
    fill_window(h);
    while (h->pages < (uint64_t)h->o->pages &&
           now < h->last_ns + patience_ns) {
        crowd_turn(&h->crowd, TURN_NS);
        now = now_ns();
    }
}

static void
report(const struct history *h, const struct measure *m, struct result *r)
{
    result_count(r, "window", (uint64_t)h->o->window);
    result_count(r, "limit", (uint64_t)h->o->limit);
    result_count(r, "room_messages", h->last);
    result_count(r, "pages", h->pages);
    result_count(r, "messages", h->messages);
    result_count(r, "lost", (uint64_t)h->o->pages - h->pages);
    result_count(r, "wrong", h->wrong);
    measure_report(m, r, h->last_ns, "page", h->pages);
    result_real(r, "pages_per_s", measure_rate(m, h->last_ns, h->pages));
    result_delays(r, "", h->delays);
}

void
scenario_history(const struct options *o, const struct server *server,
                 struct result *r)
{
    struct history h = {.o = o, .delays = histogram_new(),
                        .arena = envelope_arena_new(ARENA_BYTES)};
    struct measure m;

    h.asked = must_alloc((size_t)o->window * sizeof *h.asked);
    native_ear_init(&h.ear);
    native_probe(o, 1, &h.last);
    crowd_init(&h.crowd, o, &wording_native_bare, 0, 1, &ops, &h);
    arrive(&h);
    measure_begin(&m, server);
    run(&h, m.begun_ns);
    measure_end(&m);
    report(&h, &m, r);
    crowd_done(&h.crowd);
    native_ear_done(&h.ear);
    free(h.out.p);
    free(h.asked);
    histogram_free(&h.delays);
    envelope_arena_free(&h.arena);
}
