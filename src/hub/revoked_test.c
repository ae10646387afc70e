/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/revoked.h"

static void
nothing_is_void_for_whom_nothing_was_revoked(void **state)
{
    (void)state;
    assert_int_equal(revoked_check(NULL, 1, 0), DENY_NONE);
}

static void
a_page_from_before_is_void_and_one_from_after_is_not(void **state)
{
    struct revoked *r = NULL;

    (void)state;
    revoked_note(&r, 1, 5, DENY_BANNED);
    assert_int_equal(revoked_check(r, 1, 4), DENY_BANNED);
    assert_int_equal(revoked_check(r, 1, 5), DENY_NONE);
    assert_int_equal(revoked_check(r, 2, 4), DENY_NONE);
    revoked_note(&r, 1, 9, DENY_FORBIDDEN);
    assert_int_equal(revoked_check(r, 1, 5), DENY_FORBIDDEN);
    assert_int_equal(revoked_check(r, 1, 9), DENY_NONE);
    revoked_free(&r);
    assert_null(r);
}

static void
the_oldest_of_many_become_one_for_every_room(void **state)
{
    struct revoked *r = NULL;

    (void)state;
    for (uint64_t i = 1; i <= 2 * REVOKED_ROOMS; i++)
        revoked_note(&r, i, i, DENY_BANNED);
    for (uint64_t i = 1; i <= 2 * REVOKED_ROOMS; i++) {
        assert_int_not_equal(revoked_check(r, i, i - 1), DENY_NONE);
        assert_int_equal(revoked_check(r, i, 2 * REVOKED_ROOMS), DENY_NONE);
    }
    assert_int_equal(revoked_check(r, 99, REVOKED_ROOMS - 1),
                     DENY_FORBIDDEN);
    assert_int_equal(revoked_check(r, 99, REVOKED_ROOMS), DENY_NONE);
    revoked_free(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_void_for_whom_nothing_was_revoked),
        cmocka_unit_test(a_page_from_before_is_void_and_one_from_after_is_not),
        cmocka_unit_test(the_oldest_of_many_become_one_for_every_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
