/* SPDX-License-Identifier: MIT
 *
 * A chunked body (RFC 9112 §7.1) as a small machine: bytes in any pieces, data
 * out as spans of them. Strict: sizes are 1 to 16 hex digits and nothing else,
 * extensions are well formed without blanks and dropped, trailers follow
 * the rules of all fields and are dropped; one that would frame or route
 * (Content-Length, Transfer-Encoding, Host) is refused (RFC 9110 §6.5.1).
 *
 *   SIZE [EXT] CRLF -> DATA CRLF -> SIZE ... 0 CRLF -> TRAILERS CRLF -> END */
#ifndef DIALECT_HTTP_HTTP_CHUNK_WIRE_H
#define DIALECT_HTTP_HTTP_CHUNK_WIRE_H

#include "base/limits.h"
#include "base/str.h"
#include <stdint.h>

/* All zero at a body's start. */
struct http_chunk {
    uint8_t state;
    uint8_t digits;          /* of the size, so far */
    uint8_t name_bytes;
    uint8_t fields;
    uint16_t line_bytes;     /* of the extensions, or of all trailers */
    char name[20];           /* of a trailer, as far as it matters */
    uint64_t left;           /* of the chunk */
    uint64_t total;          /* data that was announced, all chunks together:
                              * known before it has come; at most INT64_MAX */
};

enum http_chunk_found {
    HTTP_CHUNK_MORE,         /* everything was used */
    HTTP_CHUNK_DATA,         /* *data is some */
    HTTP_CHUNK_END,          /* the body's last byte was used; for ever */
    HTTP_CHUNK_BAD,          /* 400 and close; for ever */
};

/* Takes *used bytes off p[0..n) up to the next thing to tell; data borrows
 * from p. Call again with the rest until it says MORE or END. */
enum http_chunk_found http_chunk_next(struct http_chunk *c, const uint8_t *p,
                                      size_t n, struct str *data,
                                      size_t *used);

#endif
