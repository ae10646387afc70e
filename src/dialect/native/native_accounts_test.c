/* SPDX-License-Identifier: MIT */
#include "auth/token.h"
#include "dialect/native/talk_test.h"

#define PASSWORD "correct horse battery"

/* --- Asked -------------------------------------------------------------- */

/* On another connection. */
static void
begin_anew(void)
{
    fake_conn_free(&c);
    c = fake_conn_new(&native_dialect, &config);
    seen = 0;
}

static void
say_hello_with(const char *name, const char *password, const char *token,
               const char *device)
{
    Loquat__V1__Hello hello = LOQUAT__V1__HELLO__INIT;

    hello.version = 1;
    hello.name = (char *)name;
    hello.password = (char *)password;
    hello.token = (char *)token;
    hello.device = (char *)device;
    SAY(1, HELLO, hello, &hello);
}

static void
say_login(uint64_t request, const char *name, const char *password,
          const char *device)
{
    Loquat__V1__Login login = LOQUAT__V1__LOGIN__INIT;

    login.name = (char *)name;
    login.password = (char *)password;
    login.device = (char *)device;
    SAY(request, LOGIN, login, &login);
}

static void
say_register(uint64_t request, const char *password, const char *invitation)
{
    Loquat__V1__Register r = LOQUAT__V1__REGISTER__INIT;

    r.name = "alice";
    r.password = (char *)password;
    r.invitation = (char *)invitation;
    SAY(request, REGISTER, register_, &r);
}

static void
say_make_token(uint64_t request, const char *device, const char *scope)
{
    Loquat__V1__MakeToken make = LOQUAT__V1__MAKE_TOKEN__INIT;

    make.device = (char *)device;
    make.scope = (char *)scope;
    make.room = "#ops";
    make.expires_ms = 1800000000000;
    SAY(request, MAKE_TOKEN, make_token, &make);
}

static struct event *
welcome(uint64_t device)
{
    struct event *e = event(ANSWER_WELCOME, NULL, "alice", NULL, NULL);

    e->sender_id = SENDER_ACCOUNTS + 5;
    e->token = device;
    return e;
}

/* What was asked with the token's hash is answered with the token. */
static void
is_token_of(const char *text, const uint8_t hash[32])
{
    uint8_t again[32];

    assert_true(token_read(TOKEN_DEVICE, str_of(text), again));
    assert_memory_equal(again, hash, 32);
}

/* --- Hello -------------------------------------------------------------- */

static void
a_hello_with_a_password_needs_no_secret(void **state)
{
    struct command *cmd;

    (void)state;
    said_magic();
    say_hello_with("alice", PASSWORD, "", "");
    cmd = commanded(COMMAND_ENTER);
    assert_true(str_eq(cmd->name, str_of("alice")));
    assert_int_equal(cmd->login->kind, LOGIN_PASSWORD);
    assert_string_equal(cmd->login->password, PASSWORD);
    assert_string_equal(cmd->login->device, "");
    assert_true(cmd->sender_id != 0 && cmd->sender_id <= INT64_MAX);
    command_free(&cmd);
}

static void
a_hello_may_have_a_token_alone(void **state)
{
    char token[TOKEN_BYTES + 1];
    uint8_t hash[32];
    struct command *cmd;

    (void)state;
    token_make(TOKEN_DEVICE, token, hash);
    said_magic();
    say_hello_with("", "", token, "");
    cmd = commanded(COMMAND_ENTER);
    assert_int_equal(cmd->name.n, 0);
    assert_int_equal(cmd->login->kind, LOGIN_TOKEN);
    assert_memory_equal(cmd->login->token_hash, hash, 32);
    command_free(&cmd);
}

static void
a_guest_has_no_login_and_needs_a_secret(void **state)
{
    struct command *cmd;

    (void)state;
    said_magic();
    say_hello_with("alice", "", "", "");
    heard_error(1, CODE(BAD_REQUEST));
    say_hello("alice");
    cmd = commanded(COMMAND_ENTER);
    assert_null(cmd->login);
    command_free(&cmd);
}

static void
what_proves_an_account_is_one_thing_with_a_name(void **state)
{
    (void)state;
    said_magic();
    say_hello_with("alice", PASSWORD, "lq_x", "");
    heard_error(1, CODE(BAD_REQUEST));
    say_hello_with("", PASSWORD, "", "");
    heard_error(1, CODE(BAD_REQUEST));
    commanded_nothing();
    is_open();
}

static void
what_has_not_the_form_of_a_token_is_a_wrong_one(void **state)
{
    char password[LOGIN_PASSWORD_BYTES + 1];

    (void)state;
    memset(password, 'p', sizeof password - 1);
    password[sizeof password - 1] = '\0';
    said_magic();
    say_hello_with("", "", "let me in", "");
    heard_error(1, CODE(BAD_CREDENTIALS));
    say_hello_with("alice", password, "", "");
    heard_error(1, CODE(BAD_CREDENTIALS));
    password[LOGIN_PASSWORD_BYTES - 1] = '\0';
    say_hello_with("alice", password, "", "");
    deny(COMMAND_ENTER, DENY_BAD_CREDENTIALS, "");
    heard_error(1, CODE(BAD_CREDENTIALS));
}

static void
the_welcome_brings_a_new_devices_token(void **state)
{
    struct command *cmd;
    uint8_t hash[32];
    struct event *e;
    Envelope *got;

    (void)state;
    said_magic();
    say_hello_with("alice", PASSWORD, "", "lap\x07top");
    cmd = commanded(COMMAND_ENTER);
    assert_string_equal(cmd->login->device, "laptop");
    memcpy(hash, cmd->login->device_hash, 32);
    e = welcome(12);
    e->command = cmd->kind;
    e->request = cmd->request;
    command_free(&cmd);
    fake_conn_answer(c, e);

    got = HEARD(WELCOME);
    assert_true(got->welcome->account);
    assert_true(got->welcome->sender_id == SENDER_ACCOUNTS + 5);
    is_token_of(got->welcome->token, hash);
}

static void
without_a_new_device_the_welcome_has_no_token(void **state)
{
    (void)state;
    said_magic();
    say_hello_with("alice", PASSWORD, "", "");
    answer(COMMAND_ENTER, welcome(0));
    assert_string_equal(HEARD(WELCOME)->welcome->token, "");
}

static void
a_welcome_says_who_may_come_in(void **state)
{
    struct dialect_config open = config;
    Envelope *e;

    (void)state;
    open.guests = true;
    open.registration = HUB_INVITED;
    fake_conn_free(&c);
    c = fake_conn_new(&native_dialect, &open);
    said_magic();
    say_hello("alice");
    answer(COMMAND_ENTER, event(ANSWER_WELCOME, NULL, "alice", NULL, NULL));
    e = HEARD(WELCOME);
    assert_true(e->welcome->guests);
    assert_false(e->welcome->account);
    assert_int_equal(e->welcome->registration,
                     LOQUAT__V1__REGISTRATION__REGISTRATION_INVITED);
}

/* --- Login and Register ------------------------------------------------- */

static void
input_waits_while_a_login_is_under_way(void **state)
{
    Envelope *e;

    (void)state;
    entered();
    say_login(2, "alice", PASSWORD, "");
    say_post(3, "as alice");
    assert_true(c->held);
    answer(COMMAND_LOGIN, welcome(0));
    e = HEARD(WELCOME);
    assert_int_equal(e->request, 2);
    assert_true(e->welcome->account);
    answer(COMMAND_POST, event(ANSWER_POSTED, NULL, NULL, NULL, NULL));
    assert_int_equal(HEARD(POSTED)->request, 3);
}

static void
a_wrong_password_leaves_everything_as_it_was(void **state)
{
    (void)state;
    entered();
    say_login(2, "alice", PASSWORD, "phone");
    deny(COMMAND_LOGIN, DENY_BAD_CREDENTIALS, "");
    heard_error(2, CODE(BAD_CREDENTIALS));
    say_post(3, "still here");
    answer(COMMAND_POST, event(ANSWER_POSTED, NULL, NULL, NULL, NULL));
    HEARD(POSTED);
}

static void
where_no_guests_are_one_may_register_after_a_refused_hello(void **state)
{
    (void)state;
    said_magic();
    say_hello("alice");
    deny(COMMAND_ENTER, DENY_NO_GUESTS, "");
    heard_error(1, CODE(NO_GUESTS));
    say_post(2, "hi");
    heard_error(2, CODE(NO_NAME));
    say_register(3, "no", "");
    deny(COMMAND_REGISTER, DENY_WEAK_PASSWORD, "is too short");
    heard_error(3, CODE(WEAK_PASSWORD));
    say_register(4, PASSWORD, "");
    answer(COMMAND_REGISTER, welcome(0));
    assert_int_equal(HEARD(WELCOME)->request, 4);
    say_post(5, "hi");
    answer(COMMAND_POST, event(ANSWER_POSTED, NULL, NULL, NULL, NULL));
    HEARD(POSTED);
}

static void
nothing_of_an_account_comes_before_a_hello(void **state)
{
    (void)state;
    said_magic();
    say_login(1, "alice", PASSWORD, "");
    heard_error(1, CODE(BAD_REQUEST));
    commanded_nothing();
    is_ended(false);
}

static void
an_invitations_code_goes_on_as_its_hash(void **state)
{
    char code[TOKEN_BYTES + 1];
    uint8_t hash[32];
    struct command *cmd;

    (void)state;
    token_make(TOKEN_INVITATION, code, hash);
    entered();
    say_register(2, PASSWORD, "inv_nothing");
    pong();
    heard_error(2, CODE(BAD_INVITATION));
    say_register(3, PASSWORD, code);
    cmd = commanded(COMMAND_REGISTER);
    assert_memory_equal(cmd->login->code_hash, hash, 32);
    assert_string_equal(cmd->login->password, PASSWORD);
    command_free(&cmd);
}

/* --- Devices and passwords ---------------------------------------------- */

static void
a_token_is_shown_once(void **state)
{
    struct command *cmd;
    uint8_t hash[32];
    struct event *e;
    Envelope *got;

    (void)state;
    entered();
    say_make_token(2, "ci", "read  post");
    assert_true(c->held);
    cmd = commanded(COMMAND_TOKEN);
    assert_int_equal(cmd->login->scope, SCOPE_READ | SCOPE_POST);
    assert_true(cmd->login->expires_ms == 1800000000000);
    assert_string_equal(cmd->login->device, "ci");
    assert_true(str_eq(cmd->target, str_of("#ops")));
    memcpy(hash, cmd->login->device_hash, 32);
    e = event(ANSWER_DONE, NULL, NULL, NULL, NULL);
    e->command = cmd->kind;
    e->request = cmd->request;
    e->token = 31;
    command_free(&cmd);
    fake_conn_answer(c, e);

    got = HEARD(TOKEN);
    assert_int_equal(got->request, 2);
    assert_int_equal(got->token->id, 31);
    is_token_of(got->token->token, hash);
}

static void
a_scope_is_made_of_known_words(void **state)
{
    struct command *cmd;

    (void)state;
    entered();
    say_make_token(2, "ci", "");
    cmd = commanded(COMMAND_TOKEN);
    assert_int_equal(cmd->login->scope, 0);
    command_free(&cmd);
    begin_anew();
    entered();
    say_make_token(2, "ci", "read admin");
    pong();
    heard_error(2, CODE(BAD_REQUEST));
    say_make_token(3, "", "read");
    pong();
    heard_error(3, CODE(BAD_REQUEST));
}

static void
a_new_password_needs_the_old_one(void **state)
{
    Loquat__V1__SetPassword set = LOQUAT__V1__SET_PASSWORD__INIT;
    struct command *cmd;

    (void)state;
    entered();
    set.password = PASSWORD;
    set.fresh = "something else";
    SAY(2, SET_PASSWORD, set_password, &set);
    assert_true(c->held);
    cmd = commanded(COMMAND_PASSWORD);
    assert_string_equal(cmd->login->password, PASSWORD);
    assert_string_equal(cmd->login->fresh, "something else");
    command_free(&cmd);
}

static void
to_leave_for_good_and_to_log_out_are_two_things(void **state)
{
    Loquat__V1__Unregister unregister = LOQUAT__V1__UNREGISTER__INIT;
    Loquat__V1__Logout logout = LOQUAT__V1__LOGOUT__INIT;
    struct command *cmd;

    (void)state;
    entered();
    unregister.password = PASSWORD;
    SAY(2, UNREGISTER, unregister, &unregister);
    cmd = commanded(COMMAND_UNREGISTER);
    assert_string_equal(cmd->login->password, PASSWORD);
    command_free(&cmd);
    begin_anew();
    entered();
    SAY(2, LOGOUT, logout, &logout);
    answer(COMMAND_LOGOUT, event(ANSWER_DONE, NULL, NULL, NULL, NULL));
    assert_int_equal(HEARD(DONE)->request, 2);
}

static void
devices_are_listed_and_revoked(void **state)
{
    Loquat__V1__GetDevices get = LOQUAT__V1__GET_DEVICES__INIT;
    Loquat__V1__RevokeDevice revoke = LOQUAT__V1__REVOKE_DEVICE__INIT;
    struct event **items = must_alloc(sizeof *items), *e;
    struct command *cmd;
    const Loquat__V1__Device *d;
    Envelope *got;

    (void)state;
    entered();
    SAY(2, GET_DEVICES, get_devices, &get);
    items[0] = event(ITEM_DEVICE, "#ops", "ci", "read post", NULL);
    items[0]->token = 31;
    items[0]->time_ms = 10;
    items[0]->seen_ms = 20;
    items[0]->expires_ms = 30;
    items[0]->away = true;
    e = event(ANSWER_DEVICES, NULL, NULL, NULL, NULL);
    event_set_items(e, items, 1);
    answer(COMMAND_DEVICES, e);
    got = HEARD(DEVICES);
    assert_int_equal(got->devices->n_devices, 1);
    d = got->devices->devices[0];
    assert_int_equal(d->id, 31);
    assert_string_equal(d->name, "ci");
    assert_string_equal(d->room, "#ops");
    assert_string_equal(d->scope, "read post");
    assert_true(d->created_ms == 10 && d->seen_ms == 20 &&
                d->expires_ms == 30 && d->current);

    revoke.id = 31;
    SAY(3, REVOKE_DEVICE, revoke_device, &revoke);
    cmd = commanded(COMMAND_REVOKE);
    assert_int_equal(cmd->token, 31);
    command_free(&cmd);
}

static void
who_is_logged_out_elsewhere_is_told_so(void **state)
{
    struct event *e;
    Envelope *got;

    (void)state;
    entered();
    e = event(EVENT_CLOSED, NULL, NULL, "logged out", NULL);
    e->deny = DENY_BAD_CREDENTIALS;
    fake_conn_answer(c, e);
    got = HEARD(CLOSING);
    assert_int_equal(got->closing->code, CODE(BAD_CREDENTIALS));
    assert_string_equal(got->closing->text, "logged out");
    assert_false(got->closing->reconnect);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hello_with_a_password_needs_no_secret),
        TEST(a_hello_may_have_a_token_alone),
        TEST(a_guest_has_no_login_and_needs_a_secret),
        TEST(what_proves_an_account_is_one_thing_with_a_name),
        TEST(what_has_not_the_form_of_a_token_is_a_wrong_one),
        TEST(the_welcome_brings_a_new_devices_token),
        TEST(without_a_new_device_the_welcome_has_no_token),
        TEST(a_welcome_says_who_may_come_in),
        TEST(input_waits_while_a_login_is_under_way),
        TEST(a_wrong_password_leaves_everything_as_it_was),
        TEST(where_no_guests_are_one_may_register_after_a_refused_hello),
        TEST(nothing_of_an_account_comes_before_a_hello),
        TEST(an_invitations_code_goes_on_as_its_hash),
        TEST(a_token_is_shown_once),
        TEST(a_scope_is_made_of_known_words),
        TEST(a_new_password_needs_the_old_one),
        TEST(to_leave_for_good_and_to_log_out_are_two_things),
        TEST(devices_are_listed_and_revoked),
        TEST(who_is_logged_out_elsewhere_is_told_so),
    };

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
