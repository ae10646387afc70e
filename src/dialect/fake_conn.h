/* SPDX-License-Identifier: MIT
 *
 * A connection without a socket: what a dialect sends and commands is kept
 * for a test to look at. Implements dialect/conn.h; linked into the dialects'
 * unit tests and fuzz targets only. The part about files is
 * fake_conn_files.c. */
#ifndef DIALECT_FAKE_CONN_H
#define DIALECT_FAKE_CONN_H

#include "base/buf.h"
#include "dialect/conn.h"

struct conn {
    struct receiver receiver;
    const struct dialect *dialect;
    struct dialect_config config;
    void *state;
    struct buf sent;               /* all output so far */
    struct command *commands;      /* submitted, oldest first */
    struct command **commands_end;
    struct buf rest;               /* unparsed input */
    int64_t timer_ms, silent_ms;
    bool held, spoke, eof, ended, finished, clean;
    bool exposed;                  /* conn_is_secure() and conn_is_here() say
                                      no */
    bool closing;                  /* what is commanded now goes nowhere */
    char reason[256];

    /* Files, and HTTP. */
    struct move_job *jobs;         /* asked of the movers, oldest first */
    struct move_job **jobs_end;
    struct list waits;             /* for growth */
    size_t file_window;            /* what conn_send_file() takes between two
                                      drains; SIZE_MAX at first */
    size_t file_room;              /* left of it */
    size_t queued;                 /* what conn_queued() says */
    bool drains, occupied, hurried, served, was_reset, websocket;
    const struct dialect *const *others;   /* whom it may be upgraded to;
                                              NULL-terminated, or NULL */
};

/* Opens the dialect at once. */
struct conn *fake_conn_new(const struct dialect *d,
                           const struct dialect_config *config);
void fake_conn_free(struct conn **c);

/* Offers bytes as the edge would: the rest in front, again after an answer has
 * released it. The end is told only after the last byte. */
void fake_conn_input(struct conn *c, const void *p, size_t n);
void fake_conn_run_timer(struct conn *c);
void fake_conn_eof(struct conn *c);

/* Delivers any event as the fan-out would: SUBSCRIBED and UNSUBSCRIBED keep
 * receiver.subs, a room's event is encoded if the room is among them, CLOSED
 * and STOPPING end the connection. Answers still come after conn_finish().
 * Takes e. */
void fake_conn_answer(struct conn *c, struct event *e);

/* The oldest command, taken out: the caller's; NULL when there is none. */
struct command *fake_conn_take(struct conn *c);

/* The same of the jobs for the movers. */
struct move_job *fake_conn_take_job(struct conn *c);

/* Does the oldest job as a mover would, and delivers its answer. False: there
 * was none. ret_share: the COMMAND_SHARE of a FINISH that succeeded, owned, or
 * NULL. */
bool fake_conn_move(struct conn *c, struct blobs *blobs,
                    struct command **ret_share);

/* Tells those waits that are over, by MOVED with MOVE_GREW; how many. */
unsigned fake_conn_grow(struct conn *c);

/* The socket has taken everything: the window is open again, and drain() is
 * called if it is wanted. */
void fake_conn_drain(struct conn *c);

/* Offers what is unparsed again, if input is not held. */
void fake_conn_offer(struct conn *c);

/* Frees what is kept for files; fake_conn_free() calls it. */
void fake_conn_forget_files(struct conn *c);

#endif
