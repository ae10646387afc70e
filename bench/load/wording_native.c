/* SPDX-License-Identifier: MIT
 *
 * loquat's native protocol. A room need not have been joined to be spoken
 * into, so who only speaks stays outside and hears nothing but the answers. */
#include "load/wording.h"

#include "load/native_words.h"

enum { HELLO = 1, JOIN, FIRST_POST };    /* the requests' numbers */

static size_t
say_hello(char *out, const struct who *w)
{
    return native_hello(out, w, HELLO);
}

static size_t
say_hello_and_join(char *out, const struct who *w)
{
    size_t n = native_hello(out, w, HELLO);

    return n + native_join(out + n, w, JOIN);
}

static size_t
post(char *out, struct who *w, const char *text, size_t n)
{
    return native_post(out, w, text, n, FIRST_POST + w->said);
}

/* Envelopes that begin with their request's number (field 1) and their body's
 * field: 40 is Welcome, 41 Joined. */
#define WELCOME "\x08\x01\xc2\x02"
#define JOINED  "\x08\x02\xca\x02"
/* A Pong (field 31) that nobody asked for is a sign of life. */
#define PONG    "\0\0\0\3\1\xfa\1\0"

static const struct wording_step listens[] = {
    {say_hello_and_join, NEEDLE(JOINED)},
    {NULL, NULL, 0},
};
static const struct wording_step speaks[] = {
    {say_hello, NEEDLE(WELCOME)},
    {NULL, NULL, 0},
};

static const struct wording_step speaks_bare[] = {
    {say_hello, NULL, 0},
    {NULL, NULL, 0},
};

const struct wording wording_native_bare = {
    .name = "native", .speaks = speaks_bare,
    .alive = PONG, .alive_bytes = sizeof PONG - 1, .alive_ms = 25000,
};

const struct wording wording_native = {
    .name = "native", .listens = listens, .speaks = speaks, .post = post,
    .alive = PONG, .alive_bytes = sizeof PONG - 1, .alive_ms = 25000,
};
