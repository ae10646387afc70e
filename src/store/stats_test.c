/* SPDX-License-Identifier: MIT
 *
 * What uses the disk. */
#include "store/bodies_test.h"

#include "store/stats.h"
#include <errno.h>

static void
the_largest_rooms_come_first(void **state)
{
    struct scratch *t = *state;
    struct store *s = bodies_fill(t);
    struct file_row arriving = files_row(4, 1000);
    struct stats got;
    struct err e = {0};

    files_put(s, &arriving);
    scratch_put_room(s, 3, "#three");
    scratch_fill(s, 3, 1, 20);
    if (stats_read(t->folder, 2, &got, &e) < 0)
        fail_msg("%s", e.text);
    assert_int_equal(got.rooms, 3);
    assert_int_equal(got.messages, 40);
    assert_int_equal(got.files, 3);
    assert_int_equal(got.file_bytes, 42);
    assert_int_equal(got.accounts, 0);
    assert_int_equal(got.page_bytes, 4096);
    assert_true(got.database_bytes > 0 || got.log_bytes > 0);
    assert_int_equal(got.top_n, 2);
    assert_string_equal(got.top[0].name, "#three");
    assert_int_equal(got.top[0].messages, 20);
    assert_int_equal(got.top[0].message_bytes, 20 * 9 + 11);
    assert_string_equal(got.top[1].name, "#one");
    assert_int_equal(got.top[1].files, 3);
    assert_int_equal(got.top[1].file_bytes, 42);
    assert_int_equal(got.top[1].message_bytes, 10 * 9 + 1);
    stats_done(&got);

    assert_int_equal(stats_read(t->folder, 0, &got, &e), 0);
    assert_int_equal(got.top_n, 0);
    assert_int_equal(got.rooms, 3);
    stats_done(&got);
    assert_int_equal(stats_read(t->folder, 9, &got, &e), 0);
    assert_int_equal(got.top_n, 3);
    assert_string_equal(got.top[2].name, "#two");
    stats_done(&got);
    stats_done(&got);
    store_close(&s);
}

static void
a_folder_without_a_database_is_told(void **state)
{
    struct scratch *t = *state;
    struct stats got;
    struct err e = {0};

    assert_int_equal(stats_read(t->folder, 2, &got, &e), -ENOENT);
    assert_sentence(e, "/loquat.db\": No such file");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(the_largest_rooms_come_first),
        scratch_unit_test(a_folder_without_a_database_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
