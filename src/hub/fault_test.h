/* SPDX-License-Identifier: MIT
 *
 * Faults for tests: a function in front of one of the store's own (the
 * linker's --wrap) that fails once, at the call that it was told to. */
#ifndef HUB_FAULT_TEST_H
#define HUB_FAULT_TEST_H

#include <string.h>

static struct {
    const char *call;
    int skip;                     /* that many calls still work */
    int rc;
} fault;

static inline void
fail_at(const char *call, int skip, int rc)
{
    fault.call = call;
    fault.skip = skip;
    fault.rc = rc;
}

static inline int
stumble(const char *call)
{
    if (fault.call == NULL || strcmp(fault.call, call) != 0
        || fault.skip-- > 0)
        return 0;
    fault.call = NULL;
    return fault.rc;
}

#define WRAP(call, params, args) \
    int __real_##call params; \
    int __wrap_##call params; \
    int __wrap_##call params \
    { \
        int rc = stumble(#call); \
        return rc < 0 ? rc : __real_##call args; \
    }

#endif
