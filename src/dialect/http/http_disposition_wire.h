/* SPDX-License-Identifier: MIT
 *
 * Content-Disposition, out (RFC 6266, RFC 8187) and in (RFC 7578 §4.2). */
#ifndef DIALECT_HTTP_HTTP_DISPOSITION_WIRE_H
#define DIALECT_HTTP_HTTP_DISPOSITION_WIRE_H

#include "base/buf.h"
#include "wire/frame.h"

/* Appends the field's value: `type; filename="..."`, in which everything that
 * is not plain ASCII has become '_', and filename*=UTF-8''... where that lost
 * something. No name's bytes can end the field or its quotes. -ENOBUFS. */
int http_disposition_write(struct buf *out, const char *type,
                           struct str name) MUST_USE;

struct http_disposition {
    struct str type;         /* borrows from the value; a token */
    struct str name;         /* of a form's field; {NULL, 0} if none */
    struct str filename;     /* what filename* says, else filename */
    bool has_name;
    bool has_filename;       /* also with an empty one: no file was chosen */
};

/* Names borrow from scratch, which is cleared first and must be allowed as
 * many bytes as the value has. They are any bytes: neither UTF-8 nor safe as a
 * file's name. In filename the escapes are those that browsers write: \" and
 * \\ and %22; a filename* that is malformed or not UTF-8 does not count. */
enum wire http_disposition_parse(struct buf *scratch, struct str value,
                                 struct http_disposition *ret) MUST_USE;

#endif
