/* SPDX-License-Identifier: MIT
 *
 * Filling in a struct err. The text stays one line whatever was formatted
 * into it: a file name may hold a line feed. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

int
err_set(struct err *e, int code, const char *fmt, ...)
{
    va_list ap;

    must(code > 0);
    if (e == NULL)
        return -code;
    e->code = code;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof(e->text), fmt, ap);
    va_end(ap);
    for (char *p = e->text; *p != '\0'; p++) {
        if (*p == '\n' || *p == '\r')
            *p = ' ';
    }
    return -code;
}
