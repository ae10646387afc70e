/* SPDX-License-Identifier: MIT
 *
 * The movers: a small pool of threads for the bodies of files. Opening,
 * appending, hashing, syncing, warming: whatever of it may block on the disk
 * happens here. A job's result comes as ANSWER_MOVED into the mailbox of the
 * worker that asked, for the session that asked, with its request number; a
 * session that is gone by then misses it, and nothing leaks.
 *
 * The jobs of one blob that may not overtake each other are the asker's to
 * order: it has one of them under way at a time. */
#ifndef HUB_MOVERS_H
#define HUB_MOVERS_H

#include "blob/blob.h"
#include "hub/core.h"

struct movers;

enum move {
    MOVE_OPEN = 1,     /* id -> blob */
    MOVE_OPEN_WRITE,   /* id, size -> blob, its written, a writer number */
    MOVE_APPEND,       /* blob, writer, data */
    MOVE_SYNC,         /* blob, writer: then it may be left */
    MOVE_FINISH,       /* blob, writer, expect -> on success also submits
                          COMMAND_SHARE to the core, in the asker's name: the
                          asker gets no MOVED but that command's answer */
    MOVE_WARM,         /* blob, offset, n */
    MOVE_GREW,         /* no job: what movers_await() promised */
    MOVE_REMOVE,       /* id. From the core, unanswered */
};

struct move_job {
    struct move_job *next;
    enum move what;
    unsigned worker;
    uint64_t session, request;
    struct file_id id;
    struct blob *blob;            /* owned reference, or NULL */
    uint64_t writer;
    uint64_t size, offset;
    bool expects;                 /* FINISH: sha256 is the uploader's */
    uint8_t sha256[32];
    size_t n;                     /* of data, or to warm */
    uint8_t data[];               /* APPEND */
};

/* With room for n bytes of data; refs blob (may be NULL). Returns owned. */
struct move_job *move_job_new(enum move what, struct blob *blob, size_t n);
void move_job_free(struct move_job **job);

/* Starts `threads` of them. Everything is borrowed. */
int movers_start(struct blobs *blobs, unsigned threads,
                 struct mailbox *const *mailboxes, struct movers **ret,
                 struct err *e) MUST_USE;

/* Where COMMAND_SHARE goes; once, before the first FINISH. */
void movers_set_core(struct movers *m, struct core *core);

void movers_submit(struct movers *m, struct move_job *jobs);   /* a chain */

/* False: there is more than `beyond` already, or it arrives no longer. True:
 * ANSWER_MOVED with MOVE_GREW will come to that session, once. */
bool movers_await(struct movers *m, struct blob *b, uint64_t beyond,
                  const struct move_job *asker);

/* Whatever this session waits for at b is called off. */
void movers_forget(struct movers *m, struct blob *b, unsigned worker,
                   uint64_t session, uint64_t request);

/* Finishes what has begun, joins the threads. NULL is fine. */
void movers_stop(struct movers **m);

#endif
