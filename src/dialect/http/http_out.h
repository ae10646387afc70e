/* SPDX-License-Identifier: MIT
 *
 * Answers: their heads, their bodies, and errors in the words that the peer
 * prefers (problem details, RFC 9457; a page; a line of text). */
#ifndef DIALECT_HTTP_HTTP_OUT_H
#define DIALECT_HTTP_HTTP_OUT_H

#include "dialect/http/http_impl.h"

#define HTTP_OUT_HEAD_BYTES (16 * 1024)

struct http_out {
    struct conn *conn;
    struct buf head;
    unsigned status;
};

/* Begins an answer: status line, Date, Server. One of the functions below
 * sends it; nothing of a peer goes into a field unless it is encoded. */
void http_out_begin(struct http_out *o, struct conn *c, unsigned status);
void http_out_field(struct http_out *o, const char *name, const char *fmt,
                    ...) PRINTF_LIKE(3, 4);

/* The whole answer; the request is over. `type` NULL: no body at all. To HEAD
 * only the head goes. */
void http_out_whole(struct http_out *o, const char *type, struct str body);
void http_out_empty(struct http_out *o);

/* The head alone, with a body of `length` bytes to follow; UINT64_MAX: in
 * chunks (RFC 9112 §7.1), or until the end in HTTP/1.0. The request goes on,
 * and http_request_over() ends it. */
void http_out_stream(struct http_out *o, const char *type, uint64_t length);

/* Bytes as a chunk, or as they are in HTTP/1.0; and the end of all chunks. */
void http_out_chunk(struct conn *c, const void *p, size_t n);
void http_out_last_chunk(struct conn *c);

/* Errors (http_error.c); the request is over. `code` is the word for programs.
 * The first one's head may have fields already. */
void http_out_error(struct http_out *o, const char *code, const char *text);
void http_fail(struct conn *c, unsigned status, const char *code,
               const char *text);
void http_deny(struct conn *c, enum deny why, struct str more);

/* What the core, or an upload, was refused, with when to come back. The first
 * may have more members of the problem: `,"key":value`, whole JSON. */
struct upload;
void http_deny_event(struct conn *c, const struct event *e);
void http_deny_with(struct conn *c, const struct event *e,
                    struct str members);
void http_deny_upload(struct conn *c, const struct upload *u);

/* What a refusal of the core is in HTTP, and for a person: its sentence, and
 * in brackets what more is known about it. */
#define HTTP_ERROR_BYTES 512
unsigned http_deny_status(enum deny deny);
void http_deny_text(enum deny deny, struct str more,
                    char out[HTTP_ERROR_BYTES]);

/* Without a request: a line of text (NULL: the status's); and then the end. */
void http_say_raw(struct conn *c, unsigned status, const char *text);
void http_fail_raw(struct conn *c, unsigned status, const char *text);

const char *http_status_text(unsigned status);
const char *http_type_name(enum http_type type);

/* "2026-11-25T10:00:00.000Z" (RFC 3339); "Wed, 25 Nov 2026 10:00:00 GMT"
 * (RFC 9110 §5.6.7). */
#define HTTP_TIME_BYTES 40
void http_time(int64_t wall_ms, char out[HTTP_TIME_BYTES]);
void http_date(int64_t wall_ms, char out[HTTP_TIME_BYTES]);

/* Into a body that is bounded by what we read into it. */
void http_put(struct buf *b, const char *s);
void http_put_str(struct buf *b, struct str s);
void http_putf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void http_put_url(struct buf *b, struct str s);      /* percent-encoded */
void http_put_html(struct buf *b, struct str s);     /* escaped */

/* "/f/ID/NAME". */
void http_put_file_url(struct buf *b, const struct file_id *id,
                       struct str name);

/* "/r/ROOM" of "#room". */
void http_put_room_url(struct buf *b, struct str room);

#endif
