/* SPDX-License-Identifier: MIT */
#include "base/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { MAPPED_BITS = 96, ALL_BITS = 128 };

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool
is_mapped(const uint8_t address[16])
{
    return memcmp(address, mapped, sizeof mapped) == 0;
}

/* Returns how many bits the address's own notation has before its first one:
 * 96 for IPv4; -1: it is no address. */
static int
read_address(struct str text, uint8_t address[16])
{
    char z[INET6_ADDRSTRLEN];

    if (text.n == 0 || text.n >= sizeof z || memchr(text.p, '\0', text.n))
        return -1;
    str_to_z(text, z, sizeof z);
    if (inet_pton(AF_INET6, z, address) == 1)
        return 0;
    memcpy(address, mapped, sizeof mapped);
    return inet_pton(AF_INET, z, address + sizeof mapped) == 1 ? MAPPED_BITS
                                                               : -1;
}

static bool
read_prefix(struct str text, unsigned max, unsigned *prefix)
{
    unsigned long long value;

    if ((text.n > 1 && text.p[0] == '0') || !str_to_u64(text, max, &value))
        return false;
    *prefix = (unsigned)value;
    return true;
}

/* All but the first `prefix` bits of a byte that begins at bit `at`. */
static uint8_t
rest_of_byte(unsigned prefix, unsigned at)
{
    if (prefix >= at + 8)
        return 0;
    return prefix <= at ? 0xff : (uint8_t)(0xff >> (prefix - at));
}

bool
cidr_parse(struct str text, struct cidr *ret)
{
    const char *slash = text.n > 0 ? memchr(text.p, '/', text.n) : NULL;
    size_t n = slash != NULL ? (size_t)(slash - text.p) : text.n;
    unsigned prefix = ALL_BITS;
    struct cidr c;
    int first = read_address((struct str){text.p, n}, c.address);

    if (first < 0)
        return false;
    if (slash != NULL) {
        if (!read_prefix((struct str){slash + 1, text.n - n - 1},
                         ALL_BITS - (unsigned)first, &prefix))
            return false;
        prefix += (unsigned)first;
    }
    for (unsigned i = 0; i < sizeof c.address; i++) {
        if (c.address[i] & rest_of_byte(prefix, 8 * i))
            return false;
    }
    c.prefix = (uint8_t)prefix;
    *ret = c;
    return true;
}

bool
cidr_contains(const struct cidr *range, const uint8_t address[16])
{
    for (unsigned i = 0; i < sizeof range->address; i++) {
        uint8_t differ = range->address[i] ^ address[i];

        if (differ & (uint8_t)~rest_of_byte(range->prefix, 8 * i))
            return false;
    }
    return true;
}

void
cidr_format(const struct cidr *c, char out[CIDR_TEXT_BYTES])
{
    bool four = is_mapped(c->address) && c->prefix >= MAPPED_BITS;
    size_t n;

    inet_ntop(four ? AF_INET : AF_INET6, c->address + (four ? 12 : 0), out,
              INET6_ADDRSTRLEN);
    n = strlen(out);
    if (c->prefix < ALL_BITS)
        snprintf(out + n, CIDR_TEXT_BYTES - n, "/%u",
                 c->prefix - (four ? MAPPED_BITS : 0u));
}

bool
cidr_is_loopback(const uint8_t address[16])
{
    static const uint8_t one[16] = {[15] = 1};

    return memcmp(address, one, sizeof one) == 0
        || (is_mapped(address) && address[12] == 127);
}

bool
cidr_parse_list(struct str text, struct cidr *ret, unsigned max,
                unsigned *ret_n, struct str *bad)
{
    unsigned n = 0;

    for (struct str word = str_word(&text); word.n > 0;
         word = str_word(&text)) {
        if (n == max || !cidr_parse(word, &ret[n])) {
            *bad = word;
            return false;
        }
        n++;
    }
    *ret_n = n;
    return true;
}
