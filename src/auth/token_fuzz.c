/* SPDX-License-Identifier: MIT
 *
 * Oracles: what is read is 52 digits behind its prefix, in either case, and
 * every one of its digits counts. */
#include "auth/token.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(enum token_kind kind, struct str s)
{
    uint8_t hash[32], other[32];
    char text[TOKEN_BYTES + 1];
    size_t last = s.n - 2;

    if (!token_read(kind, s, hash))
        return;
    must(s.n == (kind == TOKEN_DEVICE ? 55u : 56u));
    memcpy(text, s.p, s.n);
    for (size_t i = s.n - 52; i < s.n; i++) {
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] | 0x20);
    }
    must(token_read(kind, (struct str){text, s.n}, other));
    must(memcmp(hash, other, sizeof hash) == 0);
    text[last] = text[last] == '2' ? '3' : '2';
    must(token_read(kind, (struct str){text, s.n}, other));
    must(memcmp(hash, other, sizeof hash) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = {(const char *)data, size};

    check(TOKEN_DEVICE, s);
    check(TOKEN_INVITATION, s);
    return 0;
}
