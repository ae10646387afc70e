/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The string as JSON; static. */
static const char *
quoted(const char *p, size_t n)
{
    static char text[256];
    struct buf b;

    buf_init(&b, sizeof text - 1);
    assert_int_equal(json_quoted(&b, (struct str){p, n}), 0);
    memcpy(text, b.p, b.n);
    text[b.n] = '\0';
    buf_done(&b);
    return text;
}

#define QUOTED(literal) quoted((literal), sizeof(literal) - 1)

static void
plain_text_stands_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(QUOTED(""), "\"\"");
    assert_string_equal(QUOTED("hello /~"), "\"hello /~\"");
    assert_string_equal(QUOTED("\xc3\xa4 \xe6\x97\xa5 \xf0\x9f\x8d\x88"),
                        "\"\xc3\xa4 \xe6\x97\xa5 \xf0\x9f\x8d\x88\"");
}

static void
quotes_controls_and_separators_are_escaped(void **state)
{
    (void)state;
    assert_string_equal(QUOTED("a\"b\\c"), "\"a\\\"b\\\\c\"");
    assert_string_equal(QUOTED("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
    assert_string_equal(QUOTED("\0\x1b\x1f\x7f"),
                        "\"\\u0000\\u001b\\u001f\\u007f\"");
    assert_string_equal(QUOTED("\xe2\x80\xa8\xe2\x80\xa9"),
                        "\"\\u2028\\u2029\"");
}

static void
what_is_not_utf8_becomes_one_replacement(void **state)
{
    (void)state;
    assert_string_equal(QUOTED("a\xff\xfe" "b\xc3"),
                        "\"a\xef\xbf\xbd" "b\xef\xbf\xbd\"");
    assert_string_equal(QUOTED("\xed\xa0\x80"), "\"\xef\xbf\xbd\"");
}

static void
an_object_is_one_line(void **state)
{
    struct json j;
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    json_open(&j, &b);
    assert_int_equal(json_close(&j), 0);
    json_open(&j, &b);
    json_text(&j, "text", str_of("a\nb"));
    json_number(&j, "n", -9223372036854775807LL - 1);
    json_bool(&j, "yes", true);
    json_bool(&j, "no", false);
    assert_int_equal(json_close(&j), 0);

    assert_true(str_eq(buf_str(&b), str_of(
        "{}{\"text\":\"a\\nb\",\"n\":-9223372036854775808,"
        "\"yes\":true,\"no\":false}")));
    buf_done(&b);
}

static void
a_member_may_be_an_object_or_a_list(void **state)
{
    struct json j, inner;
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    json_open(&j, &b);
    json_key(&j, "list");
    assert_int_equal(buf_append_str(&b, str_of("[1]")), 0);
    json_key(&j, "in");
    json_open(&inner, &b);
    json_number(&inner, "n", 2);
    assert_int_equal(json_close(&inner), 0);
    json_bool(&j, "yes", true);
    assert_int_equal(json_close(&j), 0);

    assert_true(str_eq(buf_str(&b), str_of(
        "{\"list\":[1],\"in\":{\"n\":2},\"yes\":true}")));
    buf_done(&b);
}

static void
what_does_not_fit_leaves_nothing_behind(void **state)
{
    (void)state;
    for (size_t max = 1; max < 20; max++) {
        struct json j;
        struct buf b;

        buf_init(&b, max);
        assert_int_equal(buf_append(&b, "x", 1), 0);
        json_open(&j, &b);
        json_text(&j, "key", str_of("a\nvalue"));
        json_bool(&j, "k", true);
        assert_int_equal(json_close(&j), -ENOBUFS);
        assert_true(str_eq(buf_str(&b), str_of("x")));
        buf_done(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stands_as_it_is),
        cmocka_unit_test(quotes_controls_and_separators_are_escaped),
        cmocka_unit_test(what_is_not_utf8_becomes_one_replacement),
        cmocka_unit_test(an_object_is_one_line),
        cmocka_unit_test(a_member_may_be_an_object_or_a_list),
        cmocka_unit_test(what_does_not_fit_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
