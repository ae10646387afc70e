/* SPDX-License-Identifier: MIT
 *
 * One request, from its whole head to its answer. */
#ifndef DIALECT_HTTP_HTTP_REQUEST_H
#define DIALECT_HTTP_HTTP_REQUEST_H

#include "dialect/http/http_impl.h"

/* p[0..n) is a head that http_head_parse() has accepted. */
void http_request_begin(struct conn *c, const uint8_t *p, size_t n);

/* Bytes of its body: how many were taken. */
size_t http_request_input(struct conn *c, const uint8_t *p, size_t n);

/* Whatever the core, a reader or a mover says while it is under way. */
void http_request_answer(struct conn *c, const struct event *e,
                         struct subscription *sub);

/* The window of its body's rate is over. */
void http_request_timer(struct conn *c);

/* For handlers. A command for this request: numbers it; returns the number.
 * Takes cmd. */
uint64_t http_ask(struct conn *c, struct command *cmd);
uint64_t http_number(struct conn *c);

/* Its body may come: answers Expect (RFC 9110 §10.1.1) and lets bytes in. */
void http_body_open(struct conn *c);

/* Asks the core to take the connection for `who`; `then` goes on, at once if
 * it does so already. A refusal is answered. Who's secret is wiped. */
void http_become(struct conn *c, struct http_who *who,
                 void (*then)(struct conn *c));

/* Whoever the core takes the connection for, the next request asks anew. */
void http_forget_who(struct conn *c);

/* Frees b, which may hold a secret. */
void http_wipe(struct buf *b);

/* The answer is queued whole: on to the next request, or the end. */
void http_request_over(struct conn *c);

/* Frees what is under way, without a word. */
void http_request_drop(struct conn *c);

#endif
