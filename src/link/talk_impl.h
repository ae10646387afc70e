/* SPDX-License-Identifier: MIT
 *
 * The talk as its halves share it. */
#ifndef LINK_TALK_IMPL_H
#define LINK_TALK_IMPL_H

#include "link/talk.h"

enum { TALK_VERSION = 1 };

/* ---- talk.c ---- */

/* Ends the talk; returns the verdict. */
enum talk_verdict talk_over(struct talk *t, enum talk_verdict verdict,
                            int code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
enum talk_verdict talk_nonsense(struct talk *t, const char *what);

/* False when there is no room for it. */
bool talk_say(struct talk *t, const Envelope *e);
void talk_say_join(struct talk *t, struct place *p);

/* ---- talk_hear.c ---- */

enum talk_verdict talk_hear(struct talk *t, const Envelope *e);

/* ---- talk_files.c ---- */

enum talk_verdict talk_hear_putting(struct talk *t, const Envelope *e);
enum talk_verdict talk_hear_getting(struct talk *t, const Envelope *e);
enum talk_verdict talk_hear_credit(struct talk *t, const Envelope *e);
enum talk_verdict talk_hear_file_end(struct talk *t, const Envelope *e);
enum talk_verdict talk_hear_bytes(struct talk *t, const struct frame *frame);

/* False: it is about no stream. */
bool talk_files_posted(struct talk *t, const Envelope *e);
bool talk_files_error(struct talk *t, const Envelope *e);

/* The connection is gone: closes them all. */
void talk_files_lost(struct talk *t);

#endif
