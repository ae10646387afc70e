/* SPDX-License-Identifier: MIT */
#include "base/file_id.h"

#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void
every_id_comes_back_from_its_text(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct file_id id = file_id_new(), again;
        char text[FILE_ID_CHARS + 1];

        file_id_write(&id, text);
        assert_int_equal(strlen(text), FILE_ID_CHARS);
        assert_true(file_id_read(str_of(text), &again));
        assert_true(file_id_eq(&id, &again));
        assert_true(file_id_given(&id));
    }
}

static void
what_is_no_id_is_refused_and_changes_nothing(void **state)
{
    static const char *const bad[] = {
        "", "0", "0000000000000000000000000", "000000000000000000000000000",
        "0000000000000000000000000u", "0000000000000000000000000O",
        "00000000000000000000000001", "0000000000000000000000000/",
        "../../../../../etc/passwd0",
    };
    struct file_id id = {{7}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(file_id_read(str_of(bad[i]), &id));
    assert_int_equal(id.b[0], 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_id_comes_back_from_its_text),
        cmocka_unit_test(what_is_no_id_is_refused_and_changes_nothing),
    };

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
