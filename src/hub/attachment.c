/* SPDX-License-Identifier: MIT
 *
 * Attachments: four words with one blank between them, the last of which may
 * have blanks inside. */
#include "hub/attachment.h"
#include "base/must.h"

#include <inttypes.h>
#include <stdio.h>

static void
write_hex(const uint8_t sum[32], char out[65])
{
    for (int i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

size_t
attachment_write(const struct attachment *a, char out[ATTACHMENT_BYTES])
{
    char id[FILE_ID_CHARS + 1], sum[65];
    int n;

    must(a->name.n > 0 && a->name.n <= LIMIT_FILE_NAME_BYTES);
    file_id_write(&a->id, id);
    write_hex(a->sha256, sum);
    n = snprintf(out, ATTACHMENT_BYTES, "%s %" PRIu64 " %s %.*s", id, a->size,
                 sum, STR_FMT(a->name));
    must(n > 0 && n < ATTACHMENT_BYTES);
    return (size_t)n;
}

/* Up to the next blank, which must be there; moves behind it. */
static bool
next_word(struct str *rest, struct str *ret)
{
    const char *blank = rest->n > 0 ? memchr(rest->p, ' ', rest->n) : NULL;

    if (blank == NULL)
        return false;
    *ret = (struct str){rest->p, (size_t)(blank - rest->p)};
    rest->n -= ret->n + 1;
    rest->p = blank + 1;
    return true;
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_sum(struct str s, uint8_t ret[32])
{
    if (s.n != 64)
        return false;
    for (int i = 0; i < 32; i++) {
        int high = hex_digit(s.p[2 * i]), low = hex_digit(s.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        ret[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool
attachment_read(struct str body, struct attachment *ret)
{
    struct str id, size, sum;
    struct attachment a;
    unsigned long long n;

    if (!next_word(&body, &id) || !file_id_read(id, &a.id))
        return false;
    if (!next_word(&body, &size) || !str_to_u64(size, UINT64_MAX, &n))
        return false;
    if (!next_word(&body, &sum) || !read_sum(sum, a.sha256))
        return false;
    if (body.n == 0 || body.n > LIMIT_FILE_NAME_BYTES)
        return false;
    a.size = n;
    a.name = body;
    *ret = a;
    return true;
}
