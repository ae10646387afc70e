/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_target_wire.h"

#include "base/limits.h"

static bool
digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
hex(char c)
{
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A character of a reg-name (RFC 3986 §3.2.2) that needs no escape. */
static bool
name_char(char c)
{
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-._~!$&'()*+,;=", c) != NULL);
}

/* Length of the host at the front of s, 0 if it is none. */
static size_t
host_length(struct str s)
{
    size_t n = 0;

    if (s.n > 0 && s.p[0] == '[') {
        for (n = 1; n < s.n && (hex(s.p[n]) || strchr(":.", s.p[n])); n++) {
            if (s.p[n] == '\0')
                return 0;
        }
        return n > 2 && n < s.n && s.p[n] == ']' ? n + 1 : 0;
    }
    while (n < s.n) {
        if (name_char(s.p[n]))
            n++;
        else if (s.p[n] == '%' && s.n - n > 2 && hex(s.p[n + 1]) &&
                 hex(s.p[n + 2]))
            n += 3;
        else
            break;
    }
    return n;
}

bool
http_authority_valid(struct str s)
{
    unsigned long long port;
    size_t n = s.n > LIMIT_HTTP_HOST_BYTES ? 0 : host_length(s);

    if (n == 0)
        return false;
    if (n == s.n)
        return true;
    if (s.p[n] != ':')
        return false;
    n++;
    return n == s.n ||
           str_to_u64((struct str){s.p + n, s.n - n}, 65535, &port);
}

static bool
plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '#')
            return false;
    }
    return true;
}

static size_t
find_any(struct str s, const char *set)
{
    size_t n = 0;

    while (n < s.n && !strchr(set, s.p[n]))
        n++;
    return n;
}

static struct str
from(struct str s, size_t at)
{
    return (struct str){s.p + at, s.n - at};
}

/* Takes "http://authority" off *s. */
static bool
take_authority(struct str *s, struct http_target *t)
{
    size_t n;

    if (str_starts_nocase(*s, "http://"))
        *s = from(*s, 7);
    else if (str_starts_nocase(*s, "https://")) {
        *s = from(*s, 8);
        t->https = true;
    } else {
        return false;
    }
    n = find_any(*s, "/?");
    t->authority = (struct str){s->p, n};
    *s = from(*s, n);
    return http_authority_valid(t->authority);
}

bool
http_target_parse(struct str s, bool asterisk, struct http_target *ret)
{
    struct http_target t = {.path = {NULL, 0}};
    size_t n;

    if (s.n == 0 || !plain(s))
        return false;
    if (asterisk && str_eq(s, str_of("*"))) {
        *ret = (struct http_target){.path = s};
        return true;
    }
    if (s.p[0] != '/' && !take_authority(&s, &t))
        return false;
    n = find_any(s, "?");
    t.path = (struct str){s.p, n};
    if (n < s.n)
        t.query = from(s, n + 1);
    if (n == 0)
        t.path = str_of(asterisk && s.n == 0 ? "*" : "/");
    *ret = t;
    return true;
}
