/* SPDX-License-Identifier: MIT
 *
 * In a folder of its own under the one for temporary files. */
#include "client/cli/cli_ticket.h"

#include "base/rand.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

static char folder[64];

static const struct cli_upload_key key = {
    .host = "localhost", .port = 4000, .target = "#lobby",
    .path = "/home/alice/x.png", .size = 100, .changed_ns = 5};

static int
setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/loquat-ticket-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int
teardown(void **state)
{
    char command[100];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* Files under uploads/, and the mode of one of them. */
static int
kept(const char *under, mode_t *mode)
{
    char path[400];
    struct dirent *d;
    struct stat st;
    DIR *dir;
    int n = 0;

    snprintf(path, sizeof path, "%s%s/loquat/uploads", folder, under);
    dir = opendir(path);
    while (dir != NULL && (d = readdir(dir)) != NULL) {
        if (d->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s%s/loquat/uploads/%.100s", folder,
                 under, d->d_name);
        assert_int_equal(stat(path, &st), 0);
        *mode = st.st_mode & 0777;
        n++;
    }
    if (dir != NULL)
        closedir(dir);
    return n;
}

static void
keep_one(struct file_id *id, struct file_id *ticket)
{
    struct cli_ticket t;

    *id = file_id_new();
    *ticket = file_id_new();
    cli_ticket_open(&t, &key, folder, NULL);
    assert_false(t.given);
    cli_ticket_set(&t, id, ticket);
    cli_ticket_done(&t);
}

static void
finds(const struct cli_upload_key *which, bool found)
{
    struct cli_ticket t;

    cli_ticket_open(&t, which, folder, NULL);
    assert_int_equal(t.given, found);
    cli_ticket_done(&t);
}

/* ---- Tests ---- */

static void
what_was_kept_is_found_again_and_private(void **state)
{
    struct file_id id, ticket;
    struct cli_ticket t;
    mode_t mode = 0;

    (void)state;
    keep_one(&id, &ticket);
    assert_int_equal(kept("", &mode), 1);
    assert_int_equal(mode, 0600);
    cli_ticket_open(&t, &key, folder, NULL);
    assert_true(t.given);
    assert_true(file_id_eq(&t.id, &id));
    assert_true(file_id_eq(&t.ticket, &ticket));
    cli_ticket_clear(&t);
    cli_ticket_done(&t);
    assert_int_equal(kept("", &mode), 0);
}

static void
another_file_server_room_or_state_is_another_upload(void **state)
{
    struct cli_upload_key other[6] = {key, key, key, key, key, key};
    struct file_id id, ticket;

    (void)state;
    keep_one(&id, &ticket);
    other[0].host = "elsewhere";
    other[1].port = 4001;
    other[2].target = "#ops";
    other[3].path = "/home/alice/y.png";
    other[4].size = 101;
    other[5].changed_ns = 6;
    for (int i = 0; i < 6; i++)
        finds(&other[i], false);
    finds(&key, true);
}

static void
a_second_process_keeps_nothing_and_removes_nothing(void **state)
{
    struct file_id id, ticket;
    struct cli_ticket first, second;

    (void)state;
    keep_one(&id, &ticket);
    cli_ticket_open(&first, &key, folder, NULL);
    cli_ticket_open(&second, &key, folder, NULL);
    assert_true(first.given);
    assert_false(second.given);
    assert_null(second.path);
    cli_ticket_set(&second, &id, &ticket);
    cli_ticket_clear(&second);
    cli_ticket_done(&second);
    cli_ticket_done(&first);
    finds(&key, true);
}

static void
without_a_state_folder_it_lies_at_home_or_nowhere(void **state)
{
    struct file_id id = file_id_new(), ticket = file_id_new();
    struct cli_ticket t;
    mode_t mode = 0;

    (void)state;
    cli_ticket_open(&t, &key, NULL, folder);
    cli_ticket_set(&t, &id, &ticket);
    cli_ticket_done(&t);
    assert_int_equal(kept("/.local/state", &mode), 1);
    cli_ticket_open(&t, &key, "not/absolute", NULL);
    assert_null(t.path);
    cli_ticket_set(&t, &id, &ticket);
    assert_true(t.given);
    cli_ticket_done(&t);
}

static void
what_has_nothing_in_it_is_not_left_behind(void **state)
{
    struct cli_ticket t;
    mode_t mode = 0;

    (void)state;
    cli_ticket_open(&t, &key, folder, NULL);
    cli_ticket_done(&t);
    assert_int_equal(kept("", &mode), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_kept_is_found_again_and_private),
        TEST(another_file_server_room_or_state_is_another_upload),
        TEST(a_second_process_keeps_nothing_and_removes_nothing),
        TEST(without_a_state_folder_it_lies_at_home_or_nowhere),
        TEST(what_has_nothing_in_it_is_not_left_behind),
    };

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
