/* SPDX-License-Identifier: MIT */
#include "load/native_words.h"

#include "base/clock.h"
#include "base/limits.h"
#include "load/load.h"

#include <stdio.h>
#include <string.h>

static size_t
write_envelope(char *out, Envelope *e, uint64_t request)
{
    e->request = request;
    envelope_frame_write(e, (uint8_t *)out);
    return envelope_frame_bytes(e);
}

static void
throw_bytes(struct dice *dice, uint8_t out[16])
{
    uint64_t words[2] = {dice_throw(dice), dice_throw(dice)};

    memcpy(out, words, sizeof words);
}

/* As our own client makes them: a UUID of version 7, the time in front. */
static void
throw_client_id(struct dice *dice, uint8_t out[16])
{
    uint64_t ms = (uint64_t)clock_wall_ms();

    throw_bytes(dice, out);
    for (int i = 0; i < 6; i++)
        out[i] = (uint8_t)(ms >> (40 - 8 * i));
    out[6] = (uint8_t)(0x70 | (out[6] & 0x0f));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3f));
}

size_t
native_hello(char *out, const struct who *w, uint64_t request)
{
    Loquat__V1__Hello hello = LOQUAT__V1__HELLO__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    uint8_t secret[16];
    char client[] = "loquat-load", name[sizeof w->name];

    throw_bytes(w->dice, secret);
    memcpy(name, w->name, sizeof name);
    hello.version = 1;
    hello.client = client;
    hello.name = name;
    hello.or_similar = true;     /* a run before may have left the name held */
    hello.secret = (ProtobufCBinaryData){sizeof secret, secret};
    e.body_case = ENVELOPE_BODY(HELLO);
    e.hello = &hello;
    memcpy(out, FRAME_MAGIC, FRAME_MAGIC_BYTES);
    return FRAME_MAGIC_BYTES + write_envelope(out + FRAME_MAGIC_BYTES, &e,
                                              request);
}

/* "r3" is the room "#r3". */
static void
target_of(char out[LIMIT_ROOM_BYTES + 16], const char *room)
{
    snprintf(out, LIMIT_ROOM_BYTES + 16, "#%s", room);
}

static size_t
write_join(char *out, const char *room, const uint64_t *after,
           uint64_t request)
{
    Loquat__V1__Join join = LOQUAT__V1__JOIN__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    char target[LIMIT_ROOM_BYTES + 16];

    target_of(target, room);
    join.target = target;
    if (after != NULL) {
        join.resume_case = LOQUAT__V1__JOIN__RESUME_AFTER;
        join.after = *after;
    }
    e.body_case = ENVELOPE_BODY(JOIN);
    e.join = &join;
    return write_envelope(out, &e, request);
}

size_t
native_join(char *out, const struct who *w, uint64_t request)
{
    return write_join(out, w->room, NULL, request);
}

size_t
native_resume(char *out, const struct who *w, uint64_t request)
{
    return write_join(out, w->room, &w->after, request);
}

size_t
native_post(char *out, struct who *w, const char *text, size_t n,
            uint64_t request)
{
    Loquat__V1__Post post = LOQUAT__V1__POST__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    char target[LIMIT_ROOM_BYTES + 16];
    uint8_t id[16];

    must(text[n] == '\0');
    target_of(target, w->room);
    throw_client_id(w->dice, id);
    post.target = target;
    post.text = (char *)text;     /* protobuf-c only reads it */
    post.client_id = (ProtobufCBinaryData){sizeof id, id};
    e.body_case = ENVELOPE_BODY(POST);
    e.post = &post;
    w->said++;
    return write_envelope(out, &e, request);
}

size_t
native_history(char *out, const char *room, uint64_t seq, uint32_t limit,
               uint64_t request)
{
    Loquat__V1__GetHistory get = LOQUAT__V1__GET_HISTORY__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    char target[LIMIT_ROOM_BYTES + 16];

    target_of(target, room);
    get.target = target;
    get.mode = seq == 0 ? LOQUAT__V1__PAGE_MODE__PAGE_MODE_LATEST
                        : LOQUAT__V1__PAGE_MODE__PAGE_MODE_BEFORE;
    get.seq = seq;
    get.limit = limit;
    e.body_case = ENVELOPE_BODY(GET_HISTORY);
    e.get_history = &get;
    return write_envelope(out, &e, request);
}

size_t
native_get_file(char *out, uint32_t stream, const char *id, uint64_t credit,
                uint64_t request)
{
    Loquat__V1__GetFile get = LOQUAT__V1__GET_FILE__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    get.stream = stream;
    get.id = (char *)id;         /* protobuf-c only reads it */
    get.credit = credit;
    e.body_case = ENVELOPE_BODY(GET_FILE);
    e.get_file = &get;
    return write_envelope(out, &e, request);
}

size_t
native_credit(char *out, uint32_t stream, uint64_t bytes)
{
    Loquat__V1__Credit credit = LOQUAT__V1__CREDIT__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    credit.stream = stream;
    credit.bytes = bytes;
    e.body_case = ENVELOPE_BODY(CREDIT);
    e.credit = &credit;
    return write_envelope(out, &e, 0);
}

size_t
native_put_file(char *out, uint32_t stream, const char *room, uint64_t size,
                uint64_t request)
{
    Loquat__V1__PutFile put = LOQUAT__V1__PUT_FILE__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    char target[LIMIT_ROOM_BYTES + 16], name[] = "load.bin";

    target_of(target, room);
    put.stream = stream;
    put.target = target;
    put.name = name;
    put.length_case = LOQUAT__V1__PUT_FILE__LENGTH_SIZE;
    put.size = size;
    e.body_case = ENVELOPE_BODY(PUT_FILE);
    e.put_file = &put;
    return write_envelope(out, &e, request);
}

size_t
native_file_bytes(char *out, uint32_t stream, size_t n)
{
    frame_file_header((uint8_t *)out, stream, (uint32_t)n);
    memset(out + FRAME_FILE_HEADER_BYTES, 'x', n);
    return FRAME_FILE_HEADER_BYTES + n;
}

size_t
native_file_end(char *out, uint32_t stream, uint64_t request)
{
    Loquat__V1__FileEnd end = LOQUAT__V1__FILE_END__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    end.stream = stream;
    e.body_case = ENVELOPE_BODY(FILE_END);
    e.file_end = &end;
    return write_envelope(out, &e, request);
}

/* ---- Hearing ---- */

void
native_ear_init(struct native_ear *ear)
{
    ear->magic = false;
    ear->bytes = NULL;
    buf_init(&ear->rest, 2 * (LIMIT_FRAME_BYTES + FRAME_HEADER_BYTES));
}

void
native_ear_done(struct native_ear *ear)
{
    buf_done(&ear->rest);
}

/* One frame from the front; 0 when it is not whole yet. */
static size_t
hear_frame(struct native_ear *ear, struct envelope_arena *arena,
           const uint8_t *p, size_t n, native_heard_fn *fn, void *arg)
{
    struct frame_file bytes;
    struct frame frame;
    Envelope *e;
    enum wire w;
    size_t used;

    if (!ear->magic) {
        w = frame_magic(p, n);
        if (w == WIRE_BAD)
            die("the server said: %.*s", (int)n, (const char *)p);
        ear->magic = w == WIRE_OK;
        return w == WIRE_OK ? FRAME_MAGIC_BYTES : 0;
    }
    w = frame_parse(p, n, LIMIT_FRAME_BYTES, &frame, &used);
    if (w == WIRE_MORE)
        return 0;
    if (w == WIRE_OK && frame.kind == FRAME_FILE && ear->bytes != NULL) {
        if (frame_file_parse(&frame, &bytes) != WIRE_OK)
            die("the server spoke no native frames");
        ear->bytes(arg, bytes.n);
        return used;
    }
    if (w == WIRE_BAD || frame.kind != FRAME_ENVELOPE ||
        envelope_parse(arena, frame.p, frame.n, &e) != WIRE_OK)
        die("the server spoke no native frames");
    fn(arg, e);
    return used;
}

static size_t
hear_frames(struct native_ear *ear, struct envelope_arena *arena,
            const char *p, size_t n, native_heard_fn *fn, void *arg)
{
    size_t at = 0, used;

    while (at < n && (used = hear_frame(ear, arena, (const uint8_t *)p + at,
                                        n - at, fn, arg)) > 0)
        at += used;
    return at;
}

void
native_ear_feed(struct native_ear *ear, struct envelope_arena *arena,
                const char *p, size_t n, native_heard_fn *fn, void *arg)
{
    size_t used;

    if (ear->rest.n == 0) {
        used = hear_frames(ear, arena, p, n, fn, arg);
        must(buf_append(&ear->rest, p + used, n - used) == 0);
        return;
    }
    must(buf_append(&ear->rest, p, n) == 0);
    used = hear_frames(ear, arena, ear->rest.p, ear->rest.n, fn, arg);
    buf_consume(&ear->rest, used);
}
