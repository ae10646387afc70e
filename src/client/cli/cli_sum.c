/* SPDX-License-Identifier: MIT
 *
 * OpenSSL's, since it uses the processor's own instructions: libsodium's is
 * six times as slow. */
#include "client/cli/cli_sum.h"

#include "base/must.h"

#include <openssl/evp.h>
#include <stdio.h>

void
cli_sum_init(struct cli_sum *s)
{
    *s = (struct cli_sum){.ctx = EVP_MD_CTX_new()};
    must(s->ctx != NULL);
    must(EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL) == 1);
}

void
cli_sum_done(struct cli_sum *s)
{
    EVP_MD_CTX_free(s->ctx);
    *s = (struct cli_sum){0};
}

void
cli_sum_add(struct cli_sum *s, const void *p, size_t n)
{
    must(EVP_DigestUpdate(s->ctx, p, n) == 1);
    s->n += n;
}

void
cli_sum_get(const struct cli_sum *s, uint8_t out[CLI_SUM_BYTES])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();

    must(copy != NULL && EVP_MD_CTX_copy_ex(copy, s->ctx) == 1);
    must(EVP_DigestFinal_ex(copy, out, NULL) == 1);
    EVP_MD_CTX_free(copy);
}

void
cli_sum_write(const uint8_t sum[CLI_SUM_BYTES],
              char out[2 * CLI_SUM_BYTES + 1])
{
    for (int i = 0; i < CLI_SUM_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", sum[i]);
}
