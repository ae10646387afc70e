/* SPDX-License-Identifier: MIT
 *
 * A line connection with a core that answers everything at once, for the unit
 * tests and the fuzz target. What happens is written down like a play:
 *
 *   > /join #ops         the person's line
 *   = JOIN #ops          what the core was asked for
 *   < You are now in ... what the person saw
 *
 * This core says no to: the name "alice"; the name "ada", which is an
 * account's, without LINE_PLAY_PASSWORD or any token; the room "#closed"; a
 * post or a file with "refuse" in it; and to whatever somebody called "nobody"
 * is to hear or to become.
 *
 * Files are real ones, in a folder of the play's own. They have the ids that
 * line_play_file_id() counts, so that plays can be compared. */
#ifndef DIALECT_LINE_LINE_PLAY_H
#define DIALECT_LINE_LINE_PLAY_H

#include "dialect/fake_conn.h"

#define LINE_PLAY_PASSWORD "correct horse"

/* The buffers have a NUL behind their bytes. */
struct line_play {
    struct conn *conn;
    struct buf script;        /* the play so far */
    struct buf commands;      /* its '=' lines alone */
    size_t shown;             /* of conn->sent, in the script */
    struct line_play_files *files;    /* NULL: there was none */
    bool stuck;               /* the movers do nothing for now */
};

void line_play_init(struct line_play *play,
                    const struct dialect_config *config);
void line_play_done(struct line_play *play);

/* Bytes as they are; the core answers afterwards. */
void line_play_input(struct line_play *play, const void *p, size_t n);
void line_play_eof(struct line_play *play);
void line_play_timer(struct line_play *play);
void line_play_event(struct line_play *play, struct event *e);   /* takes e */

/* Begins a new script. */
void line_play_forget(struct line_play *play);

/* A file of somebody else's: arriving, by its number; its bytes; its end. */
void line_play_arrive(struct line_play *play, unsigned number,
                      const char *name, uint64_t size);
void line_play_grow(struct line_play *play, unsigned number, const void *p,
                    size_t n);
void line_play_whole(struct line_play *play, unsigned number);
void line_play_gone(struct line_play *play, unsigned number);

/* The id of the play's file of that number, from 1; uploads count on. */
struct file_id line_play_file_id(unsigned number);

/* Answers, moves and drains until nothing is asked any more. */
void line_play_go_on(struct line_play *play);

/* The room's number in this core. */
uint64_t line_play_room(struct str name);

#endif
