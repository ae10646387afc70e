/* SPDX-License-Identifier: MIT
 *
 * Real listeners on free ports; standard error goes to a file while the log
 * of an exhausted process is counted. */
#include "net/listener.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 10000

struct fixture {
    uv_loop_t loop;
    struct listener *l;
    int accepted;
    int fd;                         /* the last one accepted */
    char peer[INET6_ADDRSTRLEN];    /* and where it came from */
    bool close_in_callback;
};

static void
on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
    struct fixture *f = arg;

    f->accepted++;
    must(address_text(peer, f->peer) > 0);
    must(fcntl(fd, F_GETFL) & O_NONBLOCK);
    must(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    if (f->fd >= 0)
        close(f->fd);
    f->fd = fd;
    if (f->close_in_callback)
        listener_close(&f->l);
}

static int
setup(void **state)
{
    struct fixture *f = must_alloc(sizeof(*f));

    f->fd = -1;
    must(uv_loop_init(&f->loop) == 0);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    listener_close(&f->l);
    listener_close(&f->l);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&f->loop) == 0);
    if (f->fd >= 0)
        close(f->fd);
    free(f);
    return 0;
}

#define TURN_UNTIL(f, condition)                                          \
    do {                                                                  \
        int64_t end_ms = clock_mono_ms() + PATIENCE_MS;                   \
        while (!(condition) && clock_mono_ms() < end_ms)                  \
            uv_run(&(f)->loop, UV_RUN_NOWAIT);                            \
        assert_true(condition);                                           \
    } while (0)

static unsigned
listen_on(struct fixture *f, const char *address)
{
    struct err e = {0};

    assert_int_equal(
        listener_open(&f->loop, address, 0, on_accept, f, &f->l, &e), 0);
    assert_string_equal(e.text, "");
    return listener_port(f->l);
}

static int
connect_to(const char *host, unsigned port)
{
    struct err e = {0};

    return address_connect(host, port, PATIENCE_MS, &e);
}

/* True when the far end hangs up within the deadline. */
static bool
hangs_up(struct fixture *f, int fd)
{
    char byte;
    ssize_t n = -1;

    TURN_UNTIL(f, (n = recv(fd, &byte, 1, 0)) == 0 || errno != EAGAIN);
    return n == 0 || errno == ECONNRESET;
}

static void
every_wildcard_accepts_from_ipv4_and_ipv6(void **state)
{
    static const char *const wildcards[] = {"", "*", "::"};
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++) {
        unsigned port = listen_on(f, wildcards[i]);
        assert_in_range(port, 1, 65535);
        int v4 = connect_to("127.0.0.1", port);
        assert_true(v4 >= 0);
        TURN_UNTIL(f, f->accepted == 1);
        assert_string_equal(f->peer, "127.0.0.1");
        close(v4);

        int v6 = connect_to("::1", port);
        if (v6 >= 0) {    /* a machine without IPv6 passes, too */
            TURN_UNTIL(f, f->accepted == 2);
            assert_string_equal(f->peer, "::1");
            close(v6);
        }
        listener_close(&f->l);
        assert_null(f->l);
        f->accepted = 0;
    }
}

static void
one_address_accepts_on_that_address_only(void **state)
{
    struct fixture *f = *state;
    unsigned port = listen_on(f, "127.0.0.1");

    assert_int_equal(connect_to("127.0.0.2", port), -ECONNREFUSED);
    int fd = connect_to("127.0.0.1", port);
    TURN_UNTIL(f, f->accepted == 1);
    close(fd);
}

static void
a_taken_port_is_one_clear_sentence(void **state)
{
    static const char *const addresses[] = {"", "127.0.0.1"};
    struct fixture *f = *state;
    unsigned port = listen_on(f, "");
    char want[64];

    snprintf(want, sizeof(want), "port %u is already in use", port);
    for (int i = 0; i < 2; i++) {
        struct listener *second = NULL;
        struct err e = {0};
        assert_int_equal(listener_open(&f->loop, addresses[i], port,
                                       on_accept, f, &second, &e),
                         -EADDRINUSE);
        assert_string_equal(e.text, want);
        assert_int_equal(e.code, EADDRINUSE);
        assert_null(second);
    }
}

static void
a_port_is_free_again_after_its_listener_closed(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    unsigned port = listen_on(f, "");
    int fd = connect_to("127.0.0.1", port);

    TURN_UNTIL(f, f->accepted == 1);
    close(f->fd);               /* our side first: leaves TIME_WAIT behind */
    f->fd = -1;
    close(fd);
    listener_close(&f->l);
    assert_int_equal(
        listener_open(&f->loop, "", port, on_accept, f, &f->l, &e), 0);
}

static void
addresses_and_ports_that_cannot_be_are_refused(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    assert_int_equal(listener_open(&f->loop, "192.0.2.1", 0, on_accept, f,
                                   &f->l, &e), -EADDRNOTAVAIL);
    assert_string_equal(e.text, "this machine has no address \"192.0.2.1\"");
    assert_int_equal(listener_open(&f->loop, "no..such", 0, on_accept, f,
                                   &f->l, &e), -EADDRNOTAVAIL);
    assert_non_null(strstr(e.text, "cannot listen on \"no..such\": "));
    assert_int_equal(listener_open(&f->loop, "", 65536, on_accept, f,
                                   &f->l, &e), -EINVAL);
    assert_string_equal(e.text, "65536 is not a port (0 to 65535)");
    assert_null(f->l);
}

static void
the_callback_may_close_the_listener(void **state)
{
    struct fixture *f = *state;
    unsigned port = listen_on(f, "127.0.0.1");
    int a = connect_to("127.0.0.1", port), b = connect_to("127.0.0.1", port);

    f->close_in_callback = true;
    TURN_UNTIL(f, f->accepted == 1);
    assert_true(hangs_up(f, b));
    assert_int_equal(f->accepted, 1);
    assert_null(f->l);
    close(a);
    close(b);
}

static void
a_burst_is_accepted_whole_and_one_turn_takes_a_part_of_it(void **state)
{
    enum { PEERS = 150 };
    struct fixture *f = *state;
    unsigned port = listen_on(f, "127.0.0.1");
    int fd[PEERS];

    for (int i = 0; i < PEERS; i++)
        assert_true((fd[i] = connect_to("127.0.0.1", port)) >= 0);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_in_range(f->accepted, 1, PEERS - 1);
    TURN_UNTIL(f, f->accepted == PEERS);
    for (int i = 0; i < PEERS; i++)
        close(fd[i]);
}

/* From now on no descriptor can be had. Returns the former limit. */
static struct rlimit
exhaust_descriptors(void)
{
    struct rlimit old, none;
    int lowest_free = dup(0);

    must(lowest_free >= 0);
    close(lowest_free);
    must(getrlimit(RLIMIT_NOFILE, &old) == 0);
    none = old;
    none.rlim_cur = (rlim_t)lowest_free;
    must(setrlimit(RLIMIT_NOFILE, &none) == 0);
    return old;
}

static int
log_lines(FILE *log)
{
    char line[1024];
    int n = 0;

    rewind(log);
    while (fgets(line, sizeof(line), log))
        n += strstr(line, "Too many open files") != NULL;
    return n;
}

static void
out_of_descriptors_peers_are_told_no_and_the_log_is_brief(void **state)
{
    enum { PEERS = 3 };
    struct fixture *f = *state;
    unsigned port = listen_on(f, "127.0.0.1");
    int fd[2 * PEERS], to_stderr = dup(STDERR_FILENO);
    FILE *log = tmpfile();

    for (int i = 0; i < 2 * PEERS; i++)
        fd[i] = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    dup2(fileno(log), STDERR_FILENO);
    struct rlimit old = exhaust_descriptors();
    bool refused = true;
    int64_t start_ms = clock_mono_ms();
    for (int i = 0; i < 2 * PEERS; i++) {    /* at least two pauses */
        must(connect(fd[i], (struct sockaddr *)&in, sizeof(in)) == 0);
        must(fcntl(fd[i], F_SETFL, O_NONBLOCK) == 0);
        refused = refused && hangs_up(f, fd[i]);
    }
    int64_t seconds = (clock_mono_ms() - start_ms) / 1000;
    must(setrlimit(RLIMIT_NOFILE, &old) == 0);
    dup2(to_stderr, STDERR_FILENO);

    assert_true(refused);
    assert_int_equal(f->accepted, 0);
    assert_in_range(log_lines(log), 1, 1 + seconds);
    int again = connect_to("127.0.0.1", port);
    TURN_UNTIL(f, f->accepted == 1);
    close(again);
    for (int i = 0; i < 2 * PEERS; i++)
        close(fd[i]);
    close(to_stderr);
    fclose(log);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_wildcard_accepts_from_ipv4_and_ipv6),
        TEST(one_address_accepts_on_that_address_only),
        TEST(a_taken_port_is_one_clear_sentence),
        TEST(a_port_is_free_again_after_its_listener_closed),
        TEST(addresses_and_ports_that_cannot_be_are_refused),
        TEST(the_callback_may_close_the_listener),
        TEST(a_burst_is_accepted_whole_and_one_turn_takes_a_part_of_it),
        TEST(out_of_descriptors_peers_are_told_no_and_the_log_is_brief),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
