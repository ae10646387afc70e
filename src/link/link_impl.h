/* SPDX-License-Identifier: MIT
 *
 * The link as its halves share it: link.c decides when to connect and what
 * the application hears, link_io.c keeps one connection going. */
#ifndef LINK_LINK_IMPL_H
#define LINK_LINK_IMPL_H

#include "link/backoff.h"
#include "link/connect.h"
#include "link/link.h"
#include "link/talk.h"
#include "net/stream.h"

struct connection;

/* The next attempt, or the news of the end; the Welcome's deadline, then the
 * heartbeat; the outbox's rest; link_close()'s deadline; files have more to
 * send. */
enum { STEP, WATCH, REST, CLOSE, FILES, TIMERS };

struct link {
    uv_loop_t *loop;
    struct link_options options;     /* host is a copy; others are unused */
    enum link_status status;
    enum link_status end;            /* FAILED or CLOSED; 0 = not over */
    struct talk talk;
    struct connect *connect;         /* at most one of these two */
    struct connection *conn;
    struct streams streams;          /* one at most, and closed ones */
    struct tls_client *tls;          /* NULL: not spoken yet */
    uv_timer_t timers[TIMERS];
    uv_prepare_t prepare;
    unsigned refs;
    struct backoff backoff, rest;
    unsigned tried;                  /* attempts in a row */
    int64_t heard_ms, spoke_ms, pinged_ms, welcome_ms;
    bool was_full;                   /* link_post() said -EAGAIN */
    bool closing, said_bye;
    int code;
    char why[512];                   /* it was lost, or is over */
};

/* ---- link.c ---- */

int64_t link_now_ms(const struct link *l);
void link_set_timer(struct link *l, int which, int64_t in_ms);

/* The connection, or an attempt at one, is of no more use. The application is
 * told; the next attempt is prepared, or the end. */
void link_lose(struct link *l, int code, const char *why);
void link_lose_by(struct link *l, enum talk_verdict verdict);

/* This is not the server it should be: over, without another attempt. */
void link_distrust(struct link *l, const char *why);

/* A handle of the loop's that held the link is closed. */
void link_unref(struct link *l);

/* ---- link_io.c ---- */

/* A handle of the loop's, which link_io_done() begins to close. */
void link_io_init(struct link *l);
void link_io_done(struct link *l);

/* Takes a connected fd. */
void link_io_open(struct link *l, int fd);
void link_io_close(struct link *l);          /* harmless without one */

/* The Welcome has come: the heartbeat begins. */
void link_io_welcome(struct link *l);

/* Once per turn, before the loop waits: all that was said in it goes out in
 * one piece. */
void link_io_flush(struct link *l);
void link_io_watch(struct link *l);          /* the WATCH timer */

/* ---- link_files.c ---- */

/* Once per turn, behind what was said in it: files send what they can. */
void link_files_turn(struct link *l);

#endif
