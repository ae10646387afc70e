/* SPDX-License-Identifier: MIT */
#include "base/rand.h"
#include "dialect/http/check_test.h"
#include "dialect/http/http.h"

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
    assert_status(play_say(p, GET("/r/a%1b")), 400);
    assert_status(play_say(p, GET("/r/lobby?after=x")), 400);
    assert_status(play_say(p, GET("/r/lobby?after=1&before=2")), 400);
    assert_status(play_say(p, GET("/r/lobby?after=99999999999999999999")),
                  400);
    assert_status(play_say(p, GET("/f/short")), 404);
}

/* --- Guards -------------------------------------------------------------- */

/* On a connection of its own. */
static const char *
say_to(struct play *p, const char *host)
{
    char request[200];

    snprintf(request, sizeof request,
             "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    play_connect(p);
    return play_say(p, request);
}

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
without_a_list_names_that_others_may_own_are_refused(void **state)
{
    static const char *const ours[] = {
        "192.168.1.7:4000", "[fe80::1]:4000", "nas", "nas:4000", "nas.local",
        "chat.home.arpa:4000", NULL,
    };
    static const char *const others[] = {
        "evil.example", "evil.example:4000", "127.0.0.1.evil.example",
        ".local", "nas.", "local.evil.example:4000", NULL,
    };
    struct play *p = *state;

    for (size_t i = 0; ours[i]; i++)
        assert_status(say_to(p, ours[i]), 200);
    for (size_t i = 0; others[i]; i++)
        assert_status(say_to(p, others[i]), 421);
    p->config.http_hosts = "*";
    assert_status(say_to(p, "any.example"), 200);
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
        TEST(without_a_list_names_that_others_may_own_are_refused),
        TEST(another_site_may_not_post),
        TEST(a_site_that_is_allowed_may_read_the_answer),
        TEST(figures_are_for_this_machine_alone),
    };

    rand_init();
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
