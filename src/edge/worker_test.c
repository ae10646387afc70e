/* SPDX-License-Identifier: MIT
 *
 * What a worker promises about its connections: input in whatever pieces,
 * held and resumed, back-pressure, ends. */
#include "edge/rig_test.h"

/* --- Input -------------------------------------------------------------- */

static const char script[] =
    "NAME bob\nJOIN #r\nPING 1\nSAY #r a\nASK 2\nWHAT\nSAY #r b\nPING 3\n"
    "QUIT\n";
static const char transcript[] =
    "Hello!\nwelcome bob\njoined #r\npong 1\nposted\npong 2\nwhat? WHAT\n"
    "posted\npong 3\n";

static void
bytes_split_at_every_position_give_the_same_commands(void **state)
{
    struct rig *t = *state;

    rig_start(t);
    for (size_t at = 1; at < sizeof(script) - 1; at++) {
        int64_t before = rig_count(t, METRIC_bytes_in_total);
        int fd = client_new(t);

        client_send(fd, script, at);
        rig_await(t, METRIC_bytes_in_total, before + (int64_t)at);
        client_say(fd, script + at);
        client_expect(fd, transcript);
        client_expect_end(fd);
    }
}

static void
bytes_that_come_one_by_one_give_the_same_commands(void **state)
{
    struct rig *t = *state;
    int fd;

    rig_start(t);
    fd = client_new(t);
    for (size_t i = 0; i < sizeof(script) - 1; i++) {
        client_send(fd, script + i, 1);
        poll(NULL, 0, i % 3 == 0);
    }
    client_expect(fd, transcript);
    client_expect_end(fd);
}

static void
held_input_resumes_in_order(void **state)
{
    struct rig *t = *state;
    struct script s;
    int fd;

    rig_start(t);
    fd = client_enter(t, "bob");
    script_init(&s);
    for (int i = 0; i < 3000; i++)
        script_add(&s, i % 7 ? "PING" : "ASK", "pong", i);
    client_talk(fd, s.say.p, s.want.p);
    script_done(&s);
    close(fd);
}

/* More than the worker reads at once, while a command holds all of it. */
static void
a_held_connection_is_read_no_further(void **state)
{
    struct rig *t = *state;
    struct script s;
    int fd;

    rig_start(t);
    fd = client_enter(t, "bob");
    script_init(&s);
    for (int i = 0; i < 40000; i++)
        script_add(&s, i % 1000 ? "PING" : "ASK", "pong", i);
    client_talk(fd, s.say.p, s.want.p);
    script_done(&s);
    close(fd);
}

static void
the_timer_sees_the_rest_of_the_input(void **state)
{
    struct rig *t = *state;
    int fd;

    rig_start(t);
    fd = client_enter(t, "bob");
    client_talk(fd, "TIMER\nhalf", "timer half\n");
    client_talk(fd, "PING 1\n", "pong 1\n");
    close(fd);
}

/* --- The end of input --------------------------------------------------- */

static void
a_half_closed_peer_is_answered_before_the_close(void **state)
{
    struct rig *t = *state;
    int fd;

    rig_start(t);
    fd = client_enter(t, "ann");
    client_talk(fd, "SAY #r hi\n", "posted\n");
    close(fd);

    fd = client_new(t);
    client_say(fd, "NAME bob\nJOIN #r\nPAGE #r\nPING 1\nASK 2\nPING 3");
    shutdown(fd, SHUT_WR);

    client_expect(fd, "Hello!\nwelcome bob\njoined #r\n");
    char got[512] = "";
    client_read(fd, got, sizeof(got) - 1);
    assert_non_null(strstr(got, "page 1\nhi\n"));
    assert_non_null(strstr(got, "pong 3\n"));
    assert_true(strstr(got, "pong 1\n") < strstr(got, "pong 2\n"));
    assert_true(strstr(got, "pong 2\n") < strstr(got, "pong 3\n"));
    client_expect_end(fd);
}

static void
an_end_in_the_middle_of_a_name_is_the_names_end(void **state)
{
    struct rig *t = *state;
    int fd;

    rig_start(t);
    fd = client_new(t);
    client_say(fd, "NAME bob");
    shutdown(fd, SHUT_WR);
    client_expect(fd, "Hello!\nwelcome bob\n");
    client_expect_end(fd);
}

static void
who_leaves_without_a_word_is_told_none(void **state)
{
    struct rig *t = *state;
    int fd;

    rig_start(t);
    fd = client_new(t);
    shutdown(fd, SHUT_WR);
    client_expect_end(fd);
    rig_await_connections(t, 0);
}

static void
a_name_is_free_again_after_its_owner_has_gone(void **state)
{
    struct rig *t = *state;

    rig_start(t);
    for (int i = 0; i < 50; i++) {
        int fd = client_enter(t, "bob");
        if (i % 2)
            client_say(fd, "BYE\nPING 1\n");
        else
            shutdown(fd, SHUT_WR);
        client_expect_end(fd);
    }
}

static void
a_reset_at_any_moment_harms_nobody(void **state)
{
    struct rig *t = *state;
    char say[256];
    int other;

    rig_start(t);
    other = client_enter(t, "witness");
    for (size_t at = 0; at < sizeof(script); at++) {
        int fd = client_new(t);

        snprintf(say, sizeof(say), "NAME x%zu%s", at, script + 8);
        client_send(fd, say, at < strlen(say) ? at : strlen(say));
        if (at % 3 == 0)
            poll(NULL, 0, 1);
        if (at % 2)
            client_reset(fd);
        else
            close(fd);
    }
    rig_await_connections(t, 1);
    client_say(other, "PAGE #r\nQUIT\n");
    char got[4096] = "";
    client_read(other, got, sizeof(got) - 1);
    assert_non_null(strstr(got, "page "));
    client_expect_end(other);
}

/* --- Back-pressure ------------------------------------------------------ */

static void
flood_is_delayed_and_loses_nothing(void **state)
{
    enum { N = 12 };
    struct rig *t = *state;
    int posted = 0, pongs = 0, fd;
    int64_t began;
    FILE *in;
    char line[64];

    t->limits.messages_per_second = 40;
    t->limits.messages_burst = 4;
    rig_start(t);
    fd = client_enter(t, "bob");
    began = clock_mono_ms();
    for (int i = 0; i < N; i++)
        client_say(fd, "SAY #r x\nPING 1\n");
    shutdown(fd, SHUT_WR);

    in = fdopen(fd, "r");
    while (fgets(line, sizeof(line), in)) {
        posted += strcmp(line, "posted\n") == 0;
        pongs += strcmp(line, "pong 1\n") == 0;
    }
    fclose(in);
    assert_int_equal(posted, N);
    assert_int_equal(pongs, N);
    assert_true(clock_mono_ms() - began >= (N - 4) * 1000 / 40);
    assert_true(rig_count(t, METRIC_flood_pauses_total) > 0);
}

static void
loopback_can_be_exempt_from_the_flood_limit(void **state)
{
    struct rig *t = *state;
    int fd;

    t->limits.messages_per_second = 0.01;
    t->limits.messages_burst = 1;
    t->limits.flood_exempt_loopback = true;
    rig_start(t);
    fd = client_enter(t, "bob");
    for (int i = 0; i < 20; i++)
        client_talk(fd, "SAY #r x\n", "posted\n");
    assert_int_equal(rig_count(t, METRIC_flood_pauses_total), 0);
    close(fd);
}

static void
who_waits_for_the_core_gets_its_turn(void **state)
{
    enum { CLIENTS = 4 };
    struct rig *t = *state;
    struct script s;
    char name[8];
    int fds[CLIENTS];

    t->queue_max = 4;
    rig_start(t);
    script_init(&s);
    for (int i = 0; i < 2000; i++)
        script_add(&s, "PING", "pong", i);
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(name, sizeof(name), "bob%d", i);
        fds[i] = client_enter(t, name);
    }
    for (int i = 0; i < CLIENTS; i++)
        client_say(fds[i], s.say.p);
    for (int i = 0; i < CLIENTS; i++)
        client_expect(fds[i], s.want.p);
    assert_true(rig_count(t, METRIC_core_stalls_total) > 0);
    for (int i = 0; i < CLIENTS; i++)
        close(fds[i]);
    script_done(&s);
}

static void
who_ends_while_it_waits_for_the_core_is_let_go(void **state)
{
    struct rig *t = *state;
    char name[16];

    t->queue_max = 1;
    rig_start(t);
    for (int i = 0; i < 60; i++) {
        int fd = client_new(t);

        snprintf(name, sizeof(name), "NAME b%d\n", i);
        client_say(fd, name);
        for (int k = 0; k < i; k++)
            client_say(fd, "PING 1\n");
        client_reset(fd);
    }
    rig_await_connections(t, 0);
}

/* --- Output ------------------------------------------------------------- */

static void
say_many(int fd, int from, int to, size_t bytes)
{
    char *filler = must_alloc(bytes + 1);
    struct buf line;

    memset(filler, 'x', bytes);
    buf_init(&line, bytes + 64);
    for (int i = from; i < to; i++) {
        buf_clear(&line);
        assert_int_equal(buf_printf(&line, "SAY #r %d %s\n", i, filler), 0);
        client_talk(fd, line.p, "posted\n");
    }
    buf_done(&line);
    free(filler);
}

/* "ann: 17 xxx": 17, or -1 at the end. */
static int
read_message(FILE *in)
{
    char *line = NULL;
    size_t cap = 0;
    int number = -1;

    if (getline(&line, &cap, in) > 0)
        sscanf(line, "ann: %d ", &number);
    free(line);
    return number;
}

static void
a_stopped_reader_delays_nobody_and_misses_nothing(void **state)
{
    enum { N = 600, BYTES = 16000 };
    struct rig *t = *state;
    int slow, quick, ann;
    FILE *in;

    t->limits.output_soft_bytes = 64 * 1024;
    t->limits.output_hard_bytes = 512 * 1024;
    rig_start(t);
    slow = client_enter(t, "slow");
    quick = client_enter(t, "quick");
    ann = client_enter(t, "ann");
    in = fdopen(quick, "r");
    for (int i = 0; i < N; i++) {
        say_many(ann, i, i + 1, BYTES);
        assert_int_equal(read_message(in), i);
    }
    fclose(in);
    assert_true(rig_count(t, METRIC_lagging_total) >= 1);

    in = fdopen(slow, "r");
    for (int i = 0; i < N; i++)
        assert_int_equal(read_message(in), i);
    fclose(in);
    close(ann);
}

static void
a_reader_that_takes_nothing_is_cut_at_its_deadline(void **state)
{
    struct rig *t = *state;
    int slow, ann;

    t->limits.output_soft_bytes = 64 * 1024;
    t->limits.output_hard_bytes = 512 * 1024;
    t->limits.stall_ms = 200;
    rig_start(t);
    slow = client_enter(t, "slow");
    ann = client_enter(t, "ann");
    say_many(ann, 0, 600, 16000);
    rig_await_connections(t, 1);
    client_talk(ann, "PING 1\n", "pong 1\n");
    close(slow);
    close(ann);
}

static void
who_asks_faster_than_it_reads_is_read_no_further(void **state)
{
    enum { PAGES = 120 };
    struct rig *t = *state;
    int fd, pages = 0;
    char *line = NULL;
    size_t cap = 0;
    FILE *in;

    t->limits.output_hard_bytes = 300 * 1024;
    rig_start(t);
    fd = client_enter(t, "ann");
    say_many(fd, 0, 10, 12000);
    for (int i = 0; i < PAGES; i++)
        client_say(fd, "PAGE #r\n");
    client_say(fd, "QUIT\n");

    in = fdopen(fd, "r");
    while (getline(&line, &cap, in) > 0)
        pages += strcmp(line, "page 10\n") == 0;
    assert_int_equal(pages, PAGES);
    free(line);
    fclose(in);
}

/* --- The server's end --------------------------------------------------- */

static void
stop_tells_and_closes_everyone_in_whatever_state(void **state)
{
    struct rig *t = *state;
    int silent, greeted, half, named, told, deaf, ann;
    int64_t began;

    t->limits.linger_ms = 300;
    t->limits.grace_ms = 100;
    rig_start(t);
    greeted = client_new(t);
    client_expect(greeted, "Hello!\n");
    named = client_enter(t, "named");
    ann = client_enter(t, "ann");
    deaf = client_enter(t, "deaf");
    told = client_new(t);
    client_talk(told, "LOUD\nNAME told\n", "LOUD!\nwelcome told\n");
    half = client_new(t);
    client_say(half, "LO");
    say_many(ann, 0, 600, 16000);
    silent = client_new(t);

    began = clock_mono_ms();
    rig_stop(t);
    assert_true(clock_mono_ms() - began < 300 + 1000);
    client_expect(told, "farewell: stopping\n");
    client_expect_end(told);
    client_expect_end(silent);
    client_expect_end(half);
    client_expect_end(greeted);
    client_expect_end(ann);
    close(named);
    close(deaf);
}

static void
a_socket_that_comes_after_the_stop_is_closed(void **state)
{
    struct rig *t = *state;
    int fd;

    t->gate_options.connections = 1;
    rig_start(t);
    rig_stop(t);
    for (int i = 0; i < 3; i++) {
        fd = client_new(t);
        client_expect_end(fd);
    }
}

static void
the_gate_hears_of_everyone_who_leaves(void **state)
{
    struct rig *t = *state;

    t->gate_options.connections = 1;
    rig_start(t);
    for (int i = 0; i < 10; i++) {
        int fd = client_new(t);

        client_say(fd, "QUIT\n");
        client_expect(fd, "Hello!\n");
        client_expect_end(fd);
        rig_await_connections(t, 0);
    }
    assert_int_equal(rig_count(t, METRIC_connections_total), 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        rig_unit_test(bytes_split_at_every_position_give_the_same_commands),
        rig_unit_test(bytes_that_come_one_by_one_give_the_same_commands),
        rig_unit_test(held_input_resumes_in_order),
        rig_unit_test(a_held_connection_is_read_no_further),
        rig_unit_test(the_timer_sees_the_rest_of_the_input),
        rig_unit_test(a_half_closed_peer_is_answered_before_the_close),
        rig_unit_test(an_end_in_the_middle_of_a_name_is_the_names_end),
        rig_unit_test(who_leaves_without_a_word_is_told_none),
        rig_unit_test(a_name_is_free_again_after_its_owner_has_gone),
        rig_unit_test(a_reset_at_any_moment_harms_nobody),
        rig_unit_test(flood_is_delayed_and_loses_nothing),
        rig_unit_test(loopback_can_be_exempt_from_the_flood_limit),
        rig_unit_test(who_waits_for_the_core_gets_its_turn),
        rig_unit_test(who_ends_while_it_waits_for_the_core_is_let_go),
        rig_unit_test(a_stopped_reader_delays_nobody_and_misses_nothing),
        rig_unit_test(a_reader_that_takes_nothing_is_cut_at_its_deadline),
        rig_unit_test(who_asks_faster_than_it_reads_is_read_no_further),
        rig_unit_test(stop_tells_and_closes_everyone_in_whatever_state),
        rig_unit_test(a_socket_that_comes_after_the_stop_is_closed),
        rig_unit_test(the_gate_hears_of_everyone_who_leaves),
    };
    return cmocka_run_group_tests_name("worker", tests, rig_main_setup, NULL);
}
