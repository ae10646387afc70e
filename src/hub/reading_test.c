/* SPDX-License-Identifier: MIT
 *
 * What an account finds when it comes back: its rooms, and what is new. */
#include "hub/rights_test.h"

static struct command *
asking_rooms(struct play *p, uint64_t session)
{
    return play_command(p, COMMAND_ROOMS, session, NULL, NULL, NULL);
}

static struct command *
reading(struct play *p, uint64_t session, const char *target, uint64_t seq)
{
    struct command *c = play_command(p, COMMAND_CURSOR, session, target, NULL,
                                     NULL);

    c->read = seq;
    return c;
}

/* ann is away; bob, on 2, and dan, a guest on 4, have written to her. */
static void
some_mail(struct play *p)
{
    rights_enter(p, 1, 1, "ann");
    act(p, leaving(p, 1, NULL, true));
    rights_enter(p, 2, 2, "bob");
    enter(p, 4, "dan");
    say(p, 2, "@ann", "one");
    p->now_ms += 1000;
    say(p, 4, "@ann", "hello");
    p->now_ms += 1000;
    say(p, 2, "@ann", "two");
    forget(p);
}

static void
whoever_was_away_learns_who_has_written(void **state)
{
    struct play *p = *state;

    some_mail(p);
    rights_enter(p, 1, 1, "ann");
    act(p, asking_rooms(p, 1));
    expect(p, "w0 s1 rooms [ item 2 @bob and 2 1 ] [ item 1 @dan and 1 1 ]"
              " [ item #lobby ]\n");
    act(p, asking_rooms(p, 4));
    expect(p, "w1 s4 rooms [ item #lobby ]\n");
}

static void
what_was_read_is_not_new_after_a_restart(void **state)
{
    struct play *p = *state;

    some_mail(p);
    rights_enter(p, 1, 1, "ann");
    quietly(p, reading(p, 1, "@bob", 1));
    quietly(p, reading(p, 1, "@dan", 99));
    tick(p, 5000);
    play_commit(p);
    play_restart(p);
    rights_enter(p, 1, 1, "ann");
    act(p, asking_rooms(p, 1));
    expect(p, "w0 s1 rooms [ item 2 @bob 0/1 and 1 ] [ item 1 @dan 0/1 ]"
              " [ item #lobby ]\n");
}

static void
cursors_are_written_together_a_few_seconds_later(void **state)
{
    struct play *p = *state;

    some_mail(p);
    rights_enter(p, 1, 1, "ann");
    act(p, reading(p, 1, "@bob", 1));
    act(p, reading(p, 1, "@bob", 2));
    act(p, reading(p, 1, "@dan", 1));
    assert_int_equal(hub_tick(p->hub, p->now_ms), p->now_ms + 5000);
    assert_false(hub_has_written(p->hub));
    tick(p, 5000);
    assert_true(hub_has_written(p->hub));
    play_commit(p);
    tick(p, 5000);
    assert_false(hub_has_written(p->hub));
    forget(p);
}

/* A terminal says nothing of what it has shown. */
static void
what_was_heard_without_cursors_was_read(void **state)
{
    struct play *p = *state;

    some_mail(p);
    rights_enter(p, 1, 1, "ann");
    join(p, 1, "@bob");
    say(p, 2, "@ann", "three");
    forget(p);
    act(p, asking_rooms(p, 1));
    expect(p, "w0 s1 rooms [ item 3 @bob 0/3 2 ] [ item 1 @dan and 1 1 ]"
              " [ item #lobby ]\n");
    act(p, leaving(p, 1, NULL, true));
    say(p, 2, "@ann", "four");
    rights_enter(p, 1, 1, "ann");
    act(p, asking_rooms(p, 1));
    expect(p, "w0 s1 rooms [ item 4 @bob 0/3 and 1 1 ]"
              " [ item 1 @dan and 1 1 ] [ item #lobby ]\n");
}

static void
what_is_read_until_the_stop_is_kept(void **state)
{
    struct play *p = *state;

    some_mail(p);
    rights_enter(p, 1, 1, "ann");
    join(p, 1, "@bob");
    act(p, reading(p, 1, "@dan", 1));
    act(p, play_command(p, COMMAND_STOP, 0, NULL, NULL, NULL));
    act(p, leaving(p, 1, NULL, true));
    play_restart(p);
    rights_enter(p, 1, 1, "ann");
    act(p, asking_rooms(p, 1));
    expect(p, "w0 s1 rooms [ item 2 @bob 0/2 ] [ item 1 @dan 0/1 ]"
              " [ item #lobby ]\n");
}

static void
own_messages_are_not_new(void **state)
{
    struct play *p = *state;

    rights_enter(p, 1, 1, "ann");
    rights_enter(p, 2, 2, "bob");
    act(p, leaving(p, 2, NULL, true));
    say(p, 1, "@bob", "are you there");
    act(p, leaving(p, 1, NULL, true));
    play_restart(p);
    rights_enter(p, 1, 1, "ann");
    act(p, asking_rooms(p, 1));
    expect(p, "w0 s1 rooms [ item 1 @bob ] [ item #lobby ]\n");
}

static void
rooms_that_one_belongs_to_come_first_with_what_was_read(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    say(p, 2, "#cats", "one");
    say(p, 2, "#cats", "two");
    act(p, reading(p, 1, "#cats", 1));
    quietly(p, setting(p, 1, "#cats", SETTING_PRIVACY, "hidden"));
    join(p, 4, "#lobby");
    tick(p, 5000);
    play_commit(p);
    play_restart(p);
    enter(p, 4, "dan");
    join(p, 4, "#lobby");
    rights_enter(p, 1, 1, "ann");
    act(p, asking_rooms(p, 1));
    expect(p, "w0 s1 rooms [ item =owner hidden 2 #cats 0/1 ]"
              " [ item #lobby 1 ]\n");
}

/* A role that is given is not an end of what was read. */
static void
a_new_role_forgets_no_cursor(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    say(p, 1, "#cats", "one");
    act(p, reading(p, 2, "#cats", 1));
    quietly(p, giving(p, 1, "#cats", "bob", ROLE_MODERATOR));
    act(p, asking_rooms(p, 2));
    expect(p, "w1 s2 rooms [ item =moderator 1 #cats 0/1 4 ]"
              " [ item #lobby ]\n");
}

static void
a_token_for_one_room_learns_of_no_letters(void **state)
{
    struct play *p = *state;
    struct device_row d = {
        .id = 9, .account = 1, .name = str_of("bot"), .room = 1,
        .scope = SCOPE_ALL,
    };
    struct command *c = command_new_login(COMMAND_ENTER, PLAY_NONE, PLAY_NONE,
                                          PLAY_NONE, LOGIN_TOKEN);

    some_mail(p);
    say(p, 2, "#lobby", "so that it has a row");
    memset(d.token_hash, 9, sizeof d.token_hash);
    assert_int_equal(store_begin(p->store), 0);
    assert_int_equal(store_put_device(p->store, &d), 0);
    assert_int_equal(store_commit(p->store), 0);
    memset(c->login->token_hash, 9, sizeof c->login->token_hash);
    c->session = 5;
    c->now_ms = p->now_ms;
    c->secure = true;
    quietly(p, c);
    act(p, asking_rooms(p, 5));
    expect(p, "w0 s5 rooms [ item 1 #lobby ]\n");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        play_test(whoever_was_away_learns_who_has_written),
        play_test(what_was_read_is_not_new_after_a_restart),
        play_test(cursors_are_written_together_a_few_seconds_later),
        play_test(what_was_heard_without_cursors_was_read),
        play_test(what_is_read_until_the_stop_is_kept),
        play_test(own_messages_are_not_new),
        play_test(rooms_that_one_belongs_to_come_first_with_what_was_read),
        play_test(a_new_role_forgets_no_cursor),
        play_test(a_token_for_one_room_learns_of_no_letters),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
