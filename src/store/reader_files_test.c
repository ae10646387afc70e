/* SPDX-License-Identifier: MIT
 *
 * Files as readers see them. */
#include "store/files_test.h"

#include "base/limits.h"
#include "store/reader.h"
#include <errno.h>

static struct reader *
read_from(const struct scratch *t)
{
    struct reader *r = NULL;
    struct err e = {0};

    if (reader_open(t->db, &r, &e) < 0)
        fail_msg("%s", e.text);
    return r;
}

/* Files 1 to 9 of room 1, each with ten times its number as its seq; 5 still
 * arrives, and one of room 2. */
static struct store *
nine_files(const struct scratch *t)
{
    struct store *s = scratch_open(t);

    scratch_put_room(s, 1, "#one");
    scratch_put_room(s, 2, "#two");
    for (uint8_t n = 1; n <= 10; n++) {
        struct file_row f = files_row(n, n);

        f.room = n == 10 ? 2 : 1;
        f.name = n % 2 ? str_of("odd.txt") : str_of("even number.txt");
        files_put(s, &f);
        if (n != 5)
            files_finish(s, &f, n * 10u);
    }
    return s;
}

static void
expect_files(struct reader *r, const struct page_query *q, const char *want,
             bool more)
{
    struct files_page p;
    char got[16] = "";

    assert_int_equal(reader_files(r, q, &p), 0);
    for (size_t i = 0; i < p.n; i++) {
        uint8_t n = p.files[i].facts.id.b[0];

        got[i] = (char)('0' + n);
        assert_str_is(p.files[i].name, n % 2 ? "odd.txt" : "even number.txt");
        assert_str_is(p.files[i].owner, "alice");
        assert_int_equal(p.files[i].facts.sha256[0], 0xab);
        assert_false(file_id_given(&p.files[i].facts.ticket));
    }
    assert_string_equal(got, want);
    assert_int_equal(p.more, more);
    files_page_done(&p);
}

static void
whole_files_are_listed_the_newest_first(void **state)
{
    struct scratch *t = *state;
    struct store *s = nine_files(t);
    struct reader *r = read_from(t);

    expect_files(r, &(struct page_query){1, PAGE_LATEST, 0, 3}, "987", true);
    expect_files(r, &(struct page_query){1, PAGE_BEFORE, 70, 3}, "643", true);
    expect_files(r, &(struct page_query){1, PAGE_BEFORE, 30, 2}, "21", false);
    expect_files(r, &(struct page_query){1, PAGE_BEFORE, 10, 2}, "", false);
    expect_files(r, &(struct page_query){1, PAGE_LATEST, 0, 9999}, "98764321",
                 false);
    expect_files(r, &(struct page_query){1, PAGE_BEFORE, UINT64_MAX, 0}, "9",
                 true);
    expect_files(r, &(struct page_query){3, PAGE_LATEST, 0, 5}, "", false);
    expect_files(r, &(struct page_query){1, PAGE_LATEST, 0, 9, 60}, "987",
                 false);
    expect_files(r, &(struct page_query){1, PAGE_BEFORE, 90, 1, 60}, "8", true);
    expect_files(r, &(struct page_query){1, PAGE_BEFORE, 60, 5, 60}, "", false);
    reader_close(&r);
    store_close(&s);
}

static void
what_cannot_be_read_is_told(void **state)
{
    struct scratch *t = *state;
    struct store *s = nine_files(t);
    struct reader *r = read_from(t);
    struct page_query q = {.room = 1, .limit = 3};
    struct files_page p = {.n = 77};

    scratch_sql(t->db, "ALTER TABLE files RENAME TO gone");
    assert_int_equal(reader_files(r, &q, &p), -EIO);
    assert_int_equal(p.n, 77);
    reader_close(&r);
    store_close(&s);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(whole_files_are_listed_the_newest_first),
        scratch_unit_test(what_cannot_be_read_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
