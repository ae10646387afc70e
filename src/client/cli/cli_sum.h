/* SPDX-License-Identifier: MIT
 *
 * The SHA-256 of what has passed by. */
#ifndef CLIENT_CLI_CLI_SUM_H
#define CLIENT_CLI_CLI_SUM_H

#include <stddef.h>
#include <stdint.h>

#define CLI_SUM_BYTES 32

struct cli_sum {
    void *ctx;                 /* OpenSSL's */
    uint64_t n;                /* bytes so far */
};

void cli_sum_init(struct cli_sum *s);
void cli_sum_done(struct cli_sum *s);      /* zeroed is fine */
void cli_sum_add(struct cli_sum *s, const void *p, size_t n);

/* Of what was added so far; more may follow. */
void cli_sum_get(const struct cli_sum *s, uint8_t out[CLI_SUM_BYTES]);

/* As 64 digits. */
void cli_sum_write(const uint8_t sum[CLI_SUM_BYTES],
                   char out[2 * CLI_SUM_BYTES + 1]);

#endif
