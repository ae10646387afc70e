/* SPDX-License-Identifier: MIT
 *
 * Randomness, and the hash tables' secret key: the one piece of process-wide
 * state down here. rand_init() writes it before any thread exists; from then
 * on it is only read. */
#include "base/rand.h"
#include "base/must.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

static struct {
    bool ready;
    unsigned char sip[crypto_shorthash_KEYBYTES];
    uint64_t add, multiply;
} key;

void
rand_init(void)
{
    must(!key.ready);
    must(sodium_init() >= 0);
    randombytes_buf(&key, sizeof(key));
    key.multiply |= 1;
    key.ready = true;
}

void
rand_bytes(void *p, size_t n)
{
    must(key.ready);
    randombytes_buf(p, n);
}

uint64_t
rand_u64(void)
{
    uint64_t value;

    rand_bytes(&value, sizeof(value));
    return value;
}

void
rand_uuid7(int64_t wall_ms, uint8_t out[16])
{
    rand_bytes(out + 6, 10);
    for (int i = 0; i < 6; i++)
        out[i] = (uint8_t)(wall_ms >> (40 - 8 * i));
    out[6] = (uint8_t)(0x70 | (out[6] & 0x0f));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3f));
}

uint32_t
rand_below(uint32_t bound)
{
    must(key.ready && bound > 0);
    return randombytes_uniform(bound);
}

uint64_t
rand_fingerprint(const void *p, size_t n)
{
    unsigned char hash[crypto_generichash_BYTES];
    uint64_t value = 0;

    must(crypto_generichash(hash, sizeof(hash), p, n, NULL, 0) == 0);
    for (int i = 7; i >= 0; i--)
        value = value << 8 | hash[i];
    value &= INT64_MAX;
    return value ? value : 1;
}

uint64_t
rand_hash(const void *p, size_t n)
{
    unsigned char out[crypto_shorthash_BYTES];
    uint64_t value;

    must(key.ready);
    crypto_shorthash(out, p, n, key.sip);
    memcpy(&value, out, sizeof(value));
    return value;
}

/* Both halves of the product, so that high bits reach low ones too. */
static uint64_t
fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The second round is for unlucky keys: after one, running numbers may still
 * fall into step with the secret factor. */
uint64_t
rand_hash_u64(uint64_t value)
{
    must(key.ready);
    return fold(fold(value ^ key.add, key.multiply) ^ key.multiply,
                UINT64_C(0x9e3779b97f4a7c15));
}
