/* SPDX-License-Identifier: MIT
 *
 * Questions: who is here, which rooms there are, what was said. They change
 * nothing, and never tell what is not committed yet. */
#ifndef HUB_QUERY_H
#define HUB_QUERY_H

#include "hub/hub_impl.h"

enum deny query_who(struct call *x);           /* COMMAND_WHO */
enum deny query_history(struct call *x);       /* COMMAND_HISTORY */
enum deny query_files(struct call *x);         /* COMMAND_FILES */
enum deny query_fetch(struct call *x);         /* COMMAND_FETCH */

/* The batch is not kept: what is to be read is decided again, by the rights
 * that are left. */
void query_decide_again(struct hub *h);

/* Which rooms there are (query_rooms.c). */
enum deny query_rooms(struct call *x);         /* COMMAND_ROOMS */

/* Of one room (query_room.c). */
enum deny query_room(struct call *x);          /* COMMAND_ROOM */
enum deny query_room_members(struct call *x);  /* COMMAND_MEMBERS */
enum deny query_room_bans(struct call *x);     /* COMMAND_BANS */

#endif
