/* SPDX-License-Identifier: MIT
 *
 * Message ids. An id is (room, seq) enciphered as one 128-bit block under a
 * key made of the database's epoch, so that it looks like nothing, is the same
 * for ever, and needs no index to be found again. It hides counters from the
 * curious; it is no secret. Room numbers stay below 2^40 and seqs below 2^48:
 * the 40 bits that are zero in every block of ours tell a foreign id. */
#include "base/must.h"
#include "hub/event.h"

#define ROOM_BITS 40
#define SEQ_BITS 48
#define ROUNDS 4
#define BITS_PER_CHARACTER 5

struct block {
    uint64_t left, right;
};

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* The finaliser of SplitMix64: a permutation that mixes every bit. */
static uint64_t
mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t
round_of(uint64_t epoch, uint64_t half, uint64_t round)
{
    uint64_t key = mix(epoch + round * UINT64_C(0x9e3779b97f4a7c15));

    return mix(half ^ key) + key;
}

/* A Feistel network: its own inverse with the rounds in reverse. */
static struct block
encipher(uint64_t epoch, struct block b)
{
    for (uint64_t i = 1; i <= ROUNDS; i++)
        b = (struct block){b.right, b.left ^ round_of(epoch, b.right, i)};
    return b;
}

static struct block
decipher(uint64_t epoch, struct block b)
{
    for (uint64_t i = ROUNDS; i >= 1; i--)
        b = (struct block){b.right ^ round_of(epoch, b.left, i), b.left};
    return b;
}

void
msgid_write(uint64_t epoch, uint64_t room, uint64_t seq,
            char out[MSGID_BYTES + 1])
{
    struct block b;

    must(room >> ROOM_BITS == 0 && seq >> SEQ_BITS == 0);
    b = encipher(epoch, (struct block){room, seq});
    for (size_t i = MSGID_BYTES; i-- > 0;) {
        out[i] = alphabet[b.right & 31];
        b.right = b.right >> BITS_PER_CHARACTER
            | b.left << (64 - BITS_PER_CHARACTER);
        b.left >>= BITS_PER_CHARACTER;
    }
    out[MSGID_BYTES] = '\0';
}

/* 26 characters hold 130 bits: the first may use only three of its five. */
static bool
to_block(struct str id, struct block *ret)
{
    struct block b = {0, 0};

    if (id.n != MSGID_BYTES || id.p[0] < '0' || id.p[0] > '7')
        return false;
    for (size_t i = 0; i < id.n; i++) {
        const char *at = id.p[i] ? strchr(alphabet, id.p[i]) : NULL;

        if (at == NULL)
            return false;
        b.left = b.left << BITS_PER_CHARACTER
            | b.right >> (64 - BITS_PER_CHARACTER);
        b.right = b.right << BITS_PER_CHARACTER | (uint64_t)(at - alphabet);
    }
    *ret = b;
    return true;
}

bool
msgid_read(uint64_t epoch, struct str id, uint64_t *room, uint64_t *seq)
{
    struct block b;

    if (!to_block(id, &b))
        return false;
    b = decipher(epoch, b);
    if (b.left >> ROOM_BITS != 0 || b.right >> SEQ_BITS != 0)
        return false;
    *room = b.left;
    *seq = b.right;
    return true;
}
