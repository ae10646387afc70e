/* SPDX-License-Identifier: MIT
 *
 * Commands: allocated by a worker, freed by the core's thread. */
#include "hub/command.h"
#include "base/must.h"

#include <stdlib.h>

struct command *
command_new(enum command_kind kind, struct str target, struct str name,
            struct str text)
{
    struct command *c = must_alloc(sizeof(*c) + target.n + name.n + text.n);
    char *at = c->data;

    c->kind = kind;
    c->target = str_pack(&at, target);
    c->name = str_pack(&at, name);
    c->text = str_pack(&at, text);
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
