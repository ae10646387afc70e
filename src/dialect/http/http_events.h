/* SPDX-License-Identifier: MIT
 *
 * Live streams: shared events as the bytes of a stream. An event is one whole
 * chunk, so that what is encoded once goes to every connection as it is. */
#ifndef DIALECT_HTTP_HTTP_EVENTS_H
#define DIALECT_HTTP_HTTP_EVENTS_H

#include "dialect/http/http_impl.h"

/* In chunks for HTTP/1.1; PLAIN, until the end, for HTTP/1.0. */
enum http_encoding {
    HTTP_QUIET,                  /* who follows nothing hears nothing */
    HTTP_CHUNKED_TEXT,
    HTTP_CHUNKED_NDJSON,
    HTTP_CHUNKED_SSE,
    HTTP_PLAIN_TEXT,
    HTTP_PLAIN_NDJSON,
    HTTP_PLAIN_SSE,
};

_Static_assert(HTTP_PLAIN_SSE < DIALECT_ENCODINGS, "as many as there may be");

enum http_encoding http_encoding_of(enum http_type type, bool chunked);

struct slab *http_encode(const struct dialect_config *config,
                         unsigned encoding, const struct event *e);

/* A sign of life: an empty line, an empty comment; NULL for text, which
 * people read. Returns owned. */
struct slab *http_heartbeat(unsigned encoding);

/* Why it ends, and the stream's end. Returns owned. */
struct slab *http_last_words(unsigned encoding, const struct event *why);

#endif
