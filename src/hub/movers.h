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

#include "hub/core.h"
#include "hub/move.h"

struct movers;

/* Starts `threads` of them. Everything is borrowed. */
int movers_start(struct blobs *blobs, unsigned threads,
                 struct mailbox *const *mailboxes, struct movers **ret,
                 struct err *e) MUST_USE;

/* Where COMMAND_SHARE goes; once. A FINISH that is done earlier waits for
 * it. */
void movers_set_core(struct movers *m, struct core *core);

void movers_submit(struct movers *m, struct move_job *jobs);   /* a chain */

/* False: there is more than `beyond` already, or it arrives no longer. True:
 * ANSWER_MOVED with MOVE_GREW will come to that session, once. Of the asker,
 * worker, session and request count; it is not taken. */
bool movers_await(struct movers *m, struct blob *b, uint64_t beyond,
                  const struct move_job *asker);

/* Whatever this session waits for at b under this request is called off; what
 * is on its way already still comes. */
void movers_forget(struct movers *m, struct blob *b, unsigned worker,
                   uint64_t session, uint64_t request);

/* Does everything that has been submitted and joins the threads; what is
 * submitted afterwards is freed undone (a file that was to be removed is swept
 * at the next start). The core must still run, so that what was finished is
 * also shared. NULL is fine. */
void movers_finish(struct movers *m);

/* The same, and frees it: nobody may submit or wait any more. NULL is fine. */
void movers_stop(struct movers **m);

#endif
