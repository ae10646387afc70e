/* SPDX-License-Identifier: MIT
 *
 * First the bytes are scanned, each once, for what no head may hold and for
 * its end; the request line is checked as soon as it has ended. When the head
 * has ended too, its lines are taken apart. Each verdict depends on a place
 * in the bytes and not on how they were split. */
#include "dialect/http/http_wire.h"
#include "dialect/http/http_target_wire.h"

/* With what a request line holds besides its target. */
enum {
    LINE_MAX_BYTES = LIMIT_HTTP_TARGET_BYTES + LIMIT_HTTP_METHOD_BYTES + 16,
};

static enum wire
refuse(struct http_head *h, int status)
{
    h->status = (uint16_t)status;
    return WIRE_BAD;
}

static enum http_method
method_of(struct str s)
{
    static const char *const names[] = {
        [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST",
        [HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH",
        [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
    };

    for (int i = 0; i < HTTP_OTHER; i++) {
        if (str_eq(s, str_of(names[i])))      /* case matters: RFC 9110 §9.1 */
            return (enum http_method)i;
    }
    return HTTP_OTHER;
}

/* RFC 9112 §2.3. 0, or the status to answer. */
static int
parse_version(struct str s, uint8_t *minor)
{
    if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0 || s.p[6] != '.' ||
        s.p[5] < '0' || s.p[5] > '9' || s.p[7] < '0' || s.p[7] > '9')
        return 400;
    if (s.p[5] != '1' || s.p[7] > '1')
        return 505;
    *minor = (uint8_t)(s.p[7] - '0');
    return 0;
}

/* Splits at the first space. */
static struct str
take_word(struct str *rest)
{
    const char *space = rest->n > 0 ? memchr(rest->p, ' ', rest->n) : NULL;
    size_t n = space ? (size_t)(space - rest->p) : rest->n;
    struct str word = {rest->p, n};

    if (space)
        n++;
    if (n > 0)
        *rest = (struct str){rest->p + n, rest->n - n};
    return word;
}

/* RFC 9112 §3: exactly one space between the three. */
static int
parse_request_line(struct str line, struct http_request *r)
{
    struct str rest = line;
    struct http_target t;
    int status;

    r->method_text = take_word(&rest);
    r->target = take_word(&rest);
    if (!http_is_token(r->method_text))
        return 400;
    if (r->method_text.n > LIMIT_HTTP_METHOD_BYTES)
        return 501;
    if (r->target.n > LIMIT_HTTP_TARGET_BYTES)
        return 414;
    status = parse_version(rest, &r->version_minor);
    if (status != 0)
        return status;
    if (str_eq(r->method_text, str_of("CONNECT")))
        return 405;
    if (str_eq(r->method_text, str_of("PRI")))     /* RFC 9113 §3.4 */
        return 505;
    r->method = method_of(r->method_text);
    if (!http_target_parse(r->target, r->method == HTTP_OPTIONS, &t))
        return 400;
    r->path = t.path;
    r->query = t.query;
    r->host = t.authority;
    r->https = t.https;
    return 0;
}

/* A line of `length` bytes has ended at h->scanned. */
static enum wire
end_line(struct http_head *h, const uint8_t *p, size_t length)
{
    struct str line = {(const char *)p + h->line, length};
    struct http_request unused;
    int status = 0;

    if (length == 0 && h->lines > 0)
        return WIRE_OK;
    if (length == 0 && h->start > 0)
        return refuse(h, 400);
    h->line = h->scanned;
    if (length == 0) {
        h->start = (uint8_t)h->scanned;
        return WIRE_MORE;
    }
    if (h->lines == 0)
        status = parse_request_line(line, &unused);
    if (++h->lines > 1 + LIMIT_HTTP_HEADERS)
        status = 431;
    return status == 0 ? WIRE_MORE : refuse(h, status);
}

/* Takes one byte; WIRE_OK when the head ends with it. */
static enum wire
scan_byte(struct http_head *h, const uint8_t *p)
{
    uint32_t at = h->scanned++;
    uint8_t c = p[at];
    bool after_cr = at > h->line && p[at - 1] == '\r';

    if ((c == '\n') != after_cr)                   /* RFC 9112 §2.2 */
        return refuse(h, 400);
    if (c == '\n')
        return end_line(h, p, at - 1 - h->line);
    if (c != '\r' && !http_value_char(c))
        return refuse(h, 400);
    if (h->lines == 0 && at - h->line >= LINE_MAX_BYTES)
        return refuse(h, 414);
    return WIRE_MORE;
}

/* Passes over what scan_byte() would only nod at, for speed. */
static void
skip_plain(struct http_head *h, const uint8_t *p, size_t end)
{
    size_t at = h->scanned;

    if (h->lines == 0 && end > h->line + LINE_MAX_BYTES)
        end = h->line + LINE_MAX_BYTES;
    if (at > h->line && p[at - 1] == '\r')
        return;
    while (at < end && http_value_char(p[at]))
        at++;
    h->scanned = (uint32_t)at;
}

static enum wire
scan(struct http_head *h, const uint8_t *p, size_t n)
{
    size_t end = n < LIMIT_HTTP_HEAD_BYTES ? n : LIMIT_HTTP_HEAD_BYTES;
    enum wire found = WIRE_MORE;

    while (found == WIRE_MORE && h->scanned < end) {
        skip_plain(h, p, end);
        if (h->scanned < end)
            found = scan_byte(h, p);
    }
    if (found == WIRE_MORE && h->scanned >= LIMIT_HTTP_HEAD_BYTES)
        return refuse(h, 431);
    return found;
}

/* What the fields said, before it is weighed together. */
struct saying {
    struct str host;
    bool close;
    bool keep_alive;
    bool upgrade;
    bool websocket;
};

static int
on_host(struct http_request *r, struct saying *s, struct str value)
{
    (void)r;
    if (s->host.n > 0 || !http_authority_valid(value))
        return 400;
    s->host = value;
    return 0;
}

/* Not everyone takes a tab behind what frames a body for a blank. */
static bool
tab_behind(struct str value)
{
    const char *p = value.p + value.n;

    while (*p == ' ')                      /* up to a CR at the latest */
        p++;
    return *p == '\t';
}

/* RFC 9112 §6.3; a repeated one is refused even if it says the same. */
static int
on_content_length(struct http_request *r, struct saying *s, struct str value)
{
    unsigned long long length;

    (void)s;
    if (r->has_length || r->chunked || tab_behind(value) ||
        !str_to_u64(value, INT64_MAX, &length))
        return 400;
    r->has_length = true;
    r->content_length = length;
    return 0;
}

static int
on_transfer_encoding(struct http_request *r, struct saying *s,
                     struct str value)
{
    (void)s;
    if (r->has_length || r->chunked || r->version_minor == 0 ||
        tab_behind(value))
        return 400;                                /* RFC 9112 §6.1 */
    if (!str_eq_nocase(value, str_of("chunked")))
        return 501;
    r->chunked = true;
    return 0;
}

static int
on_connection(struct http_request *r, struct saying *s, struct str value)
{
    (void)r;
    s->close = s->close || http_list_has(value, "close");
    s->keep_alive = s->keep_alive || http_list_has(value, "keep-alive");
    s->upgrade = s->upgrade || http_list_has(value, "upgrade");
    return 0;
}

static int
on_upgrade(struct http_request *r, struct saying *s, struct str value)
{
    (void)r;
    s->websocket = s->websocket || http_list_has(value, "websocket");
    return 0;
}

static int
on_expect(struct http_request *r, struct saying *s, struct str value)
{
    (void)s;
    if (r->version_minor > 0 && http_list_has(value, "100-continue"))
        r->expect_continue = true;
    return 0;
}

static int
understand(struct http_request *r, struct saying *s,
           const struct http_field *field)
{
    static const struct {
        const char *name;
        int (*on)(struct http_request *r, struct saying *s, struct str value);
    } known[] = {
        {"Host", on_host},
        {"Content-Length", on_content_length},
        {"Transfer-Encoding", on_transfer_encoding},
        {"Connection", on_connection},
        {"Upgrade", on_upgrade},
        {"Expect", on_expect},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (str_eq_nocase(field->name, str_of(known[i].name)))
            return known[i].on(r, s, field->value);
    }
    return 0;
}

static int
conclude(struct http_request *r, const struct saying *s)
{
    bool modern = r->version_minor > 0;

    if (modern && s->host.n == 0)
        return 400;                                /* RFC 9112 §3.2 */
    if (r->host.n == 0)
        r->host = s->host;
    r->keep_alive = !s->close && (modern || s->keep_alive);
    r->upgrade_websocket = modern && s->upgrade && s->websocket;
    return 0;
}

static struct str
take_line(struct str *rest)
{
    const char *cr = memchr(rest->p, '\r', rest->n);
    struct str line;

    must(cr);
    line = (struct str){rest->p, (size_t)(cr - rest->p)};
    *rest = (struct str){cr + 2, rest->n - line.n - 2};
    return line;
}

/* A head that has been scanned; 0, or the status to answer. */
static int
parse_lines(struct str head, struct http_request *r)
{
    struct saying s = {.close = false};
    struct str line = take_line(&head);
    int status = parse_request_line(line, r);

    while (status == 0 && (line = take_line(&head)).n > 0) {
        struct http_field *field = &r->fields[r->field_count];

        must(r->field_count < LIMIT_HTTP_HEADERS);
        if (!http_field_parse(line, field))
            return 400;
        r->field_count++;
        status = understand(r, &s, field);
    }
    return status == 0 ? conclude(r, &s) : status;
}

/* All but the fields: no need to clear 2 KiB. */
static void
clear(struct http_request *r)
{
    memset(r, 0, offsetof(struct http_request, fields));
}

enum wire
http_head_parse(struct http_head *h, const uint8_t *p, size_t n,
                struct http_request *ret, size_t *used)
{
    enum wire found = scan(h, p, n);
    struct str head = {(const char *)p + h->start, h->scanned - h->start};
    struct http_request r;
    int status;

    if (found != WIRE_OK)
        return found;
    clear(&r);
    status = parse_lines(head, &r);
    if (status != 0)
        return refuse(h, status);
    memcpy(ret, &r, offsetof(struct http_request, fields) +
                    r.field_count * sizeof r.fields[0]);
    *used = h->scanned;
    return WIRE_OK;
}

struct str
http_header(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->field_count; i++) {
        if (str_eq_nocase(r->fields[i].name, str_of(name)))
            return r->fields[i].value;
    }
    return (struct str){NULL, 0};
}

size_t
http_header_count(const struct http_request *r, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < r->field_count; i++)
        count += str_eq_nocase(r->fields[i].name, str_of(name));
    return count;
}

bool
http_header_has(const struct http_request *r, const char *name,
                const char *token)
{
    for (size_t i = 0; i < r->field_count; i++) {
        if (str_eq_nocase(r->fields[i].name, str_of(name)) &&
            http_list_has(r->fields[i].value, token))
            return true;
    }
    return false;
}
