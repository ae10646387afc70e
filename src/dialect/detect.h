/* SPDX-License-Identifier: MIT
 *
 * Which language does a connection speak? A pure function of its first bytes
 * and the server's dialects, final for the connection's life. A language that
 * this server does not speak is recognised too, so that it gets a sentence
 * instead of being read as chat (PROMISES threats 5 and 8). */
#ifndef DIALECT_DETECT_H
#define DIALECT_DETECT_H

#include "dialect/dialect.h"

enum detected {
    DETECT_MORE,      /* not certain yet */
    DETECT_DIALECT,   /* *ret speaks it */
    DETECT_FOREIGN,   /* nobody here does: say *farewell and close */
};

/* dialects: NULL-terminated, the one without sniff last. n >= 1; looks at no
 * more than LIMIT_DETECT_BYTES and is certain by then. */
enum detected detect(const struct dialect *const *dialects, const uint8_t *p,
                     size_t n, const struct dialect **ret,
                     struct str *farewell);

/* The same by the name of a protocol that the two ends have agreed on (ALPN):
 * DETECT_MORE when there is none. */
enum detected detect_protocol(const struct dialect *const *dialects,
                              const char *name, const struct dialect **ret,
                              struct str *farewell);

/* The names to agree on, the best first, NULL-terminated: at most max - 1. */
void detect_protocols(const struct dialect *const *dialects,
                      const char **names, unsigned max);

#endif
