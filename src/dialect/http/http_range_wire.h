/* SPDX-License-Identifier: MIT
 *
 * Parts of a file and whether one that was got before is still the same
 * (RFC 9110 §13, §14). Our entity-tags are strong. */
#ifndef DIALECT_HTTP_HTTP_RANGE_WIRE_H
#define DIALECT_HTTP_HTTP_RANGE_WIRE_H

#include "base/str.h"
#include <stdint.h>

enum http_range_found {
    HTTP_RANGE_WHOLE,            /* 200: none, several, or not understood */
    HTTP_RANGE_PART,             /* 206 */
    HTTP_RANGE_UNSATISFIABLE,    /* 416, Content-Range: bytes * / SIZE */
};

struct http_range {
    uint64_t first;
    uint64_t last;               /* inclusive; below the size */
};

/* Range's value against a file of `size` bytes; *ret is set with PART. */
enum http_range_found http_range_parse(struct str value, uint64_t size,
                                       struct http_range *ret);

/* Whether Range counts: there is no If-Range (value.p NULL) or it is exactly
 * our tag (§13.1.5). A date never is: a file's tag says more. The etag is with
 * its quotes. */
bool http_if_range(struct str value, struct str etag);

/* Whether the list of If-None-Match (weak comparison, §13.1.2) or If-Match
 * (not weak, §13.1.1) has our tag, or is "*". */
bool http_etag_list_has(struct str list, struct str etag, bool weak);

#endif
