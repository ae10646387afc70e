/* SPDX-License-Identifier: MIT
 *
 * Rooms. Every stored channel is in memory from the start, so only direct
 * rooms are ever looked up in the store. A room's number is given once, in
 * memory; its row is written with its first message (message.c). */
#include "hub/room.h"
#include "hub/account.h"
#include "hub/batch.h"
#include "hub/grant.h"
#include "hub/presence.h"
#include "hub/user.h"
#include "hub/visitor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- life ---- */

struct room *
room_new(struct hub *h, const struct room_row *row, int64_t last_ms,
         bool stored)
{
    struct room *r = must_alloc(sizeof(*r)
        + h->options.workers * sizeof(r->receivers[0]));

    must(access_read_key(row->kind, row->key, &r->access));
    r->access.privacy = row->settings.privacy;
    r->settings = row->settings;
    r->settings.description = nothing;
    r->description = text_copy(row->settings.description);
    r->id = row->id;
    r->name = text_copy(row->name);
    r->key = text_copy(row->key);
    r->topic = text_copy(row->topic);
    r->last_seq = row->last_seq;
    r->last_ms = last_ms;
    r->created_ms = row->created_ms;
    r->stored = stored;
    list_init(&r->members);
    list_push(&h->all_rooms, &r->link);
    map_put_u64(&h->rooms, r->id, r);
    map_put_str(&h->room_keys, str_of(r->key), r);
    metrics_add(h->shard, METRIC_rooms, 1);
    return r;
}

void
room_free(struct hub *h, struct room *r)
{
    must(list_empty(&r->members) && r->undo == NULL);
    presence_forget(r);
    map_del_u64(&h->rooms, r->id);
    map_del_str(&h->room_keys, str_of(r->key));
    list_remove(&r->link);
    free(r->name);
    free(r->key);
    free(r->topic);
    free(r->description);
    grant_free(r);
    free(r);
    metrics_add(h->shard, METRIC_rooms, -1);
}

static bool
is_kept(const struct hub *h, const struct room *r)
{
    if (!list_empty(&r->members) || r->undo != NULL || r == h->lobby)
        return true;
    return r->access.kind == ROOM_CHANNEL && r->stored
        && r->settings.closed_ms == 0;
}

void
room_settle(struct hub *h, struct room *r)
{
    if (!is_kept(h, r))
        room_free(h, r);
}

/* Of a direct room: so that the accounts among its two find it again. */
static int
store_peers(struct hub *h, const struct room *r)
{
    int rc = 0;

    for (int i = 0; i < 2 && rc == 0; i++) {
        struct member_row row = {.room = r->id, .role = ROLE_MEMBER,
                                 .sender_id = r->access.peers[i]};

        if (sender_is_account(row.sender_id))
            rc = store_put_member(h->store, &row);
    }
    return rc;
}

int
room_store(struct hub *h, struct room *r)
{
    struct room_row row = {
        .id = r->id, .kind = r->access.kind, .name = str_of(r->name),
        .key = str_of(r->key), .topic = str_of(r->topic),
        .created_ms = r->created_ms, .settings = r->settings,
    };
    int rc;

    row.settings.description = str_of(r->description);

    if (r->stored)
        return 0;
    rc = store_put_room(h->store, &row);
    if (rc == 0)
        r->stored = true;
    if (rc == 0 && r->access.kind == ROOM_DIRECT)
        rc = store_peers(h, r);
    return rc;
}

/* ---- channels ---- */

/* Keys are folded names, and folding twice changes nothing: a target that is
 * a key needs no check. */
static enum deny
find_channel(struct call *x, struct name *name, struct room **ret)
{
    struct hub *h = x->hub;
    struct str target = x->command->target;
    struct room *r = map_get_str(&h->room_keys, target);
    enum name_fault fault;

    if (r == NULL) {
        fault = name_check_room(target, h->options.charset, name);
        if (fault != NAME_OK) {
            x->detail = str_of(name_fault_text(fault));
            return DENY_BAD_ROOM;
        }
        r = map_get_str(&h->room_keys, str_of(name->key));
    }
    if (r == NULL)
        return DENY_NO_SUCH_ROOM;
    *ret = r;
    return DENY_NONE;
}

/* A new room takes more than to come to one. */
enum deny
room_may_make(struct call *x)
{
    const struct session *s = x->session;
    const struct device *device = s->device;

    if (x->hub->options.rooms_by_accounts && !sender_is_account(s->sender_id))
        return DENY_NO_ACCOUNT;
    if (device != NULL
        && (device->room != 0 || (device->scope & SCOPE_MANAGE) == 0)) {
        x->detail = str_of("that token makes no rooms");
        return DENY_FORBIDDEN;
    }
    return DENY_NONE;
}

static enum deny
open_channel(struct call *x, struct room **ret)
{
    struct name name;
    enum deny d = find_channel(x, &name, ret);
    struct room_row row = {.kind = ROOM_CHANNEL};

    if (d != DENY_NO_SUCH_ROOM)
        return d;
    if (batch_holds_key(x->hub, str_of(name.key)))
        return DENY_OVERLOADED;
    d = room_may_make(x);
    if (d != DENY_NONE)
        return d;
    row.id = x->hub->next_room++;
    row.name = str_of(name.text);
    row.key = str_of(name.key);
    row.created_ms = x->command->now_ms;
    *ret = room_new(x->hub, &row, 0, false);
    x->made = *ret;
    return DENY_NONE;
}

/* ---- direct rooms ---- */

static struct access_room
direct_between(uint64_t a, uint64_t b)
{
    struct access_room access = {ROOM_DIRECT, {a, b}};

    if (a > b) {
        access.peers[0] = b;
        access.peers[1] = a;
    }
    return access;
}

/* The name that r remembers for a peer. */
static struct str
remembered(const struct room *r, unsigned peer)
{
    struct str rest = str_of(r->name);
    struct str first = str_word(&rest);

    return peer == 0 ? first : str_trim(rest);
}

/* The name that r has of a peer is of no room that was just made. */
static struct str
name_of_absent(const struct hub *h, const struct room *r, unsigned peer,
               struct account *a)
{
    uint64_t sender_id = r->access.peers[peer];
    struct str name = remembered(r, peer);

    if (name.n == 0 && sender_is_account(sender_id)
        && account_look(h, sender_id - SENDER_ACCOUNTS, a))
        name = str_of(a->name.text);
    return name;
}

/* Borrowed, from a too. */
static struct str
name_of_peer(const struct hub *h, const struct room *r, unsigned peer,
             const struct session *s, struct account *a)
{
    struct user *u = map_get_u64(&h->senders, r->access.peers[peer]);

    if (u != NULL)
        return user_name(u);
    if (s != NULL && s->signs && s->sender_id == r->access.peers[peer])
        return visitor_name(h, s);
    return name_of_absent(h, r, peer, a);
}

void
room_refresh_name(const struct hub *h, struct room *r,
                  const struct session *s)
{
    struct account accounts[2];
    struct str a, b;
    size_t bytes;
    char *name;

    if (r->access.kind != ROOM_DIRECT)
        return;
    a = name_of_peer(h, r, 0, s, &accounts[0]);
    b = name_of_peer(h, r, 1, s, &accounts[1]);
    bytes = a.n + b.n + 2;
    name = must_alloc(bytes);
    snprintf(name, bytes, "%.*s %.*s", STR_FMT(a), STR_FMT(b));
    free(r->name);
    r->name = name;
}

struct room_called
room_called(const struct hub *h, const struct room *r, const struct session *s)
{
    struct room_called called;
    struct str name = str_of(r->name);
    const char *sigil = "";
    struct account a;

    if (r->access.kind == ROOM_DIRECT) {
        name = name_of_peer(h, r, r->access.peers[0] == s->sender_id, NULL,
                            &a);
        sigil = "@";
    }
    snprintf(called.text, sizeof called.text, "%s%.*s", sigil, STR_FMT(name));
    return called;
}

/* Of the rooms that the caller is in, the direct one that it calls so: its
 * other half has left. */
static struct room *
find_joined_direct(const struct call *x)
{
    for (struct member *m = x->session->members; m != NULL; m = m->next) {
        struct room *r = m->room;
        struct room_called called;

        if (r->access.kind != ROOM_DIRECT)
            continue;
        called = room_called(x->hub, r, x->session);
        if (str_eq_nocase(str_of(called.text), x->command->target))
            return r;
    }
    return NULL;
}

static struct str
target_name(const struct call *x)
{
    struct str name = x->command->target;

    name.p++;
    name.n--;
    return name;
}

/* Who has the name that is the target: 0 is nobody. An account has its name
 * also while it is not present; whoever is held does not count. */
static enum deny
target_sender(const struct call *x, uint64_t *ret)
{
    const struct user *u = user_find(x->hub, target_name(x));
    struct account a;
    enum deny d = DENY_NO_SUCH_PERSON;

    *ret = u != NULL && u->session != NULL ? u->sender_id : 0;
    if (*ret == 0)
        d = account_find(x->hub, target_name(x), &a);
    else
        return DENY_NONE;
    if (d == DENY_NONE && a.state != ACCOUNT_DELETED)
        *ret = account_sender(&a);
    return d == DENY_NO_SUCH_PERSON ? DENY_NONE : d;
}

/* A name means whoever has it now; only when nobody does, who had it last. */
static enum deny
find_direct(struct call *x, struct room **ret)
{
    uint64_t other;
    struct room *r;
    enum deny d = target_sender(x, &other);

    if (d != DENY_NONE)
        return d;
    if (other != 0) {
        struct access_room access =
            direct_between(x->session->sender_id, other);
        char key[ACCESS_KEY_BYTES + 1];

        access_write_key(&access, key);
        r = map_get_str(&x->hub->room_keys, str_of(key));
    } else {
        r = find_joined_direct(x);
    }
    if (r == NULL)
        return other ? DENY_NO_SUCH_ROOM : DENY_NO_SUCH_PERSON;
    *ret = r;
    return DENY_NONE;
}

/* A token for one channel is for no direct room. */
static enum deny
check_direct(const struct session *s, const struct access_room *room)
{
    struct access_who who = session_who(s);
    struct access_grant g = {
        .elsewhere = s->device != NULL && s->device->room != 0,
    };

    return access_check(&who, ACTION_JOIN, room, &g);
}

/* Who may know of the room is settled before the store is asked for it. */
static enum deny
direct_with_target(struct call *x, struct access_room *ret)
{
    struct access_who who = session_who(x->session);
    uint64_t other;
    enum deny d = target_sender(x, &other);

    if (d != DENY_NONE || other == 0)
        return d != DENY_NONE ? d : DENY_NO_SUCH_PERSON;
    if (other == who.sender_id) {
        x->detail = str_of("that is you");
        return DENY_BAD_REQUEST;
    }
    *ret = direct_between(who.sender_id, other);
    return check_direct(x->session, ret);
}

static enum deny
load_direct(struct call *x, struct str key, struct room **ret)
{
    struct hub *h = x->hub;
    struct room *r = map_get_str(&h->room_keys, key);
    struct room_row row;
    int64_t last_ms;

    if (r == NULL) {
        int rc = store_find_room(h->store, key, &row, &last_ms);

        if (rc == -ENOENT)
            return DENY_NO_SUCH_ROOM;
        if (rc < 0)
            return batch_failed(h, rc);
        r = room_new(h, &row, last_ms, true);
    }
    room_refresh_name(h, r, x->session);
    *ret = r;
    return DENY_NONE;
}

static enum deny
open_direct(struct call *x, bool make, struct room **ret)
{
    struct hub *h = x->hub;
    struct access_room access;
    char key[ACCESS_KEY_BYTES + 1];
    struct room_row row = {.kind = ROOM_DIRECT};
    enum deny d = direct_with_target(x, &access);

    if (d != DENY_NONE)
        return d;
    access_write_key(&access, key);
    d = load_direct(x, str_of(key), ret);
    if (d != DENY_NO_SUCH_ROOM || !make)
        return d;
    row.id = h->next_room++;
    row.key = str_of(key);
    row.created_ms = x->command->now_ms;
    *ret = room_new(h, &row, 0, false);
    room_refresh_name(h, *ret, x->session);
    return DENY_NONE;
}

/* ---- targets ---- */

static char
sigil(const struct call *x)
{
    struct str target = x->command->target;

    return target.n > 0 ? target.p[0] : '\0';
}

enum deny
room_find(struct call *x, struct room **ret)
{
    struct name name;

    return sigil(x) == '@' ? find_direct(x, ret) : find_channel(x, &name, ret);
}

enum deny
room_load(struct call *x, struct room **ret)
{
    enum deny d = room_find(x, ret);

    if (d == DENY_NO_SUCH_ROOM && sigil(x) == '@')
        return open_direct(x, false, ret);
    return d;
}

enum deny
room_open(struct call *x, struct room **ret)
{
    return sigil(x) == '@' ? open_direct(x, true, ret) : open_channel(x, ret);
}

enum deny
room_open_number(struct call *x, struct room **ret)
{
    struct hub *h = x->hub;
    struct room *r = map_get_u64(&h->rooms, x->command->room);
    struct access_room access;
    struct room_row row;
    int64_t last_ms;

    if (r == NULL) {
        int rc = store_find_room_id(h->store, x->command->room, &row,
                                    &last_ms);

        if (rc < 0 && rc != -ENOENT)
            return batch_failed(h, rc);
        if (rc < 0 || !access_read_key(ROOM_DIRECT, row.key, &access)
            || check_direct(x->session, &access) != DENY_NONE)
            return DENY_NO_SUCH_ROOM;
        r = room_new(h, &row, last_ms, true);
    }
    room_refresh_name(h, r, x->session);
    *ret = r;
    return DENY_NONE;
}

enum deny
room_load_number(struct hub *h, uint64_t id, struct room **ret)
{
    struct room *r = map_get_u64(&h->rooms, id);
    struct room_row row;
    int64_t last_ms;

    if (r == NULL) {
        int rc = store_find_room_id(h->store, id, &row, &last_ms);

        if (rc == -ENOENT || (rc == 0 && row.settings.closed_ms != 0))
            return DENY_NO_SUCH_ROOM;
        if (rc < 0)
            return batch_failed(h, rc);
        r = room_new(h, &row, last_ms, true);
    }
    room_refresh_name(h, r, NULL);
    *ret = r;
    return DENY_NONE;
}
