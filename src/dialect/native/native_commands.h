/* SPDX-License-Identifier: MIT
 *
 * From a client's envelope to a command. Pure: nothing of the connection, nor
 * of what was asked before. All text that comes out is clean UTF-8, and every
 * number fits the store's 63 bits. */
#ifndef DIALECT_NATIVE_NATIVE_COMMANDS_H
#define DIALECT_NATIVE_NATIVE_COMMANDS_H

#include "base/utf8.h"
#include "hub/access.h"
#include "hub/command.h"
#include "wire/envelope.h"

/* A client's request numbers go no further; those beyond are our own. */
#define NATIVE_REQUEST_MAX ((uint64_t)INT64_MAX)

struct native_refusal {
    enum deny deny;         /* DENY_NONE: is not answered */
    const char *text;       /* static; NULL: deny_text() says it all */
};

/* Returns owned, its request set; or NULL with *why filled. A body that is no
 * request of a client's (Bye and Pong are none either), or is about a stream
 * (native_files.h), is DENY_BAD_REQUEST. */
struct command *native_command(const Envelope *e, struct native_refusal *why);

/* A new device comes with it: its token is to be made, and its hash put into
 * c->login->device_hash, before the core gets it. */
bool native_wants_token(const struct command *c);

/* Wipes the secrets of a request that has become a command. */
void native_forget(Envelope *e);

/* A peer's string (NULL = ""), clean: itself, or in buf. False when it grows
 * beyond buf's maximum. */
bool native_clean(struct buf *buf, const char *z, enum utf8_lines lines,
                  struct str *ret);

#endif
