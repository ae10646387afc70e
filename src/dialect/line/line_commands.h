/* SPDX-License-Identifier: MIT
 *
 * The slash commands: one table of names, arguments, help and function. */
#ifndef DIALECT_LINE_LINE_COMMANDS_H
#define DIALECT_LINE_LINE_COMMANDS_H

#include "base/str.h"

struct conn;

/* A line that starts with one '/'. Whatever it asks of the core, it asks at
 * most once. */
void line_command(struct conn *c, struct str line);

#endif
