/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_ask.h"

/* The body of a request, on the stack, and the request around it. */
#define BODY(type, INIT) Loquat__V1__##type body = LOQUAT__V1__##INIT##__INIT; \
    Envelope e = LOQUAT__V1__ENVELOPE__INIT
#define SAY(link, CASE, field) \
    (e.body_case = ENVELOPE_BODY(CASE), e.field = &body, \
     link_request((link), &e))

uint64_t
cli_ask_login(struct link *l, const char *name, const char *password,
              const char *device)
{
    BODY(Login, LOGIN);

    body.name = (char *)name;
    body.password = (char *)password;
    body.device = (char *)device;
    return SAY(l, LOGIN, login);
}

uint64_t
cli_ask_register(struct link *l, const char *name, const char *password,
                 const char *device)
{
    BODY(Register, REGISTER);

    body.name = (char *)name;
    body.password = (char *)password;
    body.device = (char *)device;
    return SAY(l, REGISTER, register_);
}

uint64_t
cli_ask_logout(struct link *l)
{
    BODY(Logout, LOGOUT);

    return SAY(l, LOGOUT, logout);
}

uint64_t
cli_ask_password(struct link *l, const char *password, const char *fresh)
{
    BODY(SetPassword, SET_PASSWORD);

    body.password = (char *)password;
    body.fresh = (char *)fresh;
    return SAY(l, SET_PASSWORD, set_password);
}

uint64_t
cli_ask_unregister(struct link *l, const char *password)
{
    BODY(Unregister, UNREGISTER);

    body.password = (char *)password;
    return SAY(l, UNREGISTER, unregister);
}

uint64_t
cli_ask_devices(struct link *l)
{
    BODY(GetDevices, GET_DEVICES);

    return SAY(l, GET_DEVICES, get_devices);
}

uint64_t
cli_ask_revoke(struct link *l, uint64_t id)
{
    BODY(RevokeDevice, REVOKE_DEVICE);

    body.id = id;
    return SAY(l, REVOKE_DEVICE, revoke_device);
}

uint64_t
cli_ask_token(struct link *l, const char *device, const char *room,
              const char *scope, int64_t expires_ms)
{
    BODY(MakeToken, MAKE_TOKEN);

    body.device = (char *)device;
    body.room = (char *)room;
    body.scope = (char *)scope;
    body.expires_ms = expires_ms;
    return SAY(l, MAKE_TOKEN, make_token);
}

uint64_t
cli_ask_invite(struct link *l, const char *target, const char *name)
{
    BODY(Invite, INVITE);

    body.target = (char *)target;
    body.name = (char *)name;
    return SAY(l, INVITE, invite);
}

uint64_t
cli_ask_remove(struct link *l, const char *target, const char *name,
               const char *reason)
{
    BODY(Remove, REMOVE);

    body.target = (char *)target;
    body.name = (char *)name;
    body.reason = (char *)reason;
    return SAY(l, REMOVE, remove);
}

uint64_t
cli_ask_ban(struct link *l, const struct cli_ban *ban)
{
    BODY(Ban, BAN);

    body.target = (char *)ban->target;
    body.name = (char *)ban->name;
    body.reason = (char *)ban->reason;
    body.until_ms = ban->until_ms;
    body.mute = ban->mute;
    return SAY(l, BAN, ban);
}

uint64_t
cli_ask_unban(struct link *l, const struct cli_ban *ban)
{
    BODY(Unban, UNBAN);

    body.target = (char *)ban->target;
    body.name = (char *)ban->name;
    body.mute = ban->mute;
    return SAY(l, UNBAN, unban);
}

uint64_t
cli_ask_bans(struct link *l, const char *target)
{
    BODY(GetBans, GET_BANS);

    body.target = (char *)target;
    return SAY(l, GET_BANS, get_bans);
}

uint64_t
cli_ask_role(struct link *l, const char *target, const char *name,
             Loquat__V1__Role role)
{
    BODY(SetRole, SET_ROLE);

    body.target = (char *)target;
    body.name = (char *)name;
    body.role = role;
    return SAY(l, SET_ROLE, set_role);
}

uint64_t
cli_ask_members(struct link *l, const char *target)
{
    BODY(GetMembers, GET_MEMBERS);

    body.target = (char *)target;
    return SAY(l, GET_MEMBERS, get_members);
}

uint64_t
cli_ask_room(struct link *l, const char *target)
{
    BODY(GetRoom, GET_ROOM);

    body.target = (char *)target;
    return SAY(l, GET_ROOM, get_room);
}

uint64_t
cli_ask_set(struct link *l, const char *target, const char *setting,
            const char *value)
{
    BODY(SetRoom, SET_ROOM);

    body.target = (char *)target;
    body.setting = (char *)setting;
    body.value = (char *)value;
    return SAY(l, SET_ROOM, set_room);
}

uint64_t
cli_ask_close(struct link *l, const char *target)
{
    BODY(CloseRoom, CLOSE_ROOM);

    body.target = (char *)target;
    return SAY(l, CLOSE_ROOM, close_room);
}

uint64_t
cli_ask_group(struct link *l, char **names, size_t n)
{
    BODY(MakeGroup, MAKE_GROUP);

    body.names = names;
    body.n_names = n;
    return SAY(l, MAKE_GROUP, make_group);
}
