/* SPDX-License-Identifier: MIT
 *
 * Two people who talk, one of whose connections carries a file meanwhile: down
 * (--file ID) or up (--upload BYTES), or none, for comparison. Messages leave
 * alternately, --rate a second; a delay counts from the moment one was due.
 *
 *   out  said on the connection with the file, heard on the other
 *   in   said on the other, heard on the connection with the file
 *   ack  said on the connection with the file and acknowledged there */
#include "load/scenario.h"

#include "base/limits.h"
#include "load/crowd.h"
#include "load/histogram.h"
#include "load/measure.h"
#include "load/native_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum {
    JOIN = 2, FILE_BEGIN, FILE_OVER, FIRST_POST,     /* requests' numbers */
    STREAM = 1,
    CREDIT_BYTES = 1024 * 1024,          /* that the server may send ahead */
    CHUNK_BYTES = 16 * 1024,             /* of an upload, as our client's */
    ARENA_BYTES = 4 * LIMIT_FRAME_BYTES,
    UNANSWERED = 65536,
    TURN_NS = 1000000,
};

struct chatfile;

struct talker {
    struct chatfile *all;
    struct peer *peer;
    struct who who;
    struct outbox out;
    struct native_ear ear;
    bool joined;
    uint64_t said;
};

struct chatfile {
    const struct options *o;
    struct crowd crowd;
    struct envelope_arena *arena;
    struct talker talkers[2];            /* the first one has the file */
    struct histogram *out, *in, *ack;
    uint64_t due_ns[UNANSWERED];         /* of the first one's, by number */
    uint64_t heard, last_ns;
    bool moves, over;                    /* the file */
    uint64_t bytes, credit, spent;
    uint64_t over_ns;
    char *text;
};

static void
name_talker(void *arg, const struct peer *p, struct who *w)
{
    const struct chatfile *c = arg;

    snprintf(w->name, sizeof w->name, "t%u", p->index);
    snprintf(w->room, sizeof w->room, "%s", c->o->room);
}

/* ---- Saying ---- */

static void
say(struct talker *t, uint64_t number, uint64_t due_ns)
{
    struct chatfile *c = t->all;
    size_t n = (size_t)c->o->bytes;
    char *to = outbox_reserve(&t->out, n + WORDING_POST_EXTRA);

    /* 22 characters and a blank; the rest is there for its length. */
    snprintf(c->text, n + 1, "%u %020" PRIu64, t->peer->index, due_ns);
    memset(c->text + strlen(c->text), 'x', n - strlen(c->text));
    outbox_commit(&t->out, native_post(to, &t->who, c->text, n,
                                       FIRST_POST + number));
    t->said++;
    peer_flush(&c->crowd, t->peer);
}

static uint64_t
said(const struct chatfile *c)
{
    return c->talkers[0].said + c->talkers[1].said;
}

/* Everything that is due; when the next one is. */
static uint64_t
say_due(struct chatfile *c, uint64_t begun_ns)
{
    uint64_t due;

    while ((due = begun_ns + said(c) * 1000000000u / (uint64_t)c->o->rate) <=
           now_ns()) {
        struct talker *t = &c->talkers[said(c) % 2];

        if (t->peer->index == 0)
            c->due_ns[t->said % UNANSWERED] = due;
        say(t, t->said, due);
    }
    return due;
}

/* One chunk at a time, so that a message never waits behind more. */
static void
send_file(struct chatfile *c)
{
    struct talker *t = &c->talkers[0];

    while (c->o->upload > 0 && c->spent < (uint64_t)c->o->upload &&
           c->credit > 0 && outbox_held(&t->out) == 0) {
        uint64_t left = (uint64_t)c->o->upload - c->spent;
        size_t n = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;

        if (n > c->credit)
            n = (size_t)c->credit;
        outbox_commit(&t->out, native_file_bytes(
            outbox_reserve(&t->out, n + WORDING_POST_EXTRA), STREAM, n));
        c->spent += n;
        c->credit -= n;
        if (c->spent == (uint64_t)c->o->upload)
            outbox_commit(&t->out, native_file_end(
                outbox_reserve(&t->out, WORDING_SAY_BYTES), STREAM,
                FILE_OVER));
        if (!peer_flush(&c->crowd, t->peer))
            die("the connection with the file is gone");
    }
}

static void
writable(void *arg, struct peer *p)
{
    struct chatfile *c = arg;

    if (peer_flush(&c->crowd, p) && outbox_held(p->out) == 0) {
        peer_watch(&c->crowd, p, false);
        send_file(c);
    }
}

/* ---- Hearing ---- */

static void
got_message(struct talker *t, const Loquat__V1__Message *m)
{
    struct chatfile *c = t->all;
    unsigned from;
    uint64_t due;

    if (sscanf(m->text, "%u %" SCNu64, &from, &due) != 2 ||
        from == t->peer->index)
        return;
    histogram_add(from == 0 ? c->out : c->in, c->crowd.heard_ns - due);
    c->heard++;
    c->last_ns = c->crowd.heard_ns;
}

static void
got_posted(struct talker *t, const Envelope *e)
{
    struct chatfile *c = t->all;

    if (e->request == FILE_OVER) {
        c->over = true;
        c->over_ns = c->crowd.heard_ns;
        return;
    }
    if (t->peer->index == 0)
        histogram_add(c->ack, c->crowd.heard_ns -
                      c->due_ns[(e->request - FIRST_POST) % UNANSWERED]);
}

static void
hear(void *arg, const Envelope *e)
{
    struct talker *t = arg;
    struct chatfile *c = t->all;

    switch (e->body_case) {
    case ENVELOPE_BODY(JOINED):
        t->joined = true;
        break;
    case ENVELOPE_BODY(MESSAGE):
        got_message(t, e->message);
        break;
    case ENVELOPE_BODY(POSTED):
        got_posted(t, e);
        break;
    case ENVELOPE_BODY(PUTTING):
        c->credit += e->putting->credit;
        break;
    case ENVELOPE_BODY(CREDIT):
        c->credit += e->credit->bytes;
        break;
    case ENVELOPE_BODY(FILE_END):
        if (e->file_end->code != 0)
            die("the file ended: %s", e->file_end->text);
        c->over = true;
        c->over_ns = c->crowd.heard_ns;
        break;
    case ENVELOPE_BODY(ERROR):
        die("the server refused: %s", e->error->text);
    case ENVELOPE_BODY(CLOSING):
        die("the server closes: %s", e->closing->text);
    default:
        break;
    }
}

/* A download's bytes: as many more may come, once a quarter is used up. */
static void
hear_bytes(void *arg, size_t n)
{
    struct talker *t = arg;
    struct chatfile *c = t->all;

    c->bytes += n;
    c->spent += n;
    if (c->spent < CREDIT_BYTES / 4)
        return;
    outbox_commit(&t->out, native_credit(
        outbox_reserve(&t->out, WORDING_SAY_BYTES), STREAM, c->spent));
    c->spent = 0;
    peer_flush(&c->crowd, t->peer);
}

static size_t
listen_in(void *arg, struct peer *p, const char *bytes, size_t n)
{
    struct chatfile *c = arg;
    struct talker *t = &c->talkers[p->index];

    native_ear_feed(&t->ear, c->arena, bytes, n, hear, t);
    if (p->index == 0 && p->out != NULL)
        send_file(c);
    return 0;
}

static const struct crowd_ops ops = {
    .name = name_talker, .heard = listen_in, .writable = writable,
};

/* ---- The run ---- */

static void
arrive(struct chatfile *c)
{
    uint64_t end_ns = now_ns() + (uint64_t)c->o->patience_s * 1000000000u;

    crowd_settle(&c->crowd);
    for (int i = 0; i < 2; i++) {
        struct talker *t = &c->talkers[i];

        t->peer = &c->crowd.peers[i];
        t->who.dice = &c->crowd.dice;
        name_talker(c, t->peer, &t->who);
        t->peer->out = &t->out;
        outbox_commit(&t->out, native_join(
            outbox_reserve(&t->out, WORDING_SAY_BYTES), &t->who, JOIN));
        peer_flush(&c->crowd, t->peer);
    }
    while (!c->talkers[0].joined || !c->talkers[1].joined) {
        crowd_turn(&c->crowd, TURN_NS);
        if (now_ns() > end_ns)
            die("no Joined came");
    }
    crowd_quiet(&c->crowd, c->o->quiet_ms);
}

static void
begin_file(struct chatfile *c)
{
    struct talker *t = &c->talkers[0];
    char *to = outbox_reserve(&t->out, WORDING_SAY_BYTES);

    if (c->o->file != NULL)
        outbox_commit(&t->out, native_get_file(to, STREAM, c->o->file,
                                               CREDIT_BYTES, FILE_BEGIN));
    else if (c->o->upload > 0)
        outbox_commit(&t->out, native_put_file(
            to, STREAM, c->o->room, (uint64_t)c->o->upload, FILE_BEGIN));
    else
        return;
    c->moves = true;
    peer_flush(&c->crowd, t->peer);
}

/* Without a file: --messages; with one: until it is over. */
static bool
goes_on(const struct chatfile *c)
{
    return c->moves ? !c->over : said(c) < (uint64_t)c->o->messages;
}

static void
run(struct chatfile *c, uint64_t begun_ns)
{
    uint64_t patience_ns = (uint64_t)c->o->patience_s * 1000000000u;

    c->last_ns = begun_ns;
    begin_file(c);
    while (goes_on(c)) {
        uint64_t due = say_due(c, begun_ns), now = now_ns();

        crowd_turn(&c->crowd, due > now ? (int64_t)(due - now) : 0);
        if (c->crowd.closed > 0)
            die("the server has closed a connection");
        if (now > c->last_ns + patience_ns)
            die("nothing has been heard for too long");
    }
    while (c->heard < said(c) && now_ns() < c->last_ns + patience_ns)
        crowd_turn(&c->crowd, TURN_NS);
}

static void
report(const struct chatfile *c, const struct measure *m, struct result *r)
{
    uint64_t bytes = c->o->upload > 0 ? c->spent : c->bytes;

    result_text(r, "file", !c->moves ? "none" :
                c->o->upload > 0 ? "up" : "down");
    result_count(r, "rate", (uint64_t)c->o->rate);
    result_count(r, "messages", said(c));
    result_count(r, "lost", said(c) - c->heard);
    result_count(r, "file_bytes", bytes);
    if (c->moves)
        result_real(r, "file_mib_per_s",
                    measure_rate(m, c->over_ns, bytes) / (1024 * 1024));
    measure_report(m, r, c->last_ns, "message", said(c));
    result_delays(r, "out_", c->out);
    result_delays(r, "in_", c->in);
    result_delays(r, "ack_", c->ack);
}

void
scenario_chatfile(const struct options *o, const struct server *server,
                  struct result *r)
{
    struct chatfile *c = must_alloc(sizeof *c);
    struct measure m;

    if (o->bytes < 24 || o->rate == 0)
        die("chatfile wants --bytes 24 or more and a --rate");
    prctl(PR_SET_TIMERSLACK, 1ul);       /* messages leave when they are due */
    *c = (struct chatfile){
        .o = o, .arena = envelope_arena_new(ARENA_BYTES),
        .out = histogram_new(), .in = histogram_new(), .ack = histogram_new(),
        .text = must_alloc((size_t)o->bytes + 1),
    };
    crowd_init(&c->crowd, o, &wording_native_bare, 0, 2, &ops, c);
    for (int i = 0; i < 2; i++) {
        c->talkers[i].all = c;
        native_ear_init(&c->talkers[i].ear);
        c->talkers[i].ear.bytes = hear_bytes;
    }
    arrive(c);
    measure_begin(&m, server);
    run(c, m.begun_ns);
    measure_end(&m);
    report(c, &m, r);
    crowd_done(&c->crowd);
    for (int i = 0; i < 2; i++) {
        native_ear_done(&c->talkers[i].ear);
        free(c->talkers[i].out.p);
    }
    histogram_free(&c->out);
    histogram_free(&c->in);
    histogram_free(&c->ack);
    envelope_arena_free(&c->arena);
    free(c->text);
    free(c);
}
