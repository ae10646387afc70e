/* SPDX-License-Identifier: MIT
 *
 * What a dialect may ask of its connection. Implemented by edge/conn.c, and
 * by a fake in the dialects' unit tests. */
#ifndef DIALECT_CONN_H
#define DIALECT_CONN_H

#include "dialect/dialect.h"

/* The dialect's own memory, state_bytes of it, zeroed at open. */
void *conn_state(struct conn *c);
const struct dialect_config *conn_config(const struct conn *c);

/* "127.0.0.1:4711", "[::1]:4711"; borrowed until the next call. */
const char *conn_address(const struct conn *c);
struct receiver *conn_receiver(struct conn *c);

/* Queues bytes; written at the end of this loop turn. conn_send takes the
 * caller's reference. */
void conn_send(struct conn *c, struct slab *s);
void conn_send_bytes(struct conn *c, const void *p, size_t n);
void conn_printf(struct conn *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Hands a command to the core at the end of this loop turn (takes it); stamps
 * worker, session and time. A command of the flood-limited kinds costs a
 * token; without one conn_held() turns true for a while. */
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

/* The end, at once: queued output is still written (within a bound), no
 * more input is read. `reason` is logged and told to the rooms. clean = the
 * peer meant it. */
void conn_end(struct conn *c, const char *reason, bool clean);

/* The end, after every command so far has been answered. */
void conn_finish(struct conn *c, const char *reason);

#endif
