/* SPDX-License-Identifier: MIT
 *
 * A request's head (RFC 9112 §2 to §6), strictly: what two implementations
 * might read in two ways is refused, because the difference is what request
 * smuggling lives on. What it accepts, Node's strict parser accepts and reads
 * alike (tests/test_http_oracle.py).
 *
 *   bytes -> http_head_parse() -> struct http_request, borrowing from them
 *
 * Refused among others: bare CR and LF, control bytes, obs-fold, a blank
 * before a colon, more than one Host, any doubt about the length. */
#ifndef DIALECT_HTTP_HTTP_WIRE_H
#define DIALECT_HTTP_HTTP_WIRE_H

#include "base/limits.h"
#include "dialect/http/http_field_wire.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER,              /* a token; method_text says which */
};

struct http_request {
    enum http_method method;
    uint8_t version_minor;   /* HTTP/1.0 or 1.1 */
    bool chunked;            /* the body is; else content_length counts */
    bool has_length;         /* there was a Content-Length */
    bool keep_alive;         /* RFC 9112 §9.3 */
    bool expect_continue;    /* RFC 9110 §10.1.1; never in HTTP/1.0 */
    bool upgrade_websocket;  /* asked for in HTTP/1.1; see http_ws_wire.h */
    bool https;              /* by an absolute-form target */
    uint16_t field_count;
    uint64_t content_length; /* at most INT64_MAX; 0 without has_length */
    struct str method_text;
    struct str target;       /* as it came */
    struct str path;         /* "/..." or "*", undecoded */
    struct str query;        /* behind the first '?', undecoded */
    struct str host;         /* host[:port]: the absolute-form's, or Host's;
                              * empty only in HTTP/1.0 */
    struct http_field fields[LIMIT_HTTP_HEADERS];
};

/* How far the search for a head's end has come. All zero for a new head. */
struct http_head {
    uint32_t scanned;        /* bytes looked at */
    uint32_t line;           /* where the unfinished line begins */
    uint16_t lines;          /* finished ones */
    uint8_t start;           /* 2 after an empty line before the request */
    uint16_t status;         /* after WIRE_BAD: what to answer */
};

/* p[0..n) is everything from the head's first byte on; a later call passes the
 * same bytes and more, and looks only at those that are new.
 *
 * WIRE_OK: *ret borrows from p (but for a path of "/" that was implied), and
 * *used is the head's size with its empty line; *h must be zeroed for the
 * next.
 * WIRE_BAD: h->status is 400, 405 (CONNECT), 414 (target above
 * LIMIT_HTTP_TARGET_BYTES), 431 (head above LIMIT_HTTP_HEAD_BYTES or more than
 * LIMIT_HTTP_HEADERS fields), 501 (another transfer coding than chunked, a
 * method above LIMIT_HTTP_METHOD_BYTES) or 505 (another version, HTTP/2's
 * preface); the connection must close. One empty line before a request is
 * skipped (RFC 9112 §2.2). */
enum wire http_head_parse(struct http_head *h, const uint8_t *p, size_t n,
                          struct http_request *ret, size_t *used) MUST_USE;

/* The first field of that name, in any case; {NULL, 0} if there is none. An
 * empty value has a pointer. Borrows. */
struct str http_header(const struct http_request *r, const char *name);

/* How many fields have that name. */
size_t http_header_count(const struct http_request *r, const char *name);

/* Whether any field of that name has the token in its comma list. */
bool http_header_has(const struct http_request *r, const char *name,
                     const char *token);

#endif
