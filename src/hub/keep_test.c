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
        play_test(a_mute_that_ran_out_loses_its_row_in_the_end),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
