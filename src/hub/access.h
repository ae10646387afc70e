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
    X(STORAGE_FULL,       "The server's disk is full: not stored, try again later") \
    X(STORAGE_BROKEN,     "The server's disk failed: unknown whether stored, send it again") \
    X(NO_SUCH_FILE,       "There is no such file") \
    X(FILE_TOO_LARGE,     "That file is larger than this server takes") \
    X(NO_QUOTA,           "There is no room left for more files") \
    X(BAD_CHECKSUM,       "The bytes do not have that checksum") \
    X(BAD_OFFSET,         "The file does not go on there") \
    X(OVERLOADED,         "The server cannot do that just now, try again later") \
    X(STOPPING,           "The server is shutting down")

enum deny {
#define DENY_ENUM(name, text) DENY_##name,
    DENY_TABLE(DENY_ENUM)
#undef DENY_ENUM
};

const char *deny_text(enum deny d);    /* the sentence, without its period */
const char *deny_word(enum deny d);    /* "name_taken", for logs and --json */

enum action {
    ACTION_JOIN,       /* be in the room and hear it */
    ACTION_READ,       /* its messages, live or from the log */
    ACTION_POST,
    ACTION_SHARE,      /* upload a file into it */
    ACTION_TOPIC,
    ACTION_SIGNAL,     /* typing, cursors */
    ACTION_SEE,        /* who is in it, that it exists */
};

/* Packed, so that a receiver's other small fields lie beside `named`. */
struct access_who {
    uint64_t sender_id;     /* 0 = nobody yet */
    bool named;             /* false: a reader without a name */
} __attribute__((packed));

struct access_room {
    enum room_kind kind;
    uint64_t peers[2];      /* a direct room's two people */
};

/* A direct room's key: '@', its two sender ids as 16 hexadecimal digits each,
 * the smaller one first, a '+' between them. */
#define ACCESS_KEY_BYTES 34

void access_write_key(const struct access_room *room,
                      char out[ACCESS_KEY_BYTES + 1]);

/* What a stored room's kind and key say. False: a direct room's key is none. */
bool access_read_key(enum room_kind kind, struct str key,
                     struct access_room *ret);

enum deny access_check(const struct access_who *who, enum action action,
                       const struct access_room *room);

#endif
