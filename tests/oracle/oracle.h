/* SPDX-License-Identifier: MIT
 *
 * What the oracles share: requests come on standard input, each behind its
 * length as u32 big-endian; how each was read goes out as one JSON line. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "base/buf.h"

enum verdict {
    ORACLE_MORE,             /* it would wait for more */
    ORACLE_OK,               /* a whole request */
    ORACLE_BAD,
};

struct reading {
    enum verdict verdict;
    bool head;               /* the head was accepted */
    bool keep_alive;
    size_t body;             /* bytes of data, so far or all of them */
    const char *why;         /* of BAD */
    char method[64];
    struct buf target;
    struct buf fields;       /* name:value\n each, as they came */
};

/* Reads the bytes as one connection's first. */
typedef void oracle_fn(struct reading *r, const uint8_t *p, size_t n);

/* Calls read for each request until the input ends. */
int oracle_run(oracle_fn *read);

#endif
