/* SPDX-License-Identifier: MIT
 *
 * A move: one piece of work on a file's body that may block on the disk, and
 * what comes of it. Done by a mover's thread (movers.h), or, in a test, by
 * hand. */
#ifndef HUB_MOVE_H
#define HUB_MOVE_H

#include "base/buf.h"
#include "blob/blob.h"
#include "hub/event.h"

enum move {
    MOVE_OPEN = 1,     /* id -> blob */
    MOVE_FOLLOW,       /* id, size -> blob, of a file that is arriving */
    MOVE_OPEN_WRITE,   /* id, size -> blob, its written, a writer number */
    MOVE_APPEND,       /* blob, writer, data */
    MOVE_SYNC,         /* blob, writer: and then it is left */
    MOVE_FINISH,       /* blob, writer, expect -> on success COMMAND_SHARE goes
                          to the core, in the asker's name: the asker gets no
                          MOVED but that command's answer. Without a blob: id,
                          size; a part that is complete (session 0, after a
                          crash). */
    MOVE_WARM,         /* blob, offset, n */
    MOVE_GREW,         /* no job: what movers_await() promised */
    MOVE_REMOVE,       /* id. From the core, unanswered */
};

struct move_job {
    struct move_job *next;
    enum move what;
    unsigned worker;
    uint64_t session, request;    /* session 0: nobody is answered */
    struct file_id id;
    struct blob *blob;            /* owned reference, or NULL */
    uint64_t writer;
    uint64_t size, offset;
    bool expects;                 /* FINISH: sha256 is the uploader's */
    uint8_t sha256[32];
    size_t n;                     /* WARM: how many bytes */
    struct buf data;              /* APPEND: owned */
    bool leaves;                  /* APPEND: the writer goes afterwards */
};

/* Refs blob (may be NULL). Returns owned. */
struct move_job *move_job_new(enum move what, struct blob *blob);

/* One that appends what is in data, which is taken and left empty. */
struct move_job *move_job_append(struct blob *blob, struct buf *data);
void move_job_free(struct move_job **job);

struct move_result {
    int rc;                       /* 0 or -errno */
    struct event *answer;         /* owned; NULL: there is none */
    struct command *share;        /* owned; only of a FINISH that succeeded;
                                     its times are to be stamped */
};

/* Does it, on this thread. [blocks] */
void move_do(struct blobs *blobs, struct move_job *job,
             struct move_result *ret);

/* What comes of an errno. */
enum deny move_deny(int rc);

/* ANSWER_MOVED about b (may be NULL): its facts, as far as it knows them.
 * Returns owned. */
struct event *move_event(enum move what, uint64_t request, int rc,
                         const struct blob *b);

#endif
