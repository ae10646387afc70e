/* SPDX-License-Identifier: MIT
 *
 * NATS core; a room is a subject. The PING at the end of getting in is
 * answered when everything before it has been done. */
#include "load/wording.h"

#include <stdio.h>
#include <string.h>

#define CONNECT "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n"

static size_t
say_connect(char *out, const struct who *w)
{
    (void)w;
    return (size_t)snprintf(out, WORDING_SAY_BYTES, CONNECT "PING\r\n");
}

static size_t
say_subscribe(char *out, const struct who *w)
{
    return (size_t)snprintf(out, WORDING_SAY_BYTES,
                            CONNECT "SUB %s 1\r\nPING\r\n", w->room);
}

static size_t
post(char *out, struct who *w, const char *text, size_t n)
{
    int head = snprintf(out, WORDING_POST_EXTRA, "PUB %s %zu\r\n", w->room, n);
    char *p = out + head;

    memcpy(p, text, n);
    memcpy(p + n, "\r\n", 2);
    w->said++;
    return (size_t)head + n + 2;
}

static const struct wording_step listens[] = {
    {say_subscribe, NEEDLE("PONG\r\n")},
    {NULL, NULL, 0},
};
static const struct wording_step speaks[] = {
    {say_connect, NEEDLE("PONG\r\n")},
    {NULL, NULL, 0},
};

const struct wording wording_nats = {
    .name = "nats", .listens = listens, .speaks = speaks, .post = post,
    .alive = "PONG\r\n", .alive_bytes = 6, .alive_ms = 60000,
};
