/* SPDX-License-Identifier: MIT
 *
 * In a folder of its own under the one for temporary files. */
#include "client/cli/cli_place.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static const char *
at(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void
write_file(const char *name, const char *text)
{
    int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void
holds(const char *name, const char *text)
{
    char bytes[100] = {0};
    int fd = open(at(name), O_RDONLY);

    assert_true(fd >= 0);
    assert_true(read(fd, bytes, sizeof bytes - 1) >= 0);
    assert_string_equal(bytes, text);
    close(fd);
}

static void
is_missing(const char *name)
{
    assert_int_equal(access(at(name), F_OK), -1);
}

static int
setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/loquat-place-XXXXXX");
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

static void
come(struct cli_place *p, const char *name, enum cli_taken taken,
     const char *text)
{
    struct err e;

    assert_int_equal(cli_place_open(p, at(name), taken, &e), 0);
    assert_int_equal(pwrite(p->fd, text, strlen(text), (off_t)p->n),
                     strlen(text));
}

static void
keep(struct cli_place *p, enum cli_taken taken)
{
    struct err e;

    assert_int_equal(cli_place_keep(p, taken, &e), 0);
    cli_place_done(p);
}

/* ---- Tests ---- */

static void
a_number_stands_before_the_extension(void **state)
{
    static const struct { const char *path, *numbered; } cases[] = {
        {"x.png", "x (2).png"}, {"a.b/x", "a.b/x (2)"},
        {".profile", ".profile (2)"}, {"x.tar.gz", "x.tar (2).gz"},
        {"d/.x", "d/.x (2)"}, {"", " (2)"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = cli_numbered(cases[i].path, 2);

        assert_string_equal(got, cases[i].numbered);
        free(got);
    }
}

static void
a_file_gets_its_name_when_it_is_whole(void **state)
{
    struct cli_place p;

    (void)state;
    come(&p, "x.png", CLI_TAKEN_RENAME, "bytes");
    is_missing("x.png");
    holds("x.png.part", "bytes");
    keep(&p, CLI_TAKEN_RENAME);
    holds("x.png", "bytes");
    is_missing("x.png.part");
}

static void
a_taken_name_is_numbered(void **state)
{
    struct cli_place p;

    (void)state;
    write_file("x.png", "old");
    write_file("x (1).png", "older");
    come(&p, "x.png", CLI_TAKEN_RENAME, "new");
    keep(&p, CLI_TAKEN_RENAME);
    holds("x.png", "old");
    holds("x (1).png", "older");
    holds("x (2).png", "new");
}

static void
a_taken_name_is_written_over_when_that_was_asked_for(void **state)
{
    struct cli_place p;

    (void)state;
    write_file("x.png", "old");
    come(&p, "x.png", CLI_TAKEN_OVERWRITE, "new");
    keep(&p, CLI_TAKEN_OVERWRITE);
    holds("x.png", "new");
}

static void
what_was_left_is_gone_on_with(void **state)
{
    struct cli_place p;

    (void)state;
    come(&p, "x.png", CLI_TAKEN_RENAME, "first ");
    cli_place_done(&p);
    holds("x.png.part", "first ");
    come(&p, "x.png", CLI_TAKEN_RENAME, "second");
    assert_int_equal(p.n, 6);
    keep(&p, CLI_TAKEN_RENAME);
    holds("x.png", "first second");
}

static void
resume_takes_the_file_itself_as_the_beginning(void **state)
{
    struct cli_place p;

    (void)state;
    write_file("x.png", "first ");
    come(&p, "x.png", CLI_TAKEN_RESUME, "second");
    is_missing("x.png");
    keep(&p, CLI_TAKEN_RESUME);
    holds("x.png", "first second");
}

static void
two_at_a_time_do_not_write_into_one_part(void **state)
{
    struct cli_place a, b;

    (void)state;
    come(&a, "x.png", CLI_TAKEN_RENAME, "one");
    come(&b, "x.png", CLI_TAKEN_RENAME, "two");
    holds("x.png.part", "one");
    holds("x (1).png.part", "two");
    keep(&b, CLI_TAKEN_RENAME);
    keep(&a, CLI_TAKEN_RENAME);
    holds("x.png", "one");
    holds("x (1).png", "two");
}

static void
a_link_is_not_followed(void **state)
{
    struct cli_place p;
    struct err e;

    (void)state;
    write_file("secret", "mine");
    assert_int_equal(symlink(at("secret"), at("x.png.part")), 0);
    assert_true(cli_place_open(&p, at("x.png"), CLI_TAKEN_RENAME, &e) < 0);
    assert_int_equal(symlink(at("secret"), at("y.png")), 0);
    come(&p, "y.png", CLI_TAKEN_OVERWRITE, "theirs");
    keep(&p, CLI_TAKEN_OVERWRITE);
    holds("secret", "mine");
    holds("y.png", "theirs");
}

static void
an_empty_part_is_not_left_behind(void **state)
{
    struct cli_place p;
    struct err e;

    (void)state;
    assert_int_equal(cli_place_open(&p, at("x"), CLI_TAKEN_RENAME, &e), 0);
    cli_place_done(&p);
    is_missing("x.part");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_number_stands_before_the_extension),
        TEST(a_file_gets_its_name_when_it_is_whole),
        TEST(a_taken_name_is_numbered),
        TEST(a_taken_name_is_written_over_when_that_was_asked_for),
        TEST(what_was_left_is_gone_on_with),
        TEST(resume_takes_the_file_itself_as_the_beginning),
        TEST(two_at_a_time_do_not_write_into_one_part),
        TEST(a_link_is_not_followed),
        TEST(an_empty_part_is_not_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
