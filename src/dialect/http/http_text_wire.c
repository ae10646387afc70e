/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_text_wire.h"
#include "base/utf8.h"

#include <errno.h>
#include <sodium.h>

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One byte off the front of *s: how it is written, or its escape. -1: a
 * malformed escape. */
static int
take_byte(struct str *s, bool plus)
{
    int byte = (unsigned char)s->p[0];
    size_t n = 1;

    if (byte == '%') {
        int high = s->n > 2 ? hex_value(s->p[1]) : -1;
        int low = s->n > 2 ? hex_value(s->p[2]) : -1;

        if (high < 0 || low < 0)
            return -1;
        byte = high << 4 | low;
        n = 3;
    } else if (plus && byte == '+') {
        byte = ' ';
    }
    *s = (struct str){s->p + n, s->n - n};
    return byte;
}

/* How many bytes s means, or -1. */
static ssize_t
decoded_bytes(struct str s, bool plus)
{
    ssize_t n = 0;

    for (; s.n > 0; n++) {
        if (take_byte(&s, plus) <= 0)
            return -1;
    }
    return n;
}

static enum wire
decode(struct buf *out, struct str s, bool plus)
{
    ssize_t n = decoded_bytes(s, plus);
    char *to = n < 0 ? NULL : buf_reserve(out, (size_t)n);

    if (!to)
        return WIRE_BAD;
    for (ssize_t i = 0; i < n; i++)
        to[i] = (char)take_byte(&s, plus);
    if (!utf8_valid((struct str){to, (size_t)n}))
        return WIRE_BAD;
    buf_commit(out, (size_t)n);
    return WIRE_OK;
}

enum wire
http_percent_decode(struct buf *out, struct str s)
{
    return decode(out, s, false);
}

bool
http_path_next(struct str *path, struct str *segment)
{
    struct str rest = *path;
    const char *slash;

    if (rest.n == 0)
        return false;
    if (rest.p[0] == '/')
        rest = (struct str){rest.p + 1, rest.n - 1};
    slash = rest.n > 0 ? memchr(rest.p, '/', rest.n) : NULL;
    *segment = (struct str){rest.p,
                            slash ? (size_t)(slash - rest.p) : rest.n};
    *path = (struct str){rest.p + segment->n, rest.n - segment->n};
    return true;
}

enum wire
http_segment_decode(struct buf *out, struct str segment)
{
    size_t before = out->n;
    struct str text;

    if (decode(out, segment, false) != WIRE_OK)
        return WIRE_BAD;
    text = (struct str){out->p + before, out->n - before};
    if (str_eq(text, str_of(".")) || str_eq(text, str_of("..")) ||
        (text.n > 0 && memchr(text.p, '/', text.n))) {
        out->n = before;
        return WIRE_BAD;
    }
    return WIRE_OK;
}

static struct str
take_until(struct str *rest, char end)
{
    const char *found = rest->n > 0 ? memchr(rest->p, end, rest->n) : NULL;
    size_t n = found ? (size_t)(found - rest->p) : rest->n;
    struct str part = {rest->p, n};

    if (found)
        n++;
    if (n > 0)
        *rest = (struct str){rest->p + n, rest->n - n};
    return part;
}

/* Whether an encoded key means `key`. */
static bool
means(struct str encoded, const char *key)
{
    for (; encoded.n > 0; key++) {
        if (*key == '\0' ||
            take_byte(&encoded, true) != (unsigned char)*key)
            return false;
    }
    return *key == '\0';
}

enum http_found
http_query_find(struct buf *out, struct str query, const char *key)
{
    while (query.n > 0) {
        struct str value = take_until(&query, '&');
        struct str name = take_until(&value, '=');

        if (means(name, key))
            return decode(out, value, true) == WIRE_OK ? HTTP_FOUND
                                                       : HTTP_MALFORMED;
    }
    return HTTP_ABSENT;
}

static bool
unreserved(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

int
http_percent_encode(struct buf *out, struct str s)
{
    const char digits[] = "0123456789ABCDEF";
    size_t n = 0;
    char *to;

    for (size_t i = 0; i < s.n; i++)
        n += unreserved(s.p[i]) ? 1 : 3;
    to = buf_reserve(out, n);
    if (!to)
        return -ENOBUFS;
    for (size_t i = 0; i < s.n; i++) {
        if (unreserved(s.p[i])) {
            *to++ = s.p[i];
            continue;
        }
        *to++ = '%';
        *to++ = digits[(unsigned char)s.p[i] >> 4];
        *to++ = digits[(unsigned char)s.p[i] & 15];
    }
    buf_commit(out, n);
    return 0;
}

/* libsodium 1.0.18 takes every byte above 0x7f for a digit. */
static bool
is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    }
    return true;
}

enum wire
http_base64_decode(struct buf *out, struct str s)
{
    size_t max = s.n / 4 * 3, n;
    void *to;

    if (s.n % 4 != 0 || !is_ascii(s))
        return WIRE_BAD;
    for (size_t i = 1; i <= 2 && i <= s.n; i++)
        max -= s.p[s.n - i] == '=';
    to = buf_reserve(out, max);
    if (!to || sodium_base642bin(to, max, s.p, s.n, NULL, &n, NULL,
                                 sodium_base64_VARIANT_ORIGINAL) != 0)
        return WIRE_BAD;
    buf_commit(out, n);
    return WIRE_OK;
}

/* `key base64` or `key`; blanks around it are gone. */
static bool
parse_pair(struct str pair, struct str *key, struct str *value)
{
    *value = pair;
    *key = take_until(value, ' ');
    for (size_t i = 0; i < key->n; i++) {
        if (key->p[i] <= ' ' || key->p[i] >= 0x7f)
            return false;
    }
    return key->n > 0;
}

/* Empty members are malformed, so this is no RFC 9110 list. */
static bool
parse_metadata(struct str rest, struct str keys[], struct str values[],
               size_t *count)
{
    size_t n = 0;

    rest = str_trim(rest);
    do {
        bool last = rest.n == 0 || !memchr(rest.p, ',', rest.n);
        struct str pair = str_trim(take_until(&rest, ','));

        if (n == LIMIT_HTTP_METADATA ||
            !parse_pair(pair, &keys[n], &values[n]))
            return false;
        for (size_t i = 0; i < n; i++) {
            if (str_eq(keys[i], keys[n]))
                return false;
        }
        n++;
        if (last)
            break;
    } while (true);
    *count = n;
    return true;
}

enum http_found
http_tus_find(struct buf *out, struct str metadata, const char *key)
{
    struct str keys[LIMIT_HTTP_METADATA], values[LIMIT_HTTP_METADATA];
    struct buf unused;
    size_t count, wanted = SIZE_MAX;
    bool fine = true;

    if (!parse_metadata(metadata, keys, values, &count))
        return HTTP_MALFORMED;
    buf_init(&unused, LIMIT_HTTP_HEAD_BYTES);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&unused);
        fine = http_base64_decode(&unused, values[i]) == WIRE_OK;
        if (!fine)
            break;
        if (str_eq(keys[i], str_of(key)))
            wanted = i;
    }
    buf_done(&unused);
    if (!fine)
        return HTTP_MALFORMED;
    if (wanted == SIZE_MAX)
        return HTTP_ABSENT;
    return http_base64_decode(out, values[wanted]) == WIRE_OK
               ? HTTP_FOUND : HTTP_MALFORMED;
}

enum wire
http_tus_checksum(struct buf *out, struct str value, struct str *algorithm)
{
    struct str name = take_until(&value, ' ');

    if (name.n == 0 || value.n == 0 ||
        http_base64_decode(out, value) != WIRE_OK)
        return WIRE_BAD;
    *algorithm = name;
    return WIRE_OK;
}
