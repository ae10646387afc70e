/* SPDX-License-Identifier: MIT
 *
 * What is told and not kept: who types, and how far somebody has read. */
#ifndef HUB_SIGNALS_H
#define HUB_SIGNALS_H

#include "hub/hub_impl.h"

enum deny signals_typing(struct call *x);      /* COMMAND_TYPING */
enum deny signals_cursor(struct call *x);      /* COMMAND_CURSOR */

#endif
