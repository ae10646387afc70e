/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: a chunked body. The first byte says in what steps it comes.
 *
 * - However it is split, the same data comes of it, it ends at the same byte,
 *   or is refused.
 * - The data, sent again as one chunk, is the same data. */
#include "base/buf.h"
#include "dialect/http/http_chunk_wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct outcome {
    struct buf data;
    enum http_chunk_found found;
    size_t used;
    uint64_t total;
};

static struct outcome
run(const uint8_t *p, size_t n, size_t step)
{
    struct http_chunk c = {0};
    struct outcome o = {.found = HTTP_CHUNK_MORE};

    buf_init(&o.data, n);
    while (o.used < n && o.found < HTTP_CHUNK_END) {
        size_t piece = n - o.used < step ? n - o.used : step, used;
        uint8_t *copy = malloc(piece);
        struct str data;

        memcpy(copy, p + o.used, piece);
        o.found = http_chunk_next(&c, copy, piece, &data, &used);
        must(used <= piece);
        must(o.found != HTTP_CHUNK_MORE || used == piece);
        if (o.found == HTTP_CHUNK_DATA) {
            must(data.n > 0);
            must(buf_append_str(&o.data, data) == 0);
        }
        free(copy);
        o.used += used;
    }
    if (o.found == HTTP_CHUNK_DATA)
        o.found = HTTP_CHUNK_MORE;
    o.total = c.total;
    return o;
}

static void
must_come_back(struct str data)
{
    struct buf body;
    struct outcome o;

    buf_init(&body, data.n + 64);
    if (data.n > 0) {
        must(buf_printf(&body, "%zx\r\n", data.n) == 0);
        must(buf_append_str(&body, data) == 0);
        must(buf_append(&body, "\r\n", 2) == 0);
    }
    must(buf_append(&body, "0\r\n\r\n", 5) == 0);
    o = run((uint8_t *)body.p, body.n, body.n);
    must(o.found == HTTP_CHUNK_END && o.used == body.n);
    must(str_eq(buf_str(&o.data), data) && o.total == data.n);
    buf_done(&o.data);
    buf_done(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct outcome whole, parts;

    if (n < 2)
        return 0;
    whole = run(data + 1, n - 1, n);
    parts = run(data + 1, n - 1, data[0] % 32 + (size_t)1);
    must(whole.found == parts.found && whole.used == parts.used);
    must(whole.total == parts.total && whole.total <= INT64_MAX);
    must(str_eq(buf_str(&whole.data), buf_str(&parts.data)));
    must(whole.found != HTTP_CHUNK_END || whole.total == whole.data.n);
    must_come_back(buf_str(&whole.data));
    buf_done(&whole.data);
    buf_done(&parts.data);
    return 0;
}
