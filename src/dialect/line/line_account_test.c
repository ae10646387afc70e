/* SPDX-License-Identifier: MIT */
#include "dialect/line/acting_test.h"

#include "auth/token.h"

#define PASSWORD LINE_PLAY_PASSWORD
#define TOKEN "lq_0000000000000000000000000000000000000000000000000000"

/* --- at the door --- */

static void
a_registered_name_needs_its_password(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    line_play_forget(&play);
    perform(&play,
            "> ada #ops\n"
            "= ENTER ada\n"
            "< Name \"ada\" belongs to an account. Password (it will be shown "
            "as you type):\n"
            "> wrong\n"
            "= ENTER ada (by password)\n"
            "< Wrong password. What's your name?\n"
            "> ada #ops\n"
            "= ENTER ada\n"
            "< Name \"ada\" belongs to an account. Password (it will be shown "
            "as you type):\n"
            "> " PASSWORD "\n"
            "= ENTER ada (by password)\n"
            "< Welcome, ada! You can now chat. Type messages and press Enter.\n"
            "= JOIN #ops\n"
            "< You are in #ops. /help lists the commands.\n"
            "< Topic: it is on fire\n");
    line_play_done(&play);
}

static void
no_password_is_another_name(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    line_play_forget(&play);
    perform(&play,
            "> ada\n"
            "= ENTER ada\n"
            "< Name \"ada\" belongs to an account. Password (it will be shown "
            "as you type):\n"
            "> \n"
            "< Choose a different name:\n"
            "> bob\n"
            "= ENTER bob\n"
            "< Welcome, bob! You can now chat. Type messages and press Enter.\n"
            "= JOIN #lobby\n"
            "< You are in #lobby. /help lists the commands.\n");
    line_play_done(&play);
}

static void
a_password_is_one_whatever_it_looks_like(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    act(&play, "> ada\n> /quit\n> ada\n> FILE:a:3\n> ada\n> ada #ops\n"
               "> ada\n>  correct horse\n> ada\n> correct horse \n");
    assert_string_equal(play.commands.p,
                        "= ENTER ada\n= ENTER ada (by password)\n"
                        "= ENTER ada\n= ENTER ada (by password)\n"
                        "= ENTER ada\n= ENTER ada (by password)\n"
                        "= ENTER ada\n= ENTER ada (by password)\n"
                        "= ENTER ada\n= ENTER ada (by password)\n");
    assert_null(strstr(play.script.p, "Welcome, "));
    line_play_done(&play);
}

static void
a_token_is_as_good_as_a_password(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    act(&play, "> ada\n> " TOKEN "\n");
    assert_non_null(strstr(play.script.p, "= ENTER ada (by token)\n"
                                          "< Welcome, ada!"));
    line_play_done(&play);
}

static void
a_password_has_its_length(void **state)
{
    struct line_play play = begin(&config);
    char line[2000];

    (void)state;
    memset(line, 'x', sizeof line);
    line[256] = '\n';
    act(&play, "> ada\n");
    line_play_input(&play, line, 257);
    assert_non_null(strstr(play.script.p, "< A password has at most 255 bytes."
                                          " Choose a different name:\n"));
    line[256] = 'x';
    line[1999] = '\n';
    act(&play, "> ada\n");
    line_play_input(&play, line, sizeof line);
    assert_non_null(strstr(play.script.p, "< That line is too long. Choose a "
                                          "different name:\n"));
    assert_null(strstr(play.commands.p, "(by"));
    line_play_done(&play);
}

static void
half_a_password_is_none(void **state)
{
    struct line_play play = bob();

    (void)state;
    act(&play, "> /login ada\n");
    line_play_input(&play, "correct horse", 13);
    line_play_eof(&play);
    assert_null(strstr(play.commands.p, "LOGIN"));
    assert_true(play.conn->finished);
    line_play_done(&play);
}

static void
nobody_is_asked_where_others_may_listen(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    play.conn->exposed = true;
    line_play_forget(&play);
    perform(&play,
            "> ada\n"
            "= ENTER ada\n"
            "< Secrets are only taken over an encrypted connection: openssl "
            "s_client -quiet -connect HOST:PORT, or loquat. Choose a different "
            "name:\n"
            "~\n"
            "> bob\n"
            "= ENTER bob\n"
            "< Welcome, bob! You can now chat. Type messages and press Enter.\n"
            "= JOIN #lobby\n"
            "< You are in #lobby. /help lists the commands.\n"
            "> /register\n"
            "< Secrets are only taken over an encrypted connection: openssl "
            "s_client -quiet -connect HOST:PORT, or loquat.\n"
            "~\n"
            "> /login ada\n"
            "< Secrets are only taken over an encrypted connection: openssl "
            "s_client -quiet -connect HOST:PORT, or loquat.\n"
            "~\n"
            "> /token bot\n"
            "< Secrets are only taken over an encrypted connection: openssl "
            "s_client -quiet -connect HOST:PORT, or loquat.\n");
    play.conn->config.plain_secrets = true;
    perform(&play,
            "> /login ada\n"
            "< The password of \"ada\" (it will be shown as you type):\n"
            "> \n"
            "< Nothing was changed.\n");
    line_play_done(&play);
}

/* --- without guests --- */

static void
without_guests_every_name_needs_a_password(void **state)
{
    struct dialect_config closed = config;
    struct line_play play;

    (void)state;
    closed.guests = false;
    closed.registration = HUB_CLOSED;
    closed.names = LINE_NAMES_ADDRESS;
    play = begin(&closed);
    perform(&play, "< Hi! Welcome to loquat. What's your name?\n"
                   "< This server is for people with an account.\n"
                   "> zoe\n"
                   "< The password of \"zoe\" (it will be shown as you type):\n"
                   "> something\n"
                   "= ENTER zoe (by password)\n"
                   "< Wrong password, or there is no such account. What's your "
                   "name?\n"
                   "> /register\n"
                   "< Type /register and the name that you want. What's your "
                   "name?\n"
                   "> /register zoe\n"
                   "< New accounts are not made here. Choose a different "
                   "name:\n"
                   "~\n"
                   "> /login ada #ops\n"
                   "< The password of \"ada\" (it will be shown as you type):\n"
                   "> " PASSWORD "\n"
                   "= ENTER ada (by password)\n"
                   "< Welcome, ada! You can now chat. Type messages and press "
                   "Enter.\n"
                   "= JOIN #ops\n"
                   "< You are in #ops. /help lists the commands.\n"
                   "< Topic: it is on fire\n");
    line_play_done(&play);
}

static void
an_account_can_be_made_at_the_door(void **state)
{
    struct dialect_config members = config;
    struct line_play play;

    (void)state;
    members.guests = false;
    play = begin(&members);
    perform(&play, "< Hi! Welcome to loquat. What's your name?\n"
                   "< This server is for people with an account. /register NAME"
                   " makes you one.\n"
                   "> /register zoe\n"
                   "< A password for \"zoe\", at least 8 characters (it will "
                   "be shown as you type):\n"
                   "> " PASSWORD "\n"
                   "< The same password again (it will be shown as you type):\n"
                   "> " PASSWORD "\n"
                   "= REGISTER zoe (by password)\n"
                   "< Welcome, zoe! You can now chat. Type messages and press "
                   "Enter.\n"
                   "= JOIN #lobby\n"
                   "< You are in #lobby. /help lists the commands.\n");
    line_play_done(&play);
}

/* --- of one who is in --- */

static void
a_guest_keeps_the_name(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /nick robert\n"
            "= RENAME robert\n"
            "< You are now known as robert.\n"
            "> /register\n"
            "< A password for \"robert\", at least 8 characters (it will be "
            "shown as you type):\n"
            "> " PASSWORD "\n"
            "< The same password again (it will be shown as you type):\n"
            "> correct house\n"
            "< That was not the same. Nothing was changed.\n"
            "> /register\n"
            "< A password for \"robert\", at least 8 characters (it will be "
            "shown as you type):\n"
            "> " PASSWORD "\n"
            "< The same password again (it will be shown as you type):\n"
            "> " PASSWORD "\n"
            "= REGISTER robert (by password)\n"
            "< You are logged in as robert.\n"
            "> /passwd\n"
            "< Your password as it is now (it will be shown as you type):\n"
            "> " PASSWORD "\n"
            "< A new password, at least 8 characters (it will be shown as you "
            "type):\n"
            "> better horse\n"
            "< The new password again (it will be shown as you type):\n"
            "> better horse\n"
            "= PASSWORD (by password) (for another)\n"
            "< Your password is changed. Whoever else was logged in as robert "
            "no longer is.\n"
            "> /unregister\n"
            "< The account \"robert\" will be gone for good, and its name "
            "nobody's. Its password (it will be shown as you type):\n"
            "> nonsense\n"
            "= UNREGISTER (by password)\n"
            "< Wrong password.\n"
            "> /logout\n"
            "= LOGOUT\n"
            "< You are logged out.\n");
    line_play_done(&play);
}

static void
secrets_behind_a_command_are_not_taken(void **state)
{
    struct line_play play = bob();
    const char *leave = "< Leave the password out: you are asked for it. If "
                        "that was it, choose another one.\n";
    const char *const typed[] = {
        "> /login ada hunter22\n", "> /passwd hunter22\n",
        "> /unregister hunter22\n",
    };
    char script[300];

    (void)state;
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
        snprintf(script, sizeof script, "%s%s%s", typed[i], leave,
                 strstr(typed[i], "passwd") ? "~\n" : "");
        perform(&play, script);
    }
    perform(&play,
            "> /register hunter22\n"
            "< That invitation is not, or no longer, good. A password is asked "
            "for, it does not belong there.\n");
    assert_null(strstr(play.commands.p, "hunter22"));
    line_play_done(&play);
}

static void
nor_are_they_at_the_door(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    line_play_forget(&play);
    perform(&play,
            "> /login ada hunter22\n"
            "< Leave the password out: you are asked for it. If that was it, "
            "choose another one. Choose a different name:\n"
            "> /login ada hunter22 #ops\n"
            "< Leave the password out: you are asked for it. If that was it, "
            "choose another one. Choose a different name:\n"
            "> /login ada #ops\n"
            "< Name \"ada\" belongs to an account. Password (it will be shown "
            "as you type):\n");
    line_play_done(&play);
}

static void
invitations_are_typed_behind_the_command(void **state)
{
    struct dialect_config invited = config;
    char code[TOKEN_BYTES + 1], script[100];
    struct line_play play;
    uint8_t hash[32];

    (void)state;
    token_make(TOKEN_INVITATION, code, hash);
    snprintf(script, sizeof script, "> /register %s\n", code);
    invited.registration = HUB_INVITED;
    invited.message_bytes = 200;
    play = enter_as("bob\n", &invited);
    perform(&play,
            "> /register\n"
            "< New accounts are made by invitation: type its code behind "
            "/register.\n"
            "~\n");
    act(&play, script);
    assert_non_null(strstr(play.script.p, "< A password for \"bob\""));
    line_play_done(&play);
}

static void
devices_are_listed_and_logged_out(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /devices\n"
            "= DEVICES\n"
            "< 2 devices and tokens, times in UTC:\n"
            "<   12 laptop: read post files manage, made 2026-11-21 02:31:29, "
            "last seen 2026-11-21 02:31:29 (this one)\n"
            "<   3 bot: read post, in #ops, made 2026-11-21 02:31:29, until "
            "2026-11-22 02:31:29\n"
            "> /revoke 3\n"
            "= REVOKE 3\n"
            "< Number 3 is logged out.\n"
            "> /revoke all\n"
            "= REVOKE 0\n"
            "< All others are logged out.\n"
            "> /revoke bot\n"
            "< \"bot\" is no device's number. /devices lists them.\n"
            "> /revoke 0\n"
            "< \"0\" is no device's number. /devices lists them.\n");
    line_play_done(&play);
}

static void
a_token_is_shown_once(void **state)
{
    struct line_play play = bob();
    const char *shown;
    uint8_t hash[32];

    (void)state;
    act(&play, "> /token bot #ops read\n");
    assert_string_equal(play.commands.p, "= ENTER bob\n= JOIN #lobby\n"
                                         "= TOKEN #ops bot 1\n");
    shown = strstr(play.script.p, "< Token 12 for bot, which is shown only "
                                  "now: lq_");
    assert_non_null(shown);
    assert_true(token_read(TOKEN_DEVICE,
                           (struct str){strstr(shown, "lq_"), TOKEN_BYTES - 1},
                           hash));
    line_play_forget(&play);
    perform(&play,
            "> /token bot walk\n"
            "< What a token may is made of read, post, files, manage.\n"
            "> /token\n"
            "< Usage: /token NAME [#room]\n");
    line_play_done(&play);
}

/* --- telnet --- */

static void
telnet_does_not_show_passwords(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    line_play_forget(&play);
    line_play_input(&play, "\xff\xfd\x03\xff\xfb\x18", 6);   /* DO SGA */
    line_play_forget(&play);
    perform(&play,
            "> ada\n"
            "= ENTER ada\n"
            "< Name \"ada\" belongs to an account. Password:\n"
            "< (telnet 251 1)\n"
            "> " PASSWORD "\n"
            "< (telnet 252 1)\n"
            "= ENTER ada (by password)\n"
            "< Welcome, ada! You can now chat. Type messages and press Enter.\n"
            "= JOIN #lobby\n"
            "< You are in #lobby. /help lists the commands.\n");
    line_play_done(&play);
}

static void
telnet_may_turn_out_while_a_password_is_awaited(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    act(&play, "> ada\n");
    line_play_forget(&play);
    line_play_input(&play, "\xff\xfd\x03", 3);
    assert_non_null(strstr(play.script.p, "< (telnet 251 1)\n"
                                          "< (telnet 252 3)\n"));
    line_play_forget(&play);
    line_play_input(&play, "\xff\xfd\x01\n", 4);     /* DO ECHO: agreed */
    assert_null(strstr(play.script.p, "< (telnet 252 1)\n< (telnet"));
    assert_non_null(strstr(play.script.p, "< (telnet 252 1)\n"
                                          "< Choose a different name:\n"));
    line_play_done(&play);
}

static void
telnet_is_answered_alike_however_it_is_split(void **state)
{
    static const char said[] = "\xff\xfb\x01" "ab\xff\xfd\x01\xff\xfb\x03";
    struct line_play whole = begin(&config), split = begin(&config);

    (void)state;
    act(&whole, "> ada\n");
    act(&split, "> ada\n");
    line_play_input(&whole, said, sizeof said - 1);
    for (size_t i = 0; i < sizeof said - 1; i++)
        line_play_input(&split, said + i, 1);
    assert_true(str_eq(buf_str(&whole.conn->sent), buf_str(&split.conn->sent)));
    line_play_done(&whole);
    line_play_done(&split);
}

static void
who_sends_no_telnet_is_sent_none(void **state)
{
    struct line_play play = begin(&config);

    (void)state;
    line_play_input(&play, "\xff\xff\xff\xf1", 4);
    act(&play, "> ada\n> \xff\n> ada\n> " PASSWORD "\n> \xff\xf1 hi\n");
    assert_null(memchr(play.conn->sent.p, 0xff, play.conn->sent.n));
    assert_non_null(strstr(play.script.p, "Welcome, ada!"));
    line_play_done(&play);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registered_name_needs_its_password),
        cmocka_unit_test(no_password_is_another_name),
        cmocka_unit_test(a_password_is_one_whatever_it_looks_like),
        cmocka_unit_test(a_token_is_as_good_as_a_password),
        cmocka_unit_test(a_password_has_its_length),
        cmocka_unit_test(half_a_password_is_none),
        cmocka_unit_test(nobody_is_asked_where_others_may_listen),
        cmocka_unit_test(without_guests_every_name_needs_a_password),
        cmocka_unit_test(an_account_can_be_made_at_the_door),
        cmocka_unit_test(a_guest_keeps_the_name),
        cmocka_unit_test(secrets_behind_a_command_are_not_taken),
        cmocka_unit_test(nor_are_they_at_the_door),
        cmocka_unit_test(invitations_are_typed_behind_the_command),
        cmocka_unit_test(devices_are_listed_and_logged_out),
        cmocka_unit_test(a_token_is_shown_once),
        cmocka_unit_test(telnet_does_not_show_passwords),
        cmocka_unit_test(telnet_may_turn_out_while_a_password_is_awaited),
        cmocka_unit_test(telnet_is_answered_alike_however_it_is_split),
        cmocka_unit_test(who_sends_no_telnet_is_sent_none),
    };

    rand_init();
    return cmocka_run_group_tests_name("line_account", tests, NULL, NULL);
}
