/* SPDX-License-Identifier: MIT */
#include "net/address.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct sockaddr_storage
peer_of(const char *ip, unsigned port)
{
    struct sockaddr_storage peer = {0};
    struct sockaddr_in *in = (void *)&peer;
    struct sockaddr_in6 *in6 = (void *)&peer;

    if (inet_pton(AF_INET, ip, &in->sin_addr) == 1) {
        peer.ss_family = AF_INET;
        in->sin_port = htons((uint16_t)port);
        return peer;
    }
    must(inet_pton(AF_INET6, ip, &in6->sin6_addr) == 1);
    peer.ss_family = AF_INET6;
    in6->sin6_port = htons((uint16_t)port);
    return peer;
}

static const struct {
    const char *ip, *text;
    bool loopback;
} peers[] = {
    {"127.0.0.1", "127.0.0.1", true},
    {"127.255.0.9", "127.255.0.9", true},
    {"::ffff:127.0.0.1", "127.0.0.1", true},
    {"::1", "::1", true},
    {"192.0.2.7", "192.0.2.7", false},
    {"::ffff:192.0.2.7", "192.0.2.7", false},
    {"2001:db8::1", "2001:db8::1", false},
    {"::", "::", false},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
};

static void
addresses_are_written_as_people_know_them(void **state)
{
    char text[INET6_ADDRSTRLEN];
    (void)state;

    for (size_t i = 0; i < sizeof(peers) / sizeof(*peers); i++) {
        struct sockaddr_storage peer = peer_of(peers[i].ip, 40000);
        assert_int_equal(address_text(&peer, text), 40000);
        assert_string_equal(text, peers[i].text);
        assert_int_equal(address_is_loopback(&peer), peers[i].loopback);
    }
}

static void
what_is_no_internet_address_is_a_dash(void **state)
{
    struct sockaddr_storage peer = {.ss_family = AF_UNIX};
    unsigned char key[16], zeros[16] = {0};
    char text[INET6_ADDRSTRLEN];
    (void)state;

    assert_int_equal(address_text(&peer, text), 0);
    assert_string_equal(text, "-");
    assert_false(address_is_loopback(&peer));
    address_key(&peer, key);
    assert_memory_equal(key, zeros, 16);
}

static bool
same_key(const char *a, const char *b)
{
    struct sockaddr_storage peer_a = peer_of(a, 1), peer_b = peer_of(b, 2);
    unsigned char key_a[16], key_b[16];

    address_key(&peer_a, key_a);
    address_key(&peer_b, key_b);
    return memcmp(key_a, key_b, 16) == 0;
}

static void
limits_count_one_ipv4_address_and_one_ipv6_network(void **state)
{
    (void)state;

    assert_true(same_key("192.0.2.7", "192.0.2.7"));
    assert_true(same_key("192.0.2.7", "::ffff:192.0.2.7"));
    assert_false(same_key("192.0.2.7", "192.0.2.8"));
    assert_true(same_key("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
    assert_false(same_key("2001:db8:1:2::1", "2001:db8:1:3::1"));
    assert_false(same_key("::1", "127.0.0.1"));
    assert_false(same_key("::1", "0.0.0.0"));
}

/* A socket bound to a free port of 127.0.0.1. */
static int
bound(unsigned *port)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(in);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    must(bind(fd, (struct sockaddr *)&in, n) == 0);
    must(getsockname(fd, (struct sockaddr *)&in, &n) == 0);
    *port = ntohs(in.sin_port);
    return fd;
}

static void
a_listening_port_is_connected_to(void **state)
{
    struct err e = {0};
    unsigned port;
    int l = bound(&port);
    (void)state;

    must(listen(l, 1) == 0);
    int fd = address_connect("127.0.0.1", port, 5000, &e);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    int peer = accept(l, NULL, NULL);
    assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
    assert_string_equal(e.text, "");
    close(peer);
    close(fd);
    close(l);
}

/* "localhost" often has two addresses; only one of them listens here. */
static void
every_address_of_a_name_is_tried(void **state)
{
    struct err e = {0};
    unsigned port;
    int l = bound(&port);
    (void)state;

    must(listen(l, 1) == 0);
    int fd = address_connect("localhost", port, 5000, &e);
    assert_true(fd >= 0);
    close(fd);
    close(l);
}

static void
a_refused_connection_is_one_sentence(void **state)
{
    struct err e = {0};
    char want[128];
    unsigned port;
    int fd = bound(&port);
    (void)state;

    assert_int_equal(address_connect("127.0.0.1", port, 5000, &e),
                     -ECONNREFUSED);
    snprintf(want, sizeof(want),
             "cannot connect to 127.0.0.1:%u: Connection refused", port);
    assert_string_equal(e.text, want);
    assert_int_equal(e.code, ECONNREFUSED);
    close(fd);
}

static void
an_ipv6_address_is_bracketed_in_the_sentence(void **state)
{
    struct err e = {0};
    char want[64];
    unsigned port;
    int fd = bound(&port);      /* IPv4 only: nobody listens on ::1 */
    (void)state;

    assert_true(address_connect("::1", port, 5000, &e) < 0);
    int n = snprintf(want, sizeof(want), "cannot connect to [::1]:%u: ", port);
    assert_memory_equal(e.text, want, (size_t)n);
    close(fd);
}

static void
names_and_ports_that_cannot_be_are_refused(void **state)
{
    struct err e = {0};
    (void)state;

    assert_true(address_connect("no..such", 4000, 5000, &e) < 0);
    assert_string_equal(e.text, "no such host \"no..such\"");
    assert_int_equal(address_connect("", 4000, 5000, &e), -EINVAL);
    assert_int_equal(address_connect("127.0.0.1", 0, 5000, &e), -EINVAL);
    assert_int_equal(address_connect("127.0.0.1", 65536, 5000, NULL),
                     -EINVAL);
    assert_string_equal(e.text, "0 is not a port to connect to");
}

/* A listener whose backlog is full answers nothing more. */
static void
a_silent_host_is_given_up_at_the_deadline(void **state)
{
    struct err e = {0};
    unsigned port;
    int l = bound(&port), fd[8], n = 0;
    (void)state;

    must(listen(l, 0) == 0);
    int64_t start_ms = clock_mono_ms();
    do
        fd[n] = address_connect("127.0.0.1", port, 200, &e);
    while (fd[n] >= 0 && ++n < 8);

    assert_true(n < 8);
    assert_int_equal(fd[n], -ETIMEDOUT);
    assert_in_range(clock_mono_ms() - start_ms, 199, 5000);
    assert_non_null(strstr(e.text, ": Connection timed out"));
    while (n > 0)
        close(fd[--n]);
    close(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_written_as_people_know_them),
        cmocka_unit_test(what_is_no_internet_address_is_a_dash),
        cmocka_unit_test(limits_count_one_ipv4_address_and_one_ipv6_network),
        cmocka_unit_test(a_listening_port_is_connected_to),
        cmocka_unit_test(every_address_of_a_name_is_tried),
        cmocka_unit_test(a_refused_connection_is_one_sentence),
        cmocka_unit_test(an_ipv6_address_is_bracketed_in_the_sentence),
        cmocka_unit_test(names_and_ports_that_cannot_be_are_refused),
        cmocka_unit_test(a_silent_host_is_given_up_at_the_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
