/* SPDX-License-Identifier: MIT */
#include "dialect/line/line_play_rights.h"

#include <inttypes.h>

static const struct str nothing = {NULL, 0};

/* --- answers --- */

void
line_play_set_items(struct event *e, struct event *const *items, size_t n)
{
    struct event **copy = must_alloc(n * sizeof *copy);

    memcpy(copy, items, n * sizeof *copy);
    event_set_items(e, copy, n);
    e->count = (uint32_t)n;
}

static struct event *
listed(enum event_kind kind, struct str where, struct event *const *items,
       size_t n)
{
    struct event *e = event_new(kind, where, nothing, nothing, nothing);

    line_play_set_items(e, items, n);
    return e;
}

struct event *
line_play_devices(const struct conn *c, const struct command *cmd)
{
    struct event *items[] = {
        event_new(ITEM_DEVICE, nothing, str_of("laptop"),
                  str_of("read post files manage"), nothing),
        event_new(ITEM_DEVICE, str_of("#ops"), str_of("bot"),
                  str_of("read post"), nothing),
    };

    (void)c;
    items[0]->token = 12;
    items[0]->away = true;
    items[0]->time_ms = items[0]->seen_ms = 1795228289000;
    items[1]->token = 3;
    items[1]->time_ms = 1795228289000;
    items[1]->expires_ms = 1795314689000;
    return listed(ANSWER_DEVICES, cmd->target, items, 2);
}

struct event *
line_play_bans(const struct conn *c, const struct command *cmd)
{
    struct event *items[] = {
        event_new(ITEM_BAN, nothing, str_of("mallory"), str_of("spam"),
                  str_of("alice")),
        event_new(ITEM_BAN, nothing, str_of("192.0.2.0/24"), nothing, nothing),
    };

    (void)c;
    items[0]->muted = true;
    items[0]->time_ms = 1795228289000;
    items[1]->expires_ms = 1795314689000;
    return listed(ANSWER_BANS, cmd->target, items, 2);
}

struct event *
line_play_members(const struct conn *c, const struct command *cmd)
{
    struct event *items[] = {
        event_new(ITEM_MEMBER, nothing, str_of("alice"), nothing, nothing),
        event_new(ITEM_MEMBER, nothing, str_of("bob"), nothing, nothing),
        event_new(ITEM_MEMBER, nothing, str_of("carol"), nothing, nothing),
    };

    (void)c;
    items[0]->role = ROLE_OWNER;
    items[1]->role = ROLE_MODERATOR;
    items[1]->away = true;
    items[2]->role = ROLE_MEMBER;
    return listed(ANSWER_MEMBERS, cmd->target, items, 3);
}

struct event *
line_play_about_room(const struct conn *c, const struct command *cmd)
{
    struct event *e = event_new(ANSWER_ROOM, cmd->target, str_of("alice"),
                                str_of("tea"), str_of("for tea only"));

    (void)c;
    e->settings.privacy = ROOM_PRIVATE;
    e->settings.slow_ms = 10000;
    e->role = ROLE_MODERATOR;
    e->count = 2;
    e->seq = 812;
    e->time_ms = 1795228289000;
    return e;
}

/* --- writing it down --- */

static void
write_login(struct buf *b, const struct login *login)
{
    if (login->kind == LOGIN_TOKEN)
        line_play_add_field(b, str_of("(by token)"));
    if (login->password[0] != '\0')
        line_play_add_field(b, str_of("(by password)"));
    if (login->fresh[0] != '\0')
        line_play_add_field(b, str_of("(for another)"));
    line_play_add_field(b, str_of(login->device));
    if (login->scope != 0)
        must(buf_printf(b, " %u", login->scope) == 0);
}

void
line_play_write_rights(struct buf *b, const struct command *cmd)
{
    if (cmd->login)
        write_login(b, cmd->login);
    if (cmd->role != ROLE_NONE)
        must(buf_printf(b, " role %u", cmd->role) == 0);
    if (cmd->kind == COMMAND_SET)
        must(buf_printf(b, " setting %u", cmd->setting) == 0);
    if (cmd->kind == COMMAND_REVOKE)
        must(buf_printf(b, " %" PRIu64, cmd->token) == 0);
    if (cmd->mute)
        line_play_add_field(b, str_of("(mute)"));
    if (cmd->until_ms != 0)
        line_play_add_field(b, str_of("(for a time)"));
}
