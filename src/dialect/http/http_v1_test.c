/* SPDX-License-Identifier: MIT */
#include "base/rand.h"
#include "dialect/http/check_test.h"
#include "dialect/http/http.h"

#include <jansson.h>

#define ALICE "Authorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==\r\n"
#define JSON  "Content-Type: application/json\r\n"

/* One request, with a JSON body unless it is empty. */
static const char *
ask(struct play *p, const char *line, const char *fields, const char *body)
{
    char text[4096];

    snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: here\r\n%s%s"
             "Content-Length: %zu\r\n\r\n%s", line, fields,
             *body ? JSON : "", strlen(body), body);
    return play_say(p, text);
}

static json_t *
object_of(const char *said)
{
    json_t *body = json_loads(body_of(said), 0, NULL);

    assert_true(json_is_object(body));
    return body;
}

static const char *
text_at(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    if (text == NULL)
        fail_msg("no %s", key);
    return text;
}

static void
a_new_token_is_told_once_and_its_hash_goes_on(void **state)
{
    struct play *p = *state;
    const char *said;
    json_t *o;

    said = ask(p, "POST /v1/login", "",
               "{\"name\":\"alice\",\"password\":\"correct horse\","
               "\"device\":\"phone\"}");
    assert_status(said, 200);
    assert_has(said, "Cache-Control: no-store\r\n");
    o = object_of(said);
    assert_string_equal(text_at(o, "name"), "alice");
    assert_true(strncmp(text_at(o, "token"), "lq_", 3) == 0);
    assert_int_equal(json_integer_value(json_object_get(o, "id")), 7);
    json_decref(o);
}

static void
whoever_registers_gets_a_token_only_if_asked(void **state)
{
    struct play *p = *state;
    const char *said;

    said = ask(p, "POST /v1/register", "",
               "{\"name\":\"alice\",\"password\":\"correct horse\"}");
    assert_status(said, 201);
    assert_string_equal(body_of(said), "{\"name\":\"alice\"}\n");
    said = ask(p, "POST /v1/register", "",
               "{\"name\":\"alice\",\"password\":\"correct horse\","
               "\"device\":\"tablet\"}");
    assert_status(said, 201);
    assert_has(said, "\"token\":\"lq_");
    said = ask(p, "POST /v1/register", "",
               "{\"name\":\"alice\",\"password\":\"correct horse\","
               "\"invitation\":\"inv_nonsense\"}");
    assert_status(said, 403);
    assert_has(said, "\"code\":\"bad_invitation\"");
}

/* The session has become somebody's, the next request is nobody's. */
static void
a_login_is_nobody_elses_afterwards(void **state)
{
    struct play *p = *state;

    ask(p, "POST /v1/login", "",
        "{\"name\":\"alice\",\"password\":\"correct horse\","
        "\"device\":\"phone\"}");
    assert_string_equal(p->name, "alice");
    assert_string_equal(body_of(play_say(p, GET("/v1/me"))),
                        "{\"account\":false}\n");
    assert_string_equal(p->name, "");
    assert_string_equal(body_of(ask(p, "GET /v1/me", ALICE, "")),
                        "{\"name\":\"alice\",\"account\":true}\n");
}

/* The core has forgotten the old password, and so must the connection. */
static void
an_old_password_is_asked_about_again(void **state)
{
    struct play *p = *state;
    unsigned before;

    assert_status(ask(p, "POST /v1/password", ALICE,
                      "{\"password\":\"correct horse\","
                      "\"fresh\":\"battery staple\"}"), 204);
    before = p->entered;
    ask(p, "GET /v1/me", ALICE, "");
    assert_int_equal(p->entered, before + 1);
}

static void
bodies_are_strict(void **state)
{
    static const char *const bad[] = {
        "[]", "{", "{}", "\"x\"", "{\"name\":\"bob\"} x",
        "{\"name\":1}", "{\"name\":null}", "{\"name\":\"bob\",\"nam\":\"x\"}",
        "{\"name\":\"bob\",\"name\":\"bob\"}", "{\"name\":\"a\\nb\"}",
        "{\"name\":\"a\\u0000b\"}", "{\"name\":\"\\ud800\"}",
        "{\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
    };
    struct play *p = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *said = ask(p, "POST /v1/rooms/lobby/invitations", "",
                               bad[i]);

        assert_status(said, 400);
        assert_has(said, "Content-Type: application/problem+json\r\n");
        assert_has(said, "\"code\":\"bad_request\"");
    }
    assert_status(ask(p, "POST /v1/rooms/lobby/invitations", "",
                      "{\"name\":\"bob\"}"), 204);
}

static void
what_is_wrong_is_not_repeated(void **state)
{
    struct play *p = *state;
    const char *said = ask(p, "POST /v1/login", "",
                           "{\"hunter2-oops\":\"hunter2-oops\"}");

    assert_status(said, 400);
    assert_lacks(said, "hunter2");
}

static void
only_json_is_taken(void **state)
{
    static const char *const types[] = {
        "", "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: application/jsonp\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
    };
    struct play *p = *state;
    char text[512];

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        snprintf(text, sizeof text, "POST /v1/rooms/lobby/invitations "
                 "HTTP/1.1\r\nHost: here\r\n%sContent-Length: 14\r\n\r\n"
                 "{\"name\":\"bob\"}", types[i]);
        assert_status(play_say(p, text), 415);
        snprintf(text, sizeof text, "POST /v1/rooms/lobby/messages "
                 "HTTP/1.1\r\nHost: here\r\n%sContent-Length: 14\r\n\r\n"
                 "{\"text\":\"bob\"}", types[i]);
        assert_status(play_say(p, text), 415);
    }
    assert_int_equal(p->log_n, 0);
}

static void
a_body_has_at_most_64_kibibytes(void **state)
{
    struct play *p = *state;

    assert_status(play_say(p, "POST /v1/login HTTP/1.1\r\nHost: here\r\n" JSON
                              "Content-Length: 65537\r\n\r\n"), 413);
}

static void
another_site_may_not_use_it(void **state)
{
    struct play *p = *state;

    assert_status(ask(p, "POST /v1/logout",
                      ALICE "Origin: http://evil.example\r\n", ""), 403);
    assert_status(ask(p, "DELETE /v1/devices",
                      ALICE "Sec-Fetch-Site: cross-site\r\n", ""), 403);
}

static void
lists_are_told_as_objects(void **state)
{
    struct play *p = *state;

    assert_string_equal(
        body_of(ask(p, "GET /v1/devices", ALICE, "")),
        "{\"devices\":[{\"id\":7,\"device\":\"my \\\"phone\\\"\","
        "\"scope\":[\"read\",\"post\"],\"made\":\"2025-11-24T16:00:00.000Z\","
        "\"current\":true}],\"more\":false}\n");
    assert_string_equal(
        body_of(ask(p, "GET /v1/rooms/a/members", ALICE, "")),
        "{\"room\":\"#a\",\"members\":[{\"name\":\"bob\","
        "\"role\":\"moderator\",\"present\":false}],\"more\":false}\n");
    assert_string_equal(
        body_of(ask(p, "GET /v1/rooms/a/bans", ALICE, "")),
        "{\"room\":\"#a\",\"bans\":[{\"subject\":\"192.0.2.0/24\","
        "\"mute\":true,\"reason\":\"\\\"noise\\\"\",\"by\":\"bob\","
        "\"made\":\"2025-11-24T16:00:00.000Z\","
        "\"until\":\"2025-11-24T16:01:00.000Z\"}],\"more\":false}\n");
    assert_string_equal(
        body_of(ask(p, "GET /v1/people", "", "")),
        "{\"people\":[{\"name\":\"bob\",\"account\":true,"
        "\"role\":\"moderator\",\"muted\":false,\"away\":true,"
        "\"text\":\"\\\"tea\\\"\",\"active\":\"2025-11-24T16:00:00.000Z\"}],"
        "\"count\":1,\"more\":false}\n");
    assert_string_equal(
        body_of(ask(p, "GET /v1/rooms/a", "", "")),
        "{\"room\":\"#a\",\"topic\":\"<topic>\","
        "\"description\":\"about \\\"it\\\"\",\"privacy\":\"private\","
        "\"history\":\"joined\",\"slow\":\"10s\",\"keep\":\"1000\","
        "\"owner\":\"alice\",\"role\":\"owner\",\"muted\":false,"
        "\"present\":2,\"seq\":5,\"first\":1,"
        "\"made\":\"2025-11-24T16:00:00.000Z\"}\n");
}

/* What the core was asked, but for who asked: "KIND target name text". */
static void
asked(struct play *p, enum command_kind kind, const char *rest)
{
    char line[512];

    snprintf(line, sizeof line, "%d %s\n", kind, rest);
    assert_true(buf_append(&p->trace, "", 1) == 0);
    p->trace.n--;
    assert_has(p->trace.p, line);
    buf_clear(&p->trace);
}

static void
each_verb_is_one_command(void **state)
{
    static const struct {
        const char *line, *body, *asks;
        enum command_kind kind;
    } cases[] = {
        {"POST /v1/rooms/a/part", "", "2:#a 0: 0:", COMMAND_PART},
        {"POST /v1/rooms/a/part", "{}", "2:#a 0: 0:", COMMAND_PART},
        {"DELETE /v1/rooms/a", "", "2:#a 0: 0:", COMMAND_CLOSE_ROOM},
        {"PUT /v1/rooms/a/members/bob", "{\"role\":\"moderator\"}",
         "2:#a 3:bob 0:", COMMAND_ROLE},
        {"DELETE /v1/rooms/a/members/bob?reason=no+noise", "",
         "2:#a 3:bob 8:no noise", COMMAND_REMOVE},
        {"POST /v1/rooms/a/bans", "{\"name\":\"bob\",\"reason\":\"why\"}",
         "2:#a 3:bob 3:why", COMMAND_BAN},
        {"POST /v1/rooms/a/bans", "{\"range\":\"10.0.0.0/8\",\"for\":\"2h\","
         "\"mute\":true}", "2:#a 10:10.0.0.0/8 0:", COMMAND_BAN},
        {"DELETE /v1/rooms/a/bans/bob?mute", "", "2:#a 3:bob 0:",
         COMMAND_UNBAN},
        {"DELETE /v1/rooms/a/bans?range=10.0.0.0%2F8", "",
         "2:#a 10:10.0.0.0/8 0:", COMMAND_UNBAN},
        {"DELETE /v1/devices/7", "", "0: 0: 0:", COMMAND_REVOKE},
        {"DELETE /v1/devices", "", "0: 0: 0:", COMMAND_REVOKE},
        {"POST /v1/password", "{\"password\":\"old one\","
         "\"fresh\":\"new one\"}", "0: 0: 0:", COMMAND_PASSWORD},
    };
    struct play *p = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *said = ask(p, cases[i].line, ALICE, cases[i].body);

        assert_status(said, 204);
        assert_has(said, "Cache-Control: no-store\r\n");
        asked(p, cases[i].kind, cases[i].asks);
    }
}

static void
a_request_that_makes_no_sense_asks_nothing(void **state)
{
    static const struct {
        const char *line, *body;
    } cases[] = {
        {"PUT /v1/rooms/a/members/bob", "{\"role\":\"king\"}"},
        {"PUT /v1/rooms/a/members/a%0ab", "{\"role\":\"member\"}"},
        {"DELETE /v1/rooms/a/members/bob?reason=a%0ab", ""},
        {"POST /v1/rooms/a/bans", "{}"},
        {"POST /v1/rooms/a/bans", "{\"name\":\"a\",\"range\":\"10.0.0.1\"}"},
        {"POST /v1/rooms/a/bans", "{\"name\":\"a\",\"for\":\"soon\"}"},
        {"POST /v1/rooms/a/bans", "{\"name\":\"a\",\"until\":\"soon\"}"},
        {"POST /v1/rooms/a/bans", "{\"name\":\"a\",\"for\":\"1h\","
         "\"until\":\"2026-11-25T10:00:00Z\"}"},
        {"POST /v1/rooms/a/bans", "{\"name\":\"a\",\"mute\":\"yes\"}"},
        {"DELETE /v1/rooms/a/bans", ""},
        {"DELETE /v1/rooms/a/bans/bob?mute=maybe", ""},
        {"DELETE /v1/rooms/a/bans/bob?mute=%zz", ""},
        {"DELETE /v1/rooms/a/bans/bob?mute=1234567890123456789012345", ""},
        {"DELETE /v1/rooms/a/bans?range=10.0.0.0%2F8&mute=TRUE", ""},
        {"POST /v1/devices", "{\"device\":\"x\",\"scope\":[\"all\"]}"},
        {"POST /v1/devices", "{\"device\":\"x\",\"scope\":\"read\"}"},
        {"POST /v1/devices", "{\"device\":\"\"}"},
        {"POST /v1/groups", "{\"names\":[\"a b\"]}"},
        {"POST /v1/groups", "{\"names\":[1]}"},
        {"PATCH /v1/rooms/a", "{}"},
        {"GET /v1/rooms/a", "{\"x\":1}"},
    };
    struct play *p = *state;

    ask(p, "GET /v1/me", ALICE, "");
    buf_clear(&p->trace);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_status(ask(p, cases[i].line, ALICE, cases[i].body), 400);
        assert_int_equal(p->trace.n, 0);
    }
    assert_status(ask(p, "DELETE /v1/devices/x", ALICE, ""), 404);
    assert_status(ask(p, "DELETE /v1/devices/0", ALICE, ""), 404);
}

static void
several_settings_are_one_after_the_other(void **state)
{
    struct play *p = *state;

    assert_string_equal(
        body_of(ask(p, "PATCH /v1/rooms/a", ALICE,
                    "{\"name\":\"#b\",\"slow\":\"10s\",\"topic\":\"t\"}")),
        "{\"done\":[\"topic\",\"slow\",\"name\"]}\n");
    asked(p, COMMAND_SET, "2:#a 0: 2:#b");
}

static void
the_first_refusal_stops_and_says_what_was_done(void **state)
{
    struct play *p = *state;
    static const char text[] =
        "PATCH /v1/rooms/a HTTP/1.1\r\nHost: here\r\n" ALICE JSON
        "Content-Length: 36\r\n\r\n"
        "{\"topic\":\"t\",\"slow\":\"x\",\"keep\":\"1d\"}";
    struct event *e;
    const char *said;

    assert_status(ask(p, "GET /v1/me", ALICE, ""), 200);
    fake_conn_input(p->c, text, sizeof text - 1);
    for (int i = 0; i < 2; i++) {
        struct command *cmd = fake_conn_take(p->c);

        assert_non_null(cmd);
        e = event_new(i == 0 ? ANSWER_DONE : ANSWER_DENIED, cmd->target,
                      cmd->target, cmd->target, cmd->target);
        e->deny = i == 0 ? DENY_NONE : DENY_FORBIDDEN;
        e->command = cmd->kind;
        e->request = cmd->request;
        command_free(&cmd);
        fake_conn_answer(p->c, e);
    }
    said = play_say(p, "");
    assert_status(said, 403);
    assert_has(said, "\"code\":\"forbidden\",\"refused\":\"slow\","
                     "\"done\":[\"topic\"]}\n");
    assert_null(p->c->commands);
}

static void
a_token_has_a_scope_a_room_and_an_end(void **state)
{
    struct play *p = *state;
    static const char body[] =
        "{\"device\":\"bot\",\"scope\":[\"read\",\"files\"],"
        "\"room\":\"#a\",\"expires\":\"2030-01-01T00:00:00Z\"}";
    char text[512];
    struct command *cmd;
    struct event *e;
    const char *said;

    assert_status(ask(p, "GET /v1/me", ALICE, ""), 200);
    snprintf(text, sizeof text, "POST /v1/devices HTTP/1.1\r\nHost: here\r\n"
             ALICE JSON "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    fake_conn_input(p->c, text, strlen(text));
    cmd = fake_conn_take(p->c);
    assert_non_null(cmd);
    assert_int_equal(cmd->kind, COMMAND_TOKEN);
    assert_int_equal(cmd->login->scope, SCOPE_READ | SCOPE_FILES);
    assert_int_equal(cmd->login->expires_ms, INT64_C(1893456000000));
    assert_string_equal(cmd->login->device, "bot");
    assert_true(str_eq(cmd->target, str_of("#a")));
    e = event_new(ANSWER_DONE, cmd->name, cmd->name, cmd->name, cmd->name);
    e->token = 9;
    e->command = cmd->kind;
    e->request = cmd->request;
    command_free(&cmd);
    fake_conn_answer(p->c, e);
    said = play_say(p, "");
    assert_status(said, 201);
    assert_has(said, "{\"id\":9,\"token\":\"lq_");
}

static void
what_ends_the_session_ends_the_connection(void **state)
{
    static const struct {
        const char *line, *body;
    } cases[] = {
        {"POST /v1/logout", ""},
        {"POST /v1/account/delete", "{\"password\":\"correct horse\"}"},
        {"POST /v1/rooms/a/join", ""},
    };
    struct play *p = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        play_connect(p);
        assert_has(ask(p, cases[i].line, ALICE, cases[i].body),
                   "\r\nConnection: close\r\n");
        assert_true(p->c->ended && p->c->clean);
    }
}

static void
a_group_has_a_name_that_nobody_guesses(void **state)
{
    struct play *p = *state;
    const char *said = ask(p, "POST /v1/groups", ALICE,
                           "{\"names\":[\"bob\",\"carol\"]}");

    assert_status(said, 201);
    assert_has(said, "{\"room\":\"#group-");
    assert_true(buf_append(&p->trace, "", 1) == 0);
    assert_has(p->trace.p, " 9:bob carol\n");
}

static void
what_needs_an_account_needs_credentials(void **state)
{
    static const char *const lines[] = {
        "GET /v1/devices", "DELETE /v1/devices", "POST /v1/logout",
        "POST /v1/rooms/a/join", "DELETE /v1/rooms/a",
    };
    struct play *p = *state;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *said = ask(p, lines[i], "", "");

        assert_status(said, 401);
        assert_has(said, "\"code\":\"no_name\"");
    }
    assert_int_equal(p->entered, 0);
}

static void
the_routes_are_told(void **state)
{
    struct play *p = *state;
    const char *said = play_say(p, GET("/v1"));
    json_t *o = object_of(said);

    assert_has(said, "{\"method\":\"PATCH\",\"path\":\"/v1/rooms/{room}\"}");
    assert_true(json_array_size(json_object_get(o, "routes")) > 40);
    json_decref(o);
}

static void
messages_are_the_same_as_at_their_other_door(void **state)
{
    struct play *p = *state;

    assert_has(ask(p, "POST /v1/rooms/lobby/messages", "",
                   "{\"text\":\"hello\"}"), "{\"seq\":1,\"msgid\":\"");
    assert_has(ask(p, "GET /v1/rooms/lobby/messages?limit=1", "", ""),
               "\"sender\":\"guest\",\"kind\":\"text\",\"text\":\"hello\"}");
    assert_has(play_say(p, GET("/v1/rooms/lobby/events?after=0")),
               "Content-Type: application/x-ndjson\r\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_token_is_told_once_and_its_hash_goes_on),
        TEST(whoever_registers_gets_a_token_only_if_asked),
        TEST(a_login_is_nobody_elses_afterwards),
        TEST(an_old_password_is_asked_about_again),
        TEST(bodies_are_strict),
        TEST(what_is_wrong_is_not_repeated),
        TEST(only_json_is_taken),
        TEST(a_body_has_at_most_64_kibibytes),
        TEST(another_site_may_not_use_it),
        TEST(lists_are_told_as_objects),
        TEST(each_verb_is_one_command),
        TEST(a_request_that_makes_no_sense_asks_nothing),
        TEST(several_settings_are_one_after_the_other),
        TEST(the_first_refusal_stops_and_says_what_was_done),
        TEST(a_token_has_a_scope_a_room_and_an_end),
        TEST(what_ends_the_session_ends_the_connection),
        TEST(a_group_has_a_name_that_nobody_guesses),
        TEST(what_needs_an_account_needs_credentials),
        TEST(the_routes_are_told),
        TEST(messages_are_the_same_as_at_their_other_door),
    };

    rand_init();
    return cmocka_run_group_tests_name("http_v1", tests, NULL, NULL);
}
