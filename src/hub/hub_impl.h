/* SPDX-License-Identifier: MIT
 *
 * The hub from within: its structs, for the files that make it up. Nobody
 * else includes this.
 *
 *   session  one connection, from its ENTER to its LEAVE
 *   user     a name: of a session, or held for its owner for a while
 *   room     in memory: every channel that is kept, and whatever has members
 *   member   a session in a room; small, for there are very many
 *
 * Whatever comes out in an order is kept in a list: the walk of a map would
 * differ from one process to the next. */
#ifndef HUB_HUB_IMPL_H
#define HUB_HUB_IMPL_H

#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "base/must.h"
#include "base/pool.h"
#include "hub/hub.h"
#include "hub/label.h"

/* What the running batch has done to the store. */
struct batch {
    bool open;                    /* a transaction has begun */
    int64_t now_ms;               /* of its newest command or tick */
    int error;                    /* the first statement that failed, or 0 */
    uint64_t number;              /* how many went before it */
    int64_t messages, files, file_bytes;
    struct list touched;          /* struct undo */
    struct list transfers;        /* struct transfer, by ->touched */
    struct list deeds;            /* what follows the commit: batch.h */
    struct list grants;           /* struct grant_undo: grant_set.c */
    bool dooms;                   /* a session is doomed */
};

struct hub {
    struct store *store;
    struct metrics_shard *shard;
    struct hub_options options;
    bool stopping;
    bool broken;                  /* -EIO: the store is not written again */

    struct map sessions;          /* by id */
    struct map visitors;          /* names of sessions that sign, by id */
    struct map names;             /* users by their name's key */
    struct map senders;           /* users by sender id */
    struct map rooms;             /* by id */
    struct map room_keys;         /* by key */
    struct room *lobby;           /* never goes */
    uint64_t next_room;

    struct pool session_pool;
    struct pool user_pool;
    struct pool member_pool;

    struct list present;          /* users with a session, oldest first */
    struct list held;             /* users without one, by active_ms */
    struct list carrying;         /* struct carrying, by since_ms */
    struct list all_rooms;        /* oldest first */
    struct list gatherings;       /* struct gathering, by since_ms */
    struct list signing;          /* visitors with an account: visitor.c */
    unsigned users_n;             /* length of `present` */

    struct map pending;           /* sessions that wait for a hasher:
                                     secret.c */
    struct hash_job *hashes, **hashes_end;   /* for the hashers */
    unsigned hashing;             /* of them that are not back yet */
    struct restrictions *banned;  /* from the whole server: grant.c */
    struct throttle *throttle;    /* wrong passwords: secret.c */
    struct throttle *tokens;      /* wrong tokens, which must not push out
                                     whose password is guessed at */
    uint64_t revocations;         /* so far: mailbox.h, `decided` */
    int64_t keep_due_ms;          /* when old messages go next: keep.c */
    int64_t archive_due_ms;       /* when closed rooms and the audit do */
    int64_t bans_due_ms;          /* no sooner does one run out */
    int64_t devices_due_ms;       /* no sooner does a session's token */

    struct list readings;         /* cursors to be written: reading.c ... */
    struct map reading_keys;      /* ... by room and sender id */
    int64_t readings_due_ms;

    struct map transfers;         /* files that arrive, by id */
    struct list arriving;         /* the same, oldest first */
    struct list fleeting;         /* those that end with their session */
    int64_t transfers_due_ms;     /* no sooner does one want something */

    struct batch batch;
    struct parcel_list *out;      /* one per worker */
    struct read_job *jobs, **jobs_end;
    struct move_job *moves, **moves_end;
};

/* What came with the login; a guest has none. */
struct device {
    uint64_t id;                  /* 0: by a password, without a device */
    uint64_t room;                /* the only one it may go to, or 0 */
    int64_t expires_ms;           /* 0 = never; set by expiry.c */
    uint8_t scope;                /* enum scope */
};

struct session {
    uint64_t id;
    uint64_t sender_id;           /* a reader's may be 0 */
    struct user *user;            /* NULL: a reader, or a visitor */
    struct session *next_of_user; /* user->sessions goes on */
    struct member *members;       /* by `next`, oldest first */
    struct device *device;        /* owned; NULL: a guest, or a person who may
                                     do everything */
    uint8_t from[16];             /* the peer's address (command.h) */
    uint16_t rooms_n;             /* how many they are */
    uint8_t worker;
    bool lasting;                 /* its sender id outlives the connection */
    bool visits;                  /* a visitor (visitor.h) ... */
    bool signs;                   /* ... with a name */
    bool doomed;                  /* ends when the batch is kept: account.h */
};

struct user {
    struct list link;             /* hub.present or hub.held */
    struct session *session;      /* its newest, the others behind it; NULL
                                     while the name is held. Only an account
                                     has more than one */
    uint64_t sender_id;
    int64_t active_ms;            /* while held: when its session ended */
    uint8_t from[16];             /* while held: where that one came from */
    bool lost;                    /* held for its sender id alone */
    char *away;                   /* NULL: is here; may be an empty text */
    struct label name;
};

struct room {
    struct list link;             /* hub.all_rooms */
    struct list members;          /* by in_room */
    uint64_t id;
    struct access_room access;
    char *name;                   /* direct: the two names, a blank between */
    char *key;
    char *topic;
    uint64_t last_seq;
    int64_t last_ms;
    int64_t created_ms;
    struct room_settings settings;/* without the description */
    char *description;
    struct grants *grants;        /* who is what in it: grant.c; NULL: nobody
                                     is anything in particular */
    struct undo *undo;            /* set while the batch has touched it */
    struct gathering *gathering;  /* set while notices are gathered */
    uint32_t present;             /* members with a name */
    bool stored;                  /* it has a row */
    uint32_t receivers[];         /* per worker: members who hear it */
};

struct member {
    struct member *next;          /* of the session's */
    struct list in_room;
    struct session *session;
    struct room *room;
    uint64_t delivered, read;
    uint32_t typing_told_ms;      /* low half of when `typing` was told */
    bool typing_told;             /* it ever was */
    bool typing;
    bool heard;                   /* false: carried over, not joined again */
    bool gathered;                /* has come, which is not yet told */
};

_Static_assert(sizeof(struct session) <= 80 && sizeof(struct user) <= 96
               && sizeof(struct member) <= 64, "one of each per connection");

/* One command while it is being applied. */
struct call {
    struct hub *hub;
    struct session *session;      /* NULL: unknown, or the operator's */
    const struct command *command;
    struct str detail;            /* of a refusal: more about it ... */
    char words[64];               /* ... for one that has to be written */
    int64_t wait_ms;              /* ... and when to come back */
    const struct room *made;      /* by this command, or NULL */
    bool later;                   /* the rest follows the commit */
};

/* ---- what goes out (tell.c) ---- */

/* Each takes its event or parcel. */
void tell_session(struct hub *h, unsigned worker, struct parcel *p);
void tell_everyone(struct hub *h, struct event *e);

/* To every worker with receivers in r, but never to `except` (may be NULL). */
void tell_room(struct hub *h, const struct room *r, struct event *e,
               const struct session *except);
void tell_room_durable(struct hub *h, const struct room *r, struct event *e,
                       const struct session *except);

/* An answer to the call, with its request in it. */
void tell_caller(const struct call *x, struct event *e);
void tell_caller_durable(const struct call *x, struct event *e);

/* The same, in a parcel that does more. */
void tell_caller_parcel(const struct call *x, struct parcel *p);

/* ANSWER_DONE; and a refusal. */
void tell_caller_done(const struct call *x, uint64_t token);
void tell_refused(const struct call *x, enum deny why);

/* The connection is to end. */
void tell_close(struct hub *h, const struct session *s, struct event *e);

/* What a room is called: "#room", or "@name" by one of a direct room's two. */
struct room_called {
    char text[LIMIT_ROOM_BYTES + 2];
};

/* In its events a direct room goes by the name of whom the event is about:
 * that is what the other one calls it. */
struct room_called room_called_about(const struct room *r, struct str name);

/* An event in a room, about `name`: its room, kind and room_name are set. */
struct event *room_event(const struct room *r, enum event_kind kind,
                         struct str name, struct str text);

/* ---- small things ---- */

static const struct str nothing = {0};

char *text_copy(struct str s);              /* returns owned, NUL-terminated */

static inline struct str
user_name(const struct user *u)
{
    return str_of(label_name(&u->name));
}

static inline struct access_who
session_who(const struct session *s)
{
    return (struct access_who){
        .sender_id = s->sender_id,
        .named = s->user != NULL || s->signs,
        .lacks = (uint8_t)(s->device ? SCOPE_ALL & ~s->device->scope : 0) & 15,
    };
}

/* True `delay` after since; also when the clock was set back meanwhile. */
static inline bool
is_due(int64_t now_ms, int64_t since_ms, int64_t delay_ms)
{
    return now_ms < since_ms || now_ms - since_ms >= delay_ms;
}

#endif
