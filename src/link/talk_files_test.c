/* SPDX-License-Identifier: MIT
 *
 * The test is the server, as in talk_test.c; what the owners of two streams
 * are told is written down as words. */
#include "link/talk.h"

#include "base/rand.h"
#include "link/fake_test.h"

#include <stdio.h>
#include <stdlib.h>

struct world;

struct owner {
    struct talk_file f;
    struct world *w;
    char name;
};

struct world {
    struct talk t;
    struct owner a, b;
    struct buf heard;         /* what the owners were told */
    struct buf said;          /* what the server was told */
    struct buf bytes;         /* on their way to the talk */
    struct envelope_arena *arena;
    size_t supply;            /* what a writable owner sends at most */
};

#define TELL(f, fmt, ...) \
    NOTE(&((struct owner *)(f))->w->heard, "%c " fmt ". ", \
         ((struct owner *)(f))->name, __VA_ARGS__)

static void
on_putting(struct talk_file *f, const Loquat__V1__Putting *p)
{
    TELL(f, "goes on from %d", (int)p->offset);
}

static void
on_writable(struct talk_file *f)
{
    struct world *w = ((struct owner *)f)->w;
    static const char bytes[TALK_FILE_OUT_BYTES];
    size_t n = w->supply < sizeof bytes ? w->supply : sizeof bytes;

    w->supply -= talk_file_send(&w->t, f, bytes, n);
}

static void
on_posted(struct talk_file *f, const Loquat__V1__Posted *posted)
{
    TELL(f, "is stored as %d", (int)posted->seq);
}

static void
on_getting(struct talk_file *f, const Loquat__V1__Getting *g)
{
    TELL(f, "is %s", g->file->name);
}

static void
on_bytes(struct talk_file *f, const uint8_t *p, size_t n)
{
    (void)p;
    TELL(f, "gets %d", (int)n);
}

static void
on_ended(struct talk_file *f, const uint8_t *sha256)
{
    TELL(f, "is whole%s", sha256 ? " with its sum" : "");
}

static void
on_failed(struct talk_file *f, int code, const char *text)
{
    assert_int_equal(f->stream, 0);
    TELL(f, "failed %d: %s", code, text);
}

static const struct talk_file_ops file_ops = {
    .putting = on_putting, .writable = on_writable, .posted = on_posted,
    .getting = on_getting, .bytes = on_bytes, .ended = on_ended,
    .failed = on_failed};

static void
on_welcome(void *arg, bool replaced)
{
    (void)arg;
    (void)replaced;
}

static void
on_envelope(void *arg, const Envelope *e)
{
    NOTE(&((struct world *)arg)->heard, "body %d. ", (int)e->body_case);
}

static const struct talk_ops ops = {.welcome = on_welcome,
                                    .envelope = on_envelope};

static enum talk_verdict
deliver(struct world *w)
{
    enum talk_verdict verdict = TALK_ON;

    for (size_t at = 0; at < w->bytes.n && verdict == TALK_ON;) {
        size_t left = w->bytes.n - at;
        size_t n = left < LIMIT_READ_BYTES ? left : LIMIT_READ_BYTES;

        verdict = talk_input(&w->t, (uint8_t *)w->bytes.p + at, n);
        at += n;
    }
    buf_clear(&w->bytes);
    return verdict;
}

static const char *
said(struct world *w)
{
    note_bytes(&w->said, w->arena, w->t.out.p, w->t.out.n);
    buf_clear(&w->t.out);
    return text_of(&w->said);
}

static const char *
heard(struct world *w)
{
    return text_of(&w->heard);
}

static void
connect(struct world *w)
{
    talk_begin(&w->t);
    put_welcome(&w->bytes, 1);
    assert_int_equal(deliver(w), TALK_ON);
    said(w);
}

static int
setup(void **state)
{
    static const struct talk_options options = {
        .name = "alice", .client = "test", .outbox_messages = 100,
        .outbox_bytes = 100000};
    struct world *w = must_alloc(sizeof *w);

    talk_init(&w->t, &options, &ops, w);
    buf_init(&w->heard, 1 << 20);
    buf_init(&w->said, 1 << 20);
    buf_init(&w->bytes, 1 << 24);
    w->arena = envelope_arena_new(1 << 20);
    w->a = (struct owner){.f.ops = &file_ops, .w = w, .name = 'a'};
    w->b = (struct owner){.f.ops = &file_ops, .w = w, .name = 'b'};
    *state = w;
    connect(w);
    return 0;
}

static int
teardown(void **state)
{
    struct world *w = *state;

    talk_done(&w->t);
    buf_done(&w->heard);
    buf_done(&w->said);
    buf_done(&w->bytes);
    envelope_arena_free(&w->arena);
    free(w);
    return 0;
}

static void
put_file(struct world *w, struct owner *o)
{
    Loquat__V1__PutFile put = LOQUAT__V1__PUT_FILE__INIT;

    assert_true(talk_put(&w->t, &o->f, &put));
}

static void
get_file(struct world *w, struct owner *o, uint64_t credit)
{
    Loquat__V1__GetFile get = LOQUAT__V1__GET_FILE__INIT;

    get.credit = credit;
    assert_true(talk_get(&w->t, &o->f, &get));
}

static void
say_putting(struct world *w, uint64_t number, uint32_t stream,
            uint64_t credit)
{
    PUT(&w->bytes, number, PUTTING, Putting, putting, .stream = stream,
        .id = "", .name = "", .offset = 5, .credit = credit);
}

static void
say_getting(struct world *w, uint64_t number, uint32_t stream)
{
    Loquat__V1__FileInfo file = LOQUAT__V1__FILE_INFO__INIT;

    file.name = "x.bin";
    PUT(&w->bytes, number, GETTING, Getting, getting, .stream = stream,
        .file = &file, .sender = "");
}

static void
say_end(struct world *w, uint32_t stream, int code)
{
    static uint8_t sum[TALK_SHA256_BYTES];

    PUT(&w->bytes, 0, FILE_END, FileEnd, file_end, .stream = stream,
        .code = (Loquat__V1__ErrorCode)code, .text = "why",
        .sha256 = {code == 0 ? sizeof sum : 0, sum});
}

/* ---- Tests ---- */

static void
an_upload_sends_what_it_has_credit_for_and_ends_stored(void **state)
{
    struct world *w = *state;
    uint8_t sum[TALK_SHA256_BYTES] = {0};

    w->supply = 50000;
    put_file(w, &w->a);
    assert_string_equal(said(w), "2 put 1. ");
    assert_false(talk_files_pump(&w->t));
    say_putting(w, 2, 1, 40000);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "a goes on from 5. ");
    assert_true(talk_files_pump(&w->t));
    assert_string_equal(said(w), "16384 bytes of 1. 16384 bytes of 1. "
                        "7232 bytes of 1. ");
    assert_false(talk_files_pump(&w->t));

    PUT(&w->bytes, 0, CREDIT, Credit, credit, .stream = 1, .bytes = 20000);
    assert_int_equal(deliver(w), TALK_ON);
    assert_true(talk_files_pump(&w->t));
    assert_string_equal(said(w), "10000 bytes of 1. ");
    assert_true(talk_file_end(&w->t, &w->a.f, sum));
    assert_string_equal(said(w), "3 end 1 code 0. ");
    assert_int_equal(talk_file_room(&w->t, &w->a.f), 0);
    put_posted(&w->bytes, 3, 12);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "a is stored as 12. ");
    assert_int_equal(w->a.f.stream, 0);
}

static void
what_the_socket_has_not_taken_leaves_less_room(void **state)
{
    struct world *w = *state;

    put_file(w, &w->a);
    say_putting(w, 2, 1, 1000000);
    assert_int_equal(deliver(w), TALK_ON);
    said(w);
    assert_int_equal(talk_file_room(&w->t, &w->a.f), TALK_FILE_OUT_BYTES);
    w->t.unwritten = 1000;
    assert_int_equal(talk_file_room(&w->t, &w->a.f),
                     TALK_FILE_OUT_BYTES - 1000);
    w->t.unwritten = TALK_FILE_OUT_BYTES;
    w->supply = 10;
    assert_false(talk_files_pump(&w->t));
    assert_int_equal(talk_file_room(&w->t, &w->a.f), 0);
}

static void
uploads_take_turns(void **state)
{
    struct world *w = *state;

    put_file(w, &w->a);
    put_file(w, &w->b);
    say_putting(w, 2, 1, 1000000);
    say_putting(w, 3, 2, 1000000);
    assert_int_equal(deliver(w), TALK_ON);
    said(w);
    w->supply = 16384;
    talk_files_pump(&w->t);
    assert_string_equal(said(w), "16384 bytes of 1. ");
    w->supply = 16384;
    talk_files_pump(&w->t);
    assert_string_equal(said(w), "16384 bytes of 2. ");
}

static void
a_download_takes_what_it_gave_credit_for(void **state)
{
    struct world *w = *state;

    get_file(w, &w->a, 100);
    assert_string_equal(said(w), "2 get 1 from 0. ");
    say_getting(w, 2, 1);
    put_bytes(&w->bytes, 1, 60);
    put_bytes(&w->bytes, 1, 40);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "a is x.bin. a gets 60. a gets 40. ");
    talk_file_credit(&w->t, &w->a.f, 50);
    assert_string_equal(said(w), "credit 1 50. ");
    put_bytes(&w->bytes, 1, 50);
    say_end(w, 1, 0);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "a gets 50. a is whole with its sum. ");
}

static void
more_bytes_than_credit_end_the_connection(void **state)
{
    struct world *w = *state;

    get_file(w, &w->a, 100);
    say_getting(w, 2, 1);
    put_bytes(&w->bytes, 1, 101);
    assert_int_equal(deliver(w), TALK_LOST);
    assert_string_equal(heard(w), "a is x.bin. ");
}

static void
bytes_before_the_answer_or_of_an_upload_end_the_connection(void **state)
{
    struct world *w = *state;

    get_file(w, &w->a, 100);
    put_bytes(&w->bytes, 1, 1);
    assert_int_equal(deliver(w), TALK_LOST);
    talk_end(&w->t);
    connect(w);
    put_file(w, &w->b);
    say_putting(w, 2, 1, 10);
    put_bytes(&w->bytes, 1, 1);
    assert_int_equal(deliver(w), TALK_LOST);
    assert_string_equal(heard(w), "b goes on from 5. ");
}

static void
what_is_about_a_closed_stream_is_passed_over(void **state)
{
    struct world *w = *state;

    get_file(w, &w->a, 100);
    talk_file_close(&w->t, &w->a.f);
    assert_string_equal(said(w), "2 get 1 from 0. 0 end 1 code 17. ");
    say_getting(w, 2, 1);
    put_bytes(&w->bytes, 1, 1000);
    say_end(w, 1, 0);
    PUT(&w->bytes, 0, CREDIT, Credit, credit, .stream = 9, .bytes = 1);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "");
}

static void
a_refusal_and_a_broken_off_file_are_told(void **state)
{
    struct world *w = *state;

    put_file(w, &w->a);
    put_error(&w->bytes, 2, CODE(NO_QUOTA), "full");
    get_file(w, &w->b, 100);
    say_getting(w, 3, 2);
    say_end(w, 2, CODE(NO_SUCH_FILE));
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "a failed 20: full. b is x.bin. "
                        "b failed 18: why. ");
}

static void
credit_without_end_ends_the_connection(void **state)
{
    struct world *w = *state;

    put_file(w, &w->a);
    say_putting(w, 2, 1, UINT64_MAX);
    PUT(&w->bytes, 0, CREDIT, Credit, credit, .stream = 1, .bytes = 1);
    assert_int_equal(deliver(w), TALK_LOST);
}

static void
a_loss_closes_every_stream_and_numbers_begin_anew(void **state)
{
    struct world *w = *state;

    put_file(w, &w->a);
    get_file(w, &w->b, 1);
    talk_end(&w->t);
    assert_int_equal(w->a.f.stream, 0);
    assert_int_equal(w->b.f.stream, 0);
    connect(w);
    put_file(w, &w->a);
    assert_string_equal(said(w), "2 put 1. ");
    assert_string_equal(heard(w), "");
}

static void
no_more_streams_than_there_can_be(void **state)
{
    struct world *w = *state;
    struct owner many[LIMIT_STREAMS];
    Loquat__V1__GetFile get = LOQUAT__V1__GET_FILE__INIT;

    for (int i = 0; i < LIMIT_STREAMS; i++) {
        many[i] = (struct owner){.f.ops = &file_ops, .w = w, .name = 'm'};
        get_file(w, &many[i], 1);
    }
    assert_false(talk_get(&w->t, &w->a.f, &get));
    talk_file_close(&w->t, &many[3].f);
    assert_true(talk_get(&w->t, &w->a.f, &get));
    talk_end(&w->t);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_upload_sends_what_it_has_credit_for_and_ends_stored),
        TEST(what_the_socket_has_not_taken_leaves_less_room),
        TEST(uploads_take_turns),
        TEST(a_download_takes_what_it_gave_credit_for),
        TEST(more_bytes_than_credit_end_the_connection),
        TEST(bytes_before_the_answer_or_of_an_upload_end_the_connection),
        TEST(what_is_about_a_closed_stream_is_passed_over),
        TEST(a_refusal_and_a_broken_off_file_are_told),
        TEST(credit_without_end_ends_the_connection),
        TEST(a_loss_closes_every_stream_and_numbers_begin_anew),
        TEST(no_more_streams_than_there_can_be),
    };

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
