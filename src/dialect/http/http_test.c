/* SPDX-License-Identifier: MIT */
#include "dialect/http/check_test.h"
#include "base/rand.h"
#include "dialect/http/http.h"

static int
set_up(void **state)
{
    struct play *p = must_alloc(sizeof *p);

    play_open(p);
    *state = p;
    return 0;
}

static int
tear_down(void **state)
{
    play_close(*state);
    free(*state);
    return 0;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: here\r\n\r\n"
#define GET_AS(path, type) \
    "GET " path " HTTP/1.1\r\nHost: here\r\nAccept: " type "\r\n\r\n"
#define POST(fields, length, body) \
    "POST /r/lobby HTTP/1.1\r\nHost: here\r\n" fields \
    "Content-Length: " #length "\r\n\r\n" body

/* --- Connections --------------------------------------------------------- */

static void
the_methods_of_http_are_recognised_at_every_split(void **state)
{
    static const char *const lines[] = {
        "GET / HTTP/1.1\r\n", "HEAD / HTTP/1.0\r\n", "POST /r/x HTTP/1.1\r\n",
        "PUT /x HTTP/1.1\r\n", "PATCH /x HTTP/1.1\r\n", "DELETE /x HTTP/1\r\n",
        "OPTIONS * HTTP/1.1\r\n", "TRACE / HTTP/1.1\r\n",
        "CONNECT a:1 HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const uint8_t *p = (const uint8_t *)lines[i];
        size_t word = strcspn(lines[i], " ") + 1;

        for (size_t n = 1; n < word; n++)
            assert_int_equal(http_dialect.sniff(p, n), SNIFF_MORE);
        assert_int_equal(http_dialect.sniff(p, word), SNIFF_YES);
    }
    assert_int_equal(http_dialect.sniff((const uint8_t *)"get ", 4), SNIFF_NO);
    assert_int_equal(http_dialect.sniff((const uint8_t *)"GETT", 4), SNIFF_NO);
}

static void
requests_of_one_connection_are_answered_in_their_order(void **state)
{
    struct play *p = *state;
    const char *said;

    play_message(p, "alice", "one");
    said = play_say(p, GET("/healthz") GET("/r/lobby") GET("/nope")
                       GET("/healthz"));

    assert_status(said, 200);
    said = strstr(said, "ok\n");
    assert_non_null(said);
    said = strstr(said, "alice: one\n");
    assert_non_null(said);
    said = strstr(said, "HTTP/1.1 404 ");
    assert_non_null(said);
    assert_has(said, "ok\n");
    assert_false(p->c->ended);
}

static void
a_request_may_come_byte_by_byte(void **state)
{
    struct play *p = *state;
    static const char text[] = POST("", 5, "hello") GET("/r/lobby");
    const char *said = "";

    for (size_t i = 0; i < sizeof text - 1; i++) {
        char *all;

        said = play_send(p, text + i, 1);
        if (*said == '\0')
            continue;
        all = strdup(said);
        assert_non_null(all);
        assert_true(i == sizeof text - 2 || strstr(all, "posted 1\n"));
        free(all);
    }
    assert_has(said, "guest: hello\n");
}

static void
http_1_0_is_answered_and_closed(void **state)
{
    struct play *p = *state;
    const char *said = play_say(p, "GET /healthz HTTP/1.0\r\n\r\n");

    assert_status(said, 200);
    assert_has(said, "\r\nConnection: close\r\n");
    assert_true(p->c->ended && p->c->clean);
}

static void
what_is_no_request_is_refused_and_closed(void **state)
{
    static const struct {
        const char *text, *status;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\nHost: x\n\n", "HTTP/1.1 400 "},
        {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP/1.1 505 "},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
         "HTTP/1.1 501 "},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
         "Transfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 400 "},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "HTTP/1.1 405 "},
    };
    struct play *p = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *said;

        play_connect(p);
        said = play_say(p, cases[i].text);
        assert_ptr_equal(strstr(said, cases[i].status), said);
        assert_true(p->c->ended);
        assert_false(p->c->clean);
    }
}

static void
a_head_has_its_time_from_its_first_byte_on(void **state)
{
    struct play *p = *state;

    assert_int_equal(p->c->timer_ms, p->config.http_head_ms);
    play_say(p, GET("/healthz"));
    assert_int_equal(p->c->timer_ms, p->config.http_idle_ms);
    play_say(p, "G");
    assert_int_equal(p->c->timer_ms, p->config.http_head_ms);
    p->c->timer_ms = 3;          /* most of it is over */
    play_say(p, "ET / HTTP/1.1\r\n");
    assert_int_equal(p->c->timer_ms, 3);

    fake_conn_run_timer(p->c);
    assert_status(play_say(p, ""), 408);
    assert_true(p->c->ended);
}

static void
an_idle_connection_is_closed_without_a_word(void **state)
{
    struct play *p = *state;

    play_say(p, GET("/healthz"));
    fake_conn_run_timer(p->c);
    assert_string_equal(play_say(p, ""), "");
    assert_true(p->c->ended && p->c->clean);
}

static void
an_unread_body_ends_the_connection_and_is_no_request(void **state)
{
    struct play *p = *state;
    const char *said = play_say(
        p, "DELETE /r/lobby HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n"
           POST("", 5, "smuggled"));

    assert_status(said, 405);
    assert_has(said, "\r\nConnection: close\r\n");
    assert_lacks(said, "posted");
    assert_int_equal(p->log_n, 0);
    play_say(p, "and the rest of it, whatever it may be...");
    assert_true(p->c->ended);
}

static void
a_refused_body_is_not_taken_for_ever(void **state)
{
    struct play *p = *state;
    const char *said = play_say(
        p, "POST /nope HTTP/1.1\r\nHost: x\r\n"
           "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");

    assert_status(said, 404);
    assert_false(p->c->ended);
    assert_int_equal(p->c->timer_ms, 2000);
    fake_conn_run_timer(p->c);
    assert_true(p->c->ended);
}

static void
a_peer_that_has_shut_down_gets_its_answer(void **state)
{
    struct play *p = *state;

    fake_conn_input(p->c, GET("/healthz"), sizeof GET("/healthz") - 1);
    fake_conn_eof(p->c);
    assert_false(p->c->ended);
    assert_has(play_say(p, ""), "ok\n");
    assert_true(p->c->ended);
}

static void
the_stop_is_told_to_whoever_waits(void **state)
{
    struct play *p = *state;

    fake_conn_input(p->c, GET("/healthz"), sizeof GET("/healthz") - 1);
    fake_conn_answer(p->c, event_new(EVENT_STOPPING, (struct str){0},
                                     (struct str){0}, (struct str){0},
                                     (struct str){0}));
    assert_ptr_equal(strstr(p->c->sent.p, "HTTP/1.1 503 "), p->c->sent.p);
}

/* --- Routes and errors --------------------------------------------------- */

static void
a_wrong_method_is_told_the_right_ones(void **state)
{
    struct play *p = *state;
    const char *said = play_say(p, "PUT /r/lobby HTTP/1.1\r\nHost: x\r\n"
                                   "Content-Length: 0\r\n\r\n");

    assert_status(said, 405);
    assert_has(said, "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n");
    said = play_say(p, "OPTIONS /r/lobby HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_status(said, 204);
    assert_has(said, "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n");
    said = play_say(p, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_status(said, 204);
    assert_status(play_say(p, "BREW / HTTP/1.1\r\nHost: x\r\n\r\n"), 501);
}

static void
an_error_is_told_in_what_the_peer_prefers(void **state)
{
    struct play *p = *state;
    const char *said = play_say(p, GET("/nope"));

    assert_string_equal(body_of(said), "There is nothing at that path\n");
    said = play_say(p, GET_AS("/nope", "application/json"));
    assert_has(said, "\r\nContent-Type: application/problem+json\r\n");
    assert_string_equal(body_of(said),
                        "{\"type\":\"about:blank\",\"title\":\"Not Found\","
                        "\"status\":404,\"detail\":\"There is nothing at that "
                        "path\",\"code\":\"no_such_path\"}\n");
    said = play_say(p, GET_AS("/nope", "text/html,*/*;q=0.8"));
    assert_has(said, "<h1>Not Found</h1>");
    assert_has(said, "\r\nContent-Security-Policy: default-src 'none'");
}

static void
every_refusal_of_the_core_has_a_status(void **state)
{
    struct play *p = *state;

#define EACH(name, text) \
    if (DENY_##name != DENY_NONE) { \
        const char *said; \
        play_connect(p); \
        p->deny = DENY_##name; \
        said = play_say(p, POST("Accept: application/json\r\n", 2, "hi")); \
        assert_true(said[9] == '4' || said[9] == '5'); \
        assert_has(said, deny_word(DENY_##name)); \
    }
    DENY_TABLE(EACH)
#undef EACH
}

static void
head_is_get_without_its_body(void **state)
{
    struct play *p = *state;
    const char *said;

    play_message(p, "alice", "one");
    said = play_say(p, "HEAD /r/lobby HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_status(said, 200);
    assert_has(said, "\r\nContent-Length: 32\r\n");
    assert_string_equal(body_of(said), "");
}

static void
bad_paths_and_numbers_are_refused(void **state)
{
    struct play *p = *state;

    assert_status(play_say(p, GET("/r/%zz")), 400);
    assert_status(play_say(p, GET("/r/a%2fb")), 400);
    assert_status(play_say(p, GET("/r/lobby?after=x")), 400);
    assert_status(play_say(p, GET("/r/lobby?after=1&before=2")), 400);
    assert_status(play_say(p, GET("/r/lobby?after=99999999999999999999")),
                  400);
    assert_status(play_say(p, GET("/f/short")), 404);
}

/* --- Guards -------------------------------------------------------------- */

static void
only_our_own_names_are_answered_to(void **state)
{
    struct play *p = *state;

    p->config.http_hosts = "chat.example other.example:8080";
    play_connect(p);
    assert_status(play_say(p, "GET /healthz HTTP/1.1\r\n"
                              "Host: Chat.Example:4000\r\n\r\n"), 200);
    assert_status(play_say(p, "GET /healthz HTTP/1.1\r\n"
                              "Host: other.example:8080\r\n\r\n"), 200);
    assert_status(play_say(p, "GET /healthz HTTP/1.1\r\n"
                              "Host: 127.0.0.1:4000\r\n\r\n"), 200);
    assert_status(play_say(p, "GET /healthz HTTP/1.1\r\n"
                              "Host: localhost\r\n\r\n"), 200);
    assert_status(play_say(p, "GET /healthz HTTP/1.1\r\n"
                              "Host: [::1]:4000\r\n\r\n"), 200);
    assert_status(play_say(p, "GET /healthz HTTP/1.1\r\n"
                              "Host: evil.example\r\n\r\n"), 421);
    assert_status(play_say(p, "GET /healthz HTTP/1.1\r\n"
                              "Host: 127.0.0.1.evil.example\r\n\r\n"), 421);
}

static void
another_site_may_not_post(void **state)
{
    static const char *const bad[] = {
        "Origin: http://evil.example\r\n", "Origin: null\r\n",
        "Origin: http://here:81\r\n", "Origin: http://here.evil\r\n",
        "Origin: file://here\r\n", "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n", "Origin:\r\n",
        "Origin: http://here\r\nOrigin: http://here\r\n",
        "Origin: http://here\r\nSec-Fetch-Site: cross-site\r\n",
    };
    static const char *const good[] = {
        "", "Origin: http://here\r\n", "Origin: http://HERE:80\r\n",
        "Origin: https://here\r\n", "Sec-Fetch-Site: same-origin\r\n",
        "Sec-Fetch-Site: none\r\n", "Origin: https://friend.example\r\n",
    };
    struct play *p = *state;
    char text[512];

    p->config.http_origins = "https://friend.example";
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        play_connect(p);
        snprintf(text, sizeof text, POST("%s", 2, "hi"), bad[i]);
        assert_status(play_say(p, text), 403);
    }
    assert_int_equal(p->log_n, 0);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        play_connect(p);
        snprintf(text, sizeof text, POST("%s", 2, "hi"), good[i]);
        assert_status(play_say(p, text), 201);
    }
}

static void
a_site_that_is_allowed_may_read_the_answer(void **state)
{
    struct play *p = *state;
    const char *said;

    p->config.http_origins = "https://friend.example";
    play_connect(p);
    said = play_say(p, "OPTIONS /r/lobby HTTP/1.1\r\nHost: here\r\n"
                       "Origin: https://friend.example\r\n\r\n");
    assert_has(said, "\r\nAccess-Control-Allow-Origin: "
                     "https://friend.example\r\n");
    assert_has(said, "\r\nAccess-Control-Allow-Methods: ");
    said = play_say(p, "GET /healthz HTTP/1.1\r\nHost: here\r\n"
                       "Origin: https://evil.example\r\n\r\n");
    assert_status(said, 200);
    assert_lacks(said, "Access-Control");
}

static void
figures_are_for_this_machine_alone(void **state)
{
    struct play *p = *state;
    struct metrics *m = metrics_new();
    const char *said;

    p->config.metrics = m;
    play_connect(p);
    metrics_add(metrics_shard_new(m), METRIC_messages_total, 3);
    said = play_say(p, GET("/metrics"));
    assert_status(said, 200);
    assert_has(said, "text/plain; version=0.0.4");
    assert_has(said, "\n# TYPE loquat_messages_total counter\n"
                     "loquat_messages_total 3\n");
    assert_has(said, "\n# TYPE loquat_commit_us summary\n");
    p->config.metrics = NULL;
    metrics_free(&m);
}

/* --- Who asks ------------------------------------------------------------ */

static void
a_request_is_from_whom_its_credentials_name(void **state)
{
    struct play *p = *state;
    const char *said;

    /* bob:, bob:secret, eve: */
    play_say(p, POST("", 1, "a"));
    assert_string_equal(p->name, "guest");
    play_say(p, POST("Authorization: Basic Ym9iOg==\r\n", 1, "b"));
    assert_string_equal(p->name, "bob");
    play_say(p, POST("authorization: basic Ym9iOnNlY3JldA==\r\n", 1, "c"));
    assert_string_equal(p->name, "bob");
    assert_int_equal(p->entered, 3);
    play_say(p, POST("Authorization: Basic Ym9iOnNlY3JldA==\r\n", 1, "d"));
    assert_int_equal(p->entered, 3);
    said = play_say(p, GET("/r/lobby"));
    assert_string_equal(p->name, "");
    assert_has(said, "guest: a\n");
    assert_has(said, "bob: d\n");
}

static void
a_secret_tells_one_bob_from_another(void **state)
{
    struct play *p = *state;
    static const char *const pairs[] = {
        "Ym9iOg==", "Ym9iOnNlY3JldA==", "Ym9iOm90aGVy",
    };
    uint64_t ids[3];
    char text[256];

    for (size_t i = 0; i < 3; i++) {
        struct command *cmd;

        play_connect(p);
        snprintf(text, sizeof text, "GET /r HTTP/1.1\r\nHost: x\r\n"
                 "Authorization: Basic %s\r\n\r\n", pairs[i]);
        fake_conn_input(p->c, text, strlen(text));
        cmd = fake_conn_take(p->c);
        assert_non_null(cmd);
        assert_int_equal(cmd->kind, COMMAND_ENTER);
        assert_true(cmd->visit && !cmd->or_similar);
        ids[i] = cmd->sender_id;
        command_free(&cmd);
    }
    assert_true(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
}

static void
bad_credentials_are_refused_before_the_body(void **state)
{
    static const char *const bad[] = {
        "Bearer x", "Basic", "Basic ????", "Basic Ym9i", "Basic Og==",
        "Digest x=y",
    };
    struct play *p = *state;
    char text[256];

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
    }
}

static void
without_a_guest_nobody_posts_unnamed(void **state)
{
    struct play *p = *state;

    p->config.guest_name = "";
    play_connect(p);
    assert_status(play_say(p, POST("", 2, "hi")), 401);
    assert_status(play_say(p, POST("Authorization: Basic Ym9iOg==\r\n", 2,
                                   "hi")), 201);
    assert_status(play_say(p, GET("/r/lobby")), 200);
}

static void
a_name_that_is_taken_is_a_conflict(void **state)
{
    struct play *p = *state;

    /* taken: */
    assert_status(play_say(p, POST("Authorization: Basic dGFrZW46\r\n", 2,
                                   "hi")), 409);
    assert_status(play_say(p, GET("/r/lobby")), 200);
}

/* --- Posts --------------------------------------------------------------- */

static void
a_post_is_told_its_place(void **state)
{
    struct play *p = *state;
    const char *said = play_say(p, POST("", 6, "hello\n"));

    assert_status(said, 201);
    assert_has(said, "\r\nLocation: /r/lobby?after=0&limit=1\r\n");
    assert_string_equal(body_of(said), "posted 1\n");
    said = play_say(p, POST("Accept: application/json\r\n", 5, "again"));
    assert_has(said, "{\"seq\":2,\"msgid\":\"");
    assert_has(said, "\"duplicate\":false}");
    assert_true(str_eq(p->log[0]->text, str_of("hello")));
}

static void
the_types_of_a_message_are_text_and_json_and_a_form(void **state)
{
    struct play *p = *state;

    assert_status(play_say(p, POST("Content-Type: application/"
                                   "x-www-form-urlencoded\r\n", 3, "a=b")),
                  201);
    assert_true(str_eq(p->log[0]->text, str_of("a=b")));
    assert_status(play_say(p, POST("Content-Type: application/json\r\n", 32,
                                   "{\"text\":\"waves\",\"kind\":\"action\"}")),
                  201);
    assert_int_equal(p->log[1]->message_kind, MESSAGE_ACTION);
    assert_true(str_eq(p->log[1]->text, str_of("waves")));
    assert_status(play_say(p, POST("Content-Type: image/png\r\n", 3, "png")),
                  415);
}

static void
json_is_read_strictly(void **state)
{
    static const char *const bad[] = {
        "", "[]", "{}", "\"x\"", "{\"text\":1}", "{\"text\":\"a\"",
        "{\"text\":\"a\",\"text\":\"b\"}", "{\"text\":\"a\",\"x\":\"b\"}",
        "{\"text\":\"a\",\"kind\":\"topic\"}", "{\"text\":\"\\u0000\"}",
        "{\"text\":\"\xff\"}", "{\"text\":\"a\"}x",
    };
    struct play *p = *state;
    char text[512];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        play_connect(p);
        snprintf(text, sizeof text, "POST /r/lobby HTTP/1.1\r\nHost: x\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu"
                 "\r\n\r\n%s", strlen(bad[i]), bad[i]);
        assert_status(play_say(p, text), 400);
    }
}

static void
a_form_names_its_sender_and_leads_back_to_the_page(void **state)
{
    struct play *p = *state;
    static const char form[] =
        "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n"
        "zo\xc3\xab\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n"
        "one\r\ntwo\r\n--b--\r\n";
    char text[1024];
    const char *said;

    snprintf(text, sizeof text, "POST /r/lobby HTTP/1.1\r\nHost: x\r\n"
             "Accept: text/html\r\n"
             "Content-Type: multipart/form-data; boundary=b\r\n"
             "Content-Length: %zu\r\n\r\n%s", strlen(form), form);
    said = play_say(p, text);
    assert_status(said, 303);
    assert_has(said, "\r\nLocation: /r/lobby\r\n");
    assert_has(said, "\r\nSet-Cookie: name=zo%C3%AB; ");
    assert_string_equal(p->name, "zo\xc3\xab");
    assert_true(str_eq(p->log[0]->text, str_of("one\ntwo")));
    said = play_say(p, "GET /r/lobby HTTP/1.1\r\nHost: x\r\n"
                       "Accept: text/html\r\n"
                       "Cookie: a=b; name=zo%C3%AB\"><\r\n\r\n");
    assert_has(said, "value=\"zo\xc3\xab&quot;&gt;&lt;\"");
}

static void
a_repeated_key_posts_once(void **state)
{
    struct play *p = *state;
    const char *said;

    play_say(p, POST("Idempotency-Key: \"12345678\"\r\n", 2, "hi"));
    said = play_say(p, POST("Idempotency-Key: 12345678\r\n"
                            "Accept: application/json\r\n", 2, "hi"));
    assert_status(said, 201);
    assert_has(said, "\"seq\":1,");
    assert_has(said, "\"duplicate\":true");
    assert_status(play_say(p, POST("Idempotency-Key: 12345678\r\n", 2, "ho")),
                  409);
    assert_status(play_say(p, POST("Idempotency-Key: "
                                   "01234567-89AB-cdef-0123-456789abcdef\r\n",
                                   2, "hi")), 201);
    assert_memory_equal(p->log[1]->cid.b, "\x01\x23\x45\x67\x89\xab\xcd\xef"
                        "\x01\x23\x45\x67\x89\xab\xcd\xef", 16);
    assert_status(play_say(p, POST("Idempotency-Key: short\r\n", 2, "hi")),
                  400);
}

static void
a_long_message_is_refused_before_it_comes(void **state)
{
    struct play *p = *state;
    const char *said = play_say(
        p, "POST /r/lobby HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
           "Content-Length: 1003\r\n\r\n");

    assert_status(said, 413);
    play_connect(p);
    said = play_say(
        p, "POST /r/lobby HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
           "Content-Length: 2\r\n\r\n");
    assert_string_equal(said, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_status(play_say(p, "hi"), 201);
}

static void
a_slow_body_is_given_up(void **state)
{
    struct play *p = *state;

    play_say(p, "POST /r/lobby HTTP/1.1\r\nHost: x\r\n"
                "Content-Length: 900\r\n\r\nslow");
    assert_int_equal(p->c->timer_ms, 10000);
    fake_conn_run_timer(p->c);
    assert_status(play_say(p, ""), 408);
    assert_int_equal(p->log_n, 0);
}

static void
a_chunked_body_counts_as_a_whole(void **state)
{
    struct play *p = *state;

    assert_status(play_say(p, "POST /r/lobby HTTP/1.1\r\nHost: x\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n"
                              "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"), 201);
    assert_true(str_eq(p->log[0]->text, str_of("hello")));
    assert_status(play_say(p, "POST /r/lobby HTTP/1.1\r\nHost: x\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n"
                              "0_2\r\nhi\r\n0\r\n\r\n"), 400);
    assert_int_equal(p->log_n, 1);
}

static void
controls_do_not_pass(void **state)
{
    struct play *p = *state;

    assert_status(play_say(p, POST("", 8, "a\x1b[1mb\x01" "c")), 201);
    assert_true(str_eq(p->log[0]->text, str_of("abc")));
}

/* --- Reading ------------------------------------------------------------- */

static void
a_page_is_text_or_json_or_lines_of_it(void **state)
{
    struct play *p = *state;
    const char *said;

    play_message(p, "alice", "one\ntwo");
    said = play_say(p, GET("/r/lobby"));
    assert_string_equal(body_of(said), "2025-11-24T16:00:00Z alice: one\n"
                                       "    two\n");
    said = play_say(p, GET_AS("/r/lobby", "application/json"));
    assert_has(said, "{\"room\":\"#lobby\",\"messages\":[{\"seq\":1,"
                     "\"msgid\":\"");
    assert_has(said, "\"time\":\"2025-11-24T16:00:00.001Z\","
                     "\"sender\":\"alice\",\"kind\":\"text\","
                     "\"text\":\"one\\ntwo\"}],\"more\":false}\n");
    said = play_say(p, GET_AS("/r/lobby", "application/x-ndjson"));
    assert_ptr_equal(strstr(body_of(said), "{\"seq\":1,"), body_of(said));
    said = play_say(p, GET("/r"));
    assert_string_equal(body_of(said), "#a&b  2 here, 1 said  <topic>\n");
    said = play_say(p, GET_AS("/", "application/json"));
    assert_has(said, "{\"rooms\":[{\"room\":\"#a&b\",\"topic\":\"<topic>\","
                     "\"present\":2,\"seq\":1}],\"more\":false}\n");
}

static void
the_query_chooses_the_page(void **state)
{
    struct play *p = *state;
    const char *said;

    for (int i = 0; i < 5; i++)
        play_message(p, "a", (char[]){(char)('a' + i), '\0'});
    said = play_say(p, GET("/r/lobby?after=1&limit=2"));
    assert_has(said, "a: b\n");
    assert_has(said, "a: c\n");
    assert_lacks(said, "a: d\n");
    said = play_say(p, GET("/r/lobby?before=2"));
    assert_has(said, "a: a\n");
    assert_lacks(said, "a: b\n");
}

static void
a_page_escapes_what_people_say(void **state)
{
    struct play *p = *state;
    const char *said;

    play_message(p, "<i>", "<script>alert(\"'&\")</script>");
    said = play_say(p, GET_AS("/r/%3Cb%3E", "text/html"));
    assert_has(said, "&lt;script&gt;alert(&quot;&#39;&amp;&quot;)");
    assert_has(said, "<b>&lt;i&gt;</b>");
    assert_has(said, "<title>#&lt;b&gt;</title>");
    assert_has(said, "action=\"/r/%3Cb%3E\"");
    assert_lacks(said, "<script");
    said = play_say(p, GET_AS("/", "text/html"));
    assert_has(said, "<a href=\"/r/a%26b\">#a&amp;b</a>");
    assert_has(said, "&lt;topic&gt;");
    assert_status(play_say(p, GET("/style.css")), 200);
}

/* --- Streams ------------------------------------------------------------- */

static void
a_stream_tells_what_is_said(void **state)
{
    struct play *p = *state;
    const char *said;

    play_message(p, "alice", "before");
    said = play_say(p, GET("/r/lobby?follow"));
    assert_status(said, 200);
    assert_has(said, "\r\nTransfer-Encoding: chunked\r\n");
    assert_string_equal(body_of(said), "");
    play_message(p, "alice", "now");
    assert_string_equal(play_say(p, ""),
                        "20\r\n2025-11-24T16:00:00Z alice: now\n\r\n");
    assert_true(p->c->timer_ms > 0);
    fake_conn_run_timer(p->c);
    assert_string_equal(play_say(p, ""), "");
}

static void
a_stream_goes_on_where_its_reader_was(void **state)
{
    struct play *p = *state;
    const char *said;

    for (int i = 0; i < 4; i++)
        play_message(p, "a", (char[]){(char)('a' + i), '\0'});
    said = play_say(p, "GET /r/lobby?follow&after=1 HTTP/1.1\r\nHost: x\r\n"
                       "Accept: text/event-stream\r\n"
                       "Last-Event-ID: 2\r\n\r\n");
    assert_has(said, "\r\nContent-Type: text/event-stream\r\n");
    assert_lacks(said, "id: 2\n");
    assert_has(said, "id: 3\nevent: message\ndata: {\"type\":\"message\","
                     "\"seq\":3,");
    assert_has(said, "id: 4\n");
    fake_conn_run_timer(p->c);
    assert_string_equal(play_say(p, ""), "3\r\n:\n\n\r\n");
    play_connect(p);
    said = play_say(p, GET("/r/lobby?follow&after=3"));
    assert_has(said, "a: d\n");
    assert_lacks(said, "a: c\n");
}

static struct event *
room_event(enum event_kind kind, const char *name, const char *text)
{
    struct event *e = event_new(kind, str_of("#lobby"), str_of(name),
                                str_of(text), str_of("new"));

    e->room = PLAY_ROOM;
    e->count = 3;
    return e;
}

static void
a_stream_of_objects_tells_who_comes_and_goes(void **state)
{
    struct play *p = *state;
    const char *said;
    struct event *e;

    play_say(p, "GET /r/lobby?follow HTTP/1.0\r\n"
                "Accept: application/x-ndjson\r\n\r\n");
    fake_conn_answer(p->c, room_event(EVENT_JOINED, "zoe", ""));
    fake_conn_answer(p->c, room_event(EVENT_RENAMED, "zoe", ""));
    fake_conn_answer(p->c, room_event(EVENT_TYPING, "zoe", ""));
    fake_conn_answer(p->c, room_event(EVENT_LEFT, "zoe", "why"));
    e = room_event(EVENT_ANNOUNCEMENT, "", "all");
    fake_conn_answer(p->c, e);
    said = play_say(p, "");
    assert_string_equal(said,
        "{\"type\":\"joined\",\"name\":\"zoe\",\"count\":3}\n"
        "{\"type\":\"renamed\",\"name\":\"zoe\",\"to\":\"new\"}\n"
        "{\"type\":\"left\",\"name\":\"zoe\",\"count\":3}\n"
        "{\"type\":\"announcement\",\"text\":\"all\"}\n");
    fake_conn_answer(p->c, room_event(EVENT_STOPPING, "", ""));
    assert_has(play_say(p, ""), "{\"type\":\"stopping\",");
}

static void
whoever_follows_nothing_hears_nothing(void **state)
{
    struct play *p = *state;

    play_say(p, GET("/healthz"));
    fake_conn_answer(p->c, room_event(EVENT_ANNOUNCEMENT, "", "all"));
    assert_string_equal(play_say(p, ""), "");
}

static void
nothing_follows_a_stream(void **state)
{
    struct play *p = *state;

    play_say(p, GET("/r/lobby?follow"));
    assert_string_equal(play_say(p, GET("/healthz")), "");
    assert_true(p->c->held);
    play_connect(p);
    play_say(p, GET("/r/lobby?follow"));
    fake_conn_eof(p->c);
    assert_true(p->c->ended && p->c->clean);
}

/* --- WebSocket ----------------------------------------------------------- */

#define WS(fields) \
    "GET /ws HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\n" \
    "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
    fields "\r\n"

static void
a_handshake_hands_the_connection_over(void **state)
{
    static const struct dialect other = {
        .name = "other", .subprotocol = "loquat.v1", .state_bytes = 8,
    };
    static const struct dialect *const others[] = {&other, NULL};
    struct play *p = *state;
    const char *said;

    p->c->others = others;
    fake_conn_input(p->c, WS("Sec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Protocol: x, loquat.v1\r\n"),
                    strlen(WS("Sec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Protocol: x, loquat.v1\r\n")));
    must(buf_append(&p->c->sent, "", 1) == 0);
    said = p->c->sent.p;
    assert_status(said, 101);
    assert_has(said, "\r\nSec-WebSocket-Accept: "
                     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    assert_has(said, "\r\nSec-WebSocket-Protocol: loquat.v1\r\n");
    assert_ptr_equal(p->c->dialect, &other);
}

static void
a_bad_handshake_is_an_answer_like_any_other(void **state)
{
    struct play *p = *state;
    const char *said;

    said = play_say(p, GET("/ws"));
    assert_status(said, 426);
    assert_has(said, "\r\nSec-WebSocket-Version: 13\r\n");
    assert_status(play_say(p, WS("Sec-WebSocket-Version: 8\r\n")), 426);
    assert_status(play_say(p, WS("Sec-WebSocket-Version: 13\r\n")), 400);
    assert_status(play_say(p, WS("Sec-WebSocket-Version: 13\r\n"
                                 "Sec-WebSocket-Protocol: loquat.v1\r\n"
                                 "Origin: http://evil.example\r\n")), 403);
    assert_status(play_say(p, GET("/healthz")), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_methods_of_http_are_recognised_at_every_split),
        TEST(requests_of_one_connection_are_answered_in_their_order),
        TEST(a_request_may_come_byte_by_byte),
        TEST(http_1_0_is_answered_and_closed),
        TEST(what_is_no_request_is_refused_and_closed),
        TEST(a_head_has_its_time_from_its_first_byte_on),
        TEST(an_idle_connection_is_closed_without_a_word),
        TEST(an_unread_body_ends_the_connection_and_is_no_request),
        TEST(a_refused_body_is_not_taken_for_ever),
        TEST(a_peer_that_has_shut_down_gets_its_answer),
        TEST(the_stop_is_told_to_whoever_waits),
        TEST(a_wrong_method_is_told_the_right_ones),
        TEST(an_error_is_told_in_what_the_peer_prefers),
        TEST(every_refusal_of_the_core_has_a_status),
        TEST(head_is_get_without_its_body),
        TEST(bad_paths_and_numbers_are_refused),
        TEST(only_our_own_names_are_answered_to),
        TEST(another_site_may_not_post),
        TEST(a_site_that_is_allowed_may_read_the_answer),
        TEST(figures_are_for_this_machine_alone),
        TEST(a_request_is_from_whom_its_credentials_name),
        TEST(a_secret_tells_one_bob_from_another),
        TEST(bad_credentials_are_refused_before_the_body),
        TEST(without_a_guest_nobody_posts_unnamed),
        TEST(a_name_that_is_taken_is_a_conflict),
        TEST(a_post_is_told_its_place),
        TEST(the_types_of_a_message_are_text_and_json_and_a_form),
        TEST(json_is_read_strictly),
        TEST(a_form_names_its_sender_and_leads_back_to_the_page),
        TEST(a_repeated_key_posts_once),
        TEST(a_long_message_is_refused_before_it_comes),
        TEST(a_slow_body_is_given_up),
        TEST(a_chunked_body_counts_as_a_whole),
        TEST(controls_do_not_pass),
        TEST(a_page_is_text_or_json_or_lines_of_it),
        TEST(the_query_chooses_the_page),
        TEST(a_page_escapes_what_people_say),
        TEST(a_stream_tells_what_is_said),
        TEST(a_stream_goes_on_where_its_reader_was),
        TEST(a_stream_of_objects_tells_who_comes_and_goes),
        TEST(whoever_follows_nothing_hears_nothing),
        TEST(nothing_follows_a_stream),
        TEST(a_handshake_hands_the_connection_over),
        TEST(a_bad_handshake_is_an_answer_like_any_other),
    };

    rand_init();
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
