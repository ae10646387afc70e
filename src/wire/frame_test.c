/* SPDX-License-Identifier: MIT */
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = 1000 };

static const uint8_t two_frames[] = {
    0, 0, 0, 3, 1, 'a', 'b', 'c',
    0, 0, 0, 5, 2, 0, 0, 0, 7, 'x',
};

/* A copy that ends where its allocation ends, so that the sanitizer sees a
 * byte read too far. */
static uint8_t *
exactly(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);

    assert_non_null(copy);
    memcpy(copy, p, n);
    return copy;
}

static enum wire
parse_exactly(const uint8_t *p, size_t n, uint32_t max)
{
    uint8_t *copy = exactly(p, n);
    struct frame frame = {0};
    size_t used = 0;
    enum wire verdict = frame_parse(copy, n, max, &frame, &used);

    if (verdict != WIRE_OK)
        assert_int_equal(used, 0);
    free(copy);
    return verdict;
}

static void
magic_is_recognised_whole_and_in_parts(void **state)
{
    const uint8_t *magic = (const uint8_t *)FRAME_MAGIC;

    (void)state;
    assert_int_equal(strlen(FRAME_MAGIC), FRAME_MAGIC_BYTES);
    for (size_t n = 0; n < FRAME_MAGIC_BYTES; n++)
        assert_int_equal(frame_magic(magic, n), WIRE_MORE);
    assert_int_equal(frame_magic(magic, FRAME_MAGIC_BYTES), WIRE_OK);
    assert_int_equal(frame_magic((const uint8_t *)FRAME_MAGIC "more", 12),
                     WIRE_OK);
}

static void
magic_with_any_byte_changed_is_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < FRAME_MAGIC_BYTES; i++) {
        uint8_t bytes[FRAME_MAGIC_BYTES];

        memcpy(bytes, FRAME_MAGIC, sizeof bytes);
        bytes[i] ^= 1;
        for (size_t n = 0; n <= sizeof bytes; n++)
            assert_int_equal(frame_magic(bytes, n),
                             n <= i ? WIRE_MORE : WIRE_BAD);
    }
}

static void
magic_after_newline_translation_is_bad(void **state)
{
    static const char *const translated[] = {
        "\x89LQT\n\x1a\n.",         /* CR LF became LF */
        "\x89LQT\r\r\n\x1a\r\n",    /* LF became CR LF */
        "\x89LQT\r\n\x1a\r\n",      /* the lone LF became CR LF */
        "\x89LQT\r\r\x1a\r",        /* LF became CR */
        "\tLQT\r\n\x1a\n",          /* the eighth bit was cut off */
    };

    (void)state;
    for (size_t i = 0; i < sizeof translated / sizeof *translated; i++)
        assert_int_equal(frame_magic((const uint8_t *)translated[i],
                                     FRAME_MAGIC_BYTES), WIRE_BAD);
}

static void
frames_come_one_after_the_other(void **state)
{
    struct frame frame;
    size_t used;

    (void)state;
    assert_int_equal(frame_parse(two_frames, sizeof two_frames, MAX, &frame,
                                 &used), WIRE_OK);
    assert_int_equal(used, 8);
    assert_int_equal(frame.kind, FRAME_ENVELOPE);
    assert_int_equal(frame.n, 3);
    assert_ptr_equal(frame.p, two_frames + 5);

    assert_int_equal(frame_parse(two_frames + 8, sizeof two_frames - 8, MAX,
                                 &frame, &used), WIRE_OK);
    assert_int_equal(used, 10);
    assert_int_equal(frame.kind, FRAME_FILE);
    assert_int_equal(frame.n, 5);
    assert_ptr_equal(frame.p, two_frames + 13);
}

static void
a_frame_cut_anywhere_wants_more(void **state)
{
    (void)state;
    for (size_t n = 0; n < 8; n++)
        assert_int_equal(parse_exactly(two_frames, n, MAX), WIRE_MORE);
    assert_int_equal(parse_exactly(two_frames, 8, MAX), WIRE_OK);
}

static void
an_empty_payload_is_a_frame(void **state)
{
    static const uint8_t bytes[] = {0, 0, 0, 0, 1};
    struct frame frame;
    size_t used;

    (void)state;
    assert_int_equal(frame_parse(bytes, sizeof bytes, 0, &frame, &used),
                     WIRE_OK);
    assert_int_equal(frame.n, 0);
    assert_int_equal(used, FRAME_HEADER_BYTES);
}

static void
a_length_up_to_the_maximum_may_come(void **state)
{
    static const uint8_t bytes[] = {0, 0, 3, 0xe8, 1};

    (void)state;
    assert_int_equal(parse_exactly(bytes, sizeof bytes, MAX), WIRE_MORE);
}

static void
a_length_above_the_maximum_is_refused_by_its_fourth_byte(void **state)
{
    static const uint8_t too_long[][4] = {
        {0, 0, 3, 0xe9},
        {0, 1, 0, 0},
        {0x7f, 0xff, 0xff, 0xff},
        {0x80, 0, 0, 0},
        {0xff, 0xff, 0xff, 0xff},
    };

    (void)state;
    for (size_t i = 0; i < sizeof too_long / sizeof *too_long; i++) {
        assert_int_equal(parse_exactly(too_long[i], 3, MAX), WIRE_MORE);
        assert_int_equal(parse_exactly(too_long[i], 4, MAX), WIRE_BAD);
    }
}

static void
an_unknown_kind_is_refused_before_its_payload(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind <= UINT8_MAX; kind++) {
        uint8_t bytes[] = {0, 0, 0, 9, (uint8_t)kind};
        bool known = kind == FRAME_ENVELOPE || kind == FRAME_FILE;

        assert_int_equal(parse_exactly(bytes, sizeof bytes, MAX),
                         known ? WIRE_MORE : WIRE_BAD);
    }
}

static void
a_written_header_is_read_back(void **state)
{
    static const uint32_t lengths[] = {
        0, 1, 127, 128, 255, 256, 65535, 65536, 0x01020304, INT32_MAX,
        UINT32_MAX,
    };

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t header[FRAME_HEADER_BYTES];
        enum wire expected = lengths[i] == 0 ? WIRE_OK : WIRE_MORE;

        frame_header(header, FRAME_FILE, lengths[i]);
        assert_int_equal(header[4], FRAME_FILE);
        assert_int_equal(parse_exactly(header, sizeof header, lengths[i]),
                         expected);
        if (lengths[i] > 0)
            assert_int_equal(parse_exactly(header, sizeof header,
                                           lengths[i] - 1), WIRE_BAD);
    }
}

static void
a_header_is_big_endian(void **state)
{
    static const uint8_t expected[] = {1, 2, 3, 4, 1};
    uint8_t header[FRAME_HEADER_BYTES];

    (void)state;
    frame_header(header, FRAME_ENVELOPE, 0x01020304);
    assert_memory_equal(header, expected, sizeof expected);
}

static enum wire
parse_file(uint32_t stream, uint32_t n, struct frame_file *ret)
{
    static uint8_t bytes[FRAME_FILE_HEADER_BYTES + FRAME_FILE_BYTES + 1];
    struct frame frame;
    size_t used;

    frame_header(bytes, FRAME_FILE, n + 4);
    bytes[FRAME_HEADER_BYTES] = (uint8_t)(stream >> 24);
    bytes[FRAME_HEADER_BYTES + 3] = (uint8_t)stream;
    bytes[FRAME_FILE_HEADER_BYTES] = 'x';
    assert_int_equal(frame_parse(bytes, sizeof bytes, UINT32_MAX, &frame,
                                 &used), WIRE_OK);
    return frame_file_parse(&frame, ret);
}

static void
a_file_frame_holds_a_stream_and_1_to_65536_bytes(void **state)
{
    struct frame_file f;

    (void)state;
    assert_int_equal(parse_file(0xfe000001, 1, &f), WIRE_OK);
    assert_int_equal(f.stream, 0xfe000001);
    assert_int_equal(f.n, 1);
    assert_int_equal(*f.p, 'x');
    assert_int_equal(parse_file(1, FRAME_FILE_BYTES, &f), WIRE_OK);
    assert_int_equal(f.n, FRAME_FILE_BYTES);
    assert_int_equal(parse_file(1, FRAME_FILE_BYTES + 1, &f), WIRE_BAD);
    assert_int_equal(parse_file(1, 0, &f), WIRE_BAD);
    assert_int_equal(parse_file(0, 1, &f), WIRE_BAD);
}

static void
a_file_frame_too_short_for_its_stream_is_bad(void **state)
{
    static const uint8_t bytes[4] = {0, 0, 0, 1};
    struct frame_file f;

    (void)state;
    for (uint32_t n = 0; n <= sizeof bytes; n++) {
        struct frame frame = {FRAME_FILE, bytes, n};

        assert_int_equal(frame_file_parse(&frame, &f), WIRE_BAD);
    }
}

static void
a_written_file_header_is_read_back(void **state)
{
    static const uint8_t expected[] = {0, 0, 0, 7, 2, 1, 2, 3, 4};
    uint8_t bytes[FRAME_FILE_HEADER_BYTES + 3] = {0};
    struct frame frame;
    struct frame_file f;
    size_t used;

    (void)state;
    frame_file_header(bytes, 0x01020304, 3);
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_int_equal(frame_parse(bytes, sizeof bytes, 7, &frame, &used),
                     WIRE_OK);
    assert_int_equal(frame_file_parse(&frame, &f), WIRE_OK);
    assert_int_equal(f.stream, 0x01020304);
    assert_int_equal(f.n, 3);
    assert_ptr_equal(f.p, bytes + FRAME_FILE_HEADER_BYTES);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(magic_is_recognised_whole_and_in_parts),
        cmocka_unit_test(magic_with_any_byte_changed_is_bad),
        cmocka_unit_test(magic_after_newline_translation_is_bad),
        cmocka_unit_test(frames_come_one_after_the_other),
        cmocka_unit_test(a_frame_cut_anywhere_wants_more),
        cmocka_unit_test(an_empty_payload_is_a_frame),
        cmocka_unit_test(a_length_up_to_the_maximum_may_come),
        cmocka_unit_test(
            a_length_above_the_maximum_is_refused_by_its_fourth_byte),
        cmocka_unit_test(an_unknown_kind_is_refused_before_its_payload),
        cmocka_unit_test(a_written_header_is_read_back),
        cmocka_unit_test(a_header_is_big_endian),
        cmocka_unit_test(a_file_frame_holds_a_stream_and_1_to_65536_bytes),
        cmocka_unit_test(a_file_frame_too_short_for_its_stream_is_bad),
        cmocka_unit_test(a_written_file_header_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
