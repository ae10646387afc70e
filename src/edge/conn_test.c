/* SPDX-License-Identifier: MIT
 *
 * How a connection finds its dialect, and what time does to one without a
 * name. */
#include "edge/rig_test.h"
#include "edge/worker_impl.h"

#define NO_NAME "No name was given in time. Bye!\n"
#define TOO_LATE \
    "Hello comes first on this port: connect again and speak at once.\n"
#define TOO_MUCH "That is too much without a name. Bye!\n"

static void
impatient(struct rig *t)
{
    t->limits.grace_ms = 50;
}

/* --- Detection ---------------------------------------------------------- */

static void
the_first_bytes_choose_the_dialect_wherever_they_are_split(void **state)
{
    struct rig *t = *state;
    const char *say = "LOUD\nNAME bob\nPING 1\nQUIT\n";

    rig_start(t);
    for (size_t at = 1; at < strlen(say); at++) {
        int64_t before = rig_count(t, METRIC_bytes_in_total);
        int fd = client_new(t);

        client_send(fd, say, at);
        rig_await(t, METRIC_bytes_in_total, before + (int64_t)at);
        client_say(fd, say + at);
        client_expect(fd, "LOUD!\nwelcome bob\npong 1\n");
        client_expect_end(fd);
    }
}

static void
silence_is_greeted(void **state)
{
    struct rig *t = *state;
    int64_t began = clock_mono_ms();
    int fd;

    impatient(t);
    rig_start(t);
    fd = client_new(t);
    client_expect(fd, "Hello!\n");
    assert_true(clock_mono_ms() - began >= 50);
    client_talk(fd, "NAME bob\n", "welcome bob\n");
    close(fd);
}

static void
a_foreign_protocol_gets_its_answer_and_is_closed(void **state)
{
    struct rig *t = *state;
    char got[16] = "";
    int fd;

    rig_start(t);
    fd = client_new(t);
    client_say(fd, "NICK bob\r\nUSER bob 0 * :Bob\r\nNAME bob\n");
    client_read(fd, got, 12);
    assert_string_equal(got, "ERROR :IRC c");
    while (client_read(fd, got, 1) == 1)
        continue;
    close(fd);
    assert_int_equal(rig_count(t, METRIC_bad_input_total), 1);
    assert_int_equal(rig_count(t, METRIC_commands_total), 0);
}

static void
a_foreign_protocol_is_refused_after_the_greeting_too(void **state)
{
    struct rig *t = *state;
    char got[16] = "";
    int fd;

    impatient(t);
    rig_start(t);
    fd = client_new(t);
    client_expect(fd, "Hello!\n");
    client_say(fd, "N");
    rig_await(t, METRIC_bytes_in_total, 1);
    client_say(fd, "ICK bob\r\n");
    client_read(fd, got, 12);
    assert_string_equal(got, "ERROR :IRC c");
    close(fd);
    rig_await_connections(t, 0);
    assert_int_equal(rig_count(t, METRIC_bad_input_total), 1);
}

static void
another_dialect_after_the_greeting_comes_too_late(void **state)
{
    struct rig *t = *state;
    int fd;

    impatient(t);
    rig_start(t);
    fd = client_new(t);
    client_expect(fd, "Hello!\n");
    client_talk(fd, "LOUD\nNAME bob\n", TOO_LATE);
    client_expect_end(fd);
    assert_int_equal(rig_count(t, METRIC_bad_input_total), 1);
}

static void
what_is_no_other_dialect_after_all_is_the_fallbacks(void **state)
{
    struct rig *t = *state;
    int64_t before;
    int fd;

    impatient(t);
    rig_start(t);
    for (int greeted = 0; greeted < 2; greeted++) {
        fd = client_new(t);
        if (greeted)
            client_expect(fd, "Hello!\n");
        before = rig_count(t, METRIC_bytes_in_total);
        client_say(fd, "LO");
        rig_await(t, METRIC_bytes_in_total, before + 2);
        client_say(fd, "L\n");
        client_expect(fd, greeted ? "what? LOL\n" : "Hello!\nwhat? LOL\n");
        close(fd);
    }
}

static void
what_is_decided_is_never_looked_at_again(void **state)
{
    struct rig *t = *state;
    int fd;

    rig_start(t);
    fd = client_new(t);
    client_talk(fd, "WHAT\n", "Hello!\nwhat? WHAT\n");
    client_talk(fd, "NICK bob\nLOUD\n", "what? NICK\nwhat? LOUD\n");
    close(fd);
}

static void
an_undecided_end_is_the_fallbacks(void **state)
{
    struct rig *t = *state;
    int fd;

    rig_start(t);
    fd = client_new(t);
    client_say(fd, "LO");
    shutdown(fd, SHUT_WR);
    client_expect(fd, "Hello!\nwhat? LO\n");
    client_expect_end(fd);
}

static void
a_pause_decides_when_newlines_are_optional(void **state)
{
    struct rig *t = *state;
    int fd;

    t->config.newline = LINE_NEWLINE_OPTIONAL;
    impatient(t);
    rig_start(t);
    fd = client_new(t);
    client_talk(fd, "LO", "Hello!\n");
    client_talk(fd, "UD\n", "what? LOUD\n");
    close(fd);

    fd = client_new(t);
    client_expect(fd, "Hello!\n");
    client_say(fd, "LO");
    poll(NULL, 0, 200);
    client_talk(fd, "UD\n", "what? LOUD\n");
    close(fd);
}

static void
a_pause_decides_nothing_when_newlines_are_required(void **state)
{
    struct rig *t = *state;
    int fd;

    rig_start(t);
    fd = client_new(t);
    client_say(fd, "LO");
    poll(NULL, 0, 200);
    client_talk(fd, "UD\n", "LOUD!\n");
    close(fd);
}

/* --- Deadlines ---------------------------------------------------------- */

static void
half_a_line_is_waited_for_only_so_long(void **state)
{
    struct rig *t = *state;
    int64_t began = clock_mono_ms();
    int fd;

    t->limits.first_ms = 100;
    rig_start(t);
    fd = client_new(t);
    client_talk(fd, "LO", NO_NAME);
    client_expect_end(fd);
    assert_true(clock_mono_ms() - began >= 100);

    fd = client_new(t);
    client_talk(fd, "NAM", "Hello!\n" NO_NAME);
    client_expect_end(fd);
}

static void
another_dialect_says_it_in_its_own_words(void **state)
{
    struct rig *t = *state;
    int fd;

    t->limits.first_ms = 100;
    rig_start(t);
    fd = client_new(t);
    client_say(fd, "LOUD\nNAM");
    client_expect(fd, "LOUD!\nfarewell: " NO_NAME);
    client_expect_end(fd);
}

static void
a_name_is_waited_for_only_so_long_whatever_is_said(void **state)
{
    struct rig *t = *state;
    int64_t began = clock_mono_ms();
    int silent, busy;

    impatient(t);
    t->limits.login_ms = 300;
    rig_start(t);
    silent = client_new(t);
    busy = client_new(t);
    client_talk(busy, "WHAT\n", "Hello!\nwhat? WHAT\n");
    for (int i = 0; i < 5; i++) {
        poll(NULL, 0, 20);
        client_talk(busy, "WHAT\n", "what? WHAT\n");
    }
    client_expect(busy, NO_NAME);
    client_expect_end(busy);
    client_expect(silent, "Hello!\n" NO_NAME);
    client_expect_end(silent);
    assert_true(clock_mono_ms() - began >= 300);
}

static void
who_has_a_name_may_be_silent(void **state)
{
    struct rig *t = *state;
    int fd;

    t->limits.grace_ms = t->limits.first_ms = t->limits.login_ms = 50;
    t->limits.stall_ms = 50;
    rig_start(t);
    fd = client_enter(t, "bob");
    poll(NULL, 0, 300);
    client_talk(fd, "PING 1\n", "pong 1\n");
    close(fd);
}

/* --- Before there is a name --------------------------------------------- */

static void
too_much_without_a_name_is_refused(void **state)
{
    struct rig *t = *state;
    char junk[LIMIT_PRELOGIN_BYTES];
    int fd;

    memset(junk, 'x', sizeof(junk));
    rig_start(t);
    fd = client_new(t);
    client_send(fd, junk, sizeof(junk));
    rig_await(t, METRIC_bytes_in_total, sizeof(junk));
    client_expect(fd, "Hello!\n");
    client_talk(fd, "x", TOO_MUCH);
    client_expect_end(fd);
}

static void
much_behind_a_name_waits_for_its_welcome(void **state)
{
    struct rig *t = *state;
    struct script s;
    int fd;

    t->limits.prelogin_bytes = 16;
    rig_start(t);
    fd = client_new(t);
    script_init(&s);
    assert_int_equal(buf_printf(&s.say, "NAME bob\n"), 0);
    assert_int_equal(buf_printf(&s.want, "Hello!\nwelcome bob\n"), 0);
    for (int i = 0; i < 20000; i++)
        script_add(&s, "PING", "pong", i);
    client_talk(fd, s.say.p, s.want.p);
    script_done(&s);
    close(fd);
}

static void
an_unnamed_ones_commands_are_answered_before_the_close(void **state)
{
    struct rig *t = *state;
    int fd;

    rig_start(t);
    fd = client_new(t);
    client_say(fd, "SAY #r x\nJOIN #r\nQUIT\nPING 1\n");
    client_expect(fd, "Hello!\ndenied no_name\ndenied no_name\n");
    client_expect_end(fd);
}

static bool
holds(const struct rig *t, const char *text)
{
    return memmem(t->worker->input, LIMIT_READ_BYTES, text, strlen(text))
        != NULL;
}

/* Whoever reads the memory of a server later finds no password there. */
static void
the_shared_buffer_keeps_no_secret(void **state)
{
    struct rig *t = *state;
    int fd, other;

    rig_start(t);
    fd = client_new(t);
    other = client_new(t);
    client_expect(fd, "Hello!\n");
    client_talk(other, "NAME bob\n", "Hello!\nwelcome bob\n");
    client_say(fd, "LOGIN Zitronen");
    client_talk(other, "ASK 2\n", "pong 2\n");
    client_talk(fd, "falter\nPING 3\n",
                "denied bad_credentials\ndenied no_name\n");
    assert_false(holds(t, "Zitronen"));
    assert_false(holds(t, "falter"));
    client_talk(fd, "LOGIN Zitronenfalter\n", "denied bad_credentials\n");
    assert_false(holds(t, "Zitronenfalter"));
    close(fd);
    close(other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        rig_unit_test(
            the_first_bytes_choose_the_dialect_wherever_they_are_split),
        rig_unit_test(silence_is_greeted),
        rig_unit_test(a_foreign_protocol_gets_its_answer_and_is_closed),
        rig_unit_test(a_foreign_protocol_is_refused_after_the_greeting_too),
        rig_unit_test(another_dialect_after_the_greeting_comes_too_late),
        rig_unit_test(what_is_no_other_dialect_after_all_is_the_fallbacks),
        rig_unit_test(what_is_decided_is_never_looked_at_again),
        rig_unit_test(an_undecided_end_is_the_fallbacks),
        rig_unit_test(a_pause_decides_when_newlines_are_optional),
        rig_unit_test(a_pause_decides_nothing_when_newlines_are_required),
        rig_unit_test(half_a_line_is_waited_for_only_so_long),
        rig_unit_test(another_dialect_says_it_in_its_own_words),
        rig_unit_test(a_name_is_waited_for_only_so_long_whatever_is_said),
        rig_unit_test(who_has_a_name_may_be_silent),
        rig_unit_test(too_much_without_a_name_is_refused),
        rig_unit_test(much_behind_a_name_waits_for_its_welcome),
        rig_unit_test(an_unnamed_ones_commands_are_answered_before_the_close),
        rig_unit_test(the_shared_buffer_keeps_no_secret),
    };
    return cmocka_run_group_tests_name("conn", tests, rig_main_setup, NULL);
}
