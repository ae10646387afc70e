/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
expect_str(struct str got, const char *want)
{
    assert_int_equal(got.n, strlen(want));
    if (got.n > 0)
        assert_memory_equal(got.p, want, got.n);
}

static void
equal_means_the_same_bytes(void **state)
{
    (void)state;
    assert_true(str_eq(str_of("abc"), str_of("abc")));
    assert_false(str_eq(str_of("abc"), str_of("abC")));
    assert_false(str_eq(str_of("abc"), str_of("ab")));
    assert_true(str_eq(str_of(NULL), str_of("")));
    assert_false(str_eq((struct str){"a\0b", 3}, (struct str){"a\0c", 3}));
}

static void
a_copy_holds_what_fits_and_ends(void **state)
{
    char out[4] = "xyz";

    (void)state;
    str_to_z(str_of("ab"), out, sizeof out);
    assert_string_equal(out, "ab");
    str_to_z(str_of("abcd"), out, sizeof out);
    assert_string_equal(out, "abc");
    str_to_z(str_of(NULL), out, sizeof out);
    assert_string_equal(out, "");
}

static void
case_is_ignored_for_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(str_of("Alice"), str_of("aLICE")));
    assert_false(str_eq_nocase(str_of("alice"), str_of("alic")));
    assert_false(str_eq_nocase(str_of("@"), str_of("`")));
    assert_false(str_eq_nocase(str_of("["), str_of("{")));
    assert_false(str_eq_nocase(str_of("\xc3\x84"), str_of("\xc3\xa4")));
    assert_true(str_eq_nocase(str_of(""), str_of(NULL)));
}

static void
a_prefix_is_found_in_either_case(void **state)
{
    (void)state;
    assert_true(str_starts_nocase(str_of("FILE:a:1"), "file:"));
    assert_true(str_starts_nocase(str_of("x"), ""));
    assert_true(str_starts_nocase(str_of(NULL), ""));
    assert_false(str_starts_nocase(str_of("FIL"), "file"));
    assert_false(str_starts_nocase(str_of("xFILE"), "file"));
}

static void
trimming_takes_blanks_from_both_ends(void **state)
{
    (void)state;
    expect_str(str_trim(str_of(" \t a b\t ")), "a b");
    expect_str(str_trim(str_of("a")), "a");
    expect_str(str_trim(str_of(" \t ")), "");
    expect_str(str_trim(str_of(NULL)), "");
    expect_str(str_trim(str_of("\na\n")), "\na\n");
}

static void
words_come_off_one_by_one(void **state)
{
    struct str rest = str_of("  /join \t#a  b ");

    (void)state;
    expect_str(str_word(&rest), "/join");
    expect_str(rest, " \t#a  b ");
    expect_str(str_word(&rest), "#a");
    expect_str(str_word(&rest), "b");
    expect_str(str_word(&rest), "");
    expect_str(rest, "");
    expect_str(str_word(&rest), "");
}

static void
an_empty_string_has_no_words(void **state)
{
    struct str rest = str_of(NULL);

    (void)state;
    expect_str(str_word(&rest), "");
    expect_str(rest, "");
}

static void
numbers_up_to_the_bound_are_read(void **state)
{
    unsigned long long v = 7;

    (void)state;
    assert_true(str_to_u64(str_of("0"), 10, &v));
    assert_int_equal(v, 0);
    assert_true(str_to_u64(str_of("0010"), 10, &v));
    assert_int_equal(v, 10);
    assert_true(str_to_u64(str_of("65535"), 65535, &v));
    assert_int_equal(v, 65535);
    assert_true(
        str_to_u64(str_of("18446744073709551615"), ULLONG_MAX, &v));
    assert_true(v == ULLONG_MAX);
    assert_true(str_to_u64(str_of("0"), 0, &v));
    assert_int_equal(v, 0);
}

static void
anything_else_is_no_number_and_leaves_the_value(void **state)
{
    static const char *const bad[] = {
        "", " 1", "1 ", "+1", "-1", "0x1", "1a", "a", "\xd9\xa1", "1.0",
        "18446744073709551616", "99999999999999999999999",
    };
    unsigned long long v = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(str_to_u64(str_of(bad[i]), ULLONG_MAX, &v));
    assert_false(str_to_u64(str_of("11"), 10, &v));
    assert_false(str_to_u64(str_of("20"), 10, &v));
    assert_false(str_to_u64(str_of("1"), 0, &v));
    assert_false(str_to_u64((struct str){"1\0", 2}, 100, &v));
    assert_int_equal(v, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_means_the_same_bytes),
        cmocka_unit_test(a_copy_holds_what_fits_and_ends),
        cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
        cmocka_unit_test(a_prefix_is_found_in_either_case),
        cmocka_unit_test(trimming_takes_blanks_from_both_ends),
        cmocka_unit_test(words_come_off_one_by_one),
        cmocka_unit_test(an_empty_string_has_no_words),
        cmocka_unit_test(numbers_up_to_the_bound_are_read),
        cmocka_unit_test(anything_else_is_no_number_and_leaves_the_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
