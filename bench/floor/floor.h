/* SPDX-License-Identifier: MIT
 *
 * loquat-floor: the least that a chat server can do, as the yardstick of the
 * benchmark. The first line of a connection is `NAME #ROOM`, answered with
 * `Welcome, NAME!`; each further line goes to all others in that room as
 * `NAME: text`. No limits, no history, no presence: what it costs is what the
 * kernel's sends cost.
 *
 * The lines of a loop turn are gathered once per room (its log) and at the
 * turn's end sent to every member straight from there, with one send. Only who
 * spoke in this turn, or does not read as fast as the others speak, has bytes
 * of its own (`pending`). */
#ifndef FLOOR_H
#define FLOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "bytes.h"

#define TURN_BYTES (1024 * 1024)   /* gathered in a turn: flush already now */

struct room;

struct conn {
    uv_poll_t poll;
    struct room *room;          /* NULL before its first line */
    char *name;                 /* "NAME: " */
    struct bytes pending;       /* what its socket has not taken */
    struct bytes carry;         /* a line whose end has not come */
    int fd;
    uint32_t place;             /* among the room's members */
    uint8_t events;             /* that poll watches */
    bool paused;                /* not read, because someone is overfull */
    bool overfull;              /* too much is pending */
    bool spoke;                 /* in this turn */
};

/* Sends, keeps what the socket does not take; a failed socket is closed. */
void conn_send(struct conn *c, const char *p, size_t n);

/* The room of that name, which is made when it is missing and stays. */
struct room *room_get(const char *name, size_t n);
void room_join(struct room *room, struct conn *c);
/* c->room is not touched. */
void room_leave(struct conn *c);
/* Gathers a line of c's, with its newline. */
void room_say(struct conn *c, const char *line, size_t n);
/* Sends what was gathered. May close connections. */
void room_flush_all(void);
/* Bytes gathered since the last flush. */
size_t room_gathered(void);

#endif
