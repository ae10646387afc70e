/* SPDX-License-Identifier: MIT
 *
 * One request:
 *
 *   head -> checks -> handler -> [all of the body] -> who asks -> begin()
 *                                         [the body in pieces] -> answer
 *
 * Whatever is refused is refused before the body is read. */
#include "dialect/http/http_request.h"

#include "dialect/http/http_guard.h"
#include "dialect/http/http_identity.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_routes.h"

#include <sodium.h>
#include <stdlib.h>

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

static struct http_exchange *
exchange_new(struct conn *c, const uint8_t *p, size_t n)
{
    struct http *s = conn_state(c);
    struct http_exchange *x = must_alloc(sizeof *x);
    struct http_head scan = {0};
    size_t used;

    buf_init(&x->head, n);
    must(buf_append(&x->head, p, n) == 0);
    must(http_head_parse(&scan, (uint8_t *)x->head.p, n, &x->r, &used) ==
         WIRE_OK);
    buf_init(&x->room, LIMIT_ROOM_BYTES);
    buf_init(&x->name, LIMIT_HTTP_TARGET_BYTES);
    buf_init(&x->body, 0);
    x->first = s->requests + 1;
    x->keep = x->r.keep_alive;
    x->left = x->r.content_length;
    x->body_over = !x->r.chunked && x->left == 0;
    return x;
}

void
http_wipe(struct buf *b)
{
    if (b->p != NULL)
        sodium_memzero(b->p, b->cap);
    buf_done(b);
}

/* Credentials are in the head, in bodies, and in who. */
void
http_request_drop(struct conn *c)
{
    struct http *s = conn_state(c);
    struct http_exchange *x = s->x;

    if (x == NULL)
        return;
    if (x->own != NULL)
        x->handler->release(c, x->own);
    s->x = NULL;
    http_wipe(&x->head);
    buf_done(&x->room);
    buf_done(&x->name);
    http_wipe(&x->body);
    sodium_memzero(&x->who, sizeof x->who);
    free(x);
}

void
http_request_over(struct conn *c)
{
    struct http *s = conn_state(c);
    bool keep = s->x->keep, body_over = s->x->body_over;

    s->unwanted = s->x->r.chunked ? UINT64_MAX : s->x->left;
    http_request_drop(c);
    if (!keep && body_over) {
        s->stage = STAGE_OVER;
        conn_end(c, "answered", true);
        return;
    }
    s->stage = keep ? STAGE_IDLE : STAGE_DRAIN;
    conn_timer(c, keep ? conn_config(c)->http_idle_ms : HTTP_DRAIN_MS);
    conn_release(c);
}

/* --- Who asks ------------------------------------------------------------ */

uint64_t
http_number(struct conn *c)
{
    struct http *s = conn_state(c);

    return ++s->requests;
}

uint64_t
http_ask(struct conn *c, struct command *cmd)
{
    uint64_t number = http_number(c);

    cmd->request = number;
    conn_command(c, cmd);
    return number;
}

void
http_forget_who(struct conn *c)
{
    struct http *s = conn_state(c);

    s->who = 0;
    s->name[0] = '\0';
    s->account = false;
}

static struct command *
enter(const struct http_who *who)
{
    struct str none = {NULL, 0}, name = str_of(who->name);
    struct command *cmd;

    if (who->login == 0) {
        cmd = command_new(COMMAND_ENTER, none, name, none);
    } else {
        cmd = command_new_login(COMMAND_ENTER, none, name, none, who->login);
        memcpy(cmd->login->password, who->password, sizeof who->password);
        memcpy(cmd->login->token_hash, who->token_hash,
               sizeof who->token_hash);
    }
    cmd->sender_id = who->sender_id;
    cmd->or_similar = who->or_similar;
    cmd->visit = true;
    return cmd;
}

void
http_become(struct conn *c, struct http_who *who,
            void (*then)(struct conn *c))
{
    struct http *s = conn_state(c);

    if (s->who == who->key) {
        then(c);
        return;
    }
    http_forget_who(c);
    s->x->becoming = who->key;
    s->x->then = then;
    conn_hold(c);
    http_ask(c, enter(who));
    sodium_memzero(who->password, sizeof who->password);
}

static void
entered(struct conn *c, const struct event *e)
{
    struct http *s = conn_state(c);

    if (e->kind == ANSWER_DENIED) {
        http_deny_event(c, e);
        return;
    }
    s->who = s->x->becoming;
    s->account = sender_is_account(e->sender_id);
    str_to_z(e->name, s->name, sizeof s->name);
    s->x->then(c);
}

static bool
knows_who(const struct http_exchange *x)
{
    switch (x->handler->need) {
    case NEED_READER:
    case NEED_NAME:
    case NEED_ACCOUNT:
        return true;
    case NEED_NOBODY:
    case NEED_LATER:
        break;
    }
    return false;
}

static void
settle(struct conn *c)
{
    struct http_exchange *x = http_x(c);

    conn_hold(c);
    if (knows_who(x))
        http_become(c, &x->who, x->handler->begin);
    else
        x->handler->begin(c);
}

/* --- The beginning ------------------------------------------------------- */

static void
collect(struct conn *c)
{
    struct http_exchange *x = http_x(c);
    size_t longest = x->handler->longest(c);

    buf_init(&x->body, longest);
    if (x->left > longest)
        http_fail(c, 413, "message_too_long", "That body is too long");
    else
        http_body_open(c);
}

static void
start(struct conn *c)
{
    struct http_exchange *x = http_x(c);

    if (!http_guard_host(c) || !http_routes_find(c) || !http_guard_origin(c))
        return;
    if (knows_who(x) && !http_identity_read(c, &x->who))
        return;
    if (x->handler->take == TAKE_ALL)
        collect(c);
    else
        settle(c);
}

void
http_request_begin(struct conn *c, const uint8_t *p, size_t n)
{
    struct http *s = conn_state(c);

    s->x = exchange_new(c, p, n);
    s->stage = STAGE_BUSY;
    start(c);
}

/* --- The body ------------------------------------------------------------ */

static void
finish_body(struct conn *c)
{
    struct http_exchange *x = http_x(c);

    x->body_over = true;
    x->body_open = false;
    conn_timer(c, 0);
    conn_hold(c);
    if (x->handler->take == TAKE_ALL)
        settle(c);
    else
        x->handler->data_end(c);
}

void
http_body_open(struct conn *c)
{
    struct http_exchange *x = http_x(c);

    x->body_open = true;
    if (x->body_over) {
        finish_body(c);
        return;
    }
    if (x->r.expect_continue)
        conn_send_bytes(c, CONTINUE, sizeof CONTINUE - 1);
    conn_timer(c, HTTP_BODY_WINDOW_MS);
    conn_release(c);
}

/* How much the handler took. The exchange may be gone afterwards. */
static size_t
give(struct conn *c, struct str data)
{
    struct http_exchange *x = http_x(c);
    size_t took = data.n;

    if (x->handler->take == TAKE_STREAM)
        took = x->handler->data(c, (const uint8_t *)data.p, data.n);
    else if (buf_append_str(&x->body, data) < 0)
        http_fail(c, 413, "message_too_long", "That body is too long");
    must(took <= data.n);
    if (http_x(c) != x)
        return data.n;
    x->window_bytes += took;
    x->excused = x->excused || took < data.n;
    return took;
}

static size_t
take_fixed(struct conn *c, const uint8_t *p, size_t n)
{
    struct http_exchange *x = http_x(c);
    size_t span = n < x->left ? n : (size_t)x->left, took;

    x->left -= span;         /* a refusal counts what still comes by it */
    took = give(c, (struct str){(const char *)p, span});
    if (http_x(c) != x)
        return took;
    x->left += span - took;
    if (x->left == 0)
        finish_body(c);
    return took;
}

/* The first n bytes once more, of which all data was taken. */
static size_t
retake(struct http_chunk *chunk, const uint8_t *p, size_t n)
{
    struct str data;
    size_t used = 0;

    if (n > 0)
        (void)http_chunk_next(chunk, p, n, &data, &used);
    must(used == n);
    return n;
}

static size_t
take_chunked(struct conn *c, const uint8_t *p, size_t n)
{
    struct http_exchange *x = http_x(c);
    struct http_chunk before = x->chunk;
    struct str data;
    size_t used, took;

    switch (http_chunk_next(&x->chunk, p, n, &data, &used)) {
    case HTTP_CHUNK_MORE:
        return used;
    case HTTP_CHUNK_END:
        finish_body(c);
        return used;
    case HTTP_CHUNK_BAD:
        http_fail(c, 400, "bad_request", "That is not a chunked body");
        return n;
    case HTTP_CHUNK_DATA:
        break;
    }
    took = give(c, data);
    if (http_x(c) != x || took == data.n)
        return used;
    x->chunk = before;
    return retake(&x->chunk, p,
                  (size_t)((const uint8_t *)data.p - p) + took);
}

size_t
http_request_input(struct conn *c, const uint8_t *p, size_t n)
{
    struct http_exchange *x = http_x(c);

    if (!x->body_open || x->body_over) {
        conn_hold(c);
        return 0;
    }
    return x->r.chunked ? take_chunked(c, p, n) : take_fixed(c, p, n);
}

/* A window in which we did not take what came is nobody's fault. */
void
http_request_timer(struct conn *c)
{
    struct http_exchange *x = http_x(c);
    uint64_t least = (uint64_t)conn_config(c)->http_body_rate *
                     (HTTP_BODY_WINDOW_MS / 1000);

    if (!x->body_open)
        return;
    if (!x->excused && !conn_held(c) && x->window_bytes < least) {
        http_fail(c, 408, "too_slow", "That body comes too slowly");
        return;
    }
    x->window_bytes = 0;
    x->excused = false;
    conn_timer(c, HTTP_BODY_WINDOW_MS);
}

/* --- Answers ------------------------------------------------------------- */

static void
removed(struct conn *c, const struct event *e)
{
    const struct http_handler *handler = http_x(c)->handler;

    if (handler->removed != NULL)
        handler->removed(c, e);
}

/* What nobody asked has no number, and what an earlier request had asked and
 * not waited for has a lower one. */
void
http_request_answer(struct conn *c, const struct event *e,
                    struct subscription *sub)
{
    struct http_exchange *x = http_x(c);

    if (e->kind == EVENT_REMOVED) {
        removed(c, e);
        return;
    }
    if (e->request < x->first)
        return;
    if (e->command == COMMAND_ENTER)
        entered(c, e);
    else if (x->handler->answer != NULL)
        x->handler->answer(c, e, sub);
}
