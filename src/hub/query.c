/* SPDX-License-Identifier: MIT
 *
 * Questions. Lists are bounded; `more` says that they were cut. History is
 * read by a reader, after the commit; only the right to it is decided here. */
#include "hub/query.h"
#include "hub/batch.h"
#include "hub/grant.h"
#include "hub/member.h"
#include "hub/room.h"
#include "hub/user.h"

#include <errno.h>
#include <stdio.h>

#define PEOPLE_MAX 1000
#define PAGE_DEFAULT 50

/* ---- WHO ---- */

static struct event *
person(const struct user *u)
{
    struct event *e = event_new(ITEM_PERSON, nothing, user_name(u),
                                str_of(u->away), nothing);

    e->away = u->away != NULL;
    e->time_ms = u->active_ms;
    e->session = u->session->id;
    e->sender_id = u->sender_id;
    return e;
}

static struct event *
people(const struct call *x, struct str room_name, uint32_t count)
{
    struct event *e = event_new(ANSWER_PEOPLE, room_name, nothing, nothing,
                                nothing);
    size_t n = count < PEOPLE_MAX ? count : PEOPLE_MAX;

    e->count = count;
    e->time_ms = x->command->now_ms;
    e->more = count > n;
    event_set_items(e, must_alloc((n + 1) * sizeof(struct event *)), 0);
    return e;
}

static bool
is_full(const struct event *e)
{
    return e->items_n == PEOPLE_MAX;
}

static void
tell_everybody_here(struct call *x)
{
    struct event *e = people(x, nothing, x->hub->users_n);

    list_each(it, next, &x->hub->present) {
        if (is_full(e))
            break;
        e->items[e->items_n++] = person(list_entry(it, struct user, link));
    }
    tell_caller(x, e);
}

/* How far any of their sessions has got. */
static void
add_cursors(struct event *item, const struct room *r, const struct user *u)
{
    for (const struct session *s = u->session; s; s = s->next_of_user) {
        const struct member *m = member_find(r, s);

        if (m == NULL)
            continue;
        if (m->delivered > item->delivered)
            item->delivered = m->delivered;
        if (m->read > item->read)
            item->read = m->read;
    }
}

static void
add_standing(const struct call *x, struct event *item, const struct room *r,
             const struct session *s)
{
    struct access_grant g = grant_of(x->hub, r, s, x->command->now_ms);

    item->role = (enum room_role)g.role;
    item->muted = g.muted;
}

static void
tell_members(struct call *x, const struct room *r)
{
    struct room_called called = room_called(x->hub, r, x->session);
    struct event *e = people(x, str_of(called.text), r->present);

    e->room = r->id;
    e->room_kind = r->access.kind;
    list_each(it, next, &r->members) {
        const struct member *m = list_entry(it, struct member, in_room);
        struct event *item;

        if (is_full(e))
            break;
        if (!user_stands(m))
            continue;
        item = person(m->session->user);
        add_standing(x, item, r, m->session);
        add_cursors(item, r, m->session->user);
        e->items[e->items_n++] = item;
    }
    tell_caller(x, e);
}

/* The one room that the caller's token is for, or 0. */
static uint64_t
only_room(const struct call *x)
{
    const struct session *s = x->session;

    return s != NULL && s->device != NULL ? s->device->room : 0;
}

/* Who asks with a token for one room is answered as if they had named it. */
enum deny
query_who(struct call *x)
{
    uint64_t only = only_room(x);
    bool everybody = x->command->target.n == 0;
    struct room *r = NULL;
    enum deny d = DENY_NONE;

    if (everybody && only == 0) {
        tell_everybody_here(x);
        return DENY_NONE;
    }
    if (!everybody)
        d = room_find(x, &r);
    else if ((r = map_get_u64(&x->hub->rooms, only)) == NULL)
        d = DENY_NO_SUCH_ROOM;
    if (d == DENY_NONE)
        d = grant_check(x, ACTION_SEE, r);
    if (d == DENY_NONE)
        tell_members(x, r);
    return d;
}

/* ---- HISTORY ---- */

/* A job for the readers, after the commit. */
static struct read_job *
ask_reader(struct call *x, enum read_kind kind)
{
    const struct command *c = x->command;
    struct read_job *job = must_alloc(sizeof *job);

    job->kind = kind;
    job->worker = c->worker;
    job->session = c->session;
    job->request = c->request;
    *x->hub->jobs_end = job;
    x->hub->jobs_end = &job->next;
    return job;
}

/* The page is that of this moment: what is said later is not in it, should
 * they be removed meanwhile. */
static void
bound_page(struct read_job *job, const struct room *r)
{
    uint64_t end = r->last_seq + 1;

    if (job->query.mode == PAGE_LATEST
        || (job->query.mode == PAGE_BEFORE && job->query.at > end)) {
        job->query.mode = PAGE_BEFORE;
        job->query.at = end;
    }
    job->end = end;
}

static void
decide_again(struct hub *h, struct read_job *job)
{
    const struct room *r = map_get_u64(&h->rooms, job->query.room);
    const struct session *s = map_get_u64(&h->sessions, job->session);

    if (r == NULL || s == NULL)
        return;
    job->access = r->access;
    job->grant = grant_of(h, r, s, h->batch.now_ms);
    job->query.floor = grant_floor(r, s);
}

void
query_decide_again(struct hub *h)
{
    for (struct read_job *job = h->jobs; job != NULL; job = job->next)
        decide_again(h, job);
}

static void
ask_page(struct call *x, const struct room *r, enum read_kind kind)
{
    struct room_called called = room_called(x->hub, r, x->session);
    struct read_job *job = ask_reader(x, kind);
    uint32_t max = kind == READ_FILES ? LIMIT_FILES_PAGE : LIMIT_PAGE_MESSAGES;

    must(strlen(called.text) < sizeof job->room_name);
    snprintf(job->room_name, sizeof job->room_name, "%s", called.text);
    job->access = r->access;
    job->grant = grant_of(x->hub, r, x->session, x->command->now_ms);
    job->decided = x->hub->revocations;
    job->query = x->command->page;
    job->query.room = r->id;
    job->query.floor = grant_floor(r, x->session);
    bound_page(job, r);
    if (job->query.limit == 0)
        job->query.limit = PAGE_DEFAULT;
    if (job->query.limit > max)
        job->query.limit = max;
}

static enum deny
query_page(struct call *x, enum read_kind kind)
{
    struct room *r;
    enum deny d = room_load(x, &r);

    if (d != DENY_NONE)
        return d;
    d = grant_check(x, ACTION_READ, r);
    if (d == DENY_NONE)
        ask_page(x, r, kind);
    room_settle(x->hub, r);
    return d;
}

enum deny
query_history(struct call *x)
{
    if (x->command->page.mode > PAGE_AROUND)
        return DENY_BAD_REQUEST;
    return query_page(x, READ_PAGE);
}

/* ---- FILES, FETCH ---- */

enum deny
query_files(struct call *x)
{
    enum page_mode mode = x->command->page.mode;

    if (mode != PAGE_LATEST && mode != PAGE_BEFORE)
        return DENY_BAD_REQUEST;
    return query_page(x, READ_FILES);
}

/* Of a file that they may not read, not even that there is one is told. */
static bool
may_fetch(const struct call *x, const struct room *r, const struct file_row *f)
{
    uint64_t floor = grant_floor(r, x->session);
    uint64_t seq = f->seq > 0 ? f->seq : GRANT_NOTHING;

    return grant_check(x, ACTION_READ, r) == DENY_NONE && seq > floor;
}

/* What this batch has done to it may not be kept. */
static void
tell_file(struct call *x, const struct room *r, struct event *e)
{
    e->room_kind = r->access.kind;
    if (r->undo != NULL)
        tell_caller_durable(x, e);
    else
        tell_caller(x, e);
}

static enum deny
fetch(struct call *x, struct event *e, const struct file_row *f)
{
    struct room *r;
    enum deny d = room_load_number(x->hub, f->room, &r);

    if (d != DENY_NONE)
        return d == DENY_NO_SUCH_ROOM ? DENY_NO_SUCH_FILE : d;
    if (may_fetch(x, r, f))
        tell_file(x, r, event_ref(e));
    else
        d = DENY_NO_SUCH_FILE;
    room_settle(x->hub, r);
    return d;
}

/* The file says which room it is in, and that room who may know. Channels are
 * in memory; a direct room is called differently by each of the two. */
enum deny
query_fetch(struct call *x)
{
    const struct room *r;
    struct file_row row;
    struct event *e;
    enum deny d;
    int rc;

    must(x->command->file != NULL);
    rc = store_find_file(x->hub->store, &x->command->file->id, &row);
    if (rc < 0)
        return rc == -ENOENT ? DENY_NO_SUCH_FILE : batch_failed(x->hub, rc);
    row.facts.ticket = (struct file_id){{0}};
    r = map_get_u64(&x->hub->rooms, row.room);
    e = event_of_file(ANSWER_FILE, &row,
                      r != NULL && r->access.kind == ROOM_CHANNEL
                          ? str_of(r->name) : nothing);
    d = fetch(x, e, &row);
    event_unref(&e);
    return d;
}
