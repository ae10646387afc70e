/* SPDX-License-Identifier: MIT
 *
 * A password's whole way: core, a real hasher, core, and to whoever sent it. */
#include "hub/core_test.h"

static struct command *
with_password(enum command_kind kind, unsigned worker, const char *password)
{
    struct str none = {0};
    struct command *c = command_new_login(kind, none, str_of("ann"), none,
                                          LOGIN_PASSWORD);

    c->worker = worker;
    c->session = worker + 1;
    c->now_ms = clock_wall_ms();
    c->secure = true;
    snprintf(c->login->password, sizeof c->login->password, "%s", password);
    return c;
}

static void
a_password_goes_to_a_hasher_and_comes_back(void **state)
{
    struct world *w = *state;
    struct parcel *p;

    submit(w, with_password(COMMAND_REGISTER, 0, "a good one"));
    p = receive_kind(w, 0, ANSWER_WELCOME);
    assert_true(sender_is_account(p->event->sender_id));
    assert_int_equal(p->who.sender_id, p->event->sender_id);
    parcel_free(&p);
    submit(w, with_password(COMMAND_ENTER, 1, "a bad one"));
    p = receive_kind(w, 1, ANSWER_DENIED);
    assert_int_equal(p->event->deny, DENY_BAD_CREDENTIALS);
    parcel_free(&p);
    submit(w, with_password(COMMAND_ENTER, 1, "a good one"));
    expect_kind(w, 1, ANSWER_WELCOME);
}

static void
others_are_served_while_a_password_is_hashed(void **state)
{
    struct world *w = *state;

    submit(w, with_password(COMMAND_REGISTER, 0, "a good one"));
    enter_lobby(w, 1);
    post(w, 1, "#lobby", 7);
    expect_kind(w, 1, ANSWER_POSTED);
    expect_kind(w, 0, ANSWER_WELCOME);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(a_password_goes_to_a_hasher_and_comes_back),
        world_unit_test(others_are_served_while_a_password_is_hashed),
    };

    return cmocka_run_group_tests(tests, world_begin, NULL);
}
