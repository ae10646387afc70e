/* SPDX-License-Identifier: MIT
 *
 * Strings are copied in spans that need no escape; what lies between two spans
 * is one character, or one run of bytes that are none. */
#include "base/json.h"

#include "base/utf8.h"

#include <errno.h>

static bool
is_plain(uint32_t cp)
{
    return cp >= 0x20 && cp != '"' && cp != '\\' && cp != 0x7f &&
           cp != 0x2028 && cp != 0x2029;
}

static size_t
plain_prefix(struct str s)
{
    size_t at = 0, n;
    uint32_t cp;

    while ((n = utf8_decode((struct str){s.p + at, s.n - at}, &cp)) > 0 &&
           is_plain(cp))
        at += n;
    return at;
}

static size_t
invalid_prefix(struct str s)
{
    uint32_t cp;
    size_t n = 0;

    while (n < s.n && utf8_decode((struct str){s.p + n, s.n - n}, &cp) == 0)
        n++;
    return n;
}

static int
escape(struct buf *out, uint32_t cp)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};

    if (cp == '"' || cp == '\\')
        return buf_printf(out, "\\%c", (char)cp);
    if (cp < 0x20 && letters[cp] != 0)
        return buf_printf(out, "\\%c", letters[cp]);
    return buf_printf(out, "\\u%04x", (unsigned)cp);
}

/* Takes one character that cannot stand as it is off the front of *s. */
static int
replace_one(struct buf *out, struct str *s)
{
    uint32_t cp;
    size_t n = utf8_decode(*s, &cp);
    int r;

    if (n > 0) {
        r = escape(out, cp);
    } else {
        n = invalid_prefix(*s);
        r = buf_append(out, "\xef\xbf\xbd", 3);
    }
    *s = (struct str){s->p + n, s->n - n};
    return r;
}

int
json_quoted(struct buf *out, struct str s)
{
    size_t before = out->n;
    int r = buf_append(out, "\"", 1);

    while (r == 0 && s.n > 0) {
        size_t n = plain_prefix(s);

        r = buf_append(out, s.p, n);
        s = (struct str){s.p + n, s.n - n};
        if (r == 0 && s.n > 0)
            r = replace_one(out, &s);
    }
    if (r == 0)
        r = buf_append(out, "\"", 1);
    if (r < 0)
        out->n = before;
    return r;
}

void
json_open(struct json *j, struct buf *out)
{
    *j = (struct json){.out = out, .start = out->n};
    j->failed = buf_append(out, "{", 1) < 0;
}

void
json_key(struct json *j, const char *key)
{
    j->failed = j->failed || (j->members && buf_append(j->out, ",", 1) < 0) ||
                json_quoted(j->out, str_of(key)) < 0 ||
                buf_append(j->out, ":", 1) < 0;
    j->members = true;
}

void
json_text(struct json *j, const char *key, struct str value)
{
    json_key(j, key);
    j->failed = j->failed || json_quoted(j->out, value) < 0;
}

void
json_number(struct json *j, const char *key, long long value)
{
    json_key(j, key);
    j->failed = j->failed || buf_printf(j->out, "%lld", value) < 0;
}

void
json_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    j->failed = j->failed ||
                buf_printf(j->out, "%s", value ? "true" : "false") < 0;
}

int
json_close(struct json *j)
{
    j->failed = j->failed || buf_append(j->out, "}", 1) < 0;
    if (!j->failed)
        return 0;
    j->out->n = j->start;
    return -ENOBUFS;
}
