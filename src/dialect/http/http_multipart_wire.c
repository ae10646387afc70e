/* SPDX-License-Identifier: MIT
 *
 * A delimiter holds exactly one CR, its first byte. So a match that fails can
 * begin again no earlier than at the byte where it failed, and each byte is
 * looked at a bounded number of times: no table, no going back into a piece
 * that is gone. What had matched there is data, and equals the delimiter's
 * beginning. */
#include "dialect/http/http_multipart_wire.h"
#include "dialect/http/http_disposition_wire.h"
#include "dialect/http/http_field_wire.h"

enum state {
    PREAMBLE,                /* before the first delimiter: dropped */
    AFTER_DELIMITER,
    AFTER_DASH,
    PADDING,                 /* blanks behind a delimiter (RFC 2046) */
    PADDING_LF,
    HEAD,
    DATA,
    ENDED,
    BAD,
};

enum { PADDING_MAX = 64 };

/* RFC 2046 §5.1.1: bchars, the last one no blank. */
static bool
legal_boundary(struct str s)
{
    const char marks[] = "'()+_,-./:=? ";

    if (s.n == 0 || s.n > HTTP_BOUNDARY_BYTES || s.p[s.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
              (c >= 'a' && c <= 'z') || (c != '\0' && strchr(marks, c))))
            return false;
    }
    return true;
}

static bool
find_boundary(struct str type, struct str *boundary)
{
    const char media[] = "multipart/form-data";
    const size_t start = sizeof media - 1;
    struct http_field param;
    enum http_param found;
    bool any = false;

    if (!str_starts_nocase(type, media))
        return false;
    type = (struct str){type.p + start, type.n - start};
    while ((found = http_param_next(&type, &param)) == HTTP_PARAM_FOUND) {
        if (!str_eq_nocase(param.name, str_of("boundary")))
            continue;
        if (any)
            return false;
        any = true;
        *boundary = param.value;
    }
    return any && found == HTTP_PARAM_END && legal_boundary(*boundary);
}

bool
http_multipart_init(struct http_multipart *m, struct str content_type)
{
    struct str boundary = {NULL, 0};

    if (!find_boundary(content_type, &boundary))
        return false;
    *m = (struct http_multipart){.state = PREAMBLE};
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.p, boundary.n);
    m->delimiter_bytes = (uint8_t)(4 + boundary.n);
    m->matched = 2;          /* the first one needs no CRLF before it */
    buf_init(&m->head, LIMIT_HTTP_PART_BYTES);
    buf_init(&m->names, LIMIT_HTTP_PART_BYTES);
    return true;
}

void
http_multipart_done(struct http_multipart *m)
{
    buf_done(&m->head);
    buf_done(&m->names);
}

bool
http_multipart_ended(const struct http_multipart *m)
{
    return m->state == ENDED;
}

/* How many of p's first bytes go on matching after m->matched. */
static size_t
match(const struct http_multipart *m, const uint8_t *p, size_t n)
{
    const char *rest = m->delimiter + m->matched;
    size_t want = m->delimiter_bytes - m->matched, i = 0;

    while (i < n && i < want && p[i] == (uint8_t)rest[i])
        i++;
    return i;
}

/* Where in p a delimiter begins, whole or as far as p goes; n if nowhere. */
static size_t
find_delimiter(const struct http_multipart *m, const uint8_t *p, size_t n)
{
    size_t at = 0;

    while (at < n) {
        const uint8_t *cr = memchr(p + at, '\r', n - at);
        size_t length;

        if (!cr)
            return n;
        at = (size_t)(cr - p);
        length = match(m, cr, n - at);
        if (length == m->delimiter_bytes || at + length == n)
            return at;
        at += length;
    }
    return n;
}

/* In the preamble data is not told. */
static enum http_multipart_found
tell_data(const struct http_multipart *m)
{
    return m->state == DATA ? HTTP_MULTIPART_DATA : HTTP_MULTIPART_MORE;
}

static enum http_multipart_found
end_data(struct http_multipart *m)
{
    bool told = m->state == DATA;

    m->matched = 0;
    m->padding = 0;
    m->state = AFTER_DELIMITER;
    return told ? HTTP_MULTIPART_PART_END : HTTP_MULTIPART_MORE;
}

static enum http_multipart_found
take_data(struct http_multipart *m, const uint8_t *p, size_t n,
          struct str *data, size_t *used)
{
    size_t length = m->matched == 0 ? find_delimiter(m, p, n) : 0;

    if (length > 0) {
        *data = (struct str){(const char *)p, length};
        *used = length;
        return tell_data(m);
    }
    length = match(m, p, n);
    *used = length;
    if (m->matched + length == m->delimiter_bytes)
        return end_data(m);
    if (length == n) {
        m->matched = (uint8_t)(m->matched + n);
        return HTTP_MULTIPART_MORE;
    }
    *data = (struct str){m->delimiter, m->matched + length};
    m->matched = 0;
    return tell_data(m);
}

static enum http_multipart_found
fail(struct http_multipart *m)
{
    m->state = BAD;
    return HTTP_MULTIPART_BAD;
}

/* Between a delimiter and its part's fields. */
static enum http_multipart_found
after_delimiter(struct http_multipart *m, uint8_t c)
{
    switch (m->state) {
    case AFTER_DASH:
        if (c != '-')
            return fail(m);
        m->state = ENDED;
        return HTTP_MULTIPART_END;
    case PADDING_LF:
        if (c != '\n' || ++m->parts > LIMIT_HTTP_PARTS)
            return fail(m);
        buf_clear(&m->head);
        m->state = HEAD;
        return HTTP_MULTIPART_MORE;
    default:
        if (c == '-' && m->state == AFTER_DELIMITER)
            m->state = AFTER_DASH;
        else if (c == '\r')
            m->state = PADDING_LF;
        else if ((c == ' ' || c == '\t') && ++m->padding <= PADDING_MAX)
            m->state = PADDING;
        else
            return fail(m);
        return HTTP_MULTIPART_MORE;
    }
}

static bool
on_field(struct http_multipart *m, const struct http_field *f, bool *named)
{
    struct http_disposition d;

    if (str_eq_nocase(f->name, str_of("Content-Type")))
        m->part.type = f->value;
    if (!str_eq_nocase(f->name, str_of("Content-Disposition")))
        return true;
    if (*named || http_disposition_parse(&m->names, f->value, &d) != WIRE_OK ||
        !d.has_name || !str_eq_nocase(d.type, str_of("form-data")))
        return false;
    m->part.name = d.name;
    m->part.filename = d.filename;
    m->part.is_file = d.has_filename;
    *named = true;
    return true;
}

/* The fields lie in m->head, with the CRLF of each and the empty line. */
static bool
parse_head(struct http_multipart *m)
{
    struct str rest = buf_str(&m->head);
    bool named = false;

    m->part = (struct http_part){.is_file = false};
    while (rest.n > 2) {
        const char *lf = memchr(rest.p, '\n', rest.n);
        struct str line = {rest.p, (size_t)(lf - rest.p) - 1};
        struct http_field field;

        if (!http_field_parse(line, &field) || !on_field(m, &field, &named))
            return false;
        rest = (struct str){lf + 1, rest.n - line.n - 2};
    }
    return named;
}

/* Takes up to one line of the fields. */
static enum http_multipart_found
take_head(struct http_multipart *m, const uint8_t *p, size_t n, size_t *used)
{
    const uint8_t *lf = memchr(p, '\n', n);
    struct buf *head = &m->head;
    bool empty;

    *used = lf ? (size_t)(lf - p) + 1 : n;
    if (buf_append(head, p, *used) != 0)
        return fail(m);
    if (!lf)
        return HTTP_MULTIPART_MORE;
    if (head->n < 2 || head->p[head->n - 2] != '\r')
        return fail(m);
    empty = head->n == 2 || head->p[head->n - 3] == '\n';
    if (!empty)
        return HTTP_MULTIPART_MORE;
    if (!parse_head(m))
        return fail(m);
    m->state = DATA;
    return HTTP_MULTIPART_PART;
}

static enum http_multipart_found
take(struct http_multipart *m, const uint8_t *p, size_t n, struct str *data,
     size_t *used)
{
    switch ((enum state)m->state) {
    case PREAMBLE:
    case DATA:
        return take_data(m, p, n, data, used);
    case AFTER_DELIMITER: case AFTER_DASH: case PADDING: case PADDING_LF:
        *used = 1;
        return after_delimiter(m, p[0]);
    case HEAD:
        return take_head(m, p, n, used);
    case ENDED:
    case BAD:
        break;
    }
    *used = n;
    return m->state == BAD ? HTTP_MULTIPART_BAD : HTTP_MULTIPART_MORE;
}

enum http_multipart_found
http_multipart_next(struct http_multipart *m, const uint8_t *p, size_t n,
                    struct str *data, size_t *used)
{
    enum http_multipart_found found = HTTP_MULTIPART_MORE;
    size_t at = 0, step;

    while (found == HTTP_MULTIPART_MORE && at < n) {
        step = 0;
        found = take(m, p + at, n - at, data, &step);
        at += step;
    }
    *used = at;
    return m->state == BAD ? HTTP_MULTIPART_BAD : found;
}
