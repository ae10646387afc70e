/* SPDX-License-Identifier: MIT
 *
 * Addresses: as text, as what limits count, and as something to connect to. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/err.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* "127.0.0.1", "::1" (an IPv4-mapped address is written as IPv4). Returns
 * the port. What is no internet address is "-", port 0. */
unsigned address_text(const struct sockaddr_storage *peer,
                      char out[INET6_ADDRSTRLEN]);

/* The /32 or /64 that per-address limits count, as 16 bytes. */
void address_key(const struct sockaddr_storage *peer, unsigned char key[16]);

/* As 16 bytes, IPv4 mapped into IPv6. False: it is no internet address. */
bool address_bytes(const struct sockaddr_storage *peer, uint8_t out[16]);

/* A peer of this machine's local socket has no address; a number tells it from
 * others. */
void address_set_local(struct sockaddr_storage *peer, uint16_t number);
uint16_t address_local_number(const struct sockaddr_storage *peer);
bool address_is_loopback(const struct sockaddr_storage *peer);

/* Connects, trying each address that the name has; blocking, with a
 * deadline (looking the name up may exceed it). Returns a connected
 * non-blocking fd, or -errno with e filled. */
int address_connect(const char *host, unsigned port, int timeout_ms,
                    struct err *e) MUST_USE;

#endif
