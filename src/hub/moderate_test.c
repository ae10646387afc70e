/* SPDX-License-Identifier: MIT */
#include "hub/rights_test.h"

static struct command *
removing(struct play *p, uint64_t session, const char *name, const char *why)
{
    return about_whom(p, COMMAND_REMOVE, session, "#cats", name, why);
}

/* ---- REMOVE ---- */

static void
whoever_is_removed_loses_the_room_before_the_others_hear(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, removing(p, 1, "dan", "noise"));
    expect(p, "w0 room 2 left dan removed by ann: noise 3\n"
              "w0 s1 done\n"
              "w1 s4 loses 2: removed forbidden #cats noise ->ann\n"
              "w1 room 2 left dan removed by ann: noise 3\n");
    say(p, 1, "#cats", "hi");
    forget(p);
    act(p, joining(p, 4, "#cats"));
    expect(p, "w0 room 2 joined dan 4 -s4\n"
              "w1 s4 hears 2 after 1/1: subscribed 1 #cats 4\n"
              "w1 room 2 joined dan 4 -s4\n");
}

static void
every_connection_of_a_member_goes_and_the_membership_too(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    rights_enter(p, 12, 2, "bob");
    rights_enter(p, 22, 2, "bob");
    join(p, 12, "#cats");
    forget(p);
    act(p, removing(p, 1, "bob", NULL));
    expect(p, "w0 room 2 left bob removed by ann 3\n"
              "w0 s1 done\n"
              "w1 s12 is  in 2\n"
              "w1 s2 is  in 2\n"
              "w1 s2 loses 2: removed forbidden #cats ->ann\n"
              "w1 s12 loses 2: removed forbidden #cats ->ann\n"
              "w1 s22 loses 2: removed forbidden outside"
              " #cats ->ann\n"
              "w1 room 2 left bob removed by ann 3\n");
    act(p, play_command(p, COMMAND_MEMBERS, 1, "#cats", NULL, NULL));
    expect(p, "w0 s1 members #cats [ member =owner ann ]"
              " [ member =member cleo ]\n");
}

static void
nobody_acts_on_those_who_are_not_below(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, removing(p, 2, "dan", NULL));
    act(p, removing(p, 4, "bob", NULL));
    expect(p, "w1 s2 denied forbidden dan\n"
              "w1 s4 denied forbidden bob\n");
    quietly(p, giving(p, 1, "#cats", "bob", ROLE_MODERATOR));
    quietly(p, giving(p, 1, "#cats", "cleo", ROLE_MODERATOR));
    act(p, removing(p, 2, "cleo", NULL));
    act(p, removing(p, 2, "ann", NULL));
    act(p, removing(p, 2, "bob", NULL));
    expect(p, "w1 s2 denied forbidden cleo they are not below you in that"
              " room\n"
              "w1 s2 denied forbidden ann they are not below you in that"
              " room\n"
              "w1 s2 denied forbidden bob they are not below you in that"
              " room\n");
    quietly(p, removing(p, 2, "dan", NULL));
    quietly(p, removing(p, 0, "ann", NULL));
    act(p, play_command(p, COMMAND_ROOM, 3, "#cats", NULL, NULL));
    expect(p, "w0 s3 room =moderator #cats 2\n");
}

static void
a_removal_of_nobody_or_with_a_bad_reason_is_refused(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    rights_found(p, 9, "zoe");
    act(p, removing(p, 1, "nobody", NULL));
    act(p, removing(p, 1, "zoe", NULL));
    act(p, removing(p, 1, "dan", "two\nlines"));
    act(p, about_whom(p, COMMAND_REMOVE, 1, "@dan", "dan", NULL));
    act(p, about_whom(p, COMMAND_REMOVE, 1, "#none", "dan", NULL));
    expect(p, "w0 s1 denied no_such_person nobody\n"
              "w0 s1 denied not_in_room zoe they are not in that room\n"
              "w0 s1 denied bad_request dan\n"
              "w0 s1 denied bad_room dan\n"
              "w0 s1 denied no_such_room dan\n");
}

static void
what_a_removed_person_was_uploading_never_becomes_a_message(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, uploading(p, 4, "#cats", 7, 100));
    quietly(p, removing(p, 1, "dan", NULL));
    expect_moves(p, "7 ");
    act(p, sharing(p, 4, 7, 100));
    expect(p, "w1 s4 denied no_such_file\n");
    expect_moves(p, "7 ");
    expect_log(p, 2, "");
}

/* ---- BAN, UNBAN ---- */

static void
whoever_is_banned_goes_and_stays_out_until_the_ban_ends(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, banning(p, 1, "#cats", "dan", false, 60000));
    expect(p, "w0 room 2 left dan banned by ann: noise 3\n"
              "w0 s1 done\n"
              "w1 s4 loses 2: removed banned #cats noise ->ann\n"
              "w1 room 2 left dan banned by ann: noise 3\n");
    act(p, joining(p, 4, "#cats"));
    act(p, saying(p, 4, "#cats", "hi"));
    act(p, play_command(p, COMMAND_HISTORY, 4, "#cats", NULL, NULL));
    act(p, play_command(p, COMMAND_WHO, 4, "#cats", NULL, NULL));
    act(p, uploading(p, 4, "#cats", 7, 100));
    expect(p, "w1 s4 denied banned #cats\n"
              "w1 s4 denied banned #cats\n"
              "w1 s4 denied banned #cats\n"
              "w1 s4 denied banned #cats\n"
              "w1 s4 denied banned #cats\n");
    p->now_ms += 60000;
    act(p, saying(p, 4, "#cats", "back"));
    forget(p);
    expect_log(p, 2, "1 dan back\n");
}

static void
an_unbanned_member_may_come_again(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, banning(p, 1, "#cats", "bob", false, 0));
    play_restart(p);
    rights_enter(p, 1, 1, "ann");
    rights_enter(p, 2, 2, "bob");
    act(p, joining(p, 2, "#cats"));
    act(p, play_command(p, COMMAND_BANS, 1, "#cats", NULL, NULL));
    expect(p, "w1 s2 denied banned #cats\n"
              "w0 s1 bans #cats [ ban bob noise ->ann ]\n");
    act(p, about_whom(p, COMMAND_UNBAN, 1, "#cats", "bob", NULL));
    act(p, about_whom(p, COMMAND_UNBAN, 1, "#cats", "bob", NULL));
    expect(p, "w0 s1 done\n"
              "w0 s1 denied no_such_ban bob\n");
    quietly(p, joining(p, 2, "#cats"));
    act(p, play_command(p, COMMAND_ROOM, 2, "#cats", NULL, NULL));
    expect(p, "w1 s2 room =member #cats ann 1\n");
}

static struct command *
from(struct command *c, unsigned last)
{
    memcpy(c->from, (const uint8_t[16]){[10] = 255, [11] = 255, 192, 0, 2},
           16);
    c->from[15] = (uint8_t)last;
    return c;
}

static void
a_range_keeps_out_all_but_those_who_keep_order(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, from(entering(p, 6, "finn"), 7));
    act(p, from(entering(p, 8, "hal"), 130));
    join(p, 6, "#cats");
    join(p, 8, "#cats");
    forget(p);
    act(p, banning(p, 1, "#cats", "192.0.2.0/25", false, 0));
    expect(p, "w0 room 2 left finn banned by ann: noise 5\n"
              "w0 s1 done\n"
              "w1 s6 loses 2: removed banned #cats noise ->ann\n"
              "w1 room 2 left finn banned by ann: noise 5\n");
    act(p, joining(p, 6, "#cats"));
    expect(p, "w1 s6 denied banned #cats\n");
    quietly(p, banning(p, 1, "#cats", "0.0.0.0/0", false, 0));
    act(p, saying(p, 8, "#cats", "hi"));
    expect(p, "w1 s8 denied banned #cats\n");
    act(p, about_whom(p, COMMAND_UNBAN, 1, "#cats", "192.0.2.0/25", NULL));
    expect(p, "w0 s1 done\n");
}

static void
a_person_who_is_called_like_an_address_is_banned_as_a_person(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, from(entering(p, 6, "198.51.100.1"), 7));
    join(p, 6, "#cats");
    forget(p);
    act(p, banning(p, 1, "#cats", "198.51.100.1", false, 0));
    expect(p, "w0 room 2 left 198.51.100.1 banned by ann: noise 4\n"
              "w0 s1 done\n"
              "w1 s6 loses 2: removed banned #cats noise ->ann\n"
              "w1 room 2 left 198.51.100.1 banned by ann: noise 4\n");
    act(p, banning(p, 1, "#cats", "198.51.100.1/32", false, 0));
    act(p, banning(p, 1, "#cats", "198.51.100.2", false, 0));
    expect(p, "w0 s1 done\nw0 s1 done\n");
}

/* Its owner is a guest, known by nothing but where they come from. */
static void
a_range_stops_an_upload_that_was_laid_aside(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, from(entering(p, 6, "finn"), 7));
    quietly(p, uploading(p, 6, "#cats", 7, 100));
    quietly(p, leaving(p, 6, NULL, false));
    quietly(p, banning(p, 1, "#cats", "192.0.2.0/25", false, 0));
    act(p, from(entering(p, 8, "finn"), 7));
    forget(p);
    act(p, play_file_command(p, COMMAND_RESUME, 8, 7, 0));
    act(p, sharing(p, 8, 7, 100));
    expect(p, "w1 s8 denied banned\n"
              "w1 s8 denied banned\n");
    quietly(p, banning(p, 1, "#cats", "192.0.2.0/25", true, 0));
    quietly(p, about_whom(p, COMMAND_UNBAN, 1, "#cats", "192.0.2.0/25",
                          NULL));
    act(p, sharing(p, 8, 7, 100));
    expect(p, "w1 s8 denied muted\n");
}

static void
a_muted_person_hears_and_says_nothing(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, banning(p, 1, "#cats", "dan", true, 0));
    expect(p, "w0 room 2 standing muted dan + noise ->ann\n"
              "w0 s1 done\n"
              "w1 room 2 standing muted dan + noise ->ann\n");
    act(p, saying(p, 4, "#cats", "hi"));
    act(p, uploading(p, 4, "#cats", 7, 100));
    act(p, play_command(p, COMMAND_ROOM, 4, "#cats", NULL, NULL));
    expect(p, "w1 s4 denied muted #cats\n"
              "w1 s4 denied muted #cats\n"
              "w1 s4 room muted #cats ann 4\n");
    {
        struct command *c = about_whom(p, COMMAND_UNBAN, 1, "#cats", "dan",
                                       NULL);

        c->mute = true;
        act(p, c);
    }
    expect(p, "w0 room 2 standing dan + ->ann\n"
              "w0 s1 done\n"
              "w1 room 2 standing dan + ->ann\n");
    quietly(p, saying(p, 4, "#cats", "hi"));
    expect_log(p, 2, "1 dan hi\n");
}

static void
a_mute_that_runs_out_is_told_to_the_room(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, banning(p, 1, "#cats", "dan", true, 5000));
    tick(p, 4999);
    expect(p, "");
    p->now_ms += 1;
    hub_tick(p->hub, p->now_ms);
    play_commit(p);
    expect(p, "w0 room 2 standing dan +\n"
              "w1 room 2 standing dan +\n");
    act(p, play_command(p, COMMAND_BANS, 1, "#cats", NULL, NULL));
    expect(p, "w0 s1 bans #cats\n");
}

static void
the_operator_bans_from_the_server(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, banning(p, 1, NULL, "dan", false, 0));
    expect(p, "w0 s1 denied forbidden dan\n");
    act(p, banning(p, 0, NULL, "dan", false, 0));
    expect(p, "w0 room 2 left dan banned 3\n"
              "w0 s0 done\n"
              "w1 s4 ends: closed banned noise ->(operator)\n"
              "w1 room 2 left dan banned 3\n");
    {
        struct command *c = entering(p, 14, "dan");

        c->sender_id = 104;
        act(p, c);
    }
    expect(p, "w1 s14 denied banned dan\n");
    act(p, play_command(p, COMMAND_BANS, 0, NULL, NULL, NULL));
    expect(p, "w0 s0 bans [ ban dan noise ->(operator) ]\n");
    play_restart(p);
    act(p, about_whom(p, COMMAND_UNBAN, 0, NULL, "dan", NULL));
    expect(p, "w0 s0 done\n");
}

/* ---- ROLE ---- */

static void
the_owner_gives_roles_and_the_room_hears(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, giving(p, 1, "#cats", "bob", ROLE_MODERATOR));
    expect(p, "w0 room 2 standing =moderator bob ->ann\n"
              "w0 s1 done\n"
              "w1 s2 is moderator in 2\n"
              "w1 room 2 standing =moderator bob ->ann\n");
    act(p, giving(p, 2, "#cats", "cleo", ROLE_MODERATOR));
    act(p, giving(p, 1, "#cats", "dan", ROLE_MEMBER));
    act(p, giving(p, 1, "#cats", "ann", ROLE_MEMBER));
    expect(p, "w1 s2 denied forbidden cleo\n"
              "w0 s1 denied no_account dan they have none\n"
              "w0 s1 denied forbidden ann give the room to somebody first\n");
}

/* Account n, from where `last` says. */
static void
enter_from(struct play *p, uint64_t session, unsigned n, const char *name,
           unsigned last)
{
    struct command *c = command_new_login(COMMAND_ENTER, PLAY_NONE,
                                          PLAY_NONE, PLAY_NONE, LOGIN_TOKEN);

    rights_found(p, n, name);
    memset(c->login->token_hash, (int)n, sizeof c->login->token_hash);
    c->session = session;
    c->worker = (session - 1) % 2;
    c->request = ++p->request;
    c->now_ms = p->now_ms;
    c->secure = true;
    quietly(p, from(c, last));
}

static void
a_range_hits_whoever_keeps_order_no_longer(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    enter_from(p, 6, 4, "eve", 7);
    join(p, 6, "#cats");
    quietly(p, giving(p, 1, "#cats", "eve", ROLE_MODERATOR));
    quietly(p, banning(p, 1, "#cats", "192.0.2.0/25", true, 0));
    act(p, giving(p, 1, "#cats", "eve", ROLE_MEMBER));
    expect(p, "w0 room 2 standing =member eve ->ann\n"
              "w0 s1 done\n"
              "w1 s6 is member in 2\n"
              "w1 room 2 standing =member eve ->ann\n"
              "w1 s6 standing =member muted eve + ->ann\n");
    quietly(p, giving(p, 1, "#cats", "eve", ROLE_MODERATOR));
    quietly(p, banning(p, 1, "#cats", "192.0.2.0/25", false, 0));
    act(p, giving(p, 1, "#cats", "eve", ROLE_MEMBER));
    expect(p, "w0 room 2 standing =member eve ->ann\n"
              "w0 room 2 left eve banned by ann 4\n"
              "w0 s1 done\n"
              "w1 s6 is member in 2\n"
              "w1 room 2 standing =member eve ->ann\n"
              "w1 s6 standing =member muted eve + ->ann\n"
              "w1 s6 loses 2: removed banned #cats ->ann\n"
              "w1 room 2 left eve banned by ann 4\n");
    act(p, joining(p, 6, "#cats"));
    expect(p, "w1 s6 denied banned #cats\n");
}

static void
a_room_is_given_away_and_its_old_owner_keeps_order(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, giving(p, 1, "#cats", "bob", ROLE_OWNER));
    expect(p, "w0 s1 is moderator in 2\n"
              "w0 room 2 standing =moderator ann ->ann\n"
              "w0 room 2 standing =owner bob ->ann\n"
              "w0 s1 done\n"
              "w1 s2 is owner in 2\n"
              "w1 room 2 standing =moderator ann ->ann\n"
              "w1 room 2 standing =owner bob ->ann\n");
    play_restart(p);
    enter(p, 4, "dan");
    forget(p);
    act(p, play_command(p, COMMAND_MEMBERS, 4, "#cats", NULL, NULL));
    expect(p, "w1 s4 members #cats [ member =owner bob + ]"
              " [ member =moderator ann + ] [ member =member cleo + ]\n");
}

static void
whose_membership_ends_is_removed(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, giving(p, 1, "#cats", "bob", ROLE_NONE));
    expect(p, "w0 room 2 left bob removed by ann 3\n"
              "w0 s1 done\n"
              "w1 s2 is  in 2\n"
              "w1 s2 loses 2: removed forbidden #cats ->ann\n"
              "w1 room 2 left bob removed by ann 3\n");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        play_test(whoever_is_removed_loses_the_room_before_the_others_hear),
        play_test(every_connection_of_a_member_goes_and_the_membership_too),
        play_test(nobody_acts_on_those_who_are_not_below),
        play_test(a_removal_of_nobody_or_with_a_bad_reason_is_refused),
        play_test(what_a_removed_person_was_uploading_never_becomes_a_message),
        play_test(whoever_is_banned_goes_and_stays_out_until_the_ban_ends),
        play_test(an_unbanned_member_may_come_again),
        play_test(a_range_keeps_out_all_but_those_who_keep_order),
        play_test(
            a_person_who_is_called_like_an_address_is_banned_as_a_person),
        play_test(a_range_stops_an_upload_that_was_laid_aside),
        play_test(a_muted_person_hears_and_says_nothing),
        play_test(a_mute_that_runs_out_is_told_to_the_room),
        play_test(the_operator_bans_from_the_server),
        play_test(the_owner_gives_roles_and_the_room_hears),
        play_test(a_range_hits_whoever_keeps_order_no_longer),
        play_test(a_room_is_given_away_and_its_old_owner_keeps_order),
        play_test(whose_membership_ends_is_removed),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
