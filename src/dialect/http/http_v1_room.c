/* SPDX-License-Identifier: MIT
 *
 * One room: what it is and how it is kept, who belongs to it, who is kept out
 * of it. /v1/rooms/ROOM/... */
#include "base/duration.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_query.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_text_wire.h"
#include "dialect/http/http_v1.h"
#include "dialect/http/http_words.h"

#include <stdio.h>

static const struct str none = {NULL, 0};

/* --- What it is ---------------------------------------------------------- */

static struct command *
ask_room(struct conn *c, struct http_v1 *v)
{
    (void)v;
    return http_v1_room_command(c, COMMAND_ROOM, none, none);
}

static void
put_keep(struct json *j, const struct room_settings *s)
{
    char text[DURATION_CHARS] = "forever";

    if (s->keep_ms > 0)
        duration_write(s->keep_ms, text);
    else if (s->keep_n > 0)
        snprintf(text, sizeof text, "%llu", (unsigned long long)s->keep_n);
    json_text(j, "keep", str_of(text));
}

/* In the words that PATCH takes. */
static void
put_settings(struct json *j, const struct event *e)
{
    const struct room_settings *s = &e->settings;
    char slow[DURATION_CHARS] = "off";

    if (s->slow_ms > 0)
        duration_write(s->slow_ms, slow);
    json_text(j, "topic", e->text);
    json_text(j, "description", e->extra);
    json_text(j, "privacy", str_of(http_privacy_word(s->privacy)));
    json_text(j, "history", str_of(s->from_joining ? "joined" : "all"));
    json_text(j, "slow", str_of(slow));
    put_keep(j, s);
}

static void
tell_room(struct conn *c, struct http_v1 *v, const struct event *e)
{
    struct buf b;
    struct json j;

    (void)v;
    buf_init(&b, HTTP_BODY_MAX);
    json_open(&j, &b);
    json_text(&j, "room", e->room_name);
    put_settings(&j, e);
    if (e->name.n > 0)
        json_text(&j, "owner", e->name);
    json_text(&j, "role", str_of(http_role_word(e->role)));
    json_bool(&j, "muted", e->muted);
    json_number(&j, "present", e->count);
    json_number(&j, "seq", (long long)e->seq);
    json_number(&j, "first", (long long)e->delivered);
    http_v1_put_time(&j, "made", e->time_ms);
    must(json_close(&j) == 0);
    http_v1_send(c, 200, &b);
}

const struct http_v1_verb http_v1_room = {
    HTTP_V1(NEED_READER), NULL, ask_room, tell_room, false,
};

static struct command *
ask_close(struct conn *c, struct http_v1 *v)
{
    (void)v;
    return http_v1_room_command(c, COMMAND_CLOSE_ROOM, none, none);
}

const struct http_v1_verb http_v1_close_room = {
    HTTP_V1(NEED_ACCOUNT), NULL, ask_close, NULL, false,
};

/* --- Coming and going ---------------------------------------------------- */

static struct command *
ask_join(struct conn *c, struct http_v1 *v)
{
    (void)v;
    return http_v1_room_command(c, COMMAND_JOIN, none, none);
}

static void
tell_join(struct conn *c, struct http_v1 *v, const struct event *e)
{
    struct buf b;
    struct json j;

    (void)v;
    buf_init(&b, HTTP_BODY_MAX);
    json_open(&j, &b);
    json_text(&j, "room", e->room_name);
    json_text(&j, "topic", e->text);
    json_number(&j, "present", e->count);
    json_number(&j, "seq", (long long)e->seq);
    must(json_close(&j) == 0);
    http_v1_send(c, 200, &b);
}

/* The session hears the room from then on, and this connection has no use for
 * that; the account belongs to it all the same when the session is over. */
const struct http_v1_verb http_v1_join = {
    HTTP_V1(NEED_ACCOUNT), NULL, ask_join, tell_join, true,
};

static struct command *
ask_part(struct conn *c, struct http_v1 *v)
{
    (void)v;
    return http_v1_room_command(c, COMMAND_PART, none, none);
}

const struct http_v1_verb http_v1_part = {
    HTTP_V1(NEED_ACCOUNT), NULL, ask_part, NULL, false,
};

static const struct http_v1_member invite_members[] = {
    {"name", HTTP_V1_LINE, true, LIMIT_NAME_BYTES},
    {0},
};

static struct command *
ask_invite(struct conn *c, struct http_v1 *v)
{
    return http_v1_room_command(c, COMMAND_INVITE, http_v1_text(v, "name"),
                                none);
}

const struct http_v1_verb http_v1_invite = {
    HTTP_V1(NEED_NAME), invite_members, ask_invite, NULL, false,
};

/* --- Members ------------------------------------------------------------- */

static const struct http_v1_member role_members[] = {
    {"role", HTTP_V1_LINE, true, LIMIT_NAME_BYTES},
    {0},
};

static struct command *
ask_role(struct conn *c, struct http_v1 *v)
{
    struct command *cmd;
    enum room_role role;
    struct str name;

    if (!http_role_read(http_v1_text(v, "role"), &role))
        return http_v1_refuse(c, "A role is none, member, moderator or owner");
    if (!http_v1_path_name(c, &name))
        return NULL;
    cmd = http_v1_room_command(c, COMMAND_ROLE, name, none);
    cmd->role = role;
    return cmd;
}

const struct http_v1_verb http_v1_role = {
    HTTP_V1(NEED_ACCOUNT), role_members, ask_role, NULL, false,
};

/* A value of the query; false: answered. */
static bool
query_line(struct conn *c, const char *key, size_t most, struct buf *ret)
{
    enum http_found found;

    buf_init(ret, most);
    found = http_query_find(ret, http_x(c)->r.query, key);
    if (found != HTTP_MALFORMED &&
        utf8_is_clean(buf_str(ret), UTF8_ONE_LINE))
        return true;
    buf_done(ret);
    http_fail(c, 400, "bad_request", "That query makes no sense");
    return false;
}

static struct command *
ask_remove(struct conn *c, struct http_v1 *v)
{
    struct command *cmd;
    struct buf reason;
    struct str name;

    (void)v;
    if (!http_v1_path_name(c, &name) ||
        !query_line(c, "reason", LIMIT_REASON_BYTES, &reason))
        return NULL;
    cmd = http_v1_room_command(c, COMMAND_REMOVE, name, buf_str(&reason));
    buf_done(&reason);
    return cmd;
}

const struct http_v1_verb http_v1_remove = {
    HTTP_V1(NEED_NAME), NULL, ask_remove, NULL, false,
};

/* --- Bans ---------------------------------------------------------------- */

static const struct http_v1_member ban_members[] = {
    {"name", HTTP_V1_LINE, false, LIMIT_NAME_BYTES},
    {"range", HTTP_V1_LINE, false, LIMIT_NAME_BYTES + LIMIT_NAME_BYTES},
    {"reason", HTTP_V1_LINE, false, LIMIT_REASON_BYTES},
    {"for", HTTP_V1_SPAN, false, 0},
    {"until", HTTP_V1_TIME, false, 0},
    {"mute", HTTP_V1_BOOL, false, 0},
    {0},
};

static struct command *
ask_ban(struct conn *c, struct http_v1 *v)
{
    struct str name = http_v1_text(v, "name");
    struct str range = http_v1_text(v, "range");
    struct command *cmd;
    int64_t until_ms;

    if ((name.n == 0) == (range.n == 0))
        return http_v1_refuse(c, "Either a name or a range");
    if (!http_v1_until(c, v, "until", "for", &until_ms))
        return NULL;
    cmd = http_v1_room_command(c, COMMAND_BAN, name.n > 0 ? name : range,
                               http_v1_text(v, "reason"));
    cmd->until_ms = until_ms;
    cmd->mute = http_v1_bool(v, "mute");
    return cmd;
}

const struct http_v1_verb http_v1_ban = {
    HTTP_V1(NEED_NAME), ban_members, ask_ban, NULL, false,
};

static struct command *
unban_command(struct conn *c, struct str subject)
{
    struct command *cmd;
    bool mute;

    if (!http_query_flag(c, "mute", &mute))
        return NULL;
    cmd = http_v1_room_command(c, COMMAND_UNBAN, subject, none);
    cmd->mute = mute;
    return cmd;
}

static struct command *
ask_unban(struct conn *c, struct http_v1 *v)
{
    struct str name;

    (void)v;
    return http_v1_path_name(c, &name) ? unban_command(c, name) : NULL;
}

const struct http_v1_verb http_v1_unban = {
    HTTP_V1(NEED_NAME), NULL, ask_unban, NULL, false,
};

/* A range has a slash, which no segment of a path may have. */
static struct command *
ask_unban_range(struct conn *c, struct http_v1 *v)
{
    struct command *cmd;
    struct buf range;

    (void)v;
    if (!query_line(c, "range", 2 * LIMIT_NAME_BYTES, &range))
        return NULL;
    cmd = range.n > 0 ? unban_command(c, buf_str(&range))
                      : http_v1_refuse(c, "Say which range");
    buf_done(&range);
    return cmd;
}

const struct http_v1_verb http_v1_unban_range = {
    HTTP_V1(NEED_NAME), NULL, ask_unban_range, NULL, false,
};

/* --- Groups -------------------------------------------------------------- */

static const struct http_v1_member group_members[] = {
    {"names", HTTP_V1_WORDS, true, LIMIT_GROUP},
    {0},
};

/* A name that nobody can guess, since nobody has to type it. */
static struct command *
ask_group(struct conn *c, struct http_v1 *v)
{
    struct command *cmd;
    struct buf names;
    char room[32];

    (void)c;
    buf_init(&names, HTTP_V1_BODY_BYTES);
    http_v1_words(v, "names", &names);
    snprintf(room, sizeof room, "#group-%016llx",
             (unsigned long long)rand_u64());
    cmd = command_new(COMMAND_GROUP, none, str_of(room), buf_str(&names));
    buf_done(&names);
    return cmd;
}

static void
tell_group(struct conn *c, struct http_v1 *v, const struct event *e)
{
    struct buf b;
    struct json j;

    (void)v;
    buf_init(&b, HTTP_BODY_MAX);
    json_open(&j, &b);
    json_text(&j, "room", e->room_name);
    must(json_close(&j) == 0);
    http_v1_send(c, 201, &b);
}

const struct http_v1_verb http_v1_group = {
    HTTP_V1(NEED_ACCOUNT), group_members, ask_group, tell_group, false,
};
