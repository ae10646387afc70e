/* SPDX-License-Identifier: MIT */
#include "wire/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA = 64 * 1024 };

static struct envelope_arena *arena;

static int
setup(void **state)
{
    (void)state;
    arena = envelope_arena_new(ARENA);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    envelope_arena_free(&arena);
    assert_null(arena);
    return 0;
}

#define parse_literal(bytes, ret) \
    envelope_parse(arena, (const uint8_t *)(bytes), sizeof(bytes) - 1, (ret))

/* The frame of e, owned; *n is its length. */
static uint8_t *
written(const Envelope *e, size_t *n)
{
    uint8_t *p;

    *n = envelope_frame_bytes(e);
    p = malloc(*n);
    assert_non_null(p);
    envelope_frame_write(e, p);
    return p;
}

static void
an_envelope_survives_its_frame(void **state)
{
    uint8_t cid[16] = "0123456789abcdef";
    Loquat__V1__Post post = LOQUAT__V1__POST__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT, *back;
    struct frame frame;
    size_t n, used;
    uint8_t *bytes;

    (void)state;
    post.target = "#lobby";
    post.kind = LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_ACTION;
    post.text = "waves \xf0\x9f\x91\x8b\nand smiles";
    post.client_id = (ProtobufCBinaryData){sizeof cid, cid};
    e.request = UINT64_MAX;
    e.body_case = LOQUAT__V1__ENVELOPE__BODY_POST;
    e.post = &post;

    bytes = written(&e, &n);
    assert_int_equal(frame_parse(bytes, n, ARENA, &frame, &used), WIRE_OK);
    assert_int_equal(used, n);
    assert_int_equal(frame.kind, FRAME_ENVELOPE);
    assert_int_equal(envelope_parse(arena, frame.p, frame.n, &back), WIRE_OK);

    assert_true(back->request == UINT64_MAX);
    assert_int_equal(back->body_case, LOQUAT__V1__ENVELOPE__BODY_POST);
    assert_string_equal(back->post->target, post.target);
    assert_string_equal(back->post->text, post.text);
    assert_int_equal(back->post->kind, post.kind);
    assert_int_equal(back->post->client_id.len, sizeof cid);
    assert_memory_equal(back->post->client_id.data, cid, sizeof cid);
    free(bytes);
}

static void
no_bytes_are_an_envelope_without_a_body(void **state)
{
    Envelope *e;

    (void)state;
    assert_int_equal(envelope_parse(arena, NULL, 0, &e), WIRE_OK);
    assert_int_equal(e->body_case, LOQUAT__V1__ENVELOPE__BODY__NOT_SET);
    assert_int_equal(e->request, 0);
}

static void
fields_that_were_not_sent_are_empty_strings(void **state)
{
    Envelope *e;

    (void)state;
    assert_int_equal(parse_literal("\x6a\x00", &e), WIRE_OK);
    assert_int_equal(e->body_case, LOQUAT__V1__ENVELOPE__BODY_POST);
    assert_string_equal(e->post->target, "");
    assert_string_equal(e->post->text, "");
    assert_int_equal(e->post->client_id.len, 0);
}

static void
a_join_after_nothing_differs_from_a_join_after_seq_0(void **state)
{
    Envelope *e;

    (void)state;
    assert_int_equal(parse_literal("\x5a\x00", &e), WIRE_OK);
    assert_int_equal(e->join->resume_case,
                     LOQUAT__V1__JOIN__RESUME__NOT_SET);
    assert_int_equal(parse_literal("\x5a\x02\x10\x00", &e), WIRE_OK);
    assert_int_equal(e->join->resume_case, LOQUAT__V1__JOIN__RESUME_AFTER);
    assert_int_equal(e->join->after, 0);
}

static void
an_unknown_field_is_passed_over(void **state)
{
    Envelope *e;

    (void)state;
    assert_int_equal(parse_literal("\x08\x07\xfa\x3f\x03" "a\0b" "\x9a\x02\x00",
                                   &e), WIRE_OK);
    assert_int_equal(e->request, 7);
    assert_int_equal(e->body_case, LOQUAT__V1__ENVELOPE__BODY__NOT_SET);
}

static void
the_last_of_two_bodies_counts(void **state)
{
    Envelope *e;

    (void)state;
    assert_int_equal(parse_literal("\x62\x00\xb2\x01\x00", &e), WIRE_OK);
    assert_int_equal(e->body_case, LOQUAT__V1__ENVELOPE__BODY_BYE);
}

/* Post{text} and Post{client_id} with the bytes "a NUL b". */
static void
a_nul_is_refused_in_a_string_and_welcome_in_bytes(void **state)
{
    Envelope *e;

    (void)state;
    assert_int_equal(parse_literal("\x6a\x05\x1a\x03" "a\0b", &e), WIRE_BAD);
    assert_int_equal(parse_literal("\x6a\x05\x1a\x03" "a.b", &e), WIRE_OK);
    assert_int_equal(parse_literal("\x6a\x05\x22\x03" "a\0b", &e), WIRE_OK);
    assert_int_equal(e->post->client_id.len, 3);
}

static void
a_nul_is_found_at_every_depth(void **state)
{
    Envelope *e;

    (void)state;
    /* History{messages: Message{text}} */
    assert_int_equal(parse_literal("\xe2\x02\x05\x12\x03\x3a\x01\0", &e),
                     WIRE_BAD);
    /* Presence{names: "ok", "\0"} */
    assert_int_equal(parse_literal("\xea\x03\x07\x1a\x02ok\x1a\x01\0", &e),
                     WIRE_BAD);
}

static void
malformed_bytes_are_bad(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
        {"\x08", 1},                                /* no value */
        {"\x08\x80", 2},                            /* half a number */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12},
        {"\x00\x00", 2},                            /* field number 0 */
        {"\x0b", 1}, {"\x0c", 1},                   /* groups */
        {"\x0e", 1}, {"\x0f", 1},                   /* no such wire type */
        {"\x6a", 1},                                /* no length */
        {"\x6a\x01", 2},                            /* nothing behind it */
        {"\x6a\xff\xff\xff\xff\x0f", 6},            /* 4 GiB to come */
        {"\x6a\x80\x80\x80\x80\x80\x01", 7},        /* a length of 6 bytes */
        {"\x6a\x02\x1a\x01", 4},                    /* inner beyond outer */
        {"\x68\x01", 2},                            /* a message as a number */
        {"\x0d\x00\x00\x00", 4},                    /* half a fixed32 */
        {"\x09\x00\x00\x00\x00\x00\x00\x00", 8},    /* half a fixed64 */
        {"\xff\xff\xff\xff\x7f\x00", 6},            /* a tag beyond 32 bits */
        {"\xff\xff\xff\xff\xff\xff\x01\x00", 8},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Envelope *e = NULL;

        if (envelope_parse(arena, (const uint8_t *)bad[i].bytes, bad[i].n,
                           &e) != WIRE_BAD)
            fail_msg("bad[%zu] was accepted", i);
        assert_null(e);
    }
}

static void
an_envelope_cut_anywhere_is_bad_and_never_wants_more(void **state)
{
    static const char bytes[] = "\x08\x01\x6a\x0f\x0a\x06#lobby\x1a\x05hello";
    size_t n = sizeof bytes - 1;
    Envelope *e;

    (void)state;
    assert_int_equal(parse_literal(bytes, &e), WIRE_OK);
    for (size_t cut = 1; cut < n; cut++) {
        uint8_t *part = malloc(cut);

        assert_non_null(part);
        memcpy(part, bytes, cut);
        assert_int_equal(envelope_parse(arena, part, cut, &e),
                         cut == 2 ? WIRE_OK : WIRE_BAD);
        free(part);
    }
}

static void
an_envelope_that_needs_more_than_the_arena_is_bad(void **state)
{
    /* History{messages: {}, {}, ...}: two bytes make a struct each. */
    static const char head[] = "\xe2\x02\x80\x80\x0f";
    enum { HEAD = sizeof head - 1, N = HEAD + 15 * 16384 };
    uint8_t *bytes = malloc(N);
    Envelope *e = NULL;

    (void)state;
    assert_non_null(bytes);
    memcpy(bytes, head, HEAD);
    for (size_t i = HEAD; i < N; i += 2)
        memcpy(bytes + i, "\x12\x00", 2);
    assert_int_equal(envelope_parse(arena, bytes, N, &e), WIRE_BAD);
    assert_null(e);

    /* The arena is none the worse for it. */
    assert_int_equal(parse_literal("\x6a\x00", &e), WIRE_OK);
    free(bytes);
}

static void
every_arena_size_gives_the_envelope_or_refuses(void **state)
{
    static const char bytes[] =
        "\x08\x01"                                    /* request */
        "\xea\x03\x10"                                /* Presence */
        "\x1a\x03one\x1a\x03two\x2a\x04gone"          /* names, text */
        "\xfa\x3f\x01u";                              /* unknown */
    bool was_ok = false;

    (void)state;
    for (size_t size = 0; size < 4096; size += 16) {
        struct envelope_arena *a = envelope_arena_new(size);
        Envelope *e;
        bool ok = envelope_parse(a, (const uint8_t *)bytes, sizeof bytes - 1,
                                 &e) == WIRE_OK;

        assert_true(ok || !was_ok);
        was_ok = ok;
        envelope_arena_free(&a);
    }
    assert_true(was_ok);
}

static void
freeing_no_arena_is_fine(void **state)
{
    struct envelope_arena *none = NULL;

    (void)state;
    envelope_arena_free(&none);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_envelope_survives_its_frame),
        cmocka_unit_test(no_bytes_are_an_envelope_without_a_body),
        cmocka_unit_test(fields_that_were_not_sent_are_empty_strings),
        cmocka_unit_test(a_join_after_nothing_differs_from_a_join_after_seq_0),
        cmocka_unit_test(an_unknown_field_is_passed_over),
        cmocka_unit_test(the_last_of_two_bodies_counts),
        cmocka_unit_test(a_nul_is_refused_in_a_string_and_welcome_in_bytes),
        cmocka_unit_test(a_nul_is_found_at_every_depth),
        cmocka_unit_test(malformed_bytes_are_bad),
        cmocka_unit_test(an_envelope_cut_anywhere_is_bad_and_never_wants_more),
        cmocka_unit_test(an_envelope_that_needs_more_than_the_arena_is_bad),
        cmocka_unit_test(every_arena_size_gives_the_envelope_or_refuses),
        cmocka_unit_test(freeing_no_arena_is_fine),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
