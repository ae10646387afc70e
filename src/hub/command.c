/* SPDX-License-Identifier: MIT
 *
 * Commands: allocated by a worker, freed by the core's thread. */
#include "hub/command.h"
#include "base/must.h"

#include <stdlib.h>

static struct command *
make(enum command_kind kind, struct str target, struct str name,
     struct str text, size_t front)
{
    size_t bytes = front + target.n + name.n + text.n;
    struct command *c = must_alloc(sizeof(*c) + bytes);
    char *at = c->data + front;

    c->kind = kind;
    c->target = str_pack(&at, target);
    c->name = str_pack(&at, name);
    c->text = str_pack(&at, text);
    return c;
}

struct command *
command_new(enum command_kind kind, struct str target, struct str name,
            struct str text)
{
    return make(kind, target, name, text, 0);
}

/* The facts come first, so that they are aligned. */
struct command *
command_new_file(enum command_kind kind, struct str target, struct str name,
                 const struct file_facts *file)
{
    struct str none = {NULL, 0};
    struct command *c = make(kind, target, name, none, sizeof *file);

    c->file = (void *)c->data;
    *c->file = *file;
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
