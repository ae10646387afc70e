/* SPDX-License-Identifier: MIT
 *
 * Commands: allocated by a worker, freed by the core's thread. */
#include "hub/command.h"
#include "base/must.h"

#include <sodium.h>
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

static struct login *
login_new(enum login_kind kind)
{
    struct login *l = must_alloc(sizeof *l);

    l->kind = kind;
    return l;
}

struct command *
command_new_login(enum command_kind kind, struct str target, struct str name,
                  struct str text, enum login_kind login)
{
    struct command *c = command_new(kind, target, name, text);

    c->login = login_new(login);
    return c;
}

/* Everything but the strings, which lie behind the struct. */
struct command *
command_copy(const struct command *c)
{
    struct command *copy = c->file != NULL
        ? command_new_file(c->kind, c->target, c->name, c->file)
        : command_new(c->kind, c->target, c->name, c->text);
    struct command strings = *copy;

    *copy = *c;
    copy->next = NULL;
    copy->target = strings.target;
    copy->name = strings.name;
    copy->text = strings.text;
    copy->file = strings.file;
    if (c->login != NULL) {
        copy->login = login_new(c->login->kind);
        *copy->login = *c->login;
    }
    return copy;
}

void
command_free(struct command **c)
{
    if (*c != NULL && (*c)->login != NULL) {
        sodium_memzero((*c)->login, sizeof *(*c)->login);
        free((*c)->login);
    }
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
