/* SPDX-License-Identifier: MIT
 *
 * struct err: why the machine refused, for a person to read. Functions whose
 * failure a human will see take one as their last parameter and fill it only
 * on failure. A NULL err is allowed everywhere. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/must.h"

struct err {
    int code;            /* an errno value */
    char text[512];      /* one clear sentence, no newline */
};

/* Fills e and returns -code, so that a caller can write
 * `return err_set(e, EINVAL, "...")`. */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
