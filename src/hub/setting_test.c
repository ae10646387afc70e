/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "hub/setting.h"

/* What a text becomes when it is read and written again; NULL: refused. */
static void
expect_form(enum setting s, const char *text, const char *want)
{
    struct room_settings r = {0};
    char out[SETTING_TEXT_BYTES];
    bool fine = setting_read(s, str_of(text), &r);

    assert_int_equal(fine, want != NULL);
    if (fine && !str_eq(setting_write(s, &r, out), str_of(want)))
        fail_msg("\"%s\" became \"%.*s\"", text,
                 STR_FMT(setting_write(s, &r, out)));
}

static void
values_are_read_and_written_in_one_form(void **state)
{
    (void)state;
    expect_form(SETTING_PRIVACY, "public", "public");
    expect_form(SETTING_PRIVACY, "Private", "private");
    expect_form(SETTING_PRIVACY, "hidden", "hidden");
    expect_form(SETTING_HISTORY, "all", "all");
    expect_form(SETTING_HISTORY, "joined", "joined");
    expect_form(SETTING_SLOW, "off", "off");
    expect_form(SETTING_SLOW, "60s", "1m");
    expect_form(SETTING_SLOW, "10s", "10s");
    expect_form(SETTING_KEEP, "30d", "30d");
    expect_form(SETTING_KEEP, "1000", "1000");
    expect_form(SETTING_KEEP, "forever", "forever");
    expect_form(SETTING_DESCRIPTION, "about cats", "about cats");
    expect_form(SETTING_DESCRIPTION, "", "");
}

static void
what_is_no_value_is_refused(void **state)
{
    static char longer[LIMIT_DESCRIPTION_BYTES + 2];

    (void)state;
    memset(longer, 'x', LIMIT_DESCRIPTION_BYTES + 1);
    expect_form(SETTING_PRIVACY, "", NULL);
    expect_form(SETTING_PRIVACY, "secret", NULL);
    expect_form(SETTING_HISTORY, "none", NULL);
    expect_form(SETTING_SLOW, "10", NULL);
    expect_form(SETTING_SLOW, "2d", NULL);
    expect_form(SETTING_SLOW, "-5s", NULL);
    expect_form(SETTING_KEEP, "0", NULL);
    expect_form(SETTING_KEEP, "10s", NULL);
    expect_form(SETTING_KEEP, "99999999999999999999", NULL);
    expect_form(SETTING_DESCRIPTION, "two\nlines", NULL);
    expect_form(SETTING_DESCRIPTION, longer, NULL);
    expect_form(SETTING_NAME, "", NULL);
    expect_form((enum setting)0, "x", NULL);
    expect_form((enum setting)99, "x", NULL);
}

static void
keeping_by_time_and_by_number_replace_each_other(void **state)
{
    struct room_settings r = {.keep_n = 5};

    (void)state;
    assert_true(setting_read(SETTING_KEEP, str_of("2h"), &r));
    assert_int_equal(r.keep_ms, 7200000);
    assert_int_equal(r.keep_n, 0);
    assert_true(setting_read(SETTING_KEEP, str_of("7"), &r));
    assert_int_equal(r.keep_ms, 0);
    assert_int_equal(r.keep_n, 7);
}

static void
a_refused_value_changes_nothing(void **state)
{
    struct room_settings r = {.privacy = ROOM_HIDDEN, .slow_ms = 5000};

    (void)state;
    assert_false(setting_read(SETTING_PRIVACY, str_of("?"), &r));
    assert_false(setting_read(SETTING_SLOW, str_of("?"), &r));
    assert_int_equal(r.privacy, ROOM_HIDDEN);
    assert_int_equal(r.slow_ms, 5000);
}

static void
a_setting_is_found_by_its_word(void **state)
{
    enum setting s;

    (void)state;
    for (enum setting i = SETTING_PRIVACY; i <= SETTING_DESCRIPTION; i++) {
        assert_true(setting_find(str_of(setting_word(i)), &s));
        assert_int_equal(s, i);
    }
    assert_true(setting_find(str_of("SLOW"), &s));
    assert_false(setting_find(str_of("colour"), &s));
    assert_false(setting_find(str_of(""), &s));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_and_written_in_one_form),
        cmocka_unit_test(what_is_no_value_is_refused),
        cmocka_unit_test(keeping_by_time_and_by_number_replace_each_other),
        cmocka_unit_test(a_refused_value_changes_nothing),
        cmocka_unit_test(a_setting_is_found_by_its_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
