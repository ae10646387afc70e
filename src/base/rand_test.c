/* SPDX-License-Identifier: MIT */
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
a_uuid_of_version_7_begins_with_its_time(void **state)
{
    const uint8_t time[] = {0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0};
    uint8_t id[16];

    (void)state;
    rand_uuid7(0x017f22e279b0, id);     /* the example of RFC 9562 A.6 */
    assert_memory_equal(id, time, sizeof time);
    assert_int_equal(id[6] >> 4, 7);
    assert_int_equal(id[8] >> 6, 2);
}

static void
ids_of_one_moment_differ(void **state)
{
    enum { MANY = 1000 };
    static uint8_t ids[MANY][16];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        rand_uuid7(5, ids[i]);
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(ids[i], ids[j], 16);
    }
}

static void
later_ids_are_greater(void **state)
{
    uint8_t earlier[16], later[16];

    (void)state;
    for (int64_t ms = 1; ms < INT64_C(1) << 47; ms *= 3) {
        rand_uuid7(ms, earlier);
        rand_uuid7(ms + 1, later);
        assert_true(memcmp(earlier, later, 16) < 0);
    }
}

static int
begin(void **state)
{
    (void)state;
    rand_init();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uuid_of_version_7_begins_with_its_time),
        cmocka_unit_test(ids_of_one_moment_differ),
        cmocka_unit_test(later_ids_are_greater),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
