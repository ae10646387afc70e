/* SPDX-License-Identifier: MIT
 *
 * A form's body (multipart/form-data, RFC 7578; RFC 2046 §5.1) as a stream:
 * pieces of any size in, events out. It holds the fields of one part at most;
 * data goes through as spans.
 *
 *   init() -> next() until MORE, for every piece -> ended() -> done() */
#ifndef DIALECT_HTTP_HTTP_MULTIPART_WIRE_H
#define DIALECT_HTTP_HTTP_MULTIPART_WIRE_H

#include "base/buf.h"
#include "base/limits.h"

#define HTTP_BOUNDARY_BYTES 70           /* RFC 2046 §5.1.1 */

struct http_part {
    struct str name;         /* never {NULL, 0} */
    struct str filename;
    struct str type;         /* Content-Type; {NULL, 0} if there was none */
    bool is_file;            /* there was a filename, if only an empty one */
};

enum http_multipart_found {
    HTTP_MULTIPART_MORE,     /* everything was used */
    HTTP_MULTIPART_PART,     /* m->part begins; it borrows from m until the
                              * next part's fields come */
    HTTP_MULTIPART_DATA,     /* *data is some of it: borrows from p, or from m
                              * until the next call */
    HTTP_MULTIPART_PART_END,
    HTTP_MULTIPART_END,      /* said once; what follows is dropped */
    HTTP_MULTIPART_BAD,      /* 400; for ever */
};

struct http_multipart {
    char delimiter[4 + HTTP_BOUNDARY_BYTES];   /* CR LF - - boundary */
    uint8_t delimiter_bytes;
    uint8_t matched;         /* of the delimiter, in pieces that are gone */
    uint8_t state;
    uint8_t padding;
    uint16_t parts;
    struct buf head;         /* the fields of the part so far */
    struct buf names;        /* its decoded names */
    struct http_part part;
};

/* Takes the boundary from a Content-Type. False when that is no
 * multipart/form-data, or the boundary is missing or not legal; then there is
 * nothing to be done with m. */
bool http_multipart_init(struct http_multipart *m, struct str content_type);

/* Takes *used bytes off p[0..n) up to the next thing to tell. Bytes of data
 * that looked like a delimiter's beginning come from m's copy of it. */
enum http_multipart_found
http_multipart_next(struct http_multipart *m, const uint8_t *p, size_t n,
                    struct str *data, size_t *used);

/* Whether the last delimiter has come: a body that is over without it was cut
 * short. */
bool http_multipart_ended(const struct http_multipart *m);

void http_multipart_done(struct http_multipart *m);

#endif
