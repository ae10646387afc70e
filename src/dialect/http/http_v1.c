/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_v1.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/utf8.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_time_wire.h"
#include "dialect/http/http_v1_body.h"

#include <sodium.h>
#include <stdlib.h>

#define DONE_BYTES 256               /* every step's name, quoted */

static const struct http_v1_verb *
verb_of(struct conn *c)
{
    return (const struct http_v1_verb *)http_x(c)->handler;
}

/* --- The request --------------------------------------------------------- */

size_t
http_v1_longest(struct conn *c)
{
    (void)c;
    return HTTP_V1_BODY_BYTES;
}

void
http_v1_release(struct conn *c, void *own)
{
    struct http_v1 *v = own;

    (void)c;
    http_v1_body_free(&v->body);
    buf_done(&v->done);
    sodium_memzero(v, sizeof *v);
    free(v);
}

bool
http_v1_is_json(const struct http_request *r)
{
    static const char json[] = "application/json";
    struct str type = http_header(r, "Content-Type");
    size_t n = sizeof json - 1;

    return str_starts_nocase(type, json) &&
           (type.n == n || type.p[n] == ';' || type.p[n] == ' ');
}

static bool
read_body(struct conn *c, struct http_v1 *v)
{
    struct http_exchange *x = http_x(c);
    char why[HTTP_V1_WHY_BYTES];

    if (x->body.n > 0 && !http_v1_is_json(&x->r)) {
        http_fail(c, 415, "bad_type", "The body must be application/json");
        return false;
    }
    v->body = http_v1_body_read(buf_str(&x->body), verb_of(c)->members, why);
    if (v->body != NULL)
        return true;
    http_fail(c, 400, "bad_request", why);
    return false;
}

void
http_v1_begin(struct conn *c)
{
    struct http_exchange *x = http_x(c);
    struct http_v1 *v = must_alloc(sizeof *v);
    struct command *cmd;

    x->own = v;
    buf_init(&v->done, DONE_BYTES);
    if (!read_body(c, v))
        return;
    cmd = verb_of(c)->ask(c, v);
    if (cmd != NULL)
        http_ask(c, cmd);
}

/* --- The answer ---------------------------------------------------------- */

static void
tell_nothing(struct conn *c)
{
    struct http_out o;

    http_out_begin(&o, c, 204);
    http_out_field(&o, "Cache-Control", "no-store");
    http_out_empty(&o);
}

void
http_v1_answer(struct conn *c, const struct event *e,
               struct subscription *sub)
{
    const struct http_v1_verb *verb = verb_of(c);

    (void)sub;
    if (e->kind == ANSWER_DENIED) {
        http_deny_event(c, e);
        return;
    }
    if (verb->last)
        http_x(c)->keep = false;
    if (verb->tell != NULL)
        verb->tell(c, http_x(c)->own, e);
    else
        tell_nothing(c);
}

/* --- For ask() ----------------------------------------------------------- */

struct str
http_v1_text(const struct http_v1 *v, const char *name)
{
    const json_t *value = json_object_get(v->body, name);

    return (struct str){json_string_value(value), json_string_length(value)};
}

bool
http_v1_bool(const struct http_v1 *v, const char *name)
{
    return json_is_true(json_object_get(v->body, name));
}

bool
http_v1_until(struct conn *c, const struct http_v1 *v, const char *time,
              const char *span, int64_t *ret)
{
    struct str at = http_v1_text(v, time), after = http_v1_text(v, span);
    int64_t ms = 0;

    if (at.p != NULL && after.p != NULL) {
        http_fail(c, 400, "bad_request", "Either a time or how long");
        return false;
    }
    if (at.p != NULL)
        must(http_time_read(at, &ms));
    if (after.p != NULL) {
        must(duration_read(after, &ms));
        ms += clock_wall_ms();
    }
    *ret = ms;
    return true;
}

void
http_v1_words(const struct http_v1 *v, const char *name, struct buf *ret)
{
    json_t *list = json_object_get(v->body, name), *inner;
    size_t i;

    json_array_foreach(list, i, inner)
        http_putf(ret, "%s%s", i > 0 ? " " : "", json_string_value(inner));
}

bool
http_v1_path_name(struct conn *c, struct str *ret)
{
    struct str name = buf_str(&http_x(c)->name);

    if (name.n > 0 && utf8_is_clean(name, UTF8_ONE_LINE)) {
        *ret = name;
        return true;
    }
    http_deny(c, DENY_BAD_NAME, (struct str){NULL, 0});
    return false;
}

struct command *
http_v1_room_command(struct conn *c, enum command_kind kind, struct str name,
                     struct str text)
{
    return command_new(kind, buf_str(&http_x(c)->room), name, text);
}

struct command *
http_v1_refuse(struct conn *c, const char *why)
{
    http_fail(c, 400, "bad_request", why);
    return NULL;
}

/* --- For tell() ---------------------------------------------------------- */

void
http_v1_send(struct conn *c, unsigned status, struct buf *b)
{
    struct http_out o;

    http_put(b, "\n");
    http_out_begin(&o, c, status);
    http_out_field(&o, "Cache-Control", "no-store");
    http_out_whole(&o, http_type_name(HTTP_TYPE_JSON), buf_str(b));
    http_wipe(b);
}

void
http_v1_put_time(struct json *j, const char *key, int64_t wall_ms)
{
    char time[HTTP_TIME_BYTES];

    if (wall_ms == 0)
        return;
    http_time(wall_ms, time);
    json_text(j, key, str_of(time));
}

void
http_v1_put_items(struct json *j, const char *key, const struct event *e,
                  void (*put)(struct buf *b, const struct event *item))
{
    json_key(j, key);
    http_put(j->out, "[");
    for (size_t i = 0; i < e->items_n; i++) {
        http_put(j->out, i > 0 ? "," : "");
        put(j->out, e->items[i]);
    }
    http_put(j->out, "]");
}

void
http_v1_send_items(struct conn *c, const char *key, const struct event *e,
                   void (*put)(struct buf *b, const struct event *item))
{
    struct buf b;
    struct json j;

    buf_init(&b, HTTP_BODY_MAX);
    json_open(&j, &b);
    if (e->room_name.n > 0)
        json_text(&j, "room", e->room_name);
    http_v1_put_items(&j, key, e, put);
    json_bool(&j, "more", e->more);
    must(json_close(&j) == 0);
    http_v1_send(c, 200, &b);
}
