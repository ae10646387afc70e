/* SPDX-License-Identifier: MIT
 *
 * An event: what the core says, to a room, to everyone, or to one session.
 * Immutable once it is posted, reference-counted across threads; a dialect
 * turns it into bytes. One flat struct: `kind` says which fields count. */
#ifndef HUB_EVENT_H
#define HUB_EVENT_H

#include "hub/access.h"
#include "hub/command.h"
#include <stdatomic.h>

enum event_kind {
    /* To a room's receivers; room, room_kind and room_name are always set. In
     * a direct room, room_name is '@' and whom the event is about. */
    EVENT_MESSAGE = 1, /* seq time_ms sender_id name message_kind cid text;
                          room_name. Also the item of a page. */
    EVENT_JOINED,      /* name session count(=present after) */
    EVENT_LEFT,        /* name session text(why) count */
    EVENT_GATHERED,    /* in a large room, one per second: items = up to two
                          EVENT_JOINED or EVENT_LEFT with names; others = how
                          many more; joined tells which of the two; count */
    EVENT_RENAMED,     /* name(old) extra(new) session */
    EVENT_AWAY,        /* name away text */
    EVENT_TYPING,      /* name away(=is typing) session */
    EVENT_CURSOR,      /* name delivered read session */
    EVENT_UPLOADING,   /* file (no ticket) name(the uploader) text(the file's
                          name) session: its bytes begin to come, and can be
                          fetched while they do. Not durable. */

    EVENT_STANDING,    /* name's role or voice has changed: role, muted, away
                          (=was it muting or unmuting), extra(by whom)
                          text(why) session: 0, or one that is told by its
                          answer */
    EVENT_SETTING,     /* the room's: setting extra(by whom) text(its value as
                          people write it). For SETTING_NAME room_name is the
                          old one and text the new one: from now on it is
                          called so */

    /* To everyone. */
    EVENT_ANNOUNCEMENT,/* text */
    EVENT_STOPPING,

    /* To one session; request is 0 when unasked. */
    EVENT_SUBSCRIBED,  /* room room_kind room_name(as this session calls it)
                          text(topic) seq(last) count(present) delivered(the
                          first seq that can come; 0 = it was in it already):
                          its events follow. Answer to JOIN, or a direct room
                          began. */
    EVENT_UNSUBSCRIBED,/* room room_name: no more events. Answer to PART. */
    EVENT_CAUGHT_UP,   /* room seq: lagging is over */
    EVENT_REMOVED,     /* room room_name extra(by whom) text(why) deny(
                          FORBIDDEN: kicked, BANNED, NO_SUCH_ROOM: closed,
                          INVITE_ONLY: no longer public, to whom it is not):
                          no more events, and its files must stop, up and
                          down. joined(=it was in the room); one that was not
                          need not be told */
    EVENT_INVITED,     /* room_name extra(by whom) */
    EVENT_CLOSED,      /* text(why) deny: the connection ends; extra = the
                          name of who did it, for a kick */

    /* Answers; request and command (what is answered) are set. */
    ANSWER_WELCOME,    /* name session time_ms sender_id: the name that was
                          given, an account's if its sender_id is one; token =
                          the number of a new device */
    ANSWER_POSTED,     /* room seq time_ms cid duplicate */
    ANSWER_DONE,       /* token: of RESERVE, the bytes that are reserved */
    ANSWER_DENIED,     /* deny; text = more about it, may be empty; name = the
                          name or target that was refused; wait_ms: when to
                          come back, of THROTTLED and TOO_FAST */
    ANSWER_PAGE,       /* room room_name items(EVENT_MESSAGE) more
                          seq(the query's `at`) delivered(of an empty one after
                          `at`: all below this seq is gone; 0 = nothing is) */
    ANSWER_PEOPLE,     /* room_name("" = everyone) items(ITEM_PERSON) more
                          count(all of them) time_ms(when it was asked) */
    ANSWER_ROOMS,      /* items(ITEM_ROOM) more */
    ANSWER_PONG,       /* token */
    ANSWER_UPLOAD,     /* file (with its ticket) text(its name, made safe) room
                          room_name token(bytes reserved): its bytes may come;
                          or seq(of its message): it is whole */
    ANSWER_FILE,       /* file text(its name) name(the uploader) sender_id
                          time_ms room room_name("" = a direct one) seq(of its
                          message, 0 = arriving) */
    ANSWER_FILES,      /* room room_name items(ITEM_FILE, newest first) more */
    ANSWER_DEVICES,    /* items(ITEM_DEVICE), the account's, newest first */
    ANSWER_BANS,       /* room room_name items(ITEM_BAN) more */
    ANSWER_ROOM,       /* room room_name text(topic) extra(description)
                          name(its owner, or "") settings role(the caller's)
                          muted count(present) seq(last) delivered(first seq
                          that there is, or 0) time_ms(made) */
    ANSWER_MEMBERS,    /* room room_name items(ITEM_MEMBER) more */
    ANSWER_MOVED,      /* from a mover (movers.h): token(enum move) deny
                          file->size(bytes on disk) blob(an opened one)
                          session(the writer's number) */

    ITEM_FILE,         /* file text(its name) name(the uploader) sender_id
                          time_ms seq */
    ITEM_PERSON,       /* name away text(why away) time_ms(last active)
                          delivered read sender_id role muted */
    ITEM_ROOM,         /* room room_kind room_name text(topic) count(present)
                          seq(last) settings.privacy role(the caller's)
                          read(so far by the caller's account); of a direct
                          one others(so many unread of the other's, at most
                          DIRECT_UNREAD_MAX) time_ms(of the last) */
    ITEM_DEVICE,       /* token(its number) name room_name("" = all) text(scope,
                          as words) time_ms(made) seen_ms expires_ms
                          away(=the caller's own) */
    ITEM_BAN,          /* name(subject) text(why) extra(by whom) time_ms
                          expires_ms muted(=only silent) */
    ITEM_MEMBER,       /* name role away(=not present) */
};

struct event {
    atomic_uint refs;
    enum event_kind kind;
    enum command_kind command;
    enum deny deny;
    uint64_t request;

    uint64_t room;
    enum room_kind room_kind;
    uint64_t seq;
    int64_t time_ms;
    uint64_t sender_id;
    uint64_t session;            /* the subject's */
    enum message_kind message_kind;
    struct client_id cid;
    uint64_t delivered, read;
    uint64_t token;
    int64_t seen_ms, expires_ms, wait_ms;
    enum room_role role;
    enum setting setting;
    struct room_settings settings;   /* without its description */
    uint32_t count, others;
    bool away, joined, duplicate, more, muted;

    struct str room_name, name, text, extra;   /* lie behind the struct */
    struct event **items;                      /* owned references */
    size_t items_n;
    struct file_facts *file;     /* of those about files, else NULL; lies
                                    behind the struct */
    struct blob *blob;           /* MOVED: an owned reference, or NULL */
    _Alignas(8) char data[];
};

/* Copies the strings; one reference. Fill in the rest before sharing it. */
struct event *event_new(enum event_kind kind, struct str room_name,
                        struct str name, struct str text, struct str extra);

/* The same about a file. */
struct event *event_new_file(enum event_kind kind, struct str room_name,
                             struct str name, struct str text,
                             const struct file_facts *file);

/* A log record as the event that everyone sees. */
struct event *event_of_message(const struct message *m, struct str room_name);

/* ITEM_FILE or ANSWER_FILE. */
struct event *event_of_file(enum event_kind kind, const struct file_row *f,
                            struct str room_name);

/* Takes items (n references and the array itself). */
void event_set_items(struct event *e, struct event **items, size_t n);

/* What it holds in memory, its items included. */
size_t event_memory(const struct event *e);

struct event *event_ref(struct event *e);
void event_unref(struct event **e);        /* nulls it; accepts NULL */

/* The message's opaque id: 26 characters of lower-case Crockford base32 over
 * 128 bits made of the epoch, room and seq; decodable by us alone, so that no
 * index of ids is needed. */
#define MSGID_BYTES 26
void msgid_write(uint64_t epoch, uint64_t room, uint64_t seq,
                 char out[MSGID_BYTES + 1]);

/* False when it is no id of this epoch. */
bool msgid_read(uint64_t epoch, struct str id, uint64_t *room, uint64_t *seq);

#endif
