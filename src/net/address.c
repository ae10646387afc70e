/* SPDX-License-Identifier: MIT
 *
 * One peer, one address: an IPv4 peer of a dual-stack socket shows up as
 * ::ffff:a.b.c.d and counts as the IPv4 peer that it is, everywhere. */
#include "net/address.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* IPv4 as the mapped IPv6 address. False when peer is neither. */
static bool
to_in6(const struct sockaddr_storage *peer, struct in6_addr *ip, unsigned *port)
{
    if (peer->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)peer;
        *ip = in6->sin6_addr;
        *port = ntohs(in6->sin6_port);
        return true;
    }
    if (peer->ss_family != AF_INET)
        return false;
    const struct sockaddr_in *in = (const void *)peer;
    *ip = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&ip->s6_addr[12], &in->sin_addr, 4);
    *port = ntohs(in->sin_port);
    return true;
}

unsigned
address_text(const struct sockaddr_storage *peer, char out[INET6_ADDRSTRLEN])
{
    struct in6_addr ip;
    unsigned port;

    if (!to_in6(peer, &ip, &port)) {
        memcpy(out, "-", 2);
        return 0;
    }
    if (IN6_IS_ADDR_V4MAPPED(&ip))
        must(inet_ntop(AF_INET, &ip.s6_addr[12], out, INET6_ADDRSTRLEN));
    else
        must(inet_ntop(AF_INET6, &ip, out, INET6_ADDRSTRLEN));
    return port;
}

void
address_key(const struct sockaddr_storage *peer, unsigned char key[16])
{
    struct in6_addr ip;
    unsigned port;

    memset(key, 0, 16);
    if (to_in6(peer, &ip, &port))
        memcpy(key, ip.s6_addr, IN6_IS_ADDR_V4MAPPED(&ip) ? 16 : 8);
}

bool
address_bytes(const struct sockaddr_storage *peer, uint8_t out[16])
{
    struct in6_addr ip;
    unsigned port;

    if (!to_in6(peer, &ip, &port))
        return false;
    memcpy(out, ip.s6_addr, 16);
    return true;
}

/* Behind the family, where nothing else is in a peer without a name. */
void
address_set_local(struct sockaddr_storage *peer, uint16_t number)
{
    struct sockaddr_un *local = (void *)peer;

    *peer = (struct sockaddr_storage){.ss_family = AF_UNIX};
    memcpy(local->sun_path, &number, sizeof number);
}

uint16_t
address_local_number(const struct sockaddr_storage *peer)
{
    const struct sockaddr_un *local = (const void *)peer;
    uint16_t number;

    memcpy(&number, local->sun_path, sizeof number);
    return number;
}

bool
address_is_loopback(const struct sockaddr_storage *peer)
{
    struct in6_addr ip;
    unsigned port;

    if (!to_in6(peer, &ip, &port))
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&ip))
        return ip.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&ip);
}

/* Waits until a connection in progress has come to its end. */
static int
wait_connected(int fd, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        int64_t left = deadline_ms - clock_mono_ms();
        int n = poll(&p, 1, left > 0 ? (int)left : 0);
        if (n > 0)
            break;
        if (n == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
    int error = 0;
    socklen_t n = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
        return -errno;
    return -error;
}

static int
connect_one(const struct addrinfo *ai, int64_t deadline_ms)
{
    int r = 0;
    int fd = socket(ai->ai_family,
                    ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    ai->ai_protocol);

    if (fd < 0)
        return -errno;
    if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0)
        r = errno == EINPROGRESS ? wait_connected(fd, deadline_ms) : -errno;
    if (r < 0)
        close(fd);
    return r < 0 ? r : fd;
}

/* The time that is left is divided among the addresses that are left, so that
 * a silent one does not use up its successors' share. The first address is the
 * one that the system likes best: its failure is the one to report. */
static int
connect_any(const struct addrinfo *list, int timeout_ms)
{
    int64_t end_ms = clock_mono_ms() + timeout_ms;
    int first_error = 0, left = 0;

    for (const struct addrinfo *ai = list; ai; ai = ai->ai_next)
        left++;
    for (const struct addrinfo *ai = list; ai; ai = ai->ai_next, left--) {
        int64_t now_ms = clock_mono_ms();
        int r = connect_one(ai, now_ms + (end_ms - now_ms) / left);
        if (r >= 0)
            return r;
        if (first_error == 0)
            first_error = r;
    }
    return first_error;
}

static int
lookup_failed(const char *host, int code, struct err *e)
{
    if (code == EAI_NONAME || code == EAI_NODATA)
        return err_set(e, EHOSTUNREACH, "no such host \"%s\"", host);
    return err_set(e, EHOSTUNREACH, "cannot look up the host \"%s\": %s", host,
                   code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
}

int
address_connect(const char *host, unsigned port, int timeout_ms, struct err *e)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    char service[16];

    if (port == 0 || port > 65535)
        return err_set(e, EINVAL, "%u is not a port to connect to", port);
    if (host[0] == '\0')
        return err_set(e, EINVAL, "the host's name is empty");
    snprintf(service, sizeof(service), "%u", port);
    int code = getaddrinfo(host, service, &hints, &list);
    if (code != 0)
        return lookup_failed(host, code, e);
    int r = connect_any(list, timeout_ms);
    freeaddrinfo(list);
    if (r >= 0)
        return r;
    bool bare = !strchr(host, ':');
    return err_set(e, -r, "cannot connect to %s%s%s:%u: %s", bare ? "" : "[",
                   host, bare ? "" : "]", port, strerror(-r));
}
