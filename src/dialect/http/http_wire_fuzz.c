/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: a request's head. The first byte says in what steps it comes.
 *
 * - However it is split, it is accepted or refused alike, with the same status
 *   and the same length.
 * - What was accepted holds no byte that could end a line elsewhere, and says
 *   one thing about its length.
 * - Written out plainly it is accepted again and means the same. */
#include "dialect/http/http_target_wire.h"
#include "dialect/http/http_ws_wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct verdict {
    enum wire found;
    int status;
    size_t used;
};

/* From a copy of exactly as many bytes as have come. */
static struct verdict
run(const uint8_t *p, size_t n, size_t step)
{
    struct http_head h = {0};
    struct verdict v = {.found = WIRE_MORE};

    for (size_t have = step < n ? step : n; v.found == WIRE_MORE;
         have = have + step < n ? have + step : n) {
        uint8_t *copy = malloc(have + 1);
        struct http_request r;

        memcpy(copy, p, have);
        v.found = http_head_parse(&h, copy, have, &r, &v.used);
        must(v.found != WIRE_OK || v.used <= have);
        free(copy);
        if (have == n)
            break;
    }
    v.status = h.status;
    return v;
}

static void
must_be_one_line(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        must(http_value_char((uint8_t)s.p[i]));
}

static void
must_be_sound(const struct http_request *r)
{
    must(!(r->chunked && r->has_length));
    must(r->content_length <= INT64_MAX);
    must(r->has_length || r->content_length == 0);
    must(r->version_minor == 0 || http_header_count(r, "Host") == 1);
    must(r->host.n == 0 || http_authority_valid(r->host));
    must(r->path.p[0] == '/' || str_eq(r->path, str_of("*")));
    must(r->target.n <= LIMIT_HTTP_TARGET_BYTES);
    must(!memchr(r->target.p, ' ', r->target.n));
    must_be_one_line(r->target);
    for (size_t i = 0; i < r->field_count; i++) {
        must(http_is_token(r->fields[i].name));
        must_be_one_line(r->fields[i].value);
    }
}

static void
write_out(struct buf *out, const struct http_request *r)
{
    must(buf_append_str(out, r->method_text) == 0);
    must(buf_append(out, " ", 1) == 0);
    must(buf_append_str(out, r->target) == 0);
    must(buf_printf(out, " HTTP/1.%d\r\n", r->version_minor) == 0);
    for (size_t i = 0; i < r->field_count; i++) {
        must(buf_append_str(out, r->fields[i].name) == 0);
        must(buf_append(out, ":", 1) == 0);
        must(buf_append_str(out, r->fields[i].value) == 0);
        must(buf_append(out, "\r\n", 2) == 0);
    }
    must(buf_append(out, "\r\n", 2) == 0);
}

static void
must_mean_the_same(const struct http_request *a, const struct http_request *b)
{
    must(a->method == b->method && str_eq(a->target, b->target));
    must(str_eq(a->path, b->path) && str_eq(a->query, b->query));
    must(str_eq(a->host, b->host) && a->https == b->https);
    must(a->content_length == b->content_length);
    must(a->chunked == b->chunked && a->keep_alive == b->keep_alive);
    must(a->field_count == b->field_count);
    must(http_ws_check(a) == http_ws_check(b));
}

static void
check_request(const uint8_t *p, size_t n)
{
    struct http_head h = {0}, h2 = {0};
    struct http_request r, again;
    struct buf out;
    size_t used;
    char accept[HTTP_WS_ACCEPT_BYTES];

    if (http_head_parse(&h, p, n, &r, &used) != WIRE_OK)
        return;
    must_be_sound(&r);
    if (http_ws_check(&r) == 101)
        http_ws_accept(&r, accept);
    buf_init(&out, 2 * LIMIT_HTTP_HEAD_BYTES);
    write_out(&out, &r);
    must(http_head_parse(&h2, (uint8_t *)out.p, out.n, &again, &used) ==
         WIRE_OK);
    must(used == out.n);
    must_mean_the_same(&r, &again);
    buf_done(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct verdict whole, parts;
    size_t step = n > 0 ? data[0] + (size_t)1 : 1;

    if (n == 0)
        return 0;
    whole = run(data + 1, n - 1, n);
    parts = run(data + 1, n - 1, step);
    must(whole.found == parts.found && whole.status == parts.status);
    must(whole.used == parts.used);
    must((whole.status != 0) == (whole.found == WIRE_BAD));
    check_request(data + 1, n - 1);
    return 0;
}
