/* SPDX-License-Identifier: MIT
 *
 * A direct room belongs to its two people and does not exist for anybody
 * else. In a channel it is the role that counts, and what the room demands for
 * the action; being banned and being muted take away from it. docs/access.md
 * has the table as people read it. */
#include "hub/access.h"
#include "base/must.h"

#include <inttypes.h>
#include <stdio.h>

/* What an action needs: a name, a role, a voice, a token's scope. */
static const struct need {
    uint8_t scope;
    bool name, voice;
    enum room_role role;          /* in a room that has an owner */
} needs[ACTIONS_N] = {
    [ACTION_SEE]      = {SCOPE_READ},
    [ACTION_JOIN]     = {SCOPE_READ},
    [ACTION_READ]     = {SCOPE_READ},
    [ACTION_POST]     = {SCOPE_POST, .name = true, .voice = true},
    [ACTION_SHARE]    = {SCOPE_FILES, .name = true, .voice = true},
    [ACTION_SIGNAL]   = {SCOPE_POST, .name = true, .voice = true},
    [ACTION_TOPIC]    = {SCOPE_MANAGE, .name = true, .voice = true,
                         .role = ROLE_MODERATOR},
    [ACTION_INVITE]   = {SCOPE_MANAGE, .name = true, .voice = true,
                         .role = ROLE_MODERATOR},
    [ACTION_MODERATE] = {SCOPE_MANAGE, .name = true,
                         .role = ROLE_MODERATOR},
    [ACTION_GOVERN]   = {SCOPE_MANAGE, .name = true, .role = ROLE_OWNER},
};

/* Without an owner a room is everybody's, but nobody's to rule. */
static enum room_role
needed_role(enum action action, const struct access_room *room)
{
    if (!room->owned && (action == ACTION_TOPIC || action == ACTION_INVITE))
        return ROLE_NONE;
    return needs[action].role;
}

static bool
is_peer(const struct access_who *who, const struct access_room *room)
{
    return who->sender_id != 0
        && (who->sender_id == room->peers[0]
            || who->sender_id == room->peers[1]);
}

void
access_write_key(const struct access_room *room,
                 char out[ACCESS_KEY_BYTES + 1])
{
    snprintf(out, ACCESS_KEY_BYTES + 1, "@%016" PRIx64 "+%016" PRIx64,
             room->peers[0], room->peers[1]);
}

bool
access_read_key(enum room_kind kind, struct str key, struct access_room *ret)
{
    uint64_t a = 0, b = 0;
    char text[ACCESS_KEY_BYTES + 1] = "";

    if (kind == ROOM_DIRECT) {
        if (key.n != ACCESS_KEY_BYTES)
            return false;
        memcpy(text, key.p, key.n);
        if (sscanf(text, "@%16" SCNx64 "+%16" SCNx64, &a, &b) != 2)
            return false;
    }
    *ret = (struct access_room){.kind = kind, .peers = {a, b}};
    return true;
}

/* May they be in it at all? Whom a hidden room does not want does not learn
 * that there is one. */
static enum deny
check_entrance(const struct access_room *room, const struct access_grant *g)
{
    bool inside = g->role != ROLE_NONE || g->invited;

    if (room->privacy == ROOM_HIDDEN && (!inside || g->banned))
        return DENY_NO_SUCH_ROOM;
    if (g->banned)
        return DENY_BANNED;
    if (room->privacy == ROOM_PRIVATE && !inside)
        return DENY_INVITE_ONLY;
    return DENY_NONE;
}

enum deny
access_check(const struct access_who *who, enum action action,
             const struct access_room *room, const struct access_grant *grant)
{
    static const struct access_grant nothing;
    const struct access_grant *g = grant ? grant : &nothing;
    const struct need *need = &needs[action];
    enum deny d;

    if (room->kind == ROOM_DIRECT && !is_peer(who, room))
        return DENY_NO_SUCH_ROOM;
    if (room->kind == ROOM_DIRECT && action >= ACTION_INVITE)
        return DENY_FORBIDDEN;
    d = room->kind == ROOM_DIRECT ? DENY_NONE : check_entrance(room, g);
    if (d != DENY_NONE)
        return d;
    if (!who->named && need->name)
        return DENY_NO_NAME;
    if (g->elsewhere || (who->lacks & need->scope) != 0)
        return DENY_FORBIDDEN;
    if (g->muted && need->voice)
        return DENY_MUTED;
    if (room->kind == ROOM_CHANNEL && g->role < needed_role(action, room))
        return DENY_FORBIDDEN;
    return DENY_NONE;
}

bool
access_outranks(enum room_role mine, enum room_role theirs)
{
    return mine > theirs && mine >= ROLE_MODERATOR;
}

const char *
deny_text(enum deny d)
{
    switch (d) {
#define DENY_TEXT(name, text) case DENY_##name: return text;
        DENY_TABLE(DENY_TEXT)
#undef DENY_TEXT
    }
    must(!"a refusal");
    return NULL;
}

const char *
deny_word(enum deny d)
{
    switch (d) {
    case DENY_NONE: return "none";
    case DENY_BAD_REQUEST: return "bad_request";
    case DENY_BAD_VERSION: return "bad_version";
    case DENY_NO_NAME: return "no_name";
    case DENY_BAD_NAME: return "bad_name";
    case DENY_NAME_TAKEN: return "name_taken";
    case DENY_BAD_ROOM: return "bad_room";
    case DENY_NO_SUCH_ROOM: return "no_such_room";
    case DENY_NO_SUCH_PERSON: return "no_such_person";
    case DENY_NOT_IN_ROOM: return "not_in_room";
    case DENY_TOO_MANY_ROOMS: return "too_many_rooms";
    case DENY_FORBIDDEN: return "forbidden";
    case DENY_EMPTY_MESSAGE: return "empty_message";
    case DENY_MESSAGE_TOO_LONG: return "message_too_long";
    case DENY_CLIENT_ID_CONFLICT: return "client_id_conflict";
    case DENY_STORAGE_FULL: return "storage_full";
    case DENY_STORAGE_BROKEN: return "storage_broken";
    case DENY_NO_SUCH_FILE: return "no_such_file";
    case DENY_FILE_TOO_LARGE: return "file_too_large";
    case DENY_NO_QUOTA: return "no_quota";
    case DENY_BAD_CHECKSUM: return "bad_checksum";
    case DENY_BAD_OFFSET: return "bad_offset";
    case DENY_OVERLOADED: return "overloaded";
    case DENY_NO_GUESTS: return "no_guests";
    case DENY_NO_ACCOUNT: return "no_account";
    case DENY_NAME_REGISTERED: return "name_registered";
    case DENY_BAD_CREDENTIALS: return "bad_credentials";
    case DENY_THROTTLED: return "throttled";
    case DENY_INSECURE: return "insecure";
    case DENY_WEAK_PASSWORD: return "weak_password";
    case DENY_REGISTRATION_CLOSED: return "registration_closed";
    case DENY_BAD_INVITATION: return "bad_invitation";
    case DENY_NO_SUCH_DEVICE: return "no_such_device";
    case DENY_INVITE_ONLY: return "invite_only";
    case DENY_BANNED: return "banned";
    case DENY_MUTED: return "muted";
    case DENY_TOO_FAST: return "too_fast";
    case DENY_NO_SUCH_BAN: return "no_such_ban";
    case DENY_STOPPING: return "stopping";
    }
    must(!"a refusal");
    return NULL;
}
