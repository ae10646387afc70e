/* SPDX-License-Identifier: MIT
 *
 * Oracles: a range that was read is written as a text that is read as the same
 * range, contains its own address, and has nothing behind its prefix. A list
 * has each of its words. */
#include "base/cidr.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct cidr *c)
{
    struct cidr again, wider = *c;
    char text[CIDR_TEXT_BYTES];

    must(c->prefix <= 128);
    cidr_format(c, text);
    must(strlen(text) < CIDR_TEXT_BYTES);
    must(cidr_parse(str_of(text), &again));
    must(memcmp(&again, c, sizeof again) == 0);
    must(cidr_contains(c, c->address));
    wider.prefix /= 2;
    must(cidr_contains(&wider, c->address));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = {(const char *)data, size}, bad = {0};
    struct cidr c, list[4];
    unsigned n = 0;

    if (cidr_parse(s, &c))
        check(&c);
    if (cidr_parse_list(s, list, 4, &n, &bad)) {
        must(n <= 4);
        for (unsigned i = 0; i < n; i++)
            check(&list[i]);
    } else {
        must(bad.n > 0 && bad.p >= s.p && bad.p + bad.n <= s.p + s.n);
    }
    return 0;
}
