/* SPDX-License-Identifier: MIT
 *
 * Oracles: what was cleaned is clean, and cleaning it again changes nothing;
 * utf8_is_clean() says whether utf8_clean() changes something; no control byte
 * is left by a look that knows nothing of sequences; decode and encode agree;
 * the result is at most three times as long. */
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_decoding(struct str s)
{
    struct str rest = s;
    size_t n = 1;

    while (rest.n > 0 && n > 0) {
        char again[4];
        uint32_t cp;

        n = utf8_decode(rest, &cp);
        must(n <= rest.n);
        must(n == 0 || utf8_encode(cp, again) == n);
        must(n == 0 || memcmp(again, rest.p, n) == 0);
        rest = (struct str){rest.p + n, rest.n - n};
    }
    must(utf8_valid(s) == (rest.n == 0));
}

static void
check_no_controls(struct str s, enum utf8_lines lines)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        unsigned char next = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;

        must(c >= 0x20 || c == '\t' || (c == '\n' && lines == UTF8_KEEP_LF));
        must(c != 0x7f);
        must(c != 0xc2 || next >= 0xa0);
    }
}

static void
check_cleaning(struct str s, enum utf8_lines lines)
{
    struct buf once, twice;

    buf_init(&once, s.n * 3);
    must(utf8_clean(&once, s, lines) == 0);
    check_no_controls(buf_str(&once), lines);
    must(utf8_valid(buf_str(&once)));
    must(utf8_is_clean(buf_str(&once), lines));
    must(utf8_is_clean(s, lines) == str_eq(s, buf_str(&once)));

    buf_init(&twice, once.n);
    must(utf8_clean(&twice, buf_str(&once), lines) == 0);
    must(str_eq(buf_str(&once), buf_str(&twice)));
    buf_done(&twice);
    buf_done(&once);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = {(const char *)data, size};

    check_decoding(s);
    check_cleaning(s, UTF8_ONE_LINE);
    check_cleaning(s, UTF8_KEEP_LF);
    return 0;
}
