/* SPDX-License-Identifier: MIT
 *
 * A setting is read (setting.h), stored, and then acted upon by the few that
 * change what somebody may. A closed room keeps its row and what was said in
 * it, under a key that no name has; nobody comes to it any more. */
#include "hub/govern.h"
#include "hub/batch.h"
#include "hub/member.h"
#include "hub/moderate.h"
#include "hub/room.h"
#include "hub/setting.h"
#include "hub/subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What r is to be. */
struct plan {
    struct room_settings settings;
    struct str name, key;         /* as they are, or the new ones */
    struct name renamed;
};

static struct plan
plan_of(const struct room *r)
{
    struct plan p = {.settings = r->settings, .name = str_of(r->name),
                     .key = str_of(r->key)};

    p.settings.description = str_of(r->description);
    return p;
}

static enum deny
carry_out(struct call *x, struct room *r, const struct plan *p)
{
    struct hub *h = x->hub;
    struct room_row row = {
        .id = r->id, .kind = r->access.kind, .name = p->name, .key = p->key,
        .topic = str_of(r->topic), .last_seq = r->last_seq,
        .created_ms = r->created_ms, .settings = p->settings,
    };
    enum deny d = batch_write(h, r);
    int rc;

    if (d != DENY_NONE)
        return d;
    rc = room_store(h, r);
    if (rc == 0)
        rc = store_set_room(h->store, &row);
    if (rc < 0)
        return batch_failed(h, rc);
    batch_set_room(h, r, &row);
    return DENY_NONE;
}

/* ---- what follows from a setting ---- */

/* What somebody who is in r sees of it, as a member's row says it. */
static uint64_t
seen_from(const struct room *r, const struct session *s)
{
    uint64_t floor = grant_floor(r, s);

    return floor < r->last_seq ? floor : r->last_seq;
}

/* Accounts that are in a room which closes its doors belong to it. */
static enum deny
keep_accounts(struct call *x, struct room *r)
{
    enum deny d = DENY_NONE;

    list_each(it, next, &r->members) {
        const struct member *m = list_entry(it, struct member, in_room);
        const struct standing *st = grant_standing(r, m->session->sender_id);
        struct standing to = {.sender_id = m->session->sender_id,
                              .from_seq = seen_from(r, m->session),
                              .role = ROLE_MEMBER};

        if (d == DENY_NONE && (st == NULL || st->role == ROLE_NONE)
            && sender_is_account(to.sender_id))
            d = grant_set(x->hub, r, &to, x->command->now_ms);
    }
    return d;
}

static enum deny
set_privacy(struct call *x, struct room *r, const struct plan *p)
{
    int64_t now_ms = x->command->now_ms;
    struct audience a = grant_audience(x->hub, r, 0, now_ms);
    struct event *why;
    enum deny d = carry_out(x, r, p);

    if (d == DENY_NONE && r->access.privacy != ROOM_PUBLIC)
        d = keep_accounts(x, r);
    if (d != DENY_NONE) {
        free(a.sessions);
        return d;
    }
    why = event_new(EVENT_REMOVED, nothing, nothing, nothing,
                    subject_caller(x));
    why->deny = DENY_INVITE_ONLY;
    grant_end(x->hub, r, &a, false, why, now_ms);
    return DENY_NONE;
}

/* Guests who are in it see on from here; members what they saw. */
static enum deny
set_history(struct call *x, struct room *r, const struct plan *p)
{
    enum deny d = carry_out(x, r, p);

    if (d != DENY_NONE)
        return d;
    list_each(it, next, &r->members)
        grant_heard(r, list_entry(it, struct member, in_room)->session);
    return DENY_NONE;
}

static enum deny
set_keep(struct call *x, struct room *r, const struct plan *p)
{
    x->hub->keep_due_ms = 0;
    return carry_out(x, r, p);
}

/* ---- SET ---- */

static enum deny
read_name(struct call *x, const struct room *r, struct plan *p)
{
    struct hub *h = x->hub;
    enum name_fault fault = name_check_room(x->command->text,
                                            h->options.charset, &p->renamed);
    const struct room *other;

    if (fault != NAME_OK) {
        x->detail = str_of(name_fault_text(fault));
        return DENY_BAD_ROOM;
    }
    p->name = str_of(p->renamed.text);
    p->key = str_of(p->renamed.key);
    other = map_get_str(&h->room_keys, p->key);
    if ((other != NULL && other != r)
        || (other == NULL && batch_holds_key(h, p->key))) {
        x->detail = str_of("there is a room of that name");
        return DENY_NAME_TAKEN;
    }
    return DENY_NONE;
}

static enum deny
read_value(struct call *x, const struct room *r, struct plan *p)
{
    const struct command *c = x->command;

    if (!setting_read(c->setting, c->text, &p->settings)) {
        x->detail = str_of("that is no value of that setting");
        return DENY_BAD_REQUEST;
    }
    if (c->setting != SETTING_NAME)
        return DENY_NONE;
    if (r == x->hub->lobby) {
        x->detail = str_of("the lobby stays what it is");
        return DENY_FORBIDDEN;
    }
    return read_name(x, r, p);
}

typedef enum deny set_fn(struct call *x, struct room *r,
                         const struct plan *p);

static const struct rule {
    enum action action;
    set_fn *set;
} rules[] = {
    [SETTING_PRIVACY] = {ACTION_GOVERN, set_privacy},
    [SETTING_HISTORY] = {ACTION_GOVERN, set_history},
    [SETTING_SLOW] = {ACTION_MODERATE, carry_out},
    [SETTING_KEEP] = {ACTION_GOVERN, set_keep},
    [SETTING_NAME] = {ACTION_GOVERN, carry_out},
    [SETTING_DESCRIPTION] = {ACTION_MODERATE, carry_out},
};

static enum deny
audit(struct call *x, const struct room *r, struct str value)
{
    char detail[LIMIT_DESCRIPTION_BYTES + 32];

    snprintf(detail, sizeof detail, "%s %.*s",
             setting_word(x->command->setting), STR_FMT(value));
    return moderate_audit(x, "room.set", r, nothing, str_of(detail));
}

/* By the name that it had. */
static struct event *
setting_event(struct call *x, const struct room *r, struct str value)
{
    struct event *e = event_new(EVENT_SETTING, str_of(r->name), nothing,
                                value, subject_caller(x));

    e->room = r->id;
    e->room_kind = r->access.kind;
    e->setting = x->command->setting;
    return e;
}

static enum deny
set(struct call *x, struct room *r, const struct plan *p)
{
    enum setting which = x->command->setting;
    char text[SETTING_TEXT_BYTES];
    struct str value = which == SETTING_NAME
        ? p->name : setting_write(which, &p->settings, text);
    struct event *e = setting_event(x, r, value);
    enum deny d = audit(x, r, value);

    if (d == DENY_NONE)
        d = rules[which].set(x, r, p);
    if (d != DENY_NONE) {
        event_unref(&e);
        return d;
    }
    tell_room_durable(x->hub, r, e, NULL);
    moderate_tell_done(x);
    return DENY_NONE;
}

enum deny
govern_set(struct call *x)
{
    enum setting which = x->command->setting;
    struct plan p;
    struct room *r;
    enum deny d;

    if (which < SETTING_PRIVACY || which > SETTING_DESCRIPTION)
        return DENY_BAD_REQUEST;
    d = moderate_room(x, rules[which].action, &r);
    if (d != DENY_NONE)
        return d;
    p = plan_of(r);
    d = read_value(x, r, &p);
    if (d == DENY_NONE)
        d = batch_write(x->hub, r);
    if (d == DENY_NONE)
        d = set(x, r, &p);
    return d;
}

/* ---- CLOSE_ROOM ---- */

static enum deny
close_room(struct call *x, struct room *r)
{
    int64_t now_ms = x->command->now_ms;
    struct plan p = plan_of(r);
    struct audience a;
    struct event *why;
    char key[24];
    enum deny d = moderate_audit(x, "room.close", r, nothing, nothing);

    snprintf(key, sizeof key, "!%" PRIu64, r->id);
    p.key = str_of(key);
    p.settings.closed_ms = now_ms;
    if (d != DENY_NONE)
        return d;
    a = grant_audience(x->hub, r, 0, now_ms);
    d = carry_out(x, r, &p);
    if (d != DENY_NONE) {
        free(a.sessions);
        return d;
    }
    why = event_new(EVENT_REMOVED, nothing, nothing, nothing,
                    subject_caller(x));
    why->deny = DENY_NO_SUCH_ROOM;
    grant_end(x->hub, r, &a, true, why, now_ms);
    moderate_tell_done(x);
    return DENY_NONE;
}

enum deny
govern_close(struct call *x)
{
    struct room *r;
    enum deny d = moderate_room(x, ACTION_GOVERN, &r);

    if (d == DENY_NONE && r == x->hub->lobby) {
        x->detail = str_of("the lobby stays what it is");
        d = DENY_FORBIDDEN;
    }
    if (d == DENY_NONE)
        d = batch_write(x->hub, r);
    if (d == DENY_NONE)
        d = close_room(x, r);
    return d;
}
