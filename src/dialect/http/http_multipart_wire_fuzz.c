/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: a form. The first byte says in what steps it comes, the second
 * chooses a boundary.
 *
 * - However it is split, the same parts and data come of it.
 * - Neither holds the delimiter; each part begins and ends in turn. */
#include "dialect/http/http_multipart_wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const types[] = {
    "multipart/form-data; boundary=X",
    "multipart/form-data; boundary=----",
    "multipart/form-data; boundary=\"----FormBoundary7MA4YWxk\"",
    ("multipart/form-data; boundary=012345678901234567890123456789012345678901"
     "2345678901234567890123456789"),
};

static void
note(struct buf *log, const char *what, struct str s)
{
    must(buf_append_str(log, str_of(what)) == 0);
    must(buf_append_str(log, s) == 0);
}

static void
note_part(struct buf *log, const struct http_part *part)
{
    note(log, "<", part->name);
    note(log, part->is_file ? "|file " : "|", part->filename);
    note(log, part->type.p ? "|type " : "|", part->type);
    note(log, ">", str_of(""));
}

static bool
has_delimiter(const struct http_multipart *m, struct str data)
{
    return memmem(data.p, data.n, m->delimiter, m->delimiter_bytes) != NULL;
}

/* A log of what was told, but not of how data was cut. */
static void
run(struct http_multipart *m, const uint8_t *p, size_t n, size_t step,
    struct buf *log)
{
    bool in_part = false;
    size_t data_start = 0;

    while (n > 0) {
        size_t piece = n < step ? n : step, used;
        uint8_t *copy = malloc(piece);
        struct str data = {NULL, 0};
        enum http_multipart_found found;

        memcpy(copy, p, piece);
        found = http_multipart_next(m, copy, piece, &data, &used);
        must(used <= piece);
        must(found != HTTP_MULTIPART_MORE || used == piece);
        if (found == HTTP_MULTIPART_PART) {
            must(!in_part);
            note_part(log, &m->part);
            data_start = log->n;
        } else if (found == HTTP_MULTIPART_DATA) {
            must(in_part && data.n > 0);
            note(log, "", data);
        } else if (found == HTTP_MULTIPART_PART_END) {
            must(in_part);
            must(!has_delimiter(m, (struct str){log->p + data_start,
                                                log->n - data_start}));
            note(log, "/", str_of(""));
        }
        in_part = found == HTTP_MULTIPART_PART ||
                  (in_part && found != HTTP_MULTIPART_PART_END);
        free(copy);
        p += used;
        n -= used;
        if (found == HTTP_MULTIPART_BAD) {
            note(log, "!", str_of(""));
            break;
        }
    }
    note(log, http_multipart_ended(m) ? "." : "", str_of(""));
}

static void
run_new(const char *type, const uint8_t *p, size_t n, size_t step,
        struct buf *log)
{
    struct http_multipart m;

    must(http_multipart_init(&m, str_of(type)));
    buf_init(log, 4 * n + 100);
    run(&m, p, n, step, log);
    http_multipart_done(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct buf whole, parts;
    struct http_multipart m;

    if (n < 2)
        return 0;
    run_new(types[data[1] % 4], data + 2, n - 2, n, &whole);
    run_new(types[data[1] % 4], data + 2, n - 2, data[0] % 100 + (size_t)1,
            &parts);
    must(str_eq(buf_str(&whole), buf_str(&parts)));
    buf_done(&whole);
    buf_done(&parts);
    if (http_multipart_init(&m, (struct str){(const char *)data, n}))
        http_multipart_done(&m);
    return 0;
}
