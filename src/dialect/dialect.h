/* SPDX-License-Identifier: MIT
 *
 * The contract of a dialect: one folder, one struct. A dialect turns a
 * connection's bytes into commands and events into bytes, and knows nothing of
 * sockets, threads, the store or other dialects. What it may ask of its
 * connection is in dialect/conn.h.
 *
 * All slots run on the connection's worker; none may block. After a slot has
 * called conn_end(), only close() follows; after conn_finish(), the answers to
 * what was asked before, and then close(). */
#ifndef DIALECT_DIALECT_H
#define DIALECT_DIALECT_H

#include "auth/name.h"
#include "base/slab.h"
#include "hub/fanout.h"
#include "hub/hub.h"
#include <sys/types.h>

struct conn;
struct dialect_config;
struct metrics;

#define DIALECT_ENCODINGS 8        /* per dialect */

enum sniff {
    SNIFF_NO,       /* not this dialect, whatever follows */
    SNIFF_MORE,     /* could still become it */
    SNIFF_YES,
};

struct dialect {
    const char *name;              /* "line", for logs and metrics */
    size_t state_bytes;            /* zeroed memory per connection */

    /* Its own messages are not sent back to it. */
    bool skip_own;

    /* What it is called as a WebSocket subprotocol; NULL: not spoken there. */
    const char *subprotocol;

    /* What it is called in ALPN (RFC 7301): whoever agreed on that speaks this
     * and nothing else. NULL: has no name there. */
    const char *alpn;

    /* Pure: of the first n (1 to LIMIT_DETECT_BYTES) bytes of a connection.
     * NULL: the dialect of those that nobody else claims. */
    enum sniff (*sniff)(const uint8_t *p, size_t n);

    /* The connection speaks this dialect: because its bytes say so, or
     * because it was silent for the grace time (then input may still turn out
     * to be foreign, and is refused before it gets here). */
    void (*open)(struct conn *c);

    /* p[0..n) is everything unparsed; returns how much was consumed, the rest
     * comes again with more behind it. Stops early when conn_held(c) turns
     * true after a command; is called again when it is false. Bytes that can
     * never be right: conn_end() and return n. */
    size_t (*input)(struct conn *c, const uint8_t *p, size_t n);

    /* The peer has shut down its side; everything has been consumed but an
     * unfinished rest p[0..n). NULL: conn_finish(). */
    void (*eof)(struct conn *c, const uint8_t *p, size_t n);

    /* conn_timer() has run out; p[0..n) is the unparsed rest (nothing while
     * input is held). Returns how much of it was consumed. NULL if the dialect
     * never sets it. */
    size_t (*timer)(struct conn *c, const uint8_t *p, size_t n);

    /* An event or answer for this session alone (event.h); `sub` goes with
     * EVENT_SUBSCRIBED: its `encoding` is the dialect's to set. */
    void (*answer)(struct conn *c, const struct event *e,
                   struct subscription *sub);

    /* A shared event in encoding 0 .. DIALECT_ENCODINGS-1; NULL = not said.
     * Pure but for config. Returns owned. */
    struct slab *(*encode)(const struct dialect_config *config,
                           unsigned encoding, const struct event *e);

    /* conn_want_drain(): there is room for more output. NULL if the dialect
     * never asks for it. */
    void (*drain)(struct conn *c);

    /* The session is over for this reason (EVENT_CLOSED or EVENT_STOPPING):
     * queue the last words; the connection is ended right after. */
    void (*farewell)(struct conn *c, const struct event *why);

    /* Frees what state holds; the state's own memory is the connection's.
     * NULL: nothing to free. */
    void (*close)(struct conn *c);
};

enum line_newline { LINE_NEWLINE_REQUIRED, LINE_NEWLINE_OPTIONAL };
enum line_names { LINE_NAMES_ASK, LINE_NAMES_ADDRESS };
enum line_sharing { LINE_SHARING_LINK, LINE_SHARING_INLINE };

/* What every dialect may know of the server; one for the process, constant. */
struct dialect_config {
    const char *server_name;
    uint64_t epoch;
    enum name_charset charset;
    size_t message_bytes;
    enum line_newline newline;
    enum line_names names;
    enum line_sharing sharing;     /* what a new connection starts with */
    int64_t pause_ms;              /* newline = optional: silence that ends a
                                      line */
    int64_t heartbeat_ms;          /* native: how often, and when dead */
    int64_t dead_ms;

    /* Accounts. */
    bool guests;                   /* whoever gives a name may come in */
    enum hub_registration registration;
    bool plain_secrets;            /* also over a connection that others may
                                      listen to */

    /* Files. */
    uint64_t file_bytes;           /* the largest; UINT64_MAX = no limit */
    int64_t file_expires_ms;       /* how long an interrupted upload waits */

    /* HTTP. */
    const char *http_hosts;        /* names this server goes by, blanks
                                      between; "" = none that a stranger could
                                      own; "*" = any */
    const char *http_origins;      /* other origins that may change things */
    const char *guest_name;        /* of a post without credentials; "" = none
                                      may */
    int64_t http_head_ms;          /* for a whole request head */
    int64_t http_idle_ms;          /* between requests */
    unsigned http_body_rate;       /* bytes a second that a body must make,
                                      averaged over ten seconds */
    struct metrics *metrics;       /* for /metrics; borrowed */
};

#endif
