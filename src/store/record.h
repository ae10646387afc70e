/* SPDX-License-Identifier: MIT
 *
 * The records that are kept. Plain data: strings are borrowed, and whoever
 * fills a record in says for how long. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/file_id.h"
#include "base/str.h"
#include <stdint.h>

/* The client's own id of a post, 16 random bytes: what makes posting again
 * after a lost acknowledgement safe. All zero = none was given. */
struct client_id {
    uint8_t b[16];
};

static inline bool
client_id_given(const struct client_id *c)
{
    static const struct client_id none;
    return memcmp(c, &none, sizeof none) != 0;
}

#define FILE_SIZE_UNKNOWN UINT64_MAX

enum file_state {
    FILE_ARRIVING = 1,     /* reserved; its bytes come */
    FILE_WHOLE = 2,        /* on disk, and a message in its room */
};

/* What commands and events know of a file. */
struct file_facts {
    struct file_id id;
    struct file_id ticket; /* all zero: not told */
    uint64_t size;         /* or FILE_SIZE_UNKNOWN */
    uint8_t sha256[32];    /* once it is whole */
    enum file_state state;
    bool resumable;        /* its upload outlives the connection */
};

struct file_row {
    struct file_facts facts;
    uint64_t room;
    uint64_t owner_id;     /* the uploader's sender id */
    struct str owner;      /* the name they had then */
    struct str name;       /* a safe base name */
    uint64_t reserved;     /* bytes that count against the quotas */
    uint64_t seq;          /* of its message; 0 = none yet */
    int64_t created_ms;    /* when it was asked for; once whole, its message's
                              time */
    int64_t expires_ms;    /* an arriving one's end; 0 = never */
};

/* Who may come in, and who may know. The numbers are stored. */
enum room_privacy {
    ROOM_PUBLIC = 0,
    ROOM_PRIVATE = 1,      /* listed; only for those who were invited */
    ROOM_HIDDEN = 2,       /* and not even listed for others */
};

/* Rising; the numbers are stored. */
enum room_role {
    ROLE_NONE = 0,         /* a guest, or somebody who never joined */
    ROLE_MEMBER = 1,       /* an account that belongs to the room */
    ROLE_MODERATOR = 2,
    ROLE_OWNER = 3,        /* one per room, or none */
};

/* How a room is kept. All zero: as it was made. */
struct room_settings {
    enum room_privacy privacy;
    bool from_joining;     /* members see nothing from before they came */
    int64_t closed_ms;     /* since then, for good, and its name is free
                              again; 0 = it is not */
    int64_t slow_ms;       /* between two messages of one person; 0 = none */
    int64_t keep_ms;       /* messages and files go after that time; 0 = stay */
    uint64_t keep_n;       /* no more messages than that; 0 = all */
    uint64_t first_seq;    /* what was below is gone; 0 = nothing is */
    struct str description;
};

enum room_kind {
    ROOM_CHANNEL = 1,      /* has a name that starts with '#' */
    ROOM_DIRECT = 2,       /* two people; its key holds their sender ids */
};

struct room_row {
    uint64_t id;           /* from 1, never reused */
    enum room_kind kind;
    struct str name;       /* as shown */
    struct str key;        /* unique */
    struct str topic;
    uint64_t last_seq;     /* 0 = nothing said yet */
    int64_t created_ms;
    struct room_settings settings;
};

/* An account, for ever: a deleted one keeps its name from others. */
enum account_state { ACCOUNT_ACTIVE = 1, ACCOUNT_DISABLED = 2,
                     ACCOUNT_DELETED = 3 };

#define PASSWORD_HASH_BYTES 128    /* Argon2id's text form, with its NUL */

struct account_row {
    uint64_t id;           /* from 1, never reused */
    struct str name;       /* as shown */
    struct str key;        /* unique (auth/name.h) */
    struct str pwhash;     /* "": no password fits */
    enum account_state state;
    int64_t created_ms;
    uint64_t invited_by;   /* an account; 0 = nobody */
};

/* Something that logs in by a token: a device of a person, or a bot. Only the
 * token's SHA-256 is kept. */
struct device_row {
    uint64_t id;           /* from 1, never reused */
    uint64_t account;
    struct str name;
    uint8_t token_hash[32];
    uint64_t room;         /* only there; 0 = everywhere */
    uint8_t scope;         /* enum scope (hub/access.h), or-ed */
    int64_t created_ms, seen_ms;
    int64_t expires_ms;    /* 0 = never */
};

/* An invitation to register: only the code's SHA-256 is kept. */
struct invitation_row {
    uint64_t id;
    uint8_t code_hash[32];
    uint64_t by;           /* an account; 0 = the operator */
    uint32_t uses_left;
    int64_t created_ms, expires_ms;
};

/* An account in a room: it stays when its connections go. */
struct member_row {
    uint64_t room;
    uint64_t sender_id;
    enum room_role role;
    uint64_t from_seq;     /* it may see what comes after this */
    uint64_t read_seq;
};

/* A direct room as one of its two has it. */
struct direct_row {
    uint64_t room;
    uint64_t last_seq, read_seq;
    int64_t last_ms;       /* of the newest message */
};

#define DIRECT_UNREAD_MAX 100

/* Somebody is kept out, or silent: an account or a guest by sender id, or a
 * range of addresses. */
enum restriction_kind { RESTRICTION_BAN = 1, RESTRICTION_MUTE = 2 };

struct restriction_row {
    uint64_t id;           /* from 1, never reused */
    enum restriction_kind kind;
    uint64_t room;         /* 0 = the whole server (only bans) */
    uint64_t sender_id;    /* or 0, and then: */
    uint8_t address[16];   /* IPv4 mapped into IPv6 */
    uint8_t prefix;        /* bits of it that count, 0 to 128 */
    struct str subject;    /* as it is shown: a name, or "192.0.2.0/24" */
    struct str reason;
    struct str by;         /* the name of who did it */
    int64_t created_ms;
    int64_t expires_ms;    /* 0 = never */
};

/* What was done to whom by whom: written with the deed, never changed. */
struct audit_row {
    uint64_t id;
    int64_t time_ms;
    struct str actor;      /* a name, or "(operator)" */
    struct str action;     /* "room.ban", "account.password": a table's word */
    struct str target;     /* a name, a room, or both */
    struct str detail;     /* never a secret */
};

enum message_kind {
    MESSAGE_TEXT = 1,
    MESSAGE_ACTION = 2,    /* /me */
    MESSAGE_TOPIC = 3,     /* the body is the room's new topic */
    MESSAGE_FILE = 4,      /* the body is an attachment (hub/attachment.h) */
};

struct message {
    uint64_t room;
    uint64_t seq;          /* dense per room, from 1 */
    int64_t time_ms;       /* wall clock, never smaller than the one before */
    uint64_t sender_id;    /* below 2^63, never 0: who, across reconnections */
    struct str sender;     /* the name they had then */
    enum message_kind kind;
    struct client_id cid;
    struct str body;
};

#endif
