/* SPDX-License-Identifier: MIT
 *
 * Every row of tests/data/names.tsv gets its verdict, its shown form and its
 * key. The file is the program's argument. */
#include "auth/name.h"
#include "auth/names_table_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROWS_MIN = 500 };

static struct names_table table;

static const char *const verdicts[] = {
    [NAME_OK] = "ok",
    [NAME_EMPTY] = "empty",
    [NAME_TOO_LONG] = "too_long",
    [NAME_BAD_CHARACTER] = "bad_character",
    [NAME_HIDDEN_CHARACTER] = "hidden",
    [NAME_MIXED_SCRIPTS] = "mixed",
    [NAME_RESERVED] = "reserved",
};

static unsigned
check_row(const struct names_row *row, enum name_charset charset)
{
    struct name got = {.text = "before"};
    enum name_fault fault = name_check_user(row->name, charset, &got);
    struct str shown = row->verdict[0] == 'o' ? row->shown : str_of("before");

    if (strcmp(verdicts[fault], row->verdict) == 0
        && str_eq(str_of(got.text), shown))
        return 0;
    print_error("line %u (%s): got %s \"%s\", want %s \"%.*s\"\n", row->line,
                row->why, verdicts[fault], got.text, row->verdict,
                STR_FMT(shown));
    return 1;
}

static void
every_row_gets_its_verdict(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < table.n; i++) {
        if (table.rows[i].ascii)
            wrong += check_row(&table.rows[i], NAME_ASCII);
        if (table.rows[i].unicode)
            wrong += check_row(&table.rows[i], NAME_UNICODE);
    }
    assert_int_equal(wrong, 0);
    print_message("# %zu names\n", table.n);
    assert_true(table.n >= ROWS_MIN);
}

static void
key_of(struct str name, char key[LIMIT_ROOM_BYTES + 1])
{
    struct name checked;

    key[0] = '\0';
    if (name_check_user(name, NAME_UNICODE, &checked) == NAME_OK)
        memcpy(key, checked.key, sizeof checked.key);
}

static void
who_has_the_same_name_has_its_key(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < table.n; i++) {
        const struct names_row *row = &table.rows[i];
        char mine[LIMIT_ROOM_BYTES + 1], same[LIMIT_ROOM_BYTES + 1];

        if (row->same.n == 0)
            continue;
        key_of(row->name, mine);
        key_of(row->same, same);
        if (mine[0] != '\0' && strcmp(mine, same) == 0)
            continue;
        wrong++;
        print_error("line %u: \"%s\", not \"%s\"\n", row->line, mine,
                    same);
    }
    assert_int_equal(wrong, 0);
}

static void
nobody_else_has_the_same_key(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < table.n; i++) {
        const struct names_row *a = &table.rows[i];
        char key[LIMIT_ROOM_BYTES + 1], other[LIMIT_ROOM_BYTES + 1];

        key_of(a->name, key);
        if (!a->unicode || key[0] == '\0' || a->same.n > 0)
            continue;
        for (size_t j = 0; j < i; j++) {
            const struct names_row *b = &table.rows[j];

            key_of(b->name, other);
            if (!b->unicode || b->same.n > 0 || strcmp(key, other) != 0)
                continue;
            print_error("lines %u and %u: both \"%s\"\n", b->line, a->line,
                        key);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_gets_its_verdict),
        cmocka_unit_test(who_has_the_same_name_has_its_key),
        cmocka_unit_test(nobody_else_has_the_same_key),
    };
    int failed;

    if (argc != 2)
        return 2;
    names_table_read(argv[1], &table);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    names_table_done(&table);
    return failed;
}
