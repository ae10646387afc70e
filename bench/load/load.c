/* SPDX-License-Identifier: MIT */
#include "load/load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void
say(const char *fmt, va_list ap)
{
    fputs("loquat-load: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

void
note(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(fmt, ap);
    va_end(ap);
}

void
die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(fmt, ap);
    va_end(ap);
    exit(1);
}
