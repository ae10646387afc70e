/* SPDX-License-Identifier: MIT
 *
 * The PROXY protocol's binary header, version 2 (haproxy's proxy-protocol.txt,
 * §2.2): what a proxy says of whom it brings, before anything else. */
#ifndef NET_PROXY_WIRE_H
#define NET_PROXY_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROXY_HEADER_BYTES 536     /* the longest that is taken */

#define PROXY_SIGNATURE_BYTES 12
#define PROXY_LINE_ENDS 4          /* of it; a person can say as much */

struct proxy_header {
    bool local;                /* the proxy itself, for nobody */
    bool known;                /* the two below are: it came for somebody, and
                                  says by which address */
    uint8_t source[16];        /* IPv4 mapped into IPv6 */
    uint16_t port;
    bool secure;               /* that one spoke TLS with the proxy */
};

/* So begins a header: its signature, or n bytes of it. */
bool proxy_begins(const uint8_t *p, size_t n);

/* More bytes that certainly belong to the header behind its first n, so that
 * what follows it can be left in the socket; 0 = it is whole, or bad. */
size_t proxy_wants(const uint8_t *p, size_t n);

/* Of a whole header. False: it is none, or longer than is taken, of another
 * version, for another kind of socket, or its checksum is wrong. */
bool proxy_read(const uint8_t *p, size_t n, struct proxy_header *ret);

#endif
