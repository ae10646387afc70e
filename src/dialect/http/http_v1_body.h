/* SPDX-License-Identifier: MIT
 *
 * The bodies of /v1: an object, and whether it fits a table. */
#ifndef DIALECT_HTTP_HTTP_V1_BODY_H
#define DIALECT_HTTP_HTTP_V1_BODY_H

#include "dialect/http/http_v1.h"

#define HTTP_V1_WHY_BYTES 160

/* Of nothing at all: an empty object. NULL: it does not fit, and `why` is a
 * sentence about it. Returns owned; http_v1_body_free() it. */
json_t *http_v1_body_read(struct str text,
                          const struct http_v1_member *members,
                          char why[HTTP_V1_WHY_BYTES]);

/* Wipes its strings: some are secrets. */
void http_v1_body_free(json_t **body);

#endif
