/* SPDX-License-Identifier: MIT */
#include "dialect/native/talk_test.h"

/* --- Requests ----------------------------------------------------------- */

static void
a_join_may_resume(void **state)
{
    Loquat__V1__Join join = LOQUAT__V1__JOIN__INIT;
    struct command *cmd;

    (void)state;
    entered();
    join.target = "#ops";
    SAY(2, JOIN, join, &join);
    cmd = commanded(COMMAND_JOIN);
    assert_true(str_eq(cmd->target, str_of("#ops")));
    assert_int_equal(cmd->request, 2);
    assert_false(cmd->resume);
    command_free(&cmd);

    join.resume_case = LOQUAT__V1__JOIN__RESUME_AFTER;
    join.after = 0;
    SAY(3, JOIN, join, &join);
    cmd = commanded(COMMAND_JOIN);
    assert_true(cmd->resume);
    assert_int_equal(cmd->after, 0);
    command_free(&cmd);

    join.target = "";
    join.room = 12;
    join.after = UINT64_MAX;
    SAY(4, JOIN, join, &join);
    cmd = commanded(COMMAND_JOIN);
    assert_int_equal(cmd->target.n, 0);
    assert_int_equal(cmd->room, 12);
    assert_true(cmd->after == INT64_MAX);
    command_free(&cmd);
}

static void
a_post_is_taken_over_clean(void **state)
{
    Loquat__V1__Post post = LOQUAT__V1__POST__INIT;
    struct command *cmd;

    (void)state;
    entered();
    post.target = "#lob\x07" "by";
    post.kind = LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_ACTION;
    post.text = "one\ntwo\x1b[31m red\r\xff";
    post.client_id = bytes_of("fedcba9876543210");
    SAY(2, POST, post, &post);

    cmd = commanded(COMMAND_POST);
    assert_true(str_eq(cmd->target, str_of("#lobby")));
    assert_true(str_eq(cmd->text, str_of("one\ntwo red\xef\xbf\xbd")));
    assert_int_equal(cmd->message_kind, MESSAGE_ACTION);
    assert_memory_equal(cmd->cid.b, "fedcba9876543210", 16);
    command_free(&cmd);
}

static void
a_topic_and_an_away_text_have_one_line(void **state)
{
    Loquat__V1__SetTopic topic = LOQUAT__V1__SET_TOPIC__INIT;
    Loquat__V1__SetAway away = LOQUAT__V1__SET_AWAY__INIT;
    struct command *cmd;

    (void)state;
    entered();
    topic.target = "#lobby";
    topic.topic = "one\ntwo";
    SAY(2, SET_TOPIC, set_topic, &topic);
    cmd = commanded(COMMAND_TOPIC);
    assert_true(str_eq(cmd->text, str_of("one two")));
    command_free(&cmd);

    away.away = true;
    away.text = "out\r\nfor lunch";
    SAY(3, SET_AWAY, set_away, &away);
    cmd = commanded(COMMAND_AWAY);
    assert_true(str_eq(cmd->text, str_of("out for lunch")));
    assert_true(cmd->away);
    command_free(&cmd);
}

static void
a_post_without_a_kind_is_text(void **state)
{
    struct command *cmd;

    (void)state;
    entered();
    say_post(2, "hi");

    cmd = commanded(COMMAND_POST);
    assert_int_equal(cmd->message_kind, MESSAGE_TEXT);
    assert_false(client_id_given(&cmd->cid));
    command_free(&cmd);
}

static void
a_post_of_another_kind_is_refused(void **state)
{
    Loquat__V1__Post post = LOQUAT__V1__POST__INIT;

    (void)state;
    entered();
    post.target = "#lobby";
    post.text = "hi";
    post.kind = LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TOPIC;
    SAY(2, POST, post, &post);
    pong();
    heard_error(2, CODE(BAD_REQUEST));

    post.kind = (Loquat__V1__MessageKind)77;
    SAY(3, POST, post, &post);
    pong();
    heard_error(3, CODE(BAD_REQUEST));
    is_open();
}

static void
a_client_id_has_16_bytes_that_are_not_all_zero(void **state)
{
    static const uint8_t zero[17], one[17] = {1};
    static const struct {
        const uint8_t *p;
        size_t n;
    } wrong[] = {{one, 1}, {one, 15}, {one, 17}, {zero, 16}};

    (void)state;
    entered();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Loquat__V1__Post post = LOQUAT__V1__POST__INIT;

        post.target = "#lobby";
        post.text = "hi";
        post.client_id = (ProtobufCBinaryData){wrong[i].n,
                                               (uint8_t *)wrong[i].p};
        SAY(2, POST, post, &post);
        pong();
        heard_error(2, CODE(BAD_REQUEST));
    }
    is_open();
}

static void
a_history_request_holds_the_input_until_its_page(void **state)
{
    Loquat__V1__GetHistory get = LOQUAT__V1__GET_HISTORY__INIT;
    struct command *cmd;
    struct event *e;

    (void)state;
    entered();
    get.target = "#lobby";
    get.mode = LOQUAT__V1__PAGE_MODE__PAGE_MODE_AROUND;
    get.seq = 40;
    SAY(2, GET_HISTORY, get_history, &get);
    say_post(3, "after it");

    cmd = c->commands;
    assert_int_equal(cmd->kind, COMMAND_HISTORY);
    assert_null(cmd->next);
    assert_int_equal(cmd->page.mode, PAGE_AROUND);
    assert_int_equal(cmd->page.at, 40);
    assert_int_equal(cmd->page.limit, 50);

    e = event(ANSWER_PAGE, "#lobby", NULL, NULL, NULL);
    e->room = 1;
    answer(COMMAND_HISTORY, e);
    assert_int_equal(HEARD(HISTORY)->request, 2);
    cmd = commanded(COMMAND_POST);
    command_free(&cmd);
}

static void
a_refused_history_request_releases_the_input(void **state)
{
    Loquat__V1__GetHistory get = LOQUAT__V1__GET_HISTORY__INIT;

    (void)state;
    entered();
    get.target = "#secret";
    SAY(2, GET_HISTORY, get_history, &get);
    assert_true(c->held);
    deny(COMMAND_HISTORY, DENY_NO_SUCH_ROOM, "");

    heard_error(2, CODE(NO_SUCH_ROOM));
    assert_false(c->held);
}

static void
an_unasked_event_does_not_release_the_input(void **state)
{
    Loquat__V1__GetHistory get = LOQUAT__V1__GET_HISTORY__INIT;
    struct event *e = event(EVENT_CAUGHT_UP, "#lobby", NULL, NULL, NULL);

    (void)state;
    entered();
    get.target = "#lobby";
    SAY(2, GET_HISTORY, get_history, &get);
    e->room = 1;
    e->seq = 9;
    fake_conn_answer(c, e);

    assert_int_equal(HEARD(CAUGHT_UP)->caught_up->seq, 9);
    assert_true(c->held);
}

static void
a_page_has_at_most_500_messages(void **state)
{
    Loquat__V1__GetHistory get = LOQUAT__V1__GET_HISTORY__INIT;

    (void)state;
    entered();
    get.target = "#lobby";
    get.limit = UINT32_MAX;
    get.seq = UINT64_MAX;
    SAY(2, GET_HISTORY, get_history, &get);
    assert_int_equal(c->commands->page.limit, 500);
    assert_true(c->commands->page.at == INT64_MAX);
}

static void
an_unknown_page_mode_is_refused(void **state)
{
    Loquat__V1__GetHistory get = LOQUAT__V1__GET_HISTORY__INIT;

    (void)state;
    entered();
    get.target = "#lobby";
    get.mode = (Loquat__V1__PageMode)9;
    SAY(2, GET_HISTORY, get_history, &get);
    pong();
    heard_error(2, CODE(BAD_REQUEST));
}

static void
the_small_requests_become_their_commands(void **state)
{
    Loquat__V1__Part part = LOQUAT__V1__PART__INIT;
    Loquat__V1__GetRooms rooms = LOQUAT__V1__GET_ROOMS__INIT;
    Loquat__V1__GetPeople people = LOQUAT__V1__GET_PEOPLE__INIT;
    Loquat__V1__SetName name = LOQUAT__V1__SET_NAME__INIT;
    Loquat__V1__SetTyping typing = LOQUAT__V1__SET_TYPING__INIT;
    Loquat__V1__SetCursor cursor = LOQUAT__V1__SET_CURSOR__INIT;
    struct command *cmd;

    (void)state;
    entered();
    part.target = people.target = typing.target = cursor.target = "@bob";
    name.name = "bob";
    typing.typing = true;
    cursor.delivered_seq = 9;
    cursor.read_seq = UINT64_MAX;

    SAY(2, PART, part, &part);
    cmd = commanded(COMMAND_PART);
    assert_true(str_eq(cmd->target, str_of("@bob")));
    command_free(&cmd);
    SAY(3, GET_ROOMS, get_rooms, &rooms);
    cmd = commanded(COMMAND_ROOMS);
    command_free(&cmd);
    SAY(4, GET_PEOPLE, get_people, &people);
    cmd = commanded(COMMAND_WHO);
    assert_true(str_eq(cmd->target, str_of("@bob")));
    command_free(&cmd);
    SAY(5, SET_NAME, set_name, &name);
    cmd = commanded(COMMAND_RENAME);
    assert_true(str_eq(cmd->name, str_of("bob")));
    command_free(&cmd);
    SAY(0, SET_TYPING, set_typing, &typing);
    cmd = commanded(COMMAND_TYPING);
    assert_true(cmd->away);
    command_free(&cmd);
    SAY(0, SET_CURSOR, set_cursor, &cursor);
    cmd = commanded(COMMAND_CURSOR);
    assert_int_equal(cmd->delivered, 9);
    assert_true(cmd->read == INT64_MAX);
    command_free(&cmd);
    heard_nothing();
}

static void
a_request_without_a_number_is_refused(void **state)
{
    (void)state;
    entered();
    say_post(0, "hi");
    pong();

    heard_error(0, CODE(BAD_REQUEST));
    is_open();
}

static void
what_has_no_answer_has_no_refusal(void **state)
{
    Loquat__V1__SetTyping typing = LOQUAT__V1__SET_TYPING__INIT;

    (void)state;
    entered();
    typing.target = "\x01";
    SAY(5, SET_TYPING, set_typing, &typing);

    heard_nothing();
    commanded_nothing();
    assert_false(c->held);
}

static void
an_unknown_request_is_refused_and_the_next_one_is_not(void **state)
{
    static const char unknown[] = "\x00\x00\x00\x06\x01\x08\x09\xfa\x3f\x01?";

    (void)state;
    entered();
    fake_conn_input(c, unknown, sizeof unknown - 1);
    pong();
    heard_error(9, CODE(BAD_REQUEST));

    say_ping(10, 1);
    pong();
    assert_int_equal(HEARD(PONG)->request, 10);
}

static void
a_servers_word_from_a_client_is_refused(void **state)
{
    Loquat__V1__Announcement lie = LOQUAT__V1__ANNOUNCEMENT__INIT;

    (void)state;
    entered();
    lie.text = "I am the operator";
    SAY(2, ANNOUNCEMENT, announcement, &lie);
    pong();

    heard_error(2, CODE(BAD_REQUEST));
    commanded_nothing();
}

static void
a_ping_is_answered_in_its_turn(void **state)
{
    struct event *posted = event(ANSWER_POSTED, NULL, NULL, NULL, NULL);
    Envelope *e;

    (void)state;
    entered();
    say_post(2, "hi");
    say_ping(3, UINT64_MAX);
    heard_nothing();
    answer(COMMAND_POST, posted);
    pong();

    assert_int_equal(HEARD(POSTED)->request, 2);
    e = HEARD(PONG);
    assert_int_equal(e->request, 3);
    assert_true(e->pong->token == UINT64_MAX);
}

static void
a_refusal_does_not_overtake_an_earlier_answer(void **state)
{
    (void)state;
    entered();
    say_post(2, "hi");
    say_ping(3, 33);
    say_post(0, "no number");
    say_ping(5, 55);
    heard_nothing();
    answer(COMMAND_POST, event(ANSWER_POSTED, NULL, NULL, NULL, NULL));
    assert_int_equal(HEARD(POSTED)->request, 2);
    pong();
    assert_int_equal(HEARD(PONG)->pong->token, 33);
    assert_true(c->held);
    pong();
    heard_error(0, CODE(BAD_REQUEST));
    pong();
    assert_int_equal(HEARD(PONG)->pong->token, 55);
    assert_false(c->held);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_join_may_resume),
        TEST(a_post_is_taken_over_clean),
        TEST(a_topic_and_an_away_text_have_one_line),
        TEST(a_post_without_a_kind_is_text),
        TEST(a_post_of_another_kind_is_refused),
        TEST(a_client_id_has_16_bytes_that_are_not_all_zero),
        TEST(a_history_request_holds_the_input_until_its_page),
        TEST(a_refused_history_request_releases_the_input),
        TEST(an_unasked_event_does_not_release_the_input),
        TEST(a_page_has_at_most_500_messages),
        TEST(an_unknown_page_mode_is_refused),
        TEST(the_small_requests_become_their_commands),
        TEST(a_request_without_a_number_is_refused),
        TEST(what_has_no_answer_has_no_refusal),
        TEST(an_unknown_request_is_refused_and_the_next_one_is_not),
        TEST(a_servers_word_from_a_client_is_refused),
        TEST(a_ping_is_answered_in_its_turn),
        TEST(a_refusal_does_not_overtake_an_earlier_answer),
    };
#undef TEST

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
