/* SPDX-License-Identifier: MIT
 *
 * A commit per cursor would make reading as dear as writing, so they are
 * gathered: one per account and room, however often it moves. */
#include "hub/reading.h"
#include "hub/batch.h"
#include "hub/grant.h"

#include <stdlib.h>

#define READING_MS 5000

struct reading {
    struct list link;             /* hub.readings, oldest first */
    struct {
        uint64_t room, sender_id;
    } key;
    uint64_t seq;
};

static struct str
key_of(const struct reading *d)
{
    return (struct str){(const char *)&d->key, sizeof d->key};
}

static void
drop(struct hub *h, struct reading *d)
{
    map_del_str(&h->reading_keys, key_of(d));
    list_remove(&d->link);
    free(d);
}

/* ---- writing ---- */

static void
write_one(struct hub *h, const struct reading *d)
{
    int rc;

    if (batch_begin(h) != DENY_NONE)
        return;
    rc = store_set_read(h->store, d->key.room, d->key.sender_id, d->seq);
    if (rc < 0)
        batch_failed(h, rc);
}

void
reading_flush(struct hub *h)
{
    list_each(it, next, &h->readings) {
        struct reading *d = list_entry(it, struct reading, link);

        write_one(h, d);
        drop(h, d);
    }
    h->readings_due_ms = INT64_MAX;
}

int64_t
reading_tick(struct hub *h, int64_t now_ms)
{
    if (now_ms >= h->readings_due_ms)
        reading_flush(h);
    return h->readings_due_ms;
}

void
reading_free_all(struct hub *h)
{
    list_each(it, next, &h->readings)
        drop(h, list_entry(it, struct reading, link));
    map_done(&h->reading_keys);
}

/* ---- noting ---- */

static struct reading *
get(struct hub *h, uint64_t room, uint64_t sender_id, int64_t now_ms)
{
    struct reading like = {.key = {room, sender_id}}, *d;

    d = map_get_str(&h->reading_keys, key_of(&like));
    if (d != NULL)
        return d;
    d = must_alloc(sizeof *d);
    d->key = like.key;
    list_push(&h->readings, &d->link);
    map_put_str(&h->reading_keys, key_of(d), d);
    if (h->readings_due_ms == INT64_MAX)
        h->readings_due_ms = now_ms + READING_MS;
    return d;
}

void
reading_note(struct hub *h, struct room *r, uint64_t sender_id, uint64_t seq,
             int64_t now_ms)
{
    struct reading *d;

    if (!sender_is_account(sender_id) || seq == 0
        || (r->access.kind == ROOM_CHANNEL
            && !grant_note_read(r, sender_id, seq)))
        return;
    d = get(h, r->id, sender_id, now_ms);
    if (seq > d->seq)
        d->seq = seq;
    if (h->stopping)
        reading_flush(h);
}

static bool
shows(const struct member *m)
{
    return m->heard && m->delivered == 0 && m->read == 0;
}

void
reading_left(struct hub *h, const struct member *m, int64_t now_ms)
{
    if (m->room->access.kind == ROOM_DIRECT && shows(m))
        reading_note(h, m->room, m->session->sender_id,
                     room_committed_seq(m->room), now_ms);
}

bool
reading_is_shown(const struct room *r, uint64_t sender_id)
{
    list_each(it, next, &r->members) {
        const struct member *m = list_entry(it, struct member, in_room);

        if (m->session->sender_id == sender_id && shows(m))
            return true;
    }
    return false;
}
