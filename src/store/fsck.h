/* SPDX-License-Identifier: MIT
 *
 * Is all of it there, and is it what it was? Looks at a data folder through a
 * read-only connection of its own, also while a server uses it: what changes
 * meanwhile is looked at again before it is called a fault.
 *
 * The database is judged in one snapshot, during which its log cannot be
 * moved; the bodies of files after that, in short statements. */
#ifndef STORE_FSCK_H
#define STORE_FSCK_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum fsck_severity {
    FSCK_NOTE,           /* harmless; the next start removes it */
    FSCK_FAULT,
};

/* One sentence, without a newline. */
typedef void fsck_report_fn(void *arg, enum fsck_severity severity,
                            const char *text);

/* Bytes of bodies that were read, and how many there are; a few times a
 * second, and at the end. False: stop. */
typedef bool fsck_progress_fn(void *arg, uint64_t bytes, uint64_t total);

struct fsck_options {
    const char *folder;              /* the data folder */
    bool sizes_only;                 /* no body is read, only its length */
    fsck_report_fn *report;
    fsck_progress_fn *progress;      /* NULL: nobody wants to know */
    void *arg;                       /* of both */
};

struct fsck_result {
    uint64_t faults, notes;
    uint64_t rooms, messages;
    uint64_t files, file_bytes;      /* whole ones */
    bool stopped;                    /* by the caller: not all was seen */
};

/* 0: all was looked at, see ret->faults. -errno: it could not be. */
int fsck_run(const struct fsck_options *o, struct fsck_result *ret,
             struct err *e) MUST_USE;

#endif
