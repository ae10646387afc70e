/* SPDX-License-Identifier: MIT
 *
 * Each deed checks everything first, then begins to write, and a failure from
 * there on is the whole batch's. */
#include "hub/moderate.h"
#include "base/utf8.h"
#include "hub/batch.h"
#include "hub/member.h"
#include "hub/room.h"
#include "hub/subject.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what all of them need ---- */

enum deny
moderate_room(struct call *x, enum action action, struct room **ret)
{
    struct str target = x->command->target;
    struct room *r;
    enum deny d = DENY_BAD_ROOM;

    if (target.n > 0 && target.p[0] != '@')
        d = room_find(x, &r);
    if (d == DENY_NONE)
        d = grant_check(x, action, r);
    if (d == DENY_NONE)
        *ret = r;
    return d;
}

enum deny
moderate_audit(struct call *x, const char *action, const struct room *r,
               struct str name, struct str detail)
{
    char target[2 * LIMIT_ROOM_BYTES + 2];
    int rc;

    snprintf(target, sizeof target, "%s%s%.*s", r ? r->name : "",
             r != NULL && name.n > 0 ? " " : "", STR_FMT(name));
    rc = store_audit(x->hub->store, x->command->now_ms, subject_caller(x),
                     str_of(action), str_of(target), detail);
    return rc < 0 ? batch_failed(x->hub, rc) : DENY_NONE;
}

void
moderate_tell_done(struct call *x)
{
    tell_caller_durable(x, event_new(ANSWER_DONE, nothing, x->command->target,
                                     nothing, nothing));
}

struct event *
moderate_standing(struct call *x, const struct room *r, struct str name,
                  enum room_role role)
{
    struct event *e = event_new(EVENT_STANDING, str_of(r->name), name,
                                x->command->text, subject_caller(x));

    e->room = r->id;
    e->room_kind = r->access.kind;
    e->role = role;
    return e;
}

static enum deny
check_reason(const struct call *x)
{
    if (x->command->text.n > LIMIT_REASON_BYTES)
        return DENY_MESSAGE_TOO_LONG;
    if (!utf8_is_clean(x->command->text, UTF8_ONE_LINE))
        return DENY_BAD_REQUEST;
    return DENY_NONE;
}

static enum room_role
role_of(const struct room *r, uint64_t sender_id)
{
    const struct standing *st = grant_standing(r, sender_id);

    return st ? (enum room_role)st->role : ROLE_NONE;
}

/* The operator is above everybody. */
static enum deny
check_rank(struct call *x, const struct room *r, const struct subject *who)
{
    enum room_role mine = (enum room_role)grant_of_caller(x, r).role;

    if (grant_is_operator(x)
        || access_outranks(mine, role_of(r, who->sender_id)))
        return DENY_NONE;
    x->detail = str_of("they are not below you in that room");
    return DENY_FORBIDDEN;
}

static struct event *
removal(const struct call *x, enum deny why)
{
    struct event *e = event_new(EVENT_REMOVED, nothing, nothing,
                                x->command->text, subject_caller(x));

    e->deny = why;
    return e;
}

/* ---- REMOVE ---- */

/* They are nothing in r any more, and whatever they read ends. */
static enum deny
expel(struct call *x, struct room *r, const struct subject *who,
      const char *deed)
{
    int64_t now_ms = x->command->now_ms;
    struct audience a = grant_audience(x->hub, r, who->sender_id, now_ms);
    enum deny d = DENY_NONE;

    if (a.n == 0 && grant_standing(r, who->sender_id) == NULL) {
        x->detail = str_of("they are not in that room");
        return DENY_NOT_IN_ROOM;
    }
    d = batch_write(x->hub, r);
    if (d == DENY_NONE)
        d = grant_drop(x->hub, r, who->sender_id, now_ms);
    if (d == DENY_NONE)
        d = moderate_audit(x, deed, r, str_of(who->name), x->command->text);
    if (d != DENY_NONE) {
        free(a.sessions);
        return d;
    }
    grant_end(x->hub, r, &a, true, removal(x, DENY_FORBIDDEN), now_ms);
    grant_drop_uploads(x->hub, r, who->sender_id);
    moderate_tell_done(x);
    return DENY_NONE;
}

enum deny
moderate_remove(struct call *x)
{
    struct subject who;
    struct room *r;
    enum deny d = moderate_room(x, ACTION_MODERATE, &r);

    if (d == DENY_NONE)
        d = check_reason(x);
    if (d == DENY_NONE)
        d = subject_find(x, x->command->name, &who);
    if (d == DENY_NONE)
        d = check_rank(x, r, &who);
    if (d == DENY_NONE)
        d = expel(x, r, &who, "room.kick");
    return d;
}

/* ---- BAN, UNBAN ---- */

/* Whom a ban or mute is about: a sender, or, with a sender id of 0, a range. */
struct whom {
    struct subject who;
    struct cidr range;
};

/* A name may look like an address, and is a name as long as somebody has it:
 * a range with its length is never one. */
static enum deny
read_whom(struct call *x, struct whom *ret)
{
    struct str name = x->command->name;
    enum deny d;

    *ret = (struct whom){0};
    d = subject_find(x, name, &ret->who);
    if (d != DENY_NO_SUCH_PERSON || !cidr_parse(name, &ret->range))
        return d;
    cidr_format(&ret->range, ret->who.name);
    return DENY_NONE;
}

static enum restriction_kind
kind_of(const struct call *x)
{
    return x->command->mute ? RESTRICTION_MUTE : RESTRICTION_BAN;
}

static const struct restrictions *
restrictions_in(const struct call *x, const struct room *r)
{
    if (r == NULL)
        return x->hub->banned;
    return r->grants ? r->grants->restrictions : NULL;
}

static enum deny
check_ban(struct call *x, const struct room *r, const struct whom *w)
{
    const struct restrictions *rs = restrictions_in(x, r);
    const struct command *c = x->command;
    enum deny d = check_reason(x);

    if (c->until_ms != 0 && c->until_ms <= c->now_ms)
        d = DENY_BAD_REQUEST;
    if (d == DENY_NONE && r != NULL && w->who.sender_id != 0)
        d = check_rank(x, r, &w->who);
    if (d == DENY_NONE && r != NULL && rs != NULL
        && rs->n >= LIMIT_RESTRICTIONS) {
        x->detail = str_of("there are as many bans as a room may have");
        d = DENY_FORBIDDEN;
    }
    return d;
}

static enum deny
write_ban(struct call *x, struct room *r, const struct whom *w)
{
    const struct command *c = x->command;
    const char *deed = r == NULL ? "server.ban"
        : c->mute ? "room.mute" : "room.ban";
    struct restriction_row row = {
        .kind = kind_of(x), .sender_id = w->who.sender_id,
        .prefix = w->range.prefix, .subject = str_of(w->who.name),
        .reason = c->text, .by = subject_caller(x), .created_ms = c->now_ms,
        .expires_ms = c->until_ms,
    };
    enum deny d;

    memcpy(row.address, w->range.address, sizeof row.address);
    d = grant_restrict(x->hub, r, &row);
    if (d == DENY_NONE && r != NULL && !c->mute && w->who.sender_id != 0)
        d = grant_drop(x->hub, r, w->who.sender_id, c->now_ms);
    if (d == DENY_NONE)
        d = moderate_audit(x, deed, r, str_of(w->who.name), c->text);
    return d;
}

/* To the room; a range has no name that anybody would know. */
static void
tell_voice(struct call *x, const struct room *r, const struct whom *w)
{
    struct event *e;

    if (w->who.sender_id == 0)
        return;
    e = moderate_standing(x, r, str_of(w->who.name),
                          role_of(r, w->who.sender_id));
    e->muted = grant_of_sender(r, w->who.sender_id,
                               x->command->now_ms).muted;
    e->away = true;
    tell_room_durable(x->hub, r, e, NULL);
}

static enum deny
ban_in(struct call *x, struct room *r, const struct whom *w)
{
    int64_t now_ms = x->command->now_ms;
    struct audience a = {NULL, 0};
    enum deny d = check_ban(x, r, w);

    if (d != DENY_NONE)
        return d;
    if (!x->command->mute)
        a = grant_audience(x->hub, r, w->who.sender_id, now_ms);
    d = write_ban(x, r, w);
    if (d != DENY_NONE) {
        free(a.sessions);
        return d;
    }
    if (x->command->mute)
        tell_voice(x, r, w);
    else
        grant_end(x->hub, r, &a, false, removal(x, DENY_BANNED), now_ms);
    moderate_tell_done(x);
    return DENY_NONE;
}

static enum deny
ban_everywhere(struct call *x, const struct whom *w)
{
    enum deny d = x->command->mute ? DENY_BAD_REQUEST
                                   : check_ban(x, NULL, w);
    struct event *why;

    if (d == DENY_NONE)
        d = write_ban(x, NULL, w);
    if (d != DENY_NONE)
        return d;
    why = event_new(EVENT_CLOSED, nothing, nothing, x->command->text,
                    subject_caller(x));
    why->deny = DENY_BANNED;
    grant_close_banned(x->hub, why, x->command->now_ms);
    moderate_tell_done(x);
    return DENY_NONE;
}

/* *ret is NULL for the server, which is the operator's. */
static enum deny
find_place(struct call *x, struct room **ret)
{
    if (x->command->target.n > 0)
        return moderate_room(x, ACTION_MODERATE, ret);
    *ret = NULL;
    return grant_is_operator(x) ? DENY_NONE : DENY_FORBIDDEN;
}

enum deny
moderate_ban(struct call *x)
{
    struct whom w;
    struct room *r;
    enum deny d = find_place(x, &r);

    if (d == DENY_NONE)
        d = read_whom(x, &w);
    if (d != DENY_NONE)
        return d;
    return r ? ban_in(x, r, &w) : ban_everywhere(x, &w);
}

/* By the name that the list shows, which may be nobody's by now; or by whoever
 * has it now. */
static struct restriction *
find_ban(struct call *x, const struct room *r, struct whom *ret)
{
    const struct restrictions *rs = restrictions_in(x, r);

    if (rs == NULL)
        return NULL;
    list_each(it, next, &rs->all) {
        struct restriction *b = list_entry(it, struct restriction, link);

        if (b->row.kind != kind_of(x)
            || !str_eq_nocase(b->row.subject, x->command->name))
            continue;
        *ret = (struct whom){.who = {.sender_id = b->row.sender_id}};
        str_to_z(b->row.subject, ret->who.name, sizeof ret->who.name);
        return b;
    }
    if (read_whom(x, ret) != DENY_NONE)
        return NULL;
    return restrictions_find(rs, kind_of(x), ret->who.sender_id, &ret->range);
}

enum deny
moderate_unban(struct call *x)
{
    struct restriction *ban;
    struct whom w;
    struct room *r;
    enum deny d = find_place(x, &r);

    if (d != DENY_NONE)
        return d;
    ban = find_ban(x, r, &w);
    if (ban == NULL)
        return DENY_NO_SUCH_BAN;
    d = grant_release(x->hub, r, ban);
    if (d == DENY_NONE)
        d = moderate_audit(x, r ? "room.unban" : "server.unban", r,
                           str_of(w.who.name), nothing);
    if (d != DENY_NONE)
        return d;
    if (r != NULL && x->command->mute)
        tell_voice(x, r, &w);
    moderate_tell_done(x);
    return DENY_NONE;
}

/* ---- ROLE ---- */

static const char *const role_words[] = {
    [ROLE_NONE] = "none", [ROLE_MEMBER] = "member",
    [ROLE_MODERATOR] = "moderator", [ROLE_OWNER] = "owner",
};

static enum deny
check_role(struct call *x, const struct room *r, const struct subject *who)
{
    const struct access_grant g = grant_of_sender(r, who->sender_id,
                                                  x->command->now_ms);

    if (x->command->role > ROLE_OWNER)
        return DENY_BAD_REQUEST;
    if (!sender_is_account(who->sender_id)) {
        x->detail = str_of("they have none");
        return DENY_NO_ACCOUNT;
    }
    if (g.role == ROLE_OWNER && x->command->role != ROLE_OWNER
        && !grant_is_operator(x))
        x->detail = str_of("give the room to somebody first");
    else if (g.banned && x->command->role != ROLE_NONE)
        x->detail = str_of("they are banned");
    else if (g.role == ROLE_NONE && r->grants != NULL
             && r->grants->members >= LIMIT_ROLES)
        x->detail = str_of("it has as many members as a room may");
    return x->detail.n > 0 ? DENY_FORBIDDEN : DENY_NONE;
}

/* Whoever had the room keeps order from now on. */
static void
tell_old_owner(struct call *x, const struct room *r, uint64_t owner)
{
    char name[LIMIT_ROOM_BYTES + 1];

    if (owner == 0 || owner == r->grants->owner)
        return;
    subject_name(x->hub, owner, name);
    tell_room_durable(x->hub, r,
                      moderate_standing(x, r, str_of(name),
                                        role_of(r, owner)), NULL);
}

/* The room does not learn where they are. */
static void
tell_silenced(struct call *x, const struct room *r, const struct session *s,
              const char *name)
{
    struct access_grant g = grant_of(x->hub, r, s, x->command->now_ms);
    struct event *e;

    if (!g.muted || member_find(r, s) == NULL)
        return;
    e = moderate_standing(x, r, str_of(name), (enum room_role)g.role);
    e->muted = e->away = true;
    tell_session(x->hub, s->worker,
                 parcel_new(PARCEL_SESSION, s->id, r->id, e));
}

/* Ranges hit whoever keeps order no longer. Takes a: who could read r. */
static void
apply_ranges(struct call *x, struct room *r, const struct subject *who,
             struct audience *a)
{
    int64_t now_ms = x->command->now_ms;

    if (!grant_of_sender(r, who->sender_id, now_ms).muted) {
        for (size_t i = 0; i < a->n; i++)
            tell_silenced(x, r, map_get_u64(&x->hub->sessions,
                                            a->sessions[i]), who->name);
    }
    grant_end(x->hub, r, a, false, removal(x, DENY_BANNED), now_ms);
}

static enum deny
give_role(struct call *x, struct room *r, const struct subject *who)
{
    const struct standing *old = grant_standing(r, who->sender_id);
    uint64_t owner = r->grants ? r->grants->owner : 0;
    const char *word = role_words[x->command->role];
    struct standing to = {.role = (uint8_t)x->command->role};
    bool falls = old != NULL && old->role >= ROLE_MODERATOR
        && to.role < ROLE_MODERATOR;
    struct audience a = {NULL, 0};
    enum deny d;

    if (falls)
        a = grant_audience(x->hub, r, who->sender_id, x->command->now_ms);
    to.sender_id = who->sender_id;
    if (old != NULL && old->role != ROLE_NONE)
        to.from_seq = old->from_seq;
    else if (r->settings.from_joining)
        to.from_seq = r->last_seq;
    d = grant_set(x->hub, r, &to, x->command->now_ms);
    if (d == DENY_NONE)
        d = moderate_audit(x, "room.role", r, str_of(who->name),
                           str_of(word));
    if (d != DENY_NONE) {
        free(a.sessions);
        return d;
    }
    tell_old_owner(x, r, owner);
    tell_room_durable(x->hub, r,
                      moderate_standing(x, r, str_of(who->name),
                                        x->command->role), NULL);
    if (falls)
        apply_ranges(x, r, who, &a);
    moderate_tell_done(x);
    return DENY_NONE;
}

enum deny
moderate_role(struct call *x)
{
    struct subject who;
    struct room *r;
    enum deny d = moderate_room(x, ACTION_GOVERN, &r);

    if (d == DENY_NONE)
        d = check_reason(x);
    if (d == DENY_NONE)
        d = subject_find(x, x->command->name, &who);
    if (d == DENY_NONE)
        d = check_role(x, r, &who);
    if (d != DENY_NONE)
        return d;
    if (x->command->role == ROLE_NONE)
        return expel(x, r, &who, "room.role");
    return give_role(x, r, &who);
}
