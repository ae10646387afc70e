/* SPDX-License-Identifier: MIT
 *
 * A request's target taken apart (RFC 9112 §3.2), and the authority that it
 * or Host names (RFC 9110 §7.2). Nothing is decoded here. */
#ifndef DIALECT_HTTP_HTTP_TARGET_WIRE_H
#define DIALECT_HTTP_HTTP_TARGET_WIRE_H

#include "base/str.h"

struct http_target {
    struct str authority;    /* of the absolute-form; else {NULL, 0} */
    struct str path;         /* begins with '/'; or it is "*" */
    struct str query;        /* what follows the first '?' */
    bool https;              /* the absolute-form said so */
};

/* Everything but the authority-form: "/path?query", "http://authority/path"
 * and, where `asterisk`, "*". Printable ASCII without '#'. An absolute-form
 * without a path means "/", or with `asterisk` (OPTIONS) "*" (§3.2.4).
 * Borrows from s, or is static. False when it is anything else. */
bool http_target_parse(struct str s, bool asterisk, struct http_target *ret);

/* host[:port] with a name, an IPv4 address or [IPv6]; never empty, no longer
 * than LIMIT_HTTP_HOST_BYTES, no user (RFC 9110 §4.2.4), no zone. */
bool http_authority_valid(struct str s);

#endif
