/* SPDX-License-Identifier: MIT
 *
 * 128 bits in groups of five, the highest first; the last character has three
 * bits and two zeros behind them. */
#include "base/file_id.h"

#include "base/rand.h"
#include <sodium.h>

enum { BITS = 128, GROUP = 5 };

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

struct file_id
file_id_new(void)
{
    struct file_id id;

    rand_bytes(id.b, sizeof id.b);
    return id;
}

bool
file_id_given(const struct file_id *id)
{
    return !sodium_is_zero(id->b, sizeof id->b);
}

bool
file_id_eq(const struct file_id *a, const struct file_id *b)
{
    return sodium_memcmp(a->b, b->b, sizeof a->b) == 0;
}

static unsigned
bit(const struct file_id *id, unsigned i)
{
    return i < BITS ? (id->b[i / 8] >> (7 - i % 8)) & 1u : 0;
}

void
file_id_write(const struct file_id *id, char out[FILE_ID_CHARS + 1])
{
    for (unsigned i = 0; i < FILE_ID_CHARS; i++) {
        unsigned group = 0;

        for (unsigned k = 0; k < GROUP; k++)
            group = group << 1 | bit(id, i * GROUP + k);
        out[i] = alphabet[group];
    }
    out[FILE_ID_CHARS] = '\0';
}

bool
file_id_read(struct str s, struct file_id *ret)
{
    struct file_id id = {{0}};

    if (s.n != FILE_ID_CHARS)
        return false;
    for (unsigned i = 0; i < BITS + 2; i++) {
        const char *at = memchr(alphabet, s.p[i / GROUP], sizeof alphabet - 1);
        unsigned one;

        if (at == NULL)
            return false;
        one = ((unsigned)(at - alphabet) >> (GROUP - 1 - i % GROUP)) & 1u;
        if (i < BITS)
            id.b[i / 8] |= (uint8_t)(one << (7 - i % 8));
        else if (one)
            return false;    /* each id has one text */
    }
    *ret = id;
    return true;
}
