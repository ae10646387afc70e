/* SPDX-License-Identifier: MIT
 *
 * Who sends a whole script at once, passwords too, where none is asked for. */
#include "dialect/line/acting_test.h"

#define SOON "< That came before you can have read this. It may be a " \
             "password, so it goes nowhere, and this connection ends.\n"

/* Says it all at once, and then the same line by line: the secret is in
 * nothing that the core is asked, and the connection is over. */
static void
send_script(const struct dialect_config *with, bool exposed, const char *name,
            const char *script)
{
    for (size_t all = strlen(script), step = all; step > 0; step /= 7) {
        struct line_play play = name ? enter_as(name, with) : begin(with);

        play.conn->exposed = exposed;
        for (size_t at = 0; at < all; at += step)
            line_play_input(&play, script + at,
                            all - at < step ? all - at : step);
        assert_null(strstr(play.commands.p, "hunter22"));
        assert_non_null(strstr(play.script.p, SOON));
        assert_true(play.conn->ended);
        line_play_done(&play);
    }
}

static void
a_password_that_was_not_asked_for_goes_nowhere(void **state)
{
    struct dialect_config closed = config, members = config;
    char long_one[400];

    (void)state;
    closed.registration = HUB_CLOSED;
    members.guests = false;
    send_script(&config, true, NULL, "ada\nhunter22\n");
    send_script(&config, true, NULL, "/login ada\nhunter22\n");
    send_script(&config, true, NULL, "/register zoe\nhunter22\nhunter22\n");
    send_script(&members, true, NULL, "ada\nhunter22\n");
    send_script(&members, false, NULL, "a!a\nhunter22\n");
    send_script(&members, false, NULL, "ada #o!o\nhunter22\n");
    send_script(&config, false, NULL, "/register a!a\nhunter22\n");
    send_script(&closed, false, NULL, "/register zoe\nhunter22\nhunter22\n");
    send_script(&config, true, "bob\n", "/login ada\r\nhunter22\r\n");
    send_script(&config, true, "bob\n", "/register\nhunter22\n");
    send_script(&config, true, "bob\n", "/unregister\n\nhunter22\n");
    send_script(&config, true, "bob\n", "/passwd\nhunter22\n");
    send_script(&config, false, "bob\n", "/passwd old\nhunter22\nhunter22\n");
    send_script(&config, false, "bob\n", "/login a!a\nhunter22\n");
    send_script(&config, false, "bob\n", "/passwd\n\nhunter22\nhunter22\n");
    snprintf(long_one, sizeof long_one, "/register\n%0300d\nhunter22\n", 0);
    send_script(&config, false, "bob\n", long_one);
}

static void
what_has_no_newline_may_be_one_as_well(void **state)
{
    struct dialect_config bare = config;
    struct line_play play;

    (void)state;
    bare.newline = LINE_NEWLINE_OPTIONAL;
    play = enter_as("bob\n", &bare);
    play.conn->exposed = true;
    line_play_input(&play, "/passwd", 7);
    line_play_timer(&play);
    line_play_input(&play, "hunter22", 8);
    line_play_timer(&play);
    assert_true(play.conn->ended);
    assert_null(strstr(play.commands.p, "hunter22"));
    line_play_done(&play);
    play = enter_as("bob\n", &bare);
    play.conn->exposed = true;
    line_play_input(&play, "/passwd", 7);
    line_play_timer(&play);
    line_play_timer(&play);
    line_play_input(&play, "hello", 5);
    line_play_timer(&play);
    assert_false(play.conn->ended);
    assert_non_null(strstr(play.commands.p, "hello"));
    line_play_done(&play);
}

static void
an_empty_line_and_a_last_answer_are_no_secret(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /login ada\n"
            "< The password of \"ada\" (it will be shown as you type):\n"
            "> \n"
            "< Nothing was changed.\n"
            "> hello\n"
            "= POST #lobby hello\n");
    play.conn->exposed = true;
    perform(&play,
            "> /passwd\n"
            "< Secrets are only taken over an encrypted connection: openssl "
            "s_client -quiet -connect HOST:PORT, or loquat.\n"
            "> \n"
            "~\n"
            "> hello\n"
            "= POST #lobby hello\n");
    line_play_done(&play);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_that_was_not_asked_for_goes_nowhere),
        cmocka_unit_test(what_has_no_newline_may_be_one_as_well),
        cmocka_unit_test(an_empty_line_and_a_last_answer_are_no_secret),
    };

    rand_init();
    return cmocka_run_group_tests_name("line_unasked", tests, NULL, NULL);
}
