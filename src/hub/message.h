/* SPDX-License-Identifier: MIT
 *
 * What people say: checked, given its place in its room, stored, told. */
#ifndef HUB_MESSAGE_H
#define HUB_MESSAGE_H

#include "hub/hub_impl.h"

enum deny message_post(struct call *x);        /* COMMAND_POST */
enum deny message_topic(struct call *x);       /* COMMAND_TOPIC */

#endif
