/* SPDX-License-Identifier: MIT
 *
 * Ranges of addresses: "192.0.2.7", "192.0.2.0/24", "2001:db8::/32". An
 * address is 16 bytes, IPv4 mapped into IPv6 (::ffff:0:0/96). */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

#define CIDR_TEXT_BYTES 50

struct cidr {
    uint8_t address[16];
    uint8_t prefix;            /* 0 to 128; an IPv4 /24 is 120 */
};

/* Bits behind the prefix must be 0, so that nobody bans more than they see. */
bool cidr_parse(struct str text, struct cidr *ret);
bool cidr_contains(const struct cidr *range, const uint8_t address[16]);
void cidr_format(const struct cidr *c, char out[CIDR_TEXT_BYTES]);
bool cidr_is_loopback(const uint8_t address[16]);

/* Blanks between; at most max. False: *bad is what cannot be read. */
bool cidr_parse_list(struct str text, struct cidr *ret, unsigned max,
                     unsigned *ret_n, struct str *bad);

#endif
