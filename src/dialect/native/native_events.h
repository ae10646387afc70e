/* SPDX-License-Identifier: MIT
 *
 * From events to envelopes in frames. Pure: what comes out depends on the
 * arguments alone. Everything is returned owned. */
#ifndef DIALECT_NATIVE_NATIVE_EVENTS_H
#define DIALECT_NATIVE_NATIVE_EVENTS_H

#include "dialect/dialect.h"

enum native_encoding {
    NATIVE_QUIET,           /* messages and announcements */
    NATIVE_SIGNALS,         /* presence, typing and cursors too */
};

/* A shared event; NULL when this encoding says nothing of it. */
struct slab *native_encode(const struct dialect_config *config,
                           unsigned encoding, const struct event *e);

/* An answer, or an event for one session. */
struct slab *native_answer(const struct dialect_config *config,
                           const struct event *e);

/* What the dialect says by itself. text NULL: the deny's own sentence. */
struct slab *native_error(uint64_t request, enum deny deny, const char *text);
struct slab *native_closing(enum deny deny, struct str text, bool reconnect);
struct slab *native_ping(uint64_t token);

#endif
