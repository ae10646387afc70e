/* SPDX-License-Identifier: MIT */
#include "dialect/line/files_test.h"

#define ID "04000000000000000000000000"

/* --- going out --- */

static void
a_file_is_sent_between_two_lines(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    say(&play, "FILE:x.txt:6\nhello\n");
    line_play_forget(&play);
    ask_for(&play, 1);
    expect_has(&play, "= FETCH\n< FILE:x.txt:6\n< hello\n");
    assert_false(play.conn->occupied);
    line_play_forget(&play);
    say(&play, "/get http://127.0.0.1:4000/f/");
    say(&play, id_text(1));
    say(&play, "/x.txt\n");
    expect_has(&play, "< FILE:x.txt:6\n< hello\n");
    line_play_done(&play);
}

static void
a_file_is_followed_while_it_arrives(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    line_play_arrive(&play, 1, "a.bin", 12);
    ask_for(&play, 1);
    line_play_grow(&play, 1, "half,\n", 6);
    expect_has(&play, "< FILE:a.bin:12\n< half,\n");
    assert_true(play.conn->occupied);
    say(&play, "hello\n");
    expect_has_not(&play, "POST");
    line_play_grow(&play, 1, "whole\n", 6);
    expect_has(&play, "< whole\n");
    assert_false(play.conn->occupied);
    expect_has(&play, "= POST #lobby hello\n");
    line_play_done(&play);
}

static void
a_file_that_comes_to_nothing_is_cut_by_a_reset(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    line_play_arrive(&play, 1, "a.bin", 12);
    ask_for(&play, 1);
    line_play_grow(&play, 1, "half,\n", 6);
    line_play_gone(&play, 1);
    assert_true(play.conn->ended && play.conn->was_reset);
    line_play_done(&play);
}

static void
an_end_in_the_middle_of_a_file_is_a_reset_without_words(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    line_play_arrive(&play, 1, "a.bin", 12);
    ask_for(&play, 1);
    line_play_grow(&play, 1, "half,\n", 6);
    line_play_event(&play, event_new(EVENT_STOPPING, nothing, nothing,
                                     nothing, nothing));
    expect_has_not(&play, "shutting down");
    assert_true(play.conn->was_reset);
    line_play_done(&play);
}

static void
a_file_of_unknown_size_has_to_be_shared_first(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    line_play_arrive(&play, 1, "a.bin", FILE_SIZE_UNKNOWN);
    ask_for(&play, 1);
    expect_has(&play, "< a.bin is still arriving and its size is not known: "
                      "/get it again when it has been shared.\n");
    line_play_grow(&play, 1, "abc\n", 4);
    line_play_whole(&play, 1);
    ask_for(&play, 1);
    expect_has(&play, "< FILE:a.bin:4\n< abc\n");
    line_play_done(&play);
}

static void
what_is_no_file_is_not_sent(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    perform(&play,
            "> /get cat.jpg\n"
            "< \"cat.jpg\" is no file's id. /files lists them.\n"
            "> /get " ID "\n"
            "= FETCH\n"
            "< There is no such file.\n"
            "> /get\n"
            "< Usage: /get ID\n");
    line_play_done(&play);
}

/* --- inline --- */

static struct line_play
inline_bob(void)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    say(&play, "/files inline\n");
    line_play_forget(&play);
    return play;
}

static void
whoever_wants_it_is_sent_files_as_they_arrive(void **state)
{
    struct line_play play = inline_bob();

    (void)state;
    line_play_arrive(&play, 1, "a.bin", 12);
    line_play_event(&play, uploading(1, 12));
    line_play_grow(&play, 1, "half,\n", 6);
    expect_has(&play, "< FILE:a.bin:12\n< half,\n");
    say(&play, "hello\n/who\n");
    expect_has(&play, "= POST #lobby hello\n");
    expect_has_not(&play, "= WHO");
    say(&play, "refuse\n");
    line_play_grow(&play, 1, "whole\n", 6);
    expect_has(&play, "< whole\n");
    line_play_whole(&play, 1);
    expect_has(&play, "= WHO #lobby\n");
    line_play_event(&play, shared(1, 12, "a.bin"));
    expect_has(&play, "< alice shared a.bin (12 bytes): /get ");
    assert_null(strstr(strstr(play.script.p, "FILE:") + 1, "FILE:"));
    line_play_done(&play);
}

static void
a_question_before_keeps_no_file_back(void **state)
{
    struct line_play play = inline_bob();

    (void)state;
    say(&play, "/who\n");
    expect_has(&play, "= WHO #lobby\n");
    line_play_arrive(&play, 1, "a.bin", 12);
    line_play_event(&play, uploading(1, 12));
    line_play_grow(&play, 1, "half,\n", 6);
    expect_has(&play, "< FILE:a.bin:12\n< half,\n");
    line_play_done(&play);
}

static void
a_refusal_during_a_file_comes_behind_it(void **state)
{
    struct line_play play = inline_bob();

    (void)state;
    line_play_arrive(&play, 1, "a.bin", 12);
    line_play_event(&play, uploading(1, 12));
    say(&play, "refuse\n");
    expect_has_not(&play, "< The server's disk");
    line_play_grow(&play, 1, "half,\nwhole\n", 12);
    expect_has(&play, "< whole\n< The server's disk is full: ");
    line_play_done(&play);
}

static void
what_was_not_heard_of_before_is_sent_with_its_message(void **state)
{
    struct line_play play = inline_bob();

    (void)state;
    line_play_arrive(&play, 1, "a.bin", FILE_SIZE_UNKNOWN);
    line_play_event(&play, uploading(1, FILE_SIZE_UNKNOWN));
    line_play_grow(&play, 1, "abc\n", 4);
    line_play_whole(&play, 1);
    expect_has_not(&play, "FETCH");
    line_play_event(&play, shared(1, 4, "a.bin"));
    expect_has(&play, "= FETCH\n< FILE:a.bin:4\n< abc\n");
    line_play_done(&play);
}

static void
files_wait_for_each_other_and_too_many_are_left(void **state)
{
    struct line_play play = inline_bob();
    const char *at;
    unsigned n = 0;

    (void)state;
    for (unsigned i = 1; i <= 20; i++) {
        line_play_arrive(&play, i, "a.bin", 4);
        line_play_event(&play, uploading(i, 4));
    }
    for (unsigned i = 20; i >= 1; i--)
        line_play_grow(&play, i, "abc\n", 4);
    for (at = play.script.p; (at = strstr(at, "FILE:a.bin:4\n< abc\n")); at++)
        n++;
    assert_int_equal(n, 1 + 16);
    line_play_done(&play);
}

static void
one_s_own_files_are_not_sent_back(void **state)
{
    struct line_play play = inline_bob();
    struct event *e = uploading(1, 12);

    (void)state;
    line_play_arrive(&play, 1, "a.bin", 12);
    e->session = play.conn->receiver.session;
    line_play_event(&play, e);
    e = shared(1, 12, "a.bin");
    e->sender_id = play.conn->receiver.who.sender_id;
    line_play_event(&play, e);
    expect_has_not(&play, "FETCH");
    line_play_done(&play);
}

static void
nothing_is_sent_to_whoever_has_turned_it_off(void **state)
{
    struct line_play play = inline_bob();

    (void)state;
    say(&play, "/files off\n");
    assert_false(play.conn->receiver.wants_uploads);
    line_play_arrive(&play, 1, "a.bin", 12);
    line_play_event(&play, uploading(1, 12));
    expect_has_not(&play, "FETCH");
    line_play_done(&play);
}

static void
inline_can_be_what_connections_start_with(void **state)
{
    struct dialect_config with = config_with(LINE_NEWLINE_REQUIRED);
    struct line_play play;

    (void)state;
    with.sharing = LINE_SHARING_INLINE;
    play = enter_as("bob\n", &with);
    assert_true(play.conn->receiver.wants_uploads);
    line_play_done(&play);
}

static void
an_inline_file_that_brings_nothing_is_cut(void **state)
{
    struct line_play play = inline_bob();

    (void)state;
    line_play_arrive(&play, 1, "a.bin", 12);
    line_play_event(&play, uploading(1, 12));
    line_play_grow(&play, 1, "half,\n", 6);
    assert_int_equal(play.conn->timer_ms, 75000);
    line_play_timer(&play);
    assert_false(play.conn->ended);
    assert_int_equal(play.conn->timer_ms, 75000);
    line_play_timer(&play);
    assert_true(play.conn->was_reset);
    line_play_done(&play);
}

static void
both_ways_at_once_is_no_deadlock(void **state)
{
    struct line_play play = inline_bob();

    (void)state;
    line_play_arrive(&play, 1, "a.bin", 12);
    line_play_event(&play, uploading(1, 12));
    say(&play, "FILE:first:6\nabcdefFILE:second:6\nabc");
    expect_has(&play, "= UPLOAD #lobby first 6\n");
    expect_has(&play, "= UPLOAD #lobby second 6\n");
    expect_has_not(&play, "< Shared");
    line_play_grow(&play, 1, "half,\nwhole\n", 12);
    expect_has(&play, "< whole\n< Shared first (6 bytes)");
    say(&play, "def/who\n");
    expect_has(&play, "< Shared second (6 bytes)");
    line_play_done(&play);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_sent_between_two_lines),
        cmocka_unit_test(a_file_is_followed_while_it_arrives),
        cmocka_unit_test(a_file_that_comes_to_nothing_is_cut_by_a_reset),
        cmocka_unit_test(
            an_end_in_the_middle_of_a_file_is_a_reset_without_words),
        cmocka_unit_test(a_file_of_unknown_size_has_to_be_shared_first),
        cmocka_unit_test(what_is_no_file_is_not_sent),
        cmocka_unit_test(whoever_wants_it_is_sent_files_as_they_arrive),
        cmocka_unit_test(a_question_before_keeps_no_file_back),
        cmocka_unit_test(a_refusal_during_a_file_comes_behind_it),
        cmocka_unit_test(what_was_not_heard_of_before_is_sent_with_its_message),
        cmocka_unit_test(files_wait_for_each_other_and_too_many_are_left),
        cmocka_unit_test(one_s_own_files_are_not_sent_back),
        cmocka_unit_test(nothing_is_sent_to_whoever_has_turned_it_off),
        cmocka_unit_test(inline_can_be_what_connections_start_with),
        cmocka_unit_test(an_inline_file_that_brings_nothing_is_cut),
        cmocka_unit_test(both_ways_at_once_is_no_deadlock),
    };

    rand_init();
    return cmocka_run_group_tests_name("line_send", tests, NULL, NULL);
}
