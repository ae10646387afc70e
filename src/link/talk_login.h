/* SPDX-License-Identifier: MIT
 *
 * Whose account a talk is for, and what proves it: a token, or a password that
 * is good for the first Welcome only and forgotten with it. What is forgotten
 * is wiped. */
#ifndef LINK_TALK_LOGIN_H
#define LINK_TALK_LOGIN_H

#include "wire/envelope.h"
#include <stdbool.h>

/* Strings are copied; NULL = none. Without a password and a token: a guest. */
struct talk_login_options {
    const char *password;      /* of the name */
    const char *token;         /* instead; the name is the account's */
    const char *device;        /* with a password: makes a token of that name */
    bool enrol;                /* the account is made first ... */
    const char *invitation;    /* ... perhaps by this code */
};

struct talk_login {
    char *password, *token, *device, *invitation;
    bool enrol;
    bool is_new;               /* the token came with the last Welcome */
};

void talk_login_init(struct talk_login *l, const struct talk_login_options *o);
void talk_login_done(struct talk_login *l);

/* Fills in what proves it. With enrol nothing does: Register follows. */
void talk_login_hello(const struct talk_login *l, Loquat__V1__Hello *hello);
void talk_login_register(const struct talk_login *l, char *name,
                         Loquat__V1__Register *r);

/* It worked: later connections have the token, or nothing. */
void talk_login_welcomed(struct talk_login *l, const Loquat__V1__Welcome *w);

#endif
