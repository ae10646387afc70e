/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_query.h"

#include "dialect/http/http_out.h"
#include "dialect/http/http_text_wire.h"

#include <stdio.h>

enum {
    NUMBER_BYTES = 24,
};

static bool
refuse(struct conn *c, const char *what)
{
    char text[80];

    snprintf(text, sizeof text, "%s must be a number", what);
    http_fail(c, 400, "bad_number", text);
    return false;
}

static bool
read_number(struct str s, struct http_number *ret)
{
    unsigned long long value;

    if (s.n == 0 || !str_to_u64(s, INT64_MAX, &value))
        return false;
    *ret = (struct http_number){true, value};
    return true;
}

bool
http_query_number(struct conn *c, const char *key, struct http_number *ret)
{
    enum http_found found;
    struct buf value;
    bool fine = true;

    buf_init(&value, NUMBER_BYTES);
    found = http_query_find(&value, http_x(c)->r.query, key);
    if (found == HTTP_ABSENT)
        *ret = (struct http_number){false, 0};
    else
        fine = found == HTTP_FOUND && read_number(buf_str(&value), ret);
    buf_done(&value);
    return fine || refuse(c, key);
}

bool
http_query_limit(struct conn *c, uint32_t fallback, uint32_t max,
                 uint32_t *ret)
{
    struct http_number n;

    if (!http_query_number(c, "limit", &n))
        return false;
    if (!n.given)
        n.value = fallback;
    if (n.value < 1)
        n.value = 1;
    *ret = n.value < max ? (uint32_t)n.value : max;
    return true;
}

bool
http_query_flag(struct conn *c, const char *key, bool *ret)
{
    enum http_found found;
    struct buf b;
    struct str value;
    bool yes, no;
    char text[80];

    buf_init(&b, NUMBER_BYTES);
    found = http_query_find(&b, http_x(c)->r.query, key);
    value = buf_str(&b);
    yes = found == HTTP_FOUND &&
          (value.n == 0 || str_eq(value, str_of("true")));
    no = found == HTTP_ABSENT ||
         (found == HTTP_FOUND && str_eq(value, str_of("false")));
    buf_done(&b);
    *ret = yes;
    if (yes || no)
        return true;
    snprintf(text, sizeof text, "%s is true or false", key);
    http_fail(c, 400, "bad_request", text);
    return false;
}

bool
http_field_number(struct conn *c, const char *what, struct http_number *ret)
{
    struct str value = http_header(&http_x(c)->r, what);

    *ret = (struct http_number){false, 0};
    if (value.p == NULL || read_number(value, ret))
        return true;
    return refuse(c, what);
}
