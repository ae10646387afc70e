/* SPDX-License-Identifier: MIT
 *
 * Whoever has the right secret comes in, as a guest, a reader, a visitor or
 * anew; everyone else is told the same. */
#include "hub/account_test.h"

/* ---- by a password ---- */

static void
the_right_password_lets_in(void **state)
{
    struct play *p = *state;

    found_account(p, "Alice");
    act(p, by_password(p, COMMAND_ENTER, 1, "alice", "password of Alice"));
    expect(p, "");
    assert_int_equal(come_back(p), 1);
    expect(p, "w0 s1 welcome Alice\n");
    say(p, 1, "#lobby", "hi");
    expect(p, "w0 s1 posted 1\n");
}

static void
whatever_does_not_fit_is_told_alike(void **state)
{
    struct play *p = *state;
    struct command *disable = play_command(p, COMMAND_ACCOUNT, 0, NULL,
                                           "carol", NULL);

    found_account(p, "alice");
    found_account(p, "carol");
    disable->away = true;
    act(p, disable);
    forget(p);
    act_hashed(p, by_password(p, COMMAND_ENTER, 1, "alice", "wrong one"));
    act_hashed(p, by_password(p, COMMAND_ENTER, 1, "zoe", "wrong one"));
    log_in(p, COMMAND_ENTER, 1, "carol");
    act_hashed(p, by_password(p, COMMAND_ENTER, 1, "alice", "short"));
    expect(p, "w0 s1 denied bad_credentials alice\n"
              "w0 s1 denied bad_credentials zoe\n"
              "w0 s1 denied bad_credentials carol\n"
              "w0 s1 denied bad_credentials alice\n");
    assert_int_equal(hub_users(p->hub), 0);
}

static void
an_unknown_name_costs_a_hash_too(void **state)
{
    struct play *p = *state;

    act(p, by_password(p, COMMAND_ENTER, 1, "zoe", "some password"));
    assert_int_equal(come_back(p), 1);
}

static void
secrets_are_not_taken_where_others_listen(void **state)
{
    struct play *p = *state;
    struct command *c = by_password(p, COMMAND_ENTER, 1, "alice", "whatever");
    struct command *d = by_token(p, COMMAND_ENTER, 1, 7);

    c->secure = d->secure = false;
    act(p, c);
    act(p, d);
    expect(p, "w0 s1 denied insecure alice\n"
              "w0 s1 denied insecure\n");
    assert_int_equal(come_back(p), 0);
}

static void
they_are_where_that_is_allowed(void **state)
{
    struct play *p = *state;
    struct command *c;

    p->options.plain_secrets = true;
    play_restart(p);
    found_account(p, "alice");
    c = by_password(p, COMMAND_ENTER, 1, "alice", "password of alice");
    c->secure = false;
    act_hashed(p, c);
    expect(p, "w0 s1 welcome alice\n");
}

static void
guesses_are_throttled_by_account_until_time_has_passed(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    for (unsigned i = 0; i < 10; i++) {
        struct command *c = by_password(p, COMMAND_ENTER, 1, "alice",
                                        "wrong one");

        c->from[15] = (uint8_t)i;
        c->from[0] = (uint8_t)(1 + i);
        act_hashed(p, c);
    }
    forget(p);
    log_in(p, COMMAND_ENTER, 1, "alice");
    expect(p, "w0 s1 denied throttled alice try again in 3 minutes"
              " in 180000 ms\n");
    assert_int_equal(come_back(p), 0);
    p->now_ms += 3 * 60 * 1000;
    log_in(p, COMMAND_ENTER, 1, "alice");
    expect(p, "w0 s1 welcome alice\n");
}

static void
the_right_password_costs_no_try(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    for (uint64_t s = 1; s < 40; s++)
        log_in(p, COMMAND_ENTER, s, "alice");
    assert_int_equal(hub_users(p->hub), 1);
    act(p, by_password(p, COMMAND_ENTER, 50, "alice", "password of alice"));
    assert_int_equal(come_back(p), 1);
}

static void
one_password_at_a_time(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    act(p, by_password(p, COMMAND_ENTER, 1, "alice", "password of alice"));
    act(p, by_password(p, COMMAND_ENTER, 1, "alice", "password of alice"));
    enter(p, 1, "guest");
    expect(p, "w0 s1 denied overloaded alice\n"
              "w0 s1 denied overloaded guest\n");
    come_back(p);
    expect(p, "w0 s1 welcome alice\n");
}

static void
hashers_have_only_so_much_to_do(void **state)
{
    struct play *p = *state;

    for (unsigned i = 1; i <= LIMIT_HASHES + 1; i++) {
        char name[16];

        snprintf(name, sizeof name, "name%u", i);
        act(p, by_password(p, COMMAND_ENTER, i, name, "some password"));
    }
    expect(p, "w0 s33 denied overloaded name33\n");
    assert_int_equal(come_back(p), LIMIT_HASHES);
    forget(p);
    act(p, by_password(p, COMMAND_ENTER, 50, "name50", "some password"));
    assert_int_equal(come_back(p), 1);
}

static void
who_has_left_meanwhile_is_not_let_in(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    act(p, by_password(p, COMMAND_ENTER, 1, "alice", "password of alice"));
    act(p, leaving(p, 1, "", false));
    come_back(p);
    expect(p, "");
    assert_int_equal(hub_users(p->hub), 0);
}

/* What they log in with is to be kept, so they are let in after the commit. */
static void
who_is_banned_before_the_commit_is_not_let_in(void **state)
{
    struct play *p = *state;
    struct hash_job *j;

    found_account(p, "alice");
    act(p, with_device(by_password(p, COMMAND_ENTER, 1, "alice",
                                   "password of alice"), "phone", 7));
    j = hub_take_hashes(p->hub);
    do_hash(j);
    j->command->inside = true;
    apply(p, j->command);
    free(j);
    apply(p, play_command(p, COMMAND_BAN, 0, NULL, "alice", NULL));
    play_commit(p);
    expect(p, "w0 s0 done\nw0 s1 denied banned alice\n");
    assert_int_equal(hub_users(p->hub), 0);
}

static void
a_password_that_was_changed_meanwhile_does_not_fit(void **state)
{
    struct play *p = *state;
    struct command *c = with_login(p, COMMAND_PASSWORD, 0, "alice",
                                   LOGIN_PASSWORD, NULL);
    struct hash_job *j;

    found_account(p, "alice");
    act(p, by_password(p, COMMAND_ENTER, 1, "alice", "password of alice"));
    j = hub_take_hashes(p->hub);
    snprintf(c->login->fresh, sizeof c->login->fresh, "another one");
    act_hashed(p, c);
    forget(p);
    do_hash(j);
    assert_true(j->command->login->verified);
    j->command->inside = true;
    act(p, j->command);
    free(j);
    expect(p, "w0 s1 denied bad_credentials alice\n");
}

/* ---- by a token ---- */

static void
a_token_lets_in_without_a_hash(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    act_hashed(p, with_device(by_password(p, COMMAND_ENTER, 1, "alice",
                                          "password of alice"), "phone", 7));
    expect(p, "w0 s1 welcome alice 1\n");
    act(p, by_token(p, COMMAND_ENTER, 3, 7));
    expect(p, "w0 s3 welcome alice\n");
    assert_int_equal(hub_users(p->hub), 1);
}

static void
a_token_is_for_one_account(void **state)
{
    struct play *p = *state;
    struct command *c = with_login(p, COMMAND_ENTER, 3, "Alice", LOGIN_TOKEN,
                                   NULL);
    struct command *d = with_login(p, COMMAND_ENTER, 5, "bob", LOGIN_TOKEN,
                                   NULL);

    found_account(p, "alice");
    found_account(p, "bob");
    act_hashed(p, with_device(by_password(p, COMMAND_ENTER, 1, "alice",
                                          "password of alice"), "phone", 7));
    forget(p);
    play_token_hash(7, c->login->token_hash);
    play_token_hash(7, d->login->token_hash);
    act(p, c);
    act(p, d);
    act(p, by_token(p, COMMAND_ENTER, 7, 8));
    expect(p, "w0 s3 welcome alice\n"
              "w0 s5 denied bad_credentials bob\n"
              "w0 s7 denied bad_credentials\n");
}

static void
a_token_ends_when_it_was_to(void **state)
{
    struct play *p = *state;
    struct command *c;

    found_account(p, "alice");
    c = with_device(by_password(p, COMMAND_ENTER, 1, "alice",
                                "password of alice"), "phone", 7);
    c->login->expires_ms = p->now_ms + 1000;
    act_hashed(p, c);
    forget(p);
    p->now_ms += 999;
    act(p, by_token(p, COMMAND_ENTER, 3, 7));
    p->now_ms += 1;
    act(p, by_token(p, COMMAND_ENTER, 5, 7));
    expect(p, "w0 s3 welcome alice\n"
              "w0 s5 denied bad_credentials\n");
}

static struct command *
from_host(struct command *c, unsigned net, unsigned host)
{
    c->from[0] = 0x20;
    c->from[7] = (uint8_t)net;
    c->from[15] = (uint8_t)host;
    return c;
}

static void
wrong_tokens_are_counted_by_network(void **state)
{
    struct play *p = *state;

    for (unsigned i = 0; i < 20; i++)
        act(p, from_host(by_token(p, COMMAND_ENTER, 1, 9), 1, i));
    forget(p);
    act(p, from_host(by_token(p, COMMAND_ENTER, 1, 9), 1, 20));
    act(p, from_host(by_token(p, COMMAND_ENTER, 1, 9), 2, 20));
    expect(p, "w0 s1 denied throttled try again in 3 minutes in 180000 ms\n"
              "w0 s1 denied bad_credentials\n");
}

static void
wrong_tokens_make_no_guess_at_a_password_forgotten(void **state)
{
    struct play *p = *state;

    p->options.throttle = (struct throttle_options){
        .account = {1, 180000}, .address = {100, 180000}, .keys_max = 4,
    };
    play_restart(p);
    found_account(p, "alice");
    act_hashed(p, by_password(p, COMMAND_ENTER, 1, "alice", "a guess here"));
    for (unsigned i = 0; i < 10; i++)
        act(p, from_host(by_token(p, COMMAND_ENTER, 3, 9), i, 1));
    forget(p);
    act_hashed(p, by_password(p, COMMAND_ENTER, 1, "alice", "another guess"));
    expect(p, "w0 s1 denied throttled alice try again in 3 minutes in "
              "180000 ms\n");
}

static void
wrong_tokens_are_throttled_apart_from_passwords(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    for (unsigned i = 0; i < 10; i++)
        act(p, by_token(p, COMMAND_ENTER, 1, 9));
    forget(p);
    act(p, by_token(p, COMMAND_ENTER, 1, 9));
    expect(p, "w0 s1 denied throttled try again in 3 minutes in 180000 ms\n");
    log_in(p, COMMAND_ENTER, 1, "alice");
    expect(p, "w0 s1 welcome alice\n");
}

/* ---- guests and accounts' names ---- */

static void
nobody_else_has_an_accounts_name(void **state)
{
    struct play *p = *state;
    struct command *c = entering(p, 5, "alice");

    found_account(p, "alice");
    settle(p, 1, "ally");
    enter(p, 3, "ALICE");
    act(p, play_command(p, COMMAND_RENAME, 1, NULL, "alice", NULL));
    c->or_similar = true;
    act(p, c);
    act(p, visiting(p, 7, "alice"));
    expect(p, "w0 s3 denied name_registered ALICE\n"
              "w0 s1 denied name_registered alice\n"
              "w0 s5 welcome alice-2\n"
              "w0 s7 denied name_registered alice\n");
}

static void
a_visitor_whose_name_is_registered_speaks_no_more(void **state)
{
    struct play *p = *state;

    act(p, visiting(p, 1, "alice"));
    found_account(p, "alice");
    say(p, 1, "#lobby", "me");
    expect(p, "w0 s1 denied name_registered #lobby\n");
    settle_account(p, 2, "alice");
    say(p, 1, "#lobby", "me");
    expect(p, "w0 s1 denied name_registered #lobby\n");
}

static void
an_account_keeps_its_name(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle_account(p, 1, "alice");
    act(p, play_command(p, COMMAND_RENAME, 1, NULL, "ally", NULL));
    act(p, play_command(p, COMMAND_RENAME, 1, NULL, "alice", NULL));
    expect(p, "w0 s1 denied forbidden ally an account keeps its name\n"
              "w0 s1 done\n");
}

static void
no_guest_claims_to_be_an_account(void **state)
{
    struct play *p = *state;
    struct command *c = entering(p, 1, "mallory");
    struct command *d = visiting(p, 3, "mallory");

    c->sender_id = d->sender_id = SENDER_ACCOUNTS + 1;
    act(p, c);
    act(p, d);
    expect(p, "w0 s1 denied bad_request mallory\n"
              "w0 s3 denied bad_request mallory\n");
}

static void
without_guests_only_accounts_come_in(void **state)
{
    struct play *p = *state;

    p->options.no_guests = true;
    play_restart(p);
    found_account(p, "alice");
    enter(p, 1, "bob");
    enter(p, 1, "");
    act(p, visiting(p, 3, "bob"));
    act(p, visiting(p, 3, ""));
    log_in(p, COMMAND_ENTER, 5, "alice");
    expect(p, "w0 s1 denied no_guests bob\n"
              "w0 s1 denied no_guests\n"
              "w0 s3 denied no_guests bob\n"
              "w0 s3 denied no_guests\n"
              "w0 s5 welcome alice\n");
}

/* ---- absent accounts ---- */

static void
a_message_waits_for_an_account_that_is_not_there(void **state)
{
    struct play *p = *state;
    struct command *c;

    found_account(p, "Alice");
    settle(p, 2, "bob");
    say(p, 2, "@alice", "call me");
    expect(p, "w1 s2 hears 2 after 0/0: subscribed @Alice 1\n"
              "w1 room 2 message 1 bob call me\n"
              "w1 s2 posted 1\n");
    settle_account(p, 1, "Alice");
    c = joining(p, 1, "@bob");
    c->resume = true;
    act(p, c);
    expect(p, "w0 s1 hears 2 after 0/1: subscribed 1 @bob 2\n"
              "w1 room 2 joined Alice 2 -s1\n");
    say(p, 2, "@nobody", "hi");
    expect(p, "w1 s2 denied no_such_person @nobody\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(the_right_password_lets_in),
        play_test(whatever_does_not_fit_is_told_alike),
        play_test(an_unknown_name_costs_a_hash_too),
        play_test(secrets_are_not_taken_where_others_listen),
        play_test(they_are_where_that_is_allowed),
        play_test(guesses_are_throttled_by_account_until_time_has_passed),
        play_test(the_right_password_costs_no_try),
        play_test(one_password_at_a_time),
        play_test(hashers_have_only_so_much_to_do),
        play_test(who_has_left_meanwhile_is_not_let_in),
        play_test(who_is_banned_before_the_commit_is_not_let_in),
        play_test(a_password_that_was_changed_meanwhile_does_not_fit),
        play_test(a_token_lets_in_without_a_hash),
        play_test(a_token_is_for_one_account),
        play_test(a_token_ends_when_it_was_to),
        play_test(wrong_tokens_are_counted_by_network),
        play_test(wrong_tokens_make_no_guess_at_a_password_forgotten),
        play_test(wrong_tokens_are_throttled_apart_from_passwords),
        play_test(nobody_else_has_an_accounts_name),
        play_test(a_visitor_whose_name_is_registered_speaks_no_more),
        play_test(an_account_keeps_its_name),
        play_test(no_guest_claims_to_be_an_account),
        play_test(without_guests_only_accounts_come_in),
        play_test(a_message_waits_for_an_account_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
