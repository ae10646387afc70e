/* SPDX-License-Identifier: MIT
 *
 * Coming in: the name, and the password of one that is registered.
 *
 *   "bob"          -> a guest, if the core lets him
 *   "alice"        -> belongs to an account: her password is asked for
 *   "bob #ops"     -> and then into #ops
 *   "/login alice", "/register bob [CODE]": where guests may not come in,
 *                     somebody must be able to become more than one */
#ifndef DIALECT_LINE_LINE_DOOR_H
#define DIALECT_LINE_LINE_DOOR_H

#include "dialect/conn.h"

/* The connection begins. */
void line_door_open(struct conn *c);

/* A line while a name is asked for. */
void line_door_take(struct conn *c, struct str line);

/* Takes a name from the core, by cmd (owned), an ENTER or a REGISTER; then to
 * `room`. */
void line_door_enter(struct conn *c, struct str name, struct str room,
                     struct command *cmd);

/* The core's answers to that. */
void line_door_welcome(struct conn *c, const struct event *e);
void line_door_denied(struct conn *c, const struct event *e);

/* May a secret be told here? False: it could be listened to, which was said
 * then, with `advice` behind it. */
bool line_door_is_safe(struct conn *c, const char *advice);

/* The same, of a password that is to be asked for: line_prompt_withhold(). */
bool line_door_may_ask(struct conn *c, const char *advice);

#endif
