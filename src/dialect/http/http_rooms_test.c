/* SPDX-License-Identifier: MIT */
#include "base/rand.h"
#include "dialect/http/check_test.h"

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
                     "\"present\":2,\"seq\":1,\"privacy\":\"public\","
                     "\"role\":\"none\",\"read\":0}],\"more\":false}\n");
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
    assert_int_equal(p->c->rest.n, 0);
    assert_false(p->c->held);         /* its end will be noticed */
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
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
    return cmocka_run_group_tests_name("http_rooms", tests, NULL, NULL);
}
