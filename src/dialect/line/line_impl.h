/* SPDX-License-Identifier: MIT
 *
 * The line dialect from within: one connection's state, and what its files
 * ask of each other. */
#ifndef DIALECT_LINE_LINE_IMPL_H
#define DIALECT_LINE_LINE_IMPL_H

#include "auth/token.h"
#include "dialect/conn.h"
#include "dialect/line/line_files.h"
#include "dialect/line/line_out.h"
#include "dialect/line/line_rooms.h"
#include "dialect/line/line_wire.h"

#define LINE_FIRST_ROOM "#lobby"

enum line_phase {
    LINE_NAMING,              /* a line is a name */
    LINE_ENTERING,            /* the core is being asked for it */
    LINE_CHATTING,
};

struct line_question;

/* What the command that is waited for is about, or the one that a question is
 * on the way to. */
struct line_asked {
    char about[LIMIT_ROOM_BYTES + 1];        /* a room or a name */
    char room[LIMIT_ROOM_BYTES + 1];         /* the room of that; ENTER and
                                                REGISTER: where to go then */
    bool topic_only;          /* ROOMS: just this one's topic */
    bool away;                /* AWAY: going, not coming back */
    bool mute;                /* BAN, UNBAN: of his voice only */
    enum room_role role;      /* ROLE */
    enum setting setting;     /* SET */
    uint64_t number;          /* REVOKE */
    char token[TOKEN_BYTES + 1];             /* TOKEN: shown once it is stored;
                                                wiped */

    /* line_prompt.h */
    const struct line_question *question;    /* the next line answers it; or
                                                NULL */
    struct command *command;                 /* owned, to be asked then */
};

struct line_state {
    struct line_wire wire;
    uint32_t pending;         /* commands without an answer so far */
    uint16_t serial;          /* of uploads and downloads */
    enum line_phase phase : 4;
    bool waiting : 1;         /* the next line needs all of it answered */
    bool held_back : 1;       /* it has come, and lies unparsed */
    bool waited : 1;          /* it may come now, before the next file goes */
    bool holding : 1;         /* conn_hold() was called */
    bool pausing : 1;         /* the timer is for an unfinished line */
    bool shown_around : 1;    /* has been told of the first room */
    bool leaving : 1;         /* the peer has closed its side */
    bool news : 1;            /* ROOMS is asked for what came while away */
    bool over : 1;            /* conn_end() was called */
    bool telnet : 1;          /* the peer has sent some: it may be sent some */
    bool silenced : 1;        /* it was told that we echo, that is, nothing */
    bool unasked : 1;         /* a line may be a password that was not asked
                                 for: for a moment, see line_prompt.h */
    char *name;               /* owned; "" and NULL: none yet */
    struct line_asked *asked; /* owned; NULL: nothing to remember */
    struct line_files *files; /* owned; NULL: none is under way */
    struct line_rooms rooms;
};

_Static_assert(sizeof(struct line_state) <= 56, "one of it per connection");

/* Remembers what the next line_ask() is about, until it is answered. */
struct line_asked *line_ask_about(struct conn *c, struct str about);

/* What is remembered, all empty when nothing is; borrowed. */
const struct line_asked *line_asked(const struct line_state *st);

/* Sends a command and holds the input until it is answered. Takes it. */
void line_ask(struct conn *c, struct command *cmd);

/* A message: the next line may follow at once. */
void line_post(struct conn *c, struct str target, enum message_kind kind,
               struct str text);
void line_join(struct conn *c, struct str room);
void line_quit(struct conn *c, struct str why);

/* A name as a person typed it; false when it cannot be one, which they are
 * told together with `advice`. */
bool line_check_name(struct conn *c, struct str typed, const char *advice,
                     struct name *ret);
bool line_check_room(struct conn *c, struct str typed, const char *advice,
                     struct name *ret);

/* The room that was typed, with or without its '#', or else the current one.
 * False when there is none, which was said then. */
bool line_read_room(struct conn *c, struct str typed, struct name *ret);
bool line_room_or_here(struct conn *c, struct str typed, struct name *ret);

/* What the person is called now. */
void line_rename(struct line_state *st, struct str name);

/* The current room, or NULL after saying that there is none. */
const struct line_room *line_here(struct conn *c);

/* Input is held or goes on, by what is waited for now. After every change of
 * it from outside input(). */
void line_settle(struct conn *c);

/* The timer for files, unless it runs for an unfinished line. */
void line_watch(struct conn *c);

/* conn_end(), or a reset in the middle of a file's bytes. */
void line_end(struct conn *c, const char *reason, bool clean);

#endif
