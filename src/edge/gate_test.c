/* SPDX-License-Identifier: MIT */
#include "edge/gate.h"

#include "base/rand.h"
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE 60000

#define FULL "This server is full. Try again later."
#define MANY "Too many connections from your address."
#define SOON "Too many new connections from your address. " \
             "Try again in a few minutes."

static struct sockaddr_storage
peer(const char *ip)
{
    struct sockaddr_storage ss = {0};
    struct sockaddr_in *in = (void *)&ss;
    struct sockaddr_in6 *in6 = (void *)&ss;

    if (inet_pton(AF_INET, ip, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
    } else {
        assert_int_equal(inet_pton(AF_INET6, ip, &in6->sin6_addr), 1);
        in6->sin6_family = AF_INET6;
    }
    return ss;
}

static const char *
admit(struct gate *g, const char *ip, int64_t now_ms)
{
    struct sockaddr_storage p = peer(ip);
    const char *refusal = gate_admit(g, &p, now_ms);

    return refusal ? refusal : "in";
}

static void
leave(struct gate *g, const char *ip)
{
    struct sockaddr_storage p = peer(ip);

    gate_leave(g, &p);
}

static void
no_limits_admit_everyone(void **state)
{
    struct gate *g = gate_new(&(struct gate_options){0});

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_string_equal(admit(g, "10.0.0.1", i), "in");

    gate_free(&g);
    assert_null(g);
    gate_free(&g);
}

static void
a_full_server_says_so_until_someone_leaves(void **state)
{
    struct gate *g = gate_new(&(struct gate_options){.connections = 2});

    (void)state;
    assert_string_equal(admit(g, "10.0.0.1", 0), "in");
    assert_string_equal(admit(g, "10.0.0.2", 0), "in");
    assert_string_equal(admit(g, "10.0.0.3", 0), FULL);
    assert_string_equal(admit(g, "127.0.0.1", 0), FULL);

    leave(g, "10.0.0.1");
    assert_string_equal(admit(g, "10.0.0.3", 0), "in");
    assert_string_equal(admit(g, "10.0.0.4", 0), FULL);
    gate_free(&g);
}

static void
one_address_has_its_own_limit(void **state)
{
    struct gate *g =
        gate_new(&(struct gate_options){.connections_per_address = 2});

    (void)state;
    assert_string_equal(admit(g, "10.0.0.1", 0), "in");
    assert_string_equal(admit(g, "10.0.0.1", 0), "in");
    assert_string_equal(admit(g, "10.0.0.1", 0), MANY);
    assert_string_equal(admit(g, "10.0.0.2", 0), "in");

    leave(g, "10.0.0.1");
    assert_string_equal(admit(g, "10.0.0.1", 0), "in");
    gate_free(&g);
}

static void
an_ipv6_network_counts_as_one_address(void **state)
{
    struct gate *g =
        gate_new(&(struct gate_options){.connections_per_address = 2});

    (void)state;
    assert_string_equal(admit(g, "2001:db8:0:1::1", 0), "in");
    assert_string_equal(admit(g, "2001:db8:0:1:ffff::2", 0), "in");
    assert_string_equal(admit(g, "2001:db8:0:1::3", 0), MANY);
    assert_string_equal(admit(g, "2001:db8:0:2::1", 0), "in");
    gate_free(&g);
}

static void
a_mapped_address_counts_as_the_ipv4_one(void **state)
{
    struct gate *g =
        gate_new(&(struct gate_options){.connections_per_address = 1});

    (void)state;
    assert_string_equal(admit(g, "10.0.0.1", 0), "in");
    assert_string_equal(admit(g, "::ffff:10.0.0.1", 0), MANY);
    assert_string_equal(admit(g, "::ffff:10.0.0.2", 0), "in");

    leave(g, "::ffff:10.0.0.1");
    assert_string_equal(admit(g, "10.0.0.1", 0), "in");
    gate_free(&g);
}

static void
arrivals_are_forgotten_after_ten_minutes(void **state)
{
    struct gate *g =
        gate_new(&(struct gate_options){.arrivals_per_address = 3});

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_string_equal(admit(g, "10.0.0.1", i * MINUTE), "in");
        leave(g, "10.0.0.1");
    }
    assert_string_equal(admit(g, "10.0.0.1", 2 * MINUTE), SOON);
    assert_string_equal(admit(g, "10.0.0.1", 10 * MINUTE), SOON);

    assert_string_equal(admit(g, "10.0.0.1", 11 * MINUTE), "in");
    assert_string_equal(admit(g, "10.0.0.1", 11 * MINUTE), SOON);
    assert_string_equal(admit(g, "10.0.0.1", 12 * MINUTE), "in");
    assert_string_equal(admit(g, "10.0.0.1", 12 * MINUTE), SOON);
    gate_free(&g);
}

static void
a_refused_arrival_does_not_count(void **state)
{
    struct gate *g =
        gate_new(&(struct gate_options){.arrivals_per_address = 1});

    (void)state;
    assert_string_equal(admit(g, "10.0.0.1", 0), "in");
    for (int i = 0; i < 11 * MINUTE; i += MINUTE / 2)
        assert_string_equal(admit(g, "10.0.0.1", i), SOON);
    assert_string_equal(admit(g, "10.0.0.1", 11 * MINUTE), "in");
    gate_free(&g);
}

static void
a_clock_that_goes_back_opens_nothing(void **state)
{
    struct gate *g =
        gate_new(&(struct gate_options){.arrivals_per_address = 1});

    (void)state;
    assert_string_equal(admit(g, "10.0.0.1", 100 * MINUTE), "in");
    assert_string_equal(admit(g, "10.0.0.1", 50 * MINUTE), SOON);
    assert_string_equal(admit(g, "10.0.0.1", 100 * MINUTE), SOON);
    gate_free(&g);
}

static void
loopback_is_exempt_when_asked(void **state)
{
    struct gate_options o = {.connections_per_address = 1,
                             .arrivals_per_address = 1,
                             .exempt_loopback = true};
    struct gate *g = gate_new(&o);

    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_string_equal(admit(g, "127.0.0.1", 0), "in");
        assert_string_equal(admit(g, "::1", 0), "in");
    }
    leave(g, "127.0.0.1");
    gate_free(&g);

    o.exempt_loopback = false;
    g = gate_new(&o);
    assert_string_equal(admit(g, "127.0.0.1", 0), "in");
    assert_string_equal(admit(g, "127.0.0.1", 0), MANY);
    gate_free(&g);
}

/* More addresses than the table holds: those that are open stay counted. */
static void
a_flood_of_addresses_forgets_no_open_connection(void **state)
{
    struct gate *g =
        gate_new(&(struct gate_options){.connections_per_address = 1});
    char ip[32];

    (void)state;
    assert_string_equal(admit(g, "192.168.0.1", 0), "in");
    for (unsigned i = 0; i < 200000; i++) {
        snprintf(ip, sizeof ip, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        assert_string_equal(admit(g, ip, 0), "in");
        leave(g, ip);
    }
    assert_string_equal(admit(g, "192.168.0.1", 0), MANY);

    leave(g, "192.168.0.1");
    assert_string_equal(admit(g, "192.168.0.1", 0), "in");
    gate_free(&g);
}

static void
a_proxy_is_not_counted_but_whom_it_brings_is(void **state)
{
    struct cidr proxies[1];
    struct gate_options o = {.connections_per_address = 1,
                             .proxies = proxies, .proxies_n = 1};
    struct sockaddr_storage far = peer("192.0.2.1"), near = peer("10.0.0.7");
    struct gate *g;

    (void)state;
    assert_true(cidr_parse(str_of("10.0.0.0/8"), &proxies[0]));
    g = gate_new(&o);
    assert_true(gate_is_proxy(g, &near));
    assert_false(gate_is_proxy(g, &far));
    for (int i = 0; i < 3; i++)
        assert_string_equal(admit(g, "10.0.0.7", 0), "in");
    assert_null(gate_admit_behind(g, &far, 0));
    assert_string_equal(gate_admit_behind(g, &far, 0), MANY);
    assert_string_equal(admit(g, "192.0.2.1", 0), MANY);
    gate_leave_behind(g, &far);
    leave(g, "10.0.0.7");           /* the one that was refused */
    leave(g, "10.0.0.7");
    assert_string_equal(admit(g, "192.0.2.1", 0), "in");
    leave(g, "192.0.2.1");
    gate_free(&g);
}

/* It may say that it brings ourselves, or another proxy. */
static void
nobody_whom_a_proxy_brings_is_exempt(void **state)
{
    struct cidr proxies[1];
    struct gate_options o = {.connections_per_address = 1,
                             .exempt_loopback = true,
                             .proxies = proxies, .proxies_n = 1};
    const char *const texts[] = {"127.0.0.1", "::1", "10.0.0.7"};
    struct gate *g;

    (void)state;
    assert_true(cidr_parse(str_of("10.0.0.0/8"), &proxies[0]));
    g = gate_new(&o);
    for (size_t i = 0; i < 3; i++) {
        struct sockaddr_storage said = peer(texts[i]);

        for (int n = 0; n < 4; n++)
            assert_string_equal(admit(g, "10.0.0.7", 0), "in");
        for (int n = 0; n < 2; n++) {
            assert_null(gate_admit_behind(g, &said, 0));
            assert_string_equal(gate_admit_behind(g, &said, 0), MANY);
            gate_leave_behind(g, &said);
        }
        assert_string_equal(admit(g, texts[i], 0), "in");
        leave(g, texts[i]);
        leave(g, "10.0.0.7");
        leave(g, "10.0.0.7");
    }
    gate_free(&g);
}

static void
the_local_socket_has_no_address_to_count(void **state)
{
    struct gate *g =
        gate_new(&(struct gate_options){.connections_per_address = 1});
    struct sockaddr_storage local;

    (void)state;
    address_set_local(&local, 7);
    assert_int_equal(address_local_number(&local), 7);
    for (int i = 0; i < 3; i++)
        assert_null(gate_admit(g, &local, 0));
    for (int i = 0; i < 3; i++)
        gate_leave(g, &local);
    gate_free(&g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_limits_admit_everyone),
        cmocka_unit_test(a_full_server_says_so_until_someone_leaves),
        cmocka_unit_test(one_address_has_its_own_limit),
        cmocka_unit_test(an_ipv6_network_counts_as_one_address),
        cmocka_unit_test(a_mapped_address_counts_as_the_ipv4_one),
        cmocka_unit_test(arrivals_are_forgotten_after_ten_minutes),
        cmocka_unit_test(a_refused_arrival_does_not_count),
        cmocka_unit_test(a_clock_that_goes_back_opens_nothing),
        cmocka_unit_test(loopback_is_exempt_when_asked),
        cmocka_unit_test(a_proxy_is_not_counted_but_whom_it_brings_is),
        cmocka_unit_test(nobody_whom_a_proxy_brings_is_exempt),
        cmocka_unit_test(the_local_socket_has_no_address_to_count),
        cmocka_unit_test(a_flood_of_addresses_forgets_no_open_connection),
    };
    rand_init();
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
