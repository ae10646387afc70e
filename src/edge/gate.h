/* SPDX-License-Identifier: MIT
 *
 * Who may connect: the limits on connections in total, per address (/32 or
 * /64) at once, and per address in ten minutes. The local socket has no
 * address. Used by the acceptor and, when
 * a connection ends, by the workers; it has its own lock. */
#ifndef EDGE_GATE_H
#define EDGE_GATE_H

#include "base/cidr.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct gate;

struct gate_options {
    unsigned connections;               /* in total; 0 = no limit */
    unsigned connections_per_address;   /* at once; 0 = no limit */
    unsigned arrivals_per_address;      /* in ten minutes; 0 = no limit */
    bool exempt_loopback;               /* from the two per address */
    const struct cidr *proxies;         /* borrowed; never counted by address */
    unsigned proxies_n;
};

struct gate *gate_new(const struct gate_options *o);
void gate_free(struct gate **g);

/* NULL: admitted, and counted until gate_leave(). Otherwise the sentence to
 * tell the peer. */
const char *gate_admit(struct gate *g, const struct sockaddr_storage *peer,
                       int64_t now_ms);

void gate_leave(struct gate *g, const struct sockaddr_storage *peer);

bool gate_is_proxy(const struct gate *g, const struct sockaddr_storage *peer);

/* Behind a proxy, who was admitted: the limits per address of the one it
 * brings, and who leaves then. Whatever address it says that is, nobody whom a
 * proxy brings is exempt, or a proxy. */
const char *gate_admit_behind(struct gate *g,
                              const struct sockaddr_storage *peer,
                              int64_t now_ms);
void gate_leave_behind(struct gate *g, const struct sockaddr_storage *peer);

#endif
