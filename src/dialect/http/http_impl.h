/* SPDX-License-Identifier: MIT
 *
 * What the files of the HTTP dialect share: a connection, the one request that
 * is under way on it, and what a handler of requests is.
 *
 *   http.c          a connection: heads, deadlines, the end
 *   http_request.c  a request: checks, who asks, its body, its handler
 *   http_routes.c   which handler
 *   http_out.c      heads and bodies of answers; http_error.c: errors
 *   http_v1.c       the verbs of /v1, which are tables in http_v1_*.c
 *   the others      handlers and what they need
 *
 * One request at a time: input is held while one is under way and wants no
 * bytes, so that answers leave in the order of the requests. */
#ifndef DIALECT_HTTP_HTTP_IMPL_H
#define DIALECT_HTTP_HTTP_IMPL_H

#include "dialect/conn.h"
#include "dialect/http/http_chunk_wire.h"
#include "dialect/http/http_wire.h"

#define HTTP_WS_PROTOCOL    "loquat.v1"
#define HTTP_BODY_WINDOW_MS 10000    /* over which a body's rate is averaged */
#define HTTP_HEARTBEAT_MS   15000    /* of a live stream */
#define HTTP_DRAIN_MS       2000     /* for a peer that still sends what was */
#define HTTP_DRAIN_BYTES    (16 << 20)   /* refused, before it is cut */
#define HTTP_BODY_MAX       (4 << 20)    /* of an answer; all are bounded far
                                            below it */

enum http_stage {
    STAGE_IDLE,          /* between requests */
    STAGE_HEAD,          /* some of a head has come */
    STAGE_BUSY,          /* a request is under way: s->x */
    STAGE_FOLLOW,        /* a live stream, for ever */
    STAGE_DRAIN,         /* answered for the last time; the rest is dropped */
    STAGE_OVER,
};

struct http_exchange;
struct http_handler;

struct http {
    enum http_stage stage;
    uint8_t encoding;            /* FOLLOW: enum http_encoding */
    uint64_t room;               /* FOLLOW: whose stream it is */
    bool upgrade;                /* the 101 is queued */
    struct http_head scan;
    struct http_exchange *x;     /* BUSY: owned */
    uint64_t requests;           /* numbers given to questions so far */
    uint64_t who;                /* whom the core takes it for; 0: not known */
    char name[LIMIT_NAME_BYTES + 1];     /* and how it calls them */
    bool account;
    uint64_t unwanted;           /* DRAIN: bytes that may still come of the
                                    body; UINT64_MAX: not known */
    size_t dropped;              /* and have come */
};

/* What an answer is written in, by Accept. */
enum http_type {
    HTTP_TYPE_TEXT,
    HTTP_TYPE_JSON,
    HTTP_TYPE_NDJSON,
    HTTP_TYPE_SSE,
    HTTP_TYPE_HTML,
};

/* Who asks, before the core has agreed. */
struct http_who {
    char name[LIMIT_NAME_BYTES + 1];     /* "" = a reader, or as the token
                                            says */
    uint64_t sender_id;                  /* a guest's */
    uint64_t key;                        /* tells two of them apart; never 0 */
    bool or_similar;
    enum login_kind login;               /* 0: no account is meant */
    char password[LOGIN_PASSWORD_BYTES];
    uint8_t token_hash[32];
};

struct http_exchange {
    const struct http_handler *handler;
    struct http_request r;       /* borrows from head */
    struct buf head;
    enum http_type type;
    bool keep;                   /* the connection goes on after it */
    bool answered;               /* the answer's head is queued */

    /* From the path. */
    struct buf room;             /* "#room" */
    struct buf name;             /* a file's name, as the peer spells it */
    struct str word;             /* an id, undecoded; borrows from head */

    /* Who asks. */
    struct http_who who;
    uint64_t becoming;                   /* its key, once the core is asked */
    void (*then)(struct conn *c);        /* once the core has agreed */

    uint64_t first;              /* its questions have this number and more */

    /* The body that comes. */
    struct http_chunk chunk;
    uint64_t left;               /* of a fixed one */
    struct buf body;             /* collected */
    size_t window_bytes;         /* came in this window */
    bool body_open;              /* its bytes are taken */
    bool body_over;
    bool excused;                /* this window: we did not take them */

    void *own;                   /* the handler's; its release() frees it */
};

enum http_need {
    NEED_NOBODY,         /* the core is not asked for anything */
    NEED_READER,         /* whoever; without credentials a reader */
    NEED_NAME,           /* without credentials the guest */
    NEED_ACCOUNT,        /* without credentials nobody: 401 */
    NEED_LATER,          /* as the last one, or as the body says: begin() asks
                            http_identity_form() and calls http_become() */
};

enum http_take {
    TAKE_NONE,           /* a body is not read: the connection ends after it */
    TAKE_ALL,            /* begin() finds it in x->body */
    TAKE_STREAM,         /* begin() calls http_body_open() when it is ready,
                            data() gets it in pieces */
};

/* All run on the connection's worker. After an answer was queued whole
 * (http_out_*, http_fail, http_deny), the exchange is gone. */
struct http_handler {
    enum http_need need;
    enum http_take take;

    /* TAKE_ALL: the longest body. */
    size_t (*longest)(struct conn *c);

    /* Who asks is settled, and the body is there or about to come. */
    void (*begin)(struct conn *c);

    /* TAKE_STREAM: takes some of the body: how much. Less than n: it has
     * called conn_hold(), and releases. */
    size_t (*data)(struct conn *c, const uint8_t *p, size_t n);
    void (*data_end)(struct conn *c);

    /* An answer to one of its questions; a refusal too. NULL: there are
     * none. */
    void (*answer)(struct conn *c, const struct event *e,
                   struct subscription *sub);
    void (*drain)(struct conn *c);

    /* They may be in a room no longer (EVENT_REMOVED): what is under way there
     * is cut. NULL: the core itself refuses what was asked. */
    void (*removed)(struct conn *c, const struct event *e);

    /* The exchange ends, in whatever state: frees own (not NULL). */
    void (*release)(struct conn *c, void *own);
};

static inline struct http_exchange *
http_x(struct conn *c)
{
    struct http *s = conn_state(c);

    return s->x;
}

#endif
