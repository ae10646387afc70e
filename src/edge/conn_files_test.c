/* SPDX-License-Identifier: MIT
 *
 * Output that is made as the socket takes it. */
#include "edge/pipe_test.h"

static struct rig *
start(void **state)
{
    struct rig *t = *state;

    t->dialects = pipes;
    most_queued = most_taken = drains = 0;
    rig_start(t);
    return t;
}

static void
expect_file(int fd, size_t n)
{
    uint8_t *got = must_alloc(n);

    assert_int_equal(client_read(fd, (char *)got, n), n);
    assert_memory_equal(got, file_p, n);
    free(got);
    client_expect(fd, "done\n");
}

/* As client_new(), with a small buffer at this end. */
static int
slow_client(struct rig *t)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof(peer);
    int fd = socket(AF_INET, SOCK_STREAM, 0), other, small = 16384;

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    assert_int_equal(connect(fd, (void *)&t->address, sizeof(t->address)), 0);
    other = accept(t->listener, (void *)&peer, &len);
    assert_true(other >= 0);
    setsockopt(other, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    assert_null(gate_admit(t->gate, &peer, clock_mono_ms()));
    worker_adopt(t->worker, other, &peer);
    return fd;
}

/* --- Draining ----------------------------------------------------------- */

static void
a_file_comes_behind_what_was_queued_and_whole(void **state)
{
    struct rig *t = start(state);
    int fd = client_enter(t, "bob");

    client_talk(fd, "FILE 33554432\n", "file 33554432\n");
    expect_file(fd, FILE_BYTES);
    client_talk(fd, "PING 1\n", "pong 1\n");
    assert_true(rig_count(t, METRIC_bytes_out_total) > FILE_BYTES);
    assert_true(rig_count(t, METRIC_writes_total) < FILE_BYTES / 32768);
    close(fd);
}

static void
a_file_through_a_small_socket_is_whole(void **state)
{
    struct rig *t = start(state);
    int fd = slow_client(t);

    client_say(fd, "HURRY\nFILE 3000000\n");
    client_expect(fd, "Hello!\nfile 3000000\n");
    expect_file(fd, 3000000);
    close(fd);
}

static void
pieces_are_queued_only_as_fast_as_they_go(void **state)
{
    struct rig *t = start(state);
    int fd = slow_client(t);

    client_say(fd, "PIECES 8000000\n");
    client_expect(fd, "Hello!\nfile 8000000\n");
    expect_file(fd, 8000000);
    close(fd);
    rig_await_connections(t, 0);
    assert_true(most_queued <= LIMIT_PIECE_BYTES);
    assert_true(drains >= 8000000 / LIMIT_PIECE_BYTES);
}

static void
a_reader_that_stands_still_holds_up_nobody(void **state)
{
    struct rig *t = start(state);
    int stuck = client_new(t), fd = client_enter(t, "bob");

    client_say(stuck, "FILE 33554432\n");
    client_talk(fd, "FILE 33554432\n", "file 33554432\n");
    expect_file(fd, FILE_BYTES);
    client_talk(fd, "PING 1\n", "pong 1\n");
    client_expect(stuck, "Hello!\nfile 33554432\n");
    expect_file(stuck, FILE_BYTES);
    close(stuck);
    close(fd);
}

/* Its socket takes megabytes at once, and the others wait for no more than
 * one of them. */
static void
a_fast_reader_gets_a_mebibyte_in_a_turn(void **state)
{
    struct rig *t = start(state);
    int fast = client_new(t), fd = client_enter(t, "bob");

    client_say(fast, "FILE 33554432\n");
    client_talk(fd, "ASK 1\n", "pong 1\n");
    client_expect(fast, "Hello!\nfile 33554432\n");
    expect_file(fast, FILE_BYTES);
    client_talk(fd, "ASK 2\n", "pong 2\n");
    assert_in_range(most_taken, 256 * 1024, 1024 * 1024);
    close(fast);
    close(fd);
}

static void
who_drains_nothing_is_not_asked_for_ever(void **state)
{
    struct rig *t = start(state);
    int fd = client_enter(t, "bob");
    size_t before;

    client_talk(fd, "IDLE\nASK 1\n", "pong 1\n");
    before = drains;
    assert_true(before > 0);
    poll(NULL, 0, 100);
    client_talk(fd, "ASK 2\n", "pong 2\n");
    assert_in_range(drains, before + 1, before + 8);
    close(fd);
}

/* --- Stalled and slow --------------------------------------------------- */

static void
a_file_reader_that_takes_nothing_is_cut(void **state)
{
    struct rig *t = *state;
    int64_t began = clock_mono_ms();
    int fd;

    t->limits.stall_ms = 200;
    start(state);
    fd = slow_client(t);
    client_say(fd, "FILE 33554432\n");
    rig_await(t, METRIC_bytes_out_total, 20);
    rig_await_connections(t, 0);
    assert_true(clock_mono_ms() - began >= 200);
    close(fd);
}

/* Little by little, so that the socket of megabytes never says that it has
 * room. */
static void
a_file_reader_that_is_slow_is_not(void **state)
{
    struct rig *t = *state;
    char got[4096];
    int fd;

    t->limits.stall_ms = 200;
    start(state);
    fd = client_new(t);
    client_talk(fd, "FILE 33554432\n", "Hello!\nfile 33554432\n");
    for (int i = 0; i < 40; i++) {
        for (int k = 0; k < 25; k++)
            assert_int_equal(client_read(fd, got, sizeof(got)), sizeof(got));
        poll(NULL, 0, 20);
    }
    assert_int_equal(worker_connections(t->worker), 1);
    close(fd);
}

/* --- Occupied ----------------------------------------------------------- */

static void
nothing_live_is_told_into_a_file_and_nothing_is_lost(void **state)
{
    struct rig *t = start(state);
    int ann = client_enter(t, "ann"), bob = client_enter(t, "bob");
    struct str none = {0};

    client_talk(bob, "OCCUPY\n", "occupied\n");
    for (int i = 0; i < 20; i++)
        client_talk(ann, "SAY #r x\n", "posted\n");
    core_operate(t->core, command_new(COMMAND_ANNOUNCE, none, none,
                                      str_of("soon")));
    client_expect(ann, "[SERVER] soon\n");
    client_talk(bob, "FILE 1000\n", "file 1000\n");
    expect_file(bob, 1000);
    client_talk(bob, "PING 1\n", "pong 1\n");
    client_talk(bob, "FREE\n", "free\n[SERVER] soon\n");
    for (int i = 0; i < 20; i++)
        client_expect(bob, "ann: x\n");
    client_talk(ann, "SAY #r live\n", "posted\n");
    client_expect(bob, "ann: live\n");
    close(ann);
    close(bob);
}

static void
what_is_set_aside_is_bounded(void **state)
{
    struct rig *t = *state;
    struct str none = {0};
    int ann, bob;

    t->limits.output_soft_bytes = 40;
    start(state);
    ann = client_enter(t, "ann");
    bob = client_enter(t, "bob");
    client_talk(bob, "OCCUPY\n", "occupied\n");
    for (int i = 0; i < 5; i++)
        core_operate(t->core, command_new(COMMAND_ANNOUNCE, none, none,
                                          str_of("soon")));
    for (int i = 0; i < 5; i++)
        client_expect(ann, "[SERVER] soon\n");
    client_talk(bob, "FREE\nPING 1\n",
                "free\n[SERVER] soon\n[SERVER] soon\npong 1\n");
    close(ann);
    close(bob);
}

static void
who_leaves_while_occupied_leaves_nothing_behind(void **state)
{
    struct rig *t = start(state);
    struct str none = {0};
    int ann = client_enter(t, "ann"), bob = client_enter(t, "bob");

    client_talk(bob, "OCCUPY\n", "occupied\n");
    core_operate(t->core, command_new(COMMAND_ANNOUNCE, none, none,
                                      str_of("soon")));
    client_talk(ann, "PING 1\n", "[SERVER] soon\npong 1\n");
    client_reset(bob);
    rig_await_connections(t, 1);
    close(ann);
}

/* --- Serving ------------------------------------------------------------ */

static void
who_serves_needs_no_name(void **state)
{
    struct rig *t = *state;
    char line[] = "PING 1\n";
    int fd;

    t->limits.first_ms = t->limits.login_ms = 100;
    t->limits.prelogin_bytes = 64;
    start(state);
    fd = client_new(t);
    client_talk(fd, "SERVE\n", "Hello!\nserving\n");
    poll(NULL, 0, 300);
    for (int i = 0; i < 100; i++)
        client_talk(fd, line, "denied no_name\n");
    close(fd);
}

/* It sends on and on, and must see the answer all the same. */
static void
last_words_reach_a_peer_that_is_still_sending(void **state)
{
    struct rig *t = start(state);
    static char junk[256 * 1024];
    int fd = client_new(t);

    client_talk(fd, "SERVE\n", "Hello!\nserving\n");
    client_say(fd, "BYE\n");
    for (int i = 0; i < 8; i++)
        client_send(fd, junk, sizeof(junk));
    shutdown(fd, SHUT_WR);
    client_expect_end(fd);
    rig_await_connections(t, 0);
}

static void
a_peer_that_never_ends_is_not_waited_for_long(void **state)
{
    struct rig *t = *state;
    int64_t began;
    int fd;

    t->limits.linger_ms = 200;
    start(state);
    fd = client_new(t);
    client_talk(fd, "SERVE\n", "Hello!\nserving\n");
    began = clock_mono_ms();
    client_say(fd, "BYE\n");
    rig_await_connections(t, 0);
    assert_true(clock_mono_ms() - began >= 200);
    client_expect_end(fd);
}

static void
a_reset_is_no_clean_end(void **state)
{
    struct rig *t = start(state);
    int fd = client_new(t);
    char got[64];
    ssize_t n;

    client_talk(fd, "PING 1\n", "Hello!\ndenied no_name\n");
    client_say(fd, "RESET\n");
    while ((n = recv(fd, got, sizeof(got), 0)) > 0)
        continue;
    assert_int_equal(n, -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
}

/* --- Movers ------------------------------------------------------------- */

static void
what_is_asked_of_the_movers_bears_who_asks(void **state)
{
    struct rig *t = start(state);
    int fd = client_new(t);

    moves = forgotten = 0;
    grows = true;
    client_talk(fd, "MOVE 7\nPING 1\n", "Hello!\ndenied no_name\n");
    pthread_mutex_lock(&moved_lock);
    assert_int_equal(moved.what, MOVE_WARM);
    assert_int_equal(moved.request, 7);
    assert_int_equal(moved.worker, 0);
    assert_int_equal(moved.session, 1);
    pthread_mutex_unlock(&moved_lock);

    client_talk(fd, "GROW 8\n", "waits\n");
    pthread_mutex_lock(&moved_lock);
    assert_int_equal(moved.what, MOVE_GREW);
    assert_int_equal(moved.request, 8);
    assert_int_equal(moved.session, 1);
    assert_int_equal(moved.offset, 4711);
    grows = false;
    pthread_mutex_unlock(&moved_lock);
    client_talk(fd, "GROW 9\nFORGET 9\nPING 1\n", "grown\ndenied no_name\n");
    assert_int_equal(moves, 4);
    assert_int_equal(forgotten, 1);
    assert_int_equal(moved.request, 9);
    close(fd);
}

/* --- Running ------------------------------------------------------------ */

static int
files_setup(void **state)
{
    char path[] = "/tmp/loquat-edge-file-XXXXXX";

    file_fd = mkstemp(path);
    file_p = must_alloc(FILE_BYTES);
    for (size_t i = 0; i < FILE_BYTES; i++)
        file_p[i] = (uint8_t)(i * 7 % 251);
    unlink(path);
    if (write(file_fd, file_p, FILE_BYTES) != FILE_BYTES)
        return -1;
    return rig_main_setup(state);
}

static int
files_teardown(void **state)
{
    (void)state;
    free(file_p);
    return close(file_fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        rig_unit_test(a_file_comes_behind_what_was_queued_and_whole),
        rig_unit_test(a_file_through_a_small_socket_is_whole),
        rig_unit_test(pieces_are_queued_only_as_fast_as_they_go),
        rig_unit_test(a_reader_that_stands_still_holds_up_nobody),
        rig_unit_test(a_fast_reader_gets_a_mebibyte_in_a_turn),
        rig_unit_test(who_drains_nothing_is_not_asked_for_ever),
        rig_unit_test(a_file_reader_that_takes_nothing_is_cut),
        rig_unit_test(a_file_reader_that_is_slow_is_not),
        rig_unit_test(nothing_live_is_told_into_a_file_and_nothing_is_lost),
        rig_unit_test(what_is_set_aside_is_bounded),
        rig_unit_test(who_leaves_while_occupied_leaves_nothing_behind),
        rig_unit_test(who_serves_needs_no_name),
        rig_unit_test(last_words_reach_a_peer_that_is_still_sending),
        rig_unit_test(a_peer_that_never_ends_is_not_waited_for_long),
        rig_unit_test(a_reset_is_no_clean_end),
        rig_unit_test(what_is_asked_of_the_movers_bears_who_asks),
    };
    return cmocka_run_group_tests_name("conn_files", tests, files_setup,
                                       files_teardown);
}
