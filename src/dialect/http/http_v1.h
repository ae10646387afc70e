/* SPDX-License-Identifier: MIT
 *
 * The verbs of /v1: JSON in, one command, JSON out. A verb is a table of the
 * members that its body may have, a function that makes the command of them,
 * and one that tells the answer. What is not in the table is refused, so that
 * a misspelt member is never silently left out. */
#ifndef DIALECT_HTTP_HTTP_V1_H
#define DIALECT_HTTP_HTTP_V1_H

#include "auth/token.h"
#include "base/json.h"
#include "dialect/http/http_impl.h"

#include <jansson.h>

#define HTTP_V1_BODY_BYTES (64 * 1024)

enum http_v1_type {
    HTTP_V1_LINE,        /* clean text on one line, at most `most` bytes */
    HTTP_V1_SECRET,      /* text; at most `most` bytes */
    HTTP_V1_TIME,        /* "2026-11-25T10:00:00Z" (RFC 3339) */
    HTTP_V1_SPAN,        /* "10s", "30d" (base/duration.h) */
    HTTP_V1_BOOL,
    HTTP_V1_WORDS,       /* at most `most` texts without blanks */
};

struct http_v1_member {
    const char *name;    /* NULL ends a table */
    enum http_v1_type type;
    bool required;
    size_t most;
};

/* One request to a verb; the exchange's own. */
struct http_v1 {
    json_t *body;                    /* an object that fits the table */
    char token[TOKEN_BYTES + 1];     /* a new one, to be shown once; or "" */
    const struct http_v1_step *step; /* PATCH: the one that is under way */
    struct buf done;                 /* PATCH: `"topic","slow"` */
};

struct http_v1_verb {
    struct http_handler handler;     /* first; HTTP_V1(need) */
    const struct http_v1_member *members;    /* NULL: none */

    /* Makes the command; NULL: answered, one way or the other. */
    struct command *(*ask)(struct conn *c, struct http_v1 *v);

    /* Answers; e is no refusal. NULL: 204 without a body. */
    void (*tell)(struct conn *c, struct http_v1 *v, const struct event *e);

    bool last;           /* the session is over with it: so is the connection */
};

#define HTTP_V1(need_) { \
    .need = (need_), .take = TAKE_ALL, .longest = http_v1_longest, \
    .begin = http_v1_begin, .answer = http_v1_answer, \
    .release = http_v1_release, \
}

size_t http_v1_longest(struct conn *c);
void http_v1_begin(struct conn *c);
void http_v1_answer(struct conn *c, const struct event *e,
                    struct subscription *sub);
void http_v1_release(struct conn *c, void *own);

/* Whether its Content-Type is JSON, and nothing that a page elsewhere could
 * send without being asked (the Fetch standard's CORS-safelisted types). */
bool http_v1_is_json(const struct http_request *r);

/* --- For ask() ----------------------------------------------------------- */

/* {NULL, 0}: it was left out. */
struct str http_v1_text(const struct http_v1 *v, const char *name);
bool http_v1_bool(const struct http_v1 *v, const char *name);

/* Wall-clock ms of a TIME, or of now and a SPAN; 0: both were left out. Both
 * at once: false, answered. */
bool http_v1_until(struct conn *c, const struct http_v1 *v, const char *time,
                   const char *span, int64_t *ret);

/* Words with blanks between them; {}: left out. Init'ed by the caller. */
void http_v1_words(const struct http_v1 *v, const char *name,
                   struct buf *ret);

/* The path's {name}, clean; false: answered. */
bool http_v1_path_name(struct conn *c, struct str *ret);

/* A command about the path's room. */
struct command *http_v1_room_command(struct conn *c, enum command_kind kind,
                                     struct str name, struct str text);

/* 400 bad_request; NULL, so that ask() can return it. */
struct command *http_v1_refuse(struct conn *c, const char *why);

/* --- For tell() ---------------------------------------------------------- */

/* One object and its line feed; b is freed. Never stored by anybody between
 * here and there, since there may be a secret in it. */
void http_v1_send(struct conn *c, unsigned status, struct buf *b);

/* A member with a time, unless it is 0. */
void http_v1_put_time(struct json *j, const char *key, int64_t wall_ms);

/* `"key":[item,...]` */
void http_v1_put_items(struct json *j, const char *key, const struct event *e,
                       void (*put)(struct buf *b, const struct event *item));

/* The same as a whole answer, 200; the room if it is of one, and `more`. */
void http_v1_send_items(struct conn *c, const char *key,
                        const struct event *e,
                        void (*put)(struct buf *b, const struct event *item));

#endif
