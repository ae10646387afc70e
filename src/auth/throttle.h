/* SPDX-License-Identifier: MIT
 *
 * How often a secret may be guessed. Pure: time comes in with each question.
 * A key is an account or an address (IPv4, or IPv6 by its /64); each has so
 * many free tries and then one per interval, that is never more than `burst`
 * + elapsed / interval. Whoever succeeds gives their try back. Bounded: when
 * it is full, the key that was quiet for longest is forgotten. */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

struct throttle;

struct throttle_rate {
    unsigned burst;
    int64_t interval_ms;
};

struct throttle_options {
    struct throttle_rate account, address;
    unsigned keys_max;
};

struct throttle *throttle_new(const struct throttle_options *o);
void throttle_free(struct throttle **t);

/* May this be tried now? Yes: it counts as one try of each. No: *ret_wait_ms
 * until it may, and nothing is counted. account is any number (a hash of the
 * name's key, also of names that are nobody's); address all zero: a local
 * socket, which is not throttled by address. */
bool throttle_try(struct throttle *t, uint64_t account,
                  const uint8_t address[16], int64_t now_ms,
                  int64_t *ret_wait_ms);

/* It was right: what throttle_try() counted is given back. */
void throttle_succeeded(struct throttle *t, uint64_t account,
                        const uint8_t address[16], int64_t now_ms);

#endif
