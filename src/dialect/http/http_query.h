/* SPDX-License-Identifier: MIT
 *
 * Numbers and flags in a request's query. */
#ifndef DIALECT_HTTP_HTTP_QUERY_H
#define DIALECT_HTTP_HTTP_QUERY_H

#include "dialect/http/http_impl.h"

struct http_number {
    bool given;
    uint64_t value;
};

/* False: it is not a number from 0 to INT64_MAX; answered, 400. */
bool http_query_number(struct conn *c, const char *key,
                       struct http_number *ret);

/* A page's limit: `fallback` if none is given, 1 to max. False: answered. */
bool http_query_limit(struct conn *c, uint32_t fallback, uint32_t max,
                      uint32_t *ret);

/* "?key" or "?key=true"; not given, or "false": false. Otherwise answered, 400,
 * and false is returned. */
bool http_query_flag(struct conn *c, const char *key, bool *ret);

/* A field's value as a number, likewise; what = "Last-Event-ID". */
bool http_field_number(struct conn *c, const char *what,
                       struct http_number *ret);

#endif
