/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: everything that reads a single field or a URL's text. The
 * first byte chooses which.
 *
 * - What was decoded is UTF-8 without NULs, and encodes to what decodes alike.
 * - Any name that we write is one line of ASCII, and we read it back.
 * - Base64 is accepted only as it would be written.
 * - A part of a file lies in the file. */
#include "base/utf8.h"
#include "dialect/http/http_accept_wire.h"
#include "dialect/http/http_disposition_wire.h"
#include "dialect/http/http_field_wire.h"
#include "dialect/http/http_range_wire.h"
#include "dialect/http/http_target_wire.h"
#include "dialect/http/http_text_wire.h"
#include "dialect/http/http_time_wire.h"

#include <sodium.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool
is_text(struct str s)
{
    return utf8_valid(s) && (s.n == 0 || !memchr(s.p, '\0', s.n));
}

static void
check_escapes(struct str s)
{
    struct buf once, encoded, twice;

    buf_init(&once, s.n);
    buf_init(&encoded, 3 * s.n);
    buf_init(&twice, s.n);
    if (http_percent_decode(&once, s) == WIRE_OK) {
        must(is_text(buf_str(&once)));
        must(http_percent_encode(&encoded, buf_str(&once)) == 0);
        must(http_percent_decode(&twice, buf_str(&encoded)) == WIRE_OK);
        must(str_eq(buf_str(&once), buf_str(&twice)));
    } else {
        must(once.n == 0);
    }
    buf_done(&twice);
    buf_done(&encoded);
    buf_done(&once);
}

static void
check_path(struct str path)
{
    struct str segment;
    size_t before;
    struct buf out;

    buf_init(&out, path.n);
    do {
        before = path.n;
        buf_clear(&out);
        if (!http_path_next(&path, &segment))
            break;
        if (http_segment_decode(&out, segment) == WIRE_OK)
            must(out.n == 0 || !memchr(out.p, '/', out.n));
        else
            must(out.n == 0);
    } while (path.n < before);
    must(path.n == 0);
    buf_done(&out);
}

static void
check_finders(struct str s)
{
    struct buf out;
    struct str algorithm;

    buf_init(&out, s.n);
    if (http_query_find(&out, s, "after") == HTTP_FOUND)
        must(is_text(buf_str(&out)));
    else
        must(out.n == 0);
    buf_clear(&out);
    if (http_tus_find(&out, s, "filename") != HTTP_FOUND)
        must(out.n == 0);
    buf_clear(&out);
    if (http_tus_checksum(&out, s, &algorithm) == WIRE_OK)
        must(algorithm.n > 0 && algorithm.n < s.n);
    buf_done(&out);
}

static void
check_base64(struct str s)
{
    struct buf out;
    size_t size = s.n + 5;
    char *again = malloc(size);

    buf_init(&out, s.n);
    if (http_base64_decode(&out, s) == WIRE_OK) {
        must(sodium_bin2base64(again, size, (unsigned char *)out.p, out.n,
                               sodium_base64_VARIANT_ORIGINAL));
        must(str_eq(str_of(again), s));
    } else {
        must(out.n == 0);
    }
    buf_done(&out);
    free(again);
}

static void
check_name(struct str name)
{
    struct http_disposition d;
    struct buf out, scratch;

    buf_init(&out, 4 * name.n + 100);
    must(http_disposition_write(&out, "attachment", name) == 0);
    for (size_t i = 0; i < out.n; i++)
        must(out.p[i] >= 0x20 && out.p[i] < 0x7f);
    buf_init(&scratch, out.n);
    must(http_disposition_parse(&scratch, buf_str(&out), &d) == WIRE_OK);
    must(d.has_filename && !d.has_name);
    must(!is_text(name) || str_eq(d.filename, name));
    buf_done(&scratch);
    buf_done(&out);
}

static void
check_disposition(struct str s)
{
    struct http_disposition d;
    struct buf scratch;

    buf_init(&scratch, s.n);
    if (http_disposition_parse(&scratch, s, &d) == WIRE_OK) {
        must(http_is_token(d.type));
        must(d.name.n + d.filename.n <= s.n);
    }
    buf_done(&scratch);
}

static void
check_range(struct str s)
{
    const uint64_t sizes[] = {0, 1, 10, UINT64_MAX};
    struct http_range r;

    for (size_t i = 0; i < 4; i++) {
        if (http_range_parse(s, sizes[i], &r) == HTTP_RANGE_PART)
            must(r.first <= r.last && r.last < sizes[i]);
    }
    (void)http_if_range(s, str_of("\"a\""));
    (void)http_etag_list_has(s, str_of("\"a\""), false);
    must(!http_etag_list_has(s, str_of("\"a\""), false) ||
         http_etag_list_has(s, str_of("\"a\""), true));
}

static void
check_accept(struct str s)
{
    static const char *const offers[] = {"text/plain", "text/html"};
    int best = http_accept_best(s, offers, 2);

    must(best >= -1 && best < 2);
}

static void
check_lists(struct str s)
{
    struct str rest = s, member;
    struct http_field param;
    struct buf out;

    buf_init(&out, s.n);
    while (http_list_next(&rest, &member)) {
        must(member.n > 0);
        while (http_param_next(&member, &param) == HTTP_PARAM_FOUND) {
            must(http_is_token(param.name));
            buf_clear(&out);
            must(http_unquote(&out, param.value) == 0);
        }
    }
    (void)http_list_has(s, "close");
    buf_done(&out);
}

static void
check_target(struct str s)
{
    struct http_target t;

    for (int asterisk = 0; asterisk < 2; asterisk++) {
        if (!http_target_parse(s, asterisk, &t))
            continue;
        must(t.path.n > 0 && (t.path.p[0] == '/' || asterisk));
        must(t.path.n + t.query.n + t.authority.n <= s.n + 1);
        must(!t.authority.p || http_authority_valid(t.authority));
    }
    (void)http_authority_valid(s);
}

static void
check_time(struct str s)
{
    int64_t ms;

    if (http_time_read(s, &ms))
        must(ms > 0 && s.n >= 20 && s.p[s.n - 1] == 'Z');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static void (*const checks[])(struct str s) = {
        check_escapes, check_path, check_finders, check_base64, check_name,
        check_disposition, check_range, check_accept, check_lists,
        check_target, check_time,
    };
    char *copy;

    if (n == 0)
        return 0;
    copy = malloc(n);
    memcpy(copy, data + 1, n - 1);
    checks[data[0] % (sizeof checks / sizeof checks[0])](
        (struct str){copy, n - 1});
    free(copy);
    return 0;
}
