/* SPDX-License-Identifier: MIT
 *
 * The client's end of the native protocol: it connects, keeps the connection
 * alive, comes back after it was lost (jittered, doubling delays), takes up
 * every room where it stopped, and sends what was said meanwhile exactly once
 * and in order. One uv loop, one thread, callbacks.
 *
 *   CONNECTING -> CONNECTED -> LOST -> WAITING -> CONNECTING ...
 *                                  \-> FAILED (attempts used up, or refused)
 *
 * The outbox: a post has a random client id and stays until it is acknowledged
 * (stored) or refused; after a reconnection the unacknowledged ones are sent
 * again under the same ids, in order, so that none is stored twice. Its size
 * is bounded: link_post() says when it is full. */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "base/limits.h"
#include "base/must.h"
#include "link/talk_login.h"
#include "wire/envelope.h"
#include <stdbool.h>
#include <uv.h>

struct link;

enum link_status {
    LINK_CONNECTING,    /* detail = "host:port" */
    LINK_CONNECTED,     /* the Welcome has come; detail = a notice, or NULL */
    LINK_LOST,          /* detail = why; also an attempt that came to nothing */
    LINK_WAITING,       /* retry_ms until the next; detail = "attempt 2 of 9" */
    LINK_FAILED,        /* over: detail, code; nothing comes after it */
    LINK_CLOSED,        /* link_close() is done; nothing comes after it */
};

/* All are called from the loop; link_free() is allowed in `status` at FAILED
 * and CLOSED only. Envelopes are borrowed for the call. */
struct link_ops {
    void (*status)(struct link *l, enum link_status status,
                   const char *detail, int64_t retry_ms);

    /* Events and answers to link_request(); Messages of a joined room come in
     * rising seq, each once, whatever happened to the connection. */
    void (*envelope)(struct link *l, const Envelope *e);

    /* A post's end: posted (stored) or refused. tag is link_post()'s. */
    void (*posted)(struct link *l, uint64_t tag,
                   const Loquat__V1__Posted *posted);
    void (*refused)(struct link *l, uint64_t tag,
                    const Loquat__V1__Error *error);

    /* The outbox has room again after link_post() said -EAGAIN. */
    void (*writable)(struct link *l);
};

struct link_options {
    const char *host;
    unsigned port;
    const char *name;          /* "" = read only */
    bool or_similar;
    struct talk_login_options login;   /* as an account; see there */
    uint64_t features;
    const char *client;        /* "loquat/0.1.0 tail" */
    unsigned attempts;         /* in a row; 0 = for ever */
    unsigned first_attempts;   /* before the first Welcome; 0 = for ever */
    int64_t delay_first_ms;    /* 250; doubles, with full jitter */
    int64_t delay_max_ms;      /* 30000 */
    int64_t timeout_ms;        /* for connecting, and for the Welcome */
    size_t outbox_messages;    /* 4096 */
    size_t outbox_bytes;       /* 1 MiB */
    const struct link_ops *ops;
    void *arg;
};

/* Copies the options; starts connecting in the loop's next turn. */
struct link *link_new(uv_loop_t *loop, const struct link_options *o);
void *link_arg(const struct link *l);
enum link_status link_state(const struct link *l);

/* After FAILED: what kind of failure it was. LOQUAT__V1__ERROR_CODE__... of a
 * refusal, or 0 for the network. */
int link_error_code(const struct link *l);

/* The name that the server gave, NULL before the first Welcome. */
const char *link_name(const struct link *l);

/* In or after CONNECTED: is the name an account's? And the token of the device
 * that was just made, or NULL; borrowed. The link logs in with it by itself
 * when it has to connect again. */
bool link_is_account(const struct link *l);
const char *link_new_token(const struct link *l);
uint32_t link_message_bytes(const struct link *l);   /* 0 before the Welcome */

/* Joins, now or once connected, and again after every reconnection with the
 * seq reached; after < 0: from now on. Joined comes as an envelope each
 * time. */
void link_join(struct link *l, const char *target, int64_t after);
void link_part(struct link *l, const char *target);

/* No post longer than this fits into a frame. */
#define LINK_POST_BYTES (LIMIT_FRAME_BYTES - 1024)

/* Puts a message into the outbox. The room need not be joined. 0, -EAGAIN
 * (full: wait for `writable`), -EMSGSIZE. */
int link_post(struct link *l, const char *target,
              Loquat__V1__MessageKind kind, const char *text,
              uint64_t tag) MUST_USE;
size_t link_pending(const struct link *l);           /* not yet ended posts */

/* Sends one request; its answer comes as an envelope with the number that is
 * returned. 0: not connected. Not repeated after a loss. (Also an envelope,
 * with a number nobody asked for: the Error of a room that could not be
 * joined; and one of a post that the server cannot store for the time being,
 * which stays in the outbox and is tried again.) */
uint64_t link_request(struct link *l, Envelope *e);

/* Sends an envelope without expecting an answer (typing, cursors). */
void link_tell(struct link *l, Envelope *e);

/* Says Bye after what is queued, waits a bounded time, then CLOSED. */
void link_close(struct link *l);
void link_free(struct link **l);

#endif
