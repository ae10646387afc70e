/* SPDX-License-Identifier: MIT
 *
 * The first byte chooses the arena's size, the rest is a stream of frames.
 * Oracles: a frame's verdict does not change while its bytes arrive one by
 * one; what was parsed is written, parsed and written again as the same bytes;
 * an arena that is too small refuses and does nothing else; what an earlier
 * parse left in the arena changes nothing. */
#include "wire/envelope.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_MAX = 4096, ARENA_MAX = 256 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* MORE up to some byte, then for ever the same verdict. */
static void
check_split(const uint8_t *p, size_t n, enum wire whole)
{
    bool settled = false;

    for (size_t i = 0; i < n; i++) {
        struct frame frame;
        size_t used;
        enum wire part = frame_parse(p, i, FRAME_MAX, &frame, &used);

        must(part == (settled ? whole : part == whole ? whole : WIRE_MORE));
        settled = settled || part != WIRE_MORE;
        must(part != WIRE_OK || used <= i);
    }
}

static uint8_t *
frame_of(const Envelope *e, size_t *n)
{
    uint8_t *p = malloc(envelope_frame_bytes(e));

    must(p != NULL);
    *n = envelope_frame_bytes(e);
    envelope_frame_write(e, p);
    return p;
}

static void
check_round_trip(const Envelope *e)
{
    struct envelope_arena *a = envelope_arena_new(ARENA_MAX);
    struct frame frame;
    Envelope *back;
    size_t n, again_n, used;
    uint8_t *once = frame_of(e, &n), *again;

    must(frame_parse(once, n, UINT32_MAX, &frame, &used) == WIRE_OK);
    must(used == n && frame.kind == FRAME_ENVELOPE);
    must(envelope_parse(a, frame.p, frame.n, &back) == WIRE_OK);
    again = frame_of(back, &again_n);
    must(again_n == n && memcmp(once, again, n) == 0);
    free(again);
    free(once);
    envelope_arena_free(&a);
}

static void
check_envelope(size_t arena_bytes, const struct frame *frame)
{
    struct envelope_arena *small = envelope_arena_new(arena_bytes);
    struct envelope_arena *large = envelope_arena_new(ARENA_MAX);
    Envelope *e, *same;
    enum wire fits = envelope_parse(small, frame->p, frame->n, &e);
    enum wire right = envelope_parse(large, frame->p, frame->n, &same);

    must(fits == WIRE_BAD || right == WIRE_OK);
    if (fits == WIRE_OK)
        must(envelope_frame_bytes(e) == envelope_frame_bytes(same));
    if (right == WIRE_OK)
        check_round_trip(same);
    /* Again, over what the first time left in the arena. */
    must(envelope_parse(small, frame->p, frame->n, &e) == fits);
    if (fits == WIRE_OK)
        check_round_trip(e);
    envelope_arena_free(&small);
    envelope_arena_free(&large);
}

/* The same header comes of what a frame of bytes was read as. */
static void
check_file(const struct frame *frame)
{
    uint8_t header[FRAME_FILE_HEADER_BYTES];
    struct frame_file f;

    if (frame->kind != FRAME_FILE || frame_file_parse(frame, &f) != WIRE_OK)
        return;
    must(f.p + f.n == frame->p + frame->n);
    frame_file_header(header, f.stream, f.n);
    must(memcmp(header, f.p - sizeof header, sizeof header) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    size_t arena_bytes = n > 0 ? p[0] * (size_t)32 : 0;
    struct frame frame;
    size_t at = n > 0, used;

    while (at < n) {
        enum wire verdict = frame_parse(p + at, n - at, FRAME_MAX, &frame,
                                        &used);

        check_split(p + at, n - at, verdict);
        if (verdict != WIRE_OK)
            break;
        check_envelope(arena_bytes, &frame);
        check_file(&frame);
        at += used;
    }
    return 0;
}
