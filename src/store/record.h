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
