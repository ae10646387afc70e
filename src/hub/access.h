/* SPDX-License-Identifier: MIT
 *
 * The one decision: may this person do this in this room? A pure function
 * over plain data, so that the core, the readers and every worker ask the
 * same question, at the moment of deciding and again at delivery. And the one
 * list of the ways in which loquat says no. */
#ifndef HUB_ACCESS_H
#define HUB_ACCESS_H

#include "store/record.h"

/*  name, sentence for a person */
#define DENY_TABLE(X) \
    X(NONE,               "fine") \
    X(BAD_REQUEST,        "That request makes no sense") \
    X(BAD_VERSION,        "This server does not speak that version") \
    X(NO_NAME,            "Only people with a name may do that") \
    X(BAD_NAME,           "That name cannot be used") \
    X(NAME_TAKEN,         "That name is already taken") \
    X(BAD_ROOM,           "That is not a room's name") \
    X(NO_SUCH_ROOM,       "There is no such room") \
    X(NO_SUCH_PERSON,     "There is nobody of that name here") \
    X(NOT_IN_ROOM,        "You are not in that room") \
    X(TOO_MANY_ROOMS,     "You are in too many rooms") \
    X(FORBIDDEN,          "You may not do that here") \
    X(EMPTY_MESSAGE,      "There is nothing to say in that message") \
    X(MESSAGE_TOO_LONG,   "That message is too long") \
    X(CLIENT_ID_CONFLICT, "That client id was used for another message") \
    X(STORAGE_FULL, \
      "The server's disk is full: not stored, try again later") \
    X(STORAGE_BROKEN, \
      "The server's disk failed: unknown whether stored, send it again") \
    X(NO_SUCH_FILE,       "There is no such file") \
    X(FILE_TOO_LARGE,     "That file is larger than this server takes") \
    X(NO_QUOTA,           "There is no room left for more files") \
    X(BAD_CHECKSUM,       "The bytes do not have that checksum") \
    X(BAD_OFFSET,         "The file does not go on there") \
    X(OVERLOADED, \
      "The server cannot do that just now, try again later") \
    X(NO_GUESTS,          "This server is for people with an account") \
    X(NO_ACCOUNT,         "Only people with an account may do that") \
    X(NAME_REGISTERED,    "That name belongs to an account, log in to use it") \
    X(BAD_CREDENTIALS,    "That name and that secret do not belong together") \
    X(THROTTLED,          "Too many wrong passwords, try again later") \
    X(INSECURE, \
      "Secrets are only taken over an encrypted connection") \
    X(WEAK_PASSWORD,      "That password cannot be used") \
    X(REGISTRATION_CLOSED,"New accounts are not made here") \
    X(BAD_INVITATION,     "That invitation is not, or no longer, good") \
    X(NO_SUCH_DEVICE,     "There is no such device or token") \
    X(INVITE_ONLY,        "That room is for those who were invited") \
    X(BANNED,             "You are banned there") \
    X(MUTED,              "You may not speak there") \
    X(TOO_FAST,           "That room is in slow mode") \
    X(NO_SUCH_BAN,        "There is no such ban") \
    X(STOPPING,           "The server is shutting down")

enum deny {
#define DENY_ENUM(name, text) DENY_##name,
    DENY_TABLE(DENY_ENUM)
#undef DENY_ENUM
};

const char *deny_text(enum deny d);    /* the sentence, without its period */
const char *deny_word(enum deny d);    /* "name_taken", for logs and --json */

enum action {
    ACTION_SEE,        /* who is in it, that it exists */
    ACTION_JOIN,       /* be in the room and hear it */
    ACTION_READ,       /* its messages and files, live or from the log */
    ACTION_POST,
    ACTION_SHARE,      /* upload a file into it */
    ACTION_SIGNAL,     /* typing, cursors */
    ACTION_TOPIC,
    ACTION_INVITE,
    ACTION_MODERATE,   /* remove, ban, mute, and see who is; slow mode,
                          description */
    ACTION_GOVERN,     /* roles, privacy, history, retention, name, close */
};

#define ACTIONS_N (ACTION_GOVERN + 1)

/* What a token lets its bearer do at most; a person may everything. */
enum scope {
    SCOPE_READ = 1,    /* SEE, JOIN, READ */
    SCOPE_POST = 2,    /* POST, SIGNAL */
    SCOPE_FILES = 4,   /* SHARE; to fetch is to READ */
    SCOPE_MANAGE = 8,  /* the rest, and the account itself */
    SCOPE_USUAL = 7,   /* of a token, unless more or less is asked for */
    SCOPE_ALL = 15,
};

/* Packed, so that a receiver's other small fields lie beside it. */
struct access_who {
    uint64_t sender_id;     /* 0 = nobody yet */
    bool named : 1;         /* false: a reader without a name */
    uint8_t lacks : 4;      /* scopes that their token has not; enum scope */
} __attribute__((packed));

struct access_room {
    enum room_kind kind;
    uint64_t peers[2];      /* a direct room's two people */
    enum room_privacy privacy;
    bool owned;             /* somebody is its owner */
};

/* What one person is in one room. All zero: nothing in particular. */
struct access_grant {
    uint8_t role;           /* enum room_role */
    bool invited : 1;       /* may come in although it is not public */
    bool muted : 1;
    bool banned : 1;
    bool elsewhere : 1;     /* their token is for another room */
};

/* A direct room's key: '@', its two sender ids as 16 hexadecimal digits each,
 * the smaller one first, a '+' between them. */
#define ACCESS_KEY_BYTES 34

void access_write_key(const struct access_room *room,
                      char out[ACCESS_KEY_BYTES + 1]);

/* What a stored room's kind and key say. False: a direct room's key is none. */
bool access_read_key(enum room_kind kind, struct str key,
                     struct access_room *ret);

/* NULL grant: nothing in particular. A direct room needs none. */
enum deny access_check(const struct access_who *who, enum action action,
                       const struct access_room *room,
                       const struct access_grant *grant);

/* May somebody of that role do something to one of the other? Only down. */
bool access_outranks(enum room_role mine, enum room_role theirs);

/* An account's sender id is SENDER_ACCOUNTS + its number; no guest has one of
 * those. */
#define SENDER_ACCOUNTS (UINT64_C(1) << 62)
#define SENDER_ACCOUNTS_MAX (UINT64_C(1) << 40)

static inline bool
sender_is_account(uint64_t sender_id)
{
    return sender_id >= SENDER_ACCOUNTS
        && sender_id - SENDER_ACCOUNTS < SENDER_ACCOUNTS_MAX;
}

#endif
