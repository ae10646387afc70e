/* SPDX-License-Identifier: MIT */
#include "net/poller.h"

#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PAIRS_MAX   1500      /* more than a turn takes */
#define PATIENCE_MS 10000

/* One end is watched, the other is the test's. */
struct pair {
    struct fixture *f;
    int fd, peer;
    unsigned watched;         /* for what */
    unsigned events;          /* that came, or-ed */
    int calls;
    void (*act)(struct pair *p);
};

struct fixture {
    uv_loop_t loop;
    struct poller poller;
    struct pair pairs[PAIRS_MAX];
    int calls, closed;
};

static void
watch(struct pair *p, unsigned events)
{
    assert_int_equal(poller_watch(&p->f->poller, p->fd, p->watched, events, p),
                     0);
    p->watched = events;
}

static void
on_event(void *arg, unsigned events)
{
    struct pair *p = arg;

    p->events |= events;
    p->calls++;
    p->f->calls++;
    if (p->act != NULL)
        p->act(p);
}

static void
on_closed(struct poller *poller)
{
    struct fixture *f =
        (void *)((char *)poller - offsetof(struct fixture, poller));

    f->closed++;
}

static int
setup(void **state)
{
    struct fixture *f = must_alloc(sizeof(*f));

    must(uv_loop_init(&f->loop) == 0);
    poller_init(&f->poller, &f->loop, on_event);
    for (int i = 0; i < PAIRS_MAX; i++)
        f->pairs[i] = (struct pair){.f = f, .fd = -1, .peer = -1};
    *state = f;
    return 0;
}

static void
close_pair(struct pair *p)
{
    if (p->fd >= 0)
        close(p->fd);
    if (p->peer >= 0)
        close(p->peer);
    p->fd = p->peer = -1;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < PAIRS_MAX; i++) {
        struct pair *p = &f->pairs[i];
        if (p->fd >= 0 && p->watched)
            watch(p, 0);
        close_pair(p);
    }
    poller_close(&f->poller, on_closed);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    must(f->closed == 1);
    must(uv_loop_close(&f->loop) == 0);
    free(f);
    return 0;
}

static struct pair *
open_pair(struct fixture *f, int i, unsigned events)
{
    struct pair *p = &f->pairs[i];
    int fd[2];

    must(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    p->fd = fd[0];
    p->peer = fd[1];
    p->watched = 0;
    watch(p, events);
    return p;
}

static void
say(struct pair *p)
{
    must(send(p->peer, "x", 1, MSG_NOSIGNAL) == 1);
}

static void
turn(struct fixture *f)
{
    uv_run(&f->loop, UV_RUN_NOWAIT);
}

static void
take(struct pair *p)
{
    char sink[64];

    must(recv(p->fd, sink, sizeof(sink), MSG_DONTWAIT) > 0);
}

static void
what_is_watched_for_comes_until_it_is_used_up(void **state)
{
    struct fixture *f = *state;
    struct pair *p = open_pair(f, 0, POLLER_READABLE);

    turn(f);
    assert_int_equal(p->calls, 0);
    say(p);
    turn(f);
    turn(f);
    assert_int_equal(p->calls, 2);
    assert_int_equal(p->events, POLLER_READABLE);

    take(p);
    turn(f);
    assert_int_equal(p->calls, 2);
}

static void
what_is_watched_for_can_be_changed_and_ended(void **state)
{
    struct fixture *f = *state;
    struct pair *p = open_pair(f, 0, POLLER_DISCONNECT);

    say(p);
    turn(f);
    assert_int_equal(p->calls, 0);

    watch(p, POLLER_WRITABLE | POLLER_READABLE);
    turn(f);
    assert_int_equal(p->events, POLLER_WRITABLE | POLLER_READABLE);

    watch(p, 0);
    watch(p, 0);
    turn(f);
    assert_int_equal(p->calls, 1);

    watch(p, POLLER_READABLE);
    turn(f);
    assert_int_equal(p->calls, 2);
}

static void
a_peer_that_shuts_its_side_is_a_disconnect(void **state)
{
    struct fixture *f = *state;
    struct pair *p = open_pair(f, 0, POLLER_DISCONNECT);

    must(shutdown(p->peer, SHUT_WR) == 0);
    turn(f);
    assert_int_equal(p->events, POLLER_DISCONNECT);
}

/* Both sides are shut: the kernel reports it whether asked or not, and it must
 * not be nothing to someone who waits for something else. */
static void
a_hang_up_is_whatever_is_watched_for(void **state)
{
    struct fixture *f = *state;
    struct pair *p = open_pair(f, 0, POLLER_WRITABLE);

    close(p->peer);
    p->peer = -1;
    turn(f);
    assert_true(p->events & POLLER_WRITABLE);
}

static void
nothing_is_reported_of_what_is_not_watched(void **state)
{
    struct fixture *f = *state;
    struct pair *p = open_pair(f, 0, POLLER_READABLE);

    watch(p, 0);
    close(p->peer);
    p->peer = -1;
    for (int i = 0; i < 10; i++)
        turn(f);
    assert_int_equal(p->calls, 0);
}

static void
an_error_comes_unasked(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(in);
    struct pair *p = &f->pairs[0];
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

    p->peer = socket(AF_INET, SOCK_STREAM, 0);     /* bound, not listening */
    must(bind(p->peer, (struct sockaddr *)&in, n) == 0);
    must(getsockname(p->peer, (struct sockaddr *)&in, &n) == 0);
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(p->fd, (struct sockaddr *)&in, n), -1);
    assert_int_equal(errno, EINPROGRESS);
    watch(p, POLLER_DISCONNECT);
    while (p->calls == 0 && clock_mono_ms() < end_ms)
        turn(f);

    assert_true(p->events & POLLER_ERROR);
    assert_true(p->events & POLLER_DISCONNECT);
}

static void
what_cannot_be_watched_is_an_error(void **state)
{
    struct fixture *f = *state;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    assert_int_equal(
        poller_watch(&f->poller, fd, 0, POLLER_READABLE, f), -EPERM);
    assert_int_equal(close(fd), 0);
}

/* --- Batches ------------------------------------------------------------ */

static void
close_the_others(struct pair *p)
{
    for (int i = 0; i < 3; i++) {
        struct pair *other = &p->f->pairs[i];
        if (other != p && other->fd >= 0) {
            watch(other, 0);
            close_pair(other);
            other->f = NULL;      /* whoever touches it now, crashes */
        }
    }
}

static void
what_was_closed_inside_a_batch_is_not_told(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++) {
        struct pair *p = open_pair(f, i, POLLER_READABLE);
        p->act = close_the_others;
        say(p);
    }
    turn(f);

    assert_int_equal(f->calls, 1);
}

static void
reuse_the_numbers_of_the_others(struct pair *p)
{
    struct fixture *f = p->f;
    int fds[2] = {-1, -1};

    for (int i = 0, n = 0; i < 3; i++) {
        struct pair *other = &f->pairs[i];
        other->act = NULL;
        if (other == p)
            continue;
        fds[n++] = other->fd;
        watch(other, 0);
        close_pair(other);
    }
    for (int i = 3; i < 5; i++) {
        struct pair *new = open_pair(f, i, POLLER_READABLE);
        assert_true(new->fd == fds[0] || new->fd == fds[1] ||
                    new->peer == fds[0] || new->peer == fds[1]);
    }
    take(p);
}

static void
a_reused_number_does_not_inherit_events(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++) {
        struct pair *p = open_pair(f, i, POLLER_READABLE);
        p->act = reuse_the_numbers_of_the_others;
        say(p);
    }
    turn(f);
    assert_int_equal(f->calls, 1);

    say(&f->pairs[3]);
    turn(f);
    assert_int_equal(f->pairs[3].calls, 1);
    assert_int_equal(f->pairs[4].calls, 0);
}

/* Nobody takes what is there, so that every turn could go on for ever. */
static void
many_are_all_served_and_do_not_keep_the_loop(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < PAIRS_MAX; i++)
        say(open_pair(f, i, POLLER_READABLE));
    turn(f);
    assert_in_range(f->calls, 256, PAIRS_MAX - 1);
    turn(f);
    for (int i = 0; i < PAIRS_MAX; i++)
        assert_in_range(f->pairs[i].calls, 1, 2);
}

static void
an_idle_poller_lets_the_loop_sleep(void **state)
{
    struct fixture *f = *state;

    assert_false(uv_loop_alive(&f->loop));
    open_pair(f, 0, POLLER_READABLE);
    turn(f);
    assert_int_equal(uv_backend_timeout(&f->loop), -1);
}

#define POLLER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
allow_descriptors(void **state)
{
    struct rlimit limit;

    (void)state;
    must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        POLLER_TEST(what_is_watched_for_comes_until_it_is_used_up),
        POLLER_TEST(what_is_watched_for_can_be_changed_and_ended),
        POLLER_TEST(a_peer_that_shuts_its_side_is_a_disconnect),
        POLLER_TEST(a_hang_up_is_whatever_is_watched_for),
        POLLER_TEST(nothing_is_reported_of_what_is_not_watched),
        POLLER_TEST(an_error_comes_unasked),
        POLLER_TEST(what_cannot_be_watched_is_an_error),
        POLLER_TEST(what_was_closed_inside_a_batch_is_not_told),
        POLLER_TEST(a_reused_number_does_not_inherit_events),
        POLLER_TEST(many_are_all_served_and_do_not_keep_the_loop),
        POLLER_TEST(an_idle_poller_lets_the_loop_sleep),
    };

    return cmocka_run_group_tests(tests, allow_descriptors, NULL);
}
