/* SPDX-License-Identifier: MIT
 *
 * Envelopes over protobuf-c, which is trusted with the encoding but not with
 * memory: its allocator is a block of fixed size that is filled from the front
 * and emptied by the next parse, so that a parse costs no malloc, nothing is
 * ever freed one by one, and a peer's bytes can ask for no more than the
 * block.
 *
 * protobuf-c gives strings out as C strings. One with a NUL inside would lose
 * its tail without a word, so the bytes are walked first and such an envelope
 * is refused. */
#include "wire/envelope.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct envelope_arena {
    ProtobufCAllocator allocator;
    size_t used, cap;
    alignas(max_align_t) uint8_t block[];
};

static void *
arena_alloc(void *data, size_t n)
{
    struct envelope_arena *a = data;
    size_t align = alignof(max_align_t);
    void *p;

    if (n > a->cap - a->used)
        return NULL;
    p = a->block + a->used;
    a->used += (n + align - 1) / align * align;
    return p;
}

static void
arena_release(void *data, void *p)
{
    (void)data;
    (void)p;
}

struct envelope_arena *
envelope_arena_new(size_t bytes)
{
    size_t align = alignof(max_align_t);
    size_t cap = (bytes + align - 1) / align * align;
    struct envelope_arena *a = must_alloc(sizeof *a + cap);

    a->allocator = (ProtobufCAllocator){arena_alloc, arena_release, a};
    a->cap = cap;
    return a;
}

void
envelope_arena_free(struct envelope_arena **a)
{
    free(*a);
    *a = NULL;
}

/* The bytes of a message that have not been walked yet. */
struct span {
    const uint8_t *p;
    size_t n;
};

/* A base-128 number of at most max bytes; false when s does not start with
 * one. */
static bool
take_varint(struct span *s, size_t max, uint64_t *ret)
{
    uint64_t value = 0;
    size_t i;

    for (i = 0; i < s->n && i < max; i++) {
        value |= (uint64_t)(s->p[i] & 0x7f) << (7 * i);
        if (s->p[i] & 0x80)
            continue;
        *ret = value;
        *s = (struct span){s->p + i + 1, s->n - i - 1};
        return true;
    }
    return false;
}

static bool
take_bytes(struct span *s, uint64_t n, struct span *ret)
{
    if (n > s->n)
        return false;
    *ret = (struct span){s->p, n};
    *s = (struct span){s->p + n, s->n - n};
    return true;
}

/* The value of a field of this wire type; groups are not proto3. */
static bool
take_value(struct span *s, unsigned wire_type, struct span *ret)
{
    uint64_t n;

    switch (wire_type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return take_varint(s, 10, &n) && take_bytes(s, 0, ret);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        return take_bytes(s, 8, ret);
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        return take_varint(s, 5, &n) && take_bytes(s, n, ret);
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        return take_bytes(s, 4, ret);
    default:
        return false;
    }
}

/* Well-formed down to the last nested message, and no NUL in any string that
 * we know. The nesting is as deep as the schema, not as the peer's bytes:
 * unknown fields are not entered, and no message of ours holds itself. */
static bool
walk(const ProtobufCMessageDescriptor *type, struct span s)
{
    while (s.n > 0) {
        const ProtobufCFieldDescriptor *field;
        struct span value;
        uint64_t tag;

        if (!take_varint(&s, 5, &tag) || tag >> 3 == 0 || tag > UINT32_MAX ||
            !take_value(&s, tag & 7, &value))
            return false;
        field = protobuf_c_message_descriptor_get_field(type,
                                                        (unsigned)(tag >> 3));
        if (field == NULL ||
            (tag & 7) != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
            continue;
        if (field->type == PROTOBUF_C_TYPE_STRING && value.n > 0 &&
            memchr(value.p, '\0', value.n) != NULL)
            return false;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
            !walk(field->descriptor, value))
            return false;
    }
    return true;
}

enum wire
envelope_parse(struct envelope_arena *a, const uint8_t *p, size_t n,
               Envelope **ret)
{
    Envelope *e;

    if (!walk(&loquat__v1__envelope__descriptor, (struct span){p, n}))
        return WIRE_BAD;
    a->used = 0;
    e = loquat__v1__envelope__unpack(&a->allocator, n, p);
    if (e == NULL)
        return WIRE_BAD;
    *ret = e;
    return WIRE_OK;
}

size_t
envelope_frame_bytes(const Envelope *e)
{
    return FRAME_HEADER_BYTES + loquat__v1__envelope__get_packed_size(e);
}

void
envelope_frame_write(const Envelope *e, uint8_t *out)
{
    size_t n = loquat__v1__envelope__pack(e, out + FRAME_HEADER_BYTES);

    must(n <= UINT32_MAX);
    frame_header(out, FRAME_ENVELOPE, (uint32_t)n);
}
