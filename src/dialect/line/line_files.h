/* SPDX-License-Identifier: MIT
 *
 * Files over a line connection, both ways. What a person sends behind
 * "FILE:name:size" becomes an upload into their room; what they ask for by
 * /get, or have sent inline, goes out between two lines as
 * "FILE:name:size", a newline and the bytes. While such bytes go out nothing
 * else may: what the dialect has to say waits in `later`, what the others say
 * is caught up with from the log. */
#ifndef DIALECT_LINE_LINE_FILES_H
#define DIALECT_LINE_LINE_FILES_H

#include "dialect/download.h"
#include "dialect/line/line_out.h"
#include "dialect/upload.h"

struct attachment;
struct line_state;

/* Files to be sent inline: the one on its way, 16 that wait, and in place of
 * those the ones of whose message we have still to hear. */
#define LINE_OFFERS_MAX (1 + 16)

struct line_offer {
    struct file_id id;
    uint64_t room;
    bool sent;                /* or being sent */
    bool told;                /* its message has come: it comes no more */
};

/* Owned by the state; there while any of it is of use. */
struct line_files {
    struct upload up;
    struct download down;
    uint64_t room;            /* up: where to */
    uint64_t discard;         /* bytes of a refused file that still follow */
    struct buf later;         /* to be said behind the bytes */
    struct line_offer offers[LINE_OFFERS_MAX];    /* the oldest first */
    unsigned offers_n;
    char name[LIMIT_FILE_NAME_BYTES + 1];    /* as the uploader wrote it */
    bool asked;               /* down: by /get */
    bool occupied;            /* its header has been sent */
    bool moved;               /* and bytes since the last look */
};

/* --- One connection's --- */

/* A request number of its own, for an upload or a download. */
uint64_t line_files_request(struct line_state *st);
struct line_files *line_files_get(struct line_state *st);   /* makes it */

/* Whatever is under way is let go. */
void line_files_done(struct conn *c);

/* Gives the memory back if nothing is under way. */
void line_files_tidy(struct line_state *st);

/* Input may not be parsed on: it would have nowhere to go, or what it says
 * would overtake a file. */
bool line_files_hold(const struct line_state *st);

/* The output belongs to a file, or soon will: only what needs no words of ours
 * may be parsed. */
bool line_files_sending(const struct line_state *st);
bool line_files_crowded(const struct line_state *st);   /* not even that */

/* The bytes of a file go out just now; an end must be a reset. */
bool line_files_occupied(const struct line_state *st);

/* True: s was put aside until then. */
bool line_files_defer(struct conn *c, struct str s);

/* Nothing of that room may go on, either way. What of an upload still follows
 * is dropped; a file whose bytes go out ends with the connection. */
void line_files_removed(struct conn *c, uint64_t room);

/* Answers to what was asked in a number of line_files_request(), and events
 * that the fan-out hands to receivers that want uploads. */
void line_files_answer(struct conn *c, const struct event *e);

/* What ends when nothing moves: milliseconds until the next look, 0 = none is
 * needed; and the look. */
int64_t line_files_watch_ms(struct conn *c);
void line_files_watch(struct conn *c);

/* --- Files that come in: line_files.c --- */

/* "FILE:name:size" was read. */
void line_files_take(struct conn *c, struct str name, uint64_t size);

/* The input is a file's bytes: takes some of them. */
bool line_files_is_input(const struct line_state *st);
size_t line_files_input(struct conn *c, const uint8_t *p, size_t n);

/* There will be no more: what is not whole is given up. */
void line_files_cut(struct conn *c);

/* --- Files that go out: line_send.c --- */

/* An id, or a link that holds one. */
void line_send_file(struct conn *c, struct str typed);
void line_send_inline(struct conn *c, bool on);

/* The oldest that is to be sent inline, unless one is on its way. */
void line_send_next(struct conn *c);

/* No file of that room is sent any more. */
void line_send_removed(struct conn *c, uint64_t room);

/* An event that the fan-out handed over; the answer to the download; the
 * drain slot; letting go of it. */
void line_send_hear(struct conn *c, const struct event *e);
void line_send_answer(struct conn *c, const struct event *e);
void line_send_drain(struct conn *c);
void line_send_close(struct conn *c, struct line_files *f);

/* --- Words --- */

/* "photo.webp (12345 bytes): /get ID or /f/ID/photo.webp" */
void line_files_words(struct line_out *o, const struct attachment *a);

/* An ANSWER_FILES. */
void line_files_list(struct conn *c, const struct event *e);

#endif
