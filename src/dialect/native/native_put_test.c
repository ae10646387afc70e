/* SPDX-License-Identifier: MIT
 *
 * Uploads as streams: credit, ends, and how one goes on. */
#include "dialect/native/stream_test.h"

static void
an_upload_is_given_a_ticket_credit_and_a_place_in_the_room(void **state)
{
    struct file_facts facts;
    struct command *share;
    struct event *posted;
    uint8_t sum[32];
    Envelope *e;

    (void)state;
    entered();
    say_put(5, 9, 1000);
    posted = NULL;
    answer_file(ANSWER_UPLOAD, COMMAND_UPLOAD,
                asked(COMMAND_UPLOAD, &facts), &facts);
    heard_nothing();
    move(MOVE_OPEN_WRITE);
    e = HEARD(PUTTING);
    assert_int_equal(e->request, 5);
    assert_int_equal(e->putting->stream, 9);
    assert_int_equal(strlen(e->putting->id), FILE_ID_CHARS);
    assert_int_equal(e->putting->ticket.len, 16);
    assert_memory_equal(e->putting->ticket.data, facts.ticket.b, 16);
    assert_int_equal(e->putting->offset, 0);
    assert_int_equal(e->putting->credit, LIMIT_CREDIT_BYTES);
    assert_string_equal(e->putting->name, "photo.webp");
    assert_true(c->hurried);

    say_bytes(9, 0, 600);
    say_bytes(9, 600, 400);
    room_sum(1000, sum);
    say_end(6, 9, 0, sum);
    move(MOVE_APPEND);
    move(MOVE_APPEND);
    share = move(MOVE_FINISH);
    assert_non_null(share);
    heard_nothing();
    posted = event(ANSWER_POSTED, NULL, NULL, NULL, NULL);
    posted->command = COMMAND_SHARE;
    posted->request = share->request;
    posted->room = 3;
    posted->seq = 17;
    command_free(&share);
    fake_conn_answer(c, posted);
    e = HEARD(POSTED);
    assert_int_equal(e->request, 6);
    assert_int_equal(e->posted->seq, 17);
    assert_int_equal(strlen(e->posted->msgid), MSGID_BYTES);
    assert_false(c->hurried);
    is_open();
}

static void
credit_follows_what_has_reached_the_disk(void **state)
{
    struct file_facts facts;

    (void)state;
    entered();
    uploading(1, 1 << 20, &facts);
    HEARD(PUTTING);
    for (uint64_t at = 0; at < LIMIT_CREDIT_BYTES; at += 65536)
        say_bytes(1, at, 65536);
    heard_nothing();
    move(MOVE_APPEND);
    heard_credit(1, 65536);
    move(MOVE_APPEND);
    heard_credit(1, 3 * 65536);
    heard_nothing();
    is_open();
}

static void
more_bytes_than_credit_end_the_connection(void **state)
{
    struct file_facts facts;
    Envelope *e;

    (void)state;
    entered();
    uploading(1, 1 << 20, &facts);
    HEARD(PUTTING);
    for (uint64_t at = 0; at < LIMIT_CREDIT_BYTES; at += 65536)
        say_bytes(1, at, 65536);
    say_bytes(1, 0, 1);
    pong();
    e = HEARD(CLOSING);
    assert_int_equal(e->closing->code, CODE(BAD_REQUEST));
    is_ended(false);
}

static void
bytes_before_the_putting_end_the_connection(void **state)
{
    (void)state;
    entered();
    say_put(5, 1, 10);
    say_bytes(1, 0, 1);
    skip_command(COMMAND_UPLOAD);
    pong();
    HEARD(CLOSING);
    is_ended(false);
}

static void
bytes_of_a_stream_that_is_over_are_dropped(void **state)
{
    struct file_facts facts;

    (void)state;
    entered();
    say_bytes(7, 0, 100);
    uploading(1, 1 << 20, &facts);
    HEARD(PUTTING);
    say_end(0, 1, CODE(STOPPING), NULL);
    say_bytes(1, 0, 100);
    heard_nothing();
    assert_null(c->jobs);
    is_open();
}

static void
a_refusal_is_told_and_others_go_on(void **state)
{
    struct file_facts facts;
    uint64_t request;

    (void)state;
    entered();
    say_put(5, 1, 10);
    request = asked(COMMAND_UPLOAD, &facts);
    deny_file(COMMAND_UPLOAD, request, DENY_NO_QUOTA);
    heard_error(5, CODE(NO_QUOTA));
    say_put(6, 1, 10);
    skip_command(COMMAND_UPLOAD);
    is_open();
}

static void
bytes_beyond_the_size_end_the_stream_alone(void **state)
{
    struct file_facts facts;

    (void)state;
    entered();
    uploading(1, 10, &facts);
    HEARD(PUTTING);
    say_bytes(1, 0, 11);
    heard_end(1, CODE(BAD_OFFSET));
    is_open();
}

static void
too_few_bytes_are_an_error_of_the_end(void **state)
{
    struct file_facts facts;

    (void)state;
    entered();
    uploading(1, 10, &facts);
    HEARD(PUTTING);
    say_bytes(1, 0, 9);
    say_end(6, 1, 0, NULL);
    heard_error(6, CODE(BAD_OFFSET));
    is_open();
}

static void
another_sum_is_an_error_of_the_end(void **state)
{
    static const uint8_t sum[32];
    struct file_facts facts;

    (void)state;
    entered();
    uploading(1, 10, &facts);
    HEARD(PUTTING);
    say_bytes(1, 0, 10);
    say_end(6, 1, 0, sum);
    move(MOVE_APPEND);
    assert_null(move(MOVE_FINISH));
    heard_error(6, CODE(BAD_CHECKSUM));
    is_open();
}

static void
an_upload_goes_on_where_the_disk_is(void **state)
{
    Loquat__V1__PutFile put = LOQUAT__V1__PUT_FILE__INIT;
    char id[FILE_ID_CHARS + 1];
    struct file_facts facts, again;
    uint64_t request;
    Envelope *e;

    (void)state;
    entered();
    uploading(1, 1000, &facts);
    HEARD(PUTTING);
    say_bytes(1, 0, 700);
    move(MOVE_APPEND);
    say_end(0, 1, CODE(STOPPING), NULL);
    file_id_write(&facts.id, id);
    put.stream = 2;
    put.id = id;
    put.ticket = (ProtobufCBinaryData){16, facts.ticket.b};
    SAY(8, PUT_FILE, put_file, &put);
    request = asked(COMMAND_RESUME, &again);
    assert_true(file_id_eq(&again.ticket, &facts.ticket));
    facts.state = FILE_ARRIVING;
    answer_file(ANSWER_UPLOAD, COMMAND_RESUME, request, &facts);
    move(MOVE_OPEN_WRITE);
    e = HEARD(PUTTING);
    assert_int_equal(e->request, 8);
    assert_int_equal(e->putting->offset, 700);
    is_open();
}

static void
a_stream_is_refused_without_a_number_or_twice(void **state)
{
    Loquat__V1__PutFile put = LOQUAT__V1__PUT_FILE__INIT;

    (void)state;
    entered();
    say_put(5, 0, 10);
    heard_error(5, CODE(BAD_REQUEST));
    say_put(0, 1, 10);
    heard_error(0, CODE(BAD_REQUEST));
    say_put(UINT64_MAX, 1, 10);
    heard_error(UINT64_MAX, CODE(BAD_REQUEST));
    commanded_nothing();
    say_put(6, 1, 10);
    skip_command(COMMAND_UPLOAD);
    say_put(7, 1, 10);
    heard_error(7, CODE(BAD_REQUEST));
    put.stream = 3;
    put.id = "no id";
    SAY(8, PUT_FILE, put_file, &put);
    heard_error(8, CODE(NO_SUCH_FILE));
    is_open();
}

static void
no_more_streams_than_there_can_be(void **state)
{
    (void)state;
    entered();
    for (uint32_t i = 1; i <= LIMIT_STREAMS; i++)
        say_put(i, i, 10);
    heard_nothing();
    say_put(99, 99, 10);
    heard_error(99, CODE(BAD_REQUEST));
    say_end(0, 3, CODE(STOPPING), NULL);
    say_put(100, 99, 10);
    heard_nothing();
    is_open();
}

/* Nothing of it is told as stored, late bytes harm nobody, and other rooms'
 * files go on. */
static void
who_is_removed_loses_the_uploads_of_that_room(void **state)
{
    struct file_facts facts;
    struct event *e = event(EVENT_REMOVED, "#lobby", NULL, "spam", "alice");

    (void)state;
    entered();
    file_room = 1;
    (void)uploading(1, 100, &facts);
    HEARD(PUTTING);
    say_bytes(1, 0, 50);
    e->room = file_room;
    e->deny = DENY_BANNED;
    fake_conn_answer(c, e);
    heard_end(1, CODE(BANNED));
    HEARD(REMOVED);
    say_bytes(1, 50, 50);
    say_end(9, 1, 0, NULL);
    heard_error(9, CODE(BAD_REQUEST));
    is_open();
}

static void
an_end_that_was_asked_for_is_refused_by_a_removal(void **state)
{
    struct file_facts facts;
    struct event *e = event(EVENT_REMOVED, "#lobby", NULL, "spam", "alice");

    (void)state;
    entered();
    file_room = 1;
    (void)uploading(1, 50, &facts);
    HEARD(PUTTING);
    say_bytes(1, 0, 50);
    say_end(9, 1, 0, NULL);
    e->room = file_room;
    e->deny = DENY_FORBIDDEN;
    fake_conn_answer(c, e);
    heard_error(9, CODE(FORBIDDEN));
    HEARD(REMOVED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(who_is_removed_loses_the_uploads_of_that_room),
        STREAM_TEST(an_end_that_was_asked_for_is_refused_by_a_removal),
        STREAM_TEST(an_upload_is_given_a_ticket_credit_and_a_place_in_the_room),
        STREAM_TEST(credit_follows_what_has_reached_the_disk),
        STREAM_TEST(more_bytes_than_credit_end_the_connection),
        STREAM_TEST(bytes_before_the_putting_end_the_connection),
        STREAM_TEST(bytes_of_a_stream_that_is_over_are_dropped),
        STREAM_TEST(a_refusal_is_told_and_others_go_on),
        STREAM_TEST(bytes_beyond_the_size_end_the_stream_alone),
        STREAM_TEST(too_few_bytes_are_an_error_of_the_end),
        STREAM_TEST(another_sum_is_an_error_of_the_end),
        STREAM_TEST(an_upload_goes_on_where_the_disk_is),
        STREAM_TEST(a_stream_is_refused_without_a_number_or_twice),
        STREAM_TEST(no_more_streams_than_there_can_be),
    };

    return cmocka_run_group_tests(tests, room_begin, NULL);
}
