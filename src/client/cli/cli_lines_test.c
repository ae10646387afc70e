/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* All lines of the bytes, fed in pieces, each in brackets; one that is too
 * long as its length. Static. */
static const char *
lines_of(struct str bytes, size_t piece)
{
    static char text[512];
    struct cli_lines l;
    struct str line;
    struct buf out;

    cli_lines_init(&l, 8);
    buf_init(&out, sizeof text - 1);
    for (size_t at = 0; at <= bytes.n; at += piece) {
        size_t n = bytes.n - at < piece ? bytes.n - at : piece;

        if (n > 0)
            cli_lines_feed(&l, bytes.p + at, n);
        if (at + piece > bytes.n)
            cli_lines_end(&l);
        while (cli_lines_next(&l, &line)) {
            if (line.p == NULL && line.n > 0)
                assert_int_equal(buf_printf(&out, "<%zu>", line.n), 0);
            else
                assert_int_equal(buf_printf(&out, "[%.*s]", STR_FMT(line)),
                                 0);
        }
    }
    memcpy(text, out.n > 0 ? out.p : "", out.n);
    text[out.n] = '\0';
    buf_done(&out);
    cli_lines_done(&l);
    return text;
}

static void
expect_lines(const char *bytes, const char *want)
{
    for (size_t piece = 1; piece < 40; piece++)
        assert_string_equal(lines_of(str_of(bytes), piece), want);
}

static void
lines_come_out_however_the_bytes_come_in(void **state)
{
    (void)state;
    expect_lines("", "");
    expect_lines("one\ntwo\n", "[one][two]");
    expect_lines("one\r\n\n\r\ntwo", "[one][][][two]");
    expect_lines("no end", "[no end]");
    expect_lines("\n", "[]");
}

static void
a_line_that_is_too_long_is_counted_and_the_next_is_right(void **state)
{
    (void)state;
    expect_lines("12345678\n", "[12345678]");
    expect_lines("12345678\r\n", "[12345678]");
    expect_lines("123456789\nnext\n", "<9>[next]");
    expect_lines("a\n12345678901234567890\nb", "[a]<20>[b]");
    expect_lines("a\n12345678901234567890", "[a]<20>");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_out_however_the_bytes_come_in),
        cmocka_unit_test(
            a_line_that_is_too_long_is_counted_and_the_next_is_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
