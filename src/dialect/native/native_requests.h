/* SPDX-License-Identifier: MIT
 *
 * native_commands.h as those who make the commands share it: one function per
 * request, in tables by the body's case; those of accounts and of rooms have
 * files of their own. */
#ifndef DIALECT_NATIVE_NATIVE_REQUESTS_H
#define DIALECT_NATIVE_NATIVE_REQUESTS_H

#include "dialect/native/native_commands.h"

typedef struct command *native_make_fn(const Envelope *e,
                                       struct native_refusal *why);

struct native_request {
    native_make_fn *make;
    bool numbered;          /* its answer would be lost without a number */
    bool silent;            /* is not answered, nor is its refusal */
};

/* The strings of a command, as the peer sent them; NULL = "". */
struct native_strings {
    const char *target, *name, *text;
    enum utf8_lines lines;  /* in text; the others have one */
    enum login_kind login;  /* 0: the command has none */
};

/* Fills *why; NULL. */
struct command *native_refuse(struct native_refusal *why, enum deny deny,
                              const char *text);

/* Cleans the strings. Returns owned, or NULL with *why filled. */
struct command *native_text_command(enum command_kind kind,
                                    const struct native_strings *in,
                                    struct native_refusal *why);

/* The store's numbers are signed. No seq comes near. */
uint64_t native_bounded(uint64_t value);

/* NULL: a body that is not theirs. */
const struct native_request *native_account_request(size_t which);
const struct native_request *native_room_request(size_t which);

/* Of a Hello with a password or a token: its ENTER, but for the sender. */
bool native_hello_has_login(const Loquat__V1__Hello *hello);
struct command *native_hello_login(const Loquat__V1__Hello *hello,
                                   struct native_refusal *why);

#endif
