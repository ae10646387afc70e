/* SPDX-License-Identifier: MIT
 *
 * Downloads as streams, and files beside the chat. */
#include "dialect/native/stream_test.h"

static void
a_download_comes_in_small_chunks_as_far_as_credit_goes(void **state)
{
    struct file_facts facts = shared(100000);
    Envelope *e;

    (void)state;
    entered();
    downloading(4, &facts, 1000, 40000);
    e = HEARD(GETTING);
    assert_int_equal(e->request, 24);
    assert_int_equal(e->getting->stream, 4);
    assert_true(e->getting->whole);
    assert_string_equal(e->getting->sender, "bob");
    assert_string_equal(e->getting->file->name, "photo.webp");
    assert_int_equal(e->getting->file->size, 100000);
    assert_memory_equal(e->getting->file->sha256.data, facts.sha256, 32);
    assert_true(c->drains);
    drain();
    heard_bytes(4, 1000, 16384);
    heard_bytes(4, 17384, 16384);
    heard_bytes(4, 33768, 40000 - 2 * 16384);
    heard_nothing();
    assert_false(c->drains);

    say_credit(4, 1000000);
    assert_true(c->drains);
    drain();
    for (uint64_t at = 41000; at < 100000; at += 16384)
        heard_bytes(4, at, 100000 - at < 16384 ? 100000 - at : 16384);
    e = HEARD(FILE_END);
    assert_int_equal(e->file_end->code, 0);
    assert_memory_equal(e->file_end->sha256.data, facts.sha256, 32);
    assert_false(c->drains || c->hurried);
    is_open();
}

static void
nothing_is_sent_while_much_is_queued(void **state)
{
    struct file_facts facts = shared(100000);

    (void)state;
    entered();
    downloading(4, &facts, 0, 100000);
    HEARD(GETTING);
    c->queued = 16384;
    c->dialect->drain(c);
    heard_nothing();
    assert_true(c->drains);
}

static void
downloads_take_turns(void **state)
{
    struct file_facts one = shared(40000), two = shared(40000);

    (void)state;
    entered();
    downloading(1, &one, 0, 40000);
    downloading(2, &two, 0, 40000);
    HEARD(GETTING);
    HEARD(GETTING);
    drain();
    heard_bytes(1, 0, 16384);
    heard_bytes(2, 0, 16384);
    heard_bytes(1, 16384, 16384);
    heard_bytes(2, 16384, 16384);
    heard_bytes(1, 32768, 40000 - 32768);
    heard_end(1, 0);
    heard_bytes(2, 32768, 40000 - 32768);
    heard_end(2, 0);
}

static void
an_empty_file_ends_without_credit(void **state)
{
    struct file_facts facts = shared(0);

    (void)state;
    entered();
    downloading(1, &facts, 0, 0);
    HEARD(GETTING);
    heard_end(1, 0);
    is_open();
}

static void
an_offset_beyond_the_end_is_refused(void **state)
{
    struct file_facts facts = shared(10);

    (void)state;
    entered();
    downloading(1, &facts, 11, 0);
    heard_error(21, CODE(BAD_OFFSET));
    is_open();
}

static void
a_missing_file_is_refused(void **state)
{
    struct file_id id = file_id_new();
    struct file_facts facts;

    (void)state;
    entered();
    say_get(5, 1, &id, 0, 0);
    deny_file(COMMAND_FETCH, asked(COMMAND_FETCH, &facts),
              DENY_NO_SUCH_FILE);
    heard_error(5, CODE(NO_SUCH_FILE));
    is_open();
}

/* One that arrives: up[0..n) is there. */
static struct file_facts
arriving(uint64_t size, size_t n, struct blob **b, uint64_t *writer)
{
    struct file_facts facts = {.id = file_id_new(), .size = size,
                               .state = FILE_ARRIVING};
    uint8_t *bytes = room_bytes(0, n);

    assert_int_equal(blob_open_write(room->blobs, &facts.id, size, b,
                                     writer), 0);
    assert_int_equal(blob_append(*b, *writer, bytes, n), 0);
    free(bytes);
    return facts;
}

static void
grow(struct blob *b, uint64_t writer, uint64_t at, size_t n)
{
    uint8_t *bytes = room_bytes(at, n);

    assert_int_equal(blob_append(b, writer, bytes, n), 0);
    free(bytes);
    fake_conn_grow(c);
}

static void
a_file_that_arrives_is_followed_to_its_end_and_its_sum(void **state)
{
    struct blob *b;
    uint64_t writer;
    struct file_facts facts = arriving(1000, 400, &b, &writer);
    uint8_t sum[32];
    Envelope *e;

    (void)state;
    entered();
    downloading(1, &facts, 0, 5000);
    e = HEARD(GETTING);
    assert_false(e->getting->whole);
    assert_int_equal(e->getting->file->sha256.len, 0);
    drain();
    heard_bytes(1, 0, 400);
    heard_nothing();
    assert_false(c->drains);
    grow(b, writer, 400, 600);
    drain();
    heard_bytes(1, 400, 600);
    heard_nothing();

    say_credit(1, 100);
    heard_nothing();
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    assert_int_equal(fake_conn_grow(c), 1);
    e = HEARD(FILE_END);
    assert_int_equal(e->file_end->code, 0);
    assert_memory_equal(e->file_end->sha256.data, sum, 32);
    blob_unref(&b);
    is_open();
}

static void
a_file_of_unknown_size_ends_where_it_ends(void **state)
{
    struct blob *b;
    uint64_t writer;
    struct file_facts facts = arriving(FILE_SIZE_UNKNOWN, 400, &b, &writer);
    uint8_t sum[32];
    Envelope *e;

    (void)state;
    entered();
    downloading(1, &facts, 401, 5000);
    heard_error(21, CODE(BAD_OFFSET));
    downloading(2, &facts, 100, 5000);
    e = HEARD(GETTING);
    assert_int_equal(e->getting->file->length_case, 0);
    drain();
    heard_bytes(2, 100, 300);
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    fake_conn_grow(c);
    drain();
    e = HEARD(FILE_END);
    assert_memory_equal(e->file_end->sha256.data, sum, 32);
    blob_unref(&b);
}

static void
a_file_that_is_given_up_breaks_the_stream_off(void **state)
{
    struct blob *b;
    uint64_t writer;
    struct file_facts facts = arriving(1000, 400, &b, &writer);

    (void)state;
    entered();
    downloading(1, &facts, 0, 5000);
    HEARD(GETTING);
    drain();
    heard_bytes(1, 0, 400);
    assert_int_equal(blob_remove(room->blobs, &facts.id), 0);
    fake_conn_grow(c);
    drain();
    heard_end(1, CODE(NO_SUCH_FILE));
    blob_unref(&b);
    is_open();
}

static void
the_client_may_stop_a_download(void **state)
{
    struct blob *b;
    uint64_t writer;
    struct file_facts facts = arriving(1000, 400, &b, &writer);

    (void)state;
    entered();
    downloading(1, &facts, 0, 5000);
    HEARD(GETTING);
    drain();
    heard_bytes(1, 0, 400);
    say_end(0, 1, CODE(STOPPING), NULL);
    grow(b, writer, 400, 600);
    drain();
    say_credit(1, 7);
    heard_nothing();
    assert_false(c->hurried);
    blob_unref(&b);
    is_open();
}

static void
the_ends_bytes_do_not_come_from_a_receiver(void **state)
{
    struct file_facts facts = shared(10);

    (void)state;
    entered();
    downloading(1, &facts, 0, 0);
    HEARD(GETTING);
    say_end(9, 1, 0, NULL);
    heard_error(9, CODE(BAD_REQUEST));
    say_bytes(1, 0, 1);
    pong();
    HEARD(CLOSING);
    is_ended(false);
}

/* --- Beside the chat ---------------------------------------------------- */

static void
chat_waits_for_no_file(void **state)
{
    struct file_facts facts;
    uint64_t request;

    (void)state;
    entered();
    say_put(5, 1, 10);
    say_ping(6, 77);
    request = asked(COMMAND_UPLOAD, &facts);
    pong();
    assert_int_equal(HEARD(PONG)->request, 6);
    answer_file(ANSWER_UPLOAD, COMMAND_UPLOAD, request, &facts);
    move(MOVE_OPEN_WRITE);
    assert_int_equal(HEARD(PUTTING)->request, 5);
}

static void
files_are_dropped_and_listed_by_request(void **state)
{
    Loquat__V1__DropFile drop = LOQUAT__V1__DROP_FILE__INIT;
    Loquat__V1__GetFiles list = LOQUAT__V1__GET_FILES__INIT;
    struct file_facts file = {.id = file_id_new(), .ticket = file_id_new(),
                              .size = 5, .state = FILE_WHOLE};
    struct event *e = event(ANSWER_FILES, "#lobby", NULL, NULL, NULL);
    struct event **items = must_alloc(sizeof *items);
    char id[FILE_ID_CHARS + 1];
    Envelope *said;

    (void)state;
    entered();
    file_id_write(&file.id, id);
    drop.id = id;
    drop.ticket = (ProtobufCBinaryData){16, file.ticket.b};
    SAY(5, DROP_FILE, drop_file, &drop);
    answer(COMMAND_DROP, event(ANSWER_DONE, NULL, NULL, NULL, NULL));
    assert_int_equal(HEARD(DONE)->request, 5);

    list.target = "#lobby";
    list.before_seq = 9;
    SAY(6, GET_FILES, get_files, &list);
    items[0] = event_new_file(ITEM_FILE, str_of(NULL), str_of("bob"),
                              str_of("x.png"), &file);
    items[0]->seq = 8;
    event_set_items(e, items, 1);
    assert_true(conn_held(c));
    answer(COMMAND_FILES, e);
    assert_false(conn_held(c));
    said = HEARD(FILES);
    assert_int_equal(said->files->n_files, 1);
    assert_string_equal(said->files->files[0]->file->id, id);
    assert_string_equal(said->files->files[0]->file->name, "x.png");
    assert_int_equal(said->files->files[0]->seq, 8);
}

static void
an_upload_that_begins_is_told_to_those_who_want_signals(void **state)
{
    struct file_facts file = {.id = file_id_new(), .size = 5,
                              .state = FILE_ARRIVING};
    struct event *e;

    (void)state;
    entered_with_signals();
    joined();
    e = event_new_file(EVENT_UPLOADING, str_of("#lobby"), str_of("bob"),
                       str_of("x.png"), &file);
    e->room = 1;
    fake_conn_answer(c, e);
    assert_string_equal(HEARD(UPLOADING)->uploading->file->name, "x.png");
}

static void
the_end_of_a_connection_leaves_nothing_open(void **state)
{
    struct file_facts facts, down = shared(100000);
    struct blob *b;
    uint64_t writer;

    (void)state;
    entered();
    uploading(1, 1000, &facts);
    downloading(2, &down, 0, 5000);
    say_put(30, 3, 10);
    say_get(31, 4, &down.id, 0, 0);
    say_bytes(1, 0, 100);
    move(MOVE_APPEND);
    fake_conn_free(&c);
    assert_int_equal(blob_open_write(room->blobs, &facts.id, 1000, &b,
                                     &writer), 0);
    assert_int_equal(blob_written(b), 100);
    blob_unref(&b);
}

static void
who_is_removed_loses_the_downloads_of_that_room_alone(void **state)
{
    struct file_facts one = shared(100), two = shared(100);
    struct event *e = event(EVENT_REMOVED, "#lobby", NULL, "spam", "alice");

    (void)state;
    entered();
    file_room = 1;
    (void)downloading(1, &one, 0, 10);
    file_room = 2;
    (void)downloading(2, &two, 0, 10);
    HEARD(GETTING);
    HEARD(GETTING);
    e->room = 1;
    e->deny = DENY_FORBIDDEN;
    fake_conn_answer(c, e);
    heard_end(1, CODE(FORBIDDEN));
    HEARD(REMOVED);
    drain();
    heard_bytes(2, 0, 10);
    say_credit(1, 10);
    drain();
    heard_nothing();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(who_is_removed_loses_the_downloads_of_that_room_alone),
        STREAM_TEST(a_download_comes_in_small_chunks_as_far_as_credit_goes),
        STREAM_TEST(nothing_is_sent_while_much_is_queued),
        STREAM_TEST(downloads_take_turns),
        STREAM_TEST(an_empty_file_ends_without_credit),
        STREAM_TEST(an_offset_beyond_the_end_is_refused),
        STREAM_TEST(a_missing_file_is_refused),
        STREAM_TEST(a_file_that_arrives_is_followed_to_its_end_and_its_sum),
        STREAM_TEST(a_file_of_unknown_size_ends_where_it_ends),
        STREAM_TEST(a_file_that_is_given_up_breaks_the_stream_off),
        STREAM_TEST(the_client_may_stop_a_download),
        STREAM_TEST(the_ends_bytes_do_not_come_from_a_receiver),
        STREAM_TEST(chat_waits_for_no_file),
        STREAM_TEST(files_are_dropped_and_listed_by_request),
        STREAM_TEST(an_upload_that_begins_is_told_to_those_who_want_signals),
        STREAM_TEST(the_end_of_a_connection_leaves_nothing_open),
    };

    return cmocka_run_group_tests(tests, room_begin, NULL);
}
