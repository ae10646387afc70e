/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ID "01234567890123456789abcdec"

static void
reads(const char *word, const char *server)
{
    struct cli_url u;

    assert_true(cli_url_read(&u, word));
    assert_string_equal(u.id, ID);
    assert_string_equal(u.server, server);
}

static void
an_id_a_path_and_an_address_name_a_file(void **state)
{
    (void)state;
    reads(ID, "");
    reads("/f/" ID, "");
    reads("/f/" ID "/photo.webp", "");
    reads("http://host:4000/f/" ID, "http://host:4000");
    reads("http://host:4000/f/" ID "/a%20b.png?x#y", "http://host:4000");
    reads("HTTP://[::1]:4000/f/" ID "/x", "http://[::1]:4000");
    reads("https://host:4000/f/" ID, "https://host:4000");
}

static void
an_address_without_a_port_means_the_webs(void **state)
{
    (void)state;
    reads("http://host/f/" ID "/x", "http://host");
    reads("http://[::1]/f/" ID "/x", "http://[::1]");
}

static void
other_words_are_refused(void **state)
{
    static const char *const words[] = {
        "", "/", "/f/", "photo.webp", ID "0", "/g/" ID, "/F/" ID, "/f/" ID "0",
        "http://", "http://host", "http:///f/" ID, "http://host/",
        "httpx://host/f/" ID, "http://host/x/" ID, "ftp://host/f/" ID};
    struct cli_url u;

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_false(cli_url_read(&u, words[i]));
}

static void
an_address_is_written_with_its_name_encoded(void **state)
{
    struct cli_options o = {.host = "::1", .port = 4000};
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    cli_url_write(&out, &o, ID, "a b/\"ü.png");
    must(buf_append(&out, "", 1) == 0);
    assert_string_equal(out.p, "http://[::1]:4000/f/" ID
                        "/a%20b%2F%22%C3%BC.png");
    buf_done(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_a_path_and_an_address_name_a_file),
        cmocka_unit_test(an_address_without_a_port_means_the_webs),
        cmocka_unit_test(other_words_are_refused),
        cmocka_unit_test(an_address_is_written_with_its_name_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
