/* SPDX-License-Identifier: MIT
 *
 * Commands: allocated by a worker, freed by the core's thread. */
#include "hub/command.h"
#include "base/must.h"

#include <stdlib.h>

static struct str
put(char **at, struct str s)
{
    struct str copy = {*at, s.n};

    if (s.n > 0)
        memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

struct command *
command_new(enum command_kind kind, struct str target, struct str name,
            struct str text)
{
    struct command *c = must_alloc(sizeof(*c) + target.n + name.n + text.n);
    char *at = c->data;

    c->kind = kind;
    c->target = put(&at, target);
    c->name = put(&at, name);
    c->text = put(&at, text);
    return c;
}

void
command_free(struct command **c)
{
    free(*c);
    *c = NULL;
}

void
command_free_all(struct command *c)
{
    while (c != NULL) {
        struct command *next = c->next;

        command_free(&c);
        c = next;
    }
}
