/* SPDX-License-Identifier: MIT
 *
 * How a room is kept: its settings, its name, its end. */
#ifndef HUB_GOVERN_H
#define HUB_GOVERN_H

#include "hub/hub_impl.h"

enum deny govern_set(struct call *x);          /* COMMAND_SET */
enum deny govern_close(struct call *x);        /* COMMAND_CLOSE_ROOM */

#endif
