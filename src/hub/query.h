/* SPDX-License-Identifier: MIT
 *
 * Questions: who is here, which rooms there are, what was said. They change
 * nothing, and never tell what is not committed yet. */
#ifndef HUB_QUERY_H
#define HUB_QUERY_H

#include "hub/hub_impl.h"

enum deny query_who(struct call *x);           /* COMMAND_WHO */
enum deny query_rooms(struct call *x);         /* COMMAND_ROOMS */
enum deny query_history(struct call *x);       /* COMMAND_HISTORY */
enum deny query_files(struct call *x);         /* COMMAND_FILES */
enum deny query_fetch(struct call *x);         /* COMMAND_FETCH */

#endif
