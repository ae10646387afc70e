/* SPDX-License-Identifier: MIT
 *
 * A header is read as the edge reads it: what is wanted, until nothing is. */
#include "base/must.h"
#include "net/proxy_wire.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    uint8_t bytes[PROXY_HEADER_BYTES];
    struct proxy_header h = {.port = 1}, was = h;
    size_t have = 0, wants;

    while ((wants = proxy_wants(bytes, have)) > 0) {
        must(wants <= sizeof bytes - have);
        if (have == n)
            return 0;
        bytes[have] = p[have];     /* byte by byte is the worst */
        have++;
    }
    if (!proxy_read(bytes, have, &h))
        must(memcmp(&h, &was, sizeof h) == 0);
    return 0;
}
