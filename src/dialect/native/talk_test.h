/* SPDX-License-Identifier: MIT
 *
 * What the tests of this folder share: a conversation with the dialect, the
 * client's side in envelopes and the core's side in events. */
#ifndef DIALECT_NATIVE_TALK_TEST_H
#define DIALECT_NATIVE_TALK_TEST_H

#include "base/rand.h"
#include "dialect/fake_conn.h"
#include "dialect/native/native.h"
#include "wire/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    HEARTBEAT_MS = 30000,
    ARENA = 4 << 20,
};

#define SECRET "0123456789abcdef"
#define CODE(name) LOQUAT__V1__ERROR_CODE__ERROR_CODE_##name
#define PRESENCE(name) LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_##name

static const struct dialect_config config = {
    .server_name = "loquat",
    .epoch = 0x0123456789abcdef,
    .message_bytes = 16384,
    .heartbeat_ms = HEARTBEAT_MS,
    .dead_ms = 75000,
};

/* One conversation: the connection, and how much of its output was read. */
static struct conn *c;
static size_t seen;
static struct envelope_arena *arena;

static inline int
setup(void **state)
{
    (void)state;
    arena = envelope_arena_new(ARENA);
    c = fake_conn_new(&native_dialect, &config);
    seen = 0;
    return 0;
}

static inline int
teardown(void **state)
{
    (void)state;
    fake_conn_free(&c);
    envelope_arena_free(&arena);
    return 0;
}

/* --- The client's side -------------------------------------------------- */

static inline void
say(const Envelope *e)
{
    size_t n = envelope_frame_bytes(e);
    uint8_t *p = malloc(n);

    assert_non_null(p);
    envelope_frame_write(e, p);
    fake_conn_input(c, p, n);
    free(p);
}

/* Says an envelope with this body: SAY(3, JOIN, join, &join). */
#define SAY(number, NAME, member, value) \
    do { \
        Envelope envelope_ = LOQUAT__V1__ENVELOPE__INIT; \
        envelope_.request = (number); \
        envelope_.body_case = ENVELOPE_BODY(NAME); \
        envelope_.member = (value); \
        say(&envelope_); \
    } while (0)

static inline ProtobufCBinaryData
bytes_of(const char *z)
{
    return (ProtobufCBinaryData){strlen(z), (uint8_t *)z};
}

static inline void
say_hello(const char *name)
{
    Loquat__V1__Hello hello = LOQUAT__V1__HELLO__INIT;

    hello.version = 1;
    hello.client = "test";
    hello.name = (char *)name;
    hello.secret = bytes_of(SECRET);
    SAY(1, HELLO, hello, &hello);
}

static inline void
say_post(uint64_t request, const char *text)
{
    Loquat__V1__Post post = LOQUAT__V1__POST__INIT;

    post.target = "#lobby";
    post.text = (char *)text;
    SAY(request, POST, post, &post);
}

static inline void
say_ping(uint64_t request, uint64_t token)
{
    Loquat__V1__Ping ping = LOQUAT__V1__PING__INIT;

    ping.token = token;
    SAY(request, PING, ping, &ping);
}

/* The server's next envelope, or NULL; valid until the next call. */
static inline Envelope *
heard(void)
{
    struct frame frame;
    Envelope *e;
    size_t used;

    if (seen == 0) {
        assert_true(c->sent.n >= FRAME_MAGIC_BYTES);
        assert_memory_equal(c->sent.p, FRAME_MAGIC, FRAME_MAGIC_BYTES);
        seen = FRAME_MAGIC_BYTES;
    }
    if (seen == c->sent.n)
        return NULL;
    assert_int_equal(frame_parse((uint8_t *)c->sent.p + seen,
                                 c->sent.n - seen, LIMIT_FRAME_BYTES, &frame,
                                 &used), WIRE_OK);
    seen += used;
    assert_int_equal(frame.kind, FRAME_ENVELOPE);
    assert_int_equal(envelope_parse(arena, frame.p, frame.n, &e), WIRE_OK);
    return e;
}

static inline Envelope *
heard_body(Loquat__V1__Envelope__BodyCase which)
{
    Envelope *e = heard();

    assert_non_null(e);
    assert_int_equal(e->body_case, which);
    return e;
}

#define HEARD(NAME) heard_body(ENVELOPE_BODY(NAME))

static inline void
heard_nothing(void)
{
    assert_null(heard());
}

static inline void
heard_error(uint64_t request, Loquat__V1__ErrorCode code)
{
    Envelope *e = HEARD(ERROR);

    assert_int_equal(e->request, request);
    assert_int_equal(e->error->code, code);
    assert_true(strlen(e->error->text) > 0);
}

/* --- The core's side ---------------------------------------------------- */

static inline struct event *
event(enum event_kind kind, const char *room_name, const char *name,
      const char *text, const char *extra)
{
    return event_new(kind, str_of(room_name), str_of(name), str_of(text),
                     str_of(extra));
}

static inline struct command *
commanded(enum command_kind kind)
{
    struct command *cmd = fake_conn_take(c);

    assert_non_null(cmd);
    assert_int_equal(cmd->kind, kind);
    return cmd;
}

static inline void
commanded_nothing(void)
{
    assert_null(fake_conn_take(c));
}

/* Answers the oldest command, which must be of this kind; takes e. */
static inline void
answer(enum command_kind kind, struct event *e)
{
    struct command *cmd = commanded(kind);

    e->command = cmd->kind;
    e->request = cmd->request;
    if (e->kind == ANSWER_PONG)
        e->token = cmd->token;
    command_free(&cmd);
    fake_conn_answer(c, e);
}

static inline void
deny(enum command_kind kind, enum deny why, const char *more)
{
    struct event *e = event(ANSWER_DENIED, NULL, "x", more, NULL);

    e->deny = why;
    answer(kind, e);
}

static inline void
pong(void)
{
    answer(COMMAND_PING, event(ANSWER_PONG, NULL, NULL, NULL, NULL));
}

/* --- Conversations that others begin with ------------------------------- */

static inline void
said_magic(void)
{
    fake_conn_input(c, FRAME_MAGIC, FRAME_MAGIC_BYTES);
}

static inline void
welcomed(void)
{
    struct event *e = event(ANSWER_WELCOME, NULL, "alice", NULL, NULL);

    e->session = 7;
    answer(COMMAND_ENTER, e);
    HEARD(WELCOME);
}

static inline void
entered(void)
{
    said_magic();
    say_hello("alice");
    welcomed();
}

static inline void
entered_with_signals(void)
{
    Loquat__V1__Hello hello = LOQUAT__V1__HELLO__INIT;

    hello.version = 1;
    hello.features = LOQUAT__V1__FEATURE__FEATURE_SIGNALS;
    hello.name = "alice";
    hello.secret = bytes_of(SECRET);
    said_magic();
    SAY(1, HELLO, hello, &hello);
    welcomed();
}

/* In room 1, called #lobby. */
static inline void
joined(void)
{
    Loquat__V1__Join join = LOQUAT__V1__JOIN__INIT;
    struct event *e = event(EVENT_SUBSCRIBED, "#lobby", NULL, "Hi", NULL);

    join.target = "#lobby";
    SAY(2, JOIN, join, &join);
    e->room = 1;
    e->room_kind = ROOM_CHANNEL;
    e->seq = 4;
    e->count = 3;
    answer(COMMAND_JOIN, e);
    HEARD(JOINED);
}

static inline void
is_open(void)
{
    assert_false(c->ended || c->finished);
}

static inline void
is_ended(bool clean)
{
    assert_true(c->ended);
    assert_int_equal(c->clean, clean);
    assert_true(strlen(c->reason) > 0);
}

#endif
