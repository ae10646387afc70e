/* SPDX-License-Identifier: MIT
 *
 * Requests of `loquatd admin`, as tables: what is understood, and how. */
#include "server/admin_request.h"
#include "server/admin_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct admin_request request;
static struct err err;

static bool
is_read(const char *line)
{
    admin_request_done(&request);
    err.text[0] = '\0';
    return admin_request_read(str_of(line), &request, &err);
}

static void
expect_read(const char *line)
{
    if (!is_read(line))
        fail_msg("%s: %s", line, err.text);
}

static void
what_is_no_request_is_refused_with_a_sentence(void **state)
{
    static const char *const lines[] = {
        "", "users list", "[]", "{}", "null", "{\"words\":[]}",
        "{\"words\":\"users\"}", "{\"words\":[\"users\",7]}",
        "{\"words\":[\"users\",null]}", "{\"words\":[\"users\"]}",
        "{\"words\":[\"nothing\"]}", "{\"words\":[\"users\",\"bogus\"]}",
        "{\"words\":[\"users\",\"list\",\"more\"]}",
        "{\"words\":[\"users\",\"show\"]}",
        "{\"words\":[\"users\",\"show\",\"a\\u001bb\"]}",
        "{\"words\":[\"users\",\"register\",\"bob\"]}",
        "{\"words\":[\"users\",\"register\",\"bob\"],\"secret\":7}",
        "{\"words\":[\"users\",\"list\"],\"words\":[\"stats\"]}",
        "{\"words\":[\"bans\",\"add\",\"--for\",\"soon\",\"bob\"]}",
        "{\"words\":[\"bans\",\"add\",\"--for\"]}",
        "{\"words\":[\"bans\",\"add\",\"--uses\",\"3\",\"bob\"]}",
        "{\"words\":[\"users\",\"list\",\"--mute\"]}",
        "{\"words\":[\"tokens\",\"revoke\",\"bob\",\"0\"]}",
        "{\"words\":[\"tokens\",\"revoke\",\"bob\",\"-1\"]}",
        "{\"words\":[\"audit\",\"-n\",\"0\"]}",
        "{\"words\":[\"audit\",\"-n\",\"99999999999999999999\"]}",
        "{\"words\":[\"invitations\",\"create\",\"--uses\",\"0\"]}",
        "{\"words\":[\"stats\"]} more",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (is_read(lines[i]))
            fail_msg("%s was read", lines[i]);
        assert_true(err.text[0] != '\0');
    }
}

static void
options_come_before_the_arguments(void **state)
{
    (void)state;
    expect_read("{\"words\":[\"bans\",\"add\",\"--room\",\"#one\",\"--for\","
                "\"2h\",\"--mute\",\"bob\",\"too\",\"--loud\"]}");
    assert_true(str_eq(request.room, str_of("#one")));
    assert_int_equal(request.for_ms, 7200000);
    assert_true(request.mute);
    assert_true(str_eq(request.args[0], str_of("bob")));
    assert_true(str_eq(request.rest, str_of("too --loud")));
}

static void
what_is_not_said_is_as_usual(void **state)
{
    (void)state;
    expect_read("{\"words\":[\"audit\"]}");
    assert_int_equal(request.lines, 50);
    expect_read("{\"words\":[\"audit\",\"-n\",\"7\"]}");
    assert_int_equal(request.lines, 7);
    expect_read("{\"words\":[\"invitations\",\"create\"]}");
    assert_int_equal(request.uses, 1);
    assert_int_equal(request.for_ms, 0);
    expect_read("{\"words\":[\"bans\",\"list\"]}");
    assert_int_equal(request.room.n, 0);
}

static void
the_rest_of_the_words_is_the_value(void **state)
{
    (void)state;
    expect_read("{\"words\":[\"rooms\",\"set\",\"#one\",\"description\","
                "\"Hello\",\"there\"]}");
    assert_true(str_eq(request.args[1], str_of("description")));
    assert_true(str_eq(request.rest, str_of("Hello there")));
    expect_read("{\"words\":[\"rooms\",\"set\",\"#one\",\"description\"]}");
    assert_int_equal(request.rest.n, 0);
}

static void
a_number_may_be_all(void **state)
{
    (void)state;
    expect_read("{\"words\":[\"tokens\",\"revoke\",\"bob\",\"12\"]}");
    assert_int_equal(request.number, 12);
    assert_false(request.all);
    expect_read("{\"words\":[\"tokens\",\"revoke\",\"bob\",\"all\"]}");
    assert_true(request.all);
}

static void
a_secret_is_beside_the_words_and_wiped(void **state)
{
    (void)state;
    expect_read("{\"words\":[\"users\",\"register\",\"bob\"],"
                "\"secret\":\"correct horse\"}");
    assert_true(str_eq(request.secret, str_of("correct horse")));

    const char *place = request.secret.p;
    json_t *root = json_incref(request.root);

    admin_request_done(&request);
    assert_int_equal(place[0], 0);
    assert_int_equal(place[12], 0);
    json_decref(root);
}

static void
every_command_is_found_by_its_words(void **state)
{
    (void)state;
    for (const struct admin_command *c = admin_commands; c->group; c++) {
        struct str words[2] = {str_of(c->group), str_of(c->verb)};
        unsigned used = 0;

        assert_ptr_equal(admin_command_find(words, 2, &used), c);
        assert_int_equal(used, c->verb[0] != '\0' ? 2 : 1);
        assert_true(c->build == NULL || c->read == NULL);
        assert_int_equal(c->build == NULL && c->read == NULL,
                         (c->flags & ADMIN_RELOAD) != 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_request_is_refused_with_a_sentence),
        cmocka_unit_test(options_come_before_the_arguments),
        cmocka_unit_test(what_is_not_said_is_as_usual),
        cmocka_unit_test(the_rest_of_the_words_is_the_value),
        cmocka_unit_test(a_number_may_be_all),
        cmocka_unit_test(a_secret_is_beside_the_words_and_wiped),
        cmocka_unit_test(every_command_is_found_by_its_words),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    admin_request_done(&request);
    return failed;
}
