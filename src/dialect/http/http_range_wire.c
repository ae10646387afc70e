/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_range_wire.h"
#include "dialect/http/http_field_wire.h"

/* Decimal digits; what is too large for 64 bits is the largest number there
 * is, since "beyond the end" is all that it means. */
static bool
saturating(struct str s, uint64_t *value)
{
    unsigned long long v = UINT64_MAX;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    if (s.n == 0)
        return false;
    (void)str_to_u64(s, UINT64_MAX, &v);
    *value = v;
    return true;
}

static enum http_range_found
suffix(struct str digits, uint64_t size, struct http_range *ret)
{
    uint64_t n;

    if (!saturating(digits, &n))
        return HTTP_RANGE_WHOLE;
    if (n == 0)
        return HTTP_RANGE_UNSATISFIABLE;
    if (size == 0)               /* the last bytes of nothing are all of it */
        return HTTP_RANGE_WHOLE;
    *ret = (struct http_range){n < size ? size - n : 0, size - 1};
    return HTTP_RANGE_PART;
}

enum http_range_found
http_range_parse(struct str value, uint64_t size, struct http_range *ret)
{
    const char unit[] = "bytes=";
    const size_t start = sizeof unit - 1;
    const char *dash;
    struct str first, last;
    uint64_t from, to = UINT64_MAX;

    if (!str_starts_nocase(value, unit))
        return HTTP_RANGE_WHOLE;
    value = (struct str){value.p + start, value.n - start};
    dash = value.n > 0 ? memchr(value.p, '-', value.n) : NULL;
    if (!dash)
        return HTTP_RANGE_WHOLE;
    first = (struct str){value.p, (size_t)(dash - value.p)};
    last = (struct str){dash + 1, value.n - first.n - 1};
    if (first.n == 0)
        return suffix(last, size, ret);
    if (!saturating(first, &from) || (last.n > 0 && !saturating(last, &to)) ||
        from > to)
        return HTTP_RANGE_WHOLE;
    if (from >= size)
        return HTTP_RANGE_UNSATISFIABLE;
    *ret = (struct http_range){from, to < size ? to : size - 1};
    return HTTP_RANGE_PART;
}

bool
http_if_range(struct str value, struct str etag)
{
    return !value.p || str_eq(value, etag);
}

/* An entity-tag off the front of *list (RFC 9110 §8.8.3): commas may be
 * inside, backslashes are no escapes. */
static bool
take_etag(struct str *list, struct str *tag, bool *weak)
{
    const char *end;
    size_t skip = 0;

    *weak = list->n > 1 && list->p[0] == 'W' && list->p[1] == '/';
    if (*weak)
        skip = 2;
    if (list->n <= skip || list->p[skip] != '"')
        return false;
    end = memchr(list->p + skip + 1, '"', list->n - skip - 1);
    if (!end)
        return false;
    *tag = (struct str){list->p + skip, (size_t)(end + 1 - list->p) - skip};
    skip += tag->n;
    *list = (struct str){list->p + skip, list->n - skip};
    return true;
}

bool
http_etag_list_has(struct str list, struct str etag, bool weak)
{
    struct str tag;
    bool is_weak;

    list = str_trim(list);
    if (str_eq(list, str_of("*")))
        return true;
    while (take_etag(&list, &tag, &is_weak)) {
        if (str_eq(tag, etag) && (weak || !is_weak))
            return true;
        list = str_trim(list);
        while (list.n > 0 && list.p[0] == ',')
            list = str_trim((struct str){list.p + 1, list.n - 1});
    }
    return false;
}
