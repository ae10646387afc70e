/* SPDX-License-Identifier: MIT
 *
 * A connection without a socket: what a dialect sends and commands is kept
 * for a test to look at. Implements dialect/conn.h; linked into the dialects'
 * unit tests and fuzz targets only. */
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
    char reason[256];
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

#endif
