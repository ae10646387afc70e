/* SPDX-License-Identifier: MIT
 *
 * The line dialect from within: one connection's state, and what its files
 * ask of each other. */
#ifndef DIALECT_LINE_LINE_IMPL_H
#define DIALECT_LINE_LINE_IMPL_H

#include "dialect/conn.h"
#include "dialect/line/line_out.h"
#include "dialect/line/line_rooms.h"
#include "dialect/line/line_wire.h"

#define LINE_FIRST_ROOM "#lobby"

enum line_phase {
    LINE_NAMING,              /* a line is a name */
    LINE_ENTERING,            /* the core is being asked for it */
    LINE_CHATTING,
};

/* What the one command that is waited for was about. */
struct line_asked {
    char about[LIMIT_ROOM_BYTES + 1];   /* a room or a name */
    bool topic_only;          /* ROOMS: just this one's topic */
    bool away;                /* AWAY: going, not coming back */
};

struct line_state {
    struct line_wire wire;
    enum line_phase phase;
    uint64_t discard;         /* bytes of a file that still follow */
    uint64_t request;         /* the last number used */
    uint32_t pending;         /* commands without an answer so far */
    bool waiting;             /* input is held until there is none */
    bool shown_around;        /* has been told of the first room */
    bool over;                /* conn_end() was called */
    struct name wanted;
    char first_room[LIMIT_ROOM_BYTES + 1];
    struct line_asked asked;
    struct line_rooms rooms;
};

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

/* The current room, or NULL after saying that there is none. */
const struct line_room *line_here(struct conn *c);

#endif
