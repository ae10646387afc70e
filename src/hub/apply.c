/* SPDX-License-Identifier: MIT
 *
 * The table of commands: who may give one, and who carries it out. */
#include "base/utf8.h"
#include "hub/account.h"
#include "hub/device.h"
#include "hub/govern.h"
#include "hub/hub_impl.h"
#include "hub/invite.h"
#include "hub/login.h"
#include "hub/member.h"
#include "hub/message.h"
#include "hub/moderate.h"
#include "hub/query.h"
#include "hub/reading.h"
#include "hub/register.h"
#include "hub/secret.h"
#include "hub/session.h"
#include "hub/signals.h"
#include "hub/transfer.h"
#include "hub/user.h"
#include "hub/visitor.h"

/* Carries out a command and answers it, or returns why not. */
typedef enum deny apply_fn(struct call *x);

enum {
    ANYONE = 1,        /* also a connection that has not entered */
    NAMED = 2,         /* not a reader without a name; a visitor with one */
    OPERATOR = 4,
    SILENT = 8,        /* a refusal is not answered */
    IDLE = 16,         /* done by programs: no sign of a person */
    PRESENT = 32,      /* with NAMED: not a visitor either */
    INSIDE = 64,       /* by the server itself, for a session that may be
                          gone */
    BY_OPERATOR = 128, /* by the operator too, who has no session */
};

static enum deny
ping(struct call *x)
{
    struct event *e = event_new(ANSWER_PONG, nothing, nothing, nothing,
                                nothing);

    e->token = x->command->token;
    tell_caller(x, e);
    return DENY_NONE;
}

static enum deny
announce(struct call *x)
{
    struct str text = x->command->text;

    if (!utf8_is_clean(text, UTF8_KEEP_LF))
        return DENY_BAD_REQUEST;
    tell_everyone(x->hub, event_new(EVENT_ANNOUNCEMENT, nothing, nothing,
                                    text, nothing));
    return DENY_NONE;
}

static enum deny
stop(struct call *x)
{
    tell_everyone(x->hub, event_new(EVENT_STOPPING, nothing, nothing, nothing,
                                    nothing));
    x->hub->stopping = true;
    reading_flush(x->hub);
    return DENY_NONE;
}

static const struct rule {
    apply_fn *apply;
    unsigned flags;
} rules[] = {
    [COMMAND_ENTER]    = {session_enter,   ANYONE},
    [COMMAND_LEAVE]    = {session_leave,   ANYONE | SILENT | IDLE},
    [COMMAND_RENAME]   = {user_rename,     NAMED | PRESENT},
    [COMMAND_JOIN]     = {member_join,     0},
    [COMMAND_PART]     = {member_part,     0},
    [COMMAND_POST]     = {message_post,    NAMED},
    [COMMAND_TOPIC]    = {message_topic,   NAMED},
    [COMMAND_AWAY]     = {user_away,       NAMED | PRESENT},
    [COMMAND_TYPING]   = {signals_typing,  NAMED | PRESENT | SILENT},
    [COMMAND_CURSOR]   = {signals_cursor,  NAMED | PRESENT | SILENT | IDLE},
    [COMMAND_WHO]      = {query_who,       0},
    [COMMAND_ROOMS]    = {query_rooms,     0},
    [COMMAND_HISTORY]  = {query_history,   0},
    [COMMAND_PING]     = {ping,            IDLE},
    [COMMAND_UPLOAD]   = {transfer_upload, NAMED},
    [COMMAND_RESUME]   = {transfer_resume, IDLE},
    [COMMAND_RESERVE]  = {transfer_reserve, IDLE},
    [COMMAND_DROP]     = {transfer_drop,   IDLE},
    [COMMAND_SHARE]    = {transfer_share,  INSIDE | IDLE},
    [COMMAND_FETCH]    = {query_fetch,     0},
    [COMMAND_FILES]    = {query_files,     0},
    [COMMAND_REGISTER] = {register_account, ANYONE | BY_OPERATOR},
    [COMMAND_LOGIN]    = {login_enter,     ANYONE},
    [COMMAND_LOGOUT]   = {device_logout,   NAMED},
    [COMMAND_PASSWORD] = {account_password, NAMED | BY_OPERATOR},
    [COMMAND_UNREGISTER] = {account_unregister, NAMED | BY_OPERATOR},
    [COMMAND_DEVICES]  = {device_list,     NAMED},
    [COMMAND_TOKEN]    = {device_token,    NAMED},
    [COMMAND_REVOKE]   = {device_revoke,   NAMED | BY_OPERATOR},
    [COMMAND_CODE]     = {register_code,   OPERATOR},
    [COMMAND_ACCOUNT]  = {account_disable, OPERATOR},
    [COMMAND_INVITE]   = {invite_person, NAMED | BY_OPERATOR},
    [COMMAND_REMOVE]   = {moderate_remove, NAMED | BY_OPERATOR},
    [COMMAND_BAN]      = {moderate_ban, NAMED | BY_OPERATOR},
    [COMMAND_UNBAN]    = {moderate_unban, NAMED | BY_OPERATOR},
    [COMMAND_BANS]     = {query_room_bans, NAMED | BY_OPERATOR},
    [COMMAND_ROLE]     = {moderate_role, NAMED | BY_OPERATOR},
    [COMMAND_SET]      = {govern_set, NAMED | BY_OPERATOR},
    [COMMAND_CLOSE_ROOM] = {govern_close, NAMED | BY_OPERATOR},
    [COMMAND_ROOM]     = {query_room, BY_OPERATOR},
    [COMMAND_MEMBERS]  = {query_room_members, BY_OPERATOR},
    [COMMAND_GROUP]    = {invite_group, NAMED},
    [COMMAND_ANNOUNCE] = {announce,        OPERATOR | SILENT},
    [COMMAND_KICK]     = {session_kick,    OPERATOR | SILENT},
    [COMMAND_STOP]     = {stop,            OPERATOR | SILENT},
};

/* A visitor's name may have become somebody's since it came. */
static enum deny
may_sign(struct call *x, unsigned flags)
{
    const struct session *s = x->session;

    if (s->user != NULL)
        return DENY_NONE;
    if (!s->signs)
        return DENY_NO_NAME;
    if (flags & PRESENT) {
        x->detail = str_of("you are only visiting");
        return DENY_FORBIDDEN;
    }
    return visitor_check_name(x->hub, s);
}

static enum deny
may_give(struct call *x, unsigned flags)
{
    if (flags & OPERATOR)
        return x->command->session == 0 ? DENY_NONE : DENY_FORBIDDEN;
    if ((flags & BY_OPERATOR) && x->command->session == 0)
        return DENY_NONE;
    if (flags & INSIDE)
        return x->command->inside ? DENY_NONE : DENY_FORBIDDEN;
    if (flags & ANYONE)
        return DENY_NONE;
    if (x->session == NULL)
        return DENY_NO_NAME;
    if (x->session->doomed)
        return DENY_BAD_CREDENTIALS;
    return flags & NAMED ? may_sign(x, flags) : DENY_NONE;
}

static void
refuse(const struct call *x, enum deny why, unsigned flags)
{
    metrics_add(x->hub->shard, METRIC_denied_total, 1);
    if (!(flags & SILENT))
        tell_refused(x, why);
}

/* A command comes from a hasher. False: whoever gave it is gone. */
static bool
take_back(const struct call *x)
{
    uint64_t session = x->command->session;

    x->hub->hashing--;
    return session == 0 || secret_awaits(x->hub, session);
}

void
hub_apply(struct hub *h, const struct command *c)
{
    struct call x = {.hub = h, .command = c};
    const struct rule *rule;
    enum deny d;

    must(c->kind >= COMMAND_ENTER && c->kind <= COMMAND_STOP);
    /* A file that was finished before the stop is shared: its uploader may
     * have been gone for long. */
    if (h->stopping && c->kind != COMMAND_LEAVE && c->kind != COMMAND_SHARE)
        return;
    metrics_add(h->shard, METRIC_commands_total, 1);
    h->batch.now_ms = c->now_ms;
    rule = &rules[c->kind];
    x.session = map_get_u64(&h->sessions, c->session);
    if (x.session != NULL && x.session->user != NULL && !(rule->flags & IDLE))
        x.session->user->active_ms = c->now_ms;
    if (secret_is_back(&x) && !take_back(&x))
        return;
    d = may_give(&x, rule->flags);
    if (d == DENY_NONE)
        d = rule->apply(&x);
    if (d != DENY_NONE)
        refuse(&x, d, rule->flags);
    if (secret_is_back(&x) && !x.later)
        secret_done(h, c->session);
}
