/* SPDX-License-Identifier: MIT
 *
 * GET /r/ROOM?follow: what is said, as it is said. The connection becomes a
 * receiver like any other: encoded once, fed from the log when it lags, ended
 * only by its peer or with the server. Where to begin is `after` or, since a
 * browser comes back with what it had last, Last-Event-ID. */
#include "dialect/http/http_events.h"
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_query.h"
#include "dialect/http/http_request.h"

static void
begin(struct conn *c)
{
    struct str none = {NULL, 0};
    struct http_number after;
    struct command *cmd;

    if (!http_field_number(c, "Last-Event-ID", &after))
        return;
    if (!after.given && !http_query_number(c, "after", &after))
        return;
    if (http_x(c)->r.method == HTTP_HEAD) {
        struct http_out o;

        http_out_begin(&o, c, 200);
        http_out_field(&o, "Cache-Control", "no-store");
        http_out_whole(&o, http_type_name(http_x(c)->type), none);
        return;
    }
    cmd = command_new(COMMAND_JOIN, buf_str(&http_x(c)->room), none, none);
    cmd->visit = true;
    cmd->resume = after.given;
    cmd->after = after.value;
    http_ask(c, cmd);
}

/* Announcements are for everyone: they come in the receiver's encoding, so
 * that is what is set, and not the subscription's. The peer's end is noticed
 * since its input is read again. */
static void
follow(struct conn *c, uint64_t room)
{
    struct http *s = conn_state(c);
    struct http_exchange *x = s->x;
    struct http_out o;

    s->encoding = http_encoding_of(x->type, x->r.version_minor > 0);
    x->keep = x->body_over;
    http_out_begin(&o, c, 200);
    http_out_field(&o, "Cache-Control", "no-store");
    http_out_field(&o, "X-Accel-Buffering", "no");
    http_out_stream(&o, http_type_name(x->type), UINT64_MAX);
    http_request_drop(c);
    s->stage = STAGE_FOLLOW;
    s->room = room;
    conn_receiver(c)->encoding += s->encoding;
    conn_timer(c, HTTP_HEARTBEAT_MS);
    conn_release(c);
}

static void
answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    if (e->kind == ANSWER_DENIED) {
        http_deny_event(c, e);
        return;
    }
    must(e->kind == EVENT_SUBSCRIBED && sub != NULL);
    follow(c, e->room);
}

const struct http_handler http_follow_handler = {
    .need = NEED_READER,
    .begin = begin,
    .answer = answer,
};
