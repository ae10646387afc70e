/* SPDX-License-Identifier: MIT
 *
 * A command: what a connection, or the operator, asks of the core. Typed and
 * complete: the time and every random byte that applying it may need are in
 * it, so that the same commands in the same order always give the same state
 * (the seam for many machines, ARCHITECTURE.md).
 *
 * One allocation; the strings lie behind the struct. */
#ifndef HUB_COMMAND_H
#define HUB_COMMAND_H

#include "store/reader.h"
#include "store/record.h"

/* Which fields a kind uses. Every command but the marked ones is answered by
 * exactly one answer event with its `request`; a refusal is ANSWER_DENIED. */
enum command_kind {
    COMMAND_ENTER = 1, /* name ("" = reader), sender_id, or_similar, visit
                          -> ANSWER_WELCOME. First of every session. A visitor
                          signs with its name and is present nowhere; it may
                          ENTER again, as someone else or as a reader: that is
                          how the requests of one HTTP connection can be of
                          several people. */
    COMMAND_LEAVE,     /* text = why; clean. Unanswered, never refused. */
    COMMAND_RENAME,    /* name -> ANSWER_DONE */
    COMMAND_JOIN,      /* target or room, resume + after
                          -> EVENT_SUBSCRIBED. Creates a missing room. */
    COMMAND_PART,      /* target -> EVENT_UNSUBSCRIBED */
    COMMAND_POST,      /* target, message_kind, cid, text -> ANSWER_POSTED.
                          '#room' need not have been joined; a missing one is
                          created, as '@name' begins a direct room of two. */
    COMMAND_TOPIC,     /* target, text -> ANSWER_DONE */
    COMMAND_AWAY,      /* away, text -> ANSWER_DONE */
    COMMAND_TYPING,    /* target, away = is typing. Unanswered. */
    COMMAND_CURSOR,    /* target, delivered, read. Unanswered. */
    COMMAND_WHO,       /* target ("" = everyone) -> ANSWER_PEOPLE */
    COMMAND_ROOMS,     /* -> ANSWER_ROOMS */
    COMMAND_HISTORY,   /* target, page -> ANSWER_PAGE, from a reader */
    COMMAND_PING,      /* token -> ANSWER_PONG, in its turn */

    /* Files. `file` is set in all but FILES. */
    COMMAND_UPLOAD,    /* target, name (the file's), file: id and ticket (both
                          random, from the worker), size, resumable
                          -> ANSWER_UPLOAD, once it is reserved and stored.
                          Of unknown size: up to LIMIT_RESERVE_BYTES are.
                          Dropped when its session LEAVEs, unless resumable */
    COMMAND_RESUME,    /* file: id and ticket -> ANSWER_UPLOAD. Also of one that
                          is whole already: its state says so */
    COMMAND_RESERVE,   /* file: id, ticket, size: that much will come, for one
                          of unknown size -> ANSWER_DONE, with how much may */
    COMMAND_DROP,      /* file: id, ticket: an arriving file is given up
                          -> ANSWER_DONE */
    COMMAND_SHARE,     /* file: id, size, sha256: it is whole on disk. From
                          the movers only (inside), in the name of (worker,
                          session, request), which may be gone; becomes a
                          message of the room -> ANSWER_POSTED, as for POST */
    COMMAND_FETCH,     /* file: id -> ANSWER_FILE, from a reader */
    COMMAND_FILES,     /* target, page (LATEST or BEFORE) -> ANSWER_FILES, from
                          a reader */

    /* The operator's; session 0. */
    COMMAND_ANNOUNCE,  /* text, to everyone */
    COMMAND_KICK,      /* name, text = why */
    COMMAND_STOP,      /* everyone is told; nothing but LEAVE and SHARE is
                          applied after it */
};

struct command {
    struct command *next;      /* its place in a queue */
    enum command_kind kind;
    uint32_t worker;           /* whose session */
    uint64_t session;
    uint64_t request;          /* the client's number or label; 0 = none */
    int64_t now_ms;            /* wall clock when it was made */
    int64_t made_us;           /* monotonic, for measuring alone; 0 = unknown */

    struct str target;         /* "#room" or "@name" */
    struct str name;
    struct str text;
    uint64_t sender_id;        /* ENTER: who, across connections */
    struct client_id cid;
    enum message_kind message_kind;
    struct page_query page;    /* HISTORY, FILES: mode, at, limit */
    uint64_t room;             /* JOIN by number, when target is empty */
    uint64_t after;            /* JOIN: with resume, the last seq it has */
    uint64_t delivered, read;  /* CURSOR */
    uint64_t token;            /* PING */
    bool resume, away, or_similar, clean, visit;
    bool inside;               /* from within the server: set by core_operate(),
                                  and what SHARE is refused without */
    struct file_facts *file;   /* of those about files, else NULL; lies behind
                                  the struct */
    _Alignas(8) char data[];
};

/* Copies the strings. Returns owned; hand it on or command_free() it. */
struct command *command_new(enum command_kind kind, struct str target,
                            struct str name, struct str text);

/* The same about a file. */
struct command *command_new_file(enum command_kind kind, struct str target,
                                 struct str name,
                                 const struct file_facts *file);
void command_free(struct command **c);

/* Frees a whole chain. */
void command_free_all(struct command *c);

#endif
