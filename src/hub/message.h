/* SPDX-License-Identifier: MIT
 *
 * What people say: checked, given its place in its room, stored, told. */
#ifndef HUB_MESSAGE_H
#define HUB_MESSAGE_H

#include "hub/hub_impl.h"

enum deny message_post(struct call *x);        /* COMMAND_POST */
enum deny message_topic(struct call *x);       /* COMMAND_TOPIC */

/* Stores m as r's next message and tells the room, both with the batch. Its
 * sender, kind, cid and body are set; sets the rest. */
enum deny message_say(struct call *x, struct room *r, struct message *m);

/* ANSWER_POSTED; durable when m is of this batch. */
void message_tell_posted(struct call *x, const struct message *m,
                         bool duplicate);

#endif
