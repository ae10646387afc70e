/* SPDX-License-Identifier: MIT
 *
 * Transfers: what is arriving, in memory and in the store, and what time and
 * the ends of sessions do to it. What is asked about them is in
 * transfer_ask.c. */
#include "hub/transfer.h"
#include "hub/batch.h"
#include "hub/transfer_impl.h"

#include <errno.h>
#include <stdlib.h>

/* After the disk refused what time demands. */
#define RETRY_MS 60000

static struct str
key_of(const struct file_id *id)
{
    return (struct str){(const char *)id->b, sizeof id->b};
}

struct transfer *
transfer_find(const struct hub *h, const struct file_id *id)
{
    struct transfer *t = map_get_str(&h->transfers, key_of(id));

    return t != NULL && !t->gone ? t : NULL;
}

bool
transfer_id_is_used(const struct hub *h, const struct file_id *id)
{
    return map_get_str(&h->transfers, key_of(id)) != NULL;
}

/* ---- life ---- */

struct transfer *
transfer_new(const struct file_row *row, uint64_t session)
{
    struct transfer *t = must_alloc(sizeof(*t) + row->owner.n + row->name.n);
    char *at = t->data;

    t->row = *row;
    t->row.owner = str_pack(&at, row->owner);
    t->row.name = str_pack(&at, row->name);
    t->session = session;
    list_init(&t->link);
    list_init(&t->fleeting);
    list_init(&t->touched);
    return t;
}

static bool
is_live(const struct hub *h, const struct transfer *t)
{
    return map_get_u64(&h->sessions, t->session) != NULL;
}

/* When time wants something of it. While its session lives it is kept alive:
 * its time begins to run when the connection is cut. */
static int64_t
due_ms(const struct hub *h, const struct transfer *t)
{
    int64_t due = 0;

    if (is_live(h, t))
        due = t->row.expires_ms - h->options.file_expires_ms / 2;
    else if (t->row.facts.resumable || t->complete)
        due = t->row.expires_ms;
    return due > t->not_before_ms ? due : t->not_before_ms;
}

static void
note_due(struct hub *h, const struct transfer *t)
{
    int64_t due = due_ms(h, t);

    if (due < h->transfers_due_ms)
        h->transfers_due_ms = due;
}

void
transfer_list(struct hub *h, struct transfer *t)
{
    list_push(&h->arriving, &t->link);
    if (!t->row.facts.resumable)
        list_push(&h->fleeting, &t->fleeting);
    map_put_str(&h->transfers, key_of(&t->row.facts.id), t);
    metrics_add(h->shard, METRIC_uploads, 1);
    note_due(h, t);
}

static void
transfer_free(struct hub *h, struct transfer *t)
{
    map_del_str(&h->transfers, key_of(&t->row.facts.id));
    list_remove(&t->link);
    list_remove(&t->fleeting);
    list_remove(&t->touched);
    free(t);
    metrics_add(h->shard, METRIC_uploads, -1);
}

static void
load(void *arg, const struct file_row *row)
{
    transfer_list(arg, transfer_new(row, 0));
}

int
transfer_load_all(struct hub *h)
{
    return store_each_arriving(h->store, load, h);
}

void
transfer_free_all(struct hub *h)
{
    list_each(it, next, &h->arriving)
        transfer_free(h, list_entry(it, struct transfer, link));
}

/* ---- batches ---- */

void
transfer_touch(struct hub *h, struct transfer *t)
{
    if (!list_empty(&t->touched))
        return;
    t->before.reserved = t->row.reserved;
    t->before.session = t->session;
    t->before.expires_ms = t->row.expires_ms;
    list_push(&h->batch.transfers, &t->touched);
}

void
transfer_take_back(struct transfer *t)
{
    t->row.reserved = t->before.reserved;
    t->session = t->before.session;
    t->row.expires_ms = t->before.expires_ms;
    t->gone = t->fresh;
}

void
transfer_settle(struct hub *h, struct transfer *t)
{
    list_remove(&t->touched);
    t->fresh = false;
    if (t->gone)
        transfer_free(h, t);
    else
        note_due(h, t);
}

enum deny
transfer_save(struct hub *h, const struct file_row *row)
{
    int rc = store_set_file(h->store, row);

    return rc < 0 ? batch_failed(h, rc) : DENY_NONE;
}

enum deny
transfer_keep_alive(struct hub *h, struct transfer *t, int64_t now_ms)
{
    enum deny d = batch_begin(h);

    if (d != DENY_NONE)
        return d;
    transfer_touch(h, t);
    t->row.expires_ms = now_ms + h->options.file_expires_ms;
    return transfer_save(h, &t->row);
}

void
transfer_remove_body(struct hub *h, const struct file_id *id)
{
    struct move_job *job = move_job_new(MOVE_REMOVE, NULL);

    job->id = *id;
    *h->moves_end = job;
    h->moves_end = &job->next;
}

enum deny
transfer_end(struct hub *h, struct transfer *t)
{
    enum deny d = batch_begin(h);
    int rc;

    if (d != DENY_NONE)
        return d;
    transfer_touch(h, t);
    rc = store_drop_file(h->store, &t->row.facts.id);
    if (rc < 0)
        return batch_failed(h, rc);
    t->gone = true;
    transfer_remove_body(h, &t->row.facts.id);
    return DENY_NONE;
}

/* ---- sessions and time ---- */

/* What cannot be dropped now is tried again by the tick. */
void
transfer_leave(struct hub *h, uint64_t session, int64_t now_ms)
{
    list_each(it, next, &h->fleeting) {
        struct transfer *t = list_entry(it, struct transfer, fleeting);

        if (t->session != session || t->gone)
            continue;
        t->not_before_ms = now_ms + RETRY_MS;
        (void)transfer_end(h, t);
        note_due(h, t);
    }
}

static void
on_time(struct hub *h, struct transfer *t, int64_t now_ms)
{
    enum deny d;

    if (is_live(h, t))
        d = transfer_keep_alive(h, t, now_ms);
    else
        d = transfer_end(h, t);
    t->not_before_ms = d == DENY_NONE && !t->gone ? 0 : now_ms + RETRY_MS;
}

/* Walks them only when one is due; that one may have been put off since. */
int64_t
transfer_tick(struct hub *h, int64_t now_ms)
{
    if (h->broken || list_empty(&h->arriving))
        return INT64_MAX;
    if (now_ms < h->transfers_due_ms)
        return h->transfers_due_ms;
    h->transfers_due_ms = INT64_MAX;
    list_each(it, next, &h->arriving) {
        struct transfer *t = list_entry(it, struct transfer, link);

        if (!t->gone && due_ms(h, t) <= now_ms)
            on_time(h, t, now_ms);
        if (!t->gone)
            note_due(h, t);
    }
    return h->transfers_due_ms;
}

/* ---- the start ---- */

/* Its bytes are all there: renamed already, or as many as it has. */
static bool
is_complete(const struct transfer *t, bool whole, uint64_t bytes)
{
    return whole || bytes == t->row.facts.size;
}

bool
hub_keeps_file(struct hub *h, const struct file_id *id, bool whole,
               uint64_t bytes)
{
    struct transfer *t = transfer_find(h, id);
    struct file_row row;
    int rc;

    if (t != NULL) {
        t->complete = is_complete(t, whole, bytes);
        return true;
    }
    rc = store_find_file(h->store, id, &row);
    if (rc == -ENOENT)
        return false;
    /* Better a file too many than one lost. */
    return rc < 0 || whole;
}

void
hub_unfinished(const struct hub *h, hub_unfinished_fn *fn, void *arg)
{
    list_each(it, next, &h->arriving) {
        const struct transfer *t = list_entry(it, struct transfer, link);

        if (t->complete)
            fn(arg, &t->row.facts.id, t->row.facts.size);
    }
}
