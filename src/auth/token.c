/* SPDX-License-Identifier: MIT
 *
 * Crockford's base32: no letter that is easily taken for another one, and
 * those that are get read as what they look like. 52 characters carry 260
 * bits; the last 4 are 0, so that one token has one text. What is hashed are
 * the 32 bytes, not their spelling. */
#include "auth/token.h"
#include "base/must.h"

#include <sodium.h>

enum { RANDOM_BYTES = 32, DIGITS = 52 };

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static const char *const prefixes[] = {
    [TOKEN_DEVICE] = "lq_",
    [TOKEN_INVITATION] = "inv_",
};

static void
write_digits(const uint8_t bytes[RANDOM_BYTES], char *out)
{
    unsigned bits = 0, held = 0;
    size_t n = 0;

    for (size_t i = 0; i < RANDOM_BYTES; i++) {
        bits = (bits << 8 | bytes[i]) & 0xfff;
        for (held += 8; held >= 5; held -= 5)
            out[n++] = alphabet[bits >> (held - 5) & 31];
    }
    out[n++] = alphabet[bits << (5 - held) & 31];
    must(n == DIGITS);
    out[n] = '\0';
}

/* 0 to 31, or -1. */
static int
digit_of(char c)
{
    const char *at;

    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    if (c == 'o')
        c = '0';
    if (c == 'i' || c == 'l')
        c = '1';
    at = c != '\0' ? strchr(alphabet, c) : NULL;
    return at != NULL ? (int)(at - alphabet) : -1;
}

static bool
read_digits(struct str s, uint8_t bytes[RANDOM_BYTES])
{
    unsigned bits = 0, held = 0;
    size_t n = 0;

    if (s.n != DIGITS)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        int digit = digit_of(s.p[i]);

        if (digit < 0)
            return false;
        bits = (bits << 5 | (unsigned)digit) & 0xfff;
        held += 5;
        if (held >= 8) {
            held -= 8;
            bytes[n++] = (uint8_t)(bits >> held);
        }
    }
    return (bits & ((1u << held) - 1)) == 0;
}

void
token_make(enum token_kind kind, char out[TOKEN_BYTES + 1], uint8_t hash[32])
{
    const char *prefix = prefixes[kind];
    uint8_t bytes[RANDOM_BYTES];

    randombytes_buf(bytes, sizeof bytes);
    memcpy(out, prefix, strlen(prefix));
    write_digits(bytes, out + strlen(prefix));
    crypto_hash_sha256(hash, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
}

bool
token_read(enum token_kind kind, struct str text, uint8_t hash[32])
{
    const char *prefix = prefixes[kind];
    size_t n = strlen(prefix);
    uint8_t bytes[RANDOM_BYTES];
    bool fine = text.n > n && memcmp(text.p, prefix, n) == 0
             && read_digits((struct str){text.p + n, text.n - n}, bytes);

    if (fine)
        crypto_hash_sha256(hash, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
    return fine;
}
