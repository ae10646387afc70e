/* SPDX-License-Identifier: MIT
 *
 * What the dialect's tests look for in what came out. */
#ifndef DIALECT_HTTP_CHECK_TEST_H
#define DIALECT_HTTP_CHECK_TEST_H

#include "dialect/http/http_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define assert_has(text, part) \
    do { \
        if (strstr((text), (part)) == NULL) \
            fail_msg("no \"%s\" in:\n%s", (part), (text)); \
    } while (0)

#define assert_lacks(text, part) \
    do { \
        if (strstr((text), (part)) != NULL) \
            fail_msg("\"%s\" in:\n%s", (part), (text)); \
    } while (0)

#define assert_status(text, status) \
    do { \
        const char *text_ = (text); \
        if (strncmp(text_, "HTTP/1.1 " #status " ", 13) != 0) \
            fail_msg("not %d: %.200s", (status), text_); \
    } while (0)

/* The body of the only answer in text. */
static inline const char *
body_of(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");

    if (end == NULL)
        fail_msg("no end of a head in: %s", text);
    return end + 4;
}

#endif
