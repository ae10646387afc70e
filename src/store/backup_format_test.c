/* SPDX-License-Identifier: MIT
 *
 * The texts of a backup, whole, cut and bent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/backup_format.h"
#include <stdlib.h>

static const char manifest[] =
    "loquat-backup 1\n"
    "time 1764000000000\n"
    "database 8192 "
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
    "files 3 42\n";

static void
a_manifest_says_what_it_was_made_of(void **state)
{
    struct backup_manifest m;
    struct buf b;
    (void)state;

    assert_true(backup_manifest_read(str_of(manifest), &m));
    assert_int_equal(m.format, 1);
    assert_true(m.time_ms == 1764000000000);
    assert_int_equal(m.database_bytes, 8192);
    assert_int_equal(m.database_sum[1], 0x11);
    assert_int_equal(m.files, 3);
    assert_int_equal(m.file_bytes, 42);
    buf_init(&b, BACKUP_MANIFEST_MAX);
    backup_manifest_write(&m, &b);
    assert_true(str_eq(buf_str(&b), str_of(manifest)));
    buf_done(&b);
}

static void
a_cut_manifest_is_none(void **state)
{
    struct backup_manifest m;
    (void)state;

    for (size_t n = 0; n < sizeof manifest - 1; n++)
        assert_false(backup_manifest_read((struct str){manifest, n}, &m));
}

static void
a_bent_manifest_is_none(void **state)
{
    static const char *const bad[] = {
        "loquat-backup 1\n", "loquat-backup 01\n", "loquat-backup -1\n",
        "loquat-backup 1 \n", "loquat-backup  1\n", "\n", "time 5\n",
        "loquat-backup 99999999999999999999\n",
        "loquat-backup 1\ntime 1\ndatabase 1 ab\nfiles 1 1\n",
        "loquat-backup 1\ntime 1\nfiles 1 1\n",
    };
    struct backup_manifest m = {.files = 77};
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(backup_manifest_read(str_of(bad[i]), &m));
    assert_int_equal(m.files, 77);
}

static void
a_later_format_is_known_as_one(void **state)
{
    struct backup_manifest m;
    (void)state;

    assert_true(backup_manifest_read(
        str_of("loquat-backup 2\nanything\xff else"), &m));
    assert_int_equal(m.format, 2);
}

static struct backup_end *
end_of(uint64_t absent, size_t damaged_n)
{
    struct backup_end *end = must_alloc(sizeof *end);
    end->absent = absent;
    end->damaged_n = damaged_n;
    for (size_t i = 0; i < damaged_n; i++)
        end->damaged[i] = (struct backup_damaged){
            {{(uint8_t)i, (uint8_t)(i >> 8), 1}}, {(uint8_t)i, 7}};
    return end;
}

static void
an_end_comes_back_as_it_was(void **state)
{
    static const size_t lengths[] = {0, 1, 2, BACKUP_DAMAGED_MAX};
    struct backup_end *got = must_alloc(sizeof *got);
    (void)state;

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct backup_end *end = end_of(i * 5, lengths[i]);
        struct buf b;
        buf_init(&b, BACKUP_END_MAX);
        backup_end_write(end, &b);
        assert_true(backup_end_read(buf_str(&b), got));
        assert_int_equal(got->absent, end->absent);
        assert_int_equal(got->damaged_n, end->damaged_n);
        assert_memory_equal(got->damaged, end->damaged,
                            lengths[i] * sizeof end->damaged[0]);
        for (size_t n = 0; n < b.n && lengths[i] < 3; n++)
            assert_false(backup_end_read((struct str){b.p, n}, got));
        buf_done(&b);
        free(end);
    }
    free(got);
}

static void
an_end_that_is_too_long_or_goes_on_is_none(void **state)
{
    struct backup_end *end = end_of(0, BACKUP_DAMAGED_MAX);
    struct buf b;
    (void)state;

    buf_init(&b, 2 * BACKUP_END_MAX);
    backup_end_write(end, &b);
    b.n -= strlen("end\n");
    struct str line = {b.p + strlen("absent 0\n"),
                       8 + FILE_ID_CHARS + 1 + BODY_SUM_CHARS + 1};
    char copy[256];
    str_to_z(line, copy, sizeof copy);
    assert_int_equal(buf_append_str(&b, str_of(copy)), 0);
    assert_int_equal(buf_append_str(&b, str_of("end\n")), 0);
    assert_false(backup_end_read(buf_str(&b), end));
    assert_false(backup_end_read(str_of("absent 0\nend\nmore\n"), end));
    assert_false(backup_end_read(str_of("end\n"), end));
    assert_false(backup_end_read(str_of("absent 0\ndamaged x y\nend\n"), end));
    buf_done(&b);
    free(end);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manifest_says_what_it_was_made_of),
        cmocka_unit_test(a_cut_manifest_is_none),
        cmocka_unit_test(a_bent_manifest_is_none),
        cmocka_unit_test(a_later_format_is_known_as_one),
        cmocka_unit_test(an_end_comes_back_as_it_was),
        cmocka_unit_test(an_end_that_is_too_long_or_goes_on_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
