/* SPDX-License-Identifier: MIT
 *
 * A request of `loquatd admin`: one line, {"words":["users","list"]}, with a
 * "secret" where the command needs one. Read by the server from its local
 * socket; everything in it is bounded. */
#ifndef SERVER_ADMIN_REQUEST_H
#define SERVER_ADMIN_REQUEST_H

#include "base/err.h"
#include "base/str.h"
#include "hub/command.h"

#include <jansson.h>

enum {
    ADMIN_LINE_BYTES = 16 * 1024,
    ADMIN_WORDS_MAX = 64,
    ADMIN_LIST_MAX = 1000000,      /* rows of one answer */
};

struct admin_command;

struct admin_request {
    const struct admin_command *command;
    unsigned n;
    struct str args[ADMIN_WORDS_MAX];      /* without options */
    struct str rest;               /* the args behind the command's own, with
                                      blanks between: a reason, a value */
    struct str room, name, secret; /* name: auth/name.h's to check */
    int64_t for_ms;                /* 0 = for ever */
    unsigned long long uses, number, lines;
    bool mute, sizes_only, all;
    json_t *root;                  /* the strings lie in it ... */
    char text[ADMIN_LINE_BYTES];   /* ... but for `rest` */
};

/* False: *e says what is wrong, as a sentence for whoever typed it. */
bool admin_request_read(struct str line, struct admin_request *ret,
                        struct err *e);

/* Wipes the secret. */
void admin_request_done(struct admin_request *r);

#endif
