/* SPDX-License-Identifier: MIT
 *
 * The names of tests/data/names.tsv as ICU sees them (UTS #39): whatever we
 * take is of one script, without anything invisible and with one kind of
 * digits for ICU too; and two names that ICU confuses are one name for us.
 * Not asked: two ASCII names ("a1ice" and "alice" stay two). */
#include "auth/name.h"
#include "auth/names_table_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <unicode/uspoof.h>

enum { NAMES_MAX = 1000, SKELETON_BYTES = 512 };

static struct names_table table;

static struct checked {
    struct name name;
    char skeleton[SKELETON_BYTES];
    bool ascii;
    unsigned line;
} taken[NAMES_MAX];
static unsigned taken_n;

/* As it is shown: case counts, for a capital I looks like a small l. */
static void
take(USpoofChecker *checker, const struct names_row *row)
{
    struct checked *c = &taken[taken_n];
    UErrorCode rc = U_ZERO_ERROR;

    if (name_check_user(row->name, NAME_UNICODE, &c->name) != NAME_OK)
        return;
    uspoof_getSkeletonUTF8(checker, 0, c->name.text, -1, c->skeleton,
                           SKELETON_BYTES, &rc);
    must(U_SUCCESS(rc) && taken_n + 1 < NAMES_MAX);
    c->ascii = true;
    for (const char *p = c->name.text; *p != '\0'; p++)
        c->ascii = c->ascii && (unsigned char)*p < 0x80;
    c->line = row->line;
    taken_n++;
}

static void
what_we_take_icu_takes_too(void **state)
{
    UErrorCode rc = U_ZERO_ERROR;
    USpoofChecker *checker = uspoof_open(&rc);
    unsigned wrong = 0;

    (void)state;
    uspoof_setChecks(checker, USPOOF_RESTRICTION_LEVEL | USPOOF_INVISIBLE
                                  | USPOOF_MIXED_NUMBERS, &rc);
    uspoof_setRestrictionLevel(checker, USPOOF_HIGHLY_RESTRICTIVE);
    for (unsigned i = 0; i < taken_n; i++) {
        int32_t faults = uspoof_check2UTF8(checker, taken[i].name.text, -1,
                                           NULL, &rc);

        if (faults == 0)
            continue;
        print_error("line %u: \"%s\": ICU finds %x\n", taken[i].line,
                    taken[i].name.text, (unsigned)faults);
        wrong++;
    }
    must(U_SUCCESS(rc));
    uspoof_close(checker);
    print_message("# %u names taken\n", taken_n);
    assert_int_equal(wrong, 0);
}

static void
what_icu_confuses_is_one_name(void **state)
{
    unsigned wrong = 0, confused = 0;

    (void)state;
    for (unsigned i = 0; i < taken_n; i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct checked *a = &taken[i], *b = &taken[j];

            if (strcmp(a->skeleton, b->skeleton) != 0 || (a->ascii && b->ascii))
                continue;
            confused++;
            if (strcmp(a->name.key, b->name.key) == 0)
                continue;
            print_error("lines %u and %u: \"%s\" and \"%s\"\n", b->line,
                        a->line, b->name.text, a->name.text);
            wrong++;
        }
    }
    print_message("# %u pairs that ICU confuses\n", confused);
    assert_int_equal(wrong, 0);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_take_icu_takes_too),
        cmocka_unit_test(what_icu_confuses_is_one_name),
    };
    UErrorCode rc = U_ZERO_ERROR;
    USpoofChecker *checker = uspoof_open(&rc);
    int failed;

    if (argc != 2 || U_FAILURE(rc))
        return 2;
    names_table_read(argv[1], &table);
    for (size_t i = 0; i < table.n; i++)
        take(checker, &table.rows[i]);
    uspoof_close(checker);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    names_table_done(&table);
    return failed;
}
