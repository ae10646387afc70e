/* SPDX-License-Identifier: MIT
 *
 * Redis's publish and subscribe, in RESP 2; a room is a channel. The integer
 * that answers each PUBLISH is read and dropped, like all that comes to those
 * who only speak. */
#include "load/wording.h"

#include <stdio.h>
#include <string.h>

static size_t
say_subscribe(char *out, const struct who *w)
{
    return (size_t)snprintf(out, WORDING_SAY_BYTES,
                            "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n",
                            strlen(w->room), w->room);
}

static size_t
say_ping(char *out, const struct who *w)
{
    (void)w;
    return (size_t)snprintf(out, WORDING_SAY_BYTES, "*1\r\n$4\r\nPING\r\n");
}

static size_t
post(char *out, struct who *w, const char *text, size_t n)
{
    int head = snprintf(out, WORDING_POST_EXTRA,
                        "*3\r\n$7\r\nPUBLISH\r\n$%zu\r\n%s\r\n$%zu\r\n",
                        strlen(w->room), w->room, n);
    char *p = out + head;

    memcpy(p, text, n);
    memcpy(p + n, "\r\n", 2);
    w->said++;
    return (size_t)head + n + 2;
}

static const struct wording_step listens[] = {
    {say_subscribe, NEEDLE("subscribe\r\n")},
    {NULL, NULL, 0},
};
static const struct wording_step speaks[] = {
    {say_ping, NEEDLE("+PONG\r\n")},
    {NULL, NULL, 0},
};

const struct wording wording_resp = {
    .name = "resp", .listens = listens, .speaks = speaks, .post = post,
};
