/* SPDX-License-Identifier: MIT
 *
 * Writing JSON (RFC 8259), one object on one line. Whatever goes in, what
 * comes out is valid: controls, quotes, U+2028 and U+2029 are escaped, and
 * each run of bytes that is not UTF-8 becomes U+FFFD. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

struct json {
    struct buf *out;         /* borrowed */
    size_t start;            /* where the object begins in it */
    bool members;            /* there is one already */
    bool failed;             /* out's maximum was passed */
};

void json_open(struct json *j, struct buf *out);
void json_text(struct json *j, const char *key, struct str value);
void json_number(struct json *j, const char *key, long long value);
void json_bool(struct json *j, const char *key, bool value);

/* A member whose value the caller appends to out behind it: an inner object
 * (json_open on the same out), an array. */
void json_key(struct json *j, const char *key);

/* Ends the object. 0, or -ENOBUFS with nothing appended at all. */
int json_close(struct json *j) MUST_USE;

/* One string with its quotes (json_string is a library's); -ENOBUFS with
 * nothing appended. */
int json_quoted(struct buf *out, struct str s) MUST_USE;

#endif
