/* SPDX-License-Identifier: MIT
 *
 * A file's public id, 16 random bytes; and, of the same kind, the ticket that
 * lets its uploader go on with it. As text: 26 characters of lower-case
 * Crockford base32, which is also its name on the disk. */
#ifndef BASE_FILE_ID_H
#define BASE_FILE_ID_H

#include "base/str.h"
#include <stdint.h>

struct file_id {
    uint8_t b[16];
};

#define FILE_ID_CHARS 26

struct file_id file_id_new(void);                 /* random */
bool file_id_given(const struct file_id *id);     /* not all zero */

/* In constant time: a ticket is a secret. */
bool file_id_eq(const struct file_id *a, const struct file_id *b);
void file_id_write(const struct file_id *id, char out[FILE_ID_CHARS + 1]);

/* False, *ret untouched, when s is not the text of one. */
bool file_id_read(struct str s, struct file_id *ret);

#endif
