/* SPDX-License-Identifier: MIT */
#include "dialect/line/acting_test.h"

static struct event *
told(enum event_kind kind, const char *room, const char *name,
     const char *text, const char *by)
{
    struct event *e = event_new(kind, str_of(room), str_of(name),
                                str_of(text), str_of(by));

    e->room = line_play_room(str_of(room));
    e->room_kind = ROOM_CHANNEL;
    return e;
}

static void
people_are_invited_removed_and_kept_out(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /invite alice\n"
            "= INVITE #lobby alice\n"
            "< You have invited alice to #lobby.\n"
            "> /invite @alice #ops\n"
            "= INVITE #ops alice\n"
            "< You have invited alice to #ops.\n"
            "> /kick alice too loud\n"
            "= REMOVE #lobby alice too loud\n"
            "< You have removed alice from #lobby.\n"
            "> /kick nobody #ops\n"
            "= REMOVE #ops nobody\n"
            "< There is nobody of that name here: nobody.\n"
            "> /ban alice 10m too loud\n"
            "= BAN #lobby alice too loud (for a time)\n"
            "< You have banned alice from #lobby.\n"
            "> /ban 192.0.2.0/24 #ops spam 10m\n"
            "= BAN #ops 192.0.2.0/24 spam 10m\n"
            "< You have banned 192.0.2.0/24 from #ops.\n"
            "> /unban alice\n"
            "= UNBAN #lobby alice\n"
            "< alice is no longer banned from #lobby.\n"
            "> /mute alice 2h\n"
            "= BAN #lobby alice (mute) (for a time)\n"
            "< You have muted alice in #lobby.\n"
            "> /unmute alice #ops\n"
            "= UNBAN #ops alice (mute)\n"
            "< alice may speak again in #ops.\n"
            "> /kick\n"
            "< Usage: /kick name [why]\n"
            "> /unban alice and bob\n"
            "< Usage: /unban name\n"
            "> /ban alice #oh!no\n"
            "< Room \"#oh!no\" cannot be used: it has a character that is not "
            "allowed there.\n");
    line_play_done(&play);
}

static void
roles_are_given(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /op alice\n"
            "= ROLE #lobby alice role 2\n"
            "< alice is a moderator of #lobby now.\n"
            "> /mod alice #ops\n"
            "= ROLE #ops alice role 2\n"
            "< alice is a moderator of #ops now.\n"
            "> /deop alice\n"
            "= ROLE #lobby alice role 1\n"
            "< alice is a plain member of #lobby now.\n"
            "> /owner alice\n"
            "< The room will be theirs, and you can not take it back. Type "
            "\"alice\" again to give it away:\n"
            "> yes\n"
            "< That was not the same. Nothing was changed.\n"
            "> /owner alice #ops\n"
            "< The room will be theirs, and you can not take it back. Type "
            "\"alice\" again to give it away:\n"
            "> Alice\n"
            "= ROLE #ops alice role 3\n"
            "< alice is the owner of #ops now, and you are a moderator.\n");
    line_play_done(&play);
}

static void
rooms_are_changed_and_closed(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /set slow 10s\n"
            "= SET #lobby 10s setting 3\n"
            "< The slow of #lobby is 10s now.\n"
            "> /set Description for tea only\n"
            "= SET #lobby for tea only setting 6\n"
            "< You have changed the description of #lobby.\n"
            "> /set colour red\n"
            "< Settings are: privacy (public, private, hidden), history (all, "
            "joined), slow (10s, off), keep (30d, 1000, forever), name, "
            "description. /room shows them.\n"
            "> /close #ops\n"
            "< Everyone will be removed from it, and what was said there is "
            "gone. Type \"#ops\" again to close it:\n"
            "> \n"
            "< Nothing was changed.\n"
            "> /close ops\n"
            "< Everyone will be removed from it, and what was said there is "
            "gone. Type \"#ops\" again to close it:\n"
            "> #ops\n"
            "= CLOSE #ops\n"
            "< You have closed #ops.\n");
    line_play_done(&play);
}

static void
rooms_and_their_people_are_shown(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /room\n"
            "= ROOM #lobby\n"
            "< #lobby: 2 people here, 812 messages, made 2026-11-21 02:31:29\n"
            "<   topic: tea\n"
            "<   description: for tea only\n"
            "<   privacy private, history all, slow 10s, keep forever\n"
            "<   owner: alice\n"
            "<   you: moderator\n"
            "> /members ops\n"
            "= MEMBERS #ops\n"
            "< 3 members of #ops: alice (owner), bob (moderator) (not here), "
            "carol\n"
            "> /bans\n"
            "= BANS #lobby\n"
            "< 2 banned or muted in #lobby, times in UTC:\n"
            "<   mallory (muted): spam, by alice, since 2026-11-21 02:31:29\n"
            "<   192.0.2.0/24, until 2026-11-22 02:31:29\n");
    line_play_done(&play);
}

static void
a_group_is_entered_at_once(void **state)
{
    struct line_play play = bob();

    (void)state;
    hear(&play, told(EVENT_SUBSCRIBED, "#group-1", "", "", ""), "");
    perform(&play,
            "> /group alice carol\n"
            "= GROUP alice carol\n"
            "< You are now in #group-1, your group.\n"
            "> hello\n"
            "= POST #group-1 hello\n");
    line_play_done(&play);
}

/* --- what is told --- */

static struct event *
removed(const char *room, const char *by, const char *why, enum deny deny)
{
    struct event *e = told(EVENT_REMOVED, room, "", why, by);

    e->deny = deny;
    return e;
}

static void
the_removed_are_told_and_go_on_elsewhere(void **state)
{
    struct line_play play = bob();

    (void)state;
    act(&play, "> /join #ops\n> /join #cats\n");
    line_play_forget(&play);
    hear(&play, removed("#ops", "alice", "too loud", DENY_FORBIDDEN),
         "< You were removed from #ops by alice: too loud\n");
    hear(&play, removed("#cats", "alice", "", DENY_BANNED),
         "< You were banned from #cats by alice.\n"
         "< You are now in #lobby.\n");
    hear(&play, removed("#cats", "alice", "", DENY_BANNED), "");
    hear(&play, event_in(EVENT_MESSAGE, "#cats", "alice", "gone?"), "");
    hear(&play, removed("#lobby", "", "spring", DENY_NO_SUCH_ROOM),
         "< #lobby was closed: spring\n"
         "< You are in no room now. /join one.\n");
    perform(&play, "> hello\n"
                   "< You are in no room. /join one first.\n");
    line_play_done(&play);
}

static void
a_removal_ends_an_upload_and_drops_the_rest_of_it(void **state)
{
    struct line_play play = bob();

    (void)state;
    line_play_input(&play, "FILE:a.txt:10\nhello", 19);
    line_play_forget(&play);
    hear(&play, removed("#lobby", "alice", "", DENY_FORBIDDEN),
         "< a.txt was not stored: You may not do that here.\n"
         "< You were removed from #lobby by alice.\n"
         "< You are in no room now. /join one.\n"
         "= DROP\n");
    perform(&play, "> worldhi\n"
                   "< You are in no room. /join one first.\n");
    line_play_done(&play);
}

/* The core has dealt with the removal first, and then with the question. */
static void
a_removal_ends_an_upload_that_is_still_being_asked_for(void **state)
{
    struct line_play play = bob();

    (void)state;
    fake_conn_input(play.conn, "FILE:a.txt:10\nhello", 19);
    line_play_forget(&play);
    hear(&play, removed("#lobby", "alice", "", DENY_FORBIDDEN),
         "< a.txt was not stored: You may not do that here.\n"
         "< You were removed from #lobby by alice.\n"
         "< You are in no room now. /join one.\n"
         "= UPLOAD #lobby a.txt 10\n"
         "= DROP\n");
    perform(&play, "> worldhi\n"
                   "< You are in no room. /join one first.\n");
    line_play_done(&play);
}

static void
a_removal_ends_a_file_that_goes_out(void **state)
{
    struct line_play play = bob();

    (void)state;
    line_play_arrive(&play, 1, "a.txt", 10);
    line_play_grow(&play, 1, "hello", 5);
    act(&play, "> /get 04000000000000000000000004\n");
    assert_non_null(strstr(play.script.p, "< FILE:a.txt:10\n< hello"));
    line_play_event(&play, removed("#lobby", "alice", "", DENY_FORBIDDEN));
    assert_true(play.conn->was_reset);
    line_play_done(&play);
}

static void
roles_and_voices_are_told(void **state)
{
    struct line_play play = bob();
    struct event *e = told(EVENT_STANDING, "#lobby", "carol", "spam", "alice");

    (void)state;
    e->away = e->muted = true;
    hear(&play, e, "< alice has muted carol: spam\n");
    e = told(EVENT_STANDING, "#lobby", "carol", "", "");
    e->away = true;
    hear(&play, e, "< The operator has unmuted carol.\n");
    e = told(EVENT_STANDING, "#lobby", "carol", "", "alice");
    e->role = ROLE_MODERATOR;
    hear(&play, e, "< alice has made carol a moderator.\n");
    e = told(EVENT_STANDING, "#lobby", "carol", "", "alice");
    e->role = ROLE_OWNER;
    hear(&play, e, "< alice has made carol the owner.\n");
    e = told(EVENT_STANDING, "#lobby", "carol", "", "alice");
    e->role = ROLE_NONE;
    hear(&play, e, "< alice has ended the membership of carol.\n");
    hear(&play, told(EVENT_INVITED, "#ops", "", "", "alice"),
         "< alice has invited you to #ops. /join #ops\n");
    line_play_done(&play);
}

static void
a_renamed_room_keeps_its_people(void **state)
{
    struct line_play play = bob();
    struct event *e = told(EVENT_SETTING, "#lobby", "", "2m", "alice");

    (void)state;
    e->setting = SETTING_SLOW;
    hear(&play, e, "< alice has set the slow of #lobby to: 2m\n");
    e = told(EVENT_SETTING, "#lobby", "", "#LOBBY", "alice");
    e->setting = SETTING_NAME;
    hear(&play, e, "< alice has renamed #lobby to #LOBBY.\n");
    perform(&play,
            "> hello\n"
            "= POST #LOBBY hello\n"
            "> /join #lobby\n"
            "< You are now in #LOBBY.\n");
    line_play_done(&play);
}

static struct event *
somebody(const char *name, uint64_t sender_id, enum room_role role)
{
    struct event *e = event_new(ITEM_PERSON, nothing, str_of(name), nothing,
                                nothing);

    e->sender_id = sender_id;
    e->role = role;
    return e;
}

static void
guests_and_roles_are_marked(void **state)
{
    struct line_play play = bob();
    struct event *e = event_new(ANSWER_PEOPLE, str_of("#lobby"), nothing,
                                nothing, nothing);
    struct event **items = must_alloc(4 * sizeof *items);

    (void)state;
    items[0] = somebody("alice", SENDER_ACCOUNTS + 1, ROLE_OWNER);
    items[1] = somebody("bob", 7, ROLE_NONE);
    items[2] = somebody("carol", SENDER_ACCOUNTS + 2, ROLE_MEMBER);
    items[3] = somebody("dave", 8, ROLE_NONE);
    items[3]->away = items[3]->muted = true;
    event_set_items(e, items, 4);
    e->count = 4;
    hear(&play, e, "< 4 people in #lobby: alice (owner), bob (guest), carol, "
                   "dave (away) (guest) (muted)\n");
    line_play_done(&play);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_are_invited_removed_and_kept_out),
        cmocka_unit_test(roles_are_given),
        cmocka_unit_test(rooms_are_changed_and_closed),
        cmocka_unit_test(rooms_and_their_people_are_shown),
        cmocka_unit_test(a_group_is_entered_at_once),
        cmocka_unit_test(the_removed_are_told_and_go_on_elsewhere),
        cmocka_unit_test(a_removal_ends_an_upload_and_drops_the_rest_of_it),
        cmocka_unit_test(
            a_removal_ends_an_upload_that_is_still_being_asked_for),
        cmocka_unit_test(a_removal_ends_a_file_that_goes_out),
        cmocka_unit_test(roles_and_voices_are_told),
        cmocka_unit_test(a_renamed_room_keeps_its_people),
        cmocka_unit_test(guests_and_roles_are_marked),
    };

    rand_init();
    return cmocka_run_group_tests_name("line_manage", tests, NULL, NULL);
}
