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
                          several people. With `login` it is an account: by a
                          password, and name, or by a token, and then name is
                          empty or must be the account's. A password goes to a
                          hasher first, so other sessions' commands go on. */
    COMMAND_LEAVE,     /* text = why; clean. Unanswered, never refused. */
    COMMAND_RENAME,    /* name -> ANSWER_DONE */
    COMMAND_JOIN,      /* target or room, resume + after, visit
                          -> EVENT_SUBSCRIBED. Creates a missing room. An
                          account belongs to it from then on, unless with
                          `visit`: it only hears it. */
    COMMAND_PART,      /* target -> EVENT_UNSUBSCRIBED */
    COMMAND_POST,      /* target, message_kind, cid, text -> ANSWER_POSTED.
                          '#room' need not have been joined; a missing one is
                          created, as '@name' begins a direct room of two. */
    COMMAND_TOPIC,     /* target, text -> ANSWER_DONE */
    COMMAND_AWAY,      /* away, text -> ANSWER_DONE */
    COMMAND_TYPING,    /* target, away = is typing. Unanswered. */
    COMMAND_CURSOR,    /* target, delivered, read. Unanswered. Of an account
                          `read` is kept, also of a room that it does not
                          hear */
    COMMAND_WHO,       /* target ("" = everyone) -> ANSWER_PEOPLE */
    COMMAND_ROOMS,     /* -> ANSWER_ROOMS: for an account first those that it
                          belongs to, then its direct rooms in which something
                          was said, those with the newest message first; then
                          the others that it may know of */
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

    /* Accounts. `login` is set where it is named. The operator
     * (session 0) may give those marked with *, for any account (`name`), and
     * is asked for no password. */
    COMMAND_REGISTER,  /* name, login: password, code_hash (of an invitation),
                          and device -> ANSWER_WELCOME: the session is the
                          account's from then on; a guest's keeps its rooms.
                          The operator's -> ANSWER_DONE, token = its number */
    COMMAND_LOGIN,     /* name, login, as for ENTER, of a session that has
                          entered or not -> ANSWER_WELCOME */
    COMMAND_LOGOUT,    /* -> ANSWER_DONE, then EVENT_CLOSED: its device is
                          revoked, if it came by one */
    COMMAND_PASSWORD,  /* * login: password, fresh -> ANSWER_DONE; every other
                          session and every device but this one is cut */
    COMMAND_UNREGISTER,/* * login: password -> ANSWER_DONE, EVENT_CLOSED. The
                          name stays taken */
    COMMAND_DEVICES,   /* -> ANSWER_DEVICES */
    COMMAND_TOKEN,     /* login: device, its scope, expires; target or "":
                          the one room it is for -> ANSWER_DONE, token = its
                          number. Needs ACTION_READ there */
    COMMAND_REVOKE,    /* * token = a device's number, 0 = all but this one
                          -> ANSWER_DONE; their connections are cut */
    COMMAND_CODE,      /* * only the operator's: login: code_hash, uses,
                          expires -> ANSWER_DONE, token = its number; uses = 0:
                          takes back number `token` */
    COMMAND_ACCOUNT,   /* * only the operator's: name, away = is disabled
                          -> ANSWER_DONE */

    /* Rooms and who is what in them; the operator may give all of them. name
     * is whom it is about: a person, present or not. */
    COMMAND_INVITE,    /* target, name -> ANSWER_DONE */
    COMMAND_REMOVE,    /* target, name, text = why -> ANSWER_DONE */
    COMMAND_BAN,       /* target ("" = the server, the operator's), name or an
                          address range ("192.0.2.0/24"), text = why,
                          until_ms (0 = for ever), mute: only keep silent
                          -> ANSWER_DONE; a ban removes whom it hits */
    COMMAND_UNBAN,     /* target, name or range, mute -> ANSWER_DONE */
    COMMAND_BANS,      /* target -> ANSWER_BANS */
    COMMAND_ROLE,      /* target, name, role -> ANSWER_DONE. ROLE_OWNER gives
                          the room away: the old owner becomes a moderator.
                          ROLE_NONE ends a membership */
    COMMAND_SET,       /* target, setting, text = its value, as people write it
                          (hub/setting.h) -> ANSWER_DONE */
    COMMAND_CLOSE_ROOM,/* target -> ANSWER_DONE; everyone in it is removed */
    COMMAND_ROOM,      /* target -> ANSWER_ROOM */
    COMMAND_MEMBERS,   /* target -> ANSWER_MEMBERS */
    COMMAND_GROUP,     /* name (the new room's, random, from the worker), text =
                          names, blanks between: a hidden room, those are its
                          members and hear it at once -> ANSWER_DONE, its target
                          in room_name */

    /* The operator's; session 0. */
    COMMAND_ANNOUNCE,  /* text, to everyone */
    COMMAND_KICK,      /* name, text = why */
    COMMAND_STOP,      /* everyone is told; nothing but LEAVE and SHARE is
                          applied after it */
};

/* What a room's owner may change. */
enum setting {
    SETTING_PRIVACY = 1,   /* public, private, hidden */
    SETTING_HISTORY,       /* all, joined: what members see */
    SETTING_SLOW,          /* a time, or off */
    SETTING_KEEP,          /* a time, a number of messages, or forever */
    SETTING_NAME,          /* "#room" */
    SETTING_DESCRIPTION,
};

enum login_kind {
    LOGIN_PASSWORD = 1,
    LOGIN_TOKEN = 2,
};

/* Secrets and what hangs on them. One allocation of its own, wiped when it is
 * freed; a password is never anywhere else in the core. */
#define LOGIN_PASSWORD_BYTES 256
#define LOGIN_DEVICE_BYTES 64

struct login {
    enum login_kind kind;
    char password[LOGIN_PASSWORD_BYTES];   /* "" = none */
    char fresh[LOGIN_PASSWORD_BYTES];      /* PASSWORD: the new one */
    uint8_t token_hash[32];        /* TOKEN: SHA-256 of what was shown */
    uint8_t code_hash[32];         /* REGISTER: of an invitation's code */
    char device[LOGIN_DEVICE_BYTES + 1];   /* a new one's name; "" = none */
    uint8_t device_hash[32];       /* and of its token */
    uint8_t scope;                 /* of the new one; enum scope. 0: SCOPE_ALL
                                      of a login; of a TOKEN, SCOPE_USUAL as
                                      far as its maker has it */
    uint32_t uses;                 /* CODE */
    int64_t expires_ms;            /* of the new one, or of the code */

    /* A hasher's, when the command comes back (`inside`). */
    bool hashed;                   /* it has been with one: set by the core */
    bool verified;                 /* the password is the account's ... */
    char against[PASSWORD_HASH_BYTES];     /* ... whose hash was this one */
    char hash[PASSWORD_HASH_BYTES];        /* of the new password */
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
    enum room_role role;       /* ROLE */
    enum setting setting;      /* SET */
    int64_t until_ms;          /* BAN: wall clock; 0 = for ever */
    bool resume, away, or_similar, clean, visit, mute;
    bool inside;               /* from within the server: set by core_operate(),
                                  and what SHARE is refused without */
    bool secure;               /* nobody listens on the way: TLS, the local
                                  machine; stamped by the connection */
    uint8_t from[16];          /* the peer's address, IPv4 mapped; all zero: a
                                  local socket; stamped by the connection */
    struct login *login;       /* owned, or NULL */
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

/* The same with an empty login of that kind. */
struct command *command_new_login(enum command_kind kind, struct str target,
                                  struct str name, struct str text,
                                  enum login_kind login);

/* Everything of c, its login included, for a hasher. */
struct command *command_copy(const struct command *c);
void command_free(struct command **c);

/* Frees a whole chain. */
void command_free_all(struct command *c);

#endif
