/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_accept_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const char *const offers[] = {
    "text/plain", "application/json", "application/x-ndjson", "text/html",
};

static void
expect(const char *accept, const char *want)
{
    int best = http_accept_best(str_of(accept), offers, 4);
    const char *got = best < 0 ? "none" : offers[best];

    if (strcmp(got, want) != 0)
        fail_msg("%s: got %s, want %s", accept, got, want);
}

static void
without_a_wish_the_first_offer_is_sent(void **state)
{
    (void)state;
    expect("", "text/plain");
    expect("*/*", "text/plain");
    expect(" , ", "text/plain");        /* a list of nothing */
    assert_int_equal(http_accept_best((struct str){NULL, 0}, offers, 4), 0);
}

static void
the_better_liked_offer_is_sent(void **state)
{
    (void)state;
    expect("application/json", "application/json");
    expect("Application/JSON", "application/json");
    expect("text/plain;q=0.5, application/json;q=0.8", "application/json");
    expect("text/plain;q=0.999, text/html", "text/html");
    expect("application/json, text/plain", "text/plain");    /* we prefer it */
    expect("*/*;q=0.1, application/*;q=0.2", "application/json");
}

static void
the_most_specific_range_decides(void **state)
{
    (void)state;
    expect("*/*, text/plain;q=0", "application/json");
    expect("text/plain;q=0, */*", "application/json");
    expect("text/*;q=0.3, text/html;q=0.7, */*;q=0.5", "text/html");
    expect("application/*, application/json;q=0", "application/x-ndjson");
    expect("text/plain;q=0.1, text/plain;q=0.9, text/html;q=0.5",
           "text/plain");
}

static void
a_browser_gets_html(void **state)
{
    (void)state;
    expect("text/html,application/xhtml+xml,application/xml;q=0.9,"
           "image/avif,image/webp,image/apng,*/*;q=0.8", "text/html");
}

static void
nothing_may_fit(void **state)
{
    (void)state;
    expect("image/png", "none");
    expect("*/*;q=0", "none");
    expect("text/plain;q=0.000", "none");
}

static void
parameters_are_ignored(void **state)
{
    (void)state;
    expect("application/json; charset=utf-8; q=0.4, text/html; q=0.3",
           "application/json");
    expect("text/html;level=\"a,b;q=0\"", "text/html");
}

static void
what_is_malformed_is_like_no_wish(void **state)
{
    const char *values[] = {
        "json", "application/", "/json", "*/json", "application/json;q=2",
        "application/json;q=1.1", "application/json;q=0.1234",
        "application/json;q=", "application/json;q=-1", "application/json;q",
        "application/json;q=.5", "application/json;q=0,5",
        "application/json text/html", "application/json;q=0.5;q=x",
        "application/json, \"", "a b/c", "application/json;=1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        expect(values[i], "text/plain");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_wish_the_first_offer_is_sent),
        cmocka_unit_test(the_better_liked_offer_is_sent),
        cmocka_unit_test(the_most_specific_range_decides),
        cmocka_unit_test(a_browser_gets_html),
        cmocka_unit_test(nothing_may_fit),
        cmocka_unit_test(parameters_are_ignored),
        cmocka_unit_test(what_is_malformed_is_like_no_wish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
