/* SPDX-License-Identifier: MIT
 *
 * Eight hex digits at a time in one register: at ten million deliveries a
 * second a loop over 24 digits would cost more than the rest of the reading. */
#include "load/stamp.h"

#include <endian.h>
#include <string.h>

#define EACH(byte) (0x0101010101010101ULL * (byte))

static void
write_hex(char *out, uint32_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
}

/* True if all eight bytes are '0'..'9' or 'a'..'f'. Byte by byte, without a
 * carry from one to the next: the high half tells digits (3) from letters (6);
 * `above` passes 15 for a digit above 9 and a letter above 'f'; only a letter
 * whose low half is 0 (a backquote) does not reach 16 when 15 is added. */
static bool
is_hex(uint64_t word)
{
    uint64_t letter = (word & EACH(0x40)) >> 6;
    uint64_t digit = letter ^ EACH(1);
    uint64_t low = word & EACH(0x0f);
    uint64_t above = low + letter * 9 + digit * 6;
    uint64_t not_zero = (low + EACH(15)) >> 4 & EACH(1);

    return (word & EACH(0xf0)) == letter * 0x60 + digit * 0x30 &&
           (above & EACH(0x10)) == 0 && (letter & ~not_zero) == 0;
}

/* The value of eight checked digits, the first the highest. */
static uint32_t
hex_value(uint64_t word)
{
    uint64_t nibbles = (word & EACH(0x0f)) + (word >> 6 & EACH(1)) * 9;

    nibbles = (nibbles << 4 | nibbles >> 8) & 0x00ff00ff00ff00ffULL;
    nibbles = (nibbles << 8 | nibbles >> 16) & 0x0000ffff0000ffffULL;
    return (uint32_t)(nibbles << 16 | nibbles >> 32);
}

static bool
read_hex(const char *p, uint32_t *ret)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    word = le64toh(word);    /* the first digit is the lowest byte */
    if (!is_hex(word))
        return false;
    *ret = hex_value(word);
    return true;
}

void
stamp_write(char out[STAMP_BYTES], struct stamp s)
{
    memcpy(out, "~L", 2);
    write_hex(out + 2, s.number);
    write_hex(out + 10, (uint32_t)(s.due_ns >> 32));
    write_hex(out + 18, (uint32_t)s.due_ns);
}

static bool
stamp_read(const char *p, struct stamp *ret)
{
    uint32_t number, high, low;

    if (p[1] != 'L' || !read_hex(p + 2, &number) || !read_hex(p + 10, &high) ||
        !read_hex(p + 18, &low))
        return false;
    *ret = (struct stamp){number, (uint64_t)high << 32 | low};
    return true;
}

bool
stamp_next(const char **at, const char *end, struct stamp *ret)
{
    const char *p = *at;

    while (p < end && (p = memchr(p, '~', (size_t)(end - p))) != NULL) {
        if (end - p < STAMP_BYTES) {
            *at = p;
            return false;
        }
        if (stamp_read(p, ret)) {
            *at = p + STAMP_BYTES;
            return true;
        }
        p++;
    }
    *at = end;
    return false;
}
