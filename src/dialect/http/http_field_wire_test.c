/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_field_wire.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* The members in brackets. */
static void
expect_list(const char *list, const char *want)
{
    struct str rest = str_of(list), member;
    char got[200] = "";

    while (http_list_next(&rest, &member))
        snprintf(got + strlen(got), sizeof got - strlen(got), "[%.*s]",
                 STR_FMT(member));
    if (strcmp(got, want) != 0)
        fail_msg("%s: got %s, want %s", list, got, want);
}

static void
lists_are_split_at_commas(void **state)
{
    (void)state;
    expect_list("a, b\t,c", "[a][b][c]");
    expect_list(",, a ,,\t, b,", "[a][b]");
    expect_list("", "");
    expect_list(" ", "");
}

static void
commas_in_quotes_do_not_split(void **state)
{
    (void)state;
    expect_list("a=\"b,c\", d", "[a=\"b,c\"][d]");
    expect_list("\"a\\\",b\",c", "[\"a\\\",b\"][c]");
    expect_list("\"a,b", "[\"a,b]");               /* it never ends */
    expect_list("\"a\\", "[\"a\\]");
}

static void
quotes_hide_no_token(void **state)
{
    (void)state;
    assert_true(http_list_has(str_of("x\", close"), "close"));
    assert_true(http_list_has(str_of("a,\tCLOSE ,b"), "close"));
    assert_true(http_list_has(str_of("a,close"), "close"));
    assert_false(http_list_has(str_of("\"close\""), "close"));
    assert_false(http_list_has(str_of("closed, close d, clos"), "close"));
    assert_false(http_list_has(str_of(""), "close"));
}

/* "name=value" in brackets, "!" when malformed. */
static void
expect_params(const char *text, const char *want)
{
    struct str rest = str_of(text);
    struct http_field param;
    enum http_param found;
    char got[200] = "";

    while ((found = http_param_next(&rest, &param)) == HTTP_PARAM_FOUND)
        snprintf(got + strlen(got), sizeof got - strlen(got), "[%.*s=%.*s]",
                 STR_FMT(param.name), STR_FMT(param.value));
    if (found == HTTP_PARAM_BAD)
        strncat(got, "!", sizeof got - strlen(got) - 1);
    if (strcmp(got, want) != 0)
        fail_msg("%s: got %s, want %s", text, got, want);
}

static void
parameters_have_names_and_values(void **state)
{
    (void)state;
    expect_params("", "");
    expect_params(";a=b ; c=\"d;e\";;f=\"\" ", "[a=b][c=d;e][f=]");
    expect_params("; a=\"b\\\"c\"", "[a=b\\\"c]");
    expect_params("a=b", "!");
    expect_params(";a", "!");
    expect_params(";a=", "!");
    expect_params(";a =b", "!");
    expect_params(";a=b;c=\"d", "[a=b]!");
    expect_params(";a=b c", "[a=b]!");
}

static void
quoted_strings_are_unquoted(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 8);
    assert_int_equal(http_unquote(&out, str_of("a\\\"\\b\\")), 0);
    assert_true(str_eq(buf_str(&out), str_of("a\"b\\")));
    assert_int_equal(http_unquote(&out, str_of("12345")), -ENOBUFS);
    assert_int_equal(out.n, 4);
    buf_done(&out);
}

static void
tokens_are_those_of_the_rfc(void **state)
{
    (void)state;
    assert_true(http_is_token(str_of("!#$%&'*+-.^_`|~09azAZ")));
    assert_false(http_is_token(str_of("")));
    for (const char *p = "\"(),/:;<=>?@[\\]{} \t\x7f\x80"; *p; p++)
        assert_false(http_is_token((struct str){p, 1}));
    assert_false(http_is_token((struct str){"\0", 1}));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_split_at_commas),
        cmocka_unit_test(commas_in_quotes_do_not_split),
        cmocka_unit_test(quotes_hide_no_token),
        cmocka_unit_test(parameters_have_names_and_values),
        cmocka_unit_test(quoted_strings_are_unquoted),
        cmocka_unit_test(tokens_are_those_of_the_rfc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
