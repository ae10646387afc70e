/* SPDX-License-Identifier: MIT */
#include "dialect/native/talk_test.h"

/* --- Detection ---------------------------------------------------------- */

static void
four_bytes_of_the_magic_are_enough_to_be_sure(void **state)
{
    static const uint8_t magic[] = FRAME_MAGIC;

    (void)state;
    for (size_t n = 1; n < 4; n++)
        assert_int_equal(native_dialect.sniff(magic, n), SNIFF_MORE);
    for (size_t n = 4; n <= FRAME_MAGIC_BYTES; n++)
        assert_int_equal(native_dialect.sniff(magic, n), SNIFF_YES);
}

static void
other_first_bytes_are_not_ours(void **state)
{
    static const char *const others[] = {
        "G", "\x16\x03", "\x89PNG", "\x89L\n", "LQT", "\n", "\xc3\xa9",
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(native_dialect.sniff((const uint8_t *)others[i],
                                              strlen(others[i])), SNIFF_NO);
}

static void
a_translated_newline_is_told_and_ends_it(void **state)
{
    (void)state;
    fake_conn_input(c, "\x89LQT\n\x1a\n\n", 8);

    assert_int_equal(HEARD(CLOSING)->closing->code, CODE(BAD_REQUEST));
    is_ended(false);
}

/* --- Hello -------------------------------------------------------------- */

/* The worked example of docs/protocol.md, byte for byte. */
static void
the_manuals_example_is_what_is_said(void **state)
{
    static const char hello[] =
        "\x89\x4c\x51\x54\x0d\x0a\x1a\x0a"
        "\x00\x00\x00\x27\x01"
        "\x08\x01\x52\x23"
        "\x08\x01"
        "\x12\x04" "demo"
        "\x18\x01"
        "\x22\x05" "alice"
        "\x32\x10" "0123456789abcdef";
    static const char welcome[] =
        "\x89\x4c\x51\x54\x0d\x0a\x1a\x0a"
        "\x00\x00\x00\x36\x01"
        "\x08\x01\xc2\x02\x31"
        "\x08\x01"
        "\x12\x06" "loquat"
        "\x18\x01"
        "\x22\x05" "alice"
        "\x28\x07"
        "\x31\xef\xcd\xab\x89\x67\x45\x23\x01"
        "\x38\xb0\xea\x01"
        "\x40\xf8\xc9\x04"
        "\x48\x80\x80\x01"
        "\x50\x80\xd0\x95\xff\xbc\x31";
    struct event *e = event(ANSWER_WELCOME, NULL, "alice", NULL, NULL);

    (void)state;
    fake_conn_input(c, hello, sizeof hello - 1);
    e->session = 7;
    e->time_ms = INT64_C(1700000000000);
    answer(COMMAND_ENTER, e);

    assert_int_equal(c->sent.n, sizeof welcome - 1);
    assert_memory_equal(c->sent.p, welcome, sizeof welcome - 1);
}

static void
the_server_says_its_magic_before_anything_has_come(void **state)
{
    (void)state;
    assert_int_equal(c->sent.n, FRAME_MAGIC_BYTES);
    assert_memory_equal(c->sent.p, FRAME_MAGIC, FRAME_MAGIC_BYTES);
}

static void
a_hello_enters_and_holds_the_input_until_its_answer(void **state)
{
    struct command *cmd;

    (void)state;
    said_magic();
    say_hello("alice");

    cmd = commanded(COMMAND_ENTER);
    assert_true(str_eq(cmd->name, str_of("alice")));
    assert_int_equal(cmd->request, 1);
    assert_int_equal(cmd->sender_id,
                     rand_fingerprint(SECRET, strlen(SECRET)));
    assert_true(cmd->resume);
    assert_false(cmd->or_similar);
    assert_true(c->held && c->spoke);
    heard_nothing();
    command_free(&cmd);
}

static void
a_welcome_says_what_the_server_expects(void **state)
{
    struct event *e = event(ANSWER_WELCOME, NULL, "alice-2", NULL, NULL);
    Loquat__V1__Welcome *w;
    Envelope *got;

    (void)state;
    said_magic();
    say_hello("alice");
    e->session = 99;
    e->time_ms = 1234567890123;
    answer(COMMAND_ENTER, e);

    got = HEARD(WELCOME);
    w = got->welcome;
    assert_int_equal(got->request, 1);
    assert_int_equal(w->version, 1);
    assert_string_equal(w->server, "loquat");
    assert_string_equal(w->name, "alice-2");
    assert_int_equal(w->features, LOQUAT__V1__FEATURE__FEATURE_SIGNALS);
    assert_int_equal(w->session, 99);
    assert_true(w->epoch == config.epoch);
    assert_int_equal(w->heartbeat_ms, HEARTBEAT_MS);
    assert_int_equal(w->dead_ms, 75000);
    assert_int_equal(w->message_bytes, 16384);
    assert_true(w->time_ms == 1234567890123);
    assert_false(c->held);
    assert_int_equal(c->timer_ms, HEARTBEAT_MS);
}

static void
an_empty_name_is_a_reader(void **state)
{
    struct command *cmd;

    (void)state;
    said_magic();
    say_hello("");

    cmd = commanded(COMMAND_ENTER);
    assert_int_equal(cmd->name.n, 0);
    assert_true(cmd->sender_id != 0);
    command_free(&cmd);
}

static void
a_name_of_control_characters_is_no_reader(void **state)
{
    (void)state;
    said_magic();
    say_hello("\x01\x7f");

    heard_error(1, CODE(BAD_NAME));
    commanded_nothing();
    is_open();
}

static void
a_refused_name_may_be_followed_by_another(void **state)
{
    (void)state;
    said_magic();
    say_hello("alice");
    deny(COMMAND_ENTER, DENY_NAME_TAKEN, "");
    heard_error(1, CODE(NAME_TAKEN));
    is_open();
    assert_false(c->held);

    say_hello("alice-2");
    welcomed();
    is_open();
}

static void
requests_behind_a_refused_hello_are_refused_one_by_one(void **state)
{
    (void)state;
    said_magic();
    say_hello("alice");
    say_post(2, "hi");
    say_ping(3, 0);
    deny(COMMAND_ENTER, DENY_NAME_TAKEN, "");

    heard_error(1, CODE(NAME_TAKEN));
    heard_error(2, CODE(NO_NAME));
    heard_error(3, CODE(NO_NAME));
    heard_nothing();
    commanded_nothing();
    is_open();
}

static void
a_bye_after_a_refused_hello_is_a_clean_end(void **state)
{
    Loquat__V1__Bye bye = LOQUAT__V1__BYE__INIT;

    (void)state;
    said_magic();
    say_hello("alice");
    deny(COMMAND_ENTER, DENY_NAME_TAKEN, "");
    HEARD(ERROR);
    SAY(0, BYE, bye, &bye);

    heard_nothing();
    is_ended(true);
}

static void
a_first_envelope_that_is_no_hello_ends_it(void **state)
{
    (void)state;
    said_magic();
    say_post(5, "hi");

    heard_error(5, CODE(BAD_REQUEST));
    commanded_nothing();
    is_ended(false);
}

static void
another_version_is_refused_and_ends_it(void **state)
{
    static const uint32_t versions[] = {0, 2, UINT32_MAX};

    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        Loquat__V1__Hello hello = LOQUAT__V1__HELLO__INIT;

        hello.version = versions[i];
        hello.name = "alice";
        hello.secret = bytes_of(SECRET);
        said_magic();
        SAY(1, HELLO, hello, &hello);

        heard_error(1, CODE(BAD_VERSION));
        commanded_nothing();
        is_ended(false);
        teardown(state);
        setup(state);
    }
}

static void
a_secret_has_16_to_64_bytes(void **state)
{
    static const size_t lengths[] = {0, 15, 16, 64, 65};
    uint8_t secret[65] = {1};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        Loquat__V1__Hello hello = LOQUAT__V1__HELLO__INIT;
        bool right = lengths[i] >= 16 && lengths[i] <= 64;

        hello.version = 1;
        hello.secret = (ProtobufCBinaryData){lengths[i], secret};
        said_magic();
        SAY(1, HELLO, hello, &hello);

        if (right)
            assert_true(c->held);
        else
            heard_error(1, CODE(BAD_REQUEST));
        is_open();
        teardown(state);
        setup(state);
    }
}

static void
a_second_hello_is_refused(void **state)
{
    (void)state;
    entered();
    say_hello("bob");
    pong();

    heard_error(1, CODE(BAD_REQUEST));
    is_open();
}

/* --- Bytes -------------------------------------------------------------- */

static void
every_split_of_a_conversation_gives_the_same(void **state)
{
    static const char talk[] =
        FRAME_MAGIC
        "\x00\x00\x00\x18\x01\x08\x01\x52\x14\x08\x01\x32\x10" SECRET
        "\x00\x00\x00\x0f\x01\x08\x02\x6a\x0b\x0a\x05#room\x1a\x02hi"
        "\x00\x00\x00\x02\x01\x08\x03";
    size_t n = sizeof talk - 1;

    for (size_t cut = 0; cut <= n; cut++) {
        fake_conn_input(c, talk, cut);
        fake_conn_input(c, talk + cut, n - cut);
        welcomed();
        answer(COMMAND_POST, event(ANSWER_POSTED, NULL, NULL, NULL, NULL));
        pong();

        assert_int_equal(HEARD(POSTED)->request, 2);
        heard_error(3, CODE(BAD_REQUEST));
        heard_nothing();
        assert_int_equal(c->rest.n, 0);
        teardown(state);
        setup(state);
    }
}

static void
single_bytes_are_enough(void **state)
{
    static const char talk[] =
        FRAME_MAGIC
        "\x00\x00\x00\x18\x01\x08\x01\x52\x14\x08\x01\x32\x10" SECRET;

    (void)state;
    for (size_t i = 0; i < sizeof talk - 1; i++)
        fake_conn_input(c, talk + i, 1);
    welcomed();
}

static void
a_frame_longer_than_may_be_is_refused_by_its_length(void **state)
{
    static const char before[] = FRAME_MAGIC "\x00\x00\x20\x01";
    static const char after[] = "\x00\x04\x00\x01";

    said_magic();
    fake_conn_input(c, before + FRAME_MAGIC_BYTES, 4);
    assert_int_equal(HEARD(CLOSING)->closing->code, CODE(BAD_REQUEST));
    is_ended(false);
    teardown(state);
    setup(state);

    entered();
    fake_conn_input(c, after, 4);
    pong();
    assert_int_equal(HEARD(CLOSING)->closing->code, CODE(BAD_REQUEST));
    is_ended(false);
}

static void
bytes_that_are_no_envelope_end_it_after_the_earlier_answers(void **state)
{
    static const char garbage[] = "\x00\x00\x00\x01\x01\xff and more";
    Envelope *e;

    (void)state;
    entered();
    say_post(2, "hi");
    fake_conn_input(c, garbage, sizeof garbage - 1);
    assert_int_equal(c->rest.n, 0);
    is_open();
    answer(COMMAND_POST, event(ANSWER_POSTED, NULL, NULL, NULL, NULL));
    pong();

    HEARD(POSTED);
    e = HEARD(CLOSING);
    assert_int_equal(e->request, 0);
    assert_int_equal(e->closing->code, CODE(BAD_REQUEST));
    assert_false(e->closing->reconnect);
    heard_nothing();
    is_ended(false);
}

static void
a_nul_in_a_text_ends_it(void **state)
{
    static const char post[] =
        "\x00\x00\x00\x09\x01\x08\x02\x6a\x05\x1a\x03" "a\0b";

    (void)state;
    entered();
    fake_conn_input(c, post, sizeof post - 1);
    pong();

    HEARD(CLOSING);
    is_ended(false);
}

static void
file_frames_and_unknown_kinds_end_it(void **state)
{
    static const char kinds[] = {0, 2, 3, (char)0xff};

    for (size_t i = 0; i < sizeof kinds; i++) {
        char frame[] = {0, 0, 0, 4, kinds[i], 0, 0, 0, 1};

        entered();
        fake_conn_input(c, frame, sizeof frame);
        pong();
        assert_int_equal(HEARD(CLOSING)->closing->code, CODE(BAD_REQUEST));
        is_ended(false);
        teardown(state);
        setup(state);
    }
}

static void
a_bye_finishes_and_what_follows_is_dropped(void **state)
{
    Loquat__V1__Bye bye = LOQUAT__V1__BYE__INIT;

    (void)state;
    entered();
    say_post(2, "hi");
    SAY(0, BYE, bye, &bye);
    say_post(3, "too late");
    assert_true(c->finished && !c->ended);
    answer(COMMAND_POST, event(ANSWER_POSTED, NULL, NULL, NULL, NULL));

    assert_int_equal(HEARD(POSTED)->request, 2);
    commanded_nothing();
}

/* --- Over WebSocket ----------------------------------------------------- */

/* Stands for what does the handshake. */
static const struct dialect stranger = {.name = "stranger"};
static const struct dialect *const ours[] = {&native_dialect, NULL};

static void
upgraded(void)
{
    fake_conn_free(&c);
    c = fake_conn_new(&stranger, &config);
    c->others = ours;
    assert_true(conn_upgrade(c, str_of("loquat.v1")));
    assert_int_equal(c->sent.n, 0);
    /* heard() looks for the magic in front of everything. */
    conn_send_bytes(c, FRAME_MAGIC, FRAME_MAGIC_BYTES);
}

static void
entered_by_websocket(void)
{
    upgraded();
    say_hello("alice");
    answer(COMMAND_ENTER, event(ANSWER_WELCOME, NULL, "alice", NULL, NULL));
    HEARD(WELCOME);
}

static void
no_magic_is_said_over_websocket(void **state)
{
    (void)state;
    entered_by_websocket();
    say_post(2, "hi");
    answer(COMMAND_POST, event(ANSWER_POSTED, NULL, NULL, NULL, NULL));
    assert_int_equal(HEARD(POSTED)->request, 2);
    is_open();
}

static void
a_message_is_exactly_one_frame(void **state)
{
    static const struct {
        const char *p;
        size_t n;
    } wrong[] = {
        {"\0\0\0\3\1\x08\1", 7},          /* a byte is missing */
        {"\0\0\0\0\1x", 6},                /* a byte too many */
        {"\0\0\0\0\1\0\0\0\0\1", 10},     /* two */
        {"\0\0", 2},
        {FRAME_MAGIC, FRAME_MAGIC_BYTES},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        entered_by_websocket();
        fake_conn_input(c, wrong[i].p, wrong[i].n);
        assert_int_equal(c->rest.n, 0);
        pong();
        HEARD(CLOSING);
        is_ended(false);
        commanded_nothing();
        teardown(state);
        setup(state);
    }
}

/* --- The end ------------------------------------------------------------ */

static void
a_stop_says_come_back(void **state)
{
    Loquat__V1__Closing *closing;

    (void)state;
    entered();
    fake_conn_answer(c, event(EVENT_STOPPING, NULL, NULL, NULL, NULL));

    closing = HEARD(CLOSING)->closing;
    assert_int_equal(closing->code, CODE(STOPPING));
    assert_string_equal(closing->text, deny_text(DENY_STOPPING));
    assert_true(closing->reconnect);
}

static void
who_was_removed_or_replaced_stays_away(void **state)
{
    struct event *e = event(EVENT_CLOSED, NULL, NULL, "", "the operator");
    Loquat__V1__Closing *closing;

    entered();
    e->deny = DENY_FORBIDDEN;
    fake_conn_answer(c, e);
    closing = HEARD(CLOSING)->closing;
    assert_int_equal(closing->code, CODE(FORBIDDEN));
    assert_string_equal(closing->text, "Removed by the operator");
    assert_false(closing->reconnect);
    teardown(state);
    setup(state);

    entered();
    fake_conn_answer(c, event(EVENT_CLOSED, NULL, NULL, "replaced", NULL));
    closing = HEARD(CLOSING)->closing;
    assert_string_equal(closing->text, "replaced");
    assert_false(closing->reconnect);
}

static void
a_storage_failure_says_come_back(void **state)
{
    struct event *e = event(EVENT_CLOSED, NULL, NULL, NULL, NULL);

    (void)state;
    entered();
    e->deny = DENY_STORAGE_BROKEN;
    fake_conn_answer(c, e);
    assert_true(HEARD(CLOSING)->closing->reconnect);
}

/* --- Heartbeat ---------------------------------------------------------- */

static void
silence_of_one_interval_is_asked_about(void **state)
{
    (void)state;
    entered();
    c->silent_ms = HEARTBEAT_MS;
    fake_conn_run_timer(c);
    assert_int_equal(HEARD(PING)->request, 0);
    assert_int_equal(c->timer_ms, HEARTBEAT_MS);
}

static void
who_has_spoken_is_not_asked(void **state)
{
    (void)state;
    entered();
    c->silent_ms = 10000;
    fake_conn_run_timer(c);

    heard_nothing();
    assert_int_equal(c->timer_ms, HEARTBEAT_MS - 10000);
}

static void
a_client_that_stays_silent_is_given_up_at_its_deadline(void **state)
{
    Envelope *e;

    (void)state;
    entered();
    c->silent_ms = 60000;
    fake_conn_run_timer(c);
    HEARD(PING);
    assert_int_equal(c->timer_ms, 15000);
    c->silent_ms = 75000;
    fake_conn_run_timer(c);

    e = HEARD(CLOSING);
    assert_true(e->closing->reconnect);
    is_ended(false);
}

static void
every_heartbeat_has_a_token_of_its_own(void **state)
{
    uint64_t first;

    (void)state;
    entered();
    c->silent_ms = HEARTBEAT_MS;
    fake_conn_run_timer(c);
    first = HEARD(PING)->ping->token;
    fake_conn_run_timer(c);
    assert_true(HEARD(PING)->ping->token != first);
}

static void
a_clients_pong_is_answered_by_nothing(void **state)
{
    Loquat__V1__Pong reply = LOQUAT__V1__PONG__INIT;

    (void)state;
    entered();
    SAY(0, PONG, pong, &reply);

    heard_nothing();
    commanded_nothing();
    is_open();
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(four_bytes_of_the_magic_are_enough_to_be_sure),
        TEST(other_first_bytes_are_not_ours),
        TEST(a_translated_newline_is_told_and_ends_it),

        TEST(the_manuals_example_is_what_is_said),
        TEST(the_server_says_its_magic_before_anything_has_come),
        TEST(a_hello_enters_and_holds_the_input_until_its_answer),
        TEST(a_welcome_says_what_the_server_expects),
        TEST(an_empty_name_is_a_reader),
        TEST(a_name_of_control_characters_is_no_reader),
        TEST(a_refused_name_may_be_followed_by_another),
        TEST(requests_behind_a_refused_hello_are_refused_one_by_one),
        TEST(a_bye_after_a_refused_hello_is_a_clean_end),
        TEST(a_first_envelope_that_is_no_hello_ends_it),
        TEST(another_version_is_refused_and_ends_it),
        TEST(a_secret_has_16_to_64_bytes),
        TEST(a_second_hello_is_refused),

        TEST(every_split_of_a_conversation_gives_the_same),
        TEST(single_bytes_are_enough),
        TEST(a_frame_longer_than_may_be_is_refused_by_its_length),
        TEST(bytes_that_are_no_envelope_end_it_after_the_earlier_answers),
        TEST(a_nul_in_a_text_ends_it),
        TEST(file_frames_and_unknown_kinds_end_it),
        TEST(a_bye_finishes_and_what_follows_is_dropped),

        TEST(no_magic_is_said_over_websocket),
        TEST(a_message_is_exactly_one_frame),

        TEST(a_stop_says_come_back),
        TEST(who_was_removed_or_replaced_stays_away),
        TEST(a_storage_failure_says_come_back),

        TEST(silence_of_one_interval_is_asked_about),
        TEST(who_has_spoken_is_not_asked),
        TEST(a_client_that_stays_silent_is_given_up_at_its_deadline),
        TEST(every_heartbeat_has_a_token_of_its_own),
        TEST(a_clients_pong_is_answered_by_nothing),
    };
#undef TEST

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
