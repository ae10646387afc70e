/* SPDX-License-Identifier: MIT
 *
 * How a stream ends: by the peer's end or reset, by a failed write, by its
 * owner from inside every callback. */
#include "net/stream_fixture.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void
the_end_is_told_and_does_not_spin(void **state)
{
    struct fixture *f = *state;

    stream_want_read(&f->s, true);
    peer_says(f, "bye");
    must(shutdown(f->peer, SHUT_WR) == 0);
    TURN_UNTIL(f, f->readable > 0 && f->last == 0);
    int readable = f->readable;
    turn_a_while(f);

    assert_string_equal(f->in, "bye");
    assert_int_equal(f->readable, readable);
    stream_want_read(&f->s, false);
    turn_a_while(f);
    assert_int_equal(f->readable, readable);
}

static void
a_half_closed_peer_still_gets_output(void **state)
{
    struct fixture *f = *state;

    stream_want_read(&f->s, true);
    must(shutdown(f->peer, SHUT_WR) == 0);
    TURN_UNTIL(f, f->readable > 0 && f->last == 0);
    block_output(f);
    size_t got = 0;
    TURN_UNTIL(f, (got += peer_takes(f)) == BLOCK_BYTES);

    assert_int_equal(f->s.out.bytes, 0);
}

static void
a_reset_is_an_error_and_not_an_end(void **state)
{
    struct fixture *f = *state;

    stream_want_read(&f->s, true);
    peer_leaves(f, true);
    TURN_UNTIL(f, f->readable > 0);

    assert_int_equal(f->last, -ECONNRESET);
    int readable = f->readable;
    turn_a_while(f);
    assert_int_equal(f->readable, readable);
}

static void
input_before_a_reset_is_read_piece_by_piece(void **state)
{
    struct fixture *f = *state;

    f->read_once = true;
    stream_want_read(&f->s, true);
    peer_says(f, "last words");
    peer_leaves(f, true);
    TURN_UNTIL(f, f->last < 0 && f->last != -EAGAIN);

    assert_string_equal(f->in, "last words");
    assert_int_equal(f->last, -ECONNRESET);
}

/* Ignored at first, read once reading is on again. */
static void
expect_end_while_paused(struct fixture *f, const char *in, ssize_t last)
{
    f->ignore_readable = true;
    TURN_UNTIL(f, f->readable > 0);
    turn_a_while(f);
    assert_int_equal(f->readable, 1);
    assert_int_equal(f->s.error, last);
    assert_int_equal(f->s.events, 0);

    f->ignore_readable = false;
    stream_want_read(&f->s, true);
    TURN_UNTIL(f, f->readable > 1);
    assert_string_equal(f->in, in);
    assert_int_equal(f->last, last);
}

static void
the_end_of_a_paused_peer_is_told_once(void **state)
{
    struct fixture *f = *state;

    peer_says(f, "last words");
    peer_leaves(f, false);
    expect_end_while_paused(f, "last words", 0);
}

static void
the_reset_of_a_paused_peer_is_told_once(void **state)
{
    struct fixture *f = *state;

    peer_says(f, "last words");
    peer_leaves(f, true);
    expect_end_while_paused(f, "last words", -ECONNRESET);
}

static void
a_failed_write_of_the_loop_is_told_with_the_last_input_first(void **state)
{
    struct fixture *f = *state;

    block_output(f);
    peer_says(f, "hello, and gone");
    peer_leaves(f, true);
    TURN_UNTIL(f, f->readable > 0);

    assert_string_equal(f->in, "hello, and gone");
    assert_int_equal(f->last, -ECONNRESET);
    assert_int_equal(stream_flush(&f->s), -ECONNRESET);
    int readable = f->readable;
    turn_a_while(f);
    assert_in_range(f->readable, readable, readable + 1);
    assert_int_equal(f->s.events, 0);
}

static void
a_write_that_fails_by_itself_is_told(void **state)
{
    struct fixture *f = *state;

    block_output(f);
    must(shutdown(f->s.fd, SHUT_WR) == 0);   /* no error on the socket */
    TURN_UNTIL(f, f->readable > 0);

    assert_int_equal(f->last, -EPIPE);
    assert_false(f->s.events & POLLER_WRITABLE);
}

static void
a_failed_write_is_told_though_the_end_was_known_and_ignored(void **state)
{
    struct fixture *f = *state;

    f->ignore_readable = true;
    must(shutdown(f->peer, SHUT_WR) == 0);
    TURN_UNTIL(f, f->readable == 1);
    block_output(f);
    peer_leaves(f, true);
    TURN_UNTIL(f, f->readable == 2);
    turn_a_while(f);

    assert_int_equal(f->readable, 2);
    assert_int_equal(f->s.events, 0);
}

static void
flushing_to_a_peer_that_is_gone_is_an_error(void **state)
{
    struct fixture *f = *state;

    peer_leaves(f, true);
    send_text(f, "anyone?");
    assert_true(stream_flush(&f->s) < 0);
    assert_int_equal(f->drained, 0);
    assert_false(f->s.events & POLLER_WRITABLE);
}

static void
a_connection_that_fails_is_told_as_its_error(void **state)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(in);
    int bound = socket(AF_INET, SOCK_STREAM, 0);   /* taken, not listening */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    must(bind(bound, (struct sockaddr *)&in, n) == 0);
    must(getsockname(bound, (struct sockaddr *)&in, &n) == 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&in, n), -1);
    assert_int_equal(errno, EINPROGRESS);
    struct fixture *f = *state = fixture_new(fd, bound);

    stream_want_read(&f->s, true);
    TURN_UNTIL(f, f->readable > 0);
    assert_int_equal(f->last, -ECONNREFUSED);
}

static void
close_now(struct fixture *f)
{
    stream_close(&f->s, false);
    stream_close(&f->s, true);
    assert_int_equal(f->closed, 0);
}

static void
readable_may_close(void **state)
{
    struct fixture *f = *state;

    f->act = close_now;
    f->act_readable = true;
    stream_want_read(&f->s, true);
    peer_says(f, "x");
    TURN_UNTIL(f, f->closed == 1);

    assert_int_equal(f->last, -ECANCELED);
    assert_int_equal(f->readable, 1);
}

static void
drained_may_close_inside_the_owners_flush(void **state)
{
    struct fixture *f = *state;

    f->act = close_now;
    f->act_drained = true;
    send_text(f, "bye");
    assert_int_equal(stream_flush(&f->s), 3);
    assert_true(f->s.closing);
    TURN_UNTIL(f, f->closed == 1);
    assert_int_equal(f->drained, 1);
}

static void
drained_may_close_inside_the_loops_flush(void **state)
{
    struct fixture *f = *state;

    block_output(f);
    stream_want_read(&f->s, true);
    f->act = close_now;
    f->act_drained = true;
    peer_says(f, "x");
    int drained = f->drained;
    TURN_UNTIL(f, (peer_takes(f), f->closed == 1));

    assert_int_equal(f->drained, drained + 1);
    assert_int_equal(f->s.out.bytes, 0);
}

static void
a_closed_stream_ignores_what_is_asked_of_it(void **state)
{
    struct fixture *f = *state;
    char byte;

    stream_close(&f->s, false);
    send_text(f, "x");
    stream_want_read(&f->s, true);
    stream_set_dead_peer(&f->s, 1, 2);

    assert_int_equal(stream_flush(&f->s), 0);
    assert_int_equal(f->s.out.bytes, 0);
    assert_int_equal(stream_read(&f->s, &byte, 1), -ECANCELED);
}

static void
say_bye_and_close(struct fixture *f)
{
    send_text(f, "bye");
    assert_int_equal(stream_flush(&f->s), 3);
    stream_close(&f->s, false);
}

static void
a_goodbye_inside_drained_is_sent(void **state)
{
    struct fixture *f = *state;
    char got[16] = "";

    f->act = say_bye_and_close;
    f->act_drained = true;
    send_text(f, "all, ");
    assert_int_equal(stream_flush(&f->s), 5);
    TURN_UNTIL(f, f->closed == 1);

    assert_int_equal(recv(f->peer, got, sizeof(got), MSG_WAITALL), 8);
    assert_string_equal(got, "all, bye");
}

/* What the socket has taken is more than the peer's window: most of it is
 * still ours to lose when the stream closes. */
static void
a_goodbye_arrives_though_unread_input_waits(void **state)
{
    struct fixture *f = *state;
    static char sink[4096];
    int large = BLOCK_BYTES / 4;
    size_t got = 0;
    ssize_t n;

    for (int i = 0; i < 50; i++)
        peer_says(f, "a line that nobody will read\n");
    must(setsockopt(f->s.fd, SOL_SOCKET, SO_SNDBUF, &large, sizeof(large)) ==
         0);
    block_output(f);
    size_t taken = BLOCK_BYTES - f->s.out.bytes;
    stream_close(&f->s, false);

    while ((n = recv(f->peer, sink, sizeof(sink), 0)) > 0)
        got += (size_t)n;
    assert_int_equal(n, 0);
    assert_int_equal(got, taken);
}

static void
a_close_with_reset_is_seen_as_one(void **state)
{
    struct fixture *f = *state;
    char byte;

    stream_close(&f->s, true);
    TURN_UNTIL(f, f->closed == 1);

    assert_int_equal(recv(f->peer, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_end_is_told_and_does_not_spin),
        FIXTURE_TEST(a_half_closed_peer_still_gets_output),
        FIXTURE_TEST(a_reset_is_an_error_and_not_an_end),
        FIXTURE_TEST(input_before_a_reset_is_read_piece_by_piece),
        FIXTURE_TEST(the_end_of_a_paused_peer_is_told_once),
        FIXTURE_TEST(the_reset_of_a_paused_peer_is_told_once),
        FIXTURE_TEST(
            a_failed_write_of_the_loop_is_told_with_the_last_input_first),
        FIXTURE_TEST(a_write_that_fails_by_itself_is_told),
        FIXTURE_TEST(
            a_failed_write_is_told_though_the_end_was_known_and_ignored),
        FIXTURE_TEST(flushing_to_a_peer_that_is_gone_is_an_error),
        cmocka_unit_test_teardown(
            a_connection_that_fails_is_told_as_its_error, fixture_teardown),
        FIXTURE_TEST(readable_may_close),
        FIXTURE_TEST(drained_may_close_inside_the_owners_flush),
        FIXTURE_TEST(drained_may_close_inside_the_loops_flush),
        FIXTURE_TEST(a_closed_stream_ignores_what_is_asked_of_it),
        FIXTURE_TEST(a_goodbye_inside_drained_is_sent),
        FIXTURE_TEST(a_goodbye_arrives_though_unread_input_waits),
        FIXTURE_TEST(a_close_with_reset_is_seen_as_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
