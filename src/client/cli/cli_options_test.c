/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static int
nothing(const struct cli_options *o)
{
    (void)o;
    return 0;
}

static const struct cli_command commands[] = {
    {"send", CLI_SEND, "TARGET [TEXT...]", "say", 1, -1, nothing},
    {"tail", CLI_TAIL, "TARGET", "the last", 1, 1, nothing},
    {"history", CLI_HISTORY, "TARGET", "a stretch", 1, 1, nothing},
    {"rooms", CLI_ROOMS, "", "the rooms", 0, 0, nothing},
    {"put", CLI_PUT, "FILE... [#ROOM]", "share", 1, -1, nothing},
    {"get", CLI_GET, "ID|URL...", "fetch", 1, -1, nothing},
    {"login", CLI_LOGIN, "[NAME]", "log in", 0, 1, nothing},
    {"token", CLI_TOKEN, "NAME", "a token", 1, 1, nothing},
    {"ban", CLI_BAN, "NAME [WHY...]", "ban", 1, -1, nothing},
    {"room", CLI_ROOM, "ROOM", "a room", 1, 1, nothing},
    {NULL, CLI_CHAT, "[HOST[:PORT]]", "chat", 0, 1, nothing},
};

/* The environment: "NAME=value", ended by NULL. */
static const char *environment[8];

static const char *
env(const char *name)
{
    size_t n = strlen(name);

    for (int i = 0; environment[i] != NULL; i++) {
        if (strncmp(environment[i], name, n) == 0 && environment[i][n] == '=')
            return environment[i] + n + 1;
    }
    return NULL;
}

static struct cli_options o;
static struct err e;

/* The words behind `loquat`, ended by NULL. */
static int
parse(char *first, ...)
{
    char *argv[20] = {"loquat", first};
    int argc = first ? 2 : 1;
    va_list ap;

    va_start(ap, first);
    while (first != NULL && (argv[argc] = va_arg(ap, char *)) != NULL)
        argc++;
    va_end(ap);
    e.text[0] = '\0';
    return cli_options_parse(&o, commands, argc, argv, env, &e);
}

static int
setup(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        environment[i] = NULL;
    environment[0] = "USER=tester";
    return 0;
}

static void
without_words_it_is_the_chat_on_localhost(void **state)
{
    (void)state;
    assert_int_equal(parse(NULL), 0);
    assert_int_equal(o.command->which, CLI_CHAT);
    assert_string_equal(o.host, "localhost");
    assert_int_equal(o.port, 4000);
    assert_string_equal(o.name, "tester");
    assert_false(o.name_given);
    assert_int_equal(o.attempts, 10);
}

static void
options_may_stand_anywhere(void **state)
{
    (void)state;
    assert_int_equal(parse("--json", "tail", "-n5", "#ops", "-qf", NULL), 0);
    assert_int_equal(o.command->which, CLI_TAIL);
    assert_true(o.json && o.quiet && o.follow);
    assert_int_equal(o.count, 5);

    assert_int_equal(parse("tail", "-fn", "7", "#ops", NULL), 0);
    assert_int_equal(o.count, 7);
    assert_int_equal(parse("tail", "#ops", "--count=8", NULL), 0);
    assert_int_equal(o.count, 8);
    assert_true(o.count_given);
}

static void
two_dashes_end_the_options(void **state)
{
    (void)state;
    assert_int_equal(parse("send", "-q", "#x", "--", "-n", "--help", NULL), 0);
    assert_int_equal(o.args_n, 3);
    assert_string_equal(o.args[0], "#x");
    assert_string_equal(o.args[1], "-n");
    assert_string_equal(o.args[2], "--help");
    assert_false(o.help);
}

static void
one_dash_is_a_word(void **state)
{
    (void)state;
    assert_int_equal(parse("send", "#x", "-", NULL), 0);
    assert_string_equal(o.args[1], "-");
}

static void
expect_usage(int r, const char *part)
{
    assert_int_equal(r, -EINVAL);
    if (strstr(e.text, part) == NULL)
        assert_string_equal(e.text, part);
}

static void
what_makes_no_sense_is_said_so(void **state)
{
    (void)state;
    expect_usage(parse("send", NULL), "send needs TARGET");
    expect_usage(parse("tail", "#a", "#b", NULL), "\"#b\" is too much");
    expect_usage(parse("rooms", "#a", NULL), "\"#a\" is too much");
    expect_usage(parse("send", "--nonsense", "#x", NULL),
                 "no option --nonsense");
    expect_usage(parse("send", "-x", "#x", NULL), "no option -x");
    expect_usage(parse("rooms", "-f", NULL), "--follow does not go with");
    expect_usage(parse("rooms", "--json=yes", NULL), "takes no value");
    expect_usage(parse("tail", "#x", "-n", NULL), "--count needs a value");
    expect_usage(parse("tail", "#x", "-n", "-1", NULL), "needs a number");
    expect_usage(parse("rooms", "--color=blue", NULL), "--color is auto");
    expect_usage(parse("history", "#x", "--after=1", "--before=9", NULL),
                 "only one of");
}

static void
pages_and_colours_are_read(void **state)
{
    (void)state;
    assert_int_equal(parse("history", "#x", "--around", "12", NULL), 0);
    assert_int_equal(o.mode, LOQUAT__V1__PAGE_MODE__PAGE_MODE_AROUND);
    assert_int_equal(o.seq, 12);
    assert_int_equal(parse("rooms", "--color=never", NULL), 0);
    assert_int_equal(o.color, CLI_COLOR_NEVER);
}

static void
a_server_is_a_host_and_perhaps_a_port(void **state)
{
    static const struct { const char *text, *host; unsigned port; } good[] = {
        {"example.org", "example.org", 4000},
        {"example.org:80", "example.org", 80},
        {"[::1]:5000", "::1", 5000},
        {"[::1]", "::1", 4000},
        {"::1", "::1", 4000},
    };
    static const char *const bad[] = {"", ":4000", "host:", "host:0",
                                      "host:65536", "host:x", "[::1]x", "[]"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(cli_parse_server(&o, good[i].text, &e), 0);
        assert_string_equal(o.host, good[i].host);
        assert_int_equal(o.port, good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(cli_parse_server(&o, bad[i], &e), -EINVAL);
}

static void
in_clear_is_only_what_was_asked_for(void **state)
{
    static const struct { const char *server; bool tls; } cases[] = {
        {"example.org", true}, {"loquat://example.org", true},
        {"http://example.org", true}, {"https://localhost", true},
        {"localhost.example.org", true}, {"127.0.0.1.example.org", true},
        {"127.1.2.3", false}, {"[::1]", false}, {"LOCALHOST", false},
        {"loquat+insecure://example.org", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse("rooms", "--server", cases[i].server, NULL), 0);
        assert_int_equal(o.tls, cases[i].tls);
    }
    assert_int_equal(parse("rooms", "--fingerprint=AB", NULL), 0);
    assert_true(o.tls);
    expect_usage(parse("rooms", "--plain", "--fingerprint=AB", NULL),
                 "goes with neither");
    expect_usage(parse("rooms", "--fingerprint=AB", "--server",
                       "loquat+insecure://example.org", NULL),
                 "is in clear");
    environment[1] = "LOQUAT_FINGERPRINT=AB";
    assert_int_equal(parse("rooms", NULL), 0);
    assert_true(o.tls);
    expect_usage(parse("rooms", "--server", "loquat+insecure://example.org",
                       NULL), "is in clear");
}

static void
the_environment_fills_in_and_what_is_typed_goes_first(void **state)
{
    (void)state;
    environment[1] = "LOQUAT_SERVER=there:1";
    environment[2] = "LOQUAT_NAME=alice";
    environment[3] = "RECONNECT_ATTEMPTS=0";
    assert_int_equal(parse("send", "#x", NULL), 0);
    assert_string_equal(o.host, "there");
    assert_string_equal(o.name, "alice");
    assert_true(o.name_given && o.attempts_given);
    assert_int_equal(o.attempts, 0);

    assert_int_equal(parse("send", "#x", "--server=here:2", "--name", "bob",
                           NULL), 0);
    assert_string_equal(o.host, "here");
    assert_string_equal(o.name, "bob");
    assert_int_equal(parse("elsewhere:3", NULL), 0);
    assert_string_equal(o.host, "elsewhere");

    environment[3] = "RECONNECT_ATTEMPTS=many";
    expect_usage(parse("rooms", NULL), "RECONNECT_ATTEMPTS is a number");
}

static void
a_login_becomes_a_legal_name(void **state)
{
    static const char *const rows[][2] = {
        {"USER=1 bad\x1b[31mname", "bad31mname"},
        {"USER=", "guest"},
        {"USER=\xc3\xa4\xc3\xb6", "guest"},
        {"USER=abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
         "abcdefghijklmnopqrstuvwxyzabcdef"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        environment[0] = rows[i][0];
        assert_int_equal(parse(NULL), 0);
        assert_string_equal(o.name, rows[i][1]);
    }
    environment[0] = NULL;
    assert_int_equal(parse(NULL), 0);
    assert_string_equal(o.name, "guest");
}

static void
the_name_of_put_is_the_files(void **state)
{
    (void)state;
    environment[0] = "LOQUAT_NAME=alice";
    assert_int_equal(parse("put", "-", "--name=x.png", "--room", "#ops",
                           NULL), 0);
    assert_string_equal(o.file_name, "x.png");
    assert_string_equal(o.name, "alice");
    assert_string_equal(o.room, "#ops");
    assert_int_equal(parse("send", "--name", "bob", "#ops", NULL), 0);
    assert_string_equal(o.name, "bob");
    assert_null(o.file_name);
    assert_int_equal(parse("get", "x", "-o", "-", "--resume", NULL), 0);
    assert_string_equal(o.output, "-");
    assert_true(o.resume);
    assert_int_equal(parse("get", "--name=x", "y", NULL), -EINVAL);
    assert_int_equal(parse("put", "-o", "x", "y", NULL), -EINVAL);
    assert_int_equal(parse("tail", "--tar", "#x", NULL), -EINVAL);
}

static void
help_comes_from_the_tables(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 100000);
    cli_help(&out, commands, &commands[0]);
    assert_non_null(memmem(out.p, out.n, "--lines", 7));
    assert_null(memmem(out.p, out.n, "--follow", 8));
    buf_clear(&out);
    cli_help(&out, commands, NULL);
    assert_non_null(memmem(out.p, out.n, "loquat send TARGET", 18));
    assert_non_null(memmem(out.p, out.n, "--follow", 8));
    buf_done(&out);

    assert_int_equal(parse("send", "--help", NULL), 0);
    assert_true(o.help);
}

static void
colour_is_for_terminals_that_want_it(void **state)
{
    (void)state;
    assert_int_equal(parse("rooms", NULL), 0);
    assert_true(cli_wants_color(&o, env, true));
    assert_false(cli_wants_color(&o, env, false));
    environment[1] = "NO_COLOR=1";
    assert_false(cli_wants_color(&o, env, true));
    environment[1] = "NO_COLOR=";
    assert_true(cli_wants_color(&o, env, true));
    environment[1] = "TERM=dumb";
    assert_false(cli_wants_color(&o, env, true));
    o.color = CLI_COLOR_ALWAYS;
    assert_true(cli_wants_color(&o, env, false));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, NULL)

static void
what_is_done_to_somebody_needs_a_room(void **state)
{
    (void)state;
    assert_true(parse("ban", "bob", NULL) < 0);
    assert_non_null(strstr(e.text, "--room"));
    assert_int_equal(parse("ban", "bob", "spam", "--room=#ops", "--for=12h",
                           NULL), 0);
    assert_string_equal(o.room, "#ops");
    assert_true(o.for_ms == 12 * 3600 * 1000);
    assert_true(parse("ban", "bob", "--room=#ops", "--for=soon", NULL) < 0);
}

static void
a_room_is_set_by_keys_and_values(void **state)
{
    (void)state;
    assert_int_equal(parse("room", "#ops", "--set", "slow=10s",
                           "--set=description=a=b", NULL), 0);
    assert_int_equal(o.sets_n, 2);
    assert_string_equal(o.sets[0], "slow=10s");
    assert_string_equal(o.sets[1], "description=a=b");
    assert_true(parse("room", "#ops", "--set", "slow", NULL) < 0);
    assert_true(parse("room", "#ops", "--set", "=x", NULL) < 0);
}

static void
no_option_takes_a_password(void **state)
{
    (void)state;
    assert_true(parse("login", "bob", "--password=x", NULL) < 0);
    assert_int_equal(parse("login", "bob", "--password-file=-", NULL), 0);
    assert_string_equal(o.password_file, "-");
    assert_true(parse("tail", "#ops", "--password-file=-", NULL) < 0);
    assert_int_equal(parse("token", "ci", "--scope=read post",
                           "--expires", "30d", NULL), 0);
    assert_string_equal(o.scope, "read post");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_done_to_somebody_needs_a_room),
        TEST(a_room_is_set_by_keys_and_values),
        TEST(no_option_takes_a_password),
        TEST(without_words_it_is_the_chat_on_localhost),
        TEST(options_may_stand_anywhere),
        TEST(two_dashes_end_the_options),
        TEST(one_dash_is_a_word),
        TEST(what_makes_no_sense_is_said_so),
        TEST(pages_and_colours_are_read),
        TEST(a_server_is_a_host_and_perhaps_a_port),
        TEST(in_clear_is_only_what_was_asked_for),
        TEST(the_environment_fills_in_and_what_is_typed_goes_first),
        TEST(a_login_becomes_a_legal_name),
        TEST(the_name_of_put_is_the_files),
        TEST(help_comes_from_the_tables),
        TEST(colour_is_for_terminals_that_want_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
