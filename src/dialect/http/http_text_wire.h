/* SPDX-License-Identifier: MIT
 *
 * Text in URLs and fields: percent-encoding (RFC 3986 §2.1), queries and forms
 * (WHATWG URL §5), base64 (RFC 4648 §4), and Upload-Metadata and
 * Upload-Checksum of tus 1.0.
 *
 * What is decoded is appended to a buf whose maximum is the text's, and is
 * UTF-8 unless said otherwise; it may hold controls but no NUL, so clean it
 * before it goes on. On failure nothing is appended. */
#ifndef DIALECT_HTTP_HTTP_TEXT_WIRE_H
#define DIALECT_HTTP_HTTP_TEXT_WIRE_H

#include "base/buf.h"
#include "base/limits.h"
#include "wire/frame.h"

/* WIRE_BAD: a malformed escape, %00, not UTF-8 afterwards, or longer than out
 * may be. */
enum wire http_percent_decode(struct buf *out, struct str s) MUST_USE;

/* Takes the first segment off *path, with the slash before it: "/r/lobby" ->
 * "r", then "lobby". A path that ends with a slash has an empty last one.
 * False when nothing is left. */
bool http_path_next(struct str *path, struct str *segment);

/* A segment's meaning. As http_percent_decode, and WIRE_BAD too if it holds a
 * slash or is "." or "..": no segment can be mistaken for a path. */
enum wire http_segment_decode(struct buf *out, struct str segment) MUST_USE;

enum http_found {
    HTTP_ABSENT,
    HTTP_FOUND,
    HTTP_MALFORMED,          /* its value, or what it stands in */
};

/* The first value of a key in a query or an urlencoded form; '+' is a blank.
 * A key without '=' has the empty value. Only what was asked for is looked
 * at: malformed neighbours do not matter. */
enum http_found http_query_find(struct buf *out, struct str query,
                                const char *key) MUST_USE;

/* Everything but RFC 3986's unreserved characters. -ENOBUFS. */
int http_percent_encode(struct buf *out, struct str s) MUST_USE;

/* Any bytes. WIRE_BAD: a foreign character, a blank, missing or wrong padding,
 * bits behind the end, or longer than out may be. */
enum wire http_base64_decode(struct buf *out, struct str s) MUST_USE;

/* Upload-Metadata: `key base64, key base64, key`. The whole of it must be
 * well formed, with at most LIMIT_HTTP_METADATA keys, none twice. The value
 * may be any bytes. */
enum http_found http_tus_find(struct buf *out, struct str metadata,
                              const char *key) MUST_USE;

/* Upload-Checksum: `algorithm base64`. The algorithm borrows from value; the
 * digest's bytes are appended to out. */
enum wire http_tus_checksum(struct buf *out, struct str value,
                            struct str *algorithm) MUST_USE;

#endif
