/* SPDX-License-Identifier: MIT */
#include "dialect/native/talk_test.h"

#include <stdio.h>

/* --- Asked -------------------------------------------------------------- */

/* The next command: its kind, and what it is about as "target name text". */
static struct command *
is_command(enum command_kind kind, const char *words)
{
    struct command *cmd = commanded(kind);
    char said[256];

    snprintf(said, sizeof said, "%.*s %.*s %.*s", STR_FMT(cmd->target),
             STR_FMT(cmd->name), STR_FMT(cmd->text));
    assert_string_equal(said, words);
    return cmd;
}

static void
was_command(enum command_kind kind, const char *words)
{
    struct command *cmd = is_command(kind, words);

    command_free(&cmd);
}

static void
people_are_invited_and_removed_by_name(void **state)
{
    Loquat__V1__Invite invite = LOQUAT__V1__INVITE__INIT;
    Loquat__V1__Remove remove = LOQUAT__V1__REMOVE__INIT;

    (void)state;
    entered();
    invite.target = "#ops";
    invite.name = "b\x07ob";
    SAY(2, INVITE, invite, &invite);
    was_command(COMMAND_INVITE, "#ops bob ");

    remove.target = "#ops";
    remove.name = "bob";
    remove.reason = "shouting\nloudly";
    SAY(3, REMOVE, remove, &remove);
    was_command(COMMAND_REMOVE, "#ops bob shouting loudly");
}

static void
bans_may_end_and_may_only_silence(void **state)
{
    Loquat__V1__Ban ban = LOQUAT__V1__BAN__INIT;
    Loquat__V1__Unban unban = LOQUAT__V1__UNBAN__INIT;
    struct command *cmd;

    (void)state;
    entered();
    ban.target = "#ops";
    ban.name = "192.0.2.0/24";
    ban.reason = "spam";
    ban.until_ms = 1800000000000;
    ban.mute = true;
    SAY(2, BAN, ban, &ban);
    cmd = is_command(COMMAND_BAN, "#ops 192.0.2.0/24 spam");
    assert_true(cmd->mute && cmd->until_ms == 1800000000000);
    command_free(&cmd);

    unban.target = "#ops";
    unban.name = "bob";
    SAY(3, UNBAN, unban, &unban);
    cmd = is_command(COMMAND_UNBAN, "#ops bob ");
    assert_false(cmd->mute);
    command_free(&cmd);

    ban.until_ms = -1;
    SAY(4, BAN, ban, &ban);
    pong();
    heard_error(4, CODE(BAD_REQUEST));
}

static void
a_role_is_one_of_four(void **state)
{
    Loquat__V1__SetRole set = LOQUAT__V1__SET_ROLE__INIT;
    struct command *cmd;

    (void)state;
    entered();
    set.target = "#ops";
    set.name = "bob";
    set.role = LOQUAT__V1__ROLE__ROLE_MODERATOR;
    SAY(2, SET_ROLE, set_role, &set);
    cmd = is_command(COMMAND_ROLE, "#ops bob ");
    assert_int_equal(cmd->role, ROLE_MODERATOR);
    command_free(&cmd);

    set.role = (Loquat__V1__Role)4;
    SAY(3, SET_ROLE, set_role, &set);
    pong();
    heard_error(3, CODE(BAD_REQUEST));
}

static void
settings_have_words(void **state)
{
    static const struct { char *word; enum setting setting; } all[] = {
        {"privacy", SETTING_PRIVACY}, {"history", SETTING_HISTORY},
        {"slow", SETTING_SLOW}, {"keep", SETTING_KEEP},
        {"name", SETTING_NAME}, {"description", SETTING_DESCRIPTION},
    };
    Loquat__V1__SetRoom set = LOQUAT__V1__SET_ROOM__INIT;

    (void)state;
    entered();
    set.target = "#ops";
    set.value = "some value";
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct command *cmd;

        set.setting = all[i].word;
        SAY(2 + i, SET_ROOM, set_room, &set);
        cmd = is_command(COMMAND_SET, "#ops  some value");
        assert_int_equal(cmd->setting, all[i].setting);
        command_free(&cmd);
    }
    set.setting = "colour";
    SAY(9, SET_ROOM, set_room, &set);
    pong();
    heard_error(9, CODE(BAD_REQUEST));
}

static void
the_rest_needs_a_room_only(void **state)
{
    Loquat__V1__GetBans bans = LOQUAT__V1__GET_BANS__INIT;
    Loquat__V1__CloseRoom close = LOQUAT__V1__CLOSE_ROOM__INIT;
    Loquat__V1__GetRoom room = LOQUAT__V1__GET_ROOM__INIT;
    Loquat__V1__GetMembers members = LOQUAT__V1__GET_MEMBERS__INIT;

    (void)state;
    entered();
    bans.target = close.target = room.target = members.target = "#ops";
    SAY(2, GET_BANS, get_bans, &bans);
    was_command(COMMAND_BANS, "#ops  ");
    SAY(3, CLOSE_ROOM, close_room, &close);
    was_command(COMMAND_CLOSE_ROOM, "#ops  ");
    SAY(4, GET_ROOM, get_room, &room);
    was_command(COMMAND_ROOM, "#ops  ");
    SAY(5, GET_MEMBERS, get_members, &members);
    was_command(COMMAND_MEMBERS, "#ops  ");
}

/* No room would mean the whole server, and nobody somebody else. */
static void
nothing_is_asked_about_no_room_or_nobody(void **state)
{
    Loquat__V1__Ban ban = LOQUAT__V1__BAN__INIT;

    (void)state;
    entered();
    ban.name = "bob";
    SAY(2, BAN, ban, &ban);
    pong();
    heard_error(2, CODE(BAD_ROOM));
    ban.target = "#ops";
    ban.name = "";
    SAY(3, BAN, ban, &ban);
    pong();
    heard_error(3, CODE(BAD_NAME));
    ban.name = "\x07";
    SAY(4, BAN, ban, &ban);
    pong();
    heard_error(4, CODE(BAD_NAME));
}

static void
a_group_has_names_and_a_room_that_nobody_guesses(void **state)
{
    Loquat__V1__MakeGroup make = LOQUAT__V1__MAKE_GROUP__INIT;
    char *names[LIMIT_GROUP + 1] = {"bob", "carol"};
    struct command *cmd;
    struct event *e;

    (void)state;
    entered();
    make.names = names;
    make.n_names = 2;
    SAY(2, MAKE_GROUP, make_group, &make);
    cmd = commanded(COMMAND_GROUP);
    assert_true(str_eq(cmd->text, str_of("bob carol")));
    assert_int_equal(cmd->name.n, strlen("#group-0123456789abcdef"));
    e = event(ANSWER_DONE, "#group-1", NULL, NULL, NULL);
    e->command = cmd->kind;
    e->request = cmd->request;
    command_free(&cmd);
    fake_conn_answer(c, e);
    assert_string_equal(HEARD(GROUP)->group->target, "#group-1");

    for (size_t i = 0; i <= LIMIT_GROUP; i++)
        names[i] = "bob";
    make.n_names = LIMIT_GROUP + 1;
    SAY(3, MAKE_GROUP, make_group, &make);
    pong();
    heard_error(3, CODE(BAD_REQUEST));
    make.n_names = 0;
    SAY(4, MAKE_GROUP, make_group, &make);
    pong();
    heard_error(4, CODE(BAD_REQUEST));
    names[0] = "bob and carol";
    make.n_names = 1;
    SAY(5, MAKE_GROUP, make_group, &make);
    pong();
    heard_error(5, CODE(BAD_NAME));
}

/* --- Answers ------------------------------------------------------------ */

static void
a_room_is_described(void **state)
{
    Loquat__V1__GetRoom get = LOQUAT__V1__GET_ROOM__INIT;
    struct event *e = event(ANSWER_ROOM, "#ops", "alice", "Topic", "About");
    const Loquat__V1__RoomInfo *r;

    (void)state;
    entered();
    get.target = "#ops";
    SAY(2, GET_ROOM, get_room, &get);
    e->room = 4;
    e->settings = (struct room_settings){
        .privacy = ROOM_HIDDEN, .from_joining = true, .slow_ms = 10000,
        .keep_ms = 86400000, .keep_n = 1000};
    e->role = ROLE_OWNER;
    e->muted = true;
    e->count = 3;
    e->delivered = 7;
    e->seq = 9;
    e->time_ms = 1700000000000;
    answer(COMMAND_ROOM, e);

    r = HEARD(ROOM_INFO)->room_info;
    assert_int_equal(r->room, 4);
    assert_string_equal(r->target, "#ops");
    assert_string_equal(r->topic, "Topic");
    assert_string_equal(r->description, "About");
    assert_string_equal(r->owner, "alice");
    assert_int_equal(r->privacy, LOQUAT__V1__PRIVACY__PRIVACY_HIDDEN);
    assert_int_equal(r->role, LOQUAT__V1__ROLE__ROLE_OWNER);
    assert_true(r->from_joining && r->muted);
    assert_true(r->slow_ms == 10000 && r->keep_ms == 86400000);
    assert_true(r->keep_messages == 1000 && r->present == 3);
    assert_true(r->first_seq == 7 && r->last_seq == 9);
    assert_true(r->created_ms == 1700000000000);
}

static struct event *
list(enum event_kind kind, struct event *item)
{
    struct event *e = event(kind, "#ops", NULL, NULL, NULL);
    struct event **items = must_alloc(sizeof *items);

    items[0] = item;
    event_set_items(e, items, 1);
    e->room = 4;
    e->more = true;
    return e;
}

static void
bans_and_members_are_listed(void **state)
{
    Loquat__V1__GetBans bans = LOQUAT__V1__GET_BANS__INIT;
    Loquat__V1__GetMembers members = LOQUAT__V1__GET_MEMBERS__INIT;
    struct event *item = event(ITEM_BAN, NULL, "bob", "spam", "alice");
    Envelope *e;

    (void)state;
    entered();
    bans.target = members.target = "#ops";
    SAY(2, GET_BANS, get_bans, &bans);
    item->time_ms = 10;
    item->expires_ms = 20;
    item->muted = true;
    answer(COMMAND_BANS, list(ANSWER_BANS, item));
    e = HEARD(BANS);
    assert_true(e->bans->room == 4 && e->bans->more);
    assert_string_equal(e->bans->bans[0]->name, "bob");
    assert_string_equal(e->bans->bans[0]->reason, "spam");
    assert_string_equal(e->bans->bans[0]->by, "alice");
    assert_true(e->bans->bans[0]->created_ms == 10 &&
                e->bans->bans[0]->until_ms == 20 && e->bans->bans[0]->mute);

    SAY(3, GET_MEMBERS, get_members, &members);
    item = event(ITEM_MEMBER, NULL, "carol", NULL, NULL);
    item->role = ROLE_MODERATOR;
    item->away = true;
    answer(COMMAND_MEMBERS, list(ANSWER_MEMBERS, item));
    e = HEARD(MEMBERS);
    assert_string_equal(e->members->members[0]->name, "carol");
    assert_int_equal(e->members->members[0]->role,
                     LOQUAT__V1__ROLE__ROLE_MODERATOR);
    assert_false(e->members->members[0]->present);
}

static void
people_and_rooms_tell_standing_and_privacy(void **state)
{
    Loquat__V1__GetPeople people = LOQUAT__V1__GET_PEOPLE__INIT;
    Loquat__V1__GetRooms rooms = LOQUAT__V1__GET_ROOMS__INIT;
    struct event *item = event(ITEM_PERSON, NULL, "bob", NULL, NULL);
    Envelope *e;

    (void)state;
    entered();
    SAY(2, GET_PEOPLE, get_people, &people);
    item->sender_id = SENDER_ACCOUNTS + 3;
    item->role = ROLE_MEMBER;
    item->muted = true;
    answer(COMMAND_WHO, list(ANSWER_PEOPLE, item));
    e = HEARD(PEOPLE);
    assert_true(e->people->people[0]->account && e->people->people[0]->muted);
    assert_int_equal(e->people->people[0]->role,
                     LOQUAT__V1__ROLE__ROLE_MEMBER);

    SAY(3, GET_ROOMS, get_rooms, &rooms);
    item = event(ITEM_ROOM, "#ops", NULL, NULL, NULL);
    item->settings.privacy = ROOM_PRIVATE;
    item->role = ROLE_OWNER;
    answer(COMMAND_ROOMS, list(ANSWER_ROOMS, item));
    e = HEARD(ROOMS);
    assert_int_equal(e->rooms->rooms[0]->privacy,
                     LOQUAT__V1__PRIVACY__PRIVACY_PRIVATE);
    assert_int_equal(e->rooms->rooms[0]->role, LOQUAT__V1__ROLE__ROLE_OWNER);
}

/* --- Events ------------------------------------------------------------- */

static void
who_is_removed_hears_why_and_nothing_more(void **state)
{
    struct event *e = event(EVENT_REMOVED, "#lobby", NULL, "spam", "alice");
    const Loquat__V1__Removed *r;

    (void)state;
    entered();
    joined();
    e->room = 1;
    e->deny = DENY_BANNED;
    fake_conn_answer(c, e);
    r = HEARD(REMOVED)->removed;
    assert_int_equal(r->room, 1);
    assert_string_equal(r->target, "#lobby");
    assert_string_equal(r->by, "alice");
    assert_string_equal(r->reason, "spam");
    assert_int_equal(r->code, CODE(BANNED));

    e = event(EVENT_MESSAGE, "#lobby", "bob", "secret", NULL);
    e->room = 1;
    fake_conn_answer(c, e);
    heard_nothing();
    is_open();
}

static void
an_invitation_is_told_to_whom_it_is_for(void **state)
{
    const Loquat__V1__Invited *i;

    (void)state;
    entered();
    fake_conn_answer(c, event(EVENT_INVITED, "#ops", NULL, NULL, "alice"));
    i = HEARD(INVITED)->invited;
    assert_string_equal(i->target, "#ops");
    assert_string_equal(i->by, "alice");
}

/* Also without signals: it is about what one may do. */
static void
standing_and_settings_are_told_to_the_room(void **state)
{
    struct event *e = event(EVENT_STANDING, "#lobby", "bob", "spam", "alice");
    const Loquat__V1__Standing *s;
    const Loquat__V1__RoomChanged *r;

    (void)state;
    entered();
    joined();
    e->room = 1;
    e->role = ROLE_MODERATOR;
    e->muted = true;
    fake_conn_answer(c, e);
    s = HEARD(STANDING)->standing;
    assert_int_equal(s->room, 1);
    assert_string_equal(s->name, "bob");
    assert_int_equal(s->role, LOQUAT__V1__ROLE__ROLE_MODERATOR);
    assert_true(s->muted);
    assert_string_equal(s->by, "alice");
    assert_string_equal(s->reason, "spam");

    e = event(EVENT_SETTING, "#lobby", NULL, "#hall", "alice");
    e->room = 1;
    e->setting = SETTING_NAME;
    fake_conn_answer(c, e);
    r = HEARD(ROOM_CHANGED)->room_changed;
    assert_int_equal(r->room, 1);
    assert_string_equal(r->setting, "name");
    assert_string_equal(r->value, "#hall");
    assert_string_equal(r->by, "alice");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(people_are_invited_and_removed_by_name),
        TEST(bans_may_end_and_may_only_silence),
        TEST(a_role_is_one_of_four),
        TEST(settings_have_words),
        TEST(the_rest_needs_a_room_only),
        TEST(nothing_is_asked_about_no_room_or_nobody),
        TEST(a_group_has_names_and_a_room_that_nobody_guesses),
        TEST(a_room_is_described),
        TEST(bans_and_members_are_listed),
        TEST(people_and_rooms_tell_standing_and_privacy),
        TEST(who_is_removed_hears_why_and_nothing_more),
        TEST(an_invitation_is_told_to_whom_it_is_for),
        TEST(standing_and_settings_are_told_to_the_room),
    };

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
