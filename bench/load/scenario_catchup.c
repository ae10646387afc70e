/* SPDX-License-Identifier: MIT
 *
 * Clients that all come back at once, as after a restart: each connects, says
 * Hello and resumes its room behind the seq that it had. The clock runs from
 * before the first connection until the last one has everything and is live.
 * The rooms must have messages: the scenario posts makes them. */
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
    HELLO = 1,
    JOIN = 2,
    ARENA_BYTES = 4 * LIMIT_FRAME_BYTES,
    TURN_NS = 50000000,
};

struct catchup;

struct client {
    struct catchup *catchup;
    struct native_ear ear;
    uint64_t after, next, last;  /* seqs: resumed behind, awaited, the end */
    bool joined, caught_up, done;
};

struct catchup {
    const struct options *o;
    struct crowd crowd;
    struct client *clients;
    struct envelope_arena *arena;
    struct histogram *delays;
    uint64_t begun_ns, last_ns;  /* last_ns: when the last delivery came */
    uint64_t done, deliveries, expected, gaps, doubled;
};

static size_t
say_hello_and_resume(char *out, const struct who *w)
{
    size_t n = native_hello(out, w, HELLO);

    return n + native_resume(out + n, w, JOIN);
}

static const struct wording_step steps[] = {
    {say_hello_and_resume, NULL, 0},
    {NULL, NULL, 0},
};

static void
name_client(void *arg, const struct peer *p, struct who *w)
{
    const struct catchup *c = arg;

    snprintf(w->name, sizeof w->name, "u%u", p->index);
    if (c->o->rooms == 1)
        snprintf(w->room, sizeof w->room, "%s", c->o->room);
    else
        snprintf(w->room, sizeof w->room, "r%u",
                 p->index % (uint32_t)c->o->rooms);
    w->after = c->clients[p->index].after;
}

static void
got(struct client *k, uint64_t seq)
{
    struct catchup *c = k->catchup;

    c->deliveries++;
    c->last_ns = c->crowd.heard_ns;
    if (seq < k->next) {
        c->doubled++;
        return;
    }
    c->gaps += seq - k->next;
    k->next = seq + 1;
}

/* Who missed nothing was live from the Joined on. */
static void
see_if_done(struct client *k)
{
    struct catchup *c = k->catchup;

    if (k->done || !k->joined || k->next <= k->last ||
        !(k->caught_up || k->after == k->last))
        return;
    k->done = true;
    c->done++;
    c->last_ns = c->crowd.heard_ns;
    histogram_add(c->delays, c->crowd.heard_ns - c->begun_ns);
}

static void
hear(void *arg, const Envelope *e)
{
    struct client *k = arg;

    switch (e->body_case) {
    case ENVELOPE_BODY(JOINED):
        k->joined = true;
        k->last = e->joined->last_seq;
        break;
    case ENVELOPE_BODY(MESSAGE):
        got(k, e->message->seq);
        break;
    case ENVELOPE_BODY(CAUGHT_UP):
        k->caught_up = true;
        break;
    case ENVELOPE_BODY(ERROR):
        die("the server refused: %s", e->error->text);
    case ENVELOPE_BODY(CLOSING):
        die("the server closes: %s", e->closing->text);
    default:
        break;
    }
    see_if_done(k);
}

static size_t
listen_in(void *arg, struct peer *p, const char *bytes, size_t n)
{
    struct catchup *c = arg;
    struct client *k = &c->clients[p->index];

    native_ear_feed(&k->ear, c->arena, bytes, n, hear, k);
    return 0;
}

static const struct crowd_ops ops = {.name = name_client, .heard = listen_in};

static void
clients_init(struct catchup *c)
{
    uint32_t rooms = (uint32_t)c->o->rooms;
    uint64_t missed = (uint64_t)c->o->missed;
    uint64_t *last = must_alloc(rooms * sizeof *last);

    native_probe(c->o, rooms, last);
    for (uint32_t i = 0; i < (uint32_t)c->o->clients; i++) {
        struct client *k = &c->clients[i];

        k->catchup = c;
        k->last = last[i % rooms];
        k->after = k->last > missed ? k->last - missed : 0;
        k->next = k->after + 1;
        c->expected += k->last - k->after;
        native_ear_init(&k->ear);
    }
    free(last);
}

static void
run(struct catchup *c)
{
    uint64_t patience_ns = (uint64_t)c->o->patience_s * 1000000000u;
    uint64_t now;

    crowd_settle(&c->crowd);
    now = now_ns();
    if (c->last_ns == 0)
        c->last_ns = now;
    while (c->done < (uint64_t)c->o->clients &&
           now < c->last_ns + patience_ns) {
        crowd_turn(&c->crowd, TURN_NS);
        now = now_ns();
    }
}

static uint64_t
still_missing(const struct catchup *c)
{
    uint64_t sum = c->gaps;

    for (int64_t i = 0; i < c->o->clients; i++)
        if (c->clients[i].next <= c->clients[i].last)
            sum += c->clients[i].last + 1 - c->clients[i].next;
    return sum;
}

static void
report(const struct catchup *c, const struct measure *m, struct result *r)
{
    result_count(r, "rooms", (uint64_t)c->o->rooms);
    result_count(r, "clients", (uint64_t)c->o->clients);
    result_count(r, "missed", (uint64_t)c->o->missed);
    result_count(r, "connections", c->crowd.count);
    result_count(r, "deliveries", c->deliveries);
    result_count(r, "expected", c->expected);
    result_count(r, "done", c->done);
    result_count(r, "lost", still_missing(c));
    result_count(r, "gaps", c->gaps);
    result_count(r, "doubled", c->doubled);
    result_count(r, "closed", c->crowd.closed);
    measure_report(m, r, c->last_ns, "delivery", c->deliveries);
    result_real(r, "deliveries_per_s",
                measure_rate(m, c->last_ns, c->deliveries));
    result_delays(r, "", c->delays);
}

void
scenario_catchup(const struct options *o, const struct server *server,
                 struct result *r)
{
    struct options at_once = *o;
    struct wording bare = wording_native;
    struct catchup c = {.o = o, .delays = histogram_new(),
                        .arena = envelope_arena_new(ARENA_BYTES)};
    struct measure m;

    bare.listens = steps;
    at_once.batch = o->clients;
    c.clients = must_alloc((size_t)o->clients * sizeof *c.clients);
    clients_init(&c);
    crowd_init(&c.crowd, &at_once, &bare, (uint32_t)o->clients, 0, &ops, &c);
    measure_begin(&m, server);
    c.begun_ns = m.begun_ns;
    run(&c);
    measure_end(&m);
    report(&c, &m, r);
    crowd_done(&c.crowd);
    for (int64_t i = 0; i < o->clients; i++)
        native_ear_done(&c.clients[i].ear);
    free(c.clients);
    histogram_free(&c.delays);
    envelope_arena_free(&c.arena);
}
