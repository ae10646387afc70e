/* SPDX-License-Identifier: MIT
 *
 * Framing. Every verdict falls at the first byte that allows it, so that a
 * connection that announces the impossible is closed before it can make
 * anybody wait, or allocate, for the rest. */
#include "wire/frame.h"

#include <stdbool.h>
#include <string.h>

enum { LENGTH_BYTES = 4 };

enum wire
frame_magic(const uint8_t *p, size_t n)
{
    size_t have = n < FRAME_MAGIC_BYTES ? n : FRAME_MAGIC_BYTES;

    if (have > 0 && memcmp(p, FRAME_MAGIC, have) != 0)
        return WIRE_BAD;
    return have < FRAME_MAGIC_BYTES ? WIRE_MORE : WIRE_OK;
}

static uint32_t
read_length(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
           (uint32_t)p[2] << 8 | p[3];
}

static bool
kind_known(uint8_t kind)
{
    return kind == FRAME_ENVELOPE || kind == FRAME_FILE;
}

enum wire
frame_parse(const uint8_t *p, size_t n, uint32_t max, struct frame *ret,
            size_t *used)
{
    uint32_t length;

    if (n < LENGTH_BYTES)
        return WIRE_MORE;
    length = read_length(p);
    if (length > max)
        return WIRE_BAD;
    if (n < FRAME_HEADER_BYTES)
        return WIRE_MORE;
    if (!kind_known(p[LENGTH_BYTES]))
        return WIRE_BAD;
    if (n - FRAME_HEADER_BYTES < length)
        return WIRE_MORE;
    *ret = (struct frame){p[LENGTH_BYTES], p + FRAME_HEADER_BYTES, length};
    *used = FRAME_HEADER_BYTES + (size_t)length;
    return WIRE_OK;
}

void
frame_header(uint8_t out[FRAME_HEADER_BYTES], enum frame_kind kind,
             uint32_t payload_bytes)
{
    out[0] = (uint8_t)(payload_bytes >> 24);
    out[1] = (uint8_t)(payload_bytes >> 16);
    out[2] = (uint8_t)(payload_bytes >> 8);
    out[3] = (uint8_t)payload_bytes;
    out[LENGTH_BYTES] = (uint8_t)kind;
}
