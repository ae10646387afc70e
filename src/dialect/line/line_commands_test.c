/* SPDX-License-Identifier: MIT */
#include "dialect/line/acting_test.h"

/* --- commands --- */

static void
rooms_are_joined_switched_and_left(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /join #ops\n"
            "= JOIN #ops\n"
            "< You are now in #ops (3 people). Topic: it is on fire\n"
            "> one\n"
            "= POST #ops one\n"
            "> /j Lobby\n"
            "< You are now in #lobby.\n"
            "> two\n"
            "= POST #lobby two\n"
            "> /part\n"
            "= PART #lobby\n"
            "< You have left #lobby. You are now in #ops.\n"
            "> three\n"
            "= POST #ops three\n"
            "> /part #cats\n"
            "= PART #cats\n"
            "< You are not in that room: #cats.\n"
            "> /leave ops\n"
            "= PART #ops\n"
            "< You have left #ops. You are in no room now. /join one.\n"
            "> four\n"
            "< You are in no room. /join one first.\n"
            "> /join #cats\n"
            "= JOIN #cats\n"
            "< You are now in #cats (1 person).\n");
    line_play_done(&play);
}

static void
whoever_is_removed_from_a_room_is_told(void **state)
{
    struct line_play play = bob();

    (void)state;
    act(&play, "> /join #ops\n");
    line_play_forget(&play);
    hear(&play, event_in(EVENT_UNSUBSCRIBED, "#ops", "", ""),
         "< You have been removed from #ops. You are now in #lobby.\n");
    hear(&play, event_in(EVENT_UNSUBSCRIBED, "#ops", "", ""), "");
    line_play_done(&play);
}

static void
commands_are_said_in_any_case(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /ME Waves\n"
            "= POST (action) #lobby Waves\n"
            "> /Nick robert\n"
            "= RENAME robert\n"
            "< You are now known as robert.\n"
            "> /nick alice\n"
            "= RENAME alice\n"
            "< That name is already taken: alice.\n"
            "> /nick al ice\n"
            "< Usage: /nick name\n"
            "> /nick al!ice\n"
            "< Name \"al!ice\" cannot be used: it has a character that is not "
            "allowed there.\n"
            "> /away  at lunch \n"
            "= AWAY (away) at lunch\n"
            "< You are away. /back when you are here again.\n"
            "> /back\n"
            "= AWAY (back)\n"
            "< You are back.\n"
            "> /topic cats only\n"
            "= TOPIC #lobby cats only\n"
            "< You have changed the topic of #lobby.\n"
            "> /msg #lobby to here\n"
            "= POST #lobby to here\n"
            "> refuse this\n"
            "= POST #lobby refuse this\n"
            "< The server's disk is full: not stored, try again later.\n");
    line_play_done(&play);
}

static void
a_double_slash_is_text(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> //help is a command\n"
            "= POST #lobby /help is a command\n"
            "> //\n"
            "= POST #lobby /\n");
    line_play_done(&play);
}

static void
an_unknown_command_is_guessed(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /jion #ops\n"
            "< Unknown command /jion. Did you mean /join?\n"
            "> /HSITORY\n"
            "< Unknown command /HSITORY. Did you mean /history?\n"
            "> /x\n"
            "< Unknown command /x. /help lists the commands.\n"
            "> /usr/bin/env\n"
            "< Unknown command /usr/bin/env. /help lists the commands.\n"
            "> /\n"
            "< Unknown command /. /help lists the commands.\n"
            "> / help\n"
            "< Unknown command /. /help lists the commands.\n");
    line_play_done(&play);
}

static void
wrong_usage_is_answered_with_the_usage(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /join\n"
            "< Usage: /join #room\n"
            "> /join #a #b\n"
            "< Usage: /join #room\n"
            "> /msg alice\n"
            "< Usage: /msg name text\n"
            "> /me \n"
            "< Usage: /me text\n"
            "> /rooms please\n"
            "< Usage: /rooms\n"
            "> /history 0\n"
            "< Usage: /history [n] [#room]\n"
            "> /history 1 2 3\n"
            "< Usage: /history [n] [#room]\n"
            "> /join #oh!no\n"
            "< Room \"#oh!no\" cannot be used: it has a character that is not "
            "allowed there.\n");
    line_play_done(&play);
}

static void
help_lists_every_command(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /help\n"
            "<   /help                 this list (also /h, /?)\n"
            "<   /join #room           go to a room; a new one is made (also "
            "/j)\n"
            "<   /part [#room]         leave this or another room (also "
            "/leave)\n"
            "<   /msg name text        say something to one person\n"
            "<   /me text              say what you do: * alice waves\n"
            "<   /nick name            change your name\n"
            "<   /who [#room]          who is in this or another room (also "
            "/names)\n"
            "<   /rooms                all rooms (also /list)\n"
            "<   /topic [text]         show or change this room's topic\n"
            "<   /history [n] [#room]  the last n messages; @name: in private\n"
            "<   /files [n] [#room]    what was shared; inline: send it here, "
            "off: do not\n"
            "<   /get ID               have a shared file sent here\n"
            "<   /away [text]          tell others that you are away\n"
            "<   /back                 you are here again\n"
            "<   /quit [text]          leave (also /exit)\n"
            "<   /register [CODE]      keep your name: make it an account\n"
            "<   /login [name]         be who you are\n"
            "<   /logout               and leave\n"
            "<   /passwd               change your password\n"
            "<   /unregister           delete your account\n"
            "<   /devices              what may log in as you without a "
            "password\n"
            "<   /revoke number        of them, one no longer; all: none of "
            "the others\n"
            "<   /token NAME [#room]   for a bot; behind it: read, post, "
            "files, manage\n"
            "<   /room [#room]         what this or another room is\n"
            "<   /members [#room]      the accounts that belong to it\n"
            "<   /invite name [#room]  let somebody into a private room\n"
            "<   /group names          a hidden room for you and them\n"
            "<   /kick name [why]      remove somebody from this room\n"
            "<   /ban name [10m] [why] and keep them out; an address range "
            "will do\n"
            "<   /unban name           let them in again\n"
            "<   /bans [#room]         who is banned or muted here\n"
            "<   /mute name [why]      let somebody read only; a time works "
            "too\n"
            "<   /unmute name          let them speak again\n"
            "<   /op name              make somebody a moderator (also /mod)\n"
            "<   /deop name            and a plain member again\n"
            "<   /owner name           give this room away\n"
            "<   /set setting value    change this room; alone: what there "
            "is\n"
            "<   /close #room          end a room for good\n"
            "<   //text                say \"/text\"\n"
            "<   FILE:name:size        and then its bytes: share a file\n");
    line_play_done(&play);
}

static void
lists_are_for_reading(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /who\n"
            "= WHO #lobby\n"
            "< 3 people in #lobby: alice, bob (away: lunch), carol (idle 12 "
            "min)\n"
            "> /names #ops\n"
            "= WHO #ops\n"
            "< 3 people in #ops: alice, bob (away: lunch), carol (idle 12 "
            "min)\n"
            "> /rooms\n"
            "= ROOMS\n"
            "< 3 rooms:\n"
            "<   #lobby           12 people\n"
            "<   #ops              3 people  it is on fire\n"
            "<   #cats-and-dogs    1 person   no birds\n"
            "> /topic\n"
            "= ROOMS\n"
            "< #lobby has no topic.\n"
            "> /join #ops\n"
            "= JOIN #ops\n"
            "< You are now in #ops (3 people). Topic: it is on fire\n"
            "> /topic\n"
            "= ROOMS\n"
            "< The topic of #ops is: it is on fire\n");
    line_play_done(&play);
}

static void
history_says_when_and_who(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /history\n"
            "= HISTORY 20 #lobby\n"
            "< -- the last 3 messages of #lobby, times in UTC --\n"
            "< [2026-11-21 02:31:29] alice: first\n"
            "< [2026-11-21 02:31:29] alice: second\n"
            "< [2026-11-21 02:31:29] * bob waves\n"
            "< [2026-11-21 02:31:29] carol has changed the topic of #lobby to: "
            "cats\n"
            "< -- end of history --\n");
    act(&play, "> /history 7 ops\n> /history #ops\n> /history 4000000000\n"
               "> /history 3 @alice\n");
    assert_non_null(strstr(play.commands.p,
                           "= HISTORY 7 #ops\n= HISTORY 20 #ops\n"
                           "= HISTORY 500 #lobby\n= HISTORY 3 @alice\n"));
    line_play_done(&play);
}

static struct event *
people(size_t n)
{
    struct event *e = event_new(ANSWER_PEOPLE, str_of("#big"), nothing,
                                nothing, nothing);
    struct event **items = must_alloc(n * sizeof *items);
    char name[LIMIT_NAME_BYTES + 1];

    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "a-name-of-32-bytes-with-number%02zu",
                 i % 100);
        items[i] = event_new(ITEM_PERSON, nothing, str_of(name), nothing,
                             nothing);
    }
    event_set_items(e, items, n);
    e->count = 1200;
    return e;
}

static void
a_long_list_of_people_is_wrapped(void **state)
{
    struct line_play play = bob();
    const char *line;

    (void)state;
    buf_clear(&play.conn->sent);
    play.shown = 0;
    line_play_event(&play, people(1000));
    line = play.conn->sent.p;
    assert_non_null(strstr(line, " and 200 more\n"));
    for (const char *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        assert_true(end - line < 400);
        assert_true(end[-1] != ' ');
    }
    line_play_done(&play);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rooms_are_joined_switched_and_left),
        cmocka_unit_test(whoever_is_removed_from_a_room_is_told),
        cmocka_unit_test(commands_are_said_in_any_case),
        cmocka_unit_test(a_double_slash_is_text),
        cmocka_unit_test(an_unknown_command_is_guessed),
        cmocka_unit_test(wrong_usage_is_answered_with_the_usage),
        cmocka_unit_test(help_lists_every_command),
        cmocka_unit_test(lists_are_for_reading),
        cmocka_unit_test(history_says_when_and_who),
        cmocka_unit_test(a_long_list_of_people_is_wrapped),
    };

    rand_init();
    return cmocka_run_group_tests_name("line_commands", tests, NULL, NULL);
}
