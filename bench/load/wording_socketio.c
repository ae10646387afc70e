/* SPDX-License-Identifier: MIT
 *
 * Socket.IO 4 over its WebSocket transport (Engine.IO 4), with two events: one
 * joins a room, the other is a message to all others in it. */
#include "load/wording.h"

#include "load/websocket_words.h"

#include <stdio.h>
#include <string.h>

static size_t
say_upgrade(char *out, const struct who *w)
{
    (void)w;
    return websocket_upgrade(out, "/socket.io/?EIO=4&transport=websocket");
}

static size_t
say_connect(char *out, const struct who *w)
{
    (void)w;
    return websocket_text(out, "40", 2);
}

static size_t
say_join(char *out, const struct who *w)
{
    char text[120];
    int n = snprintf(text, sizeof text, "42[\"join\",\"%s\"]", w->room);

    return websocket_text(out, text, (size_t)n);
}

static size_t
post(char *out, struct who *w, const char *text, size_t n)
{
    static const char head[] = "42[\"msg\",\"", tail[] = "\"]";
    size_t whole = sizeof head - 1 + n + sizeof tail - 1;
    char *p = out + websocket_head_bytes(whole);

    memcpy(p, head, sizeof head - 1);
    memcpy(p + sizeof head - 1, text, n);
    memcpy(p + sizeof head - 1 + n, tail, sizeof tail - 1);
    w->said++;
    return websocket_text(out, out + websocket_head_bytes(whole), whole);
}

static const struct wording_step steps[] = {
    {say_upgrade, NEEDLE("0{\"sid\"")},
    {say_connect, NEEDLE("40{")},
    {say_join, NEEDLE("42[\"joined\"")},
    {NULL, NULL, 0},
};

/* Engine.IO's pong, "3" as a masked text frame. */
#define PONG "\x81\x81mask\x5e"

const struct wording wording_socketio = {
    .name = "socketio", .listens = steps, .speaks = steps, .post = post,
    .alive = PONG, .alive_bytes = sizeof PONG - 1, .alive_ms = 15000,
};
