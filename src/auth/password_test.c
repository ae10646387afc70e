/* SPDX-License-Identifier: MIT
 *
 * Passwords: a table of what is taken, and hashes with the lowest costs. */
#include "auth/password.h"
#include "auth/password_common.h"
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { HASH_BYTES = 128 };

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define BYTES(s) {(s), sizeof(s) - 1}

#define TEN "k3jd8f-sq7"
#define FIFTY TEN TEN TEN TEN TEN

static int
group_setup(void **state)
{
    (void)state;
    rand_init();
    password_set_costs(1, 8);
    return 0;
}

static const struct {
    struct str typed, name;
    enum password_fault fault;
} rows[] = {
    {BYTES("correct horse"), BYTES("bob"), PASSWORD_OK},
    {BYTES("tr0ub4dor&3"), BYTES("bob"), PASSWORD_OK},
    {BYTES(TEN), BYTES("bob"), PASSWORD_OK},
    {BYTES("пароль-сорок"), BYTES("bob"), PASSWORD_OK},
    {BYTES("    7    8"), BYTES("bob"), PASSWORD_OK},
    {BYTES("\U0001f600\U0001f680 \U0001f30b"), BYTES("bob"), PASSWORD_OK},

    /* Lengths are bytes */
    {BYTES(""), BYTES("bob"), PASSWORD_TOO_SHORT},
    {BYTES("k3jd8f-"), BYTES("bob"), PASSWORD_TOO_SHORT},
    {BYTES("k3jd8f-s"), BYTES("bob"), PASSWORD_OK},
    {BYTES(FIFTY FIFTY FIFTY FIFTY FIFTY "12345"), BYTES("bob"), PASSWORD_OK},
    {BYTES(FIFTY FIFTY FIFTY FIFTY FIFTY "123456"), BYTES("bob"),
     PASSWORD_TOO_LONG},
    {BYTES(FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY
           FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY),
     BYTES("bob"), PASSWORD_TOO_LONG},

    /* Characters */
    {BYTES("k3jd8f\tsq7"), BYTES("bob"), PASSWORD_BAD_CHARACTER},
    {BYTES("k3jd8f\nsq7"), BYTES("bob"), PASSWORD_BAD_CHARACTER},
    {BYTES("k3jd8f\0sq7"), BYTES("bob"), PASSWORD_BAD_CHARACTER},
    {BYTES("k3jd8f\x7fsq7"), BYTES("bob"), PASSWORD_BAD_CHARACTER},
    {BYTES("k3jd8f\xff-sq7"), BYTES("bob"), PASSWORD_BAD_CHARACTER},
    {BYTES("k3jd8f\u200bsq7"), BYTES("bob"), PASSWORD_BAD_CHARACTER},
    {BYTES("k3jd8f\u202esq7"), BYTES("bob"), PASSWORD_BAD_CHARACTER},
    {BYTES("k3jd8f\u0378sq7"), BYTES("bob"), PASSWORD_BAD_CHARACTER},
    {BYTES("k3jd8f\u3164sq7"), BYTES("bob"), PASSWORD_BAD_CHARACTER},

    /* The name */
    {BYTES("bobbobbob"), BYTES("bob"), PASSWORD_IS_NAME},
    {BYTES("BobBob1987!"), BYTES("bob"), PASSWORD_IS_NAME},
    {BYTES("alexandra"), BYTES("Alexandra"), PASSWORD_IS_NAME},
    {BYTES("ALEXANDRA"), BYTES("alexandra"), PASSWORD_IS_NAME},
    {BYTES("alexandra1"), BYTES("alexandra"), PASSWORD_IS_NAME},
    {BYTES("alexandra2026!"), BYTES("alexandra"), PASSWORD_IS_NAME},
    {BYTES("12alexandra"), BYTES("alexandra"), PASSWORD_IS_NAME},
    {BYTES("alexandra"), BYTES("alexandra77"), PASSWORD_IS_NAME},
    {BYTES("ОЛЬГАольга"), BYTES("Ольга"), PASSWORD_IS_NAME},
    {BYTES("ｂｏｂｂｏｂ１２"), BYTES("bob"), PASSWORD_IS_NAME},
    {BYTES("20262026"), BYTES("2026"), PASSWORD_IS_NAME},
    {BYTES("alexandrites"), BYTES("alexandra"), PASSWORD_OK},
    {BYTES("bob likes fish"), BYTES("bob"), PASSWORD_OK},

    /* What everybody tries */
    {BYTES("password"), BYTES("bob"), PASSWORD_COMMON},
    {BYTES("PassWord1"), BYTES("bob"), PASSWORD_COMMON},
    {BYTES("12345678"), BYTES("bob"), PASSWORD_COMMON},
    {BYTES("zzzzzzzzzzzz"), BYTES("bob"), PASSWORD_COMMON},
    {BYTES("QWERTYUIOP"), BYTES("bob"), PASSWORD_COMMON},

    /* Without a name it is only tried: nothing but its form counts */
    {BYTES("short"), BYTES(""), PASSWORD_OK},
    {BYTES("password"), BYTES(""), PASSWORD_OK},
    {BYTES(""), BYTES(""), PASSWORD_TOO_SHORT},
    {BYTES("a\nb"), BYTES(""), PASSWORD_BAD_CHARACTER},
};

static void
each_password_gets_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[PASSWORD_BYTES_MAX + 1] = "before";
        enum password_fault got =
            password_prepare(rows[i].typed, rows[i].name, out);

        if (got != rows[i].fault)
            fail_msg("\"%.*s\": got \"%s\", want \"%s\"",
                     STR_FMT(rows[i].typed), password_fault_text(got),
                     password_fault_text(rows[i].fault));
        assert_int_equal(strcmp(out, "before") == 0, got != PASSWORD_OK);
    }
}

static void
two_ways_to_type_it_are_one_password(void **state)
{
    static const char *const same[][2] = {
        {"J\u00fcrgen hat Hunger", "Ju\u0308rgen hat Hunger"},
        {"a blank or two", "a\u00a0blank\u3000or\u2003two"},
        {"\u212b ngstrom", "\u00c5 ngstrom"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(same); i++) {
        char a[PASSWORD_BYTES_MAX + 1], b[PASSWORD_BYTES_MAX + 1];

        assert_int_equal(password_prepare(str_of(same[i][0]), str_of("x"), a),
                         PASSWORD_OK);
        assert_int_equal(password_prepare(str_of(same[i][1]), str_of("x"), b),
                         PASSWORD_OK);
        assert_string_equal(a, b);
    }
}

static void
case_and_width_stay_as_they_were_typed(void **state)
{
    char out[PASSWORD_BYTES_MAX + 1];

    (void)state;
    assert_int_equal(password_prepare(str_of("ＷIDE and Tall"), str_of("x"),
                                      out), PASSWORD_OK);
    assert_string_equal(out, "ＷIDE and Tall");
}

static void
every_common_one_is_refused(void **state)
{
    char out[PASSWORD_BYTES_MAX + 1];

    (void)state;
    for (size_t i = 0; password_common[i] != NULL; i++) {
        if (password_prepare(str_of(password_common[i]), str_of("zoe"), out)
            != PASSWORD_COMMON)
            fail_msg("%s", password_common[i]);
    }
}

static void
a_hash_fits_its_password_alone(void **state)
{
    char hash[HASH_BYTES], other[HASH_BYTES];

    (void)state;
    assert_true(password_hash("correct horse", hash, sizeof hash));
    assert_int_equal(memcmp(hash, "$argon2id$v=19$m=8,t=1,p=1$", 27), 0);
    assert_true(password_verify(hash, "correct horse"));
    assert_false(password_verify(hash, "correct horsf"));
    assert_false(password_verify(hash, "correct hors"));
    assert_false(password_verify(hash, ""));
    assert_true(password_hash("correct horse", other, sizeof other));
    assert_string_not_equal(hash, other);
}

static void
no_password_fits_nobody(void **state)
{
    (void)state;
    assert_false(password_verify("", "correct horse"));
    assert_false(password_verify("", ""));
    assert_false(password_verify("*", "*"));
    assert_false(password_verify("$argon2id$v=19$m=8,t=1,p=1$", "x"));
}

static void
every_fault_has_its_own_sentence(void **state)
{
    (void)state;
    for (int i = PASSWORD_OK; i <= PASSWORD_COMMON; i++) {
        for (int j = PASSWORD_OK; j < i; j++)
            assert_string_not_equal(password_fault_text(i),
                                    password_fault_text(j));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_password_gets_its_verdict),
        cmocka_unit_test(two_ways_to_type_it_are_one_password),
        cmocka_unit_test(case_and_width_stay_as_they_were_typed),
        cmocka_unit_test(every_common_one_is_refused),
        cmocka_unit_test(a_hash_fits_its_password_alone),
        cmocka_unit_test(no_password_fits_nobody),
        cmocka_unit_test(every_fault_has_its_own_sentence),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
