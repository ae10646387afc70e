/* SPDX-License-Identifier: MIT
 *
 * Messages. A room's seqs are dense and rise with its time stamps; a room's
 * row is written together with its first message. The event goes before the
 * acknowledgement, and both are durable: nobody is told before the commit. The
 * acknowledgement carries its target in case it has to become a refusal. */
#include "hub/message.h"
#include "base/utf8.h"
#include "hub/batch.h"
#include "hub/grant.h"
#include "hub/member.h"
#include "hub/room.h"
#include "hub/session.h"
#include "hub/slow.h"

#include <errno.h>

/* ---- storing ---- */

enum deny
message_say(struct call *x, struct room *r, struct message *m)
{
    struct hub *h = x->hub;
    struct room_called called = room_called_about(r, m->sender);
    enum deny d = batch_write(h, r);
    int64_t now_ms = x->command->now_ms;
    int rc;

    if (d != DENY_NONE)
        return d;
    m->room = r->id;
    m->seq = r->last_seq + 1;
    m->time_ms = now_ms > r->last_ms ? now_ms : r->last_ms;
    rc = room_store(h, r);
    if (rc == 0)
        rc = store_put_message(h->store, m);
    if (rc == 0 && m->kind == MESSAGE_TOPIC)
        rc = store_set_topic(h->store, r->id, m->body);
    if (rc < 0)
        return batch_failed(h, rc);
    r->last_seq = m->seq;
    r->last_ms = m->time_ms;
    h->batch.messages++;
    tell_room_durable(h, r, event_of_message(m, str_of(called.text)), NULL);
    return DENY_NONE;
}

static struct message
message_of_caller(const struct call *x, enum message_kind kind)
{
    const struct command *c = x->command;

    return (struct message){
        .sender_id = x->session->sender_id,
        .sender = session_name(x->hub, x->session),
        .kind = kind,
        .cid = kind == MESSAGE_TOPIC ? (struct client_id){{0}} : c->cid,
        .body = c->text,
    };
}

/* ---- posting again ---- */

static bool
in_this_batch(const struct hub *h, const struct message *m)
{
    const struct room *r = map_get_u64(&h->rooms, m->room);

    return r != NULL && m->seq > room_committed_seq(r);
}

void
message_tell_posted(struct call *x, const struct message *m, bool duplicate)
{
    struct event *e = event_new(ANSWER_POSTED, nothing, x->command->target,
                                nothing, nothing);

    e->room = m->room;
    e->seq = m->seq;
    e->time_ms = m->time_ms;
    e->cid = m->cid;
    e->duplicate = duplicate;
    if (in_this_batch(x->hub, m))
        tell_caller_durable(x, e);
    else
        tell_caller(x, e);
}

/* Was the client's id used before? If so the command is decided, with *ret:
 * what was posted once was posted, even if its room cannot be found any more
 * (r is NULL then) because the other one has left. */
static bool
was_posted(struct call *x, const struct room *r, enum deny *ret)
{
    const struct command *c = x->command;
    struct hub *h = x->hub;
    struct message first;
    int rc;

    if (!client_id_given(&c->cid))
        return false;
    rc = store_find_post(h->store, x->session->sender_id, &c->cid, &first);
    if (rc == -ENOENT)
        return false;
    if (rc < 0) {
        *ret = batch_failed(h, rc);
    } else if ((r != NULL && r->id != first.room)
               || first.kind != c->message_kind
               || !str_eq(first.body, c->text)) {
        *ret = DENY_CLIENT_ID_CONFLICT;
    } else {
        message_tell_posted(x, &first, true);
        metrics_add(h->shard, METRIC_duplicates_total, 1);
        *ret = DENY_NONE;
    }
    return true;
}

/* ---- POST ---- */

static bool
is_blank(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (strchr(" \t\n", s.p[i]) == NULL || s.p[i] == '\0')
            return false;
    }
    return true;
}

static enum deny
check_text(const struct call *x)
{
    const struct command *c = x->command;

    if (c->message_kind != MESSAGE_TEXT && c->message_kind != MESSAGE_ACTION)
        return DENY_BAD_REQUEST;
    if (is_blank(c->text))
        return DENY_EMPTY_MESSAGE;
    if (c->text.n > x->hub->options.message_bytes)
        return DENY_MESSAGE_TOO_LONG;
    if (!utf8_is_clean(c->text, UTF8_KEEP_LF))
        return DENY_BAD_REQUEST;
    return DENY_NONE;
}

static enum deny
post_in(struct call *x, struct room *r)
{
    struct message m = message_of_caller(x, x->command->message_kind);
    enum deny d = grant_check(x, ACTION_POST, r);

    if (d == DENY_NONE)
        d = slow_check(x, r);
    if (d == DENY_NONE)
        d = member_include_peers(x, r);
    if (d == DENY_NONE)
        d = message_say(x, r, &m);
    if (d == DENY_NONE && x->made == r)
        d = grant_joined(x, r, true);
    if (d != DENY_NONE)
        return d;
    slow_note(x, r);
    message_tell_posted(x, &m, false);
    return DENY_NONE;
}

/* Who speaks into a channel need not be in it: a script that says one line
 * should not make the room say that it has come and gone. */
enum deny
message_post(struct call *x)
{
    struct room *r = NULL;
    enum deny found, d = check_text(x);

    if (d != DENY_NONE)
        return d;
    found = room_open(x, &r);
    if (!was_posted(x, r, &d))
        d = found == DENY_NONE ? post_in(x, r) : found;
    if (r != NULL)
        room_settle(x->hub, r);
    return d;
}

/* ---- TOPIC ---- */

/* Who belongs to it need not be in it; a visitor never is. */
static enum deny
topic_room(struct call *x, struct room **ret)
{
    const struct member *m;
    struct room *r;
    enum deny d = room_find(x, &r);

    if (d == DENY_NONE)
        d = grant_check(x, ACTION_TOPIC, r);
    if (d != DENY_NONE)
        return d;
    m = member_find(r, x->session);
    if ((m == NULL || !m->heard) && !x->session->visits
        && !grant_belongs(r, x->session))
        return DENY_NOT_IN_ROOM;
    *ret = r;
    return DENY_NONE;
}

enum deny
message_topic(struct call *x)
{
    const struct command *c = x->command;
    struct room *r;
    struct message m = message_of_caller(x, MESSAGE_TOPIC);
    enum deny d;

    if (c->text.n > LIMIT_TOPIC_BYTES)
        return DENY_MESSAGE_TOO_LONG;
    if (!utf8_is_clean(c->text, UTF8_ONE_LINE))
        return DENY_BAD_REQUEST;
    d = topic_room(x, &r);
    if (d == DENY_NONE)
        d = message_say(x, r, &m);
    if (d != DENY_NONE)
        return d;
    batch_set_topic(r, c->text);
    tell_caller_durable(x, event_new(ANSWER_DONE, nothing, c->target, nothing,
                                     nothing));
    return DENY_NONE;
}
