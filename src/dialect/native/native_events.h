/* SPDX-License-Identifier: MIT
 *
 * From events to envelopes in frames. Pure: what comes out depends on the
 * arguments alone. Everything is returned owned. */
#ifndef DIALECT_NATIVE_NATIVE_EVENTS_H
#define DIALECT_NATIVE_NATIVE_EVENTS_H

#include "dialect/native/draft.h"

enum native_encoding {
    NATIVE_QUIET,           /* messages, announcements, rights */
    NATIVE_SIGNALS,         /* presence, typing and cursors too */
};

Loquat__V1__ErrorCode native_error_code(enum deny deny);

/* "That name cannot be used (is longer than 32 bytes)". Borrows from d. */
char *native_sentence(struct draft *d, enum deny deny, struct str detail);

/* A shared event; NULL when this encoding says nothing of it. */
struct slab *native_encode(const struct dialect_config *config,
                           unsigned encoding, const struct event *e);

/* An answer, or an event for one session. token: of the new device that an
 * answer may be about; borrowed for the call. */
struct slab *native_answer(const struct dialect_config *config,
                           const struct event *e, const char *token);

/* The same as the answer to a request of that number. */
struct slab *native_answer_to(const struct dialect_config *config,
                              const struct event *e, uint64_t request);

/* What the dialect says by itself. text NULL: the deny's own sentence. */
struct slab *native_error(uint64_t request, enum deny deny, const char *text);

/* The deny's own sentence, and more about it (may be empty). */
struct slab *native_refused(uint64_t request, enum deny deny,
                            struct str detail);
struct slab *native_closing(enum deny deny, struct str text, bool reconnect);
struct slab *native_ping(uint64_t token);

#endif
