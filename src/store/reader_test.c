/* SPDX-License-Identifier: MIT
 *
 * Pages, at all their edges, from a reader beside a writer that goes on. */
#include "store/scratch_test.h"

#include "base/limits.h"
#include "store/reader.h"
#include <errno.h>
#include <sys/stat.h>

static struct reader *
open_reader(const struct scratch *t)
{
    struct reader *r = NULL;
    struct err e = {0};
    if (reader_open(t->db, &r, &e) < 0)
        fail_msg("reader_open: %s", e.text);
    return r;
}

/* The page's places as text, "4 5 6" or "4 5 6 +" when there is more. */
static const char *
query_text(struct reader *r, const struct page_query *q)
{
    static char text[4096];
    struct page p;
    assert_int_equal(reader_page(r, q, &p), 0);
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; i < p.n; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%d", i ? " " : "",
                              (int)p.messages[i].seq);
    snprintf(text + n, sizeof text - n, "%s%s", n && p.more ? " " : "",
             p.more ? "+" : "");
    page_done(&p);
    return text;
}

static const char *
page_text(struct reader *r, enum page_mode mode, uint64_t at, uint32_t limit)
{
    struct page_query q = {.room = 1, .mode = mode, .at = at, .limit = limit};
    return query_text(r, &q);
}

static void
pages_of_ten_messages(void **state)
{
    static const struct {
        enum page_mode mode;
        uint64_t at;
        uint32_t limit;
        const char *want;
    } cases[] = {
        {PAGE_LATEST, 0, 1, "10 +"},
        {PAGE_LATEST, 0, 3, "8 9 10 +"},
        {PAGE_LATEST, 4, 3, "8 9 10 +"},
        {PAGE_LATEST, 0, 9, "2 3 4 5 6 7 8 9 10 +"},
        {PAGE_LATEST, 0, 10, "1 2 3 4 5 6 7 8 9 10"},
        {PAGE_LATEST, 0, 11, "1 2 3 4 5 6 7 8 9 10"},
        {PAGE_LATEST, 0, 0, "10 +"},
        {PAGE_LATEST, 0, UINT32_MAX, "1 2 3 4 5 6 7 8 9 10"},

        {PAGE_AFTER, 0, 1, "1 +"},
        {PAGE_AFTER, 0, 3, "1 2 3 +"},
        {PAGE_AFTER, 3, 3, "4 5 6 +"},
        {PAGE_AFTER, 7, 3, "8 9 10"},
        {PAGE_AFTER, 7, 2, "8 9 +"},
        {PAGE_AFTER, 9, 5, "10"},
        {PAGE_AFTER, 10, 5, ""},
        {PAGE_AFTER, 11, 5, ""},
        {PAGE_AFTER, INT64_MAX, 5, ""},
        {PAGE_AFTER, UINT64_MAX, 5, ""},

        {PAGE_BEFORE, 0, 5, ""},
        {PAGE_BEFORE, 1, 5, ""},
        {PAGE_BEFORE, 2, 5, "1"},
        {PAGE_BEFORE, 4, 3, "1 2 3"},
        {PAGE_BEFORE, 5, 3, "2 3 4 +"},
        {PAGE_BEFORE, 5, 1, "4 +"},
        {PAGE_BEFORE, 10, 2, "8 9 +"},
        {PAGE_BEFORE, 11, 2, "9 10 +"},
        {PAGE_BEFORE, 500, 2, "9 10 +"},
        {PAGE_BEFORE, UINT64_MAX, 2, "9 10 +"},

        {PAGE_AROUND, 5, 1, "5 +"},
        {PAGE_AROUND, 5, 2, "4 5 +"},
        {PAGE_AROUND, 5, 3, "4 5 6 +"},
        {PAGE_AROUND, 5, 4, "3 4 5 6 +"},
        {PAGE_AROUND, 5, 5, "3 4 5 6 7 +"},
        {PAGE_AROUND, 1, 5, "1 2 3 +"},
        {PAGE_AROUND, 10, 5, "8 9 10 +"},
        {PAGE_AROUND, 11, 4, "9 10 +"},
        {PAGE_AROUND, 0, 4, "1 2 +"},
        {PAGE_AROUND, 5, 12, "1 2 3 4 5 6 7 8 9 10"},
        {PAGE_AROUND, 5, 11, "1 2 3 4 5 6 7 8 9 10"},
        {PAGE_AROUND, 5, 10, "1 2 3 4 5 6 7 8 9 +"},
        {PAGE_AROUND, 6, 9, "2 3 4 5 6 7 8 9 10 +"},
        {PAGE_AROUND, UINT64_MAX, 4, "9 10 +"},
    };
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    scratch_put_room(s, 2, "#b");
    scratch_fill(s, 2, 1, 4);
    scratch_fill(s, 1, 1, 10);
    scratch_fill(s, 2, 5, 20);
    struct reader *r = open_reader(t);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *got = page_text(r, cases[i].mode, cases[i].at,
                                    cases[i].limit);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("mode %d at %lld limit %u: got \"%s\" want \"%s\"",
                     cases[i].mode, (long long)cases[i].at, cases[i].limit,
                     got, cases[i].want);
    }
    reader_close(&r);
    store_close(&s);
}

static void
what_lies_up_to_the_floor_is_as_if_it_were_not_there(void **state)
{
    static const struct {
        struct page_query q;
        const char *want;
    } cases[] = {
        {{1, PAGE_LATEST, 0, 3, 4}, "8 9 10 +"},
        {{1, PAGE_LATEST, 0, 3, 7}, "8 9 10"},
        {{1, PAGE_LATEST, 0, 3, 8}, "9 10"},
        {{1, PAGE_LATEST, 0, 3, 10}, ""},
        {{1, PAGE_LATEST, 0, 3, UINT64_MAX}, ""},
        {{1, PAGE_AFTER, 0, 3, 4}, "5 6 7 +"},
        {{1, PAGE_AFTER, 2, 3, 7}, "8 9 10"},
        {{1, PAGE_AFTER, 8, 3, 4}, "9 10"},
        {{1, PAGE_AFTER, 0, 3, INT64_MAX}, ""},
        {{1, PAGE_BEFORE, 8, 3, 4}, "5 6 7"},
        {{1, PAGE_BEFORE, 8, 3, 3}, "5 6 7 +"},
        {{1, PAGE_BEFORE, 5, 3, 4}, ""},
        {{1, PAGE_BEFORE, 3, 3, 4}, ""},
        {{1, PAGE_AROUND, 2, 4, 4}, "5 6 +"},
        {{1, PAGE_AROUND, 6, 4, 4}, "5 6 7 +"},
        {{1, PAGE_AROUND, 9, 4, 8}, "9 10"},
        {{1, PAGE_AROUND, 10, 4, 10}, ""},
    };
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    scratch_fill(s, 1, 1, 10);
    struct reader *r = open_reader(t);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *got = query_text(r, &cases[i].q);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("case %zu: got \"%s\" want \"%s\"", i, got,
                     cases[i].want);
    }
    reader_close(&r);
    store_close(&s);
}

static void
an_empty_room_has_empty_pages(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    struct reader *r = open_reader(t);

    for (enum page_mode mode = PAGE_LATEST; mode <= PAGE_AROUND; mode++) {
        assert_string_equal(page_text(r, mode, 0, 50), "");
        assert_string_equal(page_text(r, mode, 1, 1), "");
    }
    struct page_query q = {.room = UINT64_MAX, .limit = 1};
    struct page p;
    assert_int_equal(reader_page(r, &q, &p), 0);
    assert_int_equal(p.n, 0);
    page_done(&p);
    page_done(&p);
    reader_close(&r);
    reader_close(&r);
    store_close(&s);
}

static void
a_message_comes_back_as_it_was_put(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    struct message put[2] = {
        scratch_message(1, 1, "caf\u00e9"),
        scratch_message(1, 2, ""),
    };
    put[0].kind = MESSAGE_TOPIC;
    put[0].cid = (struct client_id){{0, 255, 3}};
    put[1].sender = str_of("b\u00f6b");
    put[1].sender_id = INT64_MAX;
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_message(s, &put[0]), 0);
    assert_int_equal(store_put_message(s, &put[1]), 0);
    assert_int_equal(store_commit(s), 0);

    struct reader *r = open_reader(t);
    struct page_query q = {.room = 1, .mode = PAGE_LATEST, .limit = 2};
    struct page p;
    assert_int_equal(reader_page(r, &q, &p), 0);
    reader_close(&r);
    store_close(&s);

    assert_int_equal(p.n, 2);
    for (int i = 0; i < 2; i++) {
        const struct message *m = &p.messages[i];
        assert_int_equal(m->room, 1);
        assert_int_equal(m->seq, put[i].seq);
        assert_int_equal(m->time_ms, put[i].time_ms);
        assert_true(m->sender_id == put[i].sender_id);
        assert_int_equal(m->kind, put[i].kind);
        assert_memory_equal(&m->cid, &put[i].cid, sizeof m->cid);
        assert_true(str_eq(m->sender, put[i].sender));
        assert_true(str_eq(m->body, put[i].body));
    }
    page_done(&p);
}

static void
put_sized(struct store *s, uint64_t seq, size_t bytes)
{
    char *body = must_alloc(bytes + 1);
    memset(body, 'x', bytes);
    struct message m = scratch_message(1, seq, body);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_message(s, &m), 0);
    assert_int_equal(store_commit(s), 0);
    free(body);
}

static void
a_page_ends_before_its_bodies_grow_too_long(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    for (uint64_t seq = 1; seq <= 8; seq++)
        put_sized(s, seq, LIMIT_PAGE_BYTES / 4);
    struct reader *r = open_reader(t);

    assert_string_equal(page_text(r, PAGE_LATEST, 0, 50), "5 6 7 8 +");
    assert_string_equal(page_text(r, PAGE_AFTER, 0, 50), "1 2 3 4 +");
    assert_string_equal(page_text(r, PAGE_AFTER, 4, 50), "5 6 7 8");
    assert_string_equal(page_text(r, PAGE_BEFORE, 5, 50), "1 2 3 4");
    assert_string_equal(page_text(r, PAGE_BEFORE, 6, 50), "2 3 4 5 +");
    assert_string_equal(page_text(r, PAGE_AROUND, 5, 50), "3 4 5 6 +");

    put_sized(s, 9, LIMIT_PAGE_BYTES / 4 + 1);
    assert_string_equal(page_text(r, PAGE_LATEST, 0, 50), "7 8 9 +");
    reader_close(&r);
    store_close(&s);
}

static void
one_message_always_fits(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    for (uint64_t seq = 1; seq <= 3; seq++)
        put_sized(s, seq, LIMIT_MESSAGE_BYTES);
    struct reader *r = open_reader(t);

    assert_string_equal(page_text(r, PAGE_LATEST, 0, 50), "3 +");
    assert_string_equal(page_text(r, PAGE_AFTER, 0, 50), "1 +");
    assert_string_equal(page_text(r, PAGE_AFTER, 2, 50), "3");
    assert_string_equal(page_text(r, PAGE_BEFORE, 2, 50), "1");
    assert_string_equal(page_text(r, PAGE_AROUND, 2, 50), "2 +");
    reader_close(&r);
    store_close(&s);
}

static void
a_limit_beyond_the_maximum_is_clamped(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    scratch_fill(s, 1, 1, LIMIT_PAGE_MESSAGES + 1);
    struct reader *r = open_reader(t);

    for (enum page_mode mode = PAGE_LATEST; mode <= PAGE_AROUND; mode++) {
        uint64_t at = mode == PAGE_BEFORE ? LIMIT_PAGE_MESSAGES + 2
                    : mode == PAGE_AROUND ? LIMIT_PAGE_MESSAGES / 2 + 1 : 0;
        struct page_query q = {1, mode, at, UINT32_MAX, 0};
        struct page p;
        assert_int_equal(reader_page(r, &q, &p), 0);
        assert_int_equal(p.n, LIMIT_PAGE_MESSAGES);
        assert_true(p.more);
        for (size_t i = 1; i < p.n; i++)
            assert_int_equal(p.messages[i].seq, p.messages[i - 1].seq + 1);
        page_done(&p);
    }
    reader_close(&r);
    store_close(&s);
}

static void
a_reader_sees_each_commit_and_nothing_before_it(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    struct reader *r = open_reader(t);
    assert_string_equal(page_text(r, PAGE_LATEST, 0, 50), "");

    struct message m = scratch_message(1, 1, "soon");
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_message(s, &m), 0);
    assert_string_equal(page_text(r, PAGE_LATEST, 0, 50), "");
    assert_int_equal(store_commit(s), 0);
    assert_string_equal(page_text(r, PAGE_LATEST, 0, 50), "1");

    scratch_fill(s, 1, 2, 3);
    assert_int_equal(store_checkpoint(s), 0);
    assert_string_equal(page_text(r, PAGE_LATEST, 0, 50), "1 2 3");
    scratch_fill(s, 1, 4, 4);
    assert_string_equal(page_text(r, PAGE_AFTER, 3, 50), "4");
    reader_close(&r);
    store_close(&s);
}

static void
an_idle_reader_does_not_hold_the_log(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    struct reader *r = open_reader(t);

    for (uint64_t i = 0; i < 10; i++) {
        scratch_fill(s, 1, i * 100 + 1, i * 100 + 100);
        page_text(r, PAGE_LATEST, 0, 1);
        page_text(r, PAGE_AROUND, 50, 10);
        assert_int_equal(store_checkpoint(s), 0);
        assert_int_equal(store_wal_pages(s), 0);
    }
    reader_close(&r);
    store_close(&s);
}

static void
a_reader_that_outlives_the_writer_goes_on(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    scratch_fill(s, 1, 1, 2);
    struct reader *r = open_reader(t);
    store_close(&s);
    assert_string_equal(page_text(r, PAGE_LATEST, 0, 50), "1 2");

    s = scratch_open(t);
    scratch_fill(s, 1, 3, 3);
    assert_string_equal(page_text(r, PAGE_LATEST, 0, 50), "1 2 3");
    reader_close(&r);
    store_close(&s);
}

static void
a_reader_never_writes(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    struct reader *r = open_reader(t);

    assert_int_equal(sqlite3_exec(scratch_newest, "DELETE FROM meta", 0, 0, 0),
                     SQLITE_READONLY);
    scratch_expect_no_checkpoint_on_close(scratch_newest);
    reader_close(&r);
    store_close(&s);
}

static void
every_page_uses_an_index(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    struct reader *r = open_reader(t);

    assert_int_equal(scratch_expect_indexes(scratch_newest), 12);
    reader_close(&r);
    store_close(&s);
}

static void
a_missing_database_is_named(void **state)
{
    struct scratch *t = *state;
    struct reader *r = NULL;
    struct err e = {0};

    assert_int_equal(reader_open(t->db, &r, &e), -ENOENT);
    assert_sentence(e, "/loquat.db\": No such file or directory");
    assert_null(r);
}

static void
a_database_of_another_version_is_refused(void **state)
{
    struct scratch *t = *state;
    struct reader *r = NULL;
    struct err e = {0};
    mkdir(t->folder, 0700);
    scratch_sql(t->db, "VACUUM");
    assert_int_equal(reader_open(t->db, &r, &e), -EINVAL);
    assert_sentence(e, "has not been brought up to date");

    struct store *s = scratch_open(t);
    store_close(&s);
    scratch_sql(t->db, "PRAGMA user_version = 9");
    assert_int_equal(reader_open(t->db, &r, &e), -EINVAL);
    assert_sentence(e, "newer loquatd (schema 9, this program knows 4)");
    assert_null(r);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(pages_of_ten_messages),
        scratch_unit_test(
            what_lies_up_to_the_floor_is_as_if_it_were_not_there),
        scratch_unit_test(an_empty_room_has_empty_pages),
        scratch_unit_test(a_message_comes_back_as_it_was_put),
        scratch_unit_test(a_page_ends_before_its_bodies_grow_too_long),
        scratch_unit_test(one_message_always_fits),
        scratch_unit_test(a_limit_beyond_the_maximum_is_clamped),
        scratch_unit_test(a_reader_sees_each_commit_and_nothing_before_it),
        scratch_unit_test(an_idle_reader_does_not_hold_the_log),
        scratch_unit_test(a_reader_that_outlives_the_writer_goes_on),
        scratch_unit_test(a_reader_never_writes),
        scratch_unit_test(every_page_uses_an_index),
        scratch_unit_test(a_missing_database_is_named),
        scratch_unit_test(a_database_of_another_version_is_refused),
    };
    scratch_watch_connections();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
