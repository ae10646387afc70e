/* SPDX-License-Identifier: MIT
 *
 * Rooms with listeners and speakers; messages go round robin over the rooms
 * (and over the speakers of each), and every one must come to every listener
 * of its room once and in order.
 *
 * With a rate a message's stamp is the time at which it was due, whenever it
 * could be sent: so a server that stalls is charged for all that it delayed.
 * Without one, the speakers say one message after the other, whoever's socket
 * takes it, and read in between. Sockets take very much: to see a server at
 * its work and not at swallowing one large heap, --ahead limits how many
 * messages may be on their way.
 *
 * A stamp's number is the speaker's place in its room (high 8 bits) and the
 * count of what it has said there, from 0. */
#include "load/scenario.h"

#include "load/crowd.h"
#include "load/histogram.h"
#include "load/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum {
    COUNT_BITS = 24,
    SPEAKERS_MAX = 1 << (32 - COUNT_BITS),   /* in one room */
    HELD_MAX = 1024 * 1024,      /* unsent bytes above which a speaker waits */
    TURN_NS = 50000000,
    LINGER_MS = 50,
};

struct speaker {
    struct peer *peer;
    struct who who;
    struct outbox out;
    uint32_t place;              /* among its room's speakers */
    uint32_t said, quota;
};

/* What one listener has of one speaker. */
struct heard {
    uint32_t next;               /* the number that comes next */
    uint32_t missing;            /* passed over so far */
};

struct fanout {
    const struct options *o;
    struct crowd crowd;
    struct speaker *speakers;    /* by connection, after the listeners */
    uint32_t speaker_count;
    uint32_t round;              /* whose turn to speak it is */
    struct heard *heard;         /* by listener and place */
    struct histogram *delays;
    char *text;                  /* one message's, with a NUL behind */
    bool running;
    uint64_t said, deliveries, doubled, disordered, expected;
    uint64_t last_ns;            /* when the last delivery came */
};

/* Connection i of either kind is in room i % rooms. */
static void
name_peer(void *arg, const struct peer *p, struct who *w)
{
    const struct fanout *f = arg;
    uint32_t i = p->speaks ? p->index - f->crowd.listeners : p->index;

    snprintf(w->name, sizeof w->name, "%c%u", p->speaks ? 's' : 'u', i);
    snprintf(w->room, sizeof w->room, "r%u", i % (uint32_t)f->o->rooms);
}

/* ---- Hearing ---- */

static void
count(struct fanout *f, const struct peer *p, struct stamp s)
{
    uint32_t place = s.number >> COUNT_BITS;
    uint32_t number = s.number & ((1u << COUNT_BITS) - 1);
    struct heard *h;

    if (place >= f->o->senders)
        die("a stamp of nobody's came: %08x", s.number);
    h = &f->heard[p->index * (uint64_t)f->o->senders + place];
    f->deliveries++;
    histogram_add(f->delays, f->crowd.heard_ns - s.due_ns);
    if (number >= h->next) {
        h->missing += number - h->next;
        h->next = number + 1;
    } else if (h->missing > 0) {
        h->missing--;
        f->disordered++;
    } else {
        f->doubled++;
    }
}

static size_t
listen_in(void *arg, struct peer *p, const char *bytes, size_t n)
{
    struct fanout *f = arg;
    const char *at = bytes, *end = bytes + n;
    uint64_t before = f->deliveries;
    struct stamp s;

    if (!f->running || p->speaks)
        return 0;
    while (stamp_next(&at, end, &s))
        count(f, p, s);
    if (f->deliveries > before)
        f->last_ns = f->crowd.heard_ns;
    return (size_t)(end - at);
}

/* ---- Saying ---- */

static void
say(struct fanout *f, struct speaker *s, uint64_t stamp_ns)
{
    size_t n = (size_t)f->o->bytes;
    char *to = outbox_reserve(&s->out, n + WORDING_POST_EXTRA);

    stamp_write(f->text, (struct stamp){s->place << COUNT_BITS | s->said,
                                        stamp_ns});
    outbox_commit(&s->out, f->crowd.wording->post(to, &s->who, f->text, n));
    s->said++;
    f->said++;
}

static void
speak_on(void *arg, struct peer *p)
{
    struct fanout *f = arg;

    if (peer_flush(&f->crowd, p) && outbox_held(p->out) == 0)
        peer_watch(&f->crowd, p, false);
}

/* The next in the round that has something left to say and no more than that
 * unsent; NULL when there is none now. */
static struct speaker *
next_speaker(struct fanout *f, size_t held_max)
{
    for (uint32_t i = 0; i < f->speaker_count; i++) {
        struct speaker *s = &f->speakers[f->round];

        f->round = (f->round + 1) % f->speaker_count;
        if (s->said < s->quota && outbox_held(&s->out) <= held_max)
            return s;
    }
    return NULL;
}

/* Into the socket at once, if it takes it. */
static void
say_now(struct fanout *f, struct speaker *s, uint64_t stamp_ns)
{
    say(f, s, stamp_ns);
    if (!peer_flush(&f->crowd, s->peer))
        s->out.at = s->out.n = 0;    /* into the void: counted as lost */
}

static bool
too_far_ahead(const struct fanout *f)
{
    uint64_t delivered = (f->deliveries - f->doubled) /
                         (uint64_t)f->o->members;

    return f->o->ahead > 0 && f->said - delivered >= (uint64_t)f->o->ahead;
}

/* Flat out: a chunk in each turn of the loop, between the readings. True if
 * more can be said in the next turn, without waiting for anything. */
static bool
say_chunk(struct fanout *f)
{
    for (int64_t i = 0; i < f->o->chunk; i++) {
        struct speaker *s;

        if (too_far_ahead(f) || (s = next_speaker(f, 0)) == NULL)
            return false;
        say_now(f, s, now_ns());
    }
    return true;
}

static uint64_t
due_ns(const struct fanout *f, uint64_t begun_ns)
{
    return begun_ns + f->said * 1000000000u / (uint64_t)f->o->rate;
}

/* All that is due by now; returns how long the next has time. A speaker that
 * cannot get rid of its words is passed over; the stamps tell how long. */
static int64_t
say_due(struct fanout *f, uint64_t begun_ns)
{
    uint64_t now = now_ns(), due;
    struct speaker *s;

    while (f->said < (uint64_t)f->o->messages) {
        due = due_ns(f, begun_ns);
        if (due > now)
            return due - now < TURN_NS ? (int64_t)(due - now) : TURN_NS;
        s = next_speaker(f, HELD_MAX);
        if (s == NULL)
            break;
        say_now(f, s, due);
    }
    return TURN_NS;
}

/* ---- The run ---- */

static bool
over(const struct fanout *f, uint64_t now, uint64_t begun_ns)
{
    uint64_t patience_ns = (uint64_t)f->o->patience_s * 1000000000u;
    uint64_t last = f->last_ns > begun_ns ? f->last_ns : begun_ns;

    if (f->deliveries - f->doubled == f->expected)
        return true;
    if (f->o->rate > 0 && f->said < (uint64_t)f->o->messages &&
        due_ns(f, begun_ns) > last)
        last = due_ns(f, begun_ns);
    return now > last && now - last > patience_ns;
}

static void
run(struct fanout *f, uint64_t begun_ns)
{
    f->running = true;
    while (!over(f, now_ns(), begun_ns)) {
        int64_t wait_ns = f->o->rate > 0 ? say_due(f, begun_ns)
                                         : say_chunk(f) ? 0 : TURN_NS;

        crowd_turn(&f->crowd, wait_ns);
    }
}

static const struct crowd_ops ops = {
    .name = name_peer, .heard = listen_in, .writable = speak_on,
};

static void
speakers_init(struct fanout *f)
{
    uint64_t messages = (uint64_t)f->o->messages;

    f->speakers = must_alloc(f->speaker_count * sizeof *f->speakers);
    for (uint32_t i = 0; i < f->speaker_count; i++) {
        struct speaker *s = &f->speakers[i];

        s->peer = &f->crowd.peers[f->crowd.listeners + i];
        s->place = i / (uint32_t)f->o->rooms;
        s->quota = (uint32_t)(messages / f->speaker_count +
                              (i < messages % f->speaker_count));
        f->expected += s->quota * (uint64_t)f->o->members;
    }
}

/* A connection's struct peer is made anew when it is opened. */
static void
speakers_settled(struct fanout *f)
{
    for (uint32_t i = 0; i < f->speaker_count; i++) {
        struct speaker *s = &f->speakers[i];

        s->who.dice = &f->crowd.dice;
        name_peer(f, s->peer, &s->who);
        s->peer->out = &s->out;
    }
}

static void
fanout_init(struct fanout *f, const struct options *o)
{
    uint64_t listeners = (uint64_t)(o->rooms * o->members);
    uint64_t speakers = (uint64_t)(o->rooms * o->senders);

    if (o->senders > SPEAKERS_MAX)
        die("at most %d speakers in a room", SPEAKERS_MAX);
    if (listeners + speakers > 1000000)
        die("at most a million connections");
    if ((uint64_t)o->messages / speakers >= 1u << COUNT_BITS)
        die("at most %u messages of one speaker", (1u << COUNT_BITS) - 1);
    *f = (struct fanout){.o = o, .speaker_count = (uint32_t)speakers};
    crowd_init(&f->crowd, o, o->wording, (uint32_t)listeners,
               (uint32_t)speakers, &ops, f);
    speakers_init(f);
    f->heard = must_alloc(listeners * (uint64_t)o->senders * sizeof *f->heard);
    f->delays = histogram_new();
    f->text = must_alloc((size_t)o->bytes + 1);
    memset(f->text, 'x', (size_t)o->bytes);
}

static void
fanout_done(struct fanout *f)
{
    crowd_done(&f->crowd);
    for (uint32_t i = 0; i < f->speaker_count; i++)
        free(f->speakers[i].out.p);
    free(f->speakers);
    free(f->heard);
    free(f->text);
    histogram_free(&f->delays);
}

static void
report(const struct fanout *f, const struct measure *m, uint64_t end_ns,
       struct result *r)
{
    result_count(r, "rooms", (uint64_t)f->o->rooms);
    result_count(r, "members", (uint64_t)f->o->members);
    result_count(r, "senders", (uint64_t)f->o->senders);
    result_count(r, "rate", (uint64_t)f->o->rate);
    if (f->o->rate == 0)
        result_count(r, "ahead", (uint64_t)f->o->ahead);
    result_count(r, "bytes", (uint64_t)f->o->bytes);
    result_count(r, "connections", f->crowd.count);
    result_count(r, "messages", f->said);
    result_count(r, "deliveries", f->deliveries);
    result_count(r, "expected", f->expected);
    result_count(r, "lost", f->expected - (f->deliveries - f->doubled));
    result_count(r, "doubled", f->doubled);
    result_count(r, "disordered", f->disordered);
    result_count(r, "closed", f->crowd.closed);
    measure_report(m, r, end_ns, "delivery", f->deliveries);
    result_real(r, "deliveries_per_s", measure_rate(m, end_ns, f->deliveries));
    result_delays(r, "", f->delays);
    if (m->server->count > 0)
        result_count(r, "rss_after_kib",
                     (uint64_t)(m->before.rss_kib + m->used.rss_kib));
}

void
scenario_fanout(const struct options *o, const struct server *server,
                struct result *r)
{
    struct measure m;
    struct fanout f;
    uint64_t end_ns;

    prctl(PR_SET_TIMERSLACK, 1ul);       /* messages leave when they are due */
    fanout_init(&f, o);
    crowd_settle(&f.crowd);
    speakers_settled(&f);
    crowd_quiet(&f.crowd, o->quiet_ms);
    note("%u connections have settled", f.crowd.count);
    measure_begin(&m, server);
    run(&f, m.begun_ns);
    measure_end(&m);
    if (f.crowd.closed == f.crowd.count)
        die("the server has closed all connections");
    end_ns = f.last_ns > m.begun_ns ? f.last_ns : m.begun_ns;
    crowd_quiet(&f.crowd, LINGER_MS);    /* a last message may come twice */
    report(&f, &m, end_ns, r);
    fanout_done(&f);
}
