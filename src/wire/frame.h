/* SPDX-License-Identifier: MIT
 *
 * The native framing (docs/protocol.md §2): after 8 magic bytes from each
 * side, frames of `u32 length, u8 kind, payload`. Numbers are big-endian; the
 * length counts the payload alone. Pure functions: no socket, no clock, no
 * allocation. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "base/must.h"
#include <stdint.h>

/* What a parser says of bytes that a peer sent. */
enum wire {
    WIRE_OK,      /* parsed */
    WIRE_MORE,    /* fine so far; the rest has not come yet */
    WIRE_BAD,     /* never going to be right: close */
};

/* Not UTF-8, not ASCII, not TLS, not HTTP; a CR LF and a lone LF inside it
 * catch every kind of newline translation. */
#define FRAME_MAGIC       "\x89LQT\r\n\x1a\n"
#define FRAME_MAGIC_BYTES 8
#define FRAME_HEADER_BYTES 5

enum frame_kind {
    FRAME_ENVELOPE = 1,
    FRAME_FILE = 2,       /* u32 stream, then raw bytes of a file */
};

struct frame {
    enum frame_kind kind;
    const uint8_t *p;     /* borrowed from the parsed bytes */
    uint32_t n;
};

/* Compares as many magic bytes as there are. */
enum wire frame_magic(const uint8_t *p, size_t n) MUST_USE;

/* One frame from the front of p. WIRE_OK fills *ret and *used. A length above
 * max is WIRE_BAD as soon as it can be read, before any payload has come; an
 * unknown kind too. */
enum wire frame_parse(const uint8_t *p, size_t n, uint32_t max,
                      struct frame *ret, size_t *used) MUST_USE;

void frame_header(uint8_t out[FRAME_HEADER_BYTES], enum frame_kind kind,
                  uint32_t payload_bytes);

/* --- Of kind 2 (§13) --- */

#define FRAME_FILE_HEADER_BYTES (FRAME_HEADER_BYTES + 4)
#define FRAME_FILE_BYTES 65536       /* the most that one carries */

struct frame_file {
    uint32_t stream;      /* never 0 */
    const uint8_t *p;     /* borrowed from the frame */
    uint32_t n;           /* 1 to FRAME_FILE_BYTES */
};

/* What a frame of kind 2 holds. Never WIRE_MORE. */
enum wire frame_file_parse(const struct frame *frame,
                           struct frame_file *ret) MUST_USE;

/* The header of one that n bytes (1 to FRAME_FILE_BYTES) of stream follow. */
void frame_file_header(uint8_t out[FRAME_FILE_HEADER_BYTES], uint32_t stream,
                       uint32_t n);

#endif
