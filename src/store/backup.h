/* SPDX-License-Identifier: MIT
 *
 * A backup: one file with everything of a data folder (store/backup_format.h),
 * made while the server runs or without it, through a read-only connection of
 * its own; and the way back.
 *
 * The database is that of one moment (VACUUM INTO a copy beside the target,
 * during which the log cannot be moved); bodies never change, so they are
 * copied after it. What retention removes meanwhile is told and left out. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

/* One sentence, without a newline: a body that is missing or damaged (a
 * fault), or was removed meanwhile. */
typedef void backup_report_fn(void *arg, bool fault, const char *text);

/* Bytes of database and bodies so far, and of all; a few times a second, and
 * at the end. False: stop, which fails with -ECANCELED. */
typedef bool backup_progress_fn(void *arg, uint64_t bytes, uint64_t total);

struct backup_options {
    const char *folder;              /* the data folder */
    const char *path;                /* the backup's file */
    int64_t now_ms;                  /* wall clock; what restoring tells */
    backup_report_fn *report;
    backup_progress_fn *progress;    /* NULL: nobody wants to know */
    void *arg;                       /* of both */
};

struct backup_result {
    int64_t time_ms;                 /* when it was made */
    uint64_t files, bytes;           /* bodies in it */
    uint64_t absent, damaged;        /* not in it; in it as they are */
};

/* Writes PATH (mode 0600): first PATH.part, which is synced and renamed.
 * -EEXIST: never over something else. Nothing is left after a failure. */
int backup_write(const struct backup_options *o, struct backup_result *ret,
                 struct err *e) MUST_USE;

/* Makes FOLDER of PATH: it must not exist yet, or be empty (else -ENOTEMPTY).
 * It is FOLDER.restoring until all sums were right, and is removed after a
 * failure. An older database is brought up to date. What has no body in the
 * backup is no file any more, and the epoch is a new one: what clients know of
 * what came after the backup must not be taken for its continuation. */
int backup_restore(const struct backup_options *o, struct backup_result *ret,
                   struct err *e) MUST_USE;

#endif
