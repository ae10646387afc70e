/* SPDX-License-Identifier: MIT
 *
 * The line dialect: for a person with nc or telnet, and for scripts. Text
 * lines both ways, a question for the name, slash commands. */
#ifndef DIALECT_LINE_LINE_H
#define DIALECT_LINE_LINE_H

#include "dialect/dialect.h"

extern const struct dialect line_dialect;

#endif
