/* SPDX-License-Identifier: MIT
 *
 * What a backup is: one POSIX tar file whose entries are, in this order,
 *
 *   manifest         what follows (struct backup_manifest)
 *   loquat.db        the database, of one moment
 *   files/<id>       the body of each whole file that the database names, in
 *                    any order, with the length and the sum that it names
 *   end              what was not as it should be (struct backup_end)
 *
 * all of them plain files. The bodies' sums are the database's, and the
 * database's is in the manifest; only a body with another sum is listed at the
 * end. manifest and end are lines of ASCII words. Internal to store/. */
#ifndef STORE_BACKUP_FORMAT_H
#define STORE_BACKUP_FORMAT_H

#include "base/buf.h"
#include "store/body.h"

#define BACKUP_FORMAT 1

#define BACKUP_MANIFEST_MAX 1024
#define BACKUP_DAMAGED_MAX  1000     /* with more, there is no backup */
#define BACKUP_END_MAX      (64 + BACKUP_DAMAGED_MAX * \
                             (8 + FILE_ID_CHARS + 1 + BODY_SUM_CHARS + 1))

struct backup_manifest {
    uint64_t format;
    uint64_t time_ms;
    uint64_t database_bytes;
    uint8_t database_sum[BODY_SUM_BYTES];
    uint64_t files, file_bytes;      /* whole ones, as the database says */
};

struct backup_damaged {
    struct file_id id;
    uint8_t sum[BODY_SUM_BYTES];     /* of what is in the backup */
};

struct backup_end {
    uint64_t absent;                 /* files without a body in it */
    size_t damaged_n;
    struct backup_damaged damaged[BACKUP_DAMAGED_MAX];
};

void backup_manifest_write(const struct backup_manifest *m, struct buf *to);

/* False: it is not one. Of a later format only `format` is read. */
bool backup_manifest_read(struct str s, struct backup_manifest *ret) MUST_USE;

void backup_end_write(const struct backup_end *end, struct buf *to);
bool backup_end_read(struct str s, struct backup_end *ret) MUST_USE;

#endif
