/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_range_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define TAG "\"f1\""

/* "first-last", "whole" or "no". */
static void
expect(const char *value, uint64_t size, const char *want)
{
    struct http_range r = {7, 7};
    char got[64] = "whole";
    enum http_range_found found = http_range_parse(str_of(value), size, &r);

    if (found == HTTP_RANGE_PART)
        snprintf(got, sizeof got, "%llu-%llu", (unsigned long long)r.first,
                 (unsigned long long)r.last);
    else
        assert_true(r.first == 7 && r.last == 7);
    if (found == HTTP_RANGE_UNSATISFIABLE)
        snprintf(got, sizeof got, "no");
    if (strcmp(got, want) != 0)
        fail_msg("%s of %llu: got %s, want %s", value,
                 (unsigned long long)size, got, want);
}

static void
one_range_of_three_kinds_is_served(void **state)
{
    (void)state;
    expect("bytes=0-0", 10, "0-0");
    expect("bytes=2-5", 10, "2-5");
    expect("bytes=2-", 10, "2-9");
    expect("bytes=-3", 10, "7-9");
    expect("BYTES=9-9", 10, "9-9");
}

static void
ranges_are_cut_to_the_file(void **state)
{
    (void)state;
    expect("bytes=5-100", 10, "5-9");
    expect("bytes=-100", 10, "0-9");
    expect("bytes=0-99999999999999999999999", 10, "0-9");
    expect("bytes=-99999999999999999999999", 10, "0-9");
    expect("bytes=0-18446744073709551615", UINT64_MAX,
           "0-18446744073709551614");
}

static void
ranges_beyond_the_end_are_unsatisfiable(void **state)
{
    (void)state;
    expect("bytes=10-", 10, "no");
    expect("bytes=10-12", 10, "no");
    expect("bytes=-0", 10, "no");
    expect("bytes=0-", 0, "no");
    expect("bytes=99999999999999999999999-", 10, "no");
    expect("bytes=-1", 0, "whole");      /* all of nothing */
}

static void
what_is_not_understood_is_ignored(void **state)
{
    const char *values[] = {
        "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=5-2",
        "bytes=0-1,3-4", "bytes=0-1,", "bytes= 0-1", "bytes=0 - 1",
        "bytes=+0-1", "bytes=0x0-1", "lines=0-1", "bytes=--1", "bytes=0-1-2",
    };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        expect(values[i], 10, "whole");
}

static void
if_range_needs_exactly_our_tag(void **state)
{
    (void)state;
    assert_true(http_if_range((struct str){NULL, 0}, str_of(TAG)));
    assert_true(http_if_range(str_of(TAG), str_of(TAG)));
    assert_false(http_if_range(str_of("W/" TAG), str_of(TAG)));
    assert_false(http_if_range(str_of(""), str_of(TAG)));
    assert_false(http_if_range(str_of("f1"), str_of(TAG)));
    assert_false(http_if_range(str_of("Sat, 29 Oct 1994 19:43:31 GMT"),
                               str_of(TAG)));
}

static bool
has(const char *list, bool weak)
{
    return http_etag_list_has(str_of(list), str_of(TAG), weak);
}

static void
tags_are_found_in_lists(void **state)
{
    (void)state;
    assert_true(has(TAG, true) && has(TAG, false));
    assert_true(has("*", true) && has(" * ", false));
    assert_true(has("\"a\", " TAG, true) && has("\"a,b\"," TAG, false));
    assert_true(has("W/" TAG, true));
    assert_false(has("W/" TAG, false));
    assert_true(has("W/\"x\", ,, " TAG, false));
    assert_false(has("\"a\"", true) || has("f1", true) || has("", true));
    assert_false(has("\"f1", true) || has("junk " TAG, true));
    assert_false(has("w/" TAG, true));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_range_of_three_kinds_is_served),
        cmocka_unit_test(ranges_are_cut_to_the_file),
        cmocka_unit_test(ranges_beyond_the_end_are_unsatisfiable),
        cmocka_unit_test(what_is_not_understood_is_ignored),
        cmocka_unit_test(if_range_needs_exactly_our_tag),
        cmocka_unit_test(tags_are_found_in_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
