/* SPDX-License-Identifier: MIT
 *
 * The readers: a small pool of threads, each with its own read-only database
 * connection, for history and for sessions that lag. Whatever may block on
 * the disk happens here, never on a worker or on the core. */
#ifndef HUB_READERS_H
#define HUB_READERS_H

#include "base/limits.h"
#include "hub/mailbox.h"
#include "store/reader.h"

struct readers;

enum read_kind {
    READ_PAGE,     /* query -> ANSWER_PAGE */
    READ_FILES,    /* query -> ANSWER_FILES */
};

struct read_job {
    struct read_job *next;
    enum read_kind kind;
    struct page_query query;
    unsigned worker;              /* whose mailbox gets the page */
    uint64_t session, request;
    bool catchup;                 /* PARCEL_CATCHUP, else PARCEL_SESSION */
    struct access_room access;
    struct access_grant grant;
    uint64_t decided;             /* goes into the parcel (mailbox.h) */
    uint64_t end;                 /* nothing from this seq on; 0 = no such
                                     seq */
    char room_name[LIMIT_ROOM_BYTES + 1];
};

/* Starts `threads` readers of the database at path; mailboxes[worker] are
 * borrowed. */
int readers_start(const char *path, unsigned threads,
                  struct mailbox *const *mailboxes, struct readers **ret,
                  struct err *e) MUST_USE;

/* Takes the chain. What cannot be read is answered with ANSWER_DENIED
 * (DENY_STORAGE_BROKEN). */
void readers_submit(struct readers *r, struct read_job *jobs);

/* Drops what waits, joins the threads. NULL is fine. */
void readers_stop(struct readers **r);

/* The page as an event: ANSWER_PAGE with its messages as items. */
struct event *readers_page_event(const struct page *p,
                                 const struct read_job *job);

#endif
