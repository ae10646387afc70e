/* SPDX-License-Identifier: MIT
 *
 * Asking people in: to a room that there is, or to a new one of a few. */
#ifndef HUB_INVITE_H
#define HUB_INVITE_H

#include "hub/hub_impl.h"

enum deny invite_person(struct call *x);       /* COMMAND_INVITE */
enum deny invite_group(struct call *x);        /* COMMAND_GROUP */

#endif
