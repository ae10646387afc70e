/* SPDX-License-Identifier: MIT */
#include "net/stream_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static void
what_the_peer_says_is_read(void **state)
{
    struct fixture *f = *state;

    stream_want_read(&f->s, true);
    peer_says(f, "hello");
    TURN_UNTIL(f, f->in_n == 5);

    assert_string_equal(f->in, "hello");
    assert_int_equal(f->last, -EAGAIN);
    peer_says(f, " again");
    TURN_UNTIL(f, f->in_n == 11);
    assert_string_equal(f->in, "hello again");
}

static void
nothing_is_written_before_the_flush(void **state)
{
    struct fixture *f = *state;
    char got[16] = "";

    send_text(f, "one ");
    send_text(f, "two");
    turn_a_while(f);
    assert_int_equal(recv(f->peer, got, sizeof(got), MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);

    assert_int_equal(stream_flush(&f->s), 7);
    assert_int_equal(f->drained, 1);
    assert_int_equal(f->s.out.bytes, 0);
    assert_int_equal(recv(f->peer, got, sizeof(got), 0), 7);
    assert_string_equal(got, "one two");
    assert_int_equal(stream_flush(&f->s), 0);
    assert_int_equal(f->drained, 1);
    assert_int_equal(f->s.written, 7);
    assert_int_equal(f->streams.written, 7);
    assert_int_equal(f->streams.writes, 1);
}

/* Reads everything until the end; true when it counts 0, 1, 2 ... */
struct count_reader {
    uv_thread_t thread;
    int fd;
    uint32_t next;
    bool ordered;
};

static void
read_numbers(void *arg)
{
    struct count_reader *r = arg;
    uint32_t number;

    r->ordered = true;
    while (recv(r->fd, &number, sizeof(number), MSG_WAITALL) ==
           sizeof(number))
        r->ordered = r->ordered && number == r->next++;
}

static void
a_hundred_thousand_slabs_arrive_intact_through_short_writes(void **state)
{
    struct fixture *f = *state;
    struct count_reader r = {.fd = f->peer};
    const uint32_t count = 100000;

    for (uint32_t i = 0; i < count; i++) {
        struct slab *s =
            slab_copy((struct str){(const char *)&i, sizeof(i)});
        stream_send(&f->s, s);
        slab_unref(&s);
    }
    assert_true(stream_flush(&f->s) < (ssize_t)(count * sizeof(uint32_t)));
    must(uv_thread_create(&r.thread, read_numbers, &r) == 0);
    TURN_UNTIL(f, f->s.out.bytes == 0);
    assert_false(f->s.events & POLLER_WRITABLE);
    stream_close(&f->s, false);
    uv_thread_join(&r.thread);

    assert_int_equal(r.next, count);
    assert_true(r.ordered);
    assert_true(f->drained > 1);
}

static void
a_blocked_stream_does_not_spin(void **state)
{
    struct fixture *f = *state;

    stream_want_read(&f->s, true);
    block_output(f);
    int drained = f->drained;
    for (int i = 0; i < 4; i++)
        turn_a_while(f);

    /* The kernels still move a little from one buffer to the other. */
    assert_in_range(f->drained, drained, drained + 10);
    assert_int_equal(f->readable, 0);
}

static void
a_paused_stream_leaves_input_where_it_is(void **state)
{
    struct fixture *f = *state;

    peer_says(f, "wait");
    turn_a_while(f);
    assert_int_equal(f->readable, 0);

    stream_want_read(&f->s, true);
    TURN_UNTIL(f, f->in_n == 4);
    stream_want_read(&f->s, false);
    peer_says(f, " more");
    turn_a_while(f);
    assert_string_equal(f->in, "wait");
}

static void
pause_reading(struct fixture *f)
{
    stream_want_read(&f->s, false);
}

static void
pausing_inside_drained_also_stops_what_is_already_readable(void **state)
{
    struct fixture *f = *state;

    stream_want_read(&f->s, true);
    block_output(f);
    f->act = pause_reading;
    f->act_drained = true;
    peer_says(f, "x");
    for (int i = 0; i < 50; i++) {    /* both wait for the next turn */
        peer_takes(f);
        usleep(1000);
    }
    int drained = f->drained;
    TURN_UNTIL(f, f->drained > drained);
    turn_a_while(f);

    assert_int_equal(f->readable, 0);
}

/* An endless source, as a file would be: more whenever there is room. */
static void
pump(struct fixture *f)
{
    if (f->left == 0 || f->s.out.bytes > 0)
        return;
    size_t n = f->left < 1000 ? f->left : 1000;
    f->left -= n;
    send_zeros(f, n);
    assert_true(stream_flush(&f->s) >= 0);
}

static void
a_pump_inside_drained_neither_recurses_nor_stalls(void **state)
{
    struct fixture *f = *state;
    const size_t whole = 3000000;
    size_t got = 0;

    f->act = pump;
    f->act_drained = true;
    f->left = whole;
    pump(f);
    TURN_UNTIL(f, (got += peer_takes(f)) == whole);

    assert_int_equal(f->deepest, 1);
    assert_int_equal(f->left, 0);
    turn_a_while(f);
    assert_int_equal(f->s.events, POLLER_DISCONNECT);
}

static void
what_cannot_be_polled_stays_the_callers(void **state)
{
    struct fixture *f = *state;
    struct stream s;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(stream_open(&s, &f->streams, fd), -EPERM);
    assert_int_equal(close(fd), 0);
}

static unsigned
option(int fd, int level, int name)
{
    unsigned value = 0;
    socklen_t n = sizeof(value);

    must(getsockopt(fd, level, name, &value, &n) == 0);
    return value;
}

static void
a_silent_death_is_watched_for(void **state)
{
    struct fixture *f = *state;
    int fd = f->s.fd;

    assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);

    stream_set_dead_peer(&f->s, 30, 75);
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 30);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 75000);
    unsigned probes = option(fd, IPPROTO_TCP, TCP_KEEPCNT);
    assert_true(30 + probes * option(fd, IPPROTO_TCP, TCP_KEEPINTVL) >= 75);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_the_peer_says_is_read),
        FIXTURE_TEST(nothing_is_written_before_the_flush),
        FIXTURE_TEST(
            a_hundred_thousand_slabs_arrive_intact_through_short_writes),
        FIXTURE_TEST(a_blocked_stream_does_not_spin),
        FIXTURE_TEST(a_paused_stream_leaves_input_where_it_is),
        FIXTURE_TEST(
            pausing_inside_drained_also_stops_what_is_already_readable),
        FIXTURE_TEST(a_pump_inside_drained_neither_recurses_nor_stalls),
        FIXTURE_TEST(what_cannot_be_polled_stays_the_callers),
        FIXTURE_TEST(a_silent_death_is_watched_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
