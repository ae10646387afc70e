/* SPDX-License-Identifier: MIT
 *
 * Accounts and their devices: /v1/register, login, logout, password, account,
 * me, devices. A token is made here, told once, and only its hash goes on. */
#include "base/clock.h"
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_v1.h"
#include "dialect/http/http_words.h"

static const struct str none = {NULL, 0};

enum {
    SECRET_MOST = LOGIN_PASSWORD_BYTES - 1,
    SCOPES = 4,
};

/* --- Logins -------------------------------------------------------------- */

static struct command *
login_command(const struct http_v1 *v, enum command_kind kind)
{
    struct command *cmd = command_new_login(kind, none,
                                            http_v1_text(v, "name"), none,
                                            LOGIN_PASSWORD);

    cmd->visit = true;
    str_to_z(http_v1_text(v, "password"), cmd->login->password,
             sizeof cmd->login->password);
    return cmd;
}

static void
add_device(struct http_v1 *v, struct command *cmd)
{
    struct str device = http_v1_text(v, "device");

    if (device.n == 0)
        return;
    str_to_z(device, cmd->login->device, sizeof cmd->login->device);
    token_make(TOKEN_DEVICE, v->token, cmd->login->device_hash);
    cmd->login->scope = SCOPE_ALL;
}

static void
put_device(struct json *j, const struct http_v1 *v, const struct event *e)
{
    if (v->token[0] == '\0')
        return;
    json_number(j, "id", (long long)e->token);
    json_text(j, "token", str_of(v->token));
}

static void
tell_welcome(struct conn *c, const struct http_v1 *v, const struct event *e,
             unsigned status)
{
    struct buf b;
    struct json j;

    buf_init(&b, HTTP_BODY_MAX);
    json_open(&j, &b);
    json_text(&j, "name", e->name);
    put_device(&j, v, e);
    must(json_close(&j) == 0);
    http_v1_send(c, status, &b);
}

static const struct http_v1_member register_members[] = {
    {"name", HTTP_V1_LINE, true, LIMIT_NAME_BYTES},
    {"password", HTTP_V1_SECRET, true, SECRET_MOST},
    {"invitation", HTTP_V1_SECRET, false, TOKEN_BYTES},
    {"device", HTTP_V1_LINE, false, LOGIN_DEVICE_BYTES},
    {0},
};

/* Whoever the connection was taken for is somebody else afterwards, so the
 * next request says again who it is. */
static struct command *
ask_register(struct conn *c, struct http_v1 *v)
{
    struct command *cmd = login_command(v, COMMAND_REGISTER);
    struct str code = http_v1_text(v, "invitation");

    if (code.n > 0 &&
        !token_read(TOKEN_INVITATION, code, cmd->login->code_hash)) {
        command_free(&cmd);
        http_deny(c, DENY_BAD_INVITATION, none);
        return NULL;
    }
    add_device(v, cmd);
    http_forget_who(c);
    return cmd;
}

static void
tell_register(struct conn *c, struct http_v1 *v, const struct event *e)
{
    tell_welcome(c, v, e, 201);
}

const struct http_v1_verb http_v1_register = {
    HTTP_V1(NEED_NOBODY), register_members, ask_register, tell_register,
    false,
};

static const struct http_v1_member login_members[] = {
    {"name", HTTP_V1_LINE, true, LIMIT_NAME_BYTES},
    {"password", HTTP_V1_SECRET, true, SECRET_MOST},
    {"device", HTTP_V1_LINE, true, LOGIN_DEVICE_BYTES},
    {0},
};

static struct command *
ask_login(struct conn *c, struct http_v1 *v)
{
    struct command *cmd;

    if (http_v1_text(v, "device").n == 0)
        return http_v1_refuse(c, "The device must have a name");
    cmd = login_command(v, COMMAND_LOGIN);
    add_device(v, cmd);
    http_forget_who(c);
    return cmd;
}

static void
tell_login(struct conn *c, struct http_v1 *v, const struct event *e)
{
    tell_welcome(c, v, e, 200);
}

const struct http_v1_verb http_v1_login = {
    HTTP_V1(NEED_NOBODY), login_members, ask_login, tell_login, false,
};

static struct command *
ask_logout(struct conn *c, struct http_v1 *v)
{
    (void)c;
    (void)v;
    return command_new(COMMAND_LOGOUT, none, none, none);
}

const struct http_v1_verb http_v1_logout = {
    HTTP_V1(NEED_ACCOUNT), NULL, ask_logout, NULL, true,
};

/* --- The account --------------------------------------------------------- */

static const struct http_v1_member password_members[] = {
    {"password", HTTP_V1_SECRET, true, SECRET_MOST},
    {"fresh", HTTP_V1_SECRET, true, SECRET_MOST},
    {0},
};

/* Who comes with the old one afterwards, on this connection too, is refused. */
static struct command *
ask_password(struct conn *c, struct http_v1 *v)
{
    struct command *cmd = login_command(v, COMMAND_PASSWORD);

    str_to_z(http_v1_text(v, "fresh"), cmd->login->fresh,
             sizeof cmd->login->fresh);
    http_forget_who(c);
    return cmd;
}

const struct http_v1_verb http_v1_password = {
    HTTP_V1(NEED_ACCOUNT), password_members, ask_password, NULL, false,
};

static const struct http_v1_member delete_members[] = {
    {"password", HTTP_V1_SECRET, true, SECRET_MOST},
    {0},
};

static struct command *
ask_delete(struct conn *c, struct http_v1 *v)
{
    (void)c;
    return login_command(v, COMMAND_UNREGISTER);
}

const struct http_v1_verb http_v1_delete_account = {
    HTTP_V1(NEED_ACCOUNT), delete_members, ask_delete, NULL, true,
};

/* What the core called them when it took the connection for them. */
static struct command *
ask_me(struct conn *c, struct http_v1 *v)
{
    const struct http *s = conn_state(c);
    struct buf b;
    struct json j;

    (void)v;
    buf_init(&b, HTTP_BODY_MAX);
    json_open(&j, &b);
    if (s->name[0] != '\0')
        json_text(&j, "name", str_of(s->name));
    json_bool(&j, "account", s->account);
    must(json_close(&j) == 0);
    http_v1_send(c, 200, &b);
    return NULL;
}

const struct http_v1_verb http_v1_me = {
    HTTP_V1(NEED_READER), NULL, ask_me, NULL, false,
};

/* --- Devices ------------------------------------------------------------- */

static struct command *
ask_devices(struct conn *c, struct http_v1 *v)
{
    (void)c;
    (void)v;
    return command_new(COMMAND_DEVICES, none, none, none);
}

/* "all" is written out: whoever reads it need not know what there is. */
static void
put_scope(struct json *j, struct str words)
{
    const char *comma = "";
    struct str word;

    if (str_eq(words, str_of("all")))
        words = str_of("read post files manage");
    json_key(j, "scope");
    http_put(j->out, "[");
    while ((word = str_word(&words)).n > 0) {
        http_put(j->out, comma);
        must(json_quoted(j->out, word) == 0);
        comma = ",";
    }
    http_put(j->out, "]");
}

static void
put_device_item(struct buf *b, const struct event *item)
{
    struct json j;

    json_open(&j, b);
    json_number(&j, "id", (long long)item->token);
    json_text(&j, "device", item->name);
    put_scope(&j, item->text);
    if (item->room_name.n > 0)
        json_text(&j, "room", item->room_name);
    http_v1_put_time(&j, "made", item->time_ms);
    http_v1_put_time(&j, "seen", item->seen_ms);
    http_v1_put_time(&j, "expires", item->expires_ms);
    json_bool(&j, "current", item->away);
    must(json_close(&j) == 0);
}

static void
tell_devices(struct conn *c, struct http_v1 *v, const struct event *e)
{
    (void)v;
    http_v1_send_items(c, "devices", e, put_device_item);
}

const struct http_v1_verb http_v1_devices = {
    HTTP_V1(NEED_ACCOUNT), NULL, ask_devices, tell_devices, false,
};

static const struct http_v1_member token_members[] = {
    {"device", HTTP_V1_LINE, true, LOGIN_DEVICE_BYTES},
    {"scope", HTTP_V1_WORDS, false, SCOPES},
    {"room", HTTP_V1_LINE, false, LIMIT_ROOM_BYTES},
    {"expires", HTTP_V1_TIME, false, 0},
    {"for", HTTP_V1_SPAN, false, 0},
    {0},
};

/* Left out: 0, the usual. */
static bool
read_scope(const struct http_v1 *v, uint8_t *ret)
{
    struct buf words;
    struct str rest, word;
    uint8_t all = 0, one = 0;
    bool fine = true;

    buf_init(&words, HTTP_V1_BODY_BYTES);
    http_v1_words(v, "scope", &words);
    rest = buf_str(&words);
    while (fine && (word = str_word(&rest)).n > 0) {
        fine = http_scope_read(word, &one);
        all |= one;
    }
    buf_done(&words);
    if (fine)
        *ret = all;
    return fine;
}

static struct command *
ask_token(struct conn *c, struct http_v1 *v)
{
    struct command *cmd;
    int64_t expires_ms;
    uint8_t scope;

    if (http_v1_text(v, "device").n == 0)
        return http_v1_refuse(c, "The device must have a name");
    if (!read_scope(v, &scope))
        return http_v1_refuse(c, "A scope is made of read, post, files, "
                                 "manage");
    if (!http_v1_until(c, v, "expires", "for", &expires_ms))
        return NULL;
    cmd = command_new_login(COMMAND_TOKEN, http_v1_text(v, "room"), none, none,
                            LOGIN_TOKEN);
    add_device(v, cmd);
    cmd->login->scope = scope;
    cmd->login->expires_ms = expires_ms;
    return cmd;
}

static void
tell_token(struct conn *c, struct http_v1 *v, const struct event *e)
{
    struct buf b;
    struct json j;

    buf_init(&b, HTTP_BODY_MAX);
    json_open(&j, &b);
    put_device(&j, v, e);
    must(json_close(&j) == 0);
    http_v1_send(c, 201, &b);
}

const struct http_v1_verb http_v1_token = {
    HTTP_V1(NEED_ACCOUNT), token_members, ask_token, tell_token, false,
};

static struct command *
revoke_command(uint64_t id)
{
    struct command *cmd = command_new(COMMAND_REVOKE, none, none, none);

    cmd->token = id;
    return cmd;
}

static struct command *
ask_revoke(struct conn *c, struct http_v1 *v)
{
    unsigned long long id;

    (void)v;
    if (!str_to_u64(http_x(c)->word, INT64_MAX, &id) || id == 0) {
        http_deny(c, DENY_NO_SUCH_DEVICE, none);
        return NULL;
    }
    return revoke_command(id);
}

const struct http_v1_verb http_v1_revoke = {
    HTTP_V1(NEED_ACCOUNT), NULL, ask_revoke, NULL, false,
};

static struct command *
ask_revoke_others(struct conn *c, struct http_v1 *v)
{
    (void)c;
    (void)v;
    return revoke_command(0);
}

const struct http_v1_verb http_v1_revoke_others = {
    HTTP_V1(NEED_ACCOUNT), NULL, ask_revoke_others, NULL, false,
};
