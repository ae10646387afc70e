/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: detection is monotone. Once certain it never changes with more
 * bytes, it is certain by LIMIT_DETECT_BYTES, and it says what it found. */
#include "dialect/detect.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum sniff
sniff_magic(const uint8_t *p, size_t n)
{
    static const char magic[] = "\x8fLQT\r\n\x1a\n";
    size_t length = sizeof magic - 1;

    if (memcmp(p, magic, n < length ? n : length) != 0)
        return SNIFF_NO;
    return n < length ? SNIFF_MORE : SNIFF_YES;
}

static const struct dialect magic_dialect = {.name = "magic",
                                             .sniff = sniff_magic};
static const struct dialect fallback_dialect = {.name = "fallback"};
static const struct dialect *const dialects[] = {&magic_dialect,
                                                 &fallback_dialect, NULL};

struct answer {
    enum detected found;
    const struct dialect *dialect;
    struct str farewell;
};

/* From a block of exactly n bytes. */
static struct answer
ask(const uint8_t *data, size_t n)
{
    struct answer a = {0};
    uint8_t *p = malloc(n);

    must(p);
    memcpy(p, data, n);
    a.found = detect(dialects, p, n, &a.dialect, &a.farewell);
    free(p);
    must((a.dialect != NULL) == (a.found == DETECT_DIALECT));
    must((a.farewell.n > 0) == (a.found == DETECT_FOREIGN));
    return a;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct answer last = {0};

    for (size_t i = 1; i <= n && i <= LIMIT_DETECT_BYTES + 8; i++) {
        struct answer a = ask(data, i);

        must(i < LIMIT_DETECT_BYTES || a.found != DETECT_MORE);
        if (last.found != DETECT_MORE) {
            must(a.found == last.found && a.dialect == last.dialect);
            must(a.farewell.p == last.farewell.p);
        }
        last = a;
    }
    return 0;
}
