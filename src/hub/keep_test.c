/* SPDX-License-Identifier: MIT */
#include "hub/fault_test.h"
#include "hub/rights_test.h"

#include "hub/keep.h"
#include <errno.h>

WRAP(store_commit, (struct store *s), (s))

static void
keep(struct play *p, int64_t later_ms)
{
    p->now_ms += later_ms;
    hub_tick(p->hub, p->now_ms);
    play_commit(p);
}

static void
say_many(struct play *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        apply(p, saying(p, 1, "#cats", "x"));
    play_commit(p);
    forget(p);
}

static void
no_more_messages_than_wanted_are_kept(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_KEEP, "2"));
    say_many(p, 5);
    keep(p, 60000);
    expect_log(p, 2, "4 ann x\n5 ann x\n");
    act(p, play_command(p, COMMAND_ROOM, 1, "#cats", NULL, NULL));
    expect(p, "w0 s1 room =owner 5 #cats ann 4/0 4\n");
    play_restart(p);
    rights_enter(p, 1, 1, "ann");
    quietly(p, saying(p, 1, "#cats", "next"));
    keep(p, 60000);
    expect_log(p, 2, "5 ann x\n6 ann next\n");
}

static void
what_is_older_than_wanted_goes_with_its_files(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_KEEP, "1h"));
    say_many(p, 1);
    quietly(p, uploading(p, 4, "#cats", 7, 100));
    quietly(p, sharing(p, 4, 7, 100));
    p->now_ms += 1800000;
    say_many(p, 1);
    keep(p, 1800001);
    expect_moves(p, "7 ");
    expect_log(p, 2, "3 ann x\n");
    act(p, play_file_command(p, COMMAND_FETCH, 1, 7, 0));
    expect(p, "w0 s1 denied no_such_file\n");
}

static void
a_room_of_which_nothing_is_left_goes_on_where_it_was(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_KEEP, "1h"));
    say_many(p, 3);
    keep(p, 3600001);
    expect_log(p, 2, "");
    play_restart(p);
    rights_enter(p, 1, 1, "ann");
    act(p, saying(p, 1, "#cats", "on"));
    expect(p, "w0 s1 posted 4\n");
}

static void
much_goes_in_several_ticks(void **state)
{
    struct play *p = *state;
    int64_t next_ms;

    rights_cats(p);
    say_many(p, 2 * KEEP_MESSAGES + 3);
    quietly(p, setting(p, 1, "#cats", SETTING_KEEP, "1"));
    for (int i = 0; i < 2; i++) {
        next_ms = hub_tick(p->hub, p->now_ms);
        play_commit(p);
        assert_true(next_ms < p->now_ms + 1000);
        p->now_ms = next_ms;
    }
    next_ms = hub_tick(p->hub, p->now_ms);
    play_commit(p);
    assert_true(next_ms > p->now_ms + 1000);
    expect_log(p, 2, "1003 ann x\n");
}

/* A full disk is asked again in a while, not fifty times a second. */
static void
what_could_not_be_dropped_is_tried_again_later(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    say_many(p, KEEP_MESSAGES + 3);
    quietly(p, setting(p, 1, "#cats", SETTING_KEEP, "1"));
    p->now_ms += 3600000;
    hub_tick(p->hub, p->now_ms);
    fail_at("store_commit", 0, -ENOSPC);
    play_commit(p);
    assert_int_equal(p->commit, -ENOSPC);
    assert_true(hub_tick(p->hub, p->now_ms + 1000) >= p->now_ms + 60000);
    assert_false(hub_has_written(p->hub));
    keep(p, 60000);
    keep(p, 60000);
    expect_log(p, 2, "503 ann x\n");
}

static uint64_t
files_bytes(struct play *p, enum usage_scope scope, uint64_t id)
{
    uint64_t bytes;

    assert_int_equal(store_usage(p->store, scope, id, &bytes), 0);
    return bytes;
}

/* ann's #cats, where dan has shared a file, closed. */
static void
closed_cats(struct play *p, int64_t keep_ms)
{
    p->options.closed_keep_ms = keep_ms;
    rights_cats(p);
    say_many(p, 2);
    quietly(p, uploading(p, 4, "#cats", 7, 100));
    quietly(p, sharing(p, 4, 7, 100));
    quietly(p, play_command(p, COMMAND_CLOSE_ROOM, 1, "#cats", NULL, NULL));
}

static void
what_was_said_in_a_closed_room_goes_in_the_end(void **state)
{
    struct play *p = *state;

    closed_cats(p, 86400000);
    keep(p, 86400000 - 1);
    expect_moves(p, "");
    assert_int_equal(files_bytes(p, USAGE_ROOM, 2), 100);
    keep(p, 3600000);
    expect_moves(p, "7 ");
    expect_log(p, 2, "");
    assert_int_equal(files_bytes(p, USAGE_ROOM, 2), 0);
    assert_int_equal(files_bytes(p, USAGE_TOTAL, 0), 0);
    keep(p, 3600000);
    expect_moves(p, "");
}

static void
a_closed_room_is_not_forgotten_over_a_restart(void **state)
{
    struct play *p = *state;

    closed_cats(p, 86400000);
    play_restart(p);
    keep(p, 3600000);
    expect_moves(p, "");
    p->now_ms += 86400000;
    play_restart(p);
    keep(p, 3600000);
    expect_moves(p, "7 ");
    expect_log(p, 2, "");
    assert_int_equal(files_bytes(p, USAGE_TOTAL, 0), 0);
}

static void
a_closed_room_stays_where_all_is_kept(void **state)
{
    struct play *p = *state;

    closed_cats(p, 0);
    keep(p, 3650 * (int64_t)86400000);
    expect_moves(p, "");
    assert_int_equal(files_bytes(p, USAGE_ROOM, 2), 100);
}

static void
a_closed_room_of_many_messages_goes_in_several_ticks(void **state)
{
    struct play *p = *state;
    int64_t next_ms;

    p->options.closed_keep_ms = 1000;
    rights_cats(p);
    say_many(p, 2 * KEEP_MESSAGES);
    quietly(p, play_command(p, COMMAND_CLOSE_ROOM, 1, "#cats", NULL, NULL));
    keep(p, 3600000);
    next_ms = hub_tick(p->hub, p->now_ms + 20);
    play_commit(p);
    assert_true(next_ms <= p->now_ms + 1000);
    expect_log(p, 2, "");
}

static unsigned
audited(struct play *p)
{
    unsigned n = 0;

    assert_int_equal(store_begin(p->store), 0);
    assert_int_equal(store_drop_audit(p->store, INT64_MAX, 1000, &n), 0);
    store_rollback(p->store);
    return n;
}

static void
the_audit_is_kept_for_its_time(void **state)
{
    struct play *p = *state;
    unsigned before;

    p->options.audit_keep_ms = 86400000;
    rights_cats(p);
    before = audited(p);
    quietly(p, giving(p, 1, "#cats", "bob", ROLE_MODERATOR));
    p->now_ms += 43200000;
    quietly(p, giving(p, 1, "#cats", "bob", ROLE_MEMBER));
    assert_int_equal(audited(p), before + 2);
    keep(p, 43200001);
    assert_int_equal(audited(p), 1);
    keep(p, 43200000);
    assert_int_equal(audited(p), 0);
}

/* The whole batch is taken back, and done again. */
static void
a_closed_room_that_could_not_go_is_tried_again(void **state)
{
    struct play *p = *state;

    closed_cats(p, 1000);
    p->now_ms += 3600000;
    hub_tick(p->hub, p->now_ms);
    fail_at("store_commit", 0, -ENOSPC);
    play_commit(p);
    expect_moves(p, "");
    keep(p, 60000);
    expect_moves(p, "7 ");
    expect_log(p, 2, "");
}

static void
a_mute_that_ran_out_loses_its_row_in_the_end(void **state)
{
    struct play *p = *state;
    int64_t next_ms;

    rights_cats(p);
    quietly(p, banning(p, 1, "#cats", "bob", true, 1000));
    p->now_ms += 1000;
    hub_tick(p->hub, p->now_ms);
    fail_at("store_commit", 0, -ENOSPC);
    play_commit(p);
    forget(p);
    next_ms = hub_tick(p->hub, p->now_ms);
    assert_true(next_ms > p->now_ms && next_ms <= p->now_ms + 60000);
    keep(p, 60000);
    expect(p, "w0 room 2 standing =member bob +\n"
              "w1 room 2 standing =member bob +\n");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        play_test(no_more_messages_than_wanted_are_kept),
        play_test(what_is_older_than_wanted_goes_with_its_files),
        play_test(a_room_of_which_nothing_is_left_goes_on_where_it_was),
        play_test(much_goes_in_several_ticks),
        play_test(what_could_not_be_dropped_is_tried_again_later),
        play_test(what_was_said_in_a_closed_room_goes_in_the_end),
        play_test(a_closed_room_is_not_forgotten_over_a_restart),
        play_test(a_closed_room_stays_where_all_is_kept),
        play_test(a_closed_room_of_many_messages_goes_in_several_ticks),
        play_test(the_audit_is_kept_for_its_time),
        play_test(a_closed_room_that_could_not_go_is_tried_again),
        play_test(a_mute_that_ran_out_loses_its_row_in_the_end),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
