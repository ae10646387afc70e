/* SPDX-License-Identifier: MIT
 *
 * Who is here, which rooms there are, and who may read what was said. */
#include "hub/play_test.h"

static void
ask(struct play *p, uint64_t session, enum command_kind kind,
    const char *target)
{
    act(p, play_command(p, kind, session, target, NULL, NULL));
}

/* ---- WHO ---- */

static void
everyone_with_a_name_is_listed(void **state)
{
    struct play *p = *state;
    struct command *c;

    enter(p, 1, "alice");
    enter(p, 2, "");
    enter(p, 3, "bob");
    c = play_command(p, COMMAND_AWAY, 3, NULL, NULL, "lunch");
    c->away = true;
    act(p, c);
    forget(p);
    ask(p, 2, COMMAND_WHO, NULL);
    expect(p, "w1 s2 people [ person alice ] [ person bob + lunch ] 2\n");
}

static int64_t
last_active(struct play *p, const char *name)
{
    struct parcel_list l = {0};
    struct parcel *got;
    int64_t ms = 0;

    apply(p, play_command(p, COMMAND_WHO, 9, NULL, NULL, NULL));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    for (size_t i = 0; i < got->event->items_n; i++) {
        if (str_eq(got->event->items[i]->name, str_of(name)))
            ms = got->event->items[i]->time_ms;
    }
    parcel_free(&got);
    return ms;
}

static void
programs_do_not_count_as_activity(void **state)
{
    struct play *p = *state;

    enter(p, 9, "");
    settle(p, 1, "alice");
    assert_int_equal(last_active(p, "alice"), PLAY_NOON);
    p->now_ms += 1000;
    ask(p, 1, COMMAND_PING, NULL);
    ask(p, 1, COMMAND_CURSOR, "#lobby");
    forget(p);
    assert_int_equal(last_active(p, "alice"), PLAY_NOON);
    ask(p, 1, COMMAND_TYPING, "#lobby");
    assert_int_equal(last_active(p, "alice"), PLAY_NOON + 1000);
}

static void
a_rooms_people_are_listed_to_anyone(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "");
    enter(p, 3, "bob");
    forget(p);
    ask(p, 3, COMMAND_WHO, "#lobby");
    ask(p, 3, COMMAND_WHO, "#none");
    ask(p, 3, COMMAND_WHO, "@alice");
    ask(p, 3, COMMAND_WHO, "@nobody");
    expect(p, "w0 s3 people #lobby [ person alice ] 1\n"
              "w0 s3 denied no_such_room #none\n"
              "w0 s3 denied no_such_room @alice\n"
              "w0 s3 denied no_such_person @nobody\n");
    say(p, 3, "@alice", "hi");
    forget(p);
    ask(p, 3, COMMAND_WHO, "@alice");
    expect(p, "w0 s3 people @alice [ person bob ] [ person alice ] 2\n");
}

static void
a_long_list_of_people_is_cut(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;
    char name[16];

    for (uint64_t s = 1; s <= 1001; s++) {
        snprintf(name, sizeof name, "p%llu", (unsigned long long)s);
        settle(p, s, name);
    }
    for (int i = 0; i < 2; i++) {
        const char *target = i ? "#lobby" : "";

        apply(p, play_command(p, COMMAND_WHO, 1, target, NULL, NULL));
        hub_take(p->hub, 0, &l);
        got = parcel_list_pop(&l);
        assert_int_equal(got->event->items_n, 1000);
        assert_int_equal(got->event->count, 1001);
        assert_true(got->event->more);
        assert_int_equal(got->event->command, COMMAND_WHO);
        parcel_free(&got);
    }
}

/* ---- ROOMS ---- */

static void
rooms_are_listed_the_fullest_first(void **state)
{
    struct play *p = *state;
    static const char *const rooms[] = {"#zoo", "#bee", "#ape"};

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    for (int i = 0; i < 3; i++)
        join(p, 1, rooms[i]);
    join(p, 2, "#zoo");
    say(p, 1, "#ape", "hi");
    say(p, 1, "@bob", "secret");
    act(p, play_command(p, COMMAND_TOPIC, 1, "#bee", NULL, "Honey"));
    forget(p);
    ask(p, 1, COMMAND_ROOMS, NULL);
    expect(p, "w0 s1 rooms [ item #lobby 2 ] [ item #zoo 2 ]"
              " [ item 1 #ape 1 ] [ item 1 #bee Honey 1 ]\n");
}

static void
a_list_of_rooms_tells_only_what_is_committed(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    say(p, 1, "#lobby", "hi");
    forget(p);
    apply(p, play_command(p, COMMAND_TOPIC, 1, "#lobby", NULL, "New"));
    apply(p, play_command(p, COMMAND_ROOMS, 1, NULL, NULL, NULL));
    play_commit(p);
    ask(p, 1, COMMAND_ROOMS, NULL);
    expect(p, "w0 room 1 message 2 topic alice New\n"
              "w0 s1 done\n"
              "w0 s1 rooms [ item 1 #lobby 1 ]\n"
              "w0 s1 rooms [ item 2 #lobby New 1 ]\n");
}

static void
a_long_list_of_rooms_is_cut_at_its_emptiest(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;
    const struct event *e;
    char name[16];

    for (uint64_t s = 1; s <= 3; s++) {
        snprintf(name, sizeof name, "p%llu", (unsigned long long)s);
        settle(p, s, name);
    }
    for (int i = 599; i >= 0; i--) {
        snprintf(name, sizeof name, "#r%03d", i);
        join(p, (uint64_t)i / 250 + 1, name);
        if (i % 2 == 0 && i < 250)
            join(p, 2, name);
    }
    forget(p);
    apply(p, play_command(p, COMMAND_ROOMS, 1, NULL, NULL, NULL));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    e = got->event;
    assert_true(e->more);
    assert_int_equal(e->items_n, 500);
    assert_true(str_eq(e->items[0]->room_name, str_of("#lobby")));
    for (size_t i = 1; i < e->items_n; i++) {
        const struct event *a = e->items[i - 1], *b = e->items[i];

        assert_true(a->count > b->count
                    || (a->count == b->count
                        && strncmp(a->room_name.p, b->room_name.p, 5) < 0));
    }
    parcel_free(&got);
}

/* ---- HISTORY ---- */

/* The one job that came out, or NULL; the caller frees it. */
static struct read_job *
job(struct play *p)
{
    struct read_job *j = hub_take_jobs(p->hub);

    assert_null(hub_take_jobs(p->hub));
    if (j != NULL)
        assert_null(j->next);
    return j;
}

static struct command *
reading(struct play *p, uint64_t session, const char *target, uint32_t limit)
{
    struct command *c = play_command(p, COMMAND_HISTORY, session, target,
                                     NULL, NULL);

    c->page = (struct page_query){0, PAGE_BEFORE, 42, limit};
    return c;
}

static void
history_is_a_job_for_a_reader(void **state)
{
    struct play *p = *state;
    struct read_job *j;

    enter(p, 2, "");
    forget(p);
    act(p, reading(p, 2, "#LOBBY", 7));
    expect(p, "");
    j = job(p);
    assert_int_equal(j->query.room, 1);
    assert_int_equal(j->query.mode, PAGE_BEFORE);
    assert_int_equal(j->query.at, 1);      /* nothing has been said yet */
    assert_int_equal(j->query.floor, 0);
    assert_int_equal(j->query.limit, 7);
    assert_int_equal(j->worker, 1);
    assert_int_equal(j->session, 2);
    assert_int_equal(j->request, p->request);
    assert_false(j->catchup);
    assert_int_equal(j->access.kind, ROOM_CHANNEL);
    assert_string_equal(j->room_name, "#lobby");
    free(j);
}

static void
the_page_of_an_empty_room_stays_empty(void **state)
{
    struct play *p = *state;
    struct read_job *j;
    struct command *c;

    settle(p, 1, "alice");
    c = reading(p, 1, "#lobby", 7);
    c->page.mode = PAGE_AFTER;
    act(p, c);
    j = job(p);
    assert_int_equal(j->end, 1);
    free(j);
}

static void
a_page_has_a_default_and_a_largest_size(void **state)
{
    static const uint32_t limits[][2] = {
        {0, 50}, {1, 1}, {500, LIMIT_PAGE_MESSAGES},
        {UINT32_MAX, LIMIT_PAGE_MESSAGES},
    };
    struct play *p = *state;
    struct read_job *j;

    enter(p, 1, "alice");
    for (size_t i = 0; i < 4; i++) {
        act(p, reading(p, 1, "#lobby", limits[i][0]));
        j = job(p);
        assert_int_equal(j->query.limit, limits[i][1]);
        free(j);
    }
}

static void
a_page_of_no_known_kind_is_refused(void **state)
{
    struct play *p = *state;
    struct command *c;

    enter(p, 1, "alice");
    forget(p);
    c = reading(p, 1, "#lobby", 1);
    c->page.mode = (enum page_mode)(PAGE_AROUND + 1);
    act(p, c);
    expect(p, "w0 s1 denied bad_request #lobby\n");
    assert_null(job(p));
}

static void
jobs_keep_their_order(void **state)
{
    struct play *p = *state;
    struct read_job *j;
    uint64_t seen = 0;

    enter(p, 1, "alice");
    for (int i = 0; i < 3; i++)
        apply(p, reading(p, 1, "#lobby", 1));
    j = hub_take_jobs(p->hub);
    while (j != NULL) {
        struct read_job *next = j->next;

        assert_true(j->request > seen);
        seen = j->request;
        free(j);
        j = next;
    }
    assert_int_equal(seen, p->request);
}

static void
the_history_of_a_direct_room_is_for_its_people(void **state)
{
    struct play *p = *state;
    struct read_job *j;

    enter(p, 1, "alice");
    enter(p, 2, "bob");
    say(p, 1, "@bob", "psst");
    play_restart(p);
    enter(p, 1, "alice");
    enter(p, 2, "bob");
    enter(p, 3, "eve");
    forget(p);
    act(p, reading(p, 3, "@bob", 1));
    act(p, reading(p, 3, "@alice", 1));
    act(p, reading(p, 3, "@nobody", 1));
    act(p, reading(p, 3, "#none", 1));
    expect(p, "w0 s3 denied no_such_room @bob\n"
              "w0 s3 denied no_such_room @alice\n"
              "w0 s3 denied no_such_person @nobody\n"
              "w0 s3 denied no_such_room #none\n");
    assert_null(job(p));

    act(p, reading(p, 2, "@Alice", 1));
    expect(p, "");
    j = job(p);
    assert_int_equal(j->query.room, 2);
    assert_int_equal(j->access.kind, ROOM_DIRECT);
    assert_int_equal(j->access.peers[0], 101);
    assert_string_equal(j->room_name, "@alice");
    free(j);
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 1);
}

static void
a_reader_without_a_sender_id_has_no_direct_rooms(void **state)
{
    struct play *p = *state;
    struct command *c = entering(p, 1, "");

    c->sender_id = 0;
    act(p, c);
    enter(p, 2, "bob");
    forget(p);
    join(p, 1, "@bob");
    act(p, reading(p, 1, "@bob", 1));
    expect(p, "w0 s1 denied no_such_room @bob\n"
              "w0 s1 denied no_such_room @bob\n");
    assert_null(job(p));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(everyone_with_a_name_is_listed),
        play_test(programs_do_not_count_as_activity),
        play_test(a_rooms_people_are_listed_to_anyone),
        play_test(a_long_list_of_people_is_cut),
        play_test(rooms_are_listed_the_fullest_first),
        play_test(a_list_of_rooms_tells_only_what_is_committed),
        play_test(a_long_list_of_rooms_is_cut_at_its_emptiest),
        play_test(history_is_a_job_for_a_reader),
        play_test(the_page_of_an_empty_room_stays_empty),
        play_test(a_page_has_a_default_and_a_largest_size),
        play_test(a_page_of_no_known_kind_is_refused),
        play_test(jobs_keep_their_order),
        play_test(the_history_of_a_direct_room_is_for_its_people),
        play_test(a_reader_without_a_sender_id_has_no_direct_rooms),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
