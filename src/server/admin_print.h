/* SPDX-License-Identifier: MIT
 *
 * Lines of JSON as people read them: what follows each other with the same
 * members is a table with a head, its columns aligned. A member that ends in
 * _ms is a time, one in _bytes a size. */
#ifndef SERVER_ADMIN_PRINT_H
#define SERVER_ADMIN_PRINT_H

#include "base/str.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct admin_print {
    FILE *to;
    bool json;                     /* as they came */
    bool show;                     /* the first is about one thing: a member
                                      on a line */
    json_t *rows;                  /* that wait for the last of their table */
    unsigned tables;               /* so far */
};

/* A whole line, parsed too. */
void admin_print_line(struct admin_print *p, struct str line,
                      const json_t *parsed);

/* Whatever waits. */
void admin_print_end(struct admin_print *p);

#endif
