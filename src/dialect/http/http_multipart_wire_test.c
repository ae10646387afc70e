/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_multipart_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define TYPE "multipart/form-data; boundary=XX"

/* What a body becomes: "<name|filename|type" and "data>" per part, "." at the
 * end, "!" when it was refused. Fed in pieces of their own. */
struct reading {
    struct http_multipart m;
    char text[16384];
    size_t n;
};

static void
add(struct reading *r, struct str s)
{
    assert_true(r->n + s.n < sizeof r->text);
    if (s.n > 0)
        memcpy(r->text + r->n, s.p, s.n);
    r->n += s.n;
    r->text[r->n] = '\0';
}

static void
add_part(struct reading *r)
{
    const struct http_part *part = &r->m.part;

    add(r, str_of("<"));
    add(r, part->name);
    add(r, str_of("|"));
    add(r, part->is_file ? part->filename : str_of("-"));
    add(r, str_of("|"));
    add(r, part->type.p ? part->type : str_of("-"));
    add(r, str_of(">"));
}

static enum http_multipart_found
feed(struct reading *r, const char *bytes, size_t n)
{
    enum http_multipart_found found = HTTP_MULTIPART_PART_END;
    uint8_t *p = malloc(n + 1);
    size_t at = 0, used;

    memcpy(p, bytes, n);
    while (found != HTTP_MULTIPART_MORE && found != HTTP_MULTIPART_BAD) {
        struct str data = {NULL, 0};

        found = http_multipart_next(&r->m, p + at, n - at, &data, &used);
        assert_true(used <= n - at);
        at += used;
        if (found == HTTP_MULTIPART_PART)
            add_part(r);
        else if (found == HTTP_MULTIPART_DATA)
            add(r, data);
        else if (found == HTTP_MULTIPART_PART_END)
            add(r, str_of("/"));
        else if (found == HTTP_MULTIPART_END)
            add(r, str_of("."));
    }
    if (found == HTTP_MULTIPART_MORE)
        assert_int_equal(at, n);
    else
        add(r, str_of("!"));
    free(p);
    return found;
}

static void
expect_of(const char *type, const char *bytes, size_t n, const char *want)
{
    for (size_t cut = 0; cut <= n; cut++) {
        for (size_t cut2 = cut; cut2 <= n; cut2 += n < 150 ? 1 : 31) {
            struct reading r = {.n = 0};
            size_t at[] = {0, cut, cut2, n};

            assert_true(http_multipart_init(&r.m, str_of(type)));
            for (int i = 0; i < 3; i++) {
                if (feed(&r, bytes + at[i], at[i + 1] - at[i]) ==
                    HTTP_MULTIPART_BAD)
                    break;
            }
            if (strcmp(r.text, want) != 0)
                fail_msg("cut at %zu and %zu: got %s, want %s", cut, cut2,
                         r.text, want);
            assert_int_equal(http_multipart_ended(&r.m),
                             strchr(want, '.') != NULL);
            http_multipart_done(&r.m);
        }
    }
}

#define expect(bytes, want) expect_of(TYPE, bytes, sizeof(bytes) - 1, want)

#define NAMED "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"

static void
a_form_is_taken_apart(void **state)
{
    (void)state;
    expect("--XX\r\nContent-Disposition: form-data; name=text\r\n\r\nhello"
           "\r\n--XX\r\ncontent-type: image/png\r\nX: y\r\n"
           "Content-Disposition: form-data; name=f; filename=\"g\"\r\n\r\n"
           "\x89PNG\r\n\r\n\r\n--XX--\r\n",
           "<text|-|->hello/<f|g|image/png>\x89PNG\r\n\r\n/.");
    expect(NAMED "\r\n--XX--", "<a|-|->/.");
    expect("--XX--", ".");
}

static void
what_looks_like_a_delimiter_is_data(void **state)
{
    (void)state;
    expect(NAMED "\r\r\n\r\n-\r\n--\r\n--X\r\n--Y\n--XX\r--XX\r\n--XX--",
           "<a|-|->\r\r\n\r\n-\r\n--\r\n--X\r\n--Y\n--XX\r--XX/.");
    expect(NAMED "\r\n--X\r\n--XX--", "<a|-|->\r\n--X/.");
    expect(NAMED "--XX--\r\n--XX--", "<a|-|->--XX--/.");
}

static void
preamble_padding_and_epilogue_are_dropped(void **state)
{
    (void)state;
    expect("hello --XX\r\n" NAMED "x\r\n--XX-- \r\nbye\r\n--XX\r\n",
           "<a|-|->x/.");
    expect("\r\n--XX \t\r\nContent-Disposition: form-data; name=b\r\n\r\n"
           "\r\n--XX--", "<b|-|->/.");
}

static void
a_body_may_be_cut_short(void **state)
{
    (void)state;
    expect("", "");
    expect(NAMED "hello\r\n--X", "<a|-|->hello");
    expect(NAMED "hello\r\n--XX", "<a|-|->hello/");
    expect(NAMED "hello\r\n--XX-", "<a|-|->hello/");
    expect("--XX\r\nContent-Disp", "");
}

static void
malformed_forms_are_refused(void **state)
{
    (void)state;
    expect("--XXx\r\n", "!");
    expect("--XX-x", "!");
    expect("--XX\n", "!");
    expect("--XX\rx", "!");
    expect("--XX\r\nA: b\r\n\r\n", "!");                 /* no name */
    expect("--XX\r\nContent-Disposition: form-data\r\n\r\n", "!");
    expect("--XX\r\nContent-Disposition: attachment; name=a\r\n\r\n", "!");
    expect("--XX\r\nContent-Disposition: form-data; name=a\n\n", "!");
    expect("--XX\r\nContent-Disposition : form-data; name=a\r\n\r\n", "!");
    expect("--XX\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n", "!");
    expect("--XX\r\nContent-Disposition: form-data; name=a\r\n"
           "Content-Disposition: form-data; name=b\r\n\r\n", "!");
    expect(NAMED "\r\n--XXy", "<a|-|->/!");
    expect("--XX\r\nA: \0\r\n\r\n", "!");
}

static void
a_boundary_may_have_70_characters(void **state)
{
    const char type[] =
        "Multipart/Form-Data; charset=x; Boundary=\"0123456789012345678901234"
        "5678901234567890123456789012345678901234567 '\"";
    const char body[] =
        "--01234567890123456789012345678901234567890123456789012345678901234"
        "567 '--";

    (void)state;
    expect_of(type, body, sizeof body - 1, ".");
}

static void
illegal_types_are_not_begun(void **state)
{
    const char *types[] = {
        "", "multipart/form-data", "multipart/mixed; boundary=X",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a \"", "multipart/form-datax; b=X",
        "multipart/form-data; boundary=\"a;b\"",
        "multipart/form-data; boundary=\"a\\\"b\"",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=a b",
        ("multipart/form-data; boundary=012345678901234567890123456789012345"
         "67890123456789012345678901234567890"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct http_multipart m;

        if (http_multipart_init(&m, str_of(types[i])))
            fail_msg("accepted: %s", types[i]);
    }
}

/* A part with one field of that many bytes besides its name. */
static void
expect_head(size_t bytes, enum http_multipart_found want)
{
    struct reading r = {.n = 0};
    const char name[] = "Content-Disposition: form-data; name=a\r\n";
    char *field = malloc(bytes);

    memset(field, 'x', bytes);
    memcpy(field, "A:", 2);
    memcpy(field + bytes - 4, "\r\n\r\n", 4);
    assert_true(http_multipart_init(&r.m, str_of(TYPE)));
    feed(&r, "--XX\r\n", 6);
    feed(&r, name, sizeof name - 1);
    assert_int_equal(feed(&r, field, bytes), want);
    http_multipart_done(&r.m);
    free(field);
}

static void
a_parts_fields_have_a_largest_size(void **state)
{
    const size_t most = LIMIT_HTTP_PART_BYTES - 40;

    (void)state;
    expect_head(most, HTTP_MULTIPART_MORE);
    expect_head(most + 1, HTTP_MULTIPART_BAD);
    expect_head(1 << 20, HTTP_MULTIPART_BAD);
}

static void
forms_have_a_largest_number_of_parts(void **state)
{
    struct reading r = {.n = 0};
    enum http_multipart_found found = HTTP_MULTIPART_MORE;

    (void)state;
    assert_true(http_multipart_init(&r.m, str_of(TYPE)));
    for (int i = 0; i < LIMIT_HTTP_PARTS; i++) {
        found = feed(&r, NAMED "\r\n", sizeof NAMED + 1);
        assert_int_equal(found, HTTP_MULTIPART_MORE);
    }
    assert_int_equal(feed(&r, NAMED, sizeof NAMED - 1), HTTP_MULTIPART_BAD);
    assert_int_equal(feed(&r, "x", 1), HTTP_MULTIPART_BAD);
    http_multipart_done(&r.m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_taken_apart),
        cmocka_unit_test(what_looks_like_a_delimiter_is_data),
        cmocka_unit_test(preamble_padding_and_epilogue_are_dropped),
        cmocka_unit_test(a_body_may_be_cut_short),
        cmocka_unit_test(malformed_forms_are_refused),
        cmocka_unit_test(a_boundary_may_have_70_characters),
        cmocka_unit_test(illegal_types_are_not_begun),
        cmocka_unit_test(a_parts_fields_have_a_largest_size),
        cmocka_unit_test(forms_have_a_largest_number_of_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
