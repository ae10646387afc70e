/* SPDX-License-Identifier: MIT
 *
 * Plain WebSocket text messages. The path names the room, and whoever has
 * connected to it is in it. */
#include "load/wording.h"

#include "load/websocket_words.h"

#include <stdio.h>

static size_t
say_upgrade(char *out, const struct who *w)
{
    char path[80];

    snprintf(path, sizeof path, "/%s", w->room);
    return websocket_upgrade(out, path);
}

static size_t
post(char *out, struct who *w, const char *text, size_t n)
{
    w->said++;
    return websocket_text(out, text, n);
}

static const struct wording_step steps[] = {
    {say_upgrade, NEEDLE("HTTP/1.1 101 ")},
    {NULL, NULL, 0},
};

const struct wording wording_websocket = {
    .name = "websocket", .listens = steps, .speaks = steps, .post = post,
};
