/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_disposition_wire.h"
#include "base/utf8.h"
#include "dialect/http/http_field_wire.h"
#include "dialect/http/http_text_wire.h"

#include <errno.h>

/* What may stand in a quoted string and means the same to every browser; %
 * is not it (RFC 6266 appendix D). */
static bool
plain(uint32_t cp)
{
    return cp >= 0x20 && cp < 0x7f && cp != '"' && cp != '\\' && cp != '%' &&
           cp != '/';
}

/* Appends the fallback; *lossy when it is not the name. */
static int
write_fallback(struct buf *out, struct str name, bool *lossy)
{
    char *to = buf_reserve(out, name.n);
    size_t n = 0;

    if (!to)
        return -ENOBUFS;
    while (name.n > 0) {
        uint32_t cp = 0;
        size_t bytes = utf8_decode(name, &cp);
        bool fine = bytes > 0 && plain(cp);

        to[n++] = fine ? (char)cp : '_';
        *lossy = *lossy || !fine;
        bytes = bytes > 0 ? bytes : 1;
        name = (struct str){name.p + bytes, name.n - bytes};
    }
    buf_commit(out, n);
    return 0;
}

static int
write_all(struct buf *out, const char *type, struct str name)
{
    bool lossy = false;

    if (buf_printf(out, "%s; filename=\"", type) != 0 ||
        write_fallback(out, name, &lossy) != 0 || buf_append(out, "\"", 1) != 0)
        return -ENOBUFS;
    if (!lossy)
        return 0;
    if (buf_append_str(out, str_of("; filename*=UTF-8''")) != 0)
        return -ENOBUFS;
    return http_percent_encode(out, name);
}

int
http_disposition_write(struct buf *out, const char *type, struct str name)
{
    size_t before = out->n;
    int result = write_all(out, type, name);

    if (result != 0)
        out->n = before;
    return result;
}

/* A quoted name as browsers write it. Backslashes are kept but before a quote
 * or another backslash: they may be an old browser's "C:\dir\file". */
static struct str
unescape(struct buf *out, struct str s)
{
    char *to = buf_reserve(out, s.n);
    size_t n = 0;

    must(to);
    for (size_t i = 0; i < s.n; i++) {
        bool escape = s.p[i] == '\\' && i + 1 < s.n &&
                      (s.p[i + 1] == '"' || s.p[i + 1] == '\\');

        if (escape)
            i++;
        if (!escape && s.n - i > 2 && memcmp(s.p + i, "%22", 3) == 0) {
            to[n++] = '"';
            i += 2;
        } else {
            to[n++] = s.p[i];
        }
    }
    buf_commit(out, n);
    return (struct str){to, n};
}

/* RFC 8187 §3.2: charset'language'escaped. */
static bool
extended(struct buf *out, struct str s, struct str *ret)
{
    const char prefix[] = "UTF-8'";
    const size_t start = sizeof prefix - 1;
    const char *quote;
    size_t before = out->n;

    if (!str_starts_nocase(s, prefix))
        return false;
    quote = memchr(s.p + start, '\'', s.n - start);
    if (!quote)
        return false;
    s = (struct str){quote + 1, s.n - (size_t)(quote + 1 - s.p)};
    if (http_percent_decode(out, s) != WIRE_OK)
        return false;
    *ret = (struct str){out->p + before, out->n - before};
    return true;
}

enum wire
http_disposition_parse(struct buf *scratch, struct str value,
                       struct http_disposition *ret)
{
    struct http_disposition d = {.has_name = false};
    struct http_field param;
    enum http_param found;
    bool is_extended = false;

    buf_clear(scratch);
    if (!buf_reserve(scratch, value.n))     /* so that no append moves it */
        return WIRE_BAD;
    while (d.type.n < value.n && http_token_char((uint8_t)value.p[d.type.n]))
        d.type.n++;
    d.type.p = value.p;
    if (d.type.n == 0)
        return WIRE_BAD;
    value = (struct str){value.p + d.type.n, value.n - d.type.n};
    while ((found = http_param_next(&value, &param)) == HTTP_PARAM_FOUND) {
        if (str_eq_nocase(param.name, str_of("name")) && !d.has_name) {
            d.name = unescape(scratch, param.value);
            d.has_name = true;
        } else if (str_eq_nocase(param.name, str_of("filename*"))) {
            is_extended = is_extended ||
                          extended(scratch, param.value, &d.filename);
            d.has_filename = d.has_filename || is_extended;
        } else if (str_eq_nocase(param.name, str_of("filename")) &&
                   !d.has_filename) {
            d.filename = unescape(scratch, param.value);
            d.has_filename = true;
        }
    }
    if (found == HTTP_PARAM_BAD)
        return WIRE_BAD;
    *ret = d;
    return WIRE_OK;
}
