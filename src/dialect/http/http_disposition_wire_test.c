/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_disposition_wire.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void
writes(const char *name, const char *want)
{
    struct buf out;

    buf_init(&out, 1000);
    assert_int_equal(http_disposition_write(&out, "attachment", str_of(name)),
                     0);
    if (!str_eq(buf_str(&out), str_of(want)))
        fail_msg("got %.*s, want %s", STR_FMT(buf_str(&out)), want);
    buf_done(&out);
}

static void
a_plain_name_is_written_plainly(void **state)
{
    (void)state;
    writes("a b.txt", "attachment; filename=\"a b.txt\"");
    writes("", "attachment; filename=\"\"");
}

static void
other_names_are_written_twice(void **state)
{
    (void)state;
    writes("caf\xc3\xa9.png", "attachment; filename=\"caf_.png\"; "
           "filename*=UTF-8''caf%C3%A9.png");
    writes("a\"; x=\\\r\nSet-Cookie: a%/b",
           "attachment; filename=\"a_; x=___Set-Cookie: a__b\"; "
           "filename*=UTF-8''a%22%3B%20x%3D%5C%0D%0ASet-Cookie%3A%20a%25%2Fb");
    writes("\xff", "attachment; filename=\"_\"; filename*=UTF-8''%FF");
}

static void
a_field_that_does_not_fit_is_not_begun(void **state)
{
    struct buf out;

    (void)state;
    for (size_t max = 0; max < 50; max++) {
        buf_init(&out, max);
        assert_int_equal(http_disposition_write(&out, "inline",
                                                str_of("\xc3\xa9")),
                         max < 45 ? -ENOBUFS : 0);
        assert_int_equal(out.n, max < 45 ? 0 : 45);
        buf_done(&out);
    }
}

/* "type|name|filename", "-" for what was not there; or "bad". */
static void
reads(const char *value, const char *want)
{
    struct buf scratch;
    struct http_disposition d;
    char got[200] = "bad";

    buf_init(&scratch, strlen(value));
    if (http_disposition_parse(&scratch, str_of(value), &d) == WIRE_OK)
        snprintf(got, sizeof got, "%.*s|%.*s|%.*s", STR_FMT(d.type),
                 d.has_name ? (int)d.name.n : 1, d.has_name ? d.name.p : "-",
                 d.has_filename ? (int)d.filename.n : 1,
                 d.has_filename ? d.filename.p : "-");
    buf_done(&scratch);
    if (strcmp(got, want) != 0)
        fail_msg("%s: got %s, want %s", value, got, want);
}

static void
what_browsers_write_is_read(void **state)
{
    (void)state;
    reads("form-data; name=\"file\"; filename=\"a b.txt\"",
          "form-data|file|a b.txt");
    reads("form-data; name=text", "form-data|text|-");
    reads("form-data; name=\"\"; filename=\"\"", "form-data||");
    reads("form-data; name=\"f\"; filename=\"a%22b%0A.txt\"",
          "form-data|f|a\"b%0A.txt");
    reads("form-data; name=\"f\"; filename=\"a\\\"b\\\\c\"",
          "form-data|f|a\"b\\c");
    reads("form-data; name=\"f\"; filename=\"C:\\dir\\file\"",
          "form-data|f|C:\\dir\\file");
    reads("form-data; name=\"f\"; filename=\"caf\xc3\xa9\"",
          "form-data|f|caf\xc3\xa9");
    reads("Form-Data ;NAME=a ; FileName=b;", "Form-Data|a|b");
    reads("attachment", "attachment|-|-");
}

static void
the_extended_name_wins_if_it_is_right(void **state)
{
    (void)state;
    reads("form-data; name=f; filename=a; filename*=utf-8'en'%C3%a9",
          "form-data|f|\xc3\xa9");
    reads("form-data; name=f; filename*=UTF-8''b; filename=\"a\"",
          "form-data|f|b");
    reads("form-data; name=f; filename=a; filename*=UTF-8''%ff",
          "form-data|f|a");
    reads("form-data; name=f; filename=a; filename*=UTF-8''%00",
          "form-data|f|a");
    reads("form-data; name=f; filename=a; filename*=ISO-8859-1''%e9",
          "form-data|f|a");
    reads("form-data; name=f; filename*=UTF-8'b", "form-data|f|-");
}

static void
the_first_of_two_counts(void **state)
{
    (void)state;
    reads("form-data; name=a; name=b; filename=c; filename=d",
          "form-data|a|c");
}

static void
malformed_fields_are_refused(void **state)
{
    const char *bad[] = {
        "", ";", "form-data; name", "form-data; name=", "form-data; name=\"a",
        "form-data name=a", "form-data; name=a b", "form-data; name=\"a\\\"",
        "form-data, form-data", "form-data; n@me=x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        reads(bad[i], "bad");
}

static void
what_we_write_we_read(void **state)
{
    const char *names[] = {"a", "caf\xc3\xa9", "\"\\%/;'*", "a%22b", " "};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf out;
        char want[100];

        buf_init(&out, 1000);
        assert_int_equal(http_disposition_write(&out, "inline",
                                                str_of(names[i])), 0);
        assert_int_equal(buf_append(&out, "", 1), 0);
        snprintf(want, sizeof want, "inline|-|%s", names[i]);
        reads(out.p, want);
        buf_done(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_name_is_written_plainly),
        cmocka_unit_test(other_names_are_written_twice),
        cmocka_unit_test(a_field_that_does_not_fit_is_not_begun),
        cmocka_unit_test(what_browsers_write_is_read),
        cmocka_unit_test(the_extended_name_wins_if_it_is_right),
        cmocka_unit_test(the_first_of_two_counts),
        cmocka_unit_test(malformed_fields_are_refused),
        cmocka_unit_test(what_we_write_we_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
