/* SPDX-License-Identifier: MIT
 *
 * What all of HTTP's fields share: tokens, field lines, comma lists and
 * parameters (RFC 9110 §5.5, §5.6; RFC 9112 §5). Used for request heads,
 * trailers and the fields of a form's parts, so that none of them is laxer
 * than another. Everything handed out borrows from what was handed in. */
#ifndef DIALECT_HTTP_HTTP_FIELD_WIRE_H
#define DIALECT_HTTP_HTTP_FIELD_WIRE_H

#include "base/buf.h"
#include "wire/frame.h"

struct http_field {
    struct str name;         /* a token, spelt as it came */
    struct str value;        /* without blanks at its ends; may be empty */
};

bool http_token_char(uint8_t c);         /* RFC 9110 §5.6.2 */

/* No control but HTAB (§5.5). */
static inline bool
http_value_char(uint8_t c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

bool http_is_token(struct str s);        /* at least one such character */

/* A field line without its CRLF. False: a blank before the colon or at the
 * line's start (obs-fold), no name, a control byte. */
bool http_field_parse(struct str line, struct http_field *ret);

/* The next member of a comma list (§5.6.1), trimmed; empty ones are skipped,
 * and commas in quoted strings do not count. False at the end. */
bool http_list_next(struct str *rest, struct str *member);

/* Whether a list of tokens (Connection, Upgrade ...) has that one, in any
 * case. A stray quote hides nothing behind it. */
bool http_list_has(struct str list, const char *token);

enum http_param {
    HTTP_PARAM_END,
    HTTP_PARAM_FOUND,
    HTTP_PARAM_BAD,
};

/* The next `; name=value` (§5.6.6). A quoted value comes without its quotes
 * and with its escapes (see http_unquote). */
enum http_param http_param_next(struct str *rest, struct http_field *ret);

/* Appends what a quoted string means. -ENOBUFS at out's maximum. */
int http_unquote(struct buf *out, struct str quoted) MUST_USE;

#endif
