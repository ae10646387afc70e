/* SPDX-License-Identifier: MIT
 *
 * The writer, on real files: what is kept, what is refused, and what is still
 * there after every way to stop. */
#include "base/limits.h"
#include "store/scratch_test.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct client_id cid_a = {{1, 2, 3}};
static const struct client_id cid_b = {{9, 9, 9}};

/* ---- opening ------------------------------------------------------------ */

static void
a_new_store_is_private_and_empty(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    struct stat st;

    assert_int_equal(stat(t->folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(t->db, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_string_equal(store_path(s), t->db);
    assert_int_equal(store_next_room_id(s), 1);

    store_close(&s);
    assert_null(s);
    store_close(&s);
}

static void
the_epoch_is_made_once(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    uint64_t epoch = store_epoch(s);
    store_close(&s);

    s = scratch_open(t);
    assert_true(epoch != 0);
    assert_true(store_epoch(s) == epoch);
    store_close(&s);
}

static void
the_writer_has_its_settings(void **state)
{
    struct store *s = scratch_open(*state);
    sqlite3 *db = scratch_newest;

    assert_int_equal(scratch_number(db, "PRAGMA synchronous"), 2);
    assert_int_equal(scratch_number(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(scratch_number(db, "PRAGMA cache_size"), -65536);
    assert_int_equal(scratch_number(db, "PRAGMA temp_store"), 2);
    assert_int_equal(scratch_number(db, "PRAGMA busy_timeout"), 5000);
    assert_int_equal(scratch_number(db, "PRAGMA trusted_schema"), 0);
    assert_int_equal(scratch_number(db, "PRAGMA journal_size_limit"),
                     64 << 20);
    scratch_expect_no_checkpoint_on_close(db);
    store_close(&s);
}

static void
synchronous_is_what_was_asked_for(void **state)
{
    struct scratch *t = *state;
    static const enum store_sync asked[] = {
        STORE_SYNC_OFF, STORE_SYNC_NORMAL, STORE_SYNC_FULL,
    };

    for (int i = 0; i < 3; i++) {
        struct store *s;
        assert_int_equal(store_open(t->folder, asked[i], &s, NULL), 0);
        assert_int_equal(scratch_number(scratch_newest, "PRAGMA synchronous"),
                         i);
        store_close(&s);
    }
}

static void
every_query_uses_an_index(void **state)
{
    struct store *s = scratch_open(*state);
    assert_int_equal(scratch_expect_indexes(scratch_newest), 51);
    store_close(&s);
}

/* ---- rooms -------------------------------------------------------------- */

static void
a_room_is_found_by_its_key_with_all_it_holds(void **state)
{
    struct store *s = scratch_open(*state);
    struct room_row put = {
        .id = 1, .kind = ROOM_CHANNEL, .name = str_of("#Caf\u00e9"),
        .key = str_of("#caf\u00e9"), .topic = str_of("coffee \u2615"),
        .created_ms = 1234567890123,
    };
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_room(s, &put), 0);
    assert_int_equal(store_commit(s), 0);
    scratch_fill(s, 1, 1, 3);

    struct room_row got;
    int64_t last_ms;
    assert_int_equal(store_find_room(s, put.key, &got, &last_ms), 0);
    assert_int_equal(got.id, 1);
    assert_int_equal(got.kind, ROOM_CHANNEL);
    assert_str_is(got.name, "#Caf\u00e9");
    assert_str_is(got.key, "#caf\u00e9");
    assert_str_is(got.topic, "coffee \u2615");
    assert_int_equal(got.created_ms, 1234567890123);
    assert_int_equal(got.last_seq, 3);
    assert_int_equal(last_ms, 5003);
    assert_int_equal(store_find_room_id(s, 1, &got, &last_ms), 0);
    assert_str_is(got.key, "#caf\u00e9");
    assert_int_equal(got.last_seq, 3);
    assert_int_equal(store_find_room_id(s, 2, &got, &last_ms), -ENOENT);
    store_close(&s);
}

static void
a_missing_room_touches_nothing(void **state)
{
    struct store *s = scratch_open(*state);
    struct room_row got = {.id = 99};
    int64_t last_ms = 98;

    assert_int_equal(store_find_room(s, str_of("#no"), &got, &last_ms),
                     -ENOENT);
    assert_int_equal(store_find_room(s, (struct str){0}, &got, &last_ms),
                     -ENOENT);
    assert_int_equal(got.id, 99);
    assert_int_equal(last_ms, 98);
    store_close(&s);
}

static void
a_silent_room_has_no_last_message(void **state)
{
    struct store *s = scratch_open(*state);
    scratch_put_room(s, 1, "#a");

    struct room_row got;
    int64_t last_ms;
    assert_int_equal(store_find_room(s, str_of("#a"), &got, &last_ms), 0);
    assert_int_equal(got.last_seq, 0);
    assert_int_equal(got.topic.n, 0);
    assert_int_equal(last_ms, 0);
    store_close(&s);
}

static void
the_last_seq_never_falls_below_its_floor(void **state)
{
    struct store *s = scratch_open(*state);
    struct room_row row = scratch_room(1, "#a");
    row.last_seq = 10;
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_room(s, &row), 0);
    assert_int_equal(store_commit(s), 0);

    struct room_row got;
    int64_t last_ms;
    assert_int_equal(store_find_room(s, str_of("#a"), &got, &last_ms), 0);
    assert_int_equal(got.last_seq, 10);

    scratch_fill(s, 1, 11, 12);
    assert_int_equal(store_find_room(s, str_of("#a"), &got, &last_ms), 0);
    assert_int_equal(got.last_seq, 12);
    store_close(&s);
}

static void
a_taken_key_is_refused(void **state)
{
    struct store *s = scratch_open(*state);
    scratch_put_room(s, 1, "#a");
    struct room_row again = scratch_room(2, "#a");

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_room(s, &again), -EIO);
    store_rollback(s);
    assert_int_equal(store_next_room_id(s), 2);
    store_close(&s);
}

static void
a_topic_is_kept(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_set_topic(s, 1, str_of("tea")), 0);
    assert_int_equal(store_commit(s), 0);
    store_close(&s);

    s = scratch_open(t);
    struct room_row got;
    int64_t last_ms;
    assert_int_equal(store_find_room(s, str_of("#a"), &got, &last_ms), 0);
    assert_str_is(got.topic, "tea");
    store_close(&s);
}

enum { LIST_BYTES = 128 };

static void
append_name(void *arg, const struct room_row *row, int64_t last_ms)
{
    char *list = arg;
    size_t n = strlen(list);
    snprintf(list + n, LIST_BYTES - n, "%.*s=%d@%d ", STR_FMT(row->name),
             (int)row->last_seq, (int)last_ms);
}

static void
channels_are_listed_in_the_order_of_their_ids(void **state)
{
    struct store *s = scratch_open(*state);
    struct room_row direct = scratch_room(2, "direct");
    direct.kind = ROOM_DIRECT;
    scratch_put_room(s, 3, "#z");
    scratch_put_room(s, 1, "#b");
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_room(s, &direct), 0);
    assert_int_equal(store_commit(s), 0);
    scratch_put_room(s, 4, "#a");
    scratch_fill(s, 3, 1, 2);

    char list[LIST_BYTES] = "";
    assert_int_equal(store_each_channel(s, append_name, list), 0);
    assert_string_equal(list, "#b=0@0 #z=2@5002 #a=0@0 ");
    assert_int_equal(store_next_room_id(s), 5);
    store_close(&s);
}

/* ---- messages ----------------------------------------------------------- */

static void
a_place_in_a_room_is_given_once(void **state)
{
    struct store *s = scratch_open(*state);
    scratch_put_room(s, 1, "#a");
    scratch_put_room(s, 2, "#b");
    scratch_fill(s, 1, 1, 2);
    struct message again = scratch_message(1, 2, "usurper");

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_message(s, &again), -EIO);
    store_rollback(s);

    scratch_fill(s, 2, 1, 2);
    store_close(&s);
}

static void
a_message_needs_its_room(void **state)
{
    struct store *s = scratch_open(*state);
    struct message m = scratch_message(1, 1, "anyone?");

    assert_int_equal(store_begin(s), 0);
    int r = store_put_message(s, &m);
    if (r == 0)
        r = store_commit(s);
    assert_int_equal(r, -EIO);
    store_rollback(s);
    store_close(&s);
}

static void
a_client_id_finds_the_first_post(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    struct message m = scratch_message(1, 1, "the original");
    m.cid = cid_a;
    m.kind = MESSAGE_ACTION;
    m.sender_id = INT64_MAX;
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_message(s, &m), 0);
    struct message got;
    assert_int_equal(store_find_post(s, INT64_MAX, &cid_a, &got), 0);
    assert_int_equal(store_commit(s), 0);
    store_close(&s);

    s = scratch_open(t);
    memset(&got, 0, sizeof got);
    assert_int_equal(store_find_post(s, INT64_MAX, &cid_a, &got), 0);
    assert_int_equal(got.room, 1);
    assert_int_equal(got.seq, 1);
    assert_int_equal(got.time_ms, 5001);
    assert_true(got.sender_id == INT64_MAX);
    assert_int_equal(got.kind, MESSAGE_ACTION);
    assert_memory_equal(&got.cid, &cid_a, sizeof cid_a);
    assert_str_is(got.sender, "alice");
    assert_str_is(got.body, "the original");
    store_close(&s);
}

static void
a_client_id_counts_for_its_sender_only(void **state)
{
    struct store *s = scratch_open(*state);
    scratch_put_room(s, 1, "#a");
    struct message m = scratch_message(1, 1, "mine");
    m.cid = cid_a;
    struct message other = scratch_message(1, 2, "hers");
    other.cid = cid_a;
    other.sender_id = 8;
    struct message got = {.seq = 77};

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_message(s, &m), 0);
    assert_int_equal(store_find_post(s, 8, &cid_a, &got), -ENOENT);
    assert_int_equal(store_find_post(s, 7, &cid_b, &got), -ENOENT);
    assert_int_equal(got.seq, 77);
    assert_int_equal(store_put_message(s, &other), 0);
    assert_int_equal(store_find_post(s, 8, &cid_a, &got), 0);
    assert_int_equal(got.seq, 2);
    assert_int_equal(store_commit(s), 0);
    store_close(&s);
}

static void
a_client_id_is_never_kept_twice(void **state)
{
    struct store *s = scratch_open(*state);
    scratch_put_room(s, 1, "#a");
    struct message m = scratch_message(1, 1, "once");
    m.cid = cid_a;

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_message(s, &m), 0);
    m.seq = 2;
    assert_int_equal(store_put_message(s, &m), -EIO);
    store_rollback(s);
    store_close(&s);
}

static void
the_largest_message_comes_back_whole(void **state)
{
    struct store *s = scratch_open(*state);
    scratch_put_room(s, 1, "#a");
    size_t n = LIMIT_MESSAGE_BYTES;
    char *body = must_alloc(n);
    for (size_t i = 0; i < n; i++)
        body[i] = (char)('a' + i % 26);
    struct message m = scratch_message(1, 1, "");
    m.cid = cid_a;
    m.body = (struct str){body, n};

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_message(s, &m), 0);
    assert_int_equal(store_commit(s), 0);
    struct message got;
    assert_int_equal(store_find_post(s, 7, &cid_a, &got), 0);
    assert_true(str_eq(got.body, m.body));
    free(body);
    store_close(&s);
}

/* ---- transactions and endings ------------------------------------------- */

static uint64_t
last_seq(struct store *s, const char *key)
{
    struct room_row got = {0};
    int64_t last_ms;
    assert_int_equal(store_find_room(s, str_of(key), &got, &last_ms), 0);
    return got.last_seq;
}

static void
what_is_rolled_back_leaves_nothing(void **state)
{
    struct store *s = scratch_open(*state);
    scratch_put_room(s, 1, "#a");
    scratch_fill(s, 1, 1, 1);
    struct room_row room = scratch_room(2, "#b");
    struct message m = scratch_message(1, 2, "never said");
    m.cid = cid_a;

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_room(s, &room), 0);
    assert_int_equal(store_put_message(s, &m), 0);
    assert_int_equal(store_set_topic(s, 1, str_of("gone")), 0);
    assert_int_equal(store_next_room_id(s), 3);
    store_rollback(s);
    store_rollback(s);

    struct room_row got;
    struct message post;
    int64_t last_ms;
    assert_int_equal(store_next_room_id(s), 2);
    assert_int_equal(store_find_room(s, str_of("#b"), &got, &last_ms),
                     -ENOENT);
    assert_int_equal(store_find_post(s, 7, &cid_a, &post), -ENOENT);
    assert_int_equal(last_seq(s, "#a"), 1);
    assert_int_equal(store_find_room(s, str_of("#a"), &got, &last_ms), 0);
    assert_int_equal(got.topic.n, 0);
    scratch_fill(s, 1, 2, 2);
    store_close(&s);
}

static void
what_was_committed_survives_closing(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    scratch_fill(s, 1, 1, 20);
    assert_int_equal(store_begin(s), 0);
    struct message m = scratch_message(1, 21, "unfinished");
    assert_int_equal(store_put_message(s, &m), 0);
    store_close(&s);

    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", t->db);
    assert_int_equal(access(wal, F_OK), -1);
    s = scratch_open(t);
    assert_int_equal(store_next_room_id(s), 2);
    assert_int_equal(last_seq(s, "#a"), 20);
    store_close(&s);
}

/* Commits 1..20, writes 21 without a commit, and is killed. */
static void
write_and_die(const struct scratch *t)
{
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    scratch_fill(s, 1, 1, 10);
    assert_int_equal(store_checkpoint(s), 0);
    scratch_fill(s, 1, 11, 20);
    assert_int_equal(store_begin(s), 0);
    struct message m = scratch_message(1, 21, "unfinished");
    assert_int_equal(store_put_message(s, &m), 0);
    kill(getpid(), SIGKILL);
}

static void
what_was_committed_survives_a_killed_writer(void **state)
{
    struct scratch *t = *state;
    pid_t child = fork();
    if (child == 0) {
        write_and_die(t);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));

    struct store *s = scratch_open(t);
    assert_int_equal(last_seq(s, "#a"), 20);
    scratch_fill(s, 1, 21, 30);
    assert_int_equal(last_seq(s, "#a"), 30);
    store_close(&s);
}

/* Fills the room until the disk is full; returns the highest seq that was
 * committed. */
static uint64_t
fill_until_refused(struct store *s, uint64_t seq)
{
    char *body = must_alloc(4000);
    memset(body, 'x', 3999);
    int r = 0;
    while (r == 0 && seq < 5000) {
        struct message m = scratch_message(1, seq + 1, body);
        r = store_begin(s);
        if (r == 0)
            r = store_put_message(s, &m);
        if (r == 0)
            r = store_commit(s);
        if (r == 0)
            seq++;
    }
    store_rollback(s);
    free(body);
    assert_int_equal(r, -ENOSPC);
    return seq;
}

static void
a_full_database_is_told_and_passes(void **state)
{
    struct store *s = scratch_open(*state);
    scratch_put_room(s, 1, "#a");
    scratch_number(scratch_newest, "PRAGMA max_page_count = 100");

    uint64_t seq = fill_until_refused(s, 0);
    assert_true(seq > 20);
    assert_int_equal(last_seq(s, "#a"), seq);
    assert_int_equal(fill_until_refused(s, seq), seq);

    scratch_number(scratch_newest, "PRAGMA max_page_count = 100000");
    scratch_fill(s, 1, seq + 1, seq + 10);
    assert_int_equal(last_seq(s, "#a"), seq + 10);
    store_close(&s);
}

static void
limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
a_log_that_cannot_grow_is_told_and_passes(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    signal(SIGXFSZ, SIG_IGN);

    limit_file_size(1 << 20);
    uint64_t seq = fill_until_refused(s, 0);
    uint64_t again = fill_until_refused(s, seq);
    limit_file_size(RLIM_INFINITY);

    assert_true(seq > 20);
    assert_int_equal(last_seq(s, "#a"), again);
    scratch_fill(s, 1, again + 1, again + 10);
    store_close(&s);
    s = scratch_open(t);
    assert_int_equal(last_seq(s, "#a"), again + 10);
    store_close(&s);
}

static void
a_checkpoint_that_finds_no_space_is_told_and_passes(void **state)
{
    struct store *s = scratch_open(*state);
    scratch_put_room(s, 1, "#a");
    assert_int_equal(store_checkpoint(s), 0);
    scratch_fill(s, 1, 1, 2000);
    signal(SIGXFSZ, SIG_IGN);

    limit_file_size(64 << 10);
    int r = store_checkpoint(s);
    limit_file_size(RLIM_INFINITY);

    assert_int_equal(r, -ENOSPC);
    assert_int_equal(store_checkpoint(s), 0);
    assert_int_equal(last_seq(s, "#a"), 2000);
    store_close(&s);
}

static void
the_log_is_moved_only_when_told(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#a");
    assert_int_equal(store_checkpoint(s), 0);
    assert_int_equal(store_wal_pages(s), 0);
    struct stat before, after;
    assert_int_equal(stat(t->db, &before), 0);

    for (uint64_t i = 0; i < 400; i++)
        scratch_fill(s, 1, i * 10 + 1, i * 10 + 10);
    assert_true(store_wal_pages(s) > 1000);
    assert_int_equal(stat(t->db, &after), 0);
    assert_int_equal(before.st_size, after.st_size);

    assert_int_equal(store_checkpoint(s), 0);
    assert_int_equal(store_wal_pages(s), 0);
    assert_int_equal(stat(t->db, &after), 0);
    assert_true(after.st_size > before.st_size);
    scratch_fill(s, 1, 4001, 4001);
    assert_in_range(store_wal_pages(s), 1, 10);
    store_close(&s);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(a_new_store_is_private_and_empty),
        scratch_unit_test(the_epoch_is_made_once),
        scratch_unit_test(the_writer_has_its_settings),
        scratch_unit_test(synchronous_is_what_was_asked_for),
        scratch_unit_test(every_query_uses_an_index),
        scratch_unit_test(a_room_is_found_by_its_key_with_all_it_holds),
        scratch_unit_test(a_missing_room_touches_nothing),
        scratch_unit_test(a_silent_room_has_no_last_message),
        scratch_unit_test(the_last_seq_never_falls_below_its_floor),
        scratch_unit_test(a_taken_key_is_refused),
        scratch_unit_test(a_topic_is_kept),
        scratch_unit_test(channels_are_listed_in_the_order_of_their_ids),
        scratch_unit_test(a_place_in_a_room_is_given_once),
        scratch_unit_test(a_message_needs_its_room),
        scratch_unit_test(a_client_id_finds_the_first_post),
        scratch_unit_test(a_client_id_counts_for_its_sender_only),
        scratch_unit_test(a_client_id_is_never_kept_twice),
        scratch_unit_test(the_largest_message_comes_back_whole),
        scratch_unit_test(what_is_rolled_back_leaves_nothing),
        scratch_unit_test(what_was_committed_survives_closing),
        scratch_unit_test(what_was_committed_survives_a_killed_writer),
        scratch_unit_test(a_full_database_is_told_and_passes),
        scratch_unit_test(a_log_that_cannot_grow_is_told_and_passes),
        scratch_unit_test(a_checkpoint_that_finds_no_space_is_told_and_passes),
        scratch_unit_test(the_log_is_moved_only_when_told),
    };
    scratch_watch_connections();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
