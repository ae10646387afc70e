/* SPDX-License-Identifier: MIT
 *
 * Backups for the tests of both ways. */
#ifndef STORE_BACKUP_TEST_H
#define STORE_BACKUP_TEST_H

#include "store/bodies_test.h"

#include "store/backup.h"
#include "store/fsck.h"

struct told {
    char text[4096];                /* every sentence, a line each */
    unsigned faults;
    void (*at_first)(void *);       /* called with the first progress */
    void *arg;
    bool stop;
};

static inline void
told_report(void *arg, bool fault, const char *text)
{
    struct told *t = arg;
    size_t n = strlen(t->text);
    snprintf(t->text + n, sizeof t->text - n, "%s\n", text);
    t->faults += fault;
}

static inline bool
told_progress(void *arg, uint64_t bytes, uint64_t total)
{
    struct told *t = arg;
    void (*at_first)(void *) = t->at_first;
    assert_true(bytes <= total);
    t->at_first = NULL;
    if (at_first)
        at_first(t->arg);
    return !t->stop;
}

struct backup_place {
    char file[96], part[112], copy[112];        /* the backup's */
    char folder[96], restoring[112];            /* what it becomes */
};

static inline struct backup_place
backup_place(const struct scratch *t)
{
    struct backup_place p;
    snprintf(p.file, sizeof p.file, "%s/it.backup", t->root);
    snprintf(p.part, sizeof p.part, "%s.part", p.file);
    snprintf(p.copy, sizeof p.copy, "%s.db.part", p.file);
    snprintf(p.folder, sizeof p.folder, "%s/again", t->root);
    snprintf(p.restoring, sizeof p.restoring, "%s.restoring", p.folder);
    return p;
}

static inline int
backup_try(const char *folder, const char *file, struct told *told,
           struct backup_result *ret, struct err *e)
{
    struct backup_options o = {folder, file, 1764000000000, told_report,
                               told_progress, told};
    return backup_write(&o, ret, e);
}

static inline struct backup_result
backup_make(const char *folder, const char *file, struct told *told)
{
    struct backup_result got = {0};
    struct err e = {0};
    if (backup_try(folder, file, told, &got, &e) < 0)
        fail_msg("%s", e.text);
    return got;
}

static inline int
restore_try(const char *file, const char *folder, struct told *told,
            struct backup_result *ret, struct err *e)
{
    struct backup_options o = {folder, file, 0, told_report, told_progress,
                               told};
    return backup_restore(&o, ret, e);
}

static inline struct backup_result
restore_make(const char *file, const char *folder, struct told *told)
{
    struct backup_result got = {0};
    struct err e = {0};
    if (restore_try(file, folder, told, &got, &e) < 0)
        fail_msg("%s", e.text);
    return got;
}

static inline void
backup_fsck_report(void *arg, enum fsck_severity severity, const char *text)
{
    char *last = arg;
    if (severity == FSCK_FAULT || last[0] == 0)
        snprintf(last, 512, "%s", text);
}

/* A sentence of fsck's about a folder, a fault rather than a note, and how many
 * it has. */
static inline uint64_t
backup_fsck(const char *folder, char text[512])
{
    struct fsck_options o = {.folder = folder, .report = backup_fsck_report,
                             .arg = text};
    struct fsck_result got;
    struct err e = {0};
    text[0] = 0;
    if (fsck_run(&o, &got, &e) < 0)
        fail_msg("%s", e.text);
    return got.faults + got.notes;
}

#define assert_gone(path) assert_int_equal(access((path), F_OK), -1)

#endif
