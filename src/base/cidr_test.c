/* SPDX-License-Identifier: MIT
 *
 * Ranges of addresses as tables: what is read, how it is written, and who is
 * in it. */
#include "base/cidr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct cidr
parsed(const char *text)
{
    struct cidr c;

    if (!cidr_parse(str_of(text), &c))
        fail_msg("\"%s\" was not read", text);
    return c;
}

static void
a_range_is_read_and_written_alike(void **state)
{
    static const struct {
        const char *text, *shown;
        unsigned prefix;
    } rows[] = {
        {"192.0.2.7", "192.0.2.7", 128},
        {"192.0.2.7/32", "192.0.2.7", 128},
        {"192.0.2.0/24", "192.0.2.0/24", 120},
        {"192.0.2.128/25", "192.0.2.128/25", 121},
        {"0.0.0.0/0", "0.0.0.0/0", 96},
        {"10.0.0.0/8", "10.0.0.0/8", 104},
        {"2001:db8::/32", "2001:db8::/32", 32},
        {"2001:DB8::1", "2001:db8::1", 128},
        {"2001:db8:0:0:0:0:0:1/128", "2001:db8::1", 128},
        {"::/0", "::/0", 0},
        {"::1", "::1", 128},
        {"::ffff:192.0.2.0/120", "192.0.2.0/24", 120},
        {"::ffff:0:0/96", "0.0.0.0/0", 96},
        {"fe80::/10", "fe80::/10", 10},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct cidr c = parsed(rows[i].text);
        char shown[CIDR_TEXT_BYTES];

        cidr_format(&c, shown);
        assert_string_equal(shown, rows[i].shown);
        assert_int_equal(c.prefix, rows[i].prefix);
    }
}

static void
the_longest_one_fits(void **state)
{
    struct cidr c = parsed("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127");
    char shown[CIDR_TEXT_BYTES];

    (void)state;
    cidr_format(&c, shown);
    assert_string_equal(shown, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127");
}

static void
what_is_no_range_is_refused(void **state)
{
    static const char *const rows[] = {
        "", "/", "/24", "alice", "192.0.2", "192.0.2.", "192.0.2.0.1",
        "192.0.2.256", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1",
        "192.0.2.0/+8", "192.0.2.0/024", "192.0.2.0/24/24", "192.0.2.0/24 ",
        " 192.0.2.0/24", "192.0.2.0/ 24", "192.0.2.0/2a", "192.0.2.0/999999",
        "192.0.2.0/18446744073709551616", "2001:db8::/129", "2001:db8:::",
        "2001:db8::1::2", "[2001:db8::]/32", "fe80::1%eth0", "0x7f.0.0.1",
        "1", "192.0.2.*", "::/00",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc/12",
    };
    struct cidr c = {.prefix = 77};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        if (cidr_parse(str_of(rows[i]), &c))
            fail_msg("\"%s\" was read", rows[i]);
        assert_int_equal(c.prefix, 77);
    }
    assert_false(cidr_parse((struct str){"1.2.3.4\0/8", 10}, &c));
}

static void
bits_behind_the_prefix_are_refused(void **state)
{
    static const char *const rows[] = {
        "192.0.2.1/24", "192.0.2.128/24", "192.0.2.1/31", "1.0.0.0/0",
        "2001:db8::1/64", "2001:db9::/31", "::1/127", "8000::/0",
    };
    struct cidr c;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        if (cidr_parse(str_of(rows[i]), &c))
            fail_msg("\"%s\" was read", rows[i]);
    }
}

static void
a_range_contains_what_begins_like_it(void **state)
{
    static const struct {
        const char *range, *address;
        bool in;
    } rows[] = {
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.200", true},
        {"0.0.0.0/0", "255.1.2.3", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "10.0.0.1", true},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"fe80::/10", "febf::1", true},
        {"fe80::/10", "fec0::1", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct cidr range = parsed(rows[i].range);
        struct cidr address = parsed(rows[i].address);

        if (cidr_contains(&range, address.address) != rows[i].in)
            fail_msg("%s in %s", rows[i].address, rows[i].range);
    }
}

/* Of one address every prefix: it is inside, its neighbour by that bit not. */
static void
each_prefix_ends_at_its_bit(void **state)
{
    struct cidr one = parsed("5a5a:a5a5:5a5a:a5a5:5a5a:a5a5:5a5a:a5a5");

    (void)state;
    for (unsigned bit = 0; bit < 128; bit++) {
        struct cidr other = one;

        other.address[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        for (unsigned prefix = 0; prefix <= 128; prefix++) {
            other.prefix = (uint8_t)prefix;
            assert_int_equal(cidr_contains(&other, one.address),
                             prefix <= bit);
        }
    }
}

static void
only_the_local_machine_is_loopback(void **state)
{
    static const struct {
        const char *address;
        bool is;
    } rows[] = {
        {"127.0.0.1", true}, {"127.255.255.254", true}, {"::1", true},
        {"128.0.0.1", false}, {"::2", false}, {"::", false},
        {"7f00::1", false}, {"192.168.0.1", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        assert_int_equal(cidr_is_loopback(parsed(rows[i].address).address),
                         rows[i].is);
}

static void
a_list_is_read_up_to_its_first_fault(void **state)
{
    struct cidr two[2];
    struct str bad = {0};
    unsigned n = 9;

    (void)state;
    assert_true(cidr_parse_list(str_of(""), two, 2, &n, &bad));
    assert_int_equal(n, 0);
    assert_true(cidr_parse_list(str_of("  10.0.0.0/8 \t ::1 "), two, 2, &n,
                                &bad));
    assert_int_equal(n, 2);
    assert_int_equal(two[0].prefix, 104);
    assert_int_equal(two[1].prefix, 128);
    assert_false(cidr_parse_list(str_of("::1 bob ::2"), two, 2, &n, &bad));
    assert_true(str_eq(bad, str_of("bob")));
    assert_false(cidr_parse_list(str_of("::1 ::2 ::3"), two, 2, &n, &bad));
    assert_true(str_eq(bad, str_of("::3")));
    assert_int_equal(n, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_read_and_written_alike),
        cmocka_unit_test(the_longest_one_fits),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(bits_behind_the_prefix_are_refused),
        cmocka_unit_test(a_range_contains_what_begins_like_it),
        cmocka_unit_test(each_prefix_ends_at_its_bit),
        cmocka_unit_test(only_the_local_machine_is_loopback),
        cmocka_unit_test(a_list_is_read_up_to_its_first_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
