/* SPDX-License-Identifier: MIT
 *
 * Events: one allocation with its strings, and a list of items for those that
 * are pages. Only the count of references is shared between threads; the rest
 * does not change once an event has been posted. */
#include "hub/event.h"
#include "base/must.h"
#include "blob/blob.h"

#include <stdlib.h>

/* With `front` bytes before its strings. */
static struct event *
make(enum event_kind kind, const struct str strings[4], size_t front)
{
    size_t bytes = front;
    struct event *e;
    char *at;

    for (int i = 0; i < 4; i++)
        bytes += strings[i].n;
    e = must_alloc(sizeof(*e) + bytes);
    at = e->data + front;
    atomic_init(&e->refs, 1);
    e->kind = kind;
    e->room_name = str_pack(&at, strings[0]);
    e->name = str_pack(&at, strings[1]);
    e->text = str_pack(&at, strings[2]);
    e->extra = str_pack(&at, strings[3]);
    return e;
}

struct event *
event_new(enum event_kind kind, struct str room_name, struct str name,
          struct str text, struct str extra)
{
    return make(kind, (struct str[4]){room_name, name, text, extra}, 0);
}

/* The facts come first, so that they are aligned. */
struct event *
event_new_file(enum event_kind kind, struct str room_name, struct str name,
               struct str text, const struct file_facts *file)
{
    struct event *e = make(kind, (struct str[4]){room_name, name, text},
                           sizeof *file);

    e->file = (void *)e->data;
    *e->file = *file;
    return e;
}

static enum room_kind
kind_of_name(struct str room_name)
{
    return room_name.n > 0 && room_name.p[0] == '@' ? ROOM_DIRECT
                                                    : ROOM_CHANNEL;
}

struct event *
event_of_message(const struct message *m, struct str room_name)
{
    struct event *e = event_new(EVENT_MESSAGE, room_name, m->sender, m->body,
                                (struct str){0});

    e->room = m->room;
    e->room_kind = kind_of_name(room_name);
    e->seq = m->seq;
    e->time_ms = m->time_ms;
    e->sender_id = m->sender_id;
    e->message_kind = m->kind;
    e->cid = m->cid;
    return e;
}

struct event *
event_of_file(enum event_kind kind, const struct file_row *f,
              struct str room_name)
{
    struct event *e = event_new_file(kind, room_name, f->owner, f->name,
                                     &f->facts);

    e->room = f->room;
    e->seq = f->seq;
    e->time_ms = f->created_ms;
    e->sender_id = f->owner_id;
    return e;
}

void
event_set_items(struct event *e, struct event **items, size_t n)
{
    must(e->items == NULL);
    e->items = items;
    e->items_n = n;
}

size_t
event_memory(const struct event *e)
{
    size_t bytes = sizeof(*e) + e->room_name.n + e->name.n + e->text.n +
                   e->extra.n;

    if (e->file != NULL)
        bytes += sizeof(*e->file);
    for (size_t i = 0; i < e->items_n; i++)
        bytes += event_memory(e->items[i]);
    return bytes;
}

struct event *
event_ref(struct event *e)
{
    atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
    return e;
}

void
event_unref(struct event **ref)
{
    struct event *e = *ref;

    *ref = NULL;
    if (e == NULL)
        return;
    /* Whoever lets go last must see what the others did to it before. */
    if (atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < e->items_n; i++)
        event_unref(&e->items[i]);
    free(e->items);
    blob_unref(&e->blob);
    free(e);
}
