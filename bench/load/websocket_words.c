/* SPDX-License-Identifier: MIT
 *
 * The mask is always the same: it protects proxies, of which there are none
 * here. It is not zero, because some servers skip the unmasking then. */
#include "load/websocket_words.h"

#include "base/must.h"
#include "load/wording.h"

#include <stdio.h>
#include <string.h>

static const char mask[4] = "mask";

size_t
websocket_upgrade(char *out, const char *path)
{
    int n = snprintf(out, WORDING_SAY_BYTES,
                     "GET %s HTTP/1.1\r\n"
                     "Host: 127.0.0.1\r\n"
                     "Upgrade: websocket\r\n"
                     "Connection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Version: 13\r\n\r\n", path);

    must(n > 0 && n < WORDING_SAY_BYTES);
    return (size_t)n;
}

size_t
websocket_head_bytes(size_t n)
{
    return n < 126 ? 6 : 8;
}

size_t
websocket_text(char *out, const char *p, size_t n)
{
    size_t head = websocket_head_bytes(n);

    must(n <= 0xffff);
    out[0] = (char)0x81;                 /* final, text */
    if (n < 126) {
        out[1] = (char)(0x80 | n);
    } else {
        out[1] = (char)(0x80 | 126);
        out[2] = (char)(n >> 8);
        out[3] = (char)n;
    }
    memcpy(out + head - sizeof mask, mask, sizeof mask);
    for (size_t i = 0; i < n; i++)
        out[head + i] = p[i] ^ mask[i & 3];
    return head + n;
}
