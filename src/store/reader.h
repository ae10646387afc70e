/* SPDX-License-Identifier: MIT
 *
 * A reader: one read-only SQLite connection, owned by one thread. Never
 * checkpoints, never writes; reads in short statements, so that it never
 * keeps the writer's log from being moved. */
#ifndef STORE_READER_H
#define STORE_READER_H

#include "base/buf.h"
#include "base/err.h"
#include "store/record.h"

struct reader;

int reader_open(const char *path, struct reader **ret, struct err *e) MUST_USE;
void reader_close(struct reader **r);

enum page_mode {
    PAGE_LATEST,     /* the newest */
    PAGE_AFTER,      /* the oldest with seq > at */
    PAGE_BEFORE,     /* the newest with seq < at */
    PAGE_AROUND,     /* half before, `at` itself, half after */
};

struct page_query {
    uint64_t room;
    enum page_mode mode;
    uint64_t at;
    uint32_t limit;          /* 1 to LIMIT_PAGE_MESSAGES; clamped */
    uint64_t floor;          /* nothing up to this seq, as if it were not
                                there */
};

/* One page of a room's log, always in rising seq, the bodies bounded by
 * LIMIT_PAGE_BYTES (one message always fits). Strings point into the page. */
struct page {
    struct message *messages;
    size_t n;
    bool more;               /* the room holds more in the asked direction */
    uint64_t first_seq;      /* of an empty PAGE_AFTER: what was below is gone
                                (store_drop_old); 0 = nothing is */
    char *text;              /* the strings' home */
};

/* 0 with *ret filled (returns owned, free with page_done), or -EIO. */
int reader_page(struct reader *r, const struct page_query *q,
                struct page *ret) MUST_USE;
void page_done(struct page *p);

/* Whole files of a room, the newest first: of PAGE_LATEST, or of PAGE_BEFORE
 * those with a message before `at`; at most LIMIT_FILES_PAGE. */
struct files_page {
    struct file_row *files;
    size_t n;
    bool more;
    char *text;
};

int reader_files(struct reader *r, const struct page_query *q,
                 struct files_page *ret) MUST_USE;
void files_page_done(struct files_page *p);

#endif
