/* SPDX-License-Identifier: MIT
 *
 * Attachments as they are kept. */
#include "hub/attachment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ID "00000000000000000000000004"
#define SUM "00ff0000000000000000000000000000" \
            "0000000000000000000000000000ab01"

static struct attachment
sample(const char *name)
{
    struct attachment a = {.size = 12345, .name = str_of(name)};

    a.id.b[15] = 1;
    a.sha256[1] = 0xff;
    a.sha256[30] = 0xab;
    a.sha256[31] = 1;
    return a;
}

static void
it_is_one_line_of_text(void **state)
{
    char body[ATTACHMENT_BYTES];
    struct attachment a = sample("my photo.webp");
    size_t n = attachment_write(&a, body);

    (void)state;
    assert_int_equal(n, strlen(body));
    assert_string_equal(body, ID " 12345 " SUM " my photo.webp");
}

static void
what_was_written_is_read(void **state)
{
    char body[ATTACHMENT_BYTES];
    struct attachment a = sample(" two  blanks "), b;

    (void)state;
    attachment_write(&a, body);
    assert_true(attachment_read(str_of(body), &b));
    assert_memory_equal(&b.id, &a.id, sizeof a.id);
    assert_int_equal(b.size, 12345);
    assert_memory_equal(b.sha256, a.sha256, sizeof a.sha256);
    assert_true(str_eq(b.name, a.name));
}

static void
the_longest_fits(void **state)
{
    char name[LIMIT_FILE_NAME_BYTES + 1] = "", body[ATTACHMENT_BYTES];
    struct attachment a, b;

    (void)state;
    memset(name, 'x', LIMIT_FILE_NAME_BYTES);
    a = sample(name);
    a.size = UINT64_MAX;
    assert_int_equal(attachment_write(&a, body), ATTACHMENT_BYTES - 1);
    assert_true(attachment_read(str_of(body), &b));
    assert_true(b.size == UINT64_MAX);
}

static void
what_is_none_is_not_read(void **state)
{
    static const char *const bodies[] = {
        "", "hello", ID, ID " 1", ID " 1 " SUM, ID " 1 " SUM " ",
        "0 1 " SUM " x", ID "  1 " SUM " x", ID " -1 " SUM " x",
        ID " 1x " SUM " x", ID " 1 " SUM "0 x", ID " 1 0x x",
        ID " 18446744073709551616 " SUM " x",
    };
    struct attachment a = {.size = 77};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_false(attachment_read(str_of(bodies[i]), &a));
    assert_false(attachment_read((struct str){0}, &a));
    assert_int_equal(a.size, 77);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_one_line_of_text),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(the_longest_fits),
        cmocka_unit_test(what_is_none_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
