/* SPDX-License-Identifier: MIT */
#include "load/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct stamp first = {0xdeadbeef, 0x0123456789abcdef};
static const struct stamp second = {7, 1};

/* Two messages in the wording of IRC, whose prefix has a '~' of its own. */
static size_t
two_lines(char *out)
{
    const char prefix[] = ":s0!~s0@host PRIVMSG #r0 :";
    const struct stamp *stamps[] = {&first, &second};
    char *p = out;

    for (int i = 0; i < 2; i++) {
        memcpy(p, prefix, sizeof prefix - 1);
        p += sizeof prefix - 1;
        stamp_write(p, *stamps[i]);
        p += STAMP_BYTES;
        memcpy(p, "xxx\r\n", 5);
        p += 5;
    }
    return (size_t)(p - out);
}

static void
assert_stamp(struct stamp got, struct stamp want)
{
    assert_int_equal(got.number, want.number);
    assert_int_equal(got.due_ns, want.due_ns);
}

static void
a_stamp_is_written_as_its_26_bytes(void **state)
{
    char out[STAMP_BYTES];

    (void)state;
    stamp_write(out, first);

    assert_memory_equal(out, "~Ldeadbeef0123456789abcdef", STAMP_BYTES);
}

static void
stamps_are_found_between_other_bytes(void **state)
{
    char bytes[256];
    const char *at = bytes, *end = bytes + two_lines(bytes);
    struct stamp got;

    (void)state;
    assert_true(stamp_next(&at, end, &got));
    assert_stamp(got, first);
    assert_true(stamp_next(&at, end, &got));
    assert_stamp(got, second);
    assert_false(stamp_next(&at, end, &got));
    assert_ptr_equal(at, end);
}

/* What a connection does: the kept bytes are put before those of the next
 * read. Memory of exactly that size, so that ASan sees a read beyond it. */
static size_t
feed(char *carry, size_t *carried, const char *p, size_t n, struct stamp *got)
{
    size_t whole = *carried + n, found = 0;
    char *bytes = malloc(whole + (whole == 0));
    const char *at = bytes;

    memcpy(bytes, carry, *carried);
    memcpy(bytes + *carried, p, n);
    while (stamp_next(&at, bytes + whole, &got[found]))
        found++;
    *carried = (size_t)(bytes + whole - at);
    assert_in_range(*carried, 0, STAMP_CARRY_MAX);
    memcpy(carry, at, *carried);
    free(bytes);
    return found;
}

static void
stamps_are_found_wherever_two_reads_cut_them(void **state)
{
    char bytes[256], carry[STAMP_BYTES];
    size_t n = two_lines(bytes);

    (void)state;
    for (size_t cut = 0; cut <= n; cut++) {
        struct stamp got[3];
        size_t carried = 0;
        size_t found = feed(carry, &carried, bytes, cut, got);

        found += feed(carry, &carried, bytes + cut, n - cut, got + found);
        assert_int_equal(found, 2);
        assert_stamp(got[0], first);
        assert_stamp(got[1], second);
        assert_int_equal(carried, 0);
    }
}

static void
stamps_are_found_byte_by_byte(void **state)
{
    char bytes[256], carry[STAMP_BYTES];
    struct stamp got[3];
    size_t n = two_lines(bytes), carried = 0, found = 0;

    (void)state;
    for (size_t i = 0; i < n; i++)
        found += feed(carry, &carried, bytes + i, 1, got + found);

    assert_int_equal(found, 2);
    assert_stamp(got[1], second);
}

static void
what_is_not_quite_a_stamp_is_passed_over(void **state)
{
    const char good[] = "~L00000000" "0000000000000000";
    struct stamp got;

    (void)state;
    for (size_t place = 1; place < STAMP_BYTES; place++) {
        for (int byte = 0; byte < 256; byte++) {
            char bytes[STAMP_BYTES];
            const char *at = bytes;
            bool hex = (byte >= '0' && byte <= '9') ||
                       (byte >= 'a' && byte <= 'f');
            bool want = place == 1 ? byte == 'L' : hex;

            memcpy(bytes, good, STAMP_BYTES);
            bytes[place] = (char)byte;
            assert_int_equal(stamp_next(&at, bytes + STAMP_BYTES, &got), want);
        }
    }
}

static void
every_digit_counts_at_its_place(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        struct stamp want = {1u << (bit & 31), (uint64_t)1 << bit}, got;
        char bytes[STAMP_BYTES];
        const char *at = bytes;

        stamp_write(bytes, want);
        assert_true(stamp_next(&at, bytes + STAMP_BYTES, &got));
        assert_stamp(got, want);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_is_written_as_its_26_bytes),
        cmocka_unit_test(stamps_are_found_between_other_bytes),
        cmocka_unit_test(stamps_are_found_wherever_two_reads_cut_them),
        cmocka_unit_test(stamps_are_found_byte_by_byte),
        cmocka_unit_test(what_is_not_quite_a_stamp_is_passed_over),
        cmocka_unit_test(every_digit_counts_at_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
