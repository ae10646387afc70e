/* SPDX-License-Identifier: MIT
 *
 * What the tests of streams share: the client in frames, the core and the
 * movers by hand, the bytes in real files. */
#ifndef DIALECT_NATIVE_STREAM_TEST_H
#define DIALECT_NATIVE_STREAM_TEST_H

#include "blob/room_test.h"
#include "dialect/native/talk_test.h"

#include "base/limits.h"

static struct room *room;
static uint64_t file_room;      /* whose files the core tells of */

static inline int
files_setup(void **state)
{
    room_setup((void **)&room);
    file_room = 0;
    return setup(state);
}

static inline int
files_teardown(void **state)
{
    teardown(state);
    return room_teardown((void **)&room);
}

/* --- The client's side -------------------------------------------------- */

static inline void
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

static inline void
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

static inline void
say_credit(uint32_t stream, uint64_t bytes)
{
    Loquat__V1__Credit credit = LOQUAT__V1__CREDIT__INIT;

    credit.stream = stream;
    credit.bytes = bytes;
    SAY(0, CREDIT, credit, &credit);
}

static inline void
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
static inline void
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
static inline void
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

static inline void
heard_credit(uint32_t stream, uint64_t bytes)
{
    Envelope *e = HEARD(CREDIT);

    assert_int_equal(e->credit->stream, stream);
    assert_int_equal(e->credit->bytes, bytes);
}

static inline void
heard_end(uint32_t stream, int code)
{
    Envelope *e = HEARD(FILE_END);

    assert_int_equal(e->request, 0);
    assert_int_equal(e->file_end->stream, stream);
    assert_int_equal(e->file_end->code, code);
}

/* --- The core and the movers -------------------------------------------- */

/* The next command, of this kind: its request and facts. */
static inline uint64_t
asked(enum command_kind kind, struct file_facts *facts)
{
    struct command *cmd = commanded(kind);
    uint64_t request = cmd->request;

    assert_true(request > INT64_MAX);
    *facts = *cmd->file;
    command_free(&cmd);
    return request;
}

static inline void
skip_command(enum command_kind kind)
{
    struct command *cmd = commanded(kind);

    command_free(&cmd);
}

static inline void
answer_file(enum event_kind kind, enum command_kind command,
            uint64_t request, const struct file_facts *facts)
{
    struct event *e = event_new_file(kind, str_of("#lobby"), str_of("bob"),
                                     str_of("photo.webp"), facts);

    e->command = command;
    e->request = request;
    e->room = file_room;
    fake_conn_answer(c, e);
}

static inline void
deny_file(enum command_kind command, uint64_t request, enum deny why)
{
    struct event *e = event(ANSWER_DENIED, NULL, NULL, NULL, NULL);

    e->command = command;
    e->request = request;
    e->deny = why;
    fake_conn_answer(c, e);
}

static inline struct command *
move(enum move what)
{
    struct command *share = NULL;

    assert_non_null(c->jobs);
    assert_int_equal(c->jobs->what, what);
    assert_true(fake_conn_move(c, room->blobs, &share));
    return share;
}

/* An upload that takes bytes; `facts` is what the core knows. */
static inline uint64_t
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
static inline struct file_facts
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
static inline uint64_t
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
static inline void
drain(void)
{
    fake_conn_drain(c);
    while (c->jobs != NULL && c->jobs->what == MOVE_WARM) {
        move(MOVE_WARM);
        fake_conn_drain(c);
    }
}

#define STREAM_TEST(name) \
    cmocka_unit_test_setup_teardown(name, files_setup, files_teardown)

#endif
