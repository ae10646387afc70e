/* SPDX-License-Identifier: MIT
 *
 * What a dialect may ask of its connection. Implemented by edge/conn.c, and
 * by a fake in the dialects' unit tests. */
#ifndef DIALECT_CONN_H
#define DIALECT_CONN_H

#include "dialect/dialect.h"
#include "hub/movers.h"

/* The dialect's own memory, state_bytes of it, zeroed at open. */
void *conn_state(struct conn *c);
const struct dialect_config *conn_config(const struct conn *c);

/* "127.0.0.1:4711", "[::1]:4711"; borrowed until the next call. */
const char *conn_address(const struct conn *c);
struct receiver *conn_receiver(struct conn *c);

/* Nobody can listen on the way: TLS, or the local machine. What the core will
 * take secrets from. */
bool conn_is_secure(const struct conn *c);

/* The peer is on this machine, and no proxy brings it. */
bool conn_is_here(const struct conn *c);

/* The peer speaks TLS, with us or with the proxy that brings it: its addresses
 * of this server begin with https. */
bool conn_is_encrypted(const struct conn *c);

/* Queues bytes; written at the end of this loop turn. conn_send takes the
 * caller's reference. */
void conn_send(struct conn *c, struct slab *s);
void conn_send_bytes(struct conn *c, const void *p, size_t n);
void conn_printf(struct conn *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Hands a command to the core at the end of this loop turn (takes it); stamps
 * worker, session, time, address and whether it is secure. A command of the
 * flood-limited kinds costs a token; without one conn_held() turns true for a
 * while. */
void conn_command(struct conn *c, struct command *cmd);

/* True: parse no further now. Because of conn_hold(), flood delay, a full
 * core, or the end. */
bool conn_held(const struct conn *c);

/* The dialect itself waits, for an answer: input stops until conn_release(),
 * so that the answers keep the order of the commands. */
void conn_hold(struct conn *c);
void conn_release(struct conn *c);

/* The first whole line or request has come: the short deadline is over. */
void conn_spoke(struct conn *c);

/* One timer per connection for the dialect; 0 unsets it. */
void conn_timer(struct conn *c, int64_t in_ms);

/* How long the peer has been silent; 0 while its input is held by us. */
int64_t conn_silent_ms(const struct conn *c);

/* --- For dialects that carry files, and HTTP --- */

/* This connection needs no name: the edge's limits on bytes and time before
 * one no longer bind it. The dialect bounds what it keeps and how long it
 * waits, with its own timer. */
void conn_serve(struct conn *c);

/* Output that is queued and not written. */
size_t conn_queued(const struct conn *c);

/* While wanted, the dialect's drain() is called whenever the queue has room
 * (at the end of a turn, and when the socket took something): not more than
 * LIMIT_PIECE_BYTES are queued then. It is first called in this turn. */
void conn_want_drain(struct conn *c, bool want);

/* Bytes of a file, straight to the socket, from within drain(): how many were
 * taken; 0 when something is queued or the socket is full, and then drain()
 * comes again; -EIO when the file cannot be read. Never blocks on the socket;
 * the bytes should be warm (blob_is_warm). */
ssize_t conn_send_file(struct conn *c, int fd, uint64_t offset, size_t n);

/* The output belongs to one file: nothing live is told meanwhile. The session
 * counts as congested (messages are caught up with from the log afterwards),
 * what else the fan-out sends is set aside and follows, within a bound.
 * conn_send() and conn_send_file() are not affected. */
void conn_occupy(struct conn *c, bool occupied);

/* Small unsent queue in the kernel (TCP_NOTSENT_LOWAT): what is sent next
 * does not stand behind much of a file. */
void conn_hurry(struct conn *c, bool hurry);

/* To the movers (takes it); stamps worker and session. ANSWER_MOVED comes by
 * the answer slot, with its request. */
void conn_move(struct conn *c, struct move_job *job);

/* False: there is more than `beyond` bytes of b, or it arrives no longer.
 * True: ANSWER_MOVED (MOVE_GREW, request) will come, once. */
bool conn_await_growth(struct conn *c, struct blob *b, uint64_t beyond,
                       uint64_t request);
void conn_forget_growth(struct conn *c, struct blob *b, uint64_t request);

/* From here on WebSocket messages (RFC 6455) of the dialect that has this
 * subprotocol; the caller has checked the handshake and queued the 101, and
 * its own state is closed and freed before this returns: nothing but the
 * return of what was used of the input may follow. From within input() only.
 * It is a new session, and the old one has left; what was asked for it is not
 * answered. False when nobody has the subprotocol; nothing happened. */
bool conn_upgrade(struct conn *c, struct str subprotocol);

/* It came by conn_upgrade(): each message of the peer, which is never empty,
 * is one input(), and what that leaves of it is a fault; each conn_send() and
 * each encoded event is one message. */
bool conn_is_websocket(const struct conn *c);

/* The end as by conn_end(), but as a reset: what was promised (a length) will
 * not come. */
void conn_reset(struct conn *c, const char *reason);

/* The end, at once: queued output is still written (within a bound), no
 * more input is read. `reason` is logged and told to the rooms. clean = the
 * peer meant it. */
void conn_end(struct conn *c, const char *reason, bool clean);

/* The end, after every command so far has been answered. */
void conn_finish(struct conn *c, const char *reason);

#endif
