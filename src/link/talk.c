/* SPDX-License-Identifier: MIT
 *
 * The client's side of docs/protocol.md: what it says, and from the server's
 * bytes to envelopes. What those mean is in talk_hear.c. */
#include "link/talk_impl.h"

#include "base/limits.h"
#include "base/rand.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ARENA_BYTES = 4 * LIMIT_FRAME_BYTES,
    IN_BYTES = FRAME_HEADER_BYTES + LIMIT_FRAME_BYTES + LIMIT_READ_BYTES,
    OUT_MAX = TALK_OUT_BYTES + 2 * LIMIT_FRAME_BYTES,
};

void
talk_init(struct talk *t, const struct talk_options *o,
          const struct talk_ops *ops, void *arg)
{
    *t = (struct talk){.ops = ops, .arg = arg, .phase = TALK_OVER,
                       .client = must_strdup(o->client),
                       .name = must_strdup(o->name),
                       .or_similar = o->or_similar,
                       .features = o->features};
    rand_bytes(t->secret, sizeof t->secret);
    talk_login_init(&t->login, &o->login);
    rooms_init(&t->rooms);
    outbox_init(&t->outbox, o->outbox_messages, o->outbox_bytes);
    list_init(&t->files);
    buf_init(&t->in, IN_BYTES);
    buf_init(&t->out, OUT_MAX);
    t->arena = envelope_arena_new(ARENA_BYTES);
}

void
talk_done(struct talk *t)
{
    rooms_done(&t->rooms);
    outbox_done(&t->outbox);
    buf_done(&t->in);
    buf_done(&t->out);
    envelope_arena_free(&t->arena);
    talk_login_done(&t->login);
    free(t->client);
    free(t->name);
    free(t->new_name);
}

enum talk_verdict
talk_over(struct talk *t, enum talk_verdict verdict, int code,
          const char *fmt, ...)
{
    va_list ap;

    t->phase = TALK_OVER;
    t->code = code;
    va_start(ap, fmt);
    vsnprintf(t->why, sizeof t->why, fmt, ap);
    va_end(ap);
    return verdict;
}

enum talk_verdict
talk_nonsense(struct talk *t, const char *what)
{
    return talk_over(t, TALK_LOST, 0, "the server spoke nonsense (%s)", what);
}

/* ---- Saying ---- */

bool
talk_say(struct talk *t, const Envelope *e)
{
    size_t n = envelope_frame_bytes(e);
    uint8_t *to;

    if (n > FRAME_HEADER_BYTES + LIMIT_FRAME_BYTES)
        return false;
    to = buf_reserve(&t->out, n);
    if (to == NULL)
        return false;
    envelope_frame_write(e, to);
    buf_commit(&t->out, n);
    return true;
}

static uint64_t
ask(struct talk *t, Envelope *e)
{
    if (t->phase != TALK_LIVE)
        return 0;
    e->request = t->request + 1;
    if (!talk_say(t, e))
        return 0;
    t->request++;
    if (e->body_case == ENVELOPE_BODY(SET_NAME)) {
        free(t->new_name);
        t->new_name = must_strdup(e->set_name->name);
        t->rename = t->request;
    }
    return t->request;
}

/* What was posted before goes first. */
uint64_t
talk_request(struct talk *t, Envelope *e)
{
    talk_pump(t);
    return ask(t, e);
}

void
talk_tell(struct talk *t, Envelope *e)
{
    e->request = 0;
    if (t->phase == TALK_LIVE)
        (void)talk_say(t, e);     /* what does not fit is not worth a wait */
}

/* Whether a reader is let in or not: its account is made. */
static void
say_register(struct talk *t)
{
    Loquat__V1__Register r = LOQUAT__V1__REGISTER__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    talk_login_register(&t->login, t->name, &r);
    e.body_case = ENVELOPE_BODY(REGISTER);
    e.register_ = &r;
    e.request = ++t->request;
    must(talk_say(t, &e));
}

static void
say_hello(struct talk *t)
{
    Loquat__V1__Hello hello = LOQUAT__V1__HELLO__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    hello.version = TALK_VERSION;
    hello.client = t->client;
    hello.features = t->features;
    hello.name = t->name;
    hello.or_similar = t->or_similar;
    hello.secret = (ProtobufCBinaryData){sizeof t->secret, t->secret};
    talk_login_hello(&t->login, &hello);
    e.body_case = ENVELOPE_BODY(HELLO);
    e.hello = &hello;
    e.request = ++t->request;
    must(talk_say(t, &e));
    if (t->login.enrol)
        say_register(t);
    t->entering = t->request;
}

void
talk_begin(struct talk *t)
{
    buf_clear(&t->in);
    buf_clear(&t->out);
    t->phase = TALK_MAGIC;
    t->unwritten = 0;
    t->request = 0;
    t->code = 0;
    must(buf_append(&t->out, FRAME_MAGIC, FRAME_MAGIC_BYTES) == 0);
    say_hello(t);
}

void
talk_end(struct talk *t)
{
    t->phase = TALK_OVER;
    t->rename = 0;
    buf_done(&t->in);
    buf_done(&t->out);
    talk_files_lost(t);
    rooms_rewind(&t->rooms);
    outbox_rewind(&t->outbox);
}

/* ---- Rooms ---- */

/* A direct room is asked for by its number once that is known: the other one
 * may be gone, and a name is found only while its owner is there. */
void
talk_say_join(struct talk *t, struct place *p)
{
    Loquat__V1__Join join = LOQUAT__V1__JOIN__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    if (p->target[0] == '@' && p->number != 0)
        join.room = p->number;
    else
        join.target = p->target;
    if (p->cursor >= 0) {
        join.resume_case = LOQUAT__V1__JOIN__RESUME_AFTER;
        join.after = (uint64_t)p->cursor;
    }
    e.body_case = ENVELOPE_BODY(JOIN);
    e.join = &join;
    p->request = ask(t, &e);
}

void
talk_join(struct talk *t, const char *target, int64_t after)
{
    struct place *p = rooms_find(&t->rooms, target);

    if (p == NULL)
        p = rooms_add(&t->rooms, target, after);
    if (p == NULL)
        return;
    p->parting = false;
    talk_pump(t);
    if (t->phase == TALK_LIVE)
        talk_say_join(t, p);
}

void
talk_part(struct talk *t, const char *target)
{
    struct place *p = rooms_find(&t->rooms, target);
    Loquat__V1__Part part = LOQUAT__V1__PART__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    if (p != NULL && t->phase != TALK_LIVE) {
        rooms_drop(&t->rooms, p);
        return;
    }
    part.target = (char *)target;
    e.body_case = ENVELOPE_BODY(PART);
    e.part = &part;
    e.request = talk_request(t, &e);
    if (p != NULL) {
        p->parting = true;
        p->request = e.request;
    }
}

/* ---- Posts ---- */

static bool
say_post(struct talk *t, struct post *p)
{
    Loquat__V1__Post post = LOQUAT__V1__POST__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    uint64_t request;

    post.target = p->target;
    post.kind = p->kind;
    post.text = p->text;
    post.client_id = (ProtobufCBinaryData){sizeof p->client_id, p->client_id};
    e.body_case = ENVELOPE_BODY(POST);
    e.post = &post;
    request = ask(t, &e);
    if (request == 0)
        return false;
    outbox_sent(&t->outbox, p, request);
    return true;
}

void
talk_pump(struct talk *t)
{
    struct post *p;

    while (t->phase == TALK_LIVE && t->out.n < TALK_OUT_BYTES &&
           (p = outbox_next(&t->outbox)) != NULL)
        if (!say_post(t, p))
            return;
}

/* ---- Bytes ---- */

/* The first line of what came, clean and short enough to be shown. */
static void
first_line(struct talk *t, struct buf *out)
{
    struct str line = buf_str(&t->in);
    const char *lf = memchr(line.p, '\n', line.n);

    if (lf != NULL)
        line.n = (size_t)(lf - line.p);
    if (line.n > 100)
        line.n = 100;
    must(utf8_clean(out, str_trim(line), UTF8_ONE_LINE) == 0);
}

/* A server that takes nobody in says so before it knows who is there: in
 * plain words. */
static bool
is_turned_away(struct str line)
{
    return str_starts_nocase(line, "This server is full") ||
           str_starts_nocase(line, "Too many");
}

static enum talk_verdict
take_no_magic(struct talk *t)
{
    enum talk_verdict verdict = t->welcomed ? TALK_LOST : TALK_REFUSED;
    struct buf said;

    buf_init(&said, 3 * 128);
    first_line(t, &said);
    if (is_turned_away(buf_str(&said)))
        verdict = talk_over(t, TALK_LOST, 0, "%.*s", STR_FMT(buf_str(&said)));
    else
        talk_over(t, verdict, 0, "not a loquat server: it said \"%.*s\"",
                  STR_FMT(buf_str(&said)));
    buf_done(&said);
    return verdict;
}

static enum talk_verdict
take_magic(struct talk *t, size_t *used)
{
    switch (frame_magic((const uint8_t *)t->in.p, t->in.n)) {
    case WIRE_BAD:
        return take_no_magic(t);
    case WIRE_OK:
        t->phase = TALK_HELLO;
        *used = FRAME_MAGIC_BYTES;
        break;
    case WIRE_MORE:
        *used = 0;
        break;
    }
    return TALK_ON;
}

static enum talk_verdict
take_frame(struct talk *t, size_t at, size_t *used)
{
    const uint8_t *p = (const uint8_t *)t->in.p + at;
    struct frame frame;
    Envelope *e;

    *used = 0;
    switch (frame_parse(p, t->in.n - at, LIMIT_FRAME_BYTES, &frame, used)) {
    case WIRE_BAD:
        return talk_nonsense(t, "no frame");
    case WIRE_MORE:
        return TALK_ON;
    case WIRE_OK:
        break;
    }
    if (frame.kind == FRAME_FILE)
        return t->phase == TALK_LIVE ? talk_hear_bytes(t, &frame)
                                     : talk_nonsense(t, "no welcome");
    if (envelope_parse(t->arena, frame.p, frame.n, &e) != WIRE_OK)
        return talk_nonsense(t, "no envelope");
    return talk_hear(t, e);
}

enum talk_verdict
talk_input(struct talk *t, const uint8_t *p, size_t n)
{
    enum talk_verdict verdict = TALK_ON;
    size_t at = 0, used = 0;

    must(n <= LIMIT_READ_BYTES && t->phase != TALK_OVER);
    must(buf_append(&t->in, p, n) == 0);
    if (t->phase == TALK_MAGIC) {
        verdict = take_magic(t, &at);
        if (verdict != TALK_ON || at == 0)
            return verdict;
    }
    do {
        verdict = take_frame(t, at, &used);
        at += used;
    } while (verdict == TALK_ON && used > 0);
    buf_consume(&t->in, at);
    return verdict;
}
