/* SPDX-License-Identifier: MIT */
#include "base/rand.h"
#include "dialect/http/check_test.h"
#include "dialect/http/http.h"

/* bob: and alice:correct horse and alice:wrong; taken: */
#define BOB     "Authorization: Basic Ym9iOg==\r\n"
#define ALICE   "Authorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==\r\n"
#define MALLORY "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n"
#define TAKEN   "Authorization: Basic dGFrZW46\r\n"
#define BOT     "Authorization: Bearer " PLAY_TOKEN "\r\n"
#define STRAY   "Authorization: Bearer " \
    "lq_1123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghj0\r\n"

#define GET_BY(path, fields) \
    "GET " path " HTTP/1.1\r\nHost: here\r\n" fields "\r\n"

static void
a_request_is_from_whom_its_credentials_name(void **state)
{
    struct play *p = *state;
    const char *said;

    play_say(p, POST("", 1, "a"));
    assert_string_equal(p->name, "guest");
    play_say(p, POST(BOB, 1, "b"));
    assert_string_equal(p->name, "bob");
    play_say(p, POST(ALICE, 1, "c"));
    assert_string_equal(p->name, "alice");
    play_say(p, POST(BOT, 1, "d"));
    assert_string_equal(p->name, "bot");
    said = play_say(p, GET("/r/lobby"));
    assert_string_equal(p->name, "");
    assert_has(said, "guest: a\n");
    assert_has(said, "bob: b\n");
    assert_has(said, "alice: c\n");
    assert_has(said, "bot: d\n");
}

static void
the_same_credentials_are_asked_once(void **state)
{
    static const char *const fields[] = {"", BOB, ALICE, BOT};
    struct play *p = *state;
    char text[512];

    for (size_t i = 0; i < 4; i++) {
        unsigned before = p->entered;

        snprintf(text, sizeof text, "GET /r/lobby HTTP/1.1\r\nHost: here\r\n"
                 "%s\r\n", fields[i]);
        for (int round = 0; round < 3; round++)
            assert_status(play_say(p, text), 200);
        assert_int_equal(p->entered, before + 1);
    }
}

/* The next one on the connection does not profit from the one before. */
static void
wrong_secrets_are_refused_and_change_nothing_for_others(void **state)
{
    struct play *p = *state;
    const char *said;

    assert_status(play_say(p, POST(ALICE, 1, "a")), 201);
    said = play_say(p, POST(MALLORY, 1, "b"));
    assert_status(said, 401);
    assert_has(said, "\r\nWWW-Authenticate: Basic realm=");
    assert_has(said, "\r\nWWW-Authenticate: Bearer realm=");
    assert_status(play_say(p, POST(STRAY, 1, "c")), 401);
    assert_status(play_say(p, GET("/r/lobby")), 200);
    assert_string_equal(p->name, "");
    assert_int_equal(p->log_n, 1);
    assert_status(play_say(p, POST(ALICE, 1, "d")), 201);
    assert_int_equal(p->entered, 5);
}

static struct command *
first_command(struct play *p, const char *text)
{
    struct command *cmd;

    play_connect(p);
    fake_conn_input(p->c, text, strlen(text));
    cmd = fake_conn_take(p->c);
    assert_non_null(cmd);
    assert_int_equal(cmd->kind, COMMAND_ENTER);
    assert_true(cmd->visit);
    return cmd;
}

static void
a_password_is_in_the_login_and_nowhere_else(void **state)
{
    struct play *p = *state;
    struct command *cmd = first_command(p, GET_BY("/r", ALICE));

    assert_int_equal(cmd->login->kind, LOGIN_PASSWORD);
    assert_string_equal(cmd->login->password, PLAY_PASSWORD);
    assert_string_equal(cmd->login->device, "");
    assert_true(str_eq(cmd->name, str_of("alice")));
    assert_int_equal(cmd->text.n, 0);
    assert_int_equal(cmd->sender_id, 0);
    command_free(&cmd);
    cmd = first_command(p, GET_BY("/r", BOB));
    assert_null(cmd->login);
    assert_true(cmd->sender_id != 0 && !sender_is_account(cmd->sender_id));
    command_free(&cmd);
}

/* A login may take the hasher's time: nothing that follows is read. */
static void
a_request_waits_for_its_login(void **state)
{
    struct play *p = *state;
    static const char text[] = GET_BY("/r/lobby", ALICE) GET("/healthz");

    fake_conn_input(p->c, text, sizeof text - 1);
    assert_true(p->c->held);
    assert_int_equal(p->c->sent.n, 0);
    assert_non_null(p->c->commands);
    assert_null(p->c->commands->next);
    assert_has(play_say(p, ""), "ok\n");
}

static void
credentials_in_the_target_are_not_looked_at(void **state)
{
    struct play *p = *state;

    play_say(p, GET("/r/lobby?token=" PLAY_TOKEN "&access_token=" PLAY_TOKEN));
    assert_string_equal(p->name, "");
    assert_status(play_say(p, GET("http://alice:x@here/r/lobby")), 400);
}

static void
bad_credentials_are_refused_before_the_body(void **state)
{
    static const char *const bad[] = {
        "Bearer x", "Bearer", "Bearer " PLAY_TOKEN " x", "Basic", "Basic ????",
        "Basic Ym9i", "Basic Og==", "Basic YTpiAGM=", "Digest x=y",
        ("Basic Ym9iOg==\r\nAuthorization: Bearer " PLAY_TOKEN),
    };
    struct play *p = *state;
    char text[512];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *said;

        play_connect(p);
        snprintf(text, sizeof text,
                 "PUT /r/lobby/files/x HTTP/1.1\r\nHost: x\r\n"
                 "Authorization: %s\r\nExpect: 100-continue\r\n"
                 "Content-Length: 5\r\n\r\n", bad[i]);
        said = play_say(p, text);
        assert_status(said, 401);
        assert_has(said, "\r\nWWW-Authenticate: Basic realm=");
        assert_lacks(said, "100 Continue");
        assert_int_equal(p->files_n, 0);
        assert_int_equal(p->entered, 0);
    }
}

static void
without_a_guest_nobody_posts_unnamed(void **state)
{
    struct play *p = *state;

    p->config.guest_name = "";
    play_connect(p);
    assert_status(play_say(p, POST("", 2, "hi")), 401);
    assert_status(play_say(p, POST(BOB, 2, "hi")), 201);
    assert_status(play_say(p, GET("/r/lobby")), 200);
}

static void
a_name_that_is_taken_is_a_conflict(void **state)
{
    struct play *p = *state;

    assert_status(play_say(p, POST(TAKEN, 2, "hi")), 409);
    assert_status(play_say(p, GET("/r/lobby")), 200);
}

static void
without_guests_only_the_doors_are_open(void **state)
{
    static const char *const closed[] = {
        "/", "/r", "/r/lobby", "/r/lobby?follow", "/r/lobby/files",
        "/f/abcdefghijklmnopqrstuvwxyz", "/v1/rooms", "/v1/rooms/lobby",
        "/v1/people", "/v1/me", "/v1/devices", "/v1/rooms/lobby/bans",
    };
    static const char *const open[] = {
        "/healthz", "/style.css", "/v1",
    };
    struct play *p = *state;

    p->no_guests = true;
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
        play_connect(p);
        assert_status(get(p, closed[i], "Accept: text/html\r\n"), 401);
        play_connect(p);
        assert_status(get(p, closed[i], "Authorization: Basic Ym9iOg==\r\n"),
                      401);
    }
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        assert_status(get(p, open[i], ""), 200);
    assert_status(play_say(p, GET("/favicon.ico")), 204);
    assert_status(play_say(p, POST("", 2, "hi")), 401);
    assert_status(play_say(p, POST(ALICE, 2, "hi")), 201);
}

/* A browser asks its person for a password when it is challenged by Basic, and
 * sends it before we could say that others listen. */
static void
no_password_is_asked_for_where_others_listen(void **state)
{
    struct play *p = *state;
    const char *said;

    p->no_guests = true;
    for (int plain = 0; plain < 2; plain++) {
        p->config.plain_secrets = plain == 1;
        play_connect(p);
        p->c->exposed = true;
        said = play_say(p, GET("/r/lobby"));
        assert_status(said, 401);
        assert_has(said, "\r\nWWW-Authenticate: Bearer realm=");
        if (plain)
            assert_has(said, "\r\nWWW-Authenticate: Basic realm=");
        else
            assert_lacks(said, "Basic");
    }
}

static void
a_throttled_login_says_when_to_come_back(void **state)
{
    static const struct {
        enum deny deny;
        int64_t wait_ms;
        const char *field;
    } cases[] = {
        {DENY_THROTTLED, 179001, "Retry-After: 180\r\n"},
        {DENY_TOO_FAST, 7000, "Retry-After: 7\r\n"},
        {DENY_THROTTLED, 0, "Retry-After: 60\r\n"},
    };
    struct play *p = *state;
    struct str none = {NULL, 0};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static const char text[] = GET_BY("/r", ALICE);
        struct command *cmd;
        struct event *e;
        const char *said;

        play_connect(p);
        fake_conn_input(p->c, text, sizeof text - 1);
        cmd = fake_conn_take(p->c);
        assert_non_null(cmd);
        e = event_new(ANSWER_DENIED, none, none, none, none);
        e->deny = cases[i].deny;
        e->wait_ms = cases[i].wait_ms;
        e->command = cmd->kind;
        e->request = cmd->request;
        command_free(&cmd);
        fake_conn_answer(p->c, e);
        said = play_say(p, "");
        assert_status(said, 429);
        assert_has(said, cases[i].field);
    }
}

static void
a_session_that_is_cut_says_why(void **state)
{
    struct play *p = *state;
    struct str none = {NULL, 0};
    static const char text[] = GET_BY("/r", ALICE);
    struct event *e = event_new(EVENT_CLOSED, none, none,
                                str_of("logged out"), none);

    e->deny = DENY_BAD_CREDENTIALS;
    fake_conn_input(p->c, text, sizeof text - 1);
    fake_conn_answer(p->c, e);
    assert_status(play_say(p, ""), 401);
    assert_true(p->c->ended);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_from_whom_its_credentials_name),
        TEST(the_same_credentials_are_asked_once),
        TEST(wrong_secrets_are_refused_and_change_nothing_for_others),
        TEST(a_password_is_in_the_login_and_nowhere_else),
        TEST(a_request_waits_for_its_login),
        TEST(credentials_in_the_target_are_not_looked_at),
        TEST(bad_credentials_are_refused_before_the_body),
        TEST(without_a_guest_nobody_posts_unnamed),
        TEST(a_name_that_is_taken_is_a_conflict),
        TEST(without_guests_only_the_doors_are_open),
        TEST(no_password_is_asked_for_where_others_listen),
        TEST(a_throttled_login_says_when_to_come_back),
        TEST(a_session_that_is_cut_says_why),
    };

    rand_init();
    return cmocka_run_group_tests_name("http_identity", tests, NULL, NULL);
}
