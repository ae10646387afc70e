/* SPDX-License-Identifier: MIT */
#include "server/admin_write.h"
#include "auth/token.h"
#include "base/clock.h"
#include "hub/setting.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

static const struct str nothing;

/* ---- users ---- */

static struct command *
with_secret(const struct admin_request *r, enum command_kind kind,
            bool is_fresh, struct err *e)
{
    struct command *c;

    if (r->secret.n >= LOGIN_PASSWORD_BYTES
        || (r->secret.n > 0 && memchr(r->secret.p, 0, r->secret.n))) {
        err_set(e, EINVAL, "that password is too long");
        return NULL;
    }
    c = command_new_login(kind, nothing, r->args[0], nothing, LOGIN_PASSWORD);
    str_to_z(r->secret, is_fresh ? c->login->fresh : c->login->password,
             LOGIN_PASSWORD_BYTES);
    return c;
}

struct command *
admin_users_register(const struct admin_request *r,
                     char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    (void)shown;
    return with_secret(r, COMMAND_REGISTER, false, e);
}

struct command *
admin_users_password(const struct admin_request *r,
                     char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    (void)shown;
    return with_secret(r, COMMAND_PASSWORD, true, e);
}

struct command *
admin_users_delete(const struct admin_request *r,
                   char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    (void)shown;
    return with_secret(r, COMMAND_UNREGISTER, false, e);
}

struct command *
admin_users_disable(const struct admin_request *r,
                    char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    struct command *c = command_new(COMMAND_ACCOUNT, nothing, r->args[0],
                                    nothing);

    (void)shown, (void)e;
    c->away = true;
    return c;
}

struct command *
admin_users_enable(const struct admin_request *r,
                   char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    (void)shown, (void)e;
    return command_new(COMMAND_ACCOUNT, nothing, r->args[0], nothing);
}

/* ---- rooms ---- */

struct command *
admin_rooms_set(const struct admin_request *r, char shown[ADMIN_SHOWN_BYTES],
                struct err *e)
{
    enum setting setting;
    struct command *c;

    (void)shown;
    if (!setting_find(r->args[1], &setting)) {
        err_set(e, EINVAL, "a room has no setting \"%.*s\"",
                STR_FMT(r->args[1]));
        return NULL;
    }
    c = command_new(COMMAND_SET, r->args[0], nothing, r->rest);
    c->setting = setting;
    return c;
}

static bool
read_role(struct str word, enum room_role *ret)
{
    static const char *const words[] = {
        [ROLE_NONE] = "none", [ROLE_MEMBER] = "member",
        [ROLE_MODERATOR] = "moderator", [ROLE_OWNER] = "owner",
    };

    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_eq_nocase(word, str_of(words[i]))) {
            *ret = (enum room_role)i;
            return true;
        }
    }
    return false;
}

static struct command *
give_role(const struct admin_request *r, enum room_role role)
{
    struct command *c = command_new(COMMAND_ROLE, r->args[0], r->args[1],
                                    nothing);

    c->role = role;
    return c;
}

struct command *
admin_rooms_role(const struct admin_request *r, char shown[ADMIN_SHOWN_BYTES],
                 struct err *e)
{
    enum room_role role;

    (void)shown;
    if (read_role(r->args[2], &role))
        return give_role(r, role);
    err_set(e, EINVAL, "\"%.*s\" is no role", STR_FMT(r->args[2]));
    return NULL;
}

struct command *
admin_rooms_owner(const struct admin_request *r,
                  char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    (void)shown, (void)e;
    return give_role(r, ROLE_OWNER);
}

struct command *
admin_rooms_close(const struct admin_request *r,
                  char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    (void)shown, (void)e;
    return command_new(COMMAND_CLOSE_ROOM, r->args[0], nothing, nothing);
}

/* ---- bans ---- */

struct command *
admin_bans_add(const struct admin_request *r, char shown[ADMIN_SHOWN_BYTES],
               struct err *e)
{
    struct command *c = command_new(COMMAND_BAN, r->room, r->args[0], r->rest);

    (void)shown, (void)e;
    c->mute = r->mute;
    c->until_ms = r->for_ms ? clock_wall_ms() + r->for_ms : 0;
    return c;
}

struct command *
admin_bans_remove(const struct admin_request *r,
                  char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    struct command *c = command_new(COMMAND_UNBAN, r->room, r->args[0],
                                    nothing);

    (void)shown, (void)e;
    c->mute = r->mute;
    return c;
}

/* ---- tokens, invitations ---- */

struct command *
admin_tokens_revoke(const struct admin_request *r,
                    char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    struct command *c = command_new(COMMAND_REVOKE, nothing, r->args[0],
                                    nothing);

    (void)shown, (void)e;
    c->token = r->all ? 0 : r->number;
    return c;
}

struct command *
admin_invitations_create(const struct admin_request *r,
                         char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    struct command *c = command_new_login(COMMAND_CODE, nothing, nothing,
                                          nothing, LOGIN_PASSWORD);

    (void)e;
    token_make(TOKEN_INVITATION, shown, c->login->code_hash);
    c->login->uses = (uint32_t)r->uses;
    c->login->expires_ms = r->for_ms ? clock_wall_ms() + r->for_ms : 0;
    return c;
}

struct command *
admin_invitations_revoke(const struct admin_request *r,
                         char shown[ADMIN_SHOWN_BYTES], struct err *e)
{
    struct command *c;

    (void)shown;
    if (r->all) {
        err_set(e, EINVAL, "\"all\" is no invitation");
        return NULL;
    }
    c = command_new_login(COMMAND_CODE, nothing, nothing, nothing,
                          LOGIN_PASSWORD);
    c->token = r->number;
    return c;
}
