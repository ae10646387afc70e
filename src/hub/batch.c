/* SPDX-License-Identifier: MIT
 *
 * Batches. Parcels that tell of something stored are marked durable. When the
 * commit fails they vanish, the answers among them turn into refusals in their
 * places, and every room that was touched goes back to what it was; the rest
 * of the batch (who joined, who types) stays true and stays. What would change
 * too much in memory to be taken back (who somebody is) waits for the commit.
 *
 *   closed --first write--> open --hub_commit()--> closed
 *                             `--a statement fails--> failed --^          */
#include "hub/batch.h"
#include "hub/account.h"
#include "hub/grant.h"
#include "hub/keep.h"
#include "hub/member.h"
#include "hub/query.h"
#include "hub/room.h"
#include "hub/secret.h"
#include "hub/slow.h"
#include "hub/transfer.h"

#include <errno.h>
#include <stdlib.h>

static enum deny
deny_of(int rc)
{
    return rc == -ENOSPC ? DENY_STORAGE_FULL : DENY_STORAGE_BROKEN;
}

enum deny
batch_failed(struct hub *h, int rc)
{
    must(rc < 0);
    if (h->batch.error == 0)
        h->batch.error = rc == -ENOSPC ? -ENOSPC : -EIO;
    if (h->batch.error == -EIO)
        h->broken = true;
    return deny_of(h->batch.error);
}

static void
touch(struct hub *h, struct room *r)
{
    struct undo *u;

    if (r->undo != NULL)
        return;
    u = must_alloc(sizeof *u);
    u->room = r;
    u->last_seq = r->last_seq;
    u->last_ms = r->last_ms;
    u->stored = r->stored;
    u->settings = r->settings;
    list_push(&h->batch.touched, &u->link);
    r->undo = u;
}

enum deny
batch_begin(struct hub *h)
{
    if (h->batch.error != 0)
        return deny_of(h->batch.error);
    if (h->broken)
        return DENY_STORAGE_BROKEN;
    if (!h->batch.open) {
        int rc = store_begin(h->store);

        if (rc < 0)
            return batch_failed(h, rc);
        h->batch.open = true;
    }
    return DENY_NONE;
}

enum deny
batch_write(struct hub *h, struct room *r)
{
    enum deny d = batch_begin(h);

    if (d == DENY_NONE)
        touch(h, r);
    return d;
}

/* What was there first is kept. */
static void
set_text(char **text, char **first, struct str to)
{
    char *old = *text;

    *text = text_copy(to);
    if (*first == NULL)
        *first = old;
    else
        free(old);
}

static void
restore_text(char **text, char **first)
{
    if (*first == NULL)
        return;
    free(*text);
    *text = *first;
    *first = NULL;
}

void
batch_set_topic(struct room *r, struct str topic)
{
    set_text(&r->topic, &r->undo->topic, topic);
}

static void
apply_settings(struct room *r, const struct room_settings *s)
{
    r->settings = *s;
    r->settings.description = nothing;
    r->access.privacy = s->privacy;
}

void
batch_set_room(struct hub *h, struct room *r, const struct room_row *row)
{
    struct undo *u = r->undo;

    if (!str_eq(row->settings.description, str_of(r->description)))
        set_text(&r->description, &u->description, row->settings.description);
    if (!str_eq(row->key, str_of(r->key))) {
        map_del_str(&h->room_keys, str_of(r->key));
        set_text(&r->key, &u->key, row->key);
        map_put_str(&h->room_keys, str_of(r->key), r);
    }
    if (!str_eq(row->name, str_of(r->name)))
        set_text(&r->name, &u->name, row->name);
    apply_settings(r, &row->settings);
}

bool
batch_holds_key(const struct hub *h, struct str key)
{
    list_each(it, next, &h->batch.touched) {
        const struct undo *u = list_entry(it, struct undo, link);

        if (u->key != NULL && str_eq(str_of(u->key), key))
            return true;
    }
    return false;
}

uint64_t
room_committed_seq(const struct room *r)
{
    return r->undo ? r->undo->last_seq : r->last_seq;
}

const char *
room_committed_topic(const struct room *r)
{
    return r->undo && r->undo->topic ? r->undo->topic : r->topic;
}

/* ---- what follows the commit ---- */

struct deed {
    struct list link;             /* batch.deeds */
    struct command *command;      /* owned */
    batch_then_fn *then;
    struct account account;
    uint64_t number;
};

void
batch_then(struct call *x, batch_then_fn *then, const struct account *a,
           uint64_t number)
{
    struct deed *d = must_alloc(sizeof *d);

    must(x->hub->batch.open && !x->later);
    d->command = command_copy(x->command);
    d->then = then;
    if (a != NULL)
        d->account = *a;
    d->number = number;
    list_push(&x->hub->batch.deeds, &d->link);
    x->later = true;
}

static void
deed_free(struct deed *d)
{
    list_remove(&d->link);
    command_free(&d->command);
    free(d);
}

static void
follow(struct hub *h, const struct deed *d, enum deny failed)
{
    const struct command *c = d->command;
    struct call x = {.hub = h, .command = c};
    enum deny deny = failed;

    x.session = map_get_u64(&h->sessions, c->session);
    if (failed == DENY_NONE)
        deny = d->then(&x, &d->account, d->number);
    if (deny != DENY_NONE)
        tell_refused(&x, deny);
    if (secret_is_back(&x))
        secret_done(h, c->session);
}

static void
follow_all(struct hub *h, enum deny failed)
{
    list_each(it, next, &h->batch.deeds) {
        struct deed *d = list_entry(it, struct deed, link);

        follow(h, d, failed);
        deed_free(d);
    }
    must(!h->batch.open);
}

/* ---- the end of a batch ---- */

/* Its people were never told of it. */
static void
take_back_group(struct hub *h, struct room *r)
{
    while (!list_empty(&r->members))
        member_evict(h, list_entry(r->members.next, struct member, in_room));
}

static void
take_back(struct hub *h, struct undo *u)
{
    struct room *r = u->room;

    r->last_seq = u->last_seq;
    r->last_ms = u->last_ms;
    r->stored = u->stored;
    restore_text(&r->topic, &u->topic);
    restore_text(&r->description, &u->description);
    restore_text(&r->name, &u->name);
    if (u->key != NULL) {
        map_del_str(&h->room_keys, str_of(r->key));
        restore_text(&r->key, &u->key);
        map_put_str(&h->room_keys, str_of(r->key), r);
    }
    apply_settings(r, &u->settings);
    grant_lower_floors(r);
    slow_take_back(h, r);
    if (u->made_group)
        take_back_group(h, r);
}

static void
forget(struct undo *u)
{
    u->room->undo = NULL;
    list_remove(&u->link);
    free(u->topic);
    free(u->name);
    free(u->key);
    free(u->description);
    free(u);
}

static struct event *
refusal_of(const struct event *answer, enum deny why)
{
    struct str name = answer->name.n > 0 ? answer->name : answer->room_name;
    struct event *e = event_new(ANSWER_DENIED, nothing, name, nothing,
                                nothing);

    e->deny = why;
    e->request = answer->request;
    e->command = answer->command;
    return e;
}

/* A subscription that counted on what was not kept. */
static void
correct_subscription(const struct hub *h, struct parcel *p)
{
    const struct room *r = map_get_u64(&h->rooms, p->event->room);
    const struct session *s = map_get_u64(&h->sessions, p->session);
    struct event *old = p->event;
    struct room_called called = {""};

    if (r == NULL)
        return;
    p->access = r->access;
    if (s != NULL)
        p->grant = grant_of(h, r, s, h->batch.now_ms);
    if (s != NULL || r->access.kind == ROOM_CHANNEL)
        called = room_called(h, r, s);
    p->event = event_new(EVENT_SUBSCRIBED, str_of(called.text), nothing,
                         str_of(r->topic), nothing);
    p->event->room = old->room;
    p->event->room_kind = old->room_kind;
    p->event->count = old->count;
    p->event->seq = r->last_seq;
    p->event->request = old->request;
    p->event->command = old->command;
    p->last_seq = r->last_seq;
    if (p->cursor > r->last_seq)
        p->cursor = r->last_seq;
    event_unref(&old);
}

/* What becomes of a parcel whose batch was not kept; NULL: nothing. */
static struct parcel *
correct(struct hub *h, struct parcel *p, enum deny why)
{
    struct event *answer = p->event;

    if (!p->durable) {
        if (p->event != NULL && p->event->kind == EVENT_SUBSCRIBED)
            correct_subscription(h, p);
        return p;
    }
    if (p->kind != PARCEL_SESSION || p->event->kind < ANSWER_WELCOME) {
        parcel_free(&p);
        return NULL;
    }
    p->event = refusal_of(answer, why);
    event_unref(&answer);
    metrics_add(h->shard, METRIC_denied_total, 1);
    return p;
}

static void
correct_all(struct hub *h, struct parcel_list *l, enum deny why)
{
    struct parcel_list kept = {NULL, NULL};
    struct parcel *p;

    while ((p = parcel_list_pop(l)) != NULL) {
        p = correct(h, p, why);
        if (p != NULL)
            parcel_list_push(&kept, p);
    }
    *l = kept;
}

static void
abandon(struct hub *h)
{
    if (h->batch.open)
        store_rollback(h->store);
    list_each(it, next, &h->batch.touched)
        take_back(h, list_entry(it, struct undo, link));
    grant_take_back(h);
    keep_failed(h);
    list_each(it, next, &h->batch.transfers)
        transfer_take_back(list_entry(it, struct transfer, touched));
    batch_drop_moves(h);
    for (unsigned w = 0; w < h->options.workers; w++)
        correct_all(h, &h->out[w], deny_of(h->batch.error));
    query_decide_again(h);
    list_each(it, next, &h->batch.touched)
        grant_recheck(h, list_entry(it, struct undo, link)->room,
                      deny_of(h->batch.error), h->batch.now_ms);
    metrics_add(h->shard, METRIC_storage_errors_total, 1);
}

static void
close_batch(struct hub *h)
{
    list_each(it, next, &h->batch.touched) {
        struct undo *u = list_entry(it, struct undo, link);
        struct room *r = u->room;

        forget(u);
        room_settle(h, r);
    }
    grant_settle(h);
    list_each(it, next, &h->batch.transfers)
        transfer_settle(h, list_entry(it, struct transfer, touched));
    h->batch.open = false;
    h->batch.number++;
    h->batch.error = 0;
    h->batch.messages = h->batch.files = h->batch.file_bytes = 0;
}

static void
count(const struct hub *h)
{
    metrics_add(h->shard, METRIC_commits_total, 1);
    metrics_add(h->shard, METRIC_messages_total, h->batch.messages);
    metrics_add(h->shard, METRIC_files_total, h->batch.files);
    metrics_add(h->shard, METRIC_file_bytes_total, h->batch.file_bytes);
}

bool
hub_has_written(const struct hub *h)
{
    return h->batch.open;
}

int
hub_commit(struct hub *h)
{
    int rc = h->batch.error;

    if (rc == 0 && h->batch.open) {
        rc = store_commit(h->store);
        if (rc < 0)
            batch_failed(h, rc);
    }
    rc = h->batch.error;
    if (rc < 0) {
        abandon(h);
    } else if (h->batch.open) {
        count(h);
    }
    close_batch(h);
    account_doom_over(h);
    follow_all(h, rc < 0 ? deny_of(rc) : DENY_NONE);
    return rc;
}

void
batch_drop_moves(struct hub *h)
{
    struct move_job *job = hub_take_moves(h);

    while (job != NULL) {
        struct move_job *next = job->next;

        move_job_free(&job);
        job = next;
    }
}

void
batch_drop(struct hub *h)
{
    if (h->batch.open)
        store_rollback(h->store);
    list_each(it, next, &h->batch.touched)
        forget(list_entry(it, struct undo, link));
    list_each(it, next, &h->batch.deeds)
        deed_free(list_entry(it, struct deed, link));
}
