/* SPDX-License-Identifier: MIT
 *
 * A list that does not fit into a frame is cut, and says so. */
#include "dialect/native/native_list_events.h"

#include "base/limits.h"
#include "dialect/native/native_file_events.h"

enum {
    /* What an item adds to itself, and a list to its items. */
    ITEM_EXTRA = 160,
    LIST_EXTRA = 1024,
};

/* Does one more item fit into this list's frame? Counts it if so. */
static bool
fits(const void *item, size_t *bytes)
{
    size_t n = protobuf_c_message_get_packed_size(item) + ITEM_EXTRA;

    if (n > LIMIT_FRAME_BYTES - LIST_EXTRA - *bytes)
        return false;
    *bytes += n;
    return true;
}

static Loquat__V1__Person *
person(struct draft *d, const struct event *e)
{
    Loquat__V1__Person *p = draft_piece(d, &loquat__v1__person__descriptor);

    p->name = draft_text(d, e->name);
    p->away = e->away;
    p->away_text = draft_text(d, e->text);
    p->active_ms = e->time_ms;
    p->delivered_seq = e->delivered;
    p->read_seq = e->read;
    p->account = sender_is_account(e->sender_id);
    p->role = (Loquat__V1__Role)e->role;
    p->muted = e->muted;
    return p;
}

void
native_say_people(struct draft *d, const struct event *e)
{
    Loquat__V1__People *p = draft_body(d, ENVELOPE_BODY(PEOPLE));
    size_t bytes = 0, i;

    p->people = draft_list(d, e->items_n);
    for (i = 0; i < e->items_n; i++) {
        p->people[i] = person(d, e->items[i]);
        if (!fits(p->people[i], &bytes))
            break;
    }
    p->n_people = i;
    p->more = e->more || i < e->items_n;
    p->total = e->count;
}

static Loquat__V1__Room *
room(struct draft *d, const struct event *e)
{
    Loquat__V1__Room *r = draft_piece(d, &loquat__v1__room__descriptor);

    r->target = draft_text(d, e->room_name);
    r->topic = draft_text(d, e->text);
    r->present = e->count;
    r->last_seq = e->seq;
    r->privacy = (Loquat__V1__Privacy)e->settings.privacy;
    r->role = (Loquat__V1__Role)e->role;
    r->read_seq = e->read;
    r->unread = e->room_kind == ROOM_DIRECT ? e->others : 0;
    return r;
}

void
native_say_rooms(struct draft *d, const struct event *e)
{
    Loquat__V1__Rooms *r = draft_body(d, ENVELOPE_BODY(ROOMS));
    size_t bytes = 0, i;

    r->rooms = draft_list(d, e->items_n);
    for (i = 0; i < e->items_n; i++) {
        r->rooms[i] = room(d, e->items[i]);
        if (!fits(r->rooms[i], &bytes))
            break;
    }
    r->n_rooms = i;
    r->more = e->more || i < e->items_n;
}

static Loquat__V1__SharedFile *
shared_file(struct draft *d, const struct event *e)
{
    Loquat__V1__SharedFile *f =
        draft_piece(d, &loquat__v1__shared_file__descriptor);

    f->file = native_file_of_facts(d, e->file, e->text);
    f->sender = draft_text(d, e->name);
    f->time_ms = e->time_ms;
    f->seq = e->seq;
    return f;
}

void
native_say_files(struct draft *d, const struct event *e)
{
    Loquat__V1__Files *f = draft_body(d, ENVELOPE_BODY(FILES));
    size_t bytes = 0, i;

    f->room = e->room;
    f->files = draft_list(d, e->items_n);
    for (i = 0; i < e->items_n; i++) {
        f->files[i] = shared_file(d, e->items[i]);
        if (!fits(f->files[i], &bytes))
            break;
    }
    f->n_files = i;
    f->more = e->more || i < e->items_n;
}

static Loquat__V1__Device *
device(struct draft *d, const struct event *e)
{
    Loquat__V1__Device *v = draft_piece(d, &loquat__v1__device__descriptor);

    v->id = e->token;
    v->name = draft_text(d, e->name);
    v->created_ms = e->time_ms;
    v->seen_ms = e->seen_ms;
    v->expires_ms = e->expires_ms;
    v->room = draft_text(d, e->room_name);
    v->scope = draft_text(d, e->text);
    v->current = e->away;
    return v;
}

/* There are LIMIT_DEVICES of them at most: they fit. */
void
native_say_devices(struct draft *d, const struct event *e)
{
    Loquat__V1__Devices *all = draft_body(d, ENVELOPE_BODY(DEVICES));
    size_t bytes = 0, i;

    all->devices = draft_list(d, e->items_n);
    for (i = 0; i < e->items_n; i++) {
        all->devices[i] = device(d, e->items[i]);
        if (!fits(all->devices[i], &bytes))
            break;
    }
    all->n_devices = i;
}

static Loquat__V1__BanInfo *
ban(struct draft *d, const struct event *e)
{
    Loquat__V1__BanInfo *b = draft_piece(d, &loquat__v1__ban_info__descriptor);

    b->name = draft_text(d, e->name);
    b->reason = draft_text(d, e->text);
    b->by = draft_text(d, e->extra);
    b->created_ms = e->time_ms;
    b->until_ms = e->expires_ms;
    b->mute = e->muted;
    return b;
}

void
native_say_bans(struct draft *d, const struct event *e)
{
    Loquat__V1__Bans *all = draft_body(d, ENVELOPE_BODY(BANS));
    size_t bytes = 0, i;

    all->room = e->room;
    all->bans = draft_list(d, e->items_n);
    for (i = 0; i < e->items_n; i++) {
        all->bans[i] = ban(d, e->items[i]);
        if (!fits(all->bans[i], &bytes))
            break;
    }
    all->n_bans = i;
    all->more = e->more || i < e->items_n;
}

static Loquat__V1__MemberInfo *
member(struct draft *d, const struct event *e)
{
    Loquat__V1__MemberInfo *m =
        draft_piece(d, &loquat__v1__member_info__descriptor);

    m->name = draft_text(d, e->name);
    m->role = (Loquat__V1__Role)e->role;
    m->present = !e->away;
    return m;
}

void
native_say_members(struct draft *d, const struct event *e)
{
    Loquat__V1__Members *all = draft_body(d, ENVELOPE_BODY(MEMBERS));
    size_t bytes = 0, i;

    all->room = e->room;
    all->members = draft_list(d, e->items_n);
    for (i = 0; i < e->items_n; i++) {
        all->members[i] = member(d, e->items[i]);
        if (!fits(all->members[i], &bytes))
            break;
    }
    all->n_members = i;
    all->more = e->more || i < e->items_n;
}
