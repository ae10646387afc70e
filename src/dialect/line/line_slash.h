/* SPDX-License-Identifier: MIT
 *
 * The slash commands: tables of names, arguments, help and function, and what
 * finds a row in them. Adding a command is adding a row. */
#ifndef DIALECT_LINE_LINE_SLASH_H
#define DIALECT_LINE_LINE_SLASH_H

#include "base/str.h"

struct conn;

/* What comes behind a command: a word, then text; what is optional may be
 * missing. */
enum {
    LINE_WORD = 1,
    LINE_TEXT = 2,
    LINE_OPTIONAL = 4,
};

struct line_args {
    struct str word;
    struct str text;
};

struct line_slash {
    const char *names;        /* the main one first, blanks between */
    const char *usage;        /* what comes behind it, for a person */
    unsigned shape;
    const char *help;
    void (*run)(struct conn *c, const struct line_args *args);
};

/* Each ends with a row without names: line_commands.c, line_account.c,
 * line_manage.c. */
extern const struct line_slash line_commands[];
extern const struct line_slash line_accounts[];
extern const struct line_slash line_manages[];

/* A line that starts with one '/'. Whatever it asks of the core, it asks at
 * most once. */
void line_slash(struct conn *c, struct str line);

/* "/help" */
void line_slash_help(struct conn *c, const struct line_args *args);

/* "Usage: /join #room", by its main name. */
void line_slash_usage(struct conn *c, const char *name);

#endif
