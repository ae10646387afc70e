/* SPDX-License-Identifier: MIT
 *
 * Which handler a request is for: one table of methods and paths. */
#ifndef DIALECT_HTTP_HTTP_ROUTES_H
#define DIALECT_HTTP_HTTP_ROUTES_H

#include "dialect/http/http_impl.h"

/* Sets handler, what the path names, and the type of the answer. False:
 * answered (404, 405, 501, or OPTIONS). */
bool http_routes_find(struct conn *c);

/* {"routes":[{"method","path"},...]}: the table, for programs and for the test
 * that compares it with docs/openapi.json. */
void http_routes_put(struct buf *b);

#endif
