/* SPDX-License-Identifier: MIT
 *
 * The block is filled from the front. That it suffices is an invariant of
 * ours: draft_bytes() counts every string once, and for every event more than
 * its largest structs. */
#include "dialect/native/draft.h"

#include "base/limits.h"

#include <stdalign.h>
#include <stdlib.h>

enum {
    ALIGN = alignof(max_align_t),
    PIECES = 10,       /* at most so many per event, each rounded up */
};

_Static_assert(sizeof(Loquat__V1__Welcome) + sizeof(Loquat__V1__Message) +
                       MSGID_BYTES + PIECES * ALIGN <= DRAFT_BYTES,
               "an event's structs fit");
_Static_assert(sizeof(Loquat__V1__RoomInfo) + PIECES * ALIGN <= DRAFT_BYTES,
               "and a room's");

static size_t
event_bytes(const struct event *e)
{
    return DRAFT_BYTES + e->room_name.n + e->name.n + e->text.n + e->extra.n;
}

size_t
draft_bytes(const struct event *e)
{
    size_t n = event_bytes(e);

    for (size_t i = 0; i < e->items_n; i++)
        n += event_bytes(e->items[i]);
    return n;
}

void
draft_init(struct draft *d, const struct dialect_config *config, size_t bytes)
{
    *d = (struct draft){.config = config, .size = bytes,
                        .block = must_alloc(bytes)};
    loquat__v1__envelope__init(&d->envelope);
}

struct slab *
draft_done(struct draft *d)
{
    size_t n = envelope_frame_bytes(&d->envelope);
    struct slab *s = slab_new(n);

    must(n <= FRAME_HEADER_BYTES + LIMIT_FRAME_BYTES);
    envelope_frame_write(&d->envelope, (uint8_t *)s->p);
    free(d->block);
    return s;
}

void *
draft_take(struct draft *d, size_t n)
{
    char *p = d->block + d->used;

    n = (n + ALIGN - 1) / ALIGN * ALIGN;
    must(n <= d->size - d->used);
    d->used += n;
    return p;
}

char *
draft_text(struct draft *d, struct str s)
{
    char *z = draft_take(d, s.n + 1);

    if (s.n > 0)
        memcpy(z, s.p, s.n);
    return z;
}

char *
draft_msgid(struct draft *d, uint64_t room, uint64_t seq)
{
    char *z = draft_take(d, MSGID_BYTES + 1);

    msgid_write(d->config->epoch, room, seq, z);
    return z;
}

void *
draft_list(struct draft *d, size_t n)
{
    return draft_take(d, n * sizeof(void *));
}

void *
draft_piece(struct draft *d, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *m = draft_take(d, type->sizeof_message);

    type->message_init(m);
    return m;
}

/* The oneof's descriptor knows the body's type and its place. */
void *
draft_body(struct draft *d, Loquat__V1__Envelope__BodyCase which)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(
            &loquat__v1__envelope__descriptor, which);
    void *m = draft_piece(d, field->descriptor);

    d->envelope.body_case = which;
    memcpy((char *)&d->envelope + field->offset, &m, sizeof m);
    return m;
}
