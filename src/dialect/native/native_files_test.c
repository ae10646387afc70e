/* SPDX-License-Identifier: MIT
 *
 * Streams: the client in frames, the core and the movers by hand, the bytes in
 * real files. */
#include "blob/room_test.h"
#include "dialect/native/talk_test.h"

#include "base/limits.h"

static struct room *room;

static int
files_setup(void **state)
{
    room_setup((void **)&room);
    return setup(state);
}

static int
files_teardown(void **state)
{
    teardown(state);
    return room_teardown((void **)&room);
}

/* --- The client's side -------------------------------------------------- */

static void
say_put(uint64_t request, uint32_t stream, int64_t size)
{
    Loquat__V1__PutFile put = LOQUAT__V1__PUT_FILE__INIT;

    put.stream = stream;
    put.target = "#lobby";
    put.name = "../photo.webp";
    if (size >= 0) {
        put.length_case = LOQUAT__V1__PUT_FILE__LENGTH_SIZE;
        put.size = (uint64_t)size;
    }
    SAY(request, PUT_FILE, put_file, &put);
}

static void
say_get(uint64_t request, uint32_t stream, const struct file_id *id,
        uint64_t offset, uint64_t credit)
{
    Loquat__V1__GetFile get = LOQUAT__V1__GET_FILE__INIT;
    char text[FILE_ID_CHARS + 1];

    file_id_write(id, text);
    get.stream = stream;
    get.id = text;
    get.offset = offset;
    get.credit = credit;
    SAY(request, GET_FILE, get_file, &get);
}

static void
say_credit(uint32_t stream, uint64_t bytes)
{
    Loquat__V1__Credit credit = LOQUAT__V1__CREDIT__INIT;

    credit.stream = stream;
    credit.bytes = bytes;
    SAY(0, CREDIT, credit, &credit);
}

static void
say_end(uint64_t request, uint32_t stream, int code, const uint8_t *sum)
{
    Loquat__V1__FileEnd end = LOQUAT__V1__FILE_END__INIT;

    end.stream = stream;
    end.code = (Loquat__V1__ErrorCode)code;
    if (sum != NULL)
        end.sha256 = (ProtobufCBinaryData){32, (uint8_t *)sum};
    SAY(request, FILE_END, file_end, &end);
}

/* Bytes of the file from `at` on. */
static void
say_bytes(uint32_t stream, uint64_t at, size_t n)
{
    uint8_t header[FRAME_FILE_HEADER_BYTES];
    uint8_t *bytes = room_bytes(at, n);

    frame_file_header(header, stream, (uint32_t)n);
    fake_conn_input(c, header, sizeof header);
    fake_conn_input(c, bytes, n);
    free(bytes);
}

/* The next frame is n bytes of the stream, which are those at `at`. */
static void
heard_bytes(uint32_t stream, uint64_t at, size_t n)
{
    uint8_t *bytes = room_bytes(at, n);
    struct frame frame;
    struct frame_file f;
    size_t used;

    assert_int_equal(frame_parse((uint8_t *)c->sent.p + seen,
                                 c->sent.n - seen, LIMIT_FRAME_BYTES, &frame,
                                 &used), WIRE_OK);
    seen += used;
    assert_int_equal(frame.kind, FRAME_FILE);
    assert_int_equal(frame_file_parse(&frame, &f), WIRE_OK);
    assert_int_equal(f.stream, stream);
    assert_int_equal(f.n, n);
    assert_memory_equal(f.p, bytes, n);
    free(bytes);
}

static void
heard_credit(uint32_t stream, uint64_t bytes)
{
    Envelope *e = HEARD(CREDIT);

    assert_int_equal(e->credit->stream, stream);
    assert_int_equal(e->credit->bytes, bytes);
}

static void
heard_end(uint32_t stream, int code)
{
    Envelope *e = HEARD(FILE_END);

    assert_int_equal(e->request, 0);
    assert_int_equal(e->file_end->stream, stream);
    assert_int_equal(e->file_end->code, code);
}

/* --- The core and the movers -------------------------------------------- */

/* The next command, of this kind: its request and facts. */
static uint64_t
asked(enum command_kind kind, struct file_facts *facts)
{
    struct command *cmd = commanded(kind);
    uint64_t request = cmd->request;

    assert_true(request > INT64_MAX);
    *facts = *cmd->file;
    command_free(&cmd);
    return request;
}

static void
skip_command(enum command_kind kind)
{
    struct command *cmd = commanded(kind);

    command_free(&cmd);
}

static void
answer_file(enum event_kind kind, enum command_kind command,
            uint64_t request, const struct file_facts *facts)
{
    struct event *e = event_new_file(kind, str_of("#lobby"), str_of("bob"),
                                     str_of("photo.webp"), facts);

    e->command = command;
    e->request = request;
    fake_conn_answer(c, e);
}

static void
deny_file(enum command_kind command, uint64_t request, enum deny why)
{
    struct event *e = event(ANSWER_DENIED, NULL, NULL, NULL, NULL);

    e->command = command;
    e->request = request;
    e->deny = why;
    fake_conn_answer(c, e);
}

static struct command *
move(enum move what)
{
    struct command *share = NULL;

    assert_non_null(c->jobs);
    assert_int_equal(c->jobs->what, what);
    assert_true(fake_conn_move(c, room->blobs, &share));
    return share;
}

/* An upload that takes bytes; `facts` is what the core knows. */
static uint64_t
uploading(uint32_t stream, int64_t size, struct file_facts *facts)
{
    uint64_t request;

    say_put(20 + stream, stream, size);
    request = asked(COMMAND_UPLOAD, facts);
    answer_file(ANSWER_UPLOAD, COMMAND_UPLOAD, request, facts);
    move(MOVE_OPEN_WRITE);
    return request;
}

/* One that is on disk, whole, of so many bytes. */
static struct file_facts
shared(uint64_t size)
{
    struct file_facts facts = {.id = file_id_new(), .size = size,
                               .state = FILE_WHOLE};
    uint8_t *bytes = room_bytes(0, size);
    struct blob *b;
    uint64_t writer;

    assert_int_equal(blob_open_write(room->blobs, &facts.id, size, &b,
                                     &writer), 0);
    assert_int_equal(blob_append(b, writer, bytes, size), 0);
    assert_int_equal(blob_finish(b, writer, NULL, facts.sha256), 0);
    blob_unref(&b);
    free(bytes);
    return facts;
}

/* A download that may be pumped. */
static uint64_t
downloading(uint32_t stream, const struct file_facts *facts, uint64_t offset,
            uint64_t credit)
{
    struct file_facts asked_for;
    uint64_t request;

    say_get(20 + stream, stream, &facts->id, offset, credit);
    request = asked(COMMAND_FETCH, &asked_for);
    assert_true(file_id_eq(&asked_for.id, &facts->id));
    answer_file(ANSWER_FILE, COMMAND_FETCH, request, facts);
    move(facts->state == FILE_WHOLE ? MOVE_OPEN : MOVE_FOLLOW);
    return request;
}

/* Files on disk may have to be read ahead first. */
static void
drain(void)
{
    fake_conn_drain(c);
    while (c->jobs != NULL && c->jobs->what == MOVE_WARM) {
        move(MOVE_WARM);
        fake_conn_drain(c);
    }
}

/* --- Uploads ------------------------------------------------------------ */

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

/* --- Downloads ---------------------------------------------------------- */

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

int
main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, files_setup, files_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_upload_is_given_a_ticket_credit_and_a_place_in_the_room),
        TEST(credit_follows_what_has_reached_the_disk),
        TEST(more_bytes_than_credit_end_the_connection),
        TEST(bytes_before_the_putting_end_the_connection),
        TEST(bytes_of_a_stream_that_is_over_are_dropped),
        TEST(a_refusal_is_told_and_others_go_on),
        TEST(bytes_beyond_the_size_end_the_stream_alone),
        TEST(too_few_bytes_are_an_error_of_the_end),
        TEST(another_sum_is_an_error_of_the_end),
        TEST(an_upload_goes_on_where_the_disk_is),
        TEST(a_stream_is_refused_without_a_number_or_twice),
        TEST(no_more_streams_than_there_can_be),
        TEST(a_download_comes_in_small_chunks_as_far_as_credit_goes),
        TEST(nothing_is_sent_while_much_is_queued),
        TEST(downloads_take_turns),
        TEST(an_empty_file_ends_without_credit),
        TEST(an_offset_beyond_the_end_is_refused),
        TEST(a_missing_file_is_refused),
        TEST(a_file_that_arrives_is_followed_to_its_end_and_its_sum),
        TEST(a_file_of_unknown_size_ends_where_it_ends),
        TEST(a_file_that_is_given_up_breaks_the_stream_off),
        TEST(the_client_may_stop_a_download),
        TEST(the_ends_bytes_do_not_come_from_a_receiver),
        TEST(chat_waits_for_no_file),
        TEST(files_are_dropped_and_listed_by_request),
        TEST(an_upload_that_begins_is_told_to_those_who_want_signals),
        TEST(the_end_of_a_connection_leaves_nothing_open),
    };

    return cmocka_run_group_tests(tests, room_begin, NULL);
}
