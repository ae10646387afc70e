/* SPDX-License-Identifier: MIT
 *
 * What goes out: parcels, pushed to the lists of the workers that they are
 * for. A worker's list has one order, the order of what happened. */
#include "hub/hub_impl.h"
#include "hub/member.h"

#include <stdio.h>

char *
text_copy(struct str s)
{
    char *z = must_alloc(s.n + 1);

    if (s.n > 0)
        memcpy(z, s.p, s.n);
    return z;
}

void
tell_session(struct hub *h, unsigned worker, struct parcel *p)
{
    must(worker < h->options.workers);
    parcel_list_push(&h->out[worker], p);
}

void
tell_everyone(struct hub *h, struct event *e)
{
    for (unsigned w = 0; w < h->options.workers; w++)
        tell_session(h, w, parcel_new(PARCEL_EVERYONE, 0, 0, event_ref(e)));
    event_unref(&e);
}

/* Is there anyone behind this worker who is to be told? */
static bool
reaches(const struct room *r, unsigned worker, const struct member *except)
{
    uint32_t n = r->receivers[worker];

    if (except != NULL && except->heard && except->session->worker == worker)
        n--;
    return n > 0;
}

static void
tell(struct hub *h, const struct room *r, struct event *e,
     const struct session *except, bool durable)
{
    const struct member *m = except ? member_find(r, except) : NULL;

    for (unsigned w = 0; w < h->options.workers; w++) {
        struct parcel *p;

        if (!reaches(r, w, m))
            continue;
        p = parcel_new(PARCEL_ROOM, except ? except->id : 0, r->id,
                       event_ref(e));
        p->durable = durable;
        p->access = r->access;
        tell_session(h, w, p);
    }
    event_unref(&e);
}

void
tell_room(struct hub *h, const struct room *r, struct event *e,
          const struct session *except)
{
    tell(h, r, e, except, false);
}

void
tell_room_durable(struct hub *h, const struct room *r, struct event *e,
                  const struct session *except)
{
    tell(h, r, e, except, true);
}

void
tell_caller_parcel(const struct call *x, struct parcel *p)
{
    p->event->command = x->command->kind;
    p->event->request = x->command->request;
    tell_session(x->hub, x->command->worker, p);
}

static struct parcel *
to_caller(const struct call *x, struct event *e)
{
    return parcel_new(PARCEL_SESSION, x->command->session, 0, e);
}

void
tell_caller(const struct call *x, struct event *e)
{
    tell_caller_parcel(x, to_caller(x, e));
}

void
tell_caller_durable(const struct call *x, struct event *e)
{
    struct parcel *p = to_caller(x, e);

    p->durable = true;
    tell_caller_parcel(x, p);
}

void
tell_caller_done(const struct call *x, uint64_t token)
{
    struct event *e = event_new(ANSWER_DONE, nothing, nothing, nothing,
                                nothing);

    e->token = token;
    tell_caller(x, e);
}

/* Who was refused under a name is told to be who they are by now. */
static struct parcel *
refusal_parcel(const struct call *x, struct event *e)
{
    struct parcel *p = to_caller(x, e);

    if (x->session != NULL)
        p->who = session_who(x->session);
    return p;
}

/* The name or the target; a file's name is still whatever the peer wrote. */
static struct str
refused_name(const struct command *c)
{
    return c->name.n > 0 && c->file == NULL ? c->name : c->target;
}

void
tell_refused(const struct call *x, enum deny why)
{
    struct str name = refused_name(x->command);
    struct event *e = event_new(ANSWER_DENIED, nothing, name, x->detail,
                                nothing);

    e->deny = why;
    e->wait_ms = x->wait_ms;
    tell_caller_parcel(x, refusal_parcel(x, e));
}

void
tell_close(struct hub *h, const struct session *s, struct event *e)
{
    tell_session(h, s->worker, parcel_new(PARCEL_CLOSE, s->id, 0, e));
}

struct room_called
room_called_about(const struct room *r, struct str name)
{
    bool direct = r->access.kind == ROOM_DIRECT;
    struct str shown = direct ? name : str_of(r->name);
    struct room_called called;

    snprintf(called.text, sizeof called.text, "%s%.*s", direct ? "@" : "",
             STR_FMT(shown));
    return called;
}

struct event *
room_event(const struct room *r, enum event_kind kind, struct str name,
           struct str text)
{
    struct room_called called = room_called_about(r, name);
    struct event *e = event_new(kind, str_of(called.text), name, text,
                                nothing);

    e->room = r->id;
    e->room_kind = r->access.kind;
    return e;
}
