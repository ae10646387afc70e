/* SPDX-License-Identifier: MIT
 *
 * What the tests of the link share: a fake server's mouth and ears. It puts
 * envelopes into a buffer as bytes, and writes down what a client has said as
 * words. */
#ifndef LINK_FAKE_TEST_H
#define LINK_FAKE_TEST_H

#include "base/buf.h"
#include "base/limits.h"
#include "wire/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CODE(name) LOQUAT__V1__ERROR_CODE__ERROR_CODE_##name
#define TEXT LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TEXT

#define NOTE(buf, ...) must(buf_printf((buf), __VA_ARGS__) == 0)

/* ---- The server's mouth ---- */

static inline void
put(struct buf *b, const Envelope *e)
{
    size_t n = envelope_frame_bytes(e);
    uint8_t *p = buf_reserve(b, n);

    must(p != NULL);
    envelope_frame_write(e, p);
    buf_commit(b, n);
}

#define PUT(b, number, CASE, type, field, ...)                             \
    do {                                                                   \
        Loquat__V1__##type body_ = {                                       \
            PROTOBUF_C_MESSAGE_INIT(&loquat__v1__##field##__descriptor),   \
            __VA_ARGS__};                                                  \
        Envelope e_ = LOQUAT__V1__ENVELOPE__INIT;                          \
        e_.request = (number);                                             \
        e_.body_case = ENVELOPE_BODY(CASE);                                \
        e_.field = &body_;                                                 \
        put((b), &e_);                                                     \
    } while (0)

static inline void
put_magic(struct buf *b)
{
    must(buf_append(b, FRAME_MAGIC, FRAME_MAGIC_BYTES) == 0);
}

static inline void
put_welcome(struct buf *b, uint64_t epoch)
{
    put_magic(b);
    PUT(b, 1, WELCOME, Welcome, welcome, .version = 1, .server = "s",
        .name = "alice", .epoch = epoch, .heartbeat_ms = 1000,
        .dead_ms = 3000, .message_bytes = 1000, .token = "");
}

/* To a Hello, a Login or a Register of that number. */
static inline void
put_account(struct buf *b, uint64_t number, char *token)
{
    PUT(b, number, WELCOME, Welcome, welcome, .version = 1, .server = "s",
        .name = "Alice", .epoch = 1, .heartbeat_ms = 1000, .dead_ms = 3000,
        .message_bytes = 1000, .account = true, .sender_id = 5,
        .token = token);
}

static inline void
put_joined(struct buf *b, uint64_t number, uint64_t room, char *target,
           uint64_t last_seq)
{
    PUT(b, number, JOINED, Joined, joined, .room = room, .target = target,
        .topic = "", .last_seq = last_seq);
}

static inline void
put_message(struct buf *b, uint64_t room, uint64_t seq, char *text)
{
    PUT(b, 0, MESSAGE, Message, message, .room = room, .seq = seq,
        .msgid = "", .sender = "bob", .text = text);
}

static inline void
put_posted(struct buf *b, uint64_t number, uint64_t seq)
{
    PUT(b, number, POSTED, Posted, posted, .room = 7, .seq = seq, .msgid = "");
}

static inline void
put_error(struct buf *b, uint64_t number, int code, char *text)
{
    PUT(b, number, ERROR, Error, error,
        .code = (Loquat__V1__ErrorCode)code, .text = text);
}

static inline void
put_bytes(struct buf *b, uint32_t stream, size_t n)
{
    uint8_t *p = buf_reserve(b, FRAME_FILE_HEADER_BYTES + n);

    must(p != NULL);
    frame_file_header(p, stream, (uint32_t)n);
    memset(p + FRAME_FILE_HEADER_BYTES, 'x', n);
    buf_commit(b, FRAME_FILE_HEADER_BYTES + n);
}

/* ---- The server's ears ---- */

static inline void
note_said(struct buf *b, const Envelope *e)
{
    int number = (int)e->request;

    if (e->body_case == ENVELOPE_BODY(HELLO))
        NOTE(b, "%d hello %s%s%s%s%s. ", number, e->hello->name,
             *e->hello->password ? " password " : "", e->hello->password,
             *e->hello->token ? " token " : "", e->hello->token);
    else if (e->body_case == ENVELOPE_BODY(REGISTER))
        NOTE(b, "%d register %s password %s. ", number, e->register_->name,
             e->register_->password);
    else if (e->body_case == ENVELOPE_BODY(POST))
        NOTE(b, "%d post %s. ", number, e->post->text);
    else if (e->body_case == ENVELOPE_BODY(PART))
        NOTE(b, "%d part %s. ", number, e->part->target);
    else if (e->body_case == ENVELOPE_BODY(PONG))
        NOTE(b, "pong %d. ", (int)e->pong->token);
    else if (e->body_case == ENVELOPE_BODY(JOIN) && e->join->room != 0)
        NOTE(b, "%d join %d after %d. ", number, (int)e->join->room,
             (int)e->join->after);
    else if (e->body_case == ENVELOPE_BODY(JOIN) &&
             e->join->resume_case == LOQUAT__V1__JOIN__RESUME_AFTER)
        NOTE(b, "%d join %s after %d. ", number, e->join->target,
             (int)e->join->after);
    else if (e->body_case == ENVELOPE_BODY(JOIN))
        NOTE(b, "%d join %s. ", number, e->join->target);
    else if (e->body_case == ENVELOPE_BODY(PUT_FILE))
        NOTE(b, "%d put %u. ", number, e->put_file->stream);
    else if (e->body_case == ENVELOPE_BODY(GET_FILE))
        NOTE(b, "%d get %u from %d. ", number, e->get_file->stream,
             (int)e->get_file->offset);
    else if (e->body_case == ENVELOPE_BODY(CREDIT))
        NOTE(b, "credit %u %d. ", e->credit->stream, (int)e->credit->bytes);
    else if (e->body_case == ENVELOPE_BODY(FILE_END))
        NOTE(b, "%d end %u code %d. ", number, e->file_end->stream,
             (int)e->file_end->code);
    else
        NOTE(b, "%d body %d. ", number, (int)e->body_case);
}

static inline void
note_file(struct buf *b, const struct frame *frame)
{
    struct frame_file f;

    assert_int_equal(frame_file_parse(frame, &f), WIRE_OK);
    NOTE(b, "%u bytes of %u. ", f.n, f.stream);
}

static inline const char *
text_of(struct buf *b)
{
    static char text[4096];

    must(b->n < sizeof text);
    memcpy(text, b->n > 0 ? b->p : "", b->n);
    text[b->n] = '\0';
    buf_clear(b);
    return text;
}

/* What is in p, from the magic on if there is one, as words in b. Bytes of an
 * unfinished frame are left; returns how many were used. */
static inline size_t
note_bytes(struct buf *b, struct envelope_arena *arena, const void *bytes,
           size_t n)
{
    const uint8_t *p = bytes;
    size_t at = 0, used;
    struct frame f;
    Envelope *e;

    if (n == 0)
        return 0;
    if (n >= FRAME_MAGIC_BYTES && frame_magic(p, n) == WIRE_OK) {
        NOTE(b, "magic. ");
        at = FRAME_MAGIC_BYTES;
    }
    for (; frame_parse(p + at, n - at, LIMIT_FRAME_BYTES, &f, &used) ==
               WIRE_OK; at += used) {
        if (f.kind == FRAME_FILE) {
            note_file(b, &f);
            continue;
        }
        assert_int_equal(envelope_parse(arena, f.p, f.n, &e), WIRE_OK);
        note_said(b, e);
    }
    return at;
}

#endif
