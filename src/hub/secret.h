/* SPDX-License-Identifier: MIT
 *
 * Passwords on their way: who may send one, how often one may be guessed, and
 * the road over a hasher and back. A command that needs one is applied twice:
 *
 *   from a connection --checks, throttle--> a copy goes to a hasher
 *   from the hasher (inside, `hashed`) --everything is looked up again-->
 *
 * In between the session may do other things, but not begin another such
 * command; and when it has LEFT, what comes back is dropped. */
#ifndef HUB_SECRET_H
#define HUB_SECRET_H

#include "hub/account.h"

/* Nobody listens on the way, or that is allowed. The operator may always. */
enum deny secret_may_come(const struct call *x);

/* Whether a command that needs a hasher may begin now: none of this session is
 * on its way, and the hashers have not too many; and, unless it is the
 * operator's, whether another guess may be made at the account whose name has
 * this key, from that address. Then it counts as one. */
enum deny secret_try(struct call *x, struct str key);

/* It was the right one: the guess does not count. */
void secret_was_right(const struct call *x, struct str key);

/* A token was wrong. Guessing one is hopeless, but costs a look into the
 * store: so many per address, counted apart from passwords. */
enum deny secret_bad_token(struct call *x);

/* Sends a copy of the command to a hasher, its password and new one in the
 * form to be hashed. against: NULL: nothing is to be verified; "": nobody's.
 * To be made: the hash of `fresh`, or for REGISTER of `password`. */
struct secret_job {
    const char *against;
    char password[LOGIN_PASSWORD_BYTES];
    char fresh[LOGIN_PASSWORD_BYTES];
    bool make;
};

/* Takes and wipes what is in the job. */
void secret_hash(struct call *x, struct secret_job *job);

/* Is this the command that comes back? Then a hasher has one less. */
bool secret_is_back(const struct call *x);

/* The session has something on its way. Done with it, or with the session. */
bool secret_awaits(const struct hub *h, uint64_t session);
void secret_done(struct hub *h, uint64_t session);

/* For the record and for its caller: a password or token did not fit. NULL:
 * there is no such account. */
enum deny secret_failed(struct call *x, const struct account *a);

#endif
