/* SPDX-License-Identifier: MIT
 *
 * Standard error is replaced by a pipe while an event is written. A packet
 * pipe gives one read per write, so that the test counts writes too. */
#include "base/log.h"
#include "base/str.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char line[8192];
static int saved, ends[2];

static void
capture(void)
{
    assert_int_equal(pipe2(ends, O_DIRECT), 0);
    saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
}

/* What one write brought, without its time stamp and line feed. */
static const char *
captured(void)
{
    char more[1];
    ssize_t n;

    dup2(saved, STDERR_FILENO);
    close(saved);
    n = read(ends[0], line, sizeof(line) - 1);
    assert_int_equal(read(ends[0], more, 1), 0);
    close(ends[0]);
    if (n == 0)
        return "";
    assert_true(n > 25 && line[n - 1] == '\n');
    line[n - 1] = '\0';
    return line + 25;
}

static void
an_event_is_one_line_of_words_and_fields(void **state)
{
    struct str addr = str_of("127.0.0.1:5");

    (void)state;
    capture();
    log_event(LOG_INFO, "edge", "accepted", LOG_N("session", 12),
              LOG_STR("addr", addr), LOG_S("dialect", "line"));
    assert_string_equal(captured(), "info edge accepted session=12 "
                                    "addr=127.0.0.1:5 dialect=line");

    capture();
    log_event(LOG_ERROR, "core", "stopped");
    assert_string_equal(captured(), "error core stopped");

    capture();
    log_event(LOG_WARN, "core", "odd", LOG_N("n", -5));
    assert_string_equal(captured(), "warn core odd n=-5");
}

static void
the_time_is_utc_with_milliseconds(void **state)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ ";

    (void)state;
    capture();
    log_event(LOG_INFO, "a", "b");
    captured();
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'd')
            assert_in_range(line[i], '0', '9');
        else
            assert_int_equal(line[i], form[i]);
    }
}

static void
no_value_can_forge_a_line_or_a_field(void **state)
{
    static const struct {
        const char *value, *want;
    } rows[] = {
        {"", "v=\"\""},
        {"plain-_.:/#", "v=plain-_.:/#"},
        {"two words", "v=\"two words\""},
        {"a=b", "v=\"a=b\""},
        {"say \"x\"", "v=\"say \\\"x\\\"\""},
        {"back\\slash", "v=\"back\\\\slash\""},
        {"x\ninfo edge accepted", "v=\"x\\ninfo edge accepted\""},
        {"\r\t\x1b[31m\x7f", "v=\"\\x0d\\x09\\x1b[31m\\x7f\""},
        {"\xc2\x9b\xe2\x80\xa8", "v=\"\\xc2\\x9b\\xe2\\x80\\xa8\""},
        {"\xff", "v=\"\\xff\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        capture();
        log_event(LOG_INFO, "a", "b", LOG_S("v", rows[i].value));
        assert_string_equal(captured() + strlen("info a b "), rows[i].want);
    }
    capture();
    log_event(LOG_INFO, "a", "b", LOG_STR("v", ((struct str){"a\0b", 3})));
    assert_string_equal(captured(), "info a b v=\"a\\x00b\"");
    capture();
    log_event(LOG_INFO, "a", "b", LOG_S("v", NULL));
    assert_string_equal(captured(), "info a b v=\"\"");
}

static void
a_long_value_is_cut_and_says_so(void **state)
{
    char value[600], want[600];

    (void)state;
    memset(value, 'x', sizeof(value));
    value[512] = '\0';
    capture();
    log_event(LOG_INFO, "a", "b", LOG_S("v", value));
    assert_string_equal(captured() + strlen("info a b v="), value);

    value[512] = 'x';
    value[513] = '\0';
    capture();
    log_event(LOG_INFO, "a", "b", LOG_S("v", value), LOG_N("n", 1));
    memset(want, 'x', sizeof(want));
    want[0] = '"';
    snprintf(want + 513, sizeof(want) - 513, "...\" n=1");
    assert_string_equal(captured() + strlen("info a b v="), want);
}

static void
a_long_line_drops_whole_fields_and_says_so(void **state)
{
    char value[513];
    const char *got;
    size_t n;

    (void)state;
    memset(value, '\n', sizeof(value) - 1);
    value[512] = '\0';
    capture();
    log_event(LOG_INFO, "a", "b", LOG_S("a", value), LOG_S("b", value),
              LOG_S("c", value), LOG_S("d", value), LOG_N("e", 5));
    got = captured();
    n = strlen(got);
    assert_true(n < 4096);
    assert_string_equal(got + n - strlen("\\n\" truncated=yes"),
                        "\\n\" truncated=yes");
    assert_null(strstr(got, " d="));
    assert_null(strstr(got, " e="));
}

static void
only_levels_up_to_the_set_one_are_written(void **state)
{
    (void)state;
    capture();
    log_event(LOG_DEBUG, "a", "b");
    assert_string_equal(captured(), "");

    log_set_level(LOG_DEBUG);
    capture();
    log_event(LOG_DEBUG, "a", "b");
    assert_string_equal(captured(), "debug a b");

    log_set_level(LOG_WARN);
    capture();
    log_event(LOG_INFO, "a", "b");
    assert_string_equal(captured(), "");
    log_set_level(LOG_INFO);
}

static void
a_level_is_known_by_its_word(void **state)
{
    enum log_level level = LOG_INFO;

    (void)state;
    assert_true(log_level_parse("error", &level));
    assert_int_equal(level, LOG_ERROR);
    assert_true(log_level_parse("debug", &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_false(log_level_parse("Debug", &level));
    assert_false(log_level_parse("", &level));
    assert_false(log_level_parse("all", &level));
    assert_int_equal(level, LOG_DEBUG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_line_of_words_and_fields),
        cmocka_unit_test(the_time_is_utc_with_milliseconds),
        cmocka_unit_test(no_value_can_forge_a_line_or_a_field),
        cmocka_unit_test(a_long_value_is_cut_and_says_so),
        cmocka_unit_test(a_long_line_drops_whole_fields_and_says_so),
        cmocka_unit_test(only_levels_up_to_the_set_one_are_written),
        cmocka_unit_test(a_level_is_known_by_its_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
