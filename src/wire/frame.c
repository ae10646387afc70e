/* SPDX-License-Identifier: MIT
 *
 * Framing. Every verdict falls at the first byte that allows it, so that a
 * connection that announces the impossible is closed before it can make
 * anybody wait, or allocate, for the rest. */
#include "wire/frame.h"

#include <stdbool.h>
#include <string.h>

enum { LENGTH_BYTES = 4, STREAM_BYTES = 4 };

enum wire
frame_magic(const uint8_t *p, size_t n)
{
    size_t have = n < FRAME_MAGIC_BYTES ? n : FRAME_MAGIC_BYTES;

    if (have > 0 && memcmp(p, FRAME_MAGIC, have) != 0)
        return WIRE_BAD;
    return have < FRAME_MAGIC_BYTES ? WIRE_MORE : WIRE_OK;
}

static uint32_t
read_u32(const uint8_t *p)
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
    length = read_u32(p);
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

static void
write_u32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

void
frame_header(uint8_t out[FRAME_HEADER_BYTES], enum frame_kind kind,
             uint32_t payload_bytes)
{
    write_u32(out, payload_bytes);
    out[LENGTH_BYTES] = (uint8_t)kind;
}

enum wire
frame_file_parse(const struct frame *frame, struct frame_file *ret)
{
    uint32_t stream;

    if (frame->n <= STREAM_BYTES || frame->n > STREAM_BYTES + FRAME_FILE_BYTES)
        return WIRE_BAD;
    stream = read_u32(frame->p);
    if (stream == 0)
        return WIRE_BAD;
    *ret = (struct frame_file){stream, frame->p + STREAM_BYTES,
                               frame->n - STREAM_BYTES};
    return WIRE_OK;
}

void
frame_file_header(uint8_t out[FRAME_FILE_HEADER_BYTES], uint32_t stream,
                  uint32_t n)
{
    must(stream > 0 && n > 0 && n <= FRAME_FILE_BYTES);
    frame_header(out, FRAME_FILE, STREAM_BYTES + n);
    write_u32(out + FRAME_HEADER_BYTES, stream);
}
