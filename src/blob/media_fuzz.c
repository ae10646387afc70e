/* SPDX-License-Identifier: MIT
 *
 * Oracles: the answer is one of the list; it depends on the first MEDIA_BYTES
 * alone; text has no byte that is binary. */
#include "base/must.h"
#include "blob/media.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = size < MEDIA_BYTES ? size : MEDIA_BYTES;
    enum media m = media_sniff(data, size);
    uint8_t *exact = malloc(n ? n : 1);

    must(exact != NULL);
    if (n > 0)
        memcpy(exact, data, n);
    must(m <= MEDIA_TEXT && media_type(m) != NULL);
    must(media_sniff(exact, n) == m);
    must(m != MEDIA_TEXT || memchr(exact, '\0', n) == NULL);
    free(exact);
    return 0;
}
