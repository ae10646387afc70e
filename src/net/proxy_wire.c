/* SPDX-License-Identifier: MIT */
#include "net/proxy_wire.h"

#include <string.h>

enum {
    FIXED = 16,                /* signature, version and command, family,
                                  length */
    COMMAND_LOCAL = 0x20, COMMAND_PROXY = 0x21,
    UNSPEC = 0x00, TCP4 = 0x11, TCP6 = 0x21, UNIX_STREAM = 0x31,
    TLV_BYTES = 3,
    TYPE_CRC32C = 0x03, TYPE_SSL = 0x20,
    CLIENT_SSL = 0x01,
};

static const uint8_t signature[PROXY_SIGNATURE_BYTES] = "\r\n\r\n\0\r\nQUIT\n";

static size_t
u16(const uint8_t *p)
{
    return (size_t)(p[0] << 8 | p[1]);
}

bool
proxy_begins(const uint8_t *p, size_t n)
{
    size_t some = n < sizeof signature ? n : sizeof signature;

    return some == 0 || memcmp(p, signature, some) == 0;
}

size_t
proxy_wants(const uint8_t *p, size_t n)
{
    size_t total;

    if (!proxy_begins(p, n))
        return 0;
    if (n < FIXED)
        return FIXED - n;
    total = FIXED + u16(p + 14);
    return total <= PROXY_HEADER_BYTES && n < total ? total - n : 0;
}

/* --- The checksum (RFC 3720 B.4), over the header with 0 in its place --- */

static uint32_t
crc_byte(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    return crc;
}

static bool
checks(const uint8_t *p, size_t n, size_t at)
{
    uint32_t crc = 0xffffffffu;

    for (size_t i = 0; i < n; i++)
        crc = crc_byte(crc, i >= at && i < at + 4 ? 0 : p[i]);
    crc = ~crc;
    return p[at] == crc >> 24 && p[at + 1] == (crc >> 16 & 255) &&
           p[at + 2] == (crc >> 8 & 255) && p[at + 3] == (crc & 255);
}

/* --- What stands behind the addresses ----------------------------------- */

static bool
read_tlvs(const uint8_t *p, size_t n, size_t at, struct proxy_header *h)
{
    while (at < n) {
        size_t length;

        if (n - at < TLV_BYTES)
            return false;
        length = u16(p + at + 1);
        if (length > n - at - TLV_BYTES)
            return false;
        if (p[at] == TYPE_CRC32C &&
            (length != 4 || !checks(p, n, at + TLV_BYTES)))
            return false;
        if (p[at] == TYPE_SSL) {
            if (length < 5)
                return false;
            h->secure = p[at + TLV_BYTES] & CLIENT_SSL;
        }
        at += TLV_BYTES + length;
    }
    return true;
}

/* --- Addresses ---------------------------------------------------------- */

/* How many bytes they take; SIZE_MAX: a family that is not taken. */
static size_t
address_bytes(uint8_t family)
{
    switch (family) {
    case UNSPEC:
        return 0;
    case TCP4:
        return 12;
    case TCP6:
        return 36;
    case UNIX_STREAM:
        return 216;
    default:
        return SIZE_MAX;
    }
}

static void
read_source(const uint8_t *p, uint8_t family, struct proxy_header *h)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (family == TCP4) {
        memcpy(h->source, mapped, sizeof mapped);
        memcpy(h->source + sizeof mapped, p, 4);
        h->port = (uint16_t)u16(p + 8);
    } else {
        memcpy(h->source, p, 16);
        h->port = (uint16_t)u16(p + 32);
    }
    h->known = true;
}

/* No address at all is nobody's: here it means this machine's own socket. */
static bool
is_nobody(const struct proxy_header *h)
{
    static const uint8_t none[16];

    return h->known && memcmp(h->source, none, sizeof none) == 0;
}

bool
proxy_read(const uint8_t *p, size_t n, struct proxy_header *ret)
{
    struct proxy_header h = {0};
    size_t bytes;

    if (n < FIXED || n > PROXY_HEADER_BYTES || !proxy_begins(p, n) ||
        n != FIXED + u16(p + 14) ||
        (p[12] != COMMAND_LOCAL && p[12] != COMMAND_PROXY))
        return false;
    /* Of LOCAL, the rest says nothing. */
    h.local = p[12] == COMMAND_LOCAL;
    if (!h.local) {
        bytes = address_bytes(p[13]);
        if (bytes > n - FIXED || !read_tlvs(p, n, FIXED + bytes, &h))
            return false;
        if (p[13] == TCP4 || p[13] == TCP6)
            read_source(p + FIXED, p[13], &h);
    }
    if (is_nobody(&h))
        return false;
    *ret = h;
    return true;
}
