/* SPDX-License-Identifier: MIT
 *
 * Who is here, and what there is: /v1, people, members, bans. */
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_routes.h"
#include "dialect/http/http_v1.h"
#include "dialect/http/http_words.h"

static const struct str none = {NULL, 0};

/* --- The verbs themselves ------------------------------------------------ */

static struct command *
ask_routes(struct conn *c, struct http_v1 *v)
{
    struct buf b;

    (void)v;
    buf_init(&b, HTTP_BODY_MAX);
    http_routes_put(&b);
    http_v1_send(c, 200, &b);
    return NULL;
}

const struct http_v1_verb http_v1_routes = {
    HTTP_V1(NEED_NOBODY), NULL, ask_routes, NULL, false,
};

/* --- People -------------------------------------------------------------- */

static struct command *
ask_people(struct conn *c, struct http_v1 *v)
{
    (void)v;
    return http_v1_room_command(c, COMMAND_WHO, none, none);
}

static void
put_person(struct buf *b, const struct event *item)
{
    struct json j;

    json_open(&j, b);
    json_text(&j, "name", item->name);
    json_bool(&j, "account", sender_is_account(item->sender_id));
    json_text(&j, "role", str_of(http_role_word(item->role)));
    json_bool(&j, "muted", item->muted);
    json_bool(&j, "away", item->away);
    if (item->away)
        json_text(&j, "text", item->text);
    http_v1_put_time(&j, "active", item->time_ms);
    must(json_close(&j) == 0);
}

static void
tell_people(struct conn *c, struct http_v1 *v, const struct event *e)
{
    struct buf b;
    struct json j;

    (void)v;
    buf_init(&b, HTTP_BODY_MAX);
    json_open(&j, &b);
    if (e->room_name.n > 0)
        json_text(&j, "room", e->room_name);
    http_v1_put_items(&j, "people", e, put_person);
    json_number(&j, "count", e->count);
    json_bool(&j, "more", e->more);
    must(json_close(&j) == 0);
    http_v1_send(c, 200, &b);
}

const struct http_v1_verb http_v1_people = {
    HTTP_V1(NEED_READER), NULL, ask_people, tell_people, false,
};

/* --- Members ------------------------------------------------------------- */

static struct command *
ask_members(struct conn *c, struct http_v1 *v)
{
    (void)v;
    return http_v1_room_command(c, COMMAND_MEMBERS, none, none);
}

static void
put_member(struct buf *b, const struct event *item)
{
    struct json j;

    json_open(&j, b);
    json_text(&j, "name", item->name);
    json_text(&j, "role", str_of(http_role_word(item->role)));
    json_bool(&j, "present", !item->away);
    must(json_close(&j) == 0);
}

static void
tell_members(struct conn *c, struct http_v1 *v, const struct event *e)
{
    (void)v;
    http_v1_send_items(c, "members", e, put_member);
}

const struct http_v1_verb http_v1_members = {
    HTTP_V1(NEED_READER), NULL, ask_members, tell_members, false,
};

/* --- Bans ---------------------------------------------------------------- */

static struct command *
ask_bans(struct conn *c, struct http_v1 *v)
{
    (void)v;
    return http_v1_room_command(c, COMMAND_BANS, none, none);
}

static void
put_ban(struct buf *b, const struct event *item)
{
    struct json j;

    json_open(&j, b);
    json_text(&j, "subject", item->name);
    json_bool(&j, "mute", item->muted);
    json_text(&j, "reason", item->text);
    json_text(&j, "by", item->extra);
    http_v1_put_time(&j, "made", item->time_ms);
    http_v1_put_time(&j, "until", item->expires_ms);
    must(json_close(&j) == 0);
}

static void
tell_bans(struct conn *c, struct http_v1 *v, const struct event *e)
{
    (void)v;
    http_v1_send_items(c, "bans", e, put_ban);
}

const struct http_v1_verb http_v1_bans = {
    HTTP_V1(NEED_NAME), NULL, ask_bans, tell_bans, false,
};
