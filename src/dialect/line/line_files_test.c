/* SPDX-License-Identifier: MIT */
#include "dialect/line/files_test.h"

/* --- coming in --- */

static void
a_file_is_stored_shared_and_followed_by_chat(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);
    char want[200];

    (void)state;
    say(&play, "FILE:C:\\my cats\\my cat.jpg:13\nabc\n/quit\ndefafter it\n");
    snprintf(want, sizeof want,
             "= UPLOAD #lobby C:\\my cats\\my cat.jpg 13\n"
             "< Shared my cat.jpg (13 bytes): /get %s or /f/%s/my%%20cat.jpg\n"
             "= POST #lobby after it\n", id_text(1), id_text(1));
    expect_has(&play, want);
    assert_false(play.conn->ended);
    line_play_done(&play);
}

static void
a_stored_file_has_the_bytes_that_were_sent(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);
    const size_t n = 200000;
    char *data = must_alloc(n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        data[i] = (char)(i * i / 7);
    say(&play, "FILE:a.bin:200000\n");
    for (size_t at = 0; at < n; at += 777)
        line_play_input(&play, data + at, n - at < 777 ? n - at : 777);
    expect_has(&play, "< Shared a.bin (200000 bytes)");
    buf_clear(&play.conn->sent);
    play.shown = 0;
    ask_for(&play, 1);
    assert_int_equal(play.conn->sent.n, n + strlen("FILE:a.bin:200000\n"));
    assert_memory_equal(play.conn->sent.p, "FILE:a.bin:200000\n", 18);
    assert_memory_equal(play.conn->sent.p + 18, data, n);
    free(data);
    line_play_done(&play);
}

static void
a_file_of_no_bytes_is_one(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    say(&play, "FILE:empty:0\nhello\n");
    expect_has(&play, "< Shared empty (0 bytes): ");
    expect_has(&play, "= POST #lobby hello\n");
    say(&play, "FILE:one:1\n1");
    expect_has(&play, "< Shared one (1 byte): ");
    line_play_done(&play);
}

static void
a_refused_file_is_read_and_dropped(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    say(&play, "FILE:refuse me:9\n");
    expect_has(&play, "< refuse me was not stored: There is no room left for "
                      "more files.\n");
    say(&play, "/quit\nab\nhello\n");
    expect_has(&play, "= POST #lobby hello\n");
    assert_false(play.conn->ended);

    say(&play, "FILE:x:18446744073709551615\n");
    expect_has(&play, "< x was not stored: That file is larger than this "
                      "server takes.\n");
    say(&play, "/quit\n");
    assert_false(play.conn->ended);
    line_play_done(&play);
}

static void
a_file_needs_a_room(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    say(&play, "/part\nFILE:x:6\n/quit\n/join #ops\n");
    expect_has(&play, "< x was not stored: you are in no room, /join one "
                      "first.\n");
    expect_has(&play, "= JOIN #ops\n");
    expect_has_not(&play, "UPLOAD");
    line_play_done(&play);
}

static void
what_follows_a_file_waits_for_it(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    play.stuck = true;
    say(&play, "FILE:x:3\nabchello\n/who\n");
    expect_has_not(&play, "POST");
    hear(&play, event_in(EVENT_MESSAGE, "#lobby", "alice", "hi"),
         "> FILE:x:3\n> abchello\n> /who\n= UPLOAD #lobby x 3\n"
         "< alice: hi\n");
    play.stuck = false;
    line_play_go_on(&play);
    expect_has(&play, "< Shared x (3 bytes)");
    expect_has(&play, "= POST #lobby hello\n= WHO #lobby\n");
    line_play_done(&play);
}

static void
the_end_of_input_waits_for_a_whole_file(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    play.stuck = true;
    say(&play, "FILE:x:3\nabc");
    line_play_eof(&play);
    assert_false(play.conn->finished);
    play.stuck = false;
    line_play_go_on(&play);
    expect_has(&play, "< Shared x (3 bytes)");
    assert_true(play.conn->finished);
    line_play_done(&play);
}

static void
the_end_of_input_in_a_file_drops_it(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    say(&play, "FILE:x:30\nabc");
    line_play_eof(&play);
    expect_has(&play, "= DROP\n");
    expect_has_not(&play, "Shared");
    assert_true(play.conn->finished);
    line_play_done(&play);
}

static void
a_file_that_brings_nothing_is_given_up(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);

    (void)state;
    say(&play, "FILE:x:30\nabc");
    assert_int_equal(play.conn->timer_ms, 75000);
    play.conn->silent_ms = 70000;
    line_play_timer(&play);
    assert_int_equal(play.conn->timer_ms, 5000);
    assert_false(play.conn->ended);
    play.conn->silent_ms = 75000;
    line_play_timer(&play);
    expect_has(&play, "< x was given up: nothing of it came for too long.\n");
    assert_true(play.conn->ended);
    line_play_done(&play);
}

/* --- without newlines --- */

static void
expect_bare(const char *bytes, const char *upload, const char *rest)
{
    struct line_play whole = bob_with(LINE_NEWLINE_OPTIONAL), split;
    const size_t n = strlen(bytes);

    say(&whole, bytes);
    expect_has(&whole, upload);
    expect_has(&whole, rest);
    for (size_t cut = 1; cut < n; cut++) {
        split = bob_with(LINE_NEWLINE_OPTIONAL);
        line_play_input(&split, bytes, cut);
        line_play_input(&split, bytes + cut, n - cut);
        assert_string_equal(split.commands.p, whole.commands.p);
        line_play_done(&split);
    }
    line_play_done(&whole);
}

static void
a_header_needs_no_newline_where_none_is_sent(void **state)
{
    (void)state;
    expect_bare("FILE:a.png:4\x89PNGhello\n", "= UPLOAD #lobby a.png 4\n",
                "= POST #lobby hello\n");
    expect_bare("FILE:a.png:4\n\x89PNGhello\n", "= UPLOAD #lobby a.png 4\n",
                "= POST #lobby hello\n");
    expect_bare("FILE:a.png:4\r\n\x89PNGhello\n", "= UPLOAD #lobby a.png 4\n",
                "= POST #lobby hello\n");
    expect_bare("FILE:a.png:4\rPNGhello\n", "= UPLOAD #lobby a.png 4\n",
                "= POST #lobby hello\n");
    expect_bare("FILE:a:12:b.png:4\n\x89PNGhello\n",
                "= UPLOAD #lobby a:12:b.png 4\n", "= POST #lobby hello\n");
}

static void
a_header_ends_after_a_pause(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_OPTIONAL);

    (void)state;
    say(&play, "FILE:n.txt:1");
    say(&play, "0");
    assert_int_equal(play.conn->timer_ms, 200);
    line_play_timer(&play);
    say(&play, "0123456789hello\n");
    expect_has(&play, "= UPLOAD #lobby n.txt 10\n");
    expect_has(&play, "= POST #lobby hello\n");
    line_play_done(&play);
}

/* --- the list --- */

static void
files_are_listed(void **state)
{
    struct line_play play = bob_with(LINE_NEWLINE_REQUIRED);
    char want[300], id[FILE_ID_CHARS + 1];

    (void)state;
    perform(&play, "> /files\n= FILES 20 #lobby\n"
                   "< No file has been shared in #lobby yet.\n");
    say(&play, "FILE:x.txt:6\nhello\n");
    line_play_arrive(&play, 2, "y.txt", FILE_SIZE_UNKNOWN);
    line_play_forget(&play);
    say(&play, "/files 9 ops\n");
    snprintf(id, sizeof id, "%s", id_text(2));
    snprintf(want, sizeof want,
             "> /files 9 ops\n= FILES 9 #ops\n"
             "< 2 files in #ops, the newest first:\n"
             "<   y.txt (size unknown) from alice: /get %s (still arriving)\n"
             "<   x.txt (6 bytes) from alice: /get %s\n", id, id_text(1));
    expect_script(&play, want);
    perform(&play, "> /files 0\n"
                   "< Usage: /files [n] [#room], /files inline, /files off\n"
                   "> /files inlien off\n"
                   "< Usage: /files [n] [#room], /files inline, /files off\n"
                   "> /file\n"
                   "< Unknown command /file. Did you mean /files?\n");
    line_play_done(&play);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_stored_shared_and_followed_by_chat),
        cmocka_unit_test(a_stored_file_has_the_bytes_that_were_sent),
        cmocka_unit_test(a_file_of_no_bytes_is_one),
        cmocka_unit_test(a_refused_file_is_read_and_dropped),
        cmocka_unit_test(a_file_needs_a_room),
        cmocka_unit_test(what_follows_a_file_waits_for_it),
        cmocka_unit_test(the_end_of_input_waits_for_a_whole_file),
        cmocka_unit_test(the_end_of_input_in_a_file_drops_it),
        cmocka_unit_test(a_file_that_brings_nothing_is_given_up),
        cmocka_unit_test(a_header_needs_no_newline_where_none_is_sent),
        cmocka_unit_test(a_header_ends_after_a_pause),
        cmocka_unit_test(files_are_listed),
    };

    rand_init();
    return cmocka_run_group_tests_name("line_files", tests, NULL, NULL);
}
