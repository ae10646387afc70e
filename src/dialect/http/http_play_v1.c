/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_play.h"

static const struct str none = {NULL, 0};

enum {
    MADE_MS = 1764000000,        /* in seconds; see made() */
};

static int64_t
made(void)
{
    return MADE_MS * INT64_C(1000);
}

static struct event *
done(uint64_t token)
{
    struct event *e = event_new(ANSWER_DONE, none, none, none, none);

    e->token = token;
    return e;
}

/* A list of one. */
static struct event *
list(enum event_kind kind, struct str room, struct event *item)
{
    struct event **items = must_alloc(sizeof(struct event *));
    struct event *e = event_new(kind, room, none, none, none);

    items[0] = item;
    event_set_items(e, items, 1);
    e->count = 1;
    return e;
}

static struct event *
devices(void)
{
    struct event *item = event_new(ITEM_DEVICE, none, str_of("my \"phone\""),
                                   str_of("read post"), none);

    item->token = 7;
    item->time_ms = made();
    item->away = true;
    return list(ANSWER_DEVICES, none, item);
}

static struct event *
people(struct str room)
{
    struct event *item = event_new(ITEM_PERSON, none, str_of("bob"),
                                   str_of("\"tea\""), none);

    item->sender_id = SENDER_ACCOUNTS + 2;
    item->role = ROLE_MODERATOR;
    item->away = true;
    item->time_ms = made();
    return list(ANSWER_PEOPLE, room, item);
}

static struct event *
members(struct str room)
{
    struct event *item = event_new(ITEM_MEMBER, none, str_of("bob"), none,
                                   none);

    item->role = ROLE_MODERATOR;
    item->away = true;
    return list(ANSWER_MEMBERS, room, item);
}

static struct event *
bans(struct str room)
{
    struct event *item = event_new(ITEM_BAN, none, str_of("192.0.2.0/24"),
                                   str_of("\"noise\""), str_of("bob"));

    item->time_ms = made();
    item->expires_ms = made() + 60000;
    item->muted = true;
    return list(ANSWER_BANS, room, item);
}

static struct event *
room(struct str name)
{
    struct event *e = event_new(ANSWER_ROOM, name, str_of("alice"),
                                str_of("<topic>"), str_of("about \"it\""));

    e->settings = (struct room_settings){
        .privacy = ROOM_PRIVATE, .from_joining = true, .slow_ms = 10000,
        .keep_n = 1000,
    };
    e->role = ROLE_OWNER;
    e->count = 2;
    e->seq = 5;
    e->delivered = 1;
    e->time_ms = made();
    return e;
}

struct event *
play_managed(const struct command *cmd)
{
    switch (cmd->kind) {
    case COMMAND_LOGOUT:
    case COMMAND_PASSWORD:
    case COMMAND_UNREGISTER:
    case COMMAND_REVOKE:
    case COMMAND_INVITE:
    case COMMAND_REMOVE:
    case COMMAND_BAN:
    case COMMAND_UNBAN:
    case COMMAND_ROLE:
    case COMMAND_SET:
    case COMMAND_TOPIC:
    case COMMAND_CLOSE_ROOM:
        return done(0);
    case COMMAND_PART:
        return event_new(EVENT_UNSUBSCRIBED, cmd->target, none, none, none);
    case COMMAND_TOKEN:
        return done(8);
    case COMMAND_GROUP:
        return event_new(ANSWER_DONE, cmd->name, none, none, none);
    case COMMAND_DEVICES:
        return devices();
    case COMMAND_WHO:
        return people(cmd->target);
    case COMMAND_MEMBERS:
        return members(cmd->target);
    case COMMAND_BANS:
        return bans(cmd->target);
    case COMMAND_ROOM:
        return room(cmd->target);
    default:
        return NULL;
    }
}
