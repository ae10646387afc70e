/* SPDX-License-Identifier: MIT
 *
 * What is said over a connection, without the connection: bytes of the server
 * in, calls and bytes for the server out. No socket, no clock, no timer, so
 * that a fuzzer can be the server. Everything from the server is hostile:
 * what it sends can end the talk, never do harm.
 *
 *   MAGIC -> HELLO -> LIVE -> OVER
 *
 * The rooms, the outbox, the name and the secret outlive connections. */
#ifndef LINK_TALK_H
#define LINK_TALK_H

#include "base/buf.h"
#include "base/must.h"
#include "link/outbox.h"
#include "link/rooms.h"
#include "link/talk_files.h"
#include "link/talk_login.h"
#include "wire/envelope.h"

#define TALK_SECRET_BYTES 32

/* The most that may lie in `out` before posts and requests wait. */
#define TALK_OUT_BYTES (1024 * 1024)

enum talk_phase { TALK_MAGIC, TALK_HELLO, TALK_LIVE, TALK_OVER };

enum talk_verdict {
    TALK_ON,
    TALK_LOST,        /* this connection is of no more use */
    TALK_REFUSED,     /* and the next one will not be either */
};

/* Called from talk_input(). A Welcome that answers a request, a Login or a
 * Register, is an envelope. They may call the functions from talk_join() on;
 * what they are given is borrowed for the call. */
struct talk_ops {
    /* replaced: the cursors were of another history, and are void. */
    void (*welcome)(void *arg, bool replaced);
    void (*envelope)(void *arg, const Envelope *e);
    void (*posted)(void *arg, uint64_t tag, const Loquat__V1__Posted *posted);
    void (*refused)(void *arg, uint64_t tag, const Loquat__V1__Error *error);
};

struct talk_options {
    const char *name, *client;
    bool or_similar;
    uint64_t features;
    size_t outbox_messages, outbox_bytes;
    struct talk_login_options login;
};

struct talk {
    const struct talk_ops *ops;
    void *arg;

    /* For the link's life. */
    char *client;
    char *name;               /* wanted; the one given, once welcomed */
    bool or_similar, welcomed;
    struct talk_login login;
    uint64_t features, epoch;
    uint8_t secret[TALK_SECRET_BYTES];
    struct rooms rooms;
    struct outbox outbox;
    uint32_t message_bytes;

    /* For one connection. */
    enum talk_phase phase;
    uint64_t request;         /* the last number used */
    uint64_t entering;        /* of the Hello, or of the Register behind it */
    bool account;             /* the name is an account's */
    uint64_t rename;          /* a SetName that is under way, 0 = none */
    char *new_name;
    uint32_t heartbeat_ms, dead_ms;
    struct buf in, out;
    size_t unwritten;         /* was taken out of `out`, but not by the socket
                                 yet; the owner's to tell */
    struct list files;        /* open streams, whose turn is next first */
    uint32_t stream;          /* the last number used */
    struct envelope_arena *arena;

    /* After LOST or REFUSED. */
    int code;                 /* LOQUAT__V1__ERROR_CODE__..., 0 = none */
    char why[256];
};

void talk_init(struct talk *t, const struct talk_options *o,
               const struct talk_ops *ops, void *arg);
void talk_done(struct talk *t);

/* A connection is there: puts the magic and the Hello into `out`. */
void talk_begin(struct talk *t);

/* At most LIMIT_READ_BYTES of the server's. After anything but TALK_ON, the
 * next calls are talk_end() and, for a new connection, talk_begin(). */
enum talk_verdict talk_input(struct talk *t, const uint8_t *p,
                             size_t n) MUST_USE;

/* The connection is gone. */
void talk_end(struct talk *t);

void talk_join(struct talk *t, const char *target, int64_t after);
void talk_part(struct talk *t, const char *target);

/* Numbers e and says it, behind the posts that may be sent now; 0 when that is
 * not possible. */
uint64_t talk_request(struct talk *t, Envelope *e);
void talk_tell(struct talk *t, Envelope *e);

/* Moves posts from the outbox to `out`, as far as the window lets it. */
void talk_pump(struct talk *t);

#endif
