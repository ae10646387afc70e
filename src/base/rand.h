/* SPDX-License-Identifier: MIT
 *
 * Randomness from the kernel's generator (libsodium). The core never calls
 * these while it applies a command: commands are stamped beforehand. */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

void rand_init(void);                    /* once, before any thread */
void rand_bytes(void *p, size_t n);
uint64_t rand_u64(void);
uint32_t rand_below(uint32_t bound);     /* uniform in [0, bound) */

/* A UUID of version 7 (RFC 9562 5.7): its time in front, then 74 random bits.
 * Ids that are made one after the other lie next to each other in an index. */
void rand_uuid7(int64_t wall_ms, uint8_t out[16]);

/* A 63-bit fingerprint of n bytes (from BLAKE2b-256's first 8 bytes), the same
 * in every run and on every machine: how a guest's secret becomes a sender id.
 * Positive as an int64_t, never 0. */
uint64_t rand_fingerprint(const void *p, size_t n);

/* For hash tables only: SipHash-2-4 of bytes, and a cheaper keyed mix of a
 * number, under a key that rand_init() makes anew for each process. */
uint64_t rand_hash(const void *p, size_t n);
uint64_t rand_hash_u64(uint64_t value);

#endif
