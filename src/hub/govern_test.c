/* SPDX-License-Identifier: MIT
 *
 * Settings, invitations, the end of a room. */
#include "hub/rights_test.h"

/* ---- SET ---- */

static void
who_may_set_what_is_the_roles(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, giving(p, 1, "#cats", "bob", ROLE_MODERATOR));
    act(p, setting(p, 2, "#cats", SETTING_SLOW, "10s"));
    expect(p, "w0 room 2 setting slow 10s ->bob\n"
              "w1 room 2 setting slow 10s ->bob\n"
              "w1 s2 done\n");
    act(p, setting(p, 2, "#cats", SETTING_PRIVACY, "hidden"));
    act(p, setting(p, 3, "#cats", SETTING_SLOW, "off"));
    act(p, setting(p, 1, "#cats", SETTING_SLOW, "never"));
    expect(p, "w1 s2 denied forbidden #cats\n"
              "w0 s3 denied forbidden #cats\n"
              "w0 s1 denied bad_request #cats that is no value of that"
              " setting\n");
}

static void
a_room_that_closes_its_doors_keeps_accounts_alone(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    enter(p, 6, "finn");
    forget(p);
    act(p, setting(p, 1, "#cats", SETTING_PRIVACY, "hidden"));
    expect(p, "w0 room 2 left dan That room is for those who were invited"
              " 3\n"
              "w0 room 2 setting privacy hidden ->ann\n"
              "w0 s1 done\n"
              "w1 s4 loses 2: removed invite_only #cats ->ann\n"
              "w1 s6 loses 2: removed invite_only outside #cats ->ann\n"
              "w1 room 2 left dan That room is for those who were invited"
              " 3\n"
              "w1 room 2 setting privacy hidden ->ann\n");
    act(p, joining(p, 4, "#cats"));
    act(p, play_command(p, COMMAND_ROOMS, 4, NULL, NULL, NULL));
    act(p, play_command(p, COMMAND_ROOMS, 2, NULL, NULL, NULL));
    expect(p, "w1 s4 denied no_such_room #cats\n"
              "w1 s4 rooms [ item #lobby ]\n"
              "w1 s2 rooms [ item =member hidden #cats 3 ] [ item #lobby ]\n");
    act(p, setting(p, 1, "#cats", SETTING_PRIVACY, "private"));
    forget(p);
    act(p, play_command(p, COMMAND_ROOMS, 4, NULL, NULL, NULL));
    act(p, joining(p, 4, "#cats"));
    expect(p, "w1 s4 rooms [ item private #cats ] [ item #lobby ]\n"
              "w1 s4 denied invite_only #cats\n");
}

/* As account n, who may have been a guest there. */
static void
log_in(struct play *p, uint64_t session, unsigned n, const char *name)
{
    struct command *c = command_new_login(COMMAND_LOGIN, PLAY_NONE,
                                          PLAY_NONE, PLAY_NONE, LOGIN_TOKEN);

    rights_found(p, n, name);
    memset(c->login->token_hash, (int)n, sizeof c->login->token_hash);
    c->session = session;
    c->worker = (session - 1) % 2;
    c->now_ms = p->now_ms;
    c->secure = true;
    quietly(p, c);
}

static void
who_is_kept_by_a_closing_room_sees_no_more_than_before(void **state)
{
    struct play *p = *state;
    struct command *c;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_HISTORY, "joined"));
    quietly(p, saying(p, 1, "#cats", "before"));
    enter(p, 6, "finn");
    quietly(p, joining(p, 6, "#cats"));
    quietly(p, saying(p, 1, "#cats", "after"));
    log_in(p, 6, 4, "dora");
    quietly(p, setting(p, 1, "#cats", SETTING_PRIVACY, "private"));
    c = joining(p, 6, "#cats");
    c->resume = true;
    act(p, c);
    expect(p, "w1 s6 hears 2 after 1/2: subscribed 2 #cats 4\n");
}

static void
nobody_learns_of_a_hidden_room_by_a_ban(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_PRIVACY, "hidden"));
    act(p, banning(p, 1, "#cats", "dan", false, 0));
    expect(p, "w0 s1 done\n");
    act(p, banning(p, 1, "#cats", "0.0.0.0/0", false, 0));
    expect(p, "w0 s1 done\n");
}

static void
a_renamed_room_is_found_by_its_new_name_alone(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, setting(p, 1, "#cats", SETTING_NAME, "#Lions"));
    expect(p, "w0 room 2 setting name #Lions ->ann\n"
              "w0 s1 done\n"
              "w1 room 2 setting name #Lions ->ann\n");
    act(p, setting(p, 1, "#lions", SETTING_NAME, "#lobby"));
    act(p, setting(p, 1, "#lions", SETTING_NAME, "lions"));
    expect(p, "w0 s1 denied name_taken #lions there is a room of that name\n"
              "w0 s1 denied bad_room #lions has a character that is not allowed"
              " there\n");
}

static void
a_room_may_take_its_own_name_in_other_letters(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_NAME, "#Cats"));
    play_restart(p);
    rights_enter(p, 2, 2, "bob");
    act(p, play_command(p, COMMAND_ROOM, 2, "#cats", NULL, NULL));
    expect(p, "w1 s2 room =member #Cats ann\n");
}

static void
settings_are_kept_over_a_restart(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_PRIVACY, "private"));
    quietly(p, setting(p, 1, "#cats", SETTING_DESCRIPTION, "of cats"));
    play_restart(p);
    rights_enter(p, 2, 2, "bob");
    enter(p, 4, "dan");
    forget(p);
    act(p, play_command(p, COMMAND_ROOM, 2, "#cats", NULL, NULL));
    act(p, joining(p, 4, "#cats"));
    expect(p, "w1 s2 room =member private #cats ann ->of cats\n"
              "w1 s4 denied invite_only #cats\n");
}

static void
the_lobby_stays_what_it_is(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, setting(p, 0, "#lobby", SETTING_NAME, "#hall"));
    act(p, play_command(p, COMMAND_CLOSE_ROOM, 0, "#lobby", NULL, NULL));
    act(p, setting(p, 1, "#lobby", SETTING_PRIVACY, "hidden"));
    expect(p, "w0 s0 denied forbidden #lobby the lobby stays what it is\n"
              "w0 s0 denied forbidden #lobby the lobby stays what it is\n"
              "w0 s1 denied forbidden #lobby\n");
}

static void
in_slow_mode_each_waits_but_those_who_keep_order(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_SLOW, "10s"));
    quietly(p, saying(p, 4, "#cats", "one"));
    p->now_ms += 3500;
    act(p, saying(p, 4, "#cats", "two"));
    expect(p, "w1 s4 denied too_fast #cats wait 7 s in 6500 ms\n");
    quietly(p, saying(p, 2, "#cats", "three"));
    quietly(p, saying(p, 1, "#cats", "four"));
    quietly(p, saying(p, 1, "#cats", "five"));
    p->now_ms += 6500;
    quietly(p, saying(p, 4, "#cats", "six"));
    expect_log(p, 2, "1 dan one\n2 bob three\n3 ann four\n4 ann five\n"
                     "5 dan six\n");
}

static struct command *
from(struct command *c, unsigned network, unsigned last)
{
    const uint8_t address[16] = {[10] = 255, [11] = 255, 192, 0,
                                 (uint8_t)network, (uint8_t)last};

    memcpy(c->from, address, sizeof c->from);
    return c;
}

static void
a_guest_who_comes_again_as_another_one_waits_on(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_SLOW, "10s"));
    quietly(p, from(entering(p, 6, "finn"), 2, 7));
    quietly(p, saying(p, 6, "#cats", "one"));
    quietly(p, play_command(p, COMMAND_LEAVE, 6, NULL, NULL, NULL));
    quietly(p, from(entering(p, 8, "gus"), 2, 7));
    act(p, saying(p, 8, "#cats", "two"));
    expect(p, "w1 s8 denied too_fast #cats wait 10 s in 10000 ms\n");
    quietly(p, from(entering(p, 10, "hal"), 2, 8));
    quietly(p, saying(p, 10, "#cats", "three"));
    expect_log(p, 2, "1 finn one\n2 hal three\n");
}

static void
of_too_many_who_wait_in_slow_mode_the_first_is_forgotten(void **state)
{
    struct play *p = *state;
    char name[16];

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_SLOW, "1h"));
    quietly(p, saying(p, 4, "#cats", "one"));
    for (unsigned n = 0; n < LIMIT_SPOKEN; n++) {
        snprintf(name, sizeof name, "finn%u", n);
        apply(p, from(entering(p, 6, name), n / 256, n % 256));
        apply(p, saying(p, 6, "#cats", "x"));
        apply(p, play_command(p, COMMAND_LEAVE, 6, NULL, NULL, NULL));
    }
    play_commit(p);
    forget(p);
    act(p, saying(p, 4, "#cats", "two"));
    expect(p, "w0 room 2 message 10002 dan two\n"
              "w1 room 2 message 10002 dan two\n"
              "w1 s4 posted 10002\n");
    quietly(p, from(entering(p, 8, "gus"), 2, 7));
    act(p, saying(p, 8, "#cats", "three"));
    expect(p, "w1 s8 denied too_fast #cats wait 3600 s in 3600000 ms\n");
}

/* ---- CLOSE_ROOM ---- */

static void
a_closed_room_is_gone_for_good_and_its_name_is_free(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, play_command(p, COMMAND_PART, 2, "#cats", NULL, NULL));
    quietly(p, play_command(p, COMMAND_PART, 3, "#cats", NULL, NULL));
    quietly(p, uploading(p, 4, "#cats", 7, 100));
    act(p, play_command(p, COMMAND_CLOSE_ROOM, 1, "#cats", NULL, NULL));
    expect(p, "w0 s1 loses 2: removed no_such_room #cats ->ann\n"
              "w0 s3 loses 2: removed no_such_room outside #cats"
              " ->ann\n"
              "w0 s1 done\n"
              "w1 s2 loses 2: removed no_such_room outside #cats"
              " ->ann\n"
              "w1 s4 loses 2: removed no_such_room #cats ->ann\n");
    expect_moves(p, "7 ");
    act(p, play_command(p, COMMAND_HISTORY, 1, "#cats", NULL, NULL));
    expect(p, "w0 s1 denied no_such_room #cats\n");
    play_restart(p);
    rights_enter(p, 2, 2, "bob");
    quietly(p, joining(p, 2, "#cats"));
    act(p, play_command(p, COMMAND_ROOM, 2, "#cats", NULL, NULL));
    expect(p, "w1 s2 room =owner #cats bob 1\n");
}

/* ---- INVITE, GROUP ---- */

static void
whoever_is_invited_may_come_and_belongs_to_it_then(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    rights_enter(p, 5, 5, "eve");
    enter(p, 6, "finn");
    quietly(p, setting(p, 1, "#cats", SETTING_PRIVACY, "private"));
    act(p, about_whom(p, COMMAND_INVITE, 1, "#cats", "eve", NULL));
    act(p, about_whom(p, COMMAND_INVITE, 1, "#cats", "finn", NULL));
    act(p, about_whom(p, COMMAND_INVITE, 2, "#cats", "dan", NULL));
    expect(p, "w0 s5 invited #cats ->ann\n"
              "w0 s1 done\n"
              "w0 s1 done\n"
              "w1 s6 invited #cats ->ann\n"
              "w1 s2 denied forbidden dan\n");
    quietly(p, joining(p, 5, "#cats"));
    quietly(p, joining(p, 6, "#cats"));
    act(p, play_command(p, COMMAND_ROOM, 5, "#cats", NULL, NULL));
    act(p, play_command(p, COMMAND_ROOM, 6, "#cats", NULL, NULL));
    expect(p, "w0 s5 room =member private #cats ann 5\n"
              "w1 s6 room private #cats ann 5\n");
}

static void
an_invitation_is_kept_over_a_restart_for_an_account(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    rights_found(p, 5, "eve");
    quietly(p, setting(p, 1, "#cats", SETTING_PRIVACY, "hidden"));
    quietly(p, about_whom(p, COMMAND_INVITE, 1, "#cats", "eve", NULL));
    play_restart(p);
    rights_enter(p, 5, 5, "eve");
    quietly(p, joining(p, 5, "#cats"));
    act(p, play_command(p, COMMAND_ROOM, 5, "#cats", NULL, NULL));
    expect(p, "w0 s5 room =member hidden #cats ann 1\n");
}

static void
a_group_is_heard_by_its_people_at_once_and_by_nobody_else(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, play_command(p, COMMAND_GROUP, 1, NULL, "#g1234", "bob cleo"));
    expect(p, "w0 s1 hears 3 after 0/0: subscribed #g1234 3\n"
              "w0 s3 hears 3 after 0/0: subscribed #g1234 3\n"
              "w0 s1 done #g1234\n"
              "w1 s2 hears 3 after 0/0: subscribed #g1234 3\n");
    act(p, joining(p, 4, "#g1234"));
    act(p, play_command(p, COMMAND_MEMBERS, 2, "#g1234", NULL, NULL));
    expect(p, "w1 s4 denied no_such_room #g1234\n"
              "w1 s2 members #g1234 [ member =owner ann ] [ member =member bob"
              " ] [ member =member cleo ]\n");
}

static void
a_group_with_one_whom_nobody_knows_is_refused_as_a_whole(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, play_command(p, COMMAND_GROUP, 1, NULL, "#g1", "bob nobody"));
    act(p, play_command(p, COMMAND_GROUP, 1, NULL, "#g1", "bob dan"));
    act(p, play_command(p, COMMAND_GROUP, 1, NULL, "#g1", ""));
    act(p, play_command(p, COMMAND_GROUP, 4, NULL, "#g1", "bob"));
    act(p, play_command(p, COMMAND_ROOM, 1, "#g1", NULL, NULL));
    expect(p, "w0 s1 denied no_such_person #g1 nobody\n"
              "w0 s1 denied no_account #g1 dan\n"
              "w0 s1 denied bad_request #g1\n"
              "w1 s4 denied no_account #g1\n"
              "w0 s1 denied no_such_room #g1\n");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        play_test(who_may_set_what_is_the_roles),
        play_test(a_room_that_closes_its_doors_keeps_accounts_alone),
        play_test(who_is_kept_by_a_closing_room_sees_no_more_than_before),
        play_test(nobody_learns_of_a_hidden_room_by_a_ban),
        play_test(a_renamed_room_is_found_by_its_new_name_alone),
        play_test(a_room_may_take_its_own_name_in_other_letters),
        play_test(settings_are_kept_over_a_restart),
        play_test(the_lobby_stays_what_it_is),
        play_test(in_slow_mode_each_waits_but_those_who_keep_order),
        play_test(a_guest_who_comes_again_as_another_one_waits_on),
        play_test(of_too_many_who_wait_in_slow_mode_the_first_is_forgotten),
        play_test(a_closed_room_is_gone_for_good_and_its_name_is_free),
        play_test(whoever_is_invited_may_come_and_belongs_to_it_then),
        play_test(an_invitation_is_kept_over_a_restart_for_an_account),
        play_test(a_group_is_heard_by_its_people_at_once_and_by_nobody_else),
        play_test(a_group_with_one_whom_nobody_knows_is_refused_as_a_whole),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
