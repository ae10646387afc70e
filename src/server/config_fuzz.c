/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a configuration file: accepted or refused with a sentence that
 * fits a line, and what is accepted is within its bounds. */
#include "server/config.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_bounds(const struct config *c)
{
    for (const struct config_key *k = config_keys; k->section; k++) {
        const char *at = (const char *)c + k->offset;
        int64_t number = 0;
        int64_t words = 0;
        switch (k->type) {
        case CONFIG_TEXT:
            must(strlen(at) <= (size_t)k->max);
            break;
        case CONFIG_WORD:
            memcpy(&number, at, sizeof number);
            while (k->words[words])
                words++;
            must(number >= 0 && number < words);
            break;
        case CONFIG_COUNT:
        case CONFIG_BYTES:
        case CONFIG_TIME:
            memcpy(&number, at, sizeof number);
            must(number >= k->min && number <= k->max);
            break;
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct config c;
    struct err e = {0};
    char path[64];
    int fd = memfd_create("config", MFD_CLOEXEC);
    must(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);

    config_init(&c);
    int r = config_read_file(&c, path, false, &e);

    must((r == 0) == (e.text[0] == 0));
    check_bounds(&c);
    close(fd);
    return 0;
}
