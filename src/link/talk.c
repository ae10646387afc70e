/* SPDX-License-Identifier: MIT
 *
 * The client's side of docs/protocol.md. An envelope goes to a handler by its
 * body's case; what has no handler here is the application's. Handlers return
 * a verdict; the first one that is not TALK_ON ends the talk. */
#include "link/talk.h"

#include "base/limits.h"
#include "base/rand.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    VERSION = 1,
    ARENA_BYTES = 4 * LIMIT_FRAME_BYTES,
    IN_BYTES = FRAME_HEADER_BYTES + LIMIT_FRAME_BYTES + LIMIT_READ_BYTES,
    OUT_MAX = TALK_OUT_BYTES + 2 * LIMIT_FRAME_BYTES,
    HEARTBEAT_MIN_MS = 50,
    HEARTBEAT_MAX_MS = 3600 * 1000,
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
    rooms_init(&t->rooms);
    outbox_init(&t->outbox, o->outbox_messages, o->outbox_bytes);
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
    free(t->client);
    free(t->name);
    free(t->new_name);
}

static PRINTF_LIKE(4, 5) enum talk_verdict
end(struct talk *t, enum talk_verdict verdict, int code, const char *fmt, ...)
{
    va_list ap;

    t->phase = TALK_OVER;
    t->code = code;
    va_start(ap, fmt);
    vsnprintf(t->why, sizeof t->why, fmt, ap);
    va_end(ap);
    return verdict;
}

static enum talk_verdict
nonsense(struct talk *t, const char *what)
{
    return end(t, TALK_LOST, 0, "the server spoke nonsense (%s)", what);
}

/* ---- Saying ---- */

/* False when there is no room for it. */
static bool
say(struct talk *t, const Envelope *e)
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
    if (!say(t, e))
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
        (void)say(t, e);      /* what does not fit is not worth waiting for */
}

static void
say_hello(struct talk *t)
{
    Loquat__V1__Hello hello = LOQUAT__V1__HELLO__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    hello.version = VERSION;
    hello.client = t->client;
    hello.features = t->features;
    hello.name = t->name;
    hello.or_similar = t->or_similar;
    hello.secret = (ProtobufCBinaryData){sizeof t->secret, t->secret};
    e.body_case = ENVELOPE_BODY(HELLO);
    e.hello = &hello;
    e.request = ++t->request;
    must(say(t, &e));
}

void
talk_begin(struct talk *t)
{
    buf_clear(&t->in);
    buf_clear(&t->out);
    t->phase = TALK_MAGIC;
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
    rooms_rewind(&t->rooms);
    outbox_rewind(&t->outbox);
}

/* ---- Rooms ---- */

/* A direct room is asked for by its number once that is known: the other one
 * may be gone, and a name is found only while its owner is there. */
static void
say_join(struct talk *t, struct place *p)
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
        say_join(t, p);
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

/* ---- Hearing ---- */

static enum talk_verdict
hear_ping(struct talk *t, const Envelope *ping)
{
    Loquat__V1__Pong pong = LOQUAT__V1__PONG__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    pong.token = ping->ping->token;
    e.request = ping->request;
    e.body_case = ENVELOPE_BODY(PONG);
    e.pong = &pong;
    if (!say(t, &e))
        return nonsense(t, "too many pings");
    return TALK_ON;
}

static enum talk_verdict
hear_pong(struct talk *t, const Envelope *e)
{
    (void)t;
    (void)e;
    return TALK_ON;           /* its coming was all that it had to say */
}

static enum talk_verdict
hear_closing(struct talk *t, const Envelope *e)
{
    const Loquat__V1__Closing *closing = e->closing;
    int code = (int)closing->code;

    if (closing->reconnect)
        return end(t, TALK_LOST, code, "%s", closing->text);
    if (code == 0)
        code = LOQUAT__V1__ERROR_CODE__ERROR_CODE_FORBIDDEN;
    return end(t, TALK_REFUSED, code, "%s", closing->text);
}

/* It will be different in a while. */
static bool
is_passing(Loquat__V1__ErrorCode code)
{
    return code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_STORAGE_FULL ||
           code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_STORAGE_BROKEN ||
           code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_STOPPING;
}

/* The secret takes our name over from a connection that is lost; should the
 * name be taken all the same, it is a matter of time. */
static enum talk_verdict
refuse_hello(struct talk *t, const Loquat__V1__Error *error)
{
    bool again = is_passing(error->code) ||
        (t->welcomed && error->code ==
         LOQUAT__V1__ERROR_CODE__ERROR_CODE_NAME_TAKEN);

    return end(t, again ? TALK_LOST : TALK_REFUSED, (int)error->code, "%s",
               error->text);
}

static uint32_t
clamp(uint32_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void
set_name(struct talk *t, const char *name)
{
    free(t->name);
    t->name = must_strdup(name);
}

static enum talk_verdict
hear_welcome(struct talk *t, const Loquat__V1__Welcome *w)
{
    bool replaced = t->welcomed && w->epoch != t->epoch;

    if (w->version != VERSION)
        return end(t, TALK_REFUSED,
                   LOQUAT__V1__ERROR_CODE__ERROR_CODE_BAD_VERSION,
                   "the server speaks version %u of the protocol, not %d",
                   w->version, VERSION);
    t->phase = TALK_LIVE;
    t->welcomed = true;
    t->epoch = w->epoch;
    t->message_bytes = w->message_bytes;
    t->heartbeat_ms = clamp(w->heartbeat_ms, HEARTBEAT_MIN_MS,
                            HEARTBEAT_MAX_MS);
    t->dead_ms = clamp(w->dead_ms, 2 * t->heartbeat_ms, 4 * HEARTBEAT_MAX_MS);
    set_name(t, w->name);
    if (replaced)
        rooms_forget(&t->rooms);
    list_each(it, next, &t->rooms.places)
        say_join(t, list_entry(it, struct place, link));
    t->ops->welcome(t->arg, replaced);
    return TALK_ON;
}

/* Joined also comes unasked, when a direct message begins. */
static enum talk_verdict
hear_joined(struct talk *t, const Envelope *e)
{
    const Loquat__V1__Joined *joined = e->joined;
    struct place *p = rooms_find_request(&t->rooms, e->request);

    if (p == NULL || p->parting)
        p = rooms_find_number(&t->rooms, joined->room);
    if (p == NULL)
        p = rooms_find(&t->rooms, joined->target);
    if (p == NULL)
        p = rooms_add(&t->rooms, joined->target, -1);
    if (p == NULL)
        return nonsense(t, "more rooms than there can be");
    (void)rooms_joined(&t->rooms, p, joined->room, joined->last_seq);
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_parted(struct talk *t, const Envelope *e)
{
    struct place *p = rooms_find_number(&t->rooms, e->parted->room);

    if (p == NULL)
        p = rooms_find_request(&t->rooms, e->request);
    if (p != NULL)
        rooms_drop(&t->rooms, p);
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_message(struct talk *t, const Envelope *e)
{
    struct place *p = rooms_find_number(&t->rooms, e->message->room);

    if (p == NULL)
        return TALK_ON;       /* of a room that was just left */
    switch (place_take(p, e->message->seq)) {
    case PLACE_GAP:
        return end(t, TALK_LOST, 0, "a message was missing");
    case PLACE_OLD:
        return TALK_ON;
    case PLACE_NEW:
        break;
    }
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_posted(struct talk *t, const Envelope *e)
{
    struct post *p = outbox_find(&t->outbox, e->request);
    uint64_t tag;

    if (p == NULL)
        return nonsense(t, "an answer to nothing");
    tag = p->tag;
    outbox_end(&t->outbox, p, true);
    t->ops->posted(t->arg, tag, e->posted);
    return TALK_ON;
}

static void
refuse_post(struct talk *t, struct post *p, const Envelope *e)
{
    uint64_t tag = p->tag;

    if (is_passing(e->error->code)) {
        if (!t->outbox.resting)
            t->ops->envelope(t->arg, e);
        outbox_keep(&t->outbox, p);
        return;
    }
    outbox_end(&t->outbox, p, false);
    t->ops->refused(t->arg, tag, e->error);
}

static enum talk_verdict
hear_error(struct talk *t, const Envelope *e)
{
    struct post *post = outbox_find(&t->outbox, e->request);
    struct place *place = rooms_find_request(&t->rooms, e->request);

    if (e->request == t->rename)
        t->rename = 0;
    if (post != NULL) {
        refuse_post(t, post, e);
        return TALK_ON;
    }
    if (place != NULL && (place->parting || !is_passing(e->error->code)))
        rooms_drop(&t->rooms, place);
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_done(struct talk *t, const Envelope *e)
{
    if (t->rename != 0 && e->request == t->rename) {
        set_name(t, t->new_name);
        t->rename = 0;
    }
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_other(struct talk *t, const Envelope *e)
{
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

typedef enum talk_verdict hear_fn(struct talk *t, const Envelope *e);

/* Of a body that is not here, a server of a later version may know more. */
static hear_fn *const handlers[] = {
    [ENVELOPE_BODY(PING)] = hear_ping,
    [ENVELOPE_BODY(PONG)] = hear_pong,
    [ENVELOPE_BODY(JOINED)] = hear_joined,
    [ENVELOPE_BODY(PARTED)] = hear_parted,
    [ENVELOPE_BODY(POSTED)] = hear_posted,
    [ENVELOPE_BODY(HISTORY)] = hear_other,
    [ENVELOPE_BODY(ROOMS)] = hear_other,
    [ENVELOPE_BODY(PEOPLE)] = hear_other,
    [ENVELOPE_BODY(DONE)] = hear_done,
    [ENVELOPE_BODY(ERROR)] = hear_error,
    [ENVELOPE_BODY(MESSAGE)] = hear_message,
    [ENVELOPE_BODY(PRESENCE)] = hear_other,
    [ENVELOPE_BODY(TYPING)] = hear_other,
    [ENVELOPE_BODY(CURSOR)] = hear_other,
    [ENVELOPE_BODY(ANNOUNCEMENT)] = hear_other,
    [ENVELOPE_BODY(CAUGHT_UP)] = hear_other,
    [ENVELOPE_BODY(CLOSING)] = hear_closing,
};

static enum talk_verdict
hear(struct talk *t, const Envelope *e)
{
    size_t which = (size_t)e->body_case;

    if (t->phase == TALK_HELLO && which == ENVELOPE_BODY(WELCOME))
        return hear_welcome(t, e->welcome);
    if (t->phase == TALK_HELLO && which == ENVELOPE_BODY(ERROR))
        return refuse_hello(t, e->error);
    if (t->phase == TALK_HELLO && which != ENVELOPE_BODY(PING) &&
        which != ENVELOPE_BODY(CLOSING))
        return nonsense(t, "no welcome");
    if (which >= sizeof handlers / sizeof handlers[0] ||
        handlers[which] == NULL)
        return TALK_ON;
    return handlers[which](t, e);
}

/* ---- Bytes ---- */

/* What is no loquat server may still have said something that helps: a full
 * one says so in a line of text. */
static enum talk_verdict
not_a_server(struct talk *t)
{
    struct buf said;
    struct str line = buf_str(&t->in);
    const char *end_of = memchr(line.p, '\n', line.n);

    buf_init(&said, 3 * 128);
    if (end_of != NULL)
        line.n = (size_t)(end_of - line.p);
    if (line.n > 100)
        line.n = 100;
    must(utf8_clean(&said, str_trim(line), UTF8_ONE_LINE) == 0);
    end(t, t->welcomed ? TALK_LOST : TALK_REFUSED, 0,
        "not a loquat server: it said \"%.*s\"", STR_FMT(buf_str(&said)));
    buf_done(&said);
    return t->welcomed ? TALK_LOST : TALK_REFUSED;
}

static enum talk_verdict
take_magic(struct talk *t, size_t *used)
{
    switch (frame_magic((const uint8_t *)t->in.p, t->in.n)) {
    case WIRE_BAD:
        return not_a_server(t);
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
        return nonsense(t, "no frame");
    case WIRE_MORE:
        return TALK_ON;
    case WIRE_OK:
        break;
    }
    if (frame.kind != FRAME_ENVELOPE)
        return TALK_ON;
    if (envelope_parse(t->arena, frame.p, frame.n, &e) != WIRE_OK)
        return nonsense(t, "no envelope");
    return hear(t, e);
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
