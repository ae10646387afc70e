/* SPDX-License-Identifier: MIT
 *
 * Envelopes in and out of frames, for both ends. Parsing is bounded: all that
 * a peer's bytes can make the decoder allocate comes from one arena of fixed
 * size, and an envelope that needs more is WIRE_BAD (a 256 KiB frame of empty
 * repeated fields would otherwise cost many times its size). */
#ifndef WIRE_ENVELOPE_H
#define WIRE_ENVELOPE_H

#include "wire/frame.h"
#include "wire/loquat.pb-c.h"

typedef Loquat__V1__Envelope Envelope;

/* ENVELOPE_BODY(POST): the value of body_case. */
#define ENVELOPE_BODY(name) LOQUAT__V1__ENVELOPE__BODY_##name

struct envelope_arena;

struct envelope_arena *envelope_arena_new(size_t bytes);   /* returns owned */
void envelope_arena_free(struct envelope_arena **a);

/* *ret is borrowed: valid until the next parse with this arena. Strings in it
 * are NUL-terminated and not checked for UTF-8; one with a NUL inside is
 * WIRE_BAD, since it would lose its tail. Never WIRE_MORE. */
enum wire envelope_parse(struct envelope_arena *a, const uint8_t *p, size_t n,
                         Envelope **ret) MUST_USE;

/* The whole frame (header and payload) that carries e. */
size_t envelope_frame_bytes(const Envelope *e);
void envelope_frame_write(const Envelope *e, uint8_t *out);

#endif
