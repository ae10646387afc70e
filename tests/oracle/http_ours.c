/* SPDX-License-Identifier: MIT
 *
 * How our codec reads a request. */
#include "dialect/http/http_chunk_wire.h"
#include "dialect/http/http_wire.h"
#include "oracle.h"

#include <stdio.h>

static void
note_head(struct reading *r, const struct http_request *q)
{
    r->head = true;
    r->keep_alive = q->keep_alive;
    snprintf(r->method, sizeof r->method, "%.*s", STR_FMT(q->method_text));
    must(buf_append_str(&r->target, q->target) == 0);
    for (size_t i = 0; i < q->field_count; i++)
        must(buf_printf(&r->fields, "%.*s:", STR_FMT(q->fields[i].name)) == 0 &&
             buf_append_str(&r->fields, q->fields[i].value) == 0 &&
             buf_append(&r->fields, "\n", 1) == 0);
}

static void
read_chunks(struct reading *r, const uint8_t *p, size_t n)
{
    struct http_chunk c = {0};
    enum http_chunk_found found;
    struct str data;
    size_t used;

    while ((found = http_chunk_next(&c, p, n, &data, &used)) ==
           HTTP_CHUNK_DATA) {
        r->body += data.n;
        p += used;
        n -= used;
    }
    r->verdict = found == HTTP_CHUNK_END ? ORACLE_OK
                 : found == HTTP_CHUNK_BAD ? ORACLE_BAD : ORACLE_MORE;
    r->why = found == HTTP_CHUNK_BAD ? "chunk" : NULL;
}

static void
read_request(struct reading *r, const uint8_t *p, size_t n)
{
    static char status[8];
    struct http_head h = {0};
    struct http_request q;
    size_t used;
    enum wire found = http_head_parse(&h, p, n, &q, &used);

    if (found == WIRE_BAD) {
        snprintf(status, sizeof status, "%u", h.status);
        r->verdict = ORACLE_BAD;
        r->why = status;
    }
    if (found != WIRE_OK)
        return;
    note_head(r, &q);
    if (q.chunked) {
        read_chunks(r, p + used, n - used);
        return;
    }
    r->body = n - used;
    if (r->body >= q.content_length) {
        r->body = (size_t)q.content_length;
        r->verdict = ORACLE_OK;
    }
}

int
main(void)
{
    return oracle_run(read_request);
}
