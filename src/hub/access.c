/* SPDX-License-Identifier: MIT
 *
 * The rules of the first release are short: a direct room belongs to its two
 * people and does not exist for anybody else; a channel is open, and whoever
 * has a name may speak. */
#include "hub/access.h"
#include "base/must.h"

#include <inttypes.h>
#include <stdio.h>

/* What one may do without a name. */
static bool
open_to_readers(enum action action)
{
    switch (action) {
    case ACTION_JOIN:
    case ACTION_READ:
    case ACTION_SEE:
        return true;
    case ACTION_POST:
    case ACTION_SHARE:
    case ACTION_TOPIC:
    case ACTION_SIGNAL:
        return false;
    }
    must(!"an action");
    return false;
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
    *ret = (struct access_room){kind, {a, b}};
    return true;
}

enum deny
access_check(const struct access_who *who, enum action action,
             const struct access_room *room)
{
    if (room->kind == ROOM_DIRECT && !is_peer(who, room))
        return DENY_NO_SUCH_ROOM;
    if (!who->named && !open_to_readers(action))
        return DENY_NO_NAME;
    return DENY_NONE;
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
    case DENY_STOPPING: return "stopping";
    }
    must(!"a refusal");
    return NULL;
}
