/* SPDX-License-Identifier: MIT
 *
 * Lines of JSON, and what people see of them. */
#include "server/admin_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
expect_printed(struct admin_print p, const char *const *lines,
               const char *want)
{
    char *got = NULL;
    size_t n;

    p.to = open_memstream(&got, &n);
    for (; *lines != NULL; lines++) {
        json_t *parsed = json_loads(*lines, 0, NULL);

        assert_non_null(parsed);
        admin_print_line(&p, (struct str){*lines, strlen(*lines)}, parsed);
        json_decref(parsed);
    }
    admin_print_end(&p);
    fclose(p.to);
    assert_string_equal(got, want);
    free(got);
}

static void
rows_are_a_table_with_aligned_columns(void **state)
{
    static const char *const lines[] = {
        "{\"name\":\"al\",\"one_room\":true,\"made_ms\":0,\"n\":1}",
        "{\"name\":\"田中\",\"one_room\":false,\"made_ms\":1000,\"n\":12345}",
        NULL,
    };

    (void)state;
    expect_printed((struct admin_print){0}, lines,
                   "NAME  ONE ROOM  MADE                  N\n"
                   "al    yes       -                     1\n"
                   "田中  no        1970-01-01 00:00:01Z  12345\n");
}

static void
other_members_begin_another_table(void **state)
{
    static const char *const lines[] = {
        "{\"a\":\"x\"}", "{\"b\":\"y\"}", "{\"b\":\"z\"}", NULL,
    };

    (void)state;
    expect_printed((struct admin_print){0}, lines, "A\nx\n\nB\ny\nz\n");
}

static void
one_thing_has_a_member_on_each_line(void **state)
{
    static const char *const lines[] = {
        "{\"name\":\"#one\",\"files_bytes\":1536,\"log_bytes\":7}",
        "{\"member\":\"bob\"}", NULL,
    };

    (void)state;
    expect_printed((struct admin_print){.show = true}, lines,
                   "name            #one\n"
                   "files size      1.5K\n"
                   "log size        7\n"
                   "\nMEMBER\nbob\n");
}

static void
a_sentence_is_printed_as_it_is(void **state)
{
    static const char *const lines[] = {
        "{\"text\":\"fault: something \\u001b[31mred\"}", NULL,
    };

    (void)state;
    expect_printed((struct admin_print){0}, lines, "fault: something red\n");
}

static void
nothing_in_a_cell_moves_the_cursor(void **state)
{
    static const char *const lines[] = {
        "{\"why\":\"a\\nb\\u001b]0;x\\u0007c\\u009bd\"}", NULL,
    };
    char *got = NULL;
    size_t n;
    struct admin_print p = {.to = open_memstream(&got, &n)};
    json_t *parsed = json_loads(lines[0], 0, NULL);

    (void)state;
    admin_print_line(&p, str_of(lines[0]), parsed);
    admin_print_end(&p);
    fclose(p.to);
    for (size_t i = 0; i < n; i++)
        assert_true((unsigned char)got[i] >= 0x20 || got[i] == '\n');
    assert_int_equal(strncmp(got, "WHY\n", 4), 0);
    assert_ptr_equal(strchr(got + 4, '\n'), got + n - 1);
    json_decref(parsed);
    free(got);
}

static void
json_comes_out_as_it_came_in(void **state)
{
    static const char *const lines[] = {
        "{\"name\":\"al\"}", "{\"text\":\"x\"}", "{\"ok\":true}", NULL,
    };

    (void)state;
    expect_printed((struct admin_print){.json = true}, lines,
                   "{\"name\":\"al\"}\n{\"text\":\"x\"}\n{\"ok\":true}\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_a_table_with_aligned_columns),
        cmocka_unit_test(other_members_begin_another_table),
        cmocka_unit_test(one_thing_has_a_member_on_each_line),
        cmocka_unit_test(a_sentence_is_printed_as_it_is),
        cmocka_unit_test(nothing_in_a_cell_moves_the_cursor),
        cmocka_unit_test(json_comes_out_as_it_came_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
