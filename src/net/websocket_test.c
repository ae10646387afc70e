/* SPDX-License-Identifier: MIT */
#include "net/websocket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MESSAGE_MAX = 70000 };

static struct websocket w;
static struct buf wire;      /* what a peer sends */
static char heard[1024];     /* what came of it, in words */

static int
setup(void **state)
{
    (void)state;
    websocket_init(&w, MESSAGE_MAX);
    buf_init(&wire, 1 << 20);
    heard[0] = '\0';
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    websocket_done(&w);
    buf_done(&wire);
    return 0;
}

static int
restart(void **state)
{
    teardown(state);
    return setup(state);
}

/* --- A peer ------------------------------------------------------------- */

static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};

/* `first` is the frame's first byte: FIN, reserved bits, opcode. */
static void
frame_n(unsigned first, const char *p, size_t n)
{
    uint8_t header[WEBSOCKET_HEADER_BYTES];
    size_t header_n = websocket_header(header, WEBSOCKET_BINARY, n);

    header[0] = (uint8_t)first;
    header[1] |= 0x80;
    assert_int_equal(buf_append(&wire, header, header_n), 0);
    assert_int_equal(buf_append(&wire, mask, sizeof(mask)), 0);
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)p[i] ^ mask[i % 4];
        assert_int_equal(buf_append(&wire, &c, 1), 0);
    }
}

static void
frame(unsigned first, const char *text)
{
    frame_n(first, text, strlen(text));
}

static void
raw(const void *p, size_t n)
{
    assert_int_equal(buf_append(&wire, p, n), 0);
}

/* --- What comes of it --------------------------------------------------- */

static void
note(const char *what, const struct buf *b)
{
    size_t n = strlen(heard);

    snprintf(heard + n, sizeof(heard) - n, "%s(%.*s) ", what,
             (int)(b->n < 40 ? b->n : 40), b->p ? b->p : "");
}

static void
note_end(const char *what)
{
    size_t n = strlen(heard);

    snprintf(heard + n, sizeof(heard) - n, "%s %u", what, w.code);
}

static void
hear(enum websocket_got got)
{
    switch (got) {
    case WEBSOCKET_GOT_MORE:
        break;
    case WEBSOCKET_GOT_MESSAGE:
        note("message", &w.message);
        break;
    case WEBSOCKET_GOT_PING:
        note("ping", &w.control);
        break;
    case WEBSOCKET_GOT_CLOSE:
        note_end("close");
        break;
    case WEBSOCKET_GOT_FAULT:
        note_end("fault");
        assert_non_null(w.why);
        break;
    }
}

/* The bytes at p, from a block of exactly their size. */
static void
take(const char *p, size_t n)
{
    uint8_t *block = malloc(n ? n : 1);
    size_t at = 0, used = 0;

    memcpy(block, p, n);
    while (at < n && !w.over) {
        enum websocket_got got = websocket_take(&w, block + at, n - at, &used);

        assert_true(got != WEBSOCKET_GOT_MORE || used == n - at);
        at += used;
        hear(got);
    }
    free(block);
}

/* However they are cut: whole, byte by byte, and at every place. */
static void
comes_to(void **state, const char *want)
{
    size_t n = wire.n;
    char *p = malloc(n);

    memcpy(p, wire.p, n);
    for (size_t cut = 0; cut <= (n < 200 ? n : 1); cut++) {
        restart(state);
        take(p, cut);
        take(p + cut, n - cut);
        assert_string_equal(heard, want);
    }
    restart(state);
    for (size_t i = 0; i < n && !w.over; i++)
        take(p + i, 1);
    assert_string_equal(heard, want);
    free(p);
    restart(state);
}

/* --- Messages ----------------------------------------------------------- */

static void
a_message_is_unmasked(void **state)
{
    frame(0x82, "Hello");
    comes_to(state, "message(Hello) ");
}

static void
the_example_of_the_rfc_is_refused_only_for_being_text(void **state)
{
    raw("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    comes_to(state, "fault 1003");
}

static void
messages_follow_each_other(void **state)
{
    frame(0x82, "one");
    frame(0x82, "");
    frame(0x82, "three");
    comes_to(state, "message(one) message() message(three) ");
}

static void
fragments_are_put_together(void **state)
{
    frame(0x02, "He");
    frame(0x00, "");
    frame(0x00, "ll");
    frame(0x80, "o");
    frame(0x82, "again");
    comes_to(state, "message(Hello) message(again) ");
}

static void
control_frames_may_lie_between_fragments(void **state)
{
    frame(0x02, "He");
    frame(0x89, "1");
    frame(0x8a, "unasked");
    frame(0x80, "llo");
    comes_to(state, "ping(1) message(Hello) ");
}

static void
every_kind_of_length_is_read(void **state)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 128, 65535, 65536,
                                   MESSAGE_MAX};
    static char big[MESSAGE_MAX];

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        memset(big, 'a' + (int)i, sizeof(big));
        frame_n(0x82, big, sizes[i]);
        size_t used;
        assert_int_equal(websocket_take(&w, (uint8_t *)wire.p, wire.n, &used),
                         WEBSOCKET_GOT_MESSAGE);
        assert_int_equal(used, wire.n);
        assert_int_equal(w.message.n, sizes[i]);
        if (sizes[i] > 0)
            assert_memory_equal(w.message.p, big, sizes[i]);
        restart(state);
    }
}

static void
a_message_takes_no_byte_of_the_next_one(void **state)
{
    size_t first, used;

    (void)state;
    frame(0x82, "one");
    first = wire.n;
    frame(0x82, "two");
    assert_int_equal(websocket_take(&w, (uint8_t *)wire.p, wire.n, &used),
                     WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(used, first);
}

static void
nothing_is_held_between_messages(void **state)
{
    size_t used;

    (void)state;
    frame(0x82, "one");
    frame(0x8a, "pong");
    take(wire.p, wire.n);
    assert_null(w.frames);
    assert_int_equal(websocket_take(&w, NULL, 0, &used), WEBSOCKET_GOT_MORE);
    assert_null(w.message.p);
    assert_null(w.control.p);
    assert_null(w.frames);
}

/* --- Too much ----------------------------------------------------------- */

static void
a_message_is_too_long_by_its_first_byte(void **state)
{
    raw("\x82\xff\x00\x00\x00\x00\x00\x01\x11\x71" "mask" "x", 15);
    comes_to(state, "fault 1009");
}

static void
fragments_are_too_long_together(void **state)
{
    static char big[MESSAGE_MAX];

    memset(big, 'x', sizeof(big));
    frame_n(0x02, big, MESSAGE_MAX - 2);
    frame(0x00, "ab");
    frame(0x80, "c");
    comes_to(state, "fault 1009");
}

/* --- What no peer may say ----------------------------------------------- */

static void
what_is_not_masked_is_refused(void **state)
{
    raw("\x82\x05Hello", 7);
    comes_to(state, "fault 1002");
    raw("\x82\x00", 2);
    comes_to(state, "fault 1002");
    raw("\x89\x00", 2);
    comes_to(state, "fault 1002");
}

static void
reserved_bits_are_refused(void **state)
{
    static const unsigned bits[] = {0x40, 0x20, 0x10};

    for (size_t i = 0; i < 3; i++) {
        frame(0x82 | bits[i], "x");
        comes_to(state, "fault 1002");
        frame(0x89 | bits[i], "");
        comes_to(state, "fault 1002");
    }
}

static void
reserved_opcodes_are_refused(void **state)
{
    static const unsigned codes[] = {3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf};

    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
        frame(0x80 | codes[i], "x");
        comes_to(state, "fault 1002");
    }
}

static void
fragments_keep_their_order(void **state)
{
    frame(0x80, "nothing to continue");
    comes_to(state, "fault 1002");
    frame(0x02, "one");
    frame(0x82, "two");
    comes_to(state, "fault 1002");
    frame(0x02, "one");
    frame(0x80, "end");
    frame(0x80, "nothing to continue");
    comes_to(state, "message(oneend) fault 1002");
}

static void
control_frames_are_short_and_whole(void **state)
{
    char long_one[126];

    memset(long_one, 'x', sizeof(long_one));
    frame_n(0x89, long_one, 125);
    frame(0x09, "in pieces");
    comes_to(state, "ping(xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx) "
                    "fault 1002");
    frame_n(0x89, long_one, 126);
    comes_to(state, "fault 1002");
    frame_n(0x88, long_one, 126);
    comes_to(state, "fault 1002");
}

static void
lengths_have_their_shortest_form(void **state)
{
    raw("\x82\xfe\x00\x05" "mask" "xxxxx", 13);
    comes_to(state, "fault 1002");
    raw("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x05" "mask" "xxxxx", 19);
    comes_to(state, "fault 1002");
    raw("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x05" "mask" "xxxxx", 19);
    comes_to(state, "fault 1002");
}

static void
text_is_refused_also_in_fragments(void **state)
{
    frame(0x01, "te");
    comes_to(state, "fault 1003");
    frame(0x82, "binary");
    frame(0x81, "");
    comes_to(state, "message(binary) fault 1003");
}

/* --- Closing ------------------------------------------------------------ */

static void
close_with(unsigned code, const char *reason)
{
    char text[WEBSOCKET_CONTROL_BYTES + 1];
    int n = snprintf(text, sizeof(text), "%c%c%s", (char)(code >> 8),
                     (char)code, reason);

    text[0] = (char)(code >> 8);
    text[1] = (char)code;
    frame_n(0x88, text, (size_t)n);
}

static void
a_close_tells_its_code_and_ends_it(void **state)
{
    close_with(1000, "bye");
    frame(0x82, "too late");
    comes_to(state, "close 1000");
    frame(0x88, "");
    comes_to(state, "close 1005");
    close_with(4711, "\xc3\xa4");
    comes_to(state, "close 4711");
}

static void
only_codes_that_may_be_sent_are_taken(void **state)
{
    for (unsigned code = 0; code <= 0xffff; code++) {
        bool fine = (code >= 1000 && code <= 1003) ||
                    (code >= 1007 && code <= 1014) ||
                    (code >= 3000 && code <= 4999);

        close_with(code, "");
        take(wire.p, wire.n);
        assert_int_equal(w.code, fine ? code : 1002);
        assert_memory_equal(heard, fine ? "close" : "fault", 5);
        restart(state);
    }
}

static void
half_a_code_is_refused(void **state)
{
    frame(0x88, "\x03");
    comes_to(state, "fault 1002");
}

static void
a_reason_is_utf8(void **state)
{
    close_with(1000, "\xc3");
    comes_to(state, "fault 1007");
    close_with(1000, "\xed\xa0\x80");
    comes_to(state, "fault 1007");
    close_with(1000, "\xf4\x90\x80\x80");
    comes_to(state, "fault 1007");
}

/* --- What we say -------------------------------------------------------- */

static void
expect_slab(struct slab *s, const void *want, size_t n)
{
    assert_int_equal(s->n, n);
    assert_memory_equal(s->p, want, n);
    slab_unref(&s);
}

static void
headers_have_the_shortest_form(void **state)
{
    uint8_t h[WEBSOCKET_HEADER_BYTES];

    (void)state;
    assert_int_equal(websocket_header(h, WEBSOCKET_BINARY, 125), 2);
    assert_memory_equal(h, "\x82\x7d", 2);
    assert_int_equal(websocket_header(h, WEBSOCKET_BINARY, 126), 4);
    assert_memory_equal(h, "\x82\x7e\x00\x7e", 4);
    assert_int_equal(websocket_header(h, WEBSOCKET_BINARY, 65535), 4);
    assert_memory_equal(h, "\x82\x7e\xff\xff", 4);
    assert_int_equal(websocket_header(h, WEBSOCKET_PONG, 65536), 10);
    assert_memory_equal(h, "\x8a\x7f\0\0\0\0\0\1\0\0", 10);
}

static void
frames_are_not_masked(void **state)
{
    (void)state;
    expect_slab(websocket_frame(WEBSOCKET_BINARY, str_of("Hello")),
                "\x82\x05Hello", 7);
    expect_slab(websocket_frame(WEBSOCKET_PONG, (struct str){0}), "\x8a\0", 2);
}

static void
a_close_has_a_code_and_whole_characters(void **state)
{
    char reason[200], want[127] = "\x88\x7d\x03\xf1";
    struct slab *s;

    (void)state;
    expect_slab(websocket_close(WEBSOCKET_NO_CODE, "never said"),
                "\x88\0", 2);
    expect_slab(websocket_close(WEBSOCKET_NORMAL, ""), "\x88\x02\x03\xe8", 4);

    memset(reason, 'x', sizeof(reason));
    reason[199] = '\0';
    memset(want + 4, 'x', 123);
    expect_slab(websocket_close(WEBSOCKET_TOO_LARGE, reason), want, 127);
    memcpy(reason + 121, "\xe2\x82\xac", 3);
    s = websocket_close(WEBSOCKET_TOO_LARGE, reason);
    assert_int_equal(s->n, 2 + 2 + 121);
    assert_int_equal(s->p[1], 2 + 121);
    slab_unref(&s);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_message_is_unmasked),
        TEST(the_example_of_the_rfc_is_refused_only_for_being_text),
        TEST(messages_follow_each_other),
        TEST(fragments_are_put_together),
        TEST(control_frames_may_lie_between_fragments),
        TEST(every_kind_of_length_is_read),
        TEST(a_message_takes_no_byte_of_the_next_one),
        TEST(nothing_is_held_between_messages),
        TEST(a_message_is_too_long_by_its_first_byte),
        TEST(fragments_are_too_long_together),
        TEST(what_is_not_masked_is_refused),
        TEST(reserved_bits_are_refused),
        TEST(reserved_opcodes_are_refused),
        TEST(fragments_keep_their_order),
        TEST(control_frames_are_short_and_whole),
        TEST(lengths_have_their_shortest_form),
        TEST(text_is_refused_also_in_fragments),
        TEST(a_close_tells_its_code_and_ends_it),
        TEST(only_codes_that_may_be_sent_are_taken),
        TEST(half_a_code_is_refused),
        TEST(a_reason_is_utf8),
        TEST(headers_have_the_shortest_form),
        TEST(frames_are_not_masked),
        TEST(a_close_has_a_code_and_whole_characters),
    };
#undef TEST

    return cmocka_run_group_tests_name("websocket", tests, NULL, NULL);
}
