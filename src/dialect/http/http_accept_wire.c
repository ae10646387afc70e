/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_accept_wire.h"
#include "dialect/http/http_field_wire.h"

struct range {
    struct str type;
    struct str subtype;
    int quality;             /* in thousandths */
};

/* RFC 9110 §12.4.2: 0 or 1 with up to three decimals. -1: malformed. */
static int
parse_quality(struct str s)
{
    int value = 0, unit = 1000;

    if (s.n == 0 || s.n > 5 || s.p[0] < '0' || s.p[0] > '1' ||
        (s.n > 1 && s.p[1] != '.'))
        return -1;
    for (size_t i = 0; i < s.n; i += i == 0 ? 2 : 1) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return -1;
        value += (s.p[i] - '0') * unit;
        unit /= 10;
    }
    return value <= 1000 ? value : -1;
}

static bool
parse_params(struct str rest, struct range *r)
{
    struct http_field param;
    enum http_param found;

    while ((found = http_param_next(&rest, &param)) == HTTP_PARAM_FOUND) {
        if (str_eq_nocase(param.name, str_of("q")))
            r->quality = parse_quality(param.value);
        if (r->quality < 0)
            return false;
    }
    return found == HTTP_PARAM_END;
}

static bool
is_star(struct str s)
{
    return s.n == 1 && s.p[0] == '*';
}

static bool
parse_range(struct str s, struct range *r)
{
    const char *slash = memchr(s.p, '/', s.n);
    size_t end;

    if (!slash)
        return false;
    r->type = (struct str){s.p, (size_t)(slash - s.p)};
    for (end = r->type.n + 1;
         end < s.n && http_token_char((uint8_t)s.p[end]); end++)
        continue;
    r->subtype = (struct str){slash + 1, end - r->type.n - 1};
    r->quality = 1000;
    if (!http_is_token(r->type) || r->subtype.n == 0 ||
        (is_star(r->type) && !is_star(r->subtype)))
        return false;
    return parse_params((struct str){s.p + end, s.n - end}, r);
}

/* How closely the range describes the offer: 0 not at all, 3 exactly. */
static int
closeness(const struct range *r, struct str offer)
{
    const char *slash = memchr(offer.p, '/', offer.n);
    struct str type = {offer.p, (size_t)(slash - offer.p)};
    struct str subtype = {slash + 1, offer.n - type.n - 1};

    if (is_star(r->type))
        return 1;
    if (!str_eq_nocase(r->type, type))
        return 0;
    if (is_star(r->subtype))
        return 2;
    return str_eq_nocase(r->subtype, subtype) ? 3 : 0;
}

/* -1: the header is malformed. */
static int
quality_of(struct str value, struct str offer)
{
    struct str member;
    struct range r;
    int best = 0, quality = 0;

    while (http_list_next(&value, &member)) {
        int close;

        if (!parse_range(member, &r))
            return -1;
        close = closeness(&r, offer);
        if (close > best || (close > 0 && close == best &&
                             r.quality > quality)) {
            best = close;
            quality = r.quality;
        }
    }
    return quality;
}

int
http_accept_best(struct str value, const char *const offers[], size_t n)
{
    struct str rest = value, member;
    int best = -1, best_quality = 0;

    must(n > 0);
    if (!http_list_next(&rest, &member))
        return 0;
    for (size_t i = 0; i < n; i++) {
        int quality = quality_of(value, str_of(offers[i]));

        if (quality < 0)
            return 0;
        if (quality > best_quality) {
            best = (int)i;
            best_quality = quality;
        }
    }
    return best;
}
