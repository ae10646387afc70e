/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

enum { REQUEST_MAX = 1 << 20, LINE_MAX_BYTES = 4 << 20 };

static void
add_hex(struct json *j, const char *key, const struct buf *bytes)
{
    char *hex = must_alloc(bytes->n * 2 + 1);

    for (size_t i = 0; i < bytes->n; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)bytes->p[i]);
    json_text(j, key, str_of(hex));
    free(hex);
}

static void
print(const struct reading *r)
{
    static const char *const verdicts[] = {"more", "ok", "bad"};
    struct buf out;
    struct json j;

    buf_init(&out, LINE_MAX_BYTES);
    json_open(&j, &out);
    json_text(&j, "verdict", str_of(verdicts[r->verdict]));
    json_text(&j, "why", str_of(r->why ? r->why : ""));
    json_bool(&j, "head", r->head);
    if (r->head) {
        json_bool(&j, "keep_alive", r->keep_alive);
        json_number(&j, "body", (long long)r->body);
        json_text(&j, "method", str_of(r->method));
        add_hex(&j, "target", &r->target);
        add_hex(&j, "fields", &r->fields);
    }
    must(json_close(&j) == 0);
    fwrite(out.p, 1, out.n, stdout);
    putchar('\n');
    fflush(stdout);
    buf_done(&out);
}

static void
read_one(oracle_fn *read, size_t n)
{
    struct reading r = {.verdict = ORACLE_MORE};
    uint8_t *p = must_alloc(n + 1);

    must(fread(p, 1, n, stdin) == n);
    buf_init(&r.target, REQUEST_MAX);
    buf_init(&r.fields, REQUEST_MAX);
    read(&r, p, n);
    print(&r);
    buf_done(&r.target);
    buf_done(&r.fields);
    free(p);
}

int
oracle_run(oracle_fn *read)
{
    unsigned char length[4];

    while (fread(length, 1, 4, stdin) == 4) {
        size_t n = (size_t)length[0] << 24 | (size_t)length[1] << 16 |
                   (size_t)length[2] << 8 | length[3];

        must(n <= REQUEST_MAX);
        read_one(read, n);
    }
    return 0;
}
