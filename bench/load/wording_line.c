/* SPDX-License-Identifier: MIT
 *
 * loquat's line protocol (docs/protocol.md §1.2) and the floor's: a name and a
 * room, then lines. Who speaks is in the room too, and does not hear itself. */
#include "load/wording.h"

#include <stdio.h>
#include <string.h>

static size_t
say_name(char *out, const struct who *w)
{
    return (size_t)snprintf(out, WORDING_SAY_BYTES, "%s #%s\n", w->name,
                            w->room);
}

static size_t
post(char *out, struct who *w, const char *text, size_t n)
{
    memcpy(out, text, n);
    out[n] = '\n';
    w->said++;
    return n + 1;
}

static const struct wording_step steps[] = {
    {say_name, NEEDLE("Welcome, ")},
    {NULL, NULL, 0},
};

const struct wording wording_line = {
    .name = "line", .listens = steps, .speaks = steps, .post = post,
};
