/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_known.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HEX8 "00112233445566778899AABBCCDDEEFF"
#define ONE "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:" \
            "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
#define TWO "FF:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:" \
            "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static char folder[64], *path;

static int
setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/cli-known-XXXXXX");
    assert_non_null(mkdtemp(folder));
    path = cli_known_path(folder, NULL);
    assert_non_null(path);
    return 0;
}

static int
teardown(void **state)
{
    char command[128];

    (void)state;
    free(path);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void
expect(const char *server, const char *fingerprint)
{
    char got[CLI_FINGERPRINT_BYTES];
    struct err e;

    assert_int_equal(cli_known_find(path, server, got, &e),
                     fingerprint != NULL);
    if (fingerprint != NULL)
        assert_string_equal(got, fingerprint);
}

static void
a_server_is_found_again_and_no_other(void **state)
{
    struct err e;

    (void)state;
    expect("a:4000", NULL);
    assert_int_equal(cli_known_set(path, "a:4000", ONE, &e), 0);
    assert_int_equal(cli_known_set(path, "a:40", TWO, &e), 0);
    expect("a:4000", ONE);
    expect("a:40", TWO);
    expect("a:4", NULL);
    expect("a:40001", NULL);
}

static void
a_new_one_takes_the_old_ones_place(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(cli_known_set(path, "a:4000", ONE, &e), 0);
    assert_int_equal(cli_known_set(path, "a:4000", TWO, &e), 0);
    expect("a:4000", TWO);
}

static void
what_is_forgotten_is_unknown_and_others_stay(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(cli_known_set(path, "a:4000", ONE, &e), 0);
    assert_int_equal(cli_known_set(path, "b:4000", TWO, &e), 0);
    assert_int_equal(cli_known_set(path, "a:4000", NULL, &e), 0);
    expect("a:4000", NULL);
    expect("b:4000", TWO);
    assert_int_equal(cli_known_set(path, "a:4000", NULL, &e), -ENOENT);
}

static void
the_file_is_its_owners_alone(void **state)
{
    struct err e;
    struct stat st;

    (void)state;
    assert_int_equal(cli_known_set(path, "a:4000", ONE, &e), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* Two clients meet it at a time, one of them somebody else in its place. */
static void
what_another_client_remembered_meanwhile_stays(void **state)
{
    char was[CLI_FINGERPRINT_BYTES];
    struct err e;

    (void)state;
    assert_int_equal(cli_known_add(path, "a:4000", ONE, was, &e), 0);
    assert_int_equal(cli_known_add(path, "a:4000", TWO, was, &e), 1);
    assert_string_equal(was, ONE);
    expect("a:4000", ONE);
}

static void
a_file_that_cannot_be_read_is_not_an_empty_one(void **state)
{
    char got[CLI_FINGERPRINT_BYTES];
    struct err e;

    (void)state;
    assert_int_equal(symlink(path, path), 0);
    assert_int_equal(cli_known_find(path, "a:4000", got, &e), -ELOOP);
    assert_int_equal(cli_known_add(path, "a:4000", ONE, got, &e), -ELOOP);
    assert_int_equal(cli_known_set(path, "a:4000", ONE, &e), -ELOOP);
}

static void
write_file(const char *line, int times)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    for (int i = 0; i < times; i++)
        fprintf(f, line, i);
    fclose(f);
}

static void
a_line_without_a_fingerprint_is_no_first_meeting(void **state)
{
    char got[CLI_FINGERPRINT_BYTES];
    struct err e;

    (void)state;
    write_file("a:400%d " ONE " # mine\n", 1);
    assert_int_equal(cli_known_find(path, "a:4000", got, &e), -EBADMSG);
    assert_int_equal(cli_known_add(path, "a:4000", TWO, got, &e), -EBADMSG);
    assert_int_equal(cli_known_set(path, "a:4000", NULL, &e), 0);
    expect("a:4000", NULL);
}

static void
what_is_too_much_to_be_written_is_not_cut(void **state)
{
    struct err e;

    (void)state;
    write_file("a:%d " ONE "\n", 12000);
    assert_true(cli_known_set(path, "b:4000", TWO, &e) < 0);
    expect("a:11999", ONE);
}

static void
a_fingerprint_is_read_as_people_write_it(void **state)
{
    char got[CLI_FINGERPRINT_BYTES];

    (void)state;
    assert_true(cli_known_read(ONE, got));
    assert_string_equal(got, ONE);
    assert_true(cli_known_read("sha256:" HEX8 HEX8, got));
    assert_string_equal(got, ONE);
    assert_true(cli_known_read("00112233445566778899aabbccddeeff" HEX8, got));
    assert_string_equal(got, ONE);
    assert_false(cli_known_read(HEX8, got));
    assert_false(cli_known_read(HEX8 HEX8 "00", got));
    assert_false(cli_known_read(HEX8 "x0112233445566778899AABBCCDDEEFF", got));
    assert_false(cli_known_read("", got));
}

static void
a_server_is_called_by_host_and_port_in_lower_case(void **state)
{
    char *six = cli_known_server("::1", 4000);
    char *name = cli_known_server("Chat.Example", 4000);

    (void)state;
    assert_string_equal(six, "[::1]:4000");
    assert_string_equal(name, "chat.example:4000");
    free(six);
    free(name);
}

int
main(void)
{
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ON_DISK(a_server_is_found_again_and_no_other),
        ON_DISK(a_new_one_takes_the_old_ones_place),
        ON_DISK(what_is_forgotten_is_unknown_and_others_stay),
        ON_DISK(the_file_is_its_owners_alone),
        ON_DISK(what_another_client_remembered_meanwhile_stays),
        ON_DISK(a_file_that_cannot_be_read_is_not_an_empty_one),
        ON_DISK(a_line_without_a_fingerprint_is_no_first_meeting),
        ON_DISK(what_is_too_much_to_be_written_is_not_cut),
        cmocka_unit_test(a_fingerprint_is_read_as_people_write_it),
        cmocka_unit_test(a_server_is_called_by_host_and_port_in_lower_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
