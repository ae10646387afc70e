/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_field_wire.h"

#include <errno.h>

static const bool token_chars[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
    ['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true,
    ['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
    ['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true,
};

static bool
blank(char c)
{
    return c == ' ' || c == '\t';
}

bool
http_token_char(uint8_t c)
{
    return token_chars[c];
}

bool
http_is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!http_token_char((uint8_t)s.p[i]))
            return false;
    }
    return s.n > 0;
}

bool
http_field_parse(struct str line, struct http_field *ret)
{
    const char *colon = line.n > 0 ? memchr(line.p, ':', line.n) : NULL;
    struct str name, value;

    if (!colon)
        return false;
    name = (struct str){line.p, (size_t)(colon - line.p)};
    value = (struct str){colon + 1, line.n - name.n - 1};
    if (!http_is_token(name))
        return false;
    for (size_t i = 0; i < value.n; i++) {
        if (!http_value_char((uint8_t)value.p[i]))
            return false;
    }
    *ret = (struct http_field){name, str_trim(value)};
    return true;
}

static void
skip(struct str *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

static void
skip_blanks(struct str *s)
{
    while (s->n > 0 && blank(s->p[0]))
        skip(s, 1);
}

/* Length of the quoted string at the front of s with both quotes, or 0. */
static size_t
quoted_length(struct str s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            return i + 1;
    }
    return 0;
}

/* Index of the first comma outside of quotes, or n. */
static size_t
find_comma(struct str s)
{
    size_t at = 0;

    while (at < s.n && s.p[at] != ',') {
        size_t quoted = 0;

        if (s.p[at] == '"') {
            quoted = quoted_length((struct str){s.p + at, s.n - at});
            if (quoted == 0)
                return s.n;                     /* it never ends */
        }
        at += quoted > 0 ? quoted : 1;
    }
    return at;
}

bool
http_list_next(struct str *rest, struct str *member)
{
    while (rest->n > 0) {
        size_t comma = find_comma(*rest);
        struct str found = str_trim((struct str){rest->p, comma});

        skip(rest, comma < rest->n ? comma + 1 : comma);
        if (found.n > 0) {
            *member = found;
            return true;
        }
    }
    return false;
}

bool
http_list_has(struct str list, const char *token)
{
    while (list.n > 0) {
        const char *comma = memchr(list.p, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.p) : list.n;
        struct str member = str_trim((struct str){list.p, n});

        if (str_eq_nocase(member, str_of(token)))
            return true;
        skip(&list, comma ? n + 1 : n);
    }
    return false;
}

static size_t
token_length(struct str s)
{
    size_t n = 0;

    while (n < s.n && http_token_char((uint8_t)s.p[n]))
        n++;
    return n;
}

/* Reads a token or a quoted string off *s. */
static bool
take_value(struct str *s, struct str *value)
{
    size_t n;

    if (s->n > 0 && s->p[0] == '"') {
        n = quoted_length(*s);
        if (n == 0)
            return false;
        *value = (struct str){s->p + 1, n - 2};
    } else {
        n = token_length(*s);
        if (n == 0)
            return false;
        *value = (struct str){s->p, n};
    }
    skip(s, n);
    return true;
}

enum http_param
http_param_next(struct str *rest, struct http_field *ret)
{
    struct str s = *rest, value;
    struct str name;

    skip_blanks(&s);
    while (s.n > 0 && s.p[0] == ';') {           /* empty ones are skipped */
        skip(&s, 1);
        skip_blanks(&s);
        name = (struct str){s.p, token_length(s)};
        if (name.n == 0)
            continue;
        skip(&s, name.n);
        if (s.n == 0 || s.p[0] != '=')
            return HTTP_PARAM_BAD;
        skip(&s, 1);
        if (!take_value(&s, &value))
            return HTTP_PARAM_BAD;
        *ret = (struct http_field){name, value};
        *rest = s;
        return HTTP_PARAM_FOUND;
    }
    return s.n == 0 ? HTTP_PARAM_END : HTTP_PARAM_BAD;
}

int
http_unquote(struct buf *out, struct str quoted)
{
    char *to = buf_reserve(out, quoted.n);
    size_t n = 0;

    if (!to)
        return -ENOBUFS;
    for (size_t i = 0; i < quoted.n; i++) {
        if (quoted.p[i] == '\\' && i + 1 < quoted.n)
            i++;
        to[n++] = quoted.p[i];
    }
    buf_commit(out, n);
    return 0;
}
