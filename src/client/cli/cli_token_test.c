/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_token.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static const char *given;            /* LOQUAT_TOKEN */
static struct cli_options o;
static struct cli_token t;
static struct err e;

static const char *
env(const char *name)
{
    if (strcmp(name, "XDG_STATE_HOME") == 0)
        return folder;
    return strcmp(name, "LOQUAT_TOKEN") == 0 ? given : NULL;
}

static int
setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/loquat-token-XXXXXX");
    given = NULL;
    o = (struct cli_options){.host = "Chat.Example", .port = 4000,
                             .name = "tester"};
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void
what_is_stored_is_found_again(void **state)
{
    struct stat st;
    char *path = cli_token_path(&o, env);

    (void)state;
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "");
    assert_int_equal(cli_token_store(&o, env, "lq_one", "alice", &e), 0);
    assert_int_equal(cli_token_store(&o, env, "lq_two", "alice", &e), 0);
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "lq_two");
    assert_string_equal(t.name, "alice");
    assert_true(t.stored);
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    cli_token_forget(&o, env);
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "");
    cli_token_forget(&o, env);
    free(path);
}

static void
each_server_has_its_own(void **state)
{
    char *path;

    (void)state;
    assert_int_equal(cli_token_store(&o, env, "lq_one", "alice", &e), 0);
    o.port = 4001;
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "");
    o.port = 4000;
    snprintf(o.host, sizeof o.host, "chat.example");
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "lq_one");

    snprintf(o.host, sizeof o.host, "../x/y");
    path = cli_token_path(&o, env);
    assert_non_null(strstr(path, "/tokens/%2e.%2fx%2fy:4000.plain"));
    free(path);
}

static void
a_link_or_a_file_that_others_can_read_is_not_trusted(void **state)
{
    char *path = cli_token_path(&o, env);

    (void)state;
    assert_int_equal(cli_token_store(&o, env, "lq_one", "alice", &e), 0);
    assert_int_equal(chmod(path, 0644), 0);
    assert_true(cli_token_find(&t, &o, env, &e) < 0);
    assert_string_equal(t.text, "");

    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_true(cli_token_find(&t, &o, env, &e) < 0);

    /* It is replaced, not followed. */
    assert_int_equal(cli_token_store(&o, env, "lq_two", "alice", &e), 0);
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "lq_two");
    free(path);
}

static void
what_was_said_now_goes_before_what_was_stored(void **state)
{
    char path[128];
    FILE *f;

    (void)state;
    assert_int_equal(cli_token_store(&o, env, "lq_stored", "alice", &e), 0);
    given = "lq_given";
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "lq_given");
    assert_false(t.stored);

    snprintf(path, sizeof path, "%s/file", folder);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs("lq_file\n", f);
    fclose(f);
    o.token_file = path;
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "lq_file");
    assert_false(t.stored);
}

static void
a_token_made_over_tls_is_never_said_bare(void **state)
{
    (void)state;
    o.tls = true;
    assert_int_equal(cli_token_store(&o, env, "lq_stored", "alice", &e), 0);
    o.tls = false;
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "");
}

/* It would be anybody's who puts a file's address into a chat. */
static void
a_token_of_the_environment_goes_to_the_chosen_server_only(void **state)
{
    (void)state;
    given = "lq_given";
    o.elsewhere = true;
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "");
}

static void
a_guest_or_another_name_has_no_token(void **state)
{
    (void)state;
    assert_int_equal(cli_token_store(&o, env, "lq_stored", "alice", &e), 0);
    o.guest = true;
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "");

    o.guest = false;
    o.name_typed = true;
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "");
    o.name = "Alice";
    assert_int_equal(cli_token_find(&t, &o, env, &e), 0);
    assert_string_equal(t.text, "lq_stored");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_stored_is_found_again),
        TEST(each_server_has_its_own),
        TEST(a_link_or_a_file_that_others_can_read_is_not_trusted),
        TEST(what_was_said_now_goes_before_what_was_stored),
        TEST(a_token_made_over_tls_is_never_said_bare),
        TEST(a_token_of_the_environment_goes_to_the_chosen_server_only),
        TEST(a_guest_or_another_name_has_no_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
