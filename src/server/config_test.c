/* SPDX-License-Identifier: MIT */
#include "server/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void
write_file(char path[64], const char *text)
{
    snprintf(path, 64, "/tmp/loquat-config-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* Reads text as a file; 0, or the error's text in e. */
static int
read_text(struct config *c, const char *text, struct err *e)
{
    char path[64];
    write_file(path, text);
    config_init(c);
    int r = config_read_file(c, path, false, e);
    unlink(path);
    return r;
}

static void
every_default_is_valid_and_the_whole_fits_together(void **state)
{
    (void)state;
    struct config c;
    struct err e = {0};

    config_init(&c);

    assert_int_equal(config_check(&c, &e), 0);
    assert_int_equal(c.port, 4000);
    assert_int_equal(c.message_bytes, 16 * 1024);
    assert_int_equal(c.login_ms, 30000);
    assert_int_equal(c.synchronous, 2);
    assert_string_equal(c.server_name, "loquat");
}

static void
the_default_file_with_its_keys_uncommented_reads_back_as_the_defaults(
    void **state)
{
    (void)state;
    char *text = NULL, *out;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    config_write_default(f);
    fclose(f);
    out = text;
    for (char *p = text; *p; p++)      /* "#key" but not "# prose" */
        if (!(*p == '#' && p[1] != ' ' && (p == text || p[-1] == '\n')))
            *out++ = *p;
    *out = 0;
    struct config c, defaults;
    struct err e = {0};

    int r = read_text(&c, text, &e);

    assert_string_equal(e.text, "");
    assert_int_equal(r, 0);
    config_init(&defaults);
    assert_memory_equal(&c, &defaults, sizeof c);
    free(text);
}

static void
a_file_sets_what_it_names(void **state)
{
    (void)state;
    struct config c;
    struct err e;

    assert_int_equal(read_text(&c,
                               "# comment\n[server]\nport = 0 ; any\n"
                               "name = the attic\n[limits]\n"
                               "message_bytes = 4K\nlogin = 2m\n"
                               "[store]\nsynchronous = normal\n",
                               &e), 0);

    assert_int_equal(c.port, 0);
    assert_string_equal(c.server_name, "the attic");
    assert_int_equal(c.message_bytes, 4096);
    assert_int_equal(c.login_ms, 120000);
    assert_int_equal(c.synchronous, 1);
}

static void
errors_name_their_line_and_say_what_would_be_right(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"[server]\nprot = 1\n", ":2: server.prot: there is no such key"},
        {"[server]\n\nport = x\n", ":3: server.port: \"x\" is not a number"},
        {"[server]\nport = 65536\n", "65536 is outside 0 to 65535"},
        {"[server]\nport = -1\n", "\"-1\" is not a number"},
        {"[limits]\nlogin = 5 parsecs\n", "is not a time such as"},
        {"[limits]\nmessage_bytes = 9223372036854775807G\n",
         "is not a size such as"},
        {"[store]\nsynchronous = maybe\n", "is none of: off, normal, full"},
        {"[server]\nname =\n", "must be 1 to 64 bytes long"},
        {"nonsense\n", ":1: neither [section] nor key = value"},
        {"port = 1\n", ":1: .port: there is no such key"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config c;
        struct err e = {0};

        int r = read_text(&c, cases[i].text, &e);

        assert_true(r < 0);
        if (!strstr(e.text, cases[i].says))
            fail_msg("want \"%s\" in \"%s\"", cases[i].says, e.text);
    }
}

static void
the_environment_beats_the_file_and_knows_the_well_known_names(void **state)
{
    (void)state;
    struct config c;
    struct err e;
    config_init(&c);
    setenv("PORT", "1234", 1);
    setenv("MAX_CLIENTS", "7", 1);
    setenv("TIMEOUT", "100", 1);
    setenv("LOQUAT_LINE_NEWLINE", "optional", 1);

    assert_int_equal(config_read_environment(&c, &e), 0);

    assert_int_equal(c.port, 1234);
    assert_int_equal(c.connections, 7);
    assert_int_equal(c.dead_ms, 100000);
    assert_int_equal(c.newline, 1);
    setenv("LOQUAT_SERVER_PORT", "4321", 1);
    assert_int_equal(config_read_environment(&c, &e), 0);
    assert_int_equal(c.port, 4321);
    setenv("PORT", "many", 1);
    assert_true(config_read_environment(&c, &e) < 0);
    assert_string_equal(e.text, "PORT: \"many\" is not a number");
}

static void
options_take_the_long_and_the_short_form(void **state)
{
    (void)state;
    struct config c;
    struct err e;
    config_init(&c);

    assert_int_equal(config_set_option(&c, "port", "1", &e), 0);
    assert_int_equal(c.port, 1);
    assert_int_equal(config_set_option(&c, "server-port", "2", &e), 0);
    assert_int_equal(c.port, 2);
    assert_int_equal(
        config_set_option(&c, "limits-messages-per-second", "0", &e), 0);
    assert_int_equal(
        config_set_option(&c, "limits-messages_per_second", "9", &e), 0);
    assert_int_equal(c.messages_per_second, 9);
    assert_int_equal(config_set_option(&c, "limits-nope", "2", &e), -ENOENT);
}

static void
a_soft_limit_above_the_hard_one_is_refused(void **state)
{
    (void)state;
    struct config c;
    struct err e;
    config_init(&c);
    c.output_soft_bytes = c.output_hard_bytes;

    assert_true(config_check(&c, &e) < 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_valid_and_the_whole_fits_together),
        cmocka_unit_test(
            the_default_file_with_its_keys_uncommented_reads_back_as_the_defaults),
        cmocka_unit_test(a_file_sets_what_it_names),
        cmocka_unit_test(errors_name_their_line_and_say_what_would_be_right),
        cmocka_unit_test(
            the_environment_beats_the_file_and_knows_the_well_known_names),
        cmocka_unit_test(options_take_the_long_and_the_short_form),
        cmocka_unit_test(a_soft_limit_above_the_hard_one_is_refused),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
