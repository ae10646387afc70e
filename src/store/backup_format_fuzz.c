/* SPDX-License-Identifier: MIT
 *
 * What is read as a manifest or an end is written as the same bytes. */
#include "store/backup_format.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_manifest(struct str s)
{
    struct backup_manifest m;
    struct buf b;
    if (!backup_manifest_read(s, &m) || m.format > BACKUP_FORMAT)
        return;
    buf_init(&b, BACKUP_MANIFEST_MAX);
    backup_manifest_write(&m, &b);
    must(str_eq(buf_str(&b), s));
    buf_done(&b);
}

static void
read_end(struct str s)
{
    struct backup_end *end = must_alloc(sizeof *end);
    struct buf b;
    buf_init(&b, BACKUP_END_MAX);
    if (backup_end_read(s, end)) {
        backup_end_write(end, &b);
        must(str_eq(buf_str(&b), s));
    }
    buf_done(&b);
    free(end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = {(const char *)data, size};
    read_manifest(s);
    read_end(s);
    return 0;
}
