/* SPDX-License-Identifier: MIT
 *
 * The edge and the fan-out as a dialect sees them, without a socket, a thread
 * or a clock. Input is offered from a block of exactly its size, so that a
 * sanitizer sees a read beyond it. Subscriptions are made and dropped as the
 * fan-out would, and its two look-ups are answered here: hub/fanout.c itself
 * is not linked beside this. */
#include "dialect/fake_conn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FAKE_SESSION = 7,
    FAKE_NOW_MS = 1,
    FAKE_SENT_MAX = 64 << 20,
    FAKE_REST_MAX = 4 << 20,
};

/* All that this side needs to know of a room. */
struct heard_room {
    uint64_t id;
    char name[LIMIT_ROOM_BYTES + 1];
};

struct conn *
fake_conn_new(const struct dialect *d, const struct dialect_config *config)
{
    struct conn *c = must_alloc(sizeof *c);

    c->dialect = d;
    c->config = *config;
    c->state = must_alloc(d->state_bytes ? d->state_bytes : 1);
    c->commands_end = &c->commands;
    c->jobs_end = &c->jobs;
    list_init(&c->waits);
    c->file_window = c->file_room = SIZE_MAX;
    c->receiver.session = FAKE_SESSION;
    c->receiver.skip_own = d->skip_own;
    list_init(&c->receiver.subs);
    buf_init(&c->sent, FAKE_SENT_MAX);
    buf_init(&c->rest, FAKE_REST_MAX);
    if (d->open)
        d->open(c);
    return c;
}

static void
subscription_free(struct subscription *sub)
{
    list_remove(&sub->link);
    free(sub->room);
    free(sub);
}

void
fake_conn_free(struct conn **c)
{
    if (!*c)
        return;
    (*c)->closing = true;
    if ((*c)->dialect->close)
        (*c)->dialect->close(*c);
    fake_conn_forget_files(*c);
    list_each(it, tmp, &(*c)->receiver.subs)
        subscription_free(list_entry(it, struct subscription, link));
    command_free_all((*c)->commands);
    buf_done(&(*c)->sent);
    buf_done(&(*c)->rest);
    free((*c)->state);
    free(*c);
    *c = NULL;
}

/* --- what a dialect asks of its connection --- */

void *
conn_state(struct conn *c)
{
    return c->state;
}

const struct dialect_config *
conn_config(const struct conn *c)
{
    return &c->config;
}

const char *
conn_address(const struct conn *c)
{
    (void)c;
    return "127.0.0.1:4711";
}

bool
conn_is_encrypted(const struct conn *c)
{
    (void)c;
    return false;
}

bool
conn_is_here(const struct conn *c)
{
    return !c->exposed;
}

bool
conn_is_secure(const struct conn *c)
{
    return !c->exposed;
}

struct receiver *
conn_receiver(struct conn *c)
{
    return &c->receiver;
}

void
conn_send_bytes(struct conn *c, const void *p, size_t n)
{
    must(buf_append(&c->sent, p, n) == 0);
}

void
conn_send(struct conn *c, struct slab *s)
{
    conn_send_bytes(c, s->p, s->n);
    slab_unref(&s);
}

void
conn_printf(struct conn *c, const char *fmt, ...)
{
    va_list ap;
    char *text;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    must(n >= 0);
    conn_send_bytes(c, text, (size_t)n);
    free(text);
}

void
conn_command(struct conn *c, struct command *cmd)
{
    if (c->closing) {
        command_free(&cmd);
        return;
    }
    must(!c->ended && !c->finished);
    cmd->session = c->receiver.session;
    cmd->now_ms = FAKE_NOW_MS;
    if (cmd->kind == COMMAND_ENTER)
        c->receiver.who.sender_id = cmd->sender_id;
    *c->commands_end = cmd;
    c->commands_end = &cmd->next;
}

bool
conn_held(const struct conn *c)
{
    return c->held || c->ended || c->finished;
}

void
conn_hold(struct conn *c)
{
    c->held = true;
}

void
conn_release(struct conn *c)
{
    c->held = false;
}

void
conn_spoke(struct conn *c)
{
    c->spoke = true;
}

void
conn_timer(struct conn *c, int64_t in_ms)
{
    must(in_ms >= 0);
    c->timer_ms = in_ms;
}

int64_t
conn_silent_ms(const struct conn *c)
{
    return c->held ? 0 : c->silent_ms;
}

void
conn_end(struct conn *c, const char *reason, bool clean)
{
    snprintf(c->reason, sizeof c->reason, "%s", reason);
    c->clean = clean;
    c->ended = true;
}

void
conn_finish(struct conn *c, const char *reason)
{
    snprintf(c->reason, sizeof c->reason, "%s", reason);
    c->finished = true;
}

/* --- what the edge does with a dialect --- */

typedef size_t fake_slot(struct conn *c, const uint8_t *p, size_t n);

/* Runs a slot on the rest and drops what it has consumed. */
static void
offer_to(struct conn *c, fake_slot *slot)
{
    size_t n = c->rest.n, used;
    uint8_t *p = malloc(n ? n : 1);

    must(p);
    if (n > 0)
        memcpy(p, c->rest.p, n);
    used = slot(c, p, n);
    free(p);
    must(used <= n);
    buf_consume(&c->rest, used);
}

static size_t
eof_slot(struct conn *c, const uint8_t *p, size_t n)
{
    if (c->dialect->eof)
        c->dialect->eof(c, p, n);
    else
        conn_finish(c, "closed");
    return n;
}

/* Everything that can be parsed now; the peer's end after the last byte. */
void
fake_conn_offer(struct conn *c)
{
    if (c->rest.n > 0 && !conn_held(c))
        offer_to(c, c->dialect->input);
    if (c->eof && !conn_held(c))
        offer_to(c, eof_slot);
}

void
fake_conn_input(struct conn *c, const void *p, size_t n)
{
    must(!c->eof);
    must(buf_append(&c->rest, p, n) == 0);
    fake_conn_offer(c);
}

void
fake_conn_run_timer(struct conn *c)
{
    must(c->timer_ms > 0);
    c->timer_ms = 0;
    offer_to(c, c->dialect->timer);
}

void
fake_conn_eof(struct conn *c)
{
    c->eof = true;
    fake_conn_offer(c);
}

struct command *
fake_conn_take(struct conn *c)
{
    struct command *cmd = c->commands;

    if (!cmd)
        return NULL;
    c->commands = cmd->next;
    if (!c->commands)
        c->commands_end = &c->commands;
    cmd->next = NULL;
    return cmd;
}

/* --- what the fan-out does --- */

uint64_t
subscription_room(const struct subscription *sub)
{
    return sub->room->id;
}

const char *
subscription_name(const struct subscription *sub)
{
    return sub->room->name;
}

struct subscription *
fanout_subscription(const struct receiver *r, uint64_t room)
{
    list_each(it, tmp, &r->subs) {
        struct subscription *sub = list_entry(it, struct subscription, link);

        if (subscription_room(sub) == room)
            return sub;
    }
    return NULL;
}

static struct subscription *
subscribe(struct conn *c, const struct event *e)
{
    struct subscription *sub = fanout_subscription(&c->receiver, e->room);

    if (sub)
        return sub;
    sub = must_alloc(sizeof *sub);
    sub->room = must_alloc(sizeof *sub->room);
    sub->room->id = e->room;
    if (e->room_kind == ROOM_CHANNEL)
        str_to_z(e->room_name, sub->room->name, sizeof sub->room->name);
    sub->receiver = &c->receiver;
    sub->cursor = e->seq;
    list_push(&c->receiver.subs, &sub->link);
    return sub;
}

static void
unsubscribe(struct conn *c, const struct event *e)
{
    struct subscription *sub = fanout_subscription(&c->receiver, e->room);

    if (sub)
        subscription_free(sub);
}

/* What wants_uploads brings: instead of the encoded event, or besides it. */
static bool
is_handed(const struct receiver *r, const struct event *e)
{
    return r->wants_uploads &&
           (e->kind == EVENT_UPLOADING || e->message_kind == MESSAGE_FILE);
}

/* A shared event: encoded if this receiver hears it. */
static void
hear(struct conn *c, const struct event *e)
{
    const struct receiver *r = &c->receiver;
    struct subscription *sub = NULL;
    struct slab *s;

    if (e->kind != EVENT_ANNOUNCEMENT) {
        sub = fanout_subscription(r, e->room);
        if (!sub)
            return;
        if (r->skip_own && e->kind == EVENT_MESSAGE &&
            e->sender_id == r->who.sender_id)
            return;
    }
    if (is_handed(r, e))
        c->dialect->answer(c, e, NULL);
    if (e->kind == EVENT_UPLOADING && r->wants_uploads)
        return;
    s = c->dialect->encode(&c->config,
                           r->encoding + (sub ? sub->encoding : 0u), e);
    if (s)
        conn_send(c, s);
    if (sub && e->kind == EVENT_SETTING && e->setting == SETTING_NAME)
        str_to_z(e->text, sub->room->name, sizeof sub->room->name);
}

static void
say_farewell(struct conn *c, const struct event *why)
{
    if (c->dialect->farewell)
        c->dialect->farewell(c, why);
    conn_end(c, "told to go", false);
}

static void
deliver(struct conn *c, const struct event *e)
{
    struct subscription *sub = NULL;

    if (e->kind <= EVENT_ANNOUNCEMENT) {
        hear(c, e);
        return;
    }
    if (e->kind == EVENT_STOPPING || e->kind == EVENT_CLOSED) {
        say_farewell(c, e);
        return;
    }
    if (e->kind == EVENT_SUBSCRIBED)
        sub = subscribe(c, e);
    if (e->kind == EVENT_UNSUBSCRIBED || e->kind == EVENT_REMOVED)
        unsubscribe(c, e);
    if (e->kind == ANSWER_WELCOME) {
        c->receiver.who.named = e->name.n > 0;
        c->receiver.entered = true;
    }
    c->dialect->answer(c, e, sub);
}

void
fake_conn_answer(struct conn *c, struct event *e)
{
    if (!c->ended)
        deliver(c, e);
    event_unref(&e);
    fake_conn_offer(c);
}
