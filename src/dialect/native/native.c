/* SPDX-License-Identifier: MIT
 *
 * One native connection, from its magic bytes to its last words.
 *
 *   MAGIC -> HELLO -> ENTERING -> OPEN -> OVER
 *                 \      ^ |
 *                  \     | v
 *                   `-> REFUSED          (any of them -> OVER)
 *
 * Over WebSocket nothing is to be detected, and it begins at HELLO; a message
 * is exactly one frame there.
 *
 * Invariant: answers leave in the order of the requests. The core keeps it for
 * what it answers itself; input is held while a name is decided, while a
 * password is hashed and while a reader fetches a page; and what is refused
 * here waits for its turn behind a PING to the core, whose answer it replaces.
 * Streams are the exception: their answers come when they come
 * (native_files.h). */
#include "dialect/native/native.h"

#include "auth/token.h"
#include "base/limits.h"
#include "base/log.h"
#include "dialect/conn.h"
#include "dialect/native/native_commands.h"
#include "dialect/native/native_events.h"
#include "dialect/native/native_files.h"
#include "wire/envelope.h"

#include <sodium.h>
#include <stdio.h>

#define DEAD_TEXT "Nothing has come from you for too long"

enum {
    VERSION = 1,
    SNIFF_BYTES = 4,            /* enough of the magic to be certain */
    CLIENT_LOGGED_BYTES = 64,
    /* An arena for n bytes of an honest envelope: its strings once more, its
     * structs, and what a newer client's unknown fields take. */
    ARENA_BYTES = 4096,
    ARENA_FACTOR = 2,
};

enum stage {
    STAGE_MAGIC,                /* the peer's 8 bytes have not all come */
    STAGE_HELLO,                /* nor has its first envelope */
    STAGE_ENTERING,             /* the core decides about its name */
    STAGE_REFUSED,              /* it may say another Hello */
    STAGE_OPEN,
    STAGE_OVER,                 /* whatever still comes is dropped */
};

struct native {
    enum stage stage;
    enum command_kind awaited;  /* input is held until its answer; 0: not */
    uint32_t pongs;             /* PINGs that the core has not answered */
    uint64_t beats;             /* Pings of ours */
    bool signals;
    struct native_files files;
    char token[TOKEN_BYTES + 1];  /* of the device that is being made */

    /* Refused here; the last of the pongs is its turn. */
    bool refusing;
    bool breaking;              /* a Closing, then the end */
    uint64_t refused_request;
    struct native_refusal why;
};

static enum sniff
native_sniff(const uint8_t *p, size_t n)
{
    if (frame_magic(p, n < SNIFF_BYTES ? n : SNIFF_BYTES) == WIRE_BAD)
        return SNIFF_NO;
    return n < SNIFF_BYTES ? SNIFF_MORE : SNIFF_YES;
}

static void
native_open(struct conn *c)
{
    struct native *s = conn_state(c);

    if (conn_is_websocket(c)) {
        s->stage = STAGE_HELLO;
        return;
    }
    conn_send_bytes(c, FRAME_MAGIC, FRAME_MAGIC_BYTES);
}

/* --- Refusals ----------------------------------------------------------- */

static void
end(struct conn *c, const char *reason)
{
    struct native *s = conn_state(c);

    s->stage = STAGE_OVER;
    conn_end(c, reason, false);
}

static void
await(struct conn *c, enum command_kind kind)
{
    struct native *s = conn_state(c);

    s->awaited = kind;
    conn_hold(c);
}

static void
submit(struct conn *c, struct command *cmd)
{
    struct native *s = conn_state(c);

    if (cmd->kind == COMMAND_PING)
        s->pongs++;
    if (native_wants_token(cmd))
        token_make(TOKEN_DEVICE, s->token, cmd->login->device_hash);
    conn_command(c, cmd);
}

static void
say_refusal(struct conn *c)
{
    struct native *s = conn_state(c);
    const char *text = s->why.text ? s->why.text : deny_text(s->why.deny);

    s->refusing = false;
    if (!s->breaking) {
        conn_send(c, native_error(s->refused_request, s->why.deny, text));
        return;
    }
    conn_send(c, native_closing(s->why.deny, str_of(text), false));
    end(c, text);
}

/* Says why, at once or, if commands may be unanswered, in its turn. */
static void
refuse(struct conn *c, uint64_t request, const struct native_refusal *why)
{
    struct native *s = conn_state(c);
    struct str none = {NULL, 0};
    bool open = s->stage == STAGE_OPEN;

    if (why->deny == DENY_NONE)
        return;
    s->refusing = true;
    s->refused_request = request;
    s->why = *why;
    if (s->breaking)
        s->stage = STAGE_OVER;
    if (!open) {
        say_refusal(c);
        return;
    }
    submit(c, command_new(COMMAND_PING, none, none, none));
    await(c, COMMAND_PING);
}

/* These bytes are no envelope: nothing behind them can be trusted. */
static void
break_off(struct conn *c, const char *text)
{
    struct native *s = conn_state(c);

    s->breaking = true;
    refuse(c, 0, &(struct native_refusal){DENY_BAD_REQUEST, text});
}

/* --- Requests ----------------------------------------------------------- */

/* Asks the core to let it in; nothing else is heard until it has said so. */
static void
enter(struct conn *c, const Envelope *e)
{
    struct native *s = conn_state(c);
    struct native_refusal why;
    struct command *cmd = native_command(e, &why);
    enum command_kind kind;

    if (cmd == NULL) {
        refuse(c, e->request, &why);
        return;
    }
    kind = cmd->kind;
    s->stage = STAGE_ENTERING;
    submit(c, cmd);
    await(c, kind);
}

static void
take_hello(struct conn *c, const Envelope *e)
{
    struct native *s = conn_state(c);
    struct str client = str_of(e->hello->client);

    if (client.n > CLIENT_LOGGED_BYTES)
        client.n = CLIENT_LOGGED_BYTES;
    log_event(LOG_DEBUG, "native", "hello", LOG_STR("client", client));
    s->signals = e->hello->features & LOQUAT__V1__FEATURE__FEATURE_SIGNALS;
    enter(c, e);
}

/* An Error that nothing can follow. */
static void
turn_away(struct conn *c, uint64_t request, enum deny deny, const char *text)
{
    conn_send(c, native_error(request, deny, text));
    end(c, text);
}

/* Where guests are not taken in, these may follow a Hello that was refused. */
static bool
lets_in(const Envelope *e)
{
    return e->body_case == ENVELOPE_BODY(LOGIN) ||
           e->body_case == ENVELOPE_BODY(REGISTER);
}

/* Before it has a name. Whoever was refused one may have sent more behind its
 * Hello already, and is told so. */
static void
greet(struct conn *c, const Envelope *e)
{
    struct native *s = conn_state(c);
    bool first = s->stage == STAGE_HELLO;

    if (e->body_case == ENVELOPE_BODY(HELLO)) {
        s->stage = STAGE_REFUSED;
        if (e->hello->version == VERSION)
            take_hello(c, e);
        else
            turn_away(c, e->request, DENY_BAD_VERSION,
                      "This server speaks version 1");
    } else if (first) {
        turn_away(c, e->request, DENY_BAD_REQUEST,
                  "The first envelope must be a Hello");
    } else if (lets_in(e)) {
        enter(c, e);
    } else if (e->body_case == ENVELOPE_BODY(BYE)) {
        s->stage = STAGE_OVER;
        conn_end(c, "quit", true);
    } else {
        refuse(c, e->request, &(struct native_refusal){DENY_NO_NAME, NULL});
    }
}

/* Its answer may come behind those to later commands, or shows a token. */
static bool
is_awaited(enum command_kind kind)
{
    return kind == COMMAND_HISTORY || kind == COMMAND_FILES ||
           kind == COMMAND_LOGIN || kind == COMMAND_REGISTER ||
           kind == COMMAND_PASSWORD || kind == COMMAND_UNREGISTER ||
           kind == COMMAND_TOKEN;
}

static void
obey(struct conn *c, const Envelope *e)
{
    struct native *s = conn_state(c);
    struct native_refusal why = {
        DENY_BAD_REQUEST, "Hello has been said on this connection"};
    struct command *cmd = NULL;

    if (e->body_case == ENVELOPE_BODY(PONG))
        return;
    if (e->body_case == ENVELOPE_BODY(BYE)) {
        s->stage = STAGE_OVER;
        conn_finish(c, "quit");
        return;
    }
    if (native_files_request(c, &s->files, e))
        return;
    if (e->body_case != ENVELOPE_BODY(HELLO))
        cmd = native_command(e, &why);
    if (cmd == NULL) {
        refuse(c, e->request, &why);
        return;
    }
    if (is_awaited(cmd->kind))
        await(c, cmd->kind);
    submit(c, cmd);
}

/* --- Bytes -------------------------------------------------------------- */

static void
take_envelope(struct conn *c, const struct frame *frame)
{
    struct native *s = conn_state(c);
    struct envelope_arena *arena =
        envelope_arena_new(ARENA_BYTES + ARENA_FACTOR * (size_t)frame->n);
    Envelope *e;

    if (envelope_parse(arena, frame->p, frame->n, &e) == WIRE_OK) {
        conn_spoke(c);
        if (s->stage == STAGE_OPEN)
            obey(c, e);
        else
            greet(c, e);
        native_forget(e);
    } else {
        break_off(c, "That is not an envelope");
    }
    envelope_arena_free(&arena);
}

static void
take_bytes(struct conn *c, const struct frame *frame)
{
    struct native *s = conn_state(c);
    const char *why = "The bytes of a file come after a Welcome";

    if (s->stage != STAGE_OPEN ||
        native_files_bytes(c, &s->files, frame, &why) != WIRE_OK)
        break_off(c, why);
}

/* How many bytes it was; 0: it has not all come. */
static size_t
take_frame(struct conn *c, const uint8_t *p, size_t n)
{
    struct native *s = conn_state(c);
    uint32_t max = s->stage == STAGE_OPEN ? LIMIT_FRAME_BYTES
                                          : LIMIT_PRELOGIN_BYTES;
    struct frame frame;
    size_t used = n;

    switch (frame_parse(p, n, max, &frame, &used)) {
    case WIRE_MORE:
        return 0;
    case WIRE_BAD:
        break_off(c, "That is not a frame, or it is too long");
        break;
    case WIRE_OK:
        if (frame.kind == FRAME_ENVELOPE)
            take_envelope(c, &frame);
        else
            take_bytes(c, &frame);
        break;
    }
    return used;
}

static size_t
take_magic(struct conn *c, const uint8_t *p, size_t n)
{
    struct native *s = conn_state(c);

    switch (frame_magic(p, n)) {
    case WIRE_MORE:
        return 0;
    case WIRE_BAD:
        break_off(c, "The first 8 bytes were changed on their way");
        return n;
    case WIRE_OK:
        break;
    }
    s->stage = STAGE_HELLO;
    return FRAME_MAGIC_BYTES;
}

/* Looked at before it is obeyed: what is not one frame is nothing. */
static size_t
take_message(struct conn *c, const uint8_t *p, size_t n)
{
    struct frame frame;
    size_t used = n;

    if (frame_parse(p, n, LIMIT_FRAME_BYTES, &frame, &used) == WIRE_MORE ||
        used < n)
        break_off(c, "A message is one frame, no more and no less");
    else
        (void)take_frame(c, p, n);
    return n;
}

static size_t
native_input(struct conn *c, const uint8_t *p, size_t n)
{
    struct native *s = conn_state(c);
    size_t used = 0, step = n;

    if (conn_is_websocket(c))
        return take_message(c, p, n);
    if (s->stage == STAGE_MAGIC)
        used = step = take_magic(c, p, n);
    while (step > 0 && used < n && !conn_held(c)) {
        step = take_frame(c, p + used, n - used);
        used += step;
    }
    return s->stage == STAGE_OVER ? n : used;
}

/* --- Answers and events ------------------------------------------------- */

/* Asks a client that says nothing whether it is still there, and gives it up
 * when nothing comes of that. */
static size_t
native_timer(struct conn *c, const uint8_t *p, size_t n)
{
    const struct dialect_config *config = conn_config(c);
    struct native *s = conn_state(c);
    int64_t silent = conn_silent_ms(c);
    int64_t next = config->heartbeat_ms - silent;

    (void)p;
    (void)n;
    if (silent >= config->dead_ms) {
        conn_send(c, native_closing(DENY_NONE, str_of(DEAD_TEXT), true));
        end(c, "silent for too long");
        return 0;
    }
    if (next <= 0) {
        conn_send(c, native_ping(++s->beats));
        next = config->dead_ms - silent;
        if (next > config->heartbeat_ms)
            next = config->heartbeat_ms;
    }
    conn_timer(c, next);
    return 0;
}

/* What an answer changes here. */
static void
note(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct native *s = conn_state(c);

    if (e->kind == ANSWER_WELCOME && s->stage == STAGE_ENTERING) {
        s->stage = STAGE_OPEN;
        conn_timer(c, conn_config(c)->heartbeat_ms);
    } else if (e->kind == ANSWER_DENIED && s->stage == STAGE_ENTERING) {
        s->stage = STAGE_REFUSED;
    } else if (e->kind == EVENT_SUBSCRIBED && sub != NULL) {
        sub->encoding = s->signals ? NATIVE_SIGNALS : NATIVE_QUIET;
    }
}

static void
stop_waiting(struct conn *c)
{
    struct native *s = conn_state(c);

    sodium_memzero(s->token, sizeof s->token);
    if (s->stage == STAGE_OVER)
        return;
    s->awaited = 0;
    conn_release(c);
}

static void
native_on_answer(struct conn *c, const struct event *e,
                 struct subscription *sub)
{
    struct native *s = conn_state(c);

    if (native_files_answer(c, &s->files, e))
        return;
    if (e->command == COMMAND_PING) {
        must(s->pongs > 0);
        s->pongs--;
    }
    if (e->kind == EVENT_REMOVED)
        native_files_removed(c, &s->files, e);
    note(c, e, sub);
    if (s->refusing && s->pongs == 0)
        say_refusal(c);
    else
        conn_send(c, native_answer(conn_config(c), e, s->token));
    if (s->awaited && e->command == s->awaited && !s->refusing)
        stop_waiting(c);
}

/* Whoever was shown the door, or has come by another one, stays away; the
 * others are welcome again once the server is. */
static bool
come_back(const struct event *why)
{
    return why->kind == EVENT_STOPPING || why->deny == DENY_STOPPING ||
           why->deny == DENY_STORAGE_FULL ||
           why->deny == DENY_STORAGE_BROKEN || why->deny == DENY_OVERLOADED;
}

static void
native_farewell(struct conn *c, const struct event *why)
{
    enum deny deny = why->kind == EVENT_STOPPING ? DENY_STOPPING : why->deny;
    struct str text = why->text;
    char by[LIMIT_AWAY_BYTES];

    if (text.n == 0 && why->extra.n > 0) {
        snprintf(by, sizeof by, "Removed by %.*s", STR_FMT(why->extra));
        text = str_of(by);
    }
    conn_send(c, native_closing(deny, text, come_back(why)));
}

static void
native_drain(struct conn *c)
{
    struct native *s = conn_state(c);

    native_files_drain(c, &s->files);
}

static void
native_close(struct conn *c)
{
    struct native *s = conn_state(c);

    native_files_close(c, &s->files);
    sodium_memzero(s->token, sizeof s->token);
}

const struct dialect native_dialect = {
    .name = "native",
    .state_bytes = sizeof(struct native),
    .subprotocol = "loquat.v1",
    .sniff = native_sniff,
    .open = native_open,
    .input = native_input,
    .timer = native_timer,
    .answer = native_on_answer,
    .encode = native_encode,
    .drain = native_drain,
    .farewell = native_farewell,
    .close = native_close,
};
