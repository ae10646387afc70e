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

#define GET(path) "GET " path " HTTP/1.1\r\nHost: here\r\n\r\n"
#define GET_AS(path, type) \
    "GET " path " HTTP/1.1\r\nHost: here\r\nAccept: " type "\r\n\r\n"
#define POST(fields, length, body) \
    "POST /r/lobby HTTP/1.1\r\nHost: here\r\n" fields \
    "Content-Length: " #length "\r\n\r\n" body

/* A play per test. */
static int
set_up(void **state)
{
    struct play *p = must_alloc(sizeof *p);

    play_open(p);
    *state = p;
    return 0;
}

static int
tear_down(void **state)
{
    play_close(*state);
    free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The body of the only answer in text. */
static inline const char *
body_of(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");

    if (end == NULL)
        fail_msg("no end of a head in: %s", text);
    return end + 4;
}

#define PUT(fields, length, body) \
    "PUT /r/lobby/files/a.txt HTTP/1.1\r\nHost: here\r\n" fields \
    "Content-Length: " #length "\r\n\r\n" body

/* The URL that a field of the answer tells, behind its name and blank. */
static inline void
copy_field(const char *said, const char *field, char out[256])
{
    const char *at = strstr(said, field);
    size_t n;

    if (at == NULL)
        fail_msg("no %s in: %s", field, said);
    at += strlen(field);
    n = strcspn(at, "\r");
    assert_true(n < 256);
    memcpy(out, at, n);
    out[n] = '\0';
}

static inline const char *
get(struct play *p, const char *path, const char *fields)
{
    char text[1024];

    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: here\r\n%s\r\n",
             path, fields);
    return play_say(p, text);
}

static inline void
file_path(const struct play_file *f, char out[256])
{
    char id[FILE_ID_CHARS + 1];

    file_id_write(&f->facts.id, id);
    snprintf(out, 256, "/f/%s/%s", id, f->name);
}

#endif
