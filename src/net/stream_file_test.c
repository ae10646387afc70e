/* SPDX-License-Identifier: MIT
 *
 * A file's bytes, straight to the socket. */
#include "net/stream_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILE_BYTES = 3000000 };

/* A nameless file; byte i is i * 7 modulo 251. */
static int
file_new(size_t n)
{
    char path[] = "/tmp/loquat-stream-XXXXXX";
    uint8_t *p = malloc(n);
    int fd = mkstemp(path);

    assert_true(fd >= 0 && p != NULL);
    unlink(path);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 7 % 251);
    assert_int_equal(write(fd, p, n), n);
    free(p);
    return fd;
}

/* Takes what has come; false when it is not the file's bytes from `at` on. */
static bool
peer_takes_file(struct fixture *f, size_t *at)
{
    static uint8_t got[65536];
    ssize_t n;

    while ((n = recv(f->peer, got, sizeof(got), MSG_DONTWAIT)) > 0)
        for (ssize_t i = 0; i < n; i++, (*at)++)
            if (got[i] != (uint8_t)(*at * 7 % 251))
                return false;
    return true;
}

/* What ops->drained does in these tests: sends on from here. */
static int fd;
static size_t sent, whole;

static void
send_on(struct fixture *f)
{
    ssize_t took = 1;

    while (took > 0 && sent < whole) {
        took = stream_send_file(&f->s, fd, sent, whole - sent);
        assert_true(took >= 0);
        sent += (size_t)took;
    }
}

static void
pump_file(struct fixture *f, size_t n)
{
    fd = file_new(n);
    sent = 0;
    whole = n;
    f->act = send_on;
    f->act_drained = true;
}

static void
a_file_arrives_whole_through_a_small_socket(void **state)
{
    struct fixture *f = *state;
    size_t at = 0;

    pump_file(f, FILE_BYTES);
    send_on(f);
    assert_true(sent < whole);
    TURN_UNTIL(f, peer_takes_file(f, &at) && at == whole);

    assert_int_equal(f->deepest, 1);
    assert_int_equal(f->s.written, whole);
    assert_int_equal(f->streams.written, whole);
    turn_a_while(f);
    assert_int_equal(f->s.events, POLLER_DISCONNECT);
    assert_int_equal(stream_acknowledged(&f->s), whole);
    close(fd);
}

static void
what_is_queued_goes_first(void **state)
{
    struct fixture *f = *state;
    char got[16] = "";

    fd = file_new(4);
    send_text(f, "head ");
    assert_int_equal(stream_send_file(&f->s, fd, 0, 4), 0);
    assert_int_equal(stream_flush(&f->s), 5);
    assert_int_equal(stream_send_file(&f->s, fd, 1, 3), 3);

    assert_int_equal(recv(f->peer, got, 8, MSG_WAITALL), 8);
    assert_memory_equal(got, "head \x07\x0e\x15", 8);
    close(fd);
}

static void
a_full_socket_is_told_when_it_has_room_and_does_not_spin(void **state)
{
    struct fixture *f = *state;
    int drained;

    pump_file(f, FILE_BYTES);
    send_on(f);
    assert_true(f->s.events & POLLER_WRITABLE);
    turn_a_while(f);
    drained = f->drained;
    for (int i = 0; i < 4; i++)
        turn_a_while(f);

    /* The kernels still move a little from one buffer to the other. */
    assert_in_range(f->drained, drained, drained + 10);
    TURN_UNTIL(f, peer_takes(f) + 1 && sent == whole);
    close(fd);
}

static void
a_file_that_ends_too_early_is_told(void **state)
{
    struct fixture *f = *state;
    ssize_t last = 0;

    fd = file_new(100);
    assert_int_equal(stream_send_file(&f->s, fd, 0, 100), 100);
    assert_int_equal(stream_send_file(&f->s, fd, 100, 1), -EIO);
    assert_int_equal(stream_send_file(&f->s, fd, 0, 1000), 100);
    TURN_UNTIL(f, (last = stream_send_file(&f->s, fd, 100, 900)) != 0);
    assert_int_equal(last, -EIO);
    close(fd);
    assert_int_equal(stream_send_file(&f->s, fd, 0, 1), -EIO);
    assert_int_equal(f->s.error, 0);
}

static void
a_peer_that_has_gone_is_an_error_of_the_socket(void **state)
{
    struct fixture *f = *state;

    pump_file(f, FILE_BYTES);
    send_on(f);
    peer_leaves(f, true);
    TURN_UNTIL(f, f->s.error < 0);

    assert_int_equal(stream_send_file(&f->s, fd, 0, 1), 0);
    assert_true(f->s.error < 0);
    assert_true(sent < whole);
    close(fd);
}

static void
who_has_sent_enough_comes_again_in_a_later_turn(void **state)
{
    struct fixture *f = *state;

    stream_await_room(&f->s);
    assert_int_equal(f->drained, 0);
    TURN_UNTIL(f, f->drained == 1);
    turn_a_while(f);
    assert_int_equal(f->drained, 1);
    assert_int_equal(f->s.events, POLLER_DISCONNECT);
}

static void
a_stream_that_was_shut_still_reads(void **state)
{
    struct fixture *f = *state;
    char got[8];

    stream_want_read(&f->s, true);
    send_text(f, "bye");
    assert_int_equal(stream_flush(&f->s), 3);
    stream_shut(&f->s);
    assert_int_equal(recv(f->peer, got, sizeof(got), MSG_WAITALL), 3);
    peer_says(f, "still here");
    TURN_UNTIL(f, f->in_n == 10);
}

static int
group_setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_file_arrives_whole_through_a_small_socket),
        FIXTURE_TEST(what_is_queued_goes_first),
        FIXTURE_TEST(a_full_socket_is_told_when_it_has_room_and_does_not_spin),
        FIXTURE_TEST(a_file_that_ends_too_early_is_told),
        FIXTURE_TEST(a_peer_that_has_gone_is_an_error_of_the_socket),
        FIXTURE_TEST(who_has_sent_enough_comes_again_in_a_later_turn),
        FIXTURE_TEST(a_stream_that_was_shut_still_reads),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
