/* SPDX-License-Identifier: MIT
 *
 * The hub as a whole: what the operator does with it, and its end. */
#include "hub/play_test.h"

static void
announce(struct play *p, const char *text)
{
    act(p, play_command(p, COMMAND_ANNOUNCE, 0, NULL, NULL, text));
}

static void
an_announcement_goes_to_every_worker(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    announce(p, "[tea] is ready");
    expect(p, "w0 all announcement [tea] is ready\n"
              "w1 all announcement [tea] is ready\n");
    announce(p, "\033[2J");
    expect(p, "");
}

static void
after_a_stop_only_leaving_counts(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    assert_false(hub_stopping(p->hub));
    act(p, play_command(p, COMMAND_STOP, 0, NULL, NULL, NULL));
    assert_true(hub_stopping(p->hub));
    expect(p, "w0 all stopping\n"
              "w1 all stopping\n");
    say(p, 1, "#lobby", "wait");
    enter(p, 3, "carol");
    announce(p, "late");
    act(p, leaving(p, 1, "", true));
    expect(p, "");
    assert_int_equal(hub_users(p->hub), 1);
    assert_int_equal(hub_tick(p->hub, p->now_ms), INT64_MAX);
}

static void
what_was_posted_before_a_stop_is_kept(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    apply(p, saying(p, 1, "#lobby", "last words"));
    apply(p, play_command(p, COMMAND_STOP, 0, NULL, NULL, NULL));
    apply(p, saying(p, 1, "#lobby", "too late"));
    play_commit(p);
    expect(p, "w0 room 1 message 1 alice last words\n"
              "w0 s1 posted 1\n"
              "w0 all stopping\n"
              "w1 all stopping\n");
    expect_log(p, 1, "1 alice last words\n");
}

static void
a_hub_that_ends_in_the_middle_of_all_leaks_nothing(void **state)
{
    struct play *p = *state;
    struct command *c;

    for (uint64_t s = 1; s <= 6; s++) {
        char name[8];

        snprintf(name, sizeof name, "p%d", (int)s);
        settle(p, s, name);
    }
    settle(p, 7, "");
    c = entering(p, 8, "lost");
    c->resume = true;
    act(p, c);
    act(p, leaving(p, 8, "", false));
    act(p, leaving(p, 2, "", true));
    c = entering(p, 9, "p3");
    c->sender_id = 103;
    act(p, c);
    act(p, play_command(p, COMMAND_HISTORY, 1, "#lobby", NULL, NULL));
    say(p, 1, "@p4", "psst");
    apply(p, saying(p, 1, "#lobby", "never committed"));
    apply(p, play_command(p, COMMAND_TOPIC, 1, "#lobby", NULL, "Nor this"));
    hub_free(&p->hub);
    assert_null(p->hub);
    hub_free(&p->hub);
    assert_int_equal(metrics_sum(p->metrics, METRIC_users), 0);
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 0);
    expect_log(p, 1, "");
}

static void
commands_and_refusals_are_counted(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    say(p, 1, "", "hi");
    say(p, 3, "#lobby", "hi");
    assert_int_equal(metrics_sum(p->metrics, METRIC_commands_total), 4);
    assert_int_equal(metrics_sum(p->metrics, METRIC_denied_total), 2);
    assert_int_equal(metrics_sum(p->metrics, METRIC_commits_total), 0);
}

static void
every_answer_carries_its_request(void **state)
{
    static const enum command_kind asks[] = {
        COMMAND_JOIN, COMMAND_POST, COMMAND_TOPIC, COMMAND_RENAME,
        COMMAND_AWAY, COMMAND_WHO, COMMAND_ROOMS, COMMAND_PING, COMMAND_PART,
        COMMAND_HISTORY,
    };
    struct play *p = *state;

    enter(p, 1, "alice");
    forget(p);
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        struct parcel_list l = {0};
        struct parcel *got;
        unsigned answers = 0;

        apply(p, play_command(p, asks[i], 1, "#room", "alice", "x"));
        hub_commit(p->hub);
        hub_take(p->hub, 0, &l);
        while ((got = parcel_list_pop(&l)) != NULL) {
            if (got->event->request != 0) {
                assert_int_equal(got->event->request, p->request);
                assert_int_equal(got->event->command, asks[i]);
                assert_int_equal(got->session, 1);
                answers++;
            }
            parcel_free(&got);
        }
        assert_int_equal(answers, asks[i] != COMMAND_HISTORY);
    }
    struct read_job *j = hub_take_jobs(p->hub);
    assert_int_equal(j->request, p->request);
    free(j);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(an_announcement_goes_to_every_worker),
        play_test(after_a_stop_only_leaving_counts),
        play_test(what_was_posted_before_a_stop_is_kept),
        play_test(a_hub_that_ends_in_the_middle_of_all_leaks_nothing),
        play_test(commands_and_refusals_are_counted),
        play_test(every_answer_carries_its_request),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
