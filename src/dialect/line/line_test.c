/* SPDX-License-Identifier: MIT */
#include "dialect/line/acting_test.h"

/* --- the beginning --- */

static void
the_dialogue_of_the_design_is_word_for_word(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    expect_script(&play, "< Hi! Welcome to loquat. What's your name?\n");
    perform(&play,
            "> \n"
            "< Please enter a non-empty name:\n"
            "> alice\n"
            "= ENTER alice\n"
            "< Name \"alice\" is already taken. Choose a different name:\n"
            "> Alice\n"
            "= ENTER Alice\n"
            "< Name \"Alice\" is already taken. Choose a different name:\n"
            ">  bob \n"
            "= ENTER bob\n"
            "< Welcome, bob! You can now chat. Type messages and press Enter.\n"
            "= JOIN #lobby\n"
            "< You are in #lobby. /help lists the commands.\n"
            "> hello\n"
            "= POST #lobby hello\n");
    hear(&play, event_in(EVENT_JOINED, "#lobby", "alice", ""),
         "< alice has joined the chat.\n");
    hear(&play, event_in(EVENT_MESSAGE, "#lobby", "alice", "hello"),
         "< alice: hello\n");
    hear(&play, event_in(EVENT_LEFT, "#lobby", "alice", "gone"),
         "< alice has left the chat.\n");
    hear(&play, event_new(EVENT_ANNOUNCEMENT, nothing, nothing,
                          str_of("cake!\nin the kitchen"), nothing),
         "< [SERVER]: cake!\n< [SERVER]: in the kitchen\n");
    hear(&play, event_new(EVENT_STOPPING, nothing, nothing, nothing, nothing),
         "< Server is shutting down. Bye!\n");
    line_play_done(&play);
}

static void
the_server_has_the_name_that_it_was_given(void **state)
{
    struct dialect_config other = config;
    struct line_play play;

    (void)state;
    other.server_name = "the Orchard";
    play = begin(&other);
    expect_script(&play, "< Hi! Welcome to the Orchard. What's your name?\n");
    line_play_done(&play);
}

static void
a_bad_name_is_refused_with_its_reason(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    line_play_forget(&play);
    perform(&play,
            "> Ada Lovelace\n"
            "< Name \"Ada Lovelace\" cannot be used: it has a character that "
            "is not allowed there. Choose a different name:\n"
            "> server\n"
            "< Name \"server\" cannot be used: it is reserved. Choose a "
            "different name:\n"
            "> #ops\n"
            "< Name \"#ops\" cannot be used: it has a character that is not "
            "allowed there. Choose a different name:\n");
    line_play_done(&play);
}

static void
a_name_with_a_room_enters_that_room(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    line_play_forget(&play);
    perform(&play,
            "> bob #oh!no\n"
            "< Room \"#oh!no\" cannot be used: it has a character that is not "
            "allowed there. What's your name?\n"
            "> bob \t #ops\n"
            "= ENTER bob\n"
            "< Welcome, bob! You can now chat. Type messages and press Enter.\n"
            "= JOIN #ops\n"
            "< You are in #ops. /help lists the commands.\n"
            "< Topic: it is on fire\n"
            "> hello\n"
            "= POST #ops hello\n");
    line_play_done(&play);
}

static void
a_room_that_stays_closed_leaves_one_in_none(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    line_play_forget(&play);
    perform(&play,
            "> bob #closed\n"
            "= ENTER bob\n"
            "< Welcome, bob! You can now chat. Type messages and press Enter.\n"
            "= JOIN #closed\n"
            "< You may not do that here.\n"
            "> hello\n"
            "< You are in no room. /join one first.\n"
            "> /me waves\n"
            "< You are in no room. /join one first.\n"
            "> /topic\n"
            "< You are in no room. /join one first.\n"
            "> /part\n"
            "< You are in no room. /join one first.\n"
            "> /history\n"
            "< You are in no room. /join one first.\n"
            "> /join #lobby\n"
            "= JOIN #lobby\n"
            "< You are in #lobby. /help lists the commands.\n");
    line_play_done(&play);
}

static void
nobody_is_asked_where_addresses_are_names(void **state)
{
    struct dialect_config addresses = config;
    struct line_play play;

    (void)state;
    addresses.names = LINE_NAMES_ADDRESS;
    play = begin(&addresses);
    expect_script(&play,
                  "= ENTER 127.0.0.1:4711\n"
                  "< Welcome, 127.0.0.1:4711! You can now chat. Type messages "
                  "and press Enter.\n"
                  "= JOIN #lobby\n"
                  "< You are in #lobby. /help lists the commands.\n");
    perform(&play, "> hello\n= POST #lobby hello\n");
    line_play_done(&play);
}

static void
who_enters_is_somebody_by_chance(void **state)
{
    struct conn *a = fake_conn_new(&line_dialect, &config);
    struct conn *b = fake_conn_new(&line_dialect, &config);
    struct command *ca, *cb;

    (void)state;
    fake_conn_input(a, "ann\n", 4);
    fake_conn_input(b, "ben\n", 4);
    ca = fake_conn_take(a);
    cb = fake_conn_take(b);
    assert_true(ca->sender_id > 0 && ca->sender_id <= INT64_MAX);
    assert_true(ca->sender_id != cb->sender_id);
    assert_false(ca->or_similar);
    command_free(&ca);
    command_free(&cb);
    fake_conn_free(&a);
    fake_conn_free(&b);
}

static void
the_first_line_counts_as_having_spoken(void **state)
{
    struct conn *c = fake_conn_new(&line_dialect, &config);

    (void)state;
    fake_conn_input(c, "bo", 2);
    assert_false(c->spoke);
    fake_conn_input(c, "b\n", 2);
    assert_true(c->spoke);
    fake_conn_free(&c);
}

/* --- the order of things --- */

static void
whatever_follows_a_command_waits_for_its_answer(void **state)
{
    struct line_play play = bob();
    const char lines[] = "/join #ops\nin ops\n/history\nafter\n";

    (void)state;
    line_play_input(&play, lines, sizeof lines - 1);
    assert_non_null(strstr(play.commands.p,
                           "= JOIN #ops\n= POST #ops in ops\n"
                           "= HISTORY 20 #ops\n= POST #ops after\n"));
    line_play_done(&play);
}

static void
messages_follow_each_other_without_waiting(void **state)
{
    struct line_play play = bob();
    struct command *cmd;
    const char lines[] = "one\ntwo\nthree\n/help\nfour\n";

    (void)state;
    fake_conn_input(play.conn, lines, sizeof lines - 1);
    for (int i = 0; i < 3; i++) {
        cmd = fake_conn_take(play.conn);
        assert_int_equal(cmd->kind, COMMAND_POST);
        command_free(&cmd);
    }
    assert_null(fake_conn_take(play.conn));
    assert_true(play.conn->held);
    line_play_done(&play);
}

/* The refusal of an earlier message is told before what the edge says. */
static void
a_late_refusal_is_not_overtaken(void **state)
{
    struct line_play play = bob();
    const char lines[] = "refuse\n/x\n";

    (void)state;
    line_play_input(&play, lines, sizeof lines - 1);
    expect_script(&play,
                  "> refuse\n"
                  "> /x\n"
                  "= POST #lobby refuse\n"
                  "< The server's disk is full: not stored, try again later.\n"
                  "< Unknown command /x. /help lists the commands.\n");
    line_play_done(&play);
}

static void
a_connection_that_is_held_is_not_parsed_further(void **state)
{
    struct line_play play = bob();

    (void)state;
    play.conn->held = true;
    line_play_input(&play, "one\n", 4);
    assert_null(strstr(play.commands.p, "one"));
    conn_release(play.conn);
    line_play_input(&play, "two\n", 4);
    assert_non_null(strstr(play.commands.p,
                           "= POST #lobby one\n= POST #lobby two\n"));
    line_play_done(&play);
}

static const char session_bytes[] =
    "\r\nalice\r\nbob #ops\r\nhello\nrefuse\n/help\n"
    "\xff\xfb\x01gr\xc3\xbc\xc3\x9f" "e\x1b[31m!\n"
    "a line that is much longer than the sixty-four bytes which are allowed "
    "here\nnext\n//slash\n/jion x\n/join #lobby\n/me w\n"
    "FILE:a.bin:5\n1\n/23/who\n/part\n/nick al\nlast\n/quit bye\nnot read\n";

static void
every_split_of_a_session_says_the_same(void **state)
{
    struct line_play whole = begin(&config), split;
    const size_t n = sizeof session_bytes - 1;

    (void)state;
    line_play_input(&whole, session_bytes, n);
    assert_non_null(strstr(whole.commands.p, "= POST #ops last\n"));
    assert_true(whole.conn->ended);
    for (size_t cut = 0; cut <= n; cut++) {
        split = begin(&config);
        line_play_input(&split, session_bytes, cut);
        line_play_input(&split, session_bytes + cut, n - cut);
        assert_int_equal(split.conn->sent.n, whole.conn->sent.n);
        assert_memory_equal(split.conn->sent.p, whole.conn->sent.p,
                            whole.conn->sent.n);
        assert_int_equal(split.commands.n, whole.commands.n);
        assert_memory_equal(split.commands.p, whole.commands.p,
                            whole.commands.n);
        line_play_done(&split);
    }
    line_play_done(&whole);
}

/* --- bytes --- */

static void
telnet_is_understood(void **state)
{
    struct line_play play = begin(&config);
    const char bytes[] = "\xff\xfb\x1f\xff\xfa\x1f\0\x50\0\x18\xff\xf0"
                         "b\xff\xf1ob\r\nhi\r\n";

    (void)state;
    line_play_input(&play, bytes, sizeof bytes - 1);
    assert_non_null(strstr(play.commands.p,
                           "= ENTER bob\n= JOIN #lobby\n= POST #lobby hi\n"));
    line_play_done(&play);
}

static void
a_line_that_is_too_long_is_not_sent(void **state)
{
    struct line_play play = bob();
    char lines[200];

    (void)state;
    memset(lines, 'x', sizeof lines);
    memcpy(lines + 150, "\nshort\n", 7);
    line_play_input(&play, lines, 100);
    line_play_input(&play, lines + 100, 57);
    assert_non_null(strstr(play.script.p, "< That line is longer than 64 bytes:"
                                          " it was not sent.\n"));
    assert_non_null(strstr(play.script.p, "= POST #lobby short\n"));
    assert_null(strstr(play.commands.p, "xx"));
    line_play_done(&play);
}

static void
a_name_that_is_too_long_is_asked_for_again(void **state)
{
    struct line_play play = begin(&config);
    char name[2001];

    (void)state;
    line_play_forget(&play);
    memset(name, 'x', sizeof name);
    name[2000] = '\n';
    fake_conn_input(play.conn, name, sizeof name);
    line_play_input(&play, "bob\n", 4);
    assert_non_null(strstr(play.script.p, "longer than 1024 bytes: choose a "
                                          "different name:\n"));
    assert_non_null(strstr(play.script.p, "= ENTER bob\n"));
    line_play_done(&play);
}

static void
bytes_of_a_file_do_not_become_chat(void **state)
{
    struct line_play play = bob();
    const char bytes[] = "FILE:refuse.jpg:13\nabc\n/quit\ndefafter it\n";

    (void)state;
    line_play_input(&play, bytes, 30);
    line_play_input(&play, bytes + 30, sizeof bytes - 1 - 30);
    assert_non_null(strstr(play.script.p, "< refuse.jpg was not stored: There "
                                          "is no room left for more files."));
    assert_string_equal(strrchr(play.script.p, '='),
                        "= POST #lobby after it\n");
    assert_false(play.conn->ended);
    line_play_done(&play);
}

static void
a_file_may_come_before_the_name(void **state)
{
    struct line_play play = begin(&config);
    const char bytes[] = "FILE:x:4\nann\nbob\n";

    (void)state;
    line_play_input(&play, bytes, sizeof bytes - 1);
    assert_non_null(strstr(play.script.p,
                           "< x was not stored: choose a name first.\n"));
    assert_non_null(strstr(play.commands.p, "= ENTER bob\n"));
    assert_null(strstr(play.commands.p, "ann"));
    line_play_done(&play);
}

/* --- clients without newlines --- */

static void
a_pause_ends_a_line_where_that_is_wanted(void **state)
{
    struct dialect_config pauses = config;
    struct line_play play;

    (void)state;
    pauses.newline = LINE_NEWLINE_OPTIONAL;
    play = begin(&pauses);
    line_play_input(&play, "bo", 2);
    assert_int_equal(play.conn->timer_ms, 200);
    line_play_input(&play, "b", 1);
    line_play_timer(&play);
    assert_int_equal(play.conn->timer_ms, 0);
    line_play_input(&play, "hello", 5);
    line_play_timer(&play);
    line_play_input(&play, "with newline\n", 13);
    assert_int_equal(play.conn->timer_ms, 0);
    assert_string_equal(play.commands.p,
                        "= ENTER bob\n= JOIN #lobby\n= POST #lobby hello\n"
                        "= POST #lobby with newline\n");
    line_play_done(&play);
}

static void
a_pause_ends_a_line_that_is_too_long(void **state)
{
    struct dialect_config pauses = config;
    struct line_play play;
    char line[100];

    (void)state;
    pauses.newline = LINE_NEWLINE_OPTIONAL;
    play = enter_as("bob\n", &pauses);
    memset(line, 'x', sizeof line);
    line_play_input(&play, line, sizeof line);
    line_play_timer(&play);
    line_play_input(&play, "short", 5);
    line_play_timer(&play);
    assert_string_equal(strrchr(play.script.p, '='), "= POST #lobby short\n");
    line_play_done(&play);
}

static void
a_command_without_a_newline_waits_its_turn(void **state)
{
    struct dialect_config pauses = config;
    struct line_play play;
    struct event *posted;
    struct command *cmd;

    (void)state;
    pauses.newline = LINE_NEWLINE_OPTIONAL;
    play = enter_as("bob\n", &pauses);
    fake_conn_input(play.conn, "hello\n/x", 8);
    fake_conn_run_timer(play.conn);
    assert_true(play.conn->held);
    cmd = fake_conn_take(play.conn);
    posted = event_new(ANSWER_POSTED, nothing, nothing, nothing, nothing);
    posted->request = cmd->request;
    fake_conn_answer(play.conn, posted);
    assert_int_equal(play.conn->timer_ms, 200);
    line_play_timer(&play);
    assert_string_equal(play.script.p,
                        "< Unknown command /x. /help lists the commands.\n");
    command_free(&cmd);
    line_play_done(&play);
}

static void
a_newline_is_needed_otherwise(void **state)
{
    struct line_play play = bob();

    (void)state;
    line_play_input(&play, "hello", 5);
    assert_int_equal(play.conn->timer_ms, 0);
    assert_null(strstr(play.commands.p, "hello"));
    line_play_done(&play);
}

/* --- the end --- */

static void
the_last_line_needs_no_newline(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    line_play_input(&play, "bob\nhello", 9);
    line_play_eof(&play);
    assert_non_null(strstr(play.commands.p, "= POST #lobby hello\n"));
    assert_true(play.conn->finished);
    assert_false(play.conn->ended);
    line_play_done(&play);
}

static void
an_answer_still_comes_after_the_end_of_input(void **state)
{
    struct line_play play = bob();

    (void)state;
    line_play_input(&play, "/who", 4);
    line_play_eof(&play);
    assert_non_null(strstr(play.script.p, "< 3 people in #lobby: "));
    assert_true(play.conn->finished);
    line_play_done(&play);
}

static void
half_a_name_is_not_entered(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    line_play_input(&play, "bob", 3);
    line_play_eof(&play);
    assert_int_equal(play.commands.n, 0);
    assert_true(play.conn->finished);
    line_play_done(&play);
}

static void
quitting_ends_with_bye_and_a_reason(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play, "> /quit see you\n< Bye!\n");
    assert_true(play.conn->ended && play.conn->clean);
    assert_string_equal(play.conn->reason, "see you");
    line_play_done(&play);

    play = bob();
    line_play_input(&play, "/exit", 5);
    line_play_eof(&play);
    assert_true(play.conn->ended && !play.conn->finished);
    assert_string_equal(play.conn->reason, "quit");
    line_play_done(&play);
}

static void
expect_closed(enum deny deny, const char *text, const char *by,
              const char *want)
{
    struct line_play play = bob();
    struct event *e = event_new(EVENT_CLOSED, nothing, nothing, str_of(text),
                                str_of(by));

    e->deny = deny;
    hear(&play, e, want);
    line_play_done(&play);
}

static void
whoever_is_removed_is_told_why(void **state)
{
    (void)state;
    expect_closed(DENY_FORBIDDEN, "spam", "the operator",
                  "< You have been removed by the operator: spam\n");
    expect_closed(DENY_FORBIDDEN, "", "the operator",
                  "< You have been removed by the operator.\n");
    expect_closed(DENY_NONE, "replaced by a newer connection of yours", "",
                  "< You have been removed: replaced by a newer connection of "
                  "yours\n");
    expect_closed(DENY_STORAGE_BROKEN, "", "",
                  "< You have been removed: The server's disk failed: unknown "
                  "whether stored, send it again\n");
    expect_closed(DENY_NONE, "", "", "< You have been removed.\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dialogue_of_the_design_is_word_for_word),
        cmocka_unit_test(the_server_has_the_name_that_it_was_given),
        cmocka_unit_test(a_bad_name_is_refused_with_its_reason),
        cmocka_unit_test(a_name_with_a_room_enters_that_room),
        cmocka_unit_test(a_room_that_stays_closed_leaves_one_in_none),
        cmocka_unit_test(nobody_is_asked_where_addresses_are_names),
        cmocka_unit_test(who_enters_is_somebody_by_chance),
        cmocka_unit_test(the_first_line_counts_as_having_spoken),
        cmocka_unit_test(whatever_follows_a_command_waits_for_its_answer),
        cmocka_unit_test(messages_follow_each_other_without_waiting),
        cmocka_unit_test(a_late_refusal_is_not_overtaken),
        cmocka_unit_test(a_connection_that_is_held_is_not_parsed_further),
        cmocka_unit_test(every_split_of_a_session_says_the_same),
        cmocka_unit_test(telnet_is_understood),
        cmocka_unit_test(a_line_that_is_too_long_is_not_sent),
        cmocka_unit_test(a_name_that_is_too_long_is_asked_for_again),
        cmocka_unit_test(bytes_of_a_file_do_not_become_chat),
        cmocka_unit_test(a_file_may_come_before_the_name),
        cmocka_unit_test(a_pause_ends_a_line_where_that_is_wanted),
        cmocka_unit_test(a_pause_ends_a_line_that_is_too_long),
        cmocka_unit_test(a_command_without_a_newline_waits_its_turn),
        cmocka_unit_test(a_newline_is_needed_otherwise),
        cmocka_unit_test(the_last_line_needs_no_newline),
        cmocka_unit_test(an_answer_still_comes_after_the_end_of_input),
        cmocka_unit_test(half_a_name_is_not_entered),
        cmocka_unit_test(quitting_ends_with_bye_and_a_reason),
        cmocka_unit_test(whoever_is_removed_is_told_why),
    };

    rand_init();
    return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
