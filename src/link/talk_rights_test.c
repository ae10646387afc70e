/* SPDX-License-Identifier: MIT */
#include "link/world_test.h"

/* ---- Accounts ---- */

/* A talk for this login; the world's own is done with. */
static void
log_in(struct world *w, const struct talk_login_options *login)
{
    struct talk_options options = {
        .name = "alice", .client = "test", .outbox_messages = 100,
        .outbox_bytes = 100000, .login = *login};

    talk_done(&w->t);
    talk_init(&w->t, &options, &ops, w);
    talk_begin(&w->t);
}

static void
a_password_is_good_for_one_welcome_and_a_token_for_all(void **state)
{
    static const struct talk_login_options login = {
        .password = "secret", .device = "laptop"};
    struct world *w = *state;

    log_in(w, &login);
    assert_string_equal(said(w), "magic. 1 hello alice password secret. ");
    put_magic(&w->bytes);
    put_account(&w->bytes, 1, "lq_new");
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(w->t.name, "Alice");
    assert_true(w->t.account && w->t.login.is_new);
    assert_null(w->t.login.password);

    talk_end(&w->t);
    talk_begin(&w->t);
    assert_string_equal(said(w), "magic. 1 hello  token lq_new. ");
    put_magic(&w->bytes);
    put_account(&w->bytes, 1, "");
    assert_int_equal(deliver(w), TALK_ON);
    assert_false(w->t.login.is_new);
    assert_string_equal(w->t.login.token, "lq_new");
}

static void
a_wrong_password_is_the_end(void **state)
{
    static const struct talk_login_options login = {.password = "secret"};
    struct world *w = *state;

    log_in(w, &login);
    said(w);
    put_magic(&w->bytes);
    put_error(&w->bytes, 1, CODE(BAD_CREDENTIALS), "no");
    assert_int_equal(deliver(w), TALK_REFUSED);
    assert_int_equal(w->t.code, CODE(BAD_CREDENTIALS));
}

/* With guests or without: only the second answer counts. */
static void
an_account_is_made_behind_a_readers_hello(void **state)
{
    static const struct talk_login_options login = {
        .password = "secret", .device = "laptop", .enrol = true};
    struct world *w = *state;

    log_in(w, &login);
    assert_string_equal(said(w),
                        "magic. 1 hello . 2 register alice password secret. ");
    put_welcome(&w->bytes, 1);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "");
    put_account(&w->bytes, 2, "lq_new");
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "welcome. ");

    log_in(w, &login);
    said(w);
    put_magic(&w->bytes);
    put_error(&w->bytes, 1, CODE(NO_GUESTS), "no");
    put_error(&w->bytes, 2, CODE(WEAK_PASSWORD), "too short");
    assert_int_equal(deliver(w), TALK_REFUSED);
    assert_int_equal(w->t.code, CODE(WEAK_PASSWORD));

    log_in(w, &login);
    said(w);
    put_magic(&w->bytes);
    put_error(&w->bytes, 1, CODE(BANNED), "no");
    assert_int_equal(deliver(w), TALK_REFUSED);
    assert_int_equal(w->t.code, CODE(BANNED));
}

static void
a_login_later_changes_who_comes_back(void **state)
{
    struct world *w = *state;

    be_in_ops(w);
    heard(w);
    put_account(&w->bytes, 9, "lq_later");
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "body 40. ");
    talk_end(&w->t);
    talk_begin(&w->t);
    assert_string_equal(said(w), "magic. 1 hello  token lq_later. ");
}

static void
a_room_that_one_was_removed_from_is_not_joined_again(void **state)
{
    struct world *w = *state;

    be_in_ops(w);
    heard(w);
    PUT(&w->bytes, 0, REMOVED, Removed, removed, .room = 7, .target = "#ops",
        .by = "bob", .reason = "");
    put_message(&w->bytes, 7, 11, "late");
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "body 68. ");
    talk_end(&w->t);
    talk_begin(&w->t);
    put_welcome(&w->bytes, 1);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(said(w), "magic. 1 hello alice. ");
}

static void
a_renamed_room_is_joined_under_its_new_name(void **state)
{
    struct world *w = *state;

    be_in_ops(w);
    heard(w);
    PUT(&w->bytes, 0, ROOM_CHANGED, RoomChanged, room_changed, .room = 7,
        .setting = "name", .value = "#hall", .by = "bob");
    put_message(&w->bytes, 7, 11, "still here");
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "body 91. 11 still here. ");
    talk_end(&w->t);
    talk_begin(&w->t);
    put_welcome(&w->bytes, 1);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(said(w),
                        "magic. 1 hello alice. 2 join #hall after 11. ");
}

static void
a_token_that_is_too_long_is_nonsense(void **state)
{
    struct world *w = *state;
    char token[1000];

    memset(token, 'x', sizeof token - 1);
    token[sizeof token - 1] = '\0';
    talk_begin(&w->t);
    put_magic(&w->bytes);
    put_account(&w->bytes, 1, token);
    assert_int_equal(deliver(w), TALK_LOST);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_password_is_good_for_one_welcome_and_a_token_for_all),
        TEST(a_wrong_password_is_the_end),
        TEST(an_account_is_made_behind_a_readers_hello),
        TEST(a_login_later_changes_who_comes_back),
        TEST(a_room_that_one_was_removed_from_is_not_joined_again),
        TEST(a_renamed_room_is_joined_under_its_new_name),
        TEST(a_token_that_is_too_long_is_nonsense),
    };

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
