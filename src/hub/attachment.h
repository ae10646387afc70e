/* SPDX-License-Identifier: MIT
 *
 * The body of a message of kind FILE: the file as it was when it was shared,
 * so that a page of the log needs nothing else. On disk one line of text,
 * "ID SIZE SHA256 NAME". */
#ifndef HUB_ATTACHMENT_H
#define HUB_ATTACHMENT_H

#include "base/limits.h"
#include "store/record.h"

struct attachment {
    struct file_id id;
    uint64_t size;
    uint8_t sha256[32];
    struct str name;
};

/* What the longest may take, with its end. */
#define ATTACHMENT_BYTES (FILE_ID_CHARS + 1 + 20 + 1 + 64 + 1 + \
                          LIMIT_FILE_NAME_BYTES + 1)

/* Returns its length. */
size_t attachment_write(const struct attachment *a,
                        char out[ATTACHMENT_BYTES]);

/* False when body is none; the name is borrowed from it. */
bool attachment_read(struct str body, struct attachment *ret);

#endif
