/* SPDX-License-Identifier: MIT
 *
 * struct draft: one envelope in the making. protobuf-c wants structs that
 * point at each other and at C strings; all of them come out of one block,
 * whose size is known beforehand from an event's strings and items. */
#ifndef DIALECT_NATIVE_DRAFT_H
#define DIALECT_NATIVE_DRAFT_H

#include "dialect/dialect.h"
#include "wire/envelope.h"

/* Enough for an envelope that has none of an event's strings or items. */
#define DRAFT_BYTES 512

struct draft {
    const struct dialect_config *config;
    const char *token;          /* of a new device, or NULL; borrowed */
    Envelope envelope;
    char *block;
    size_t used, size;
};

/* Enough for whatever is said of e. */
size_t draft_bytes(const struct event *e);

void draft_init(struct draft *d, const struct dialect_config *config,
                size_t bytes);

/* The finished frame, returned owned; the draft is over. */
struct slab *draft_done(struct draft *d);

/* Each borrows from the draft, until draft_done(). */
void *draft_take(struct draft *d, size_t n);          /* zeroed */
char *draft_text(struct draft *d, struct str s);
char *draft_msgid(struct draft *d, uint64_t room, uint64_t seq);
void *draft_list(struct draft *d, size_t n);          /* of pointers */
void *draft_piece(struct draft *d, const ProtobufCMessageDescriptor *type);

/* Gives the envelope a fresh body: the struct that belongs to `which`. */
void *draft_body(struct draft *d, Loquat__V1__Envelope__BodyCase which);

#endif
