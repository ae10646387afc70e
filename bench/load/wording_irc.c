/* SPDX-License-Identifier: MIT
 *
 * IRC (RFC 2812). A channel takes messages from members only (+n is usual), so
 * who speaks joins too; a server does not send one's own messages back. Some
 * servers want a PING with a cookie answered before they let anyone in. */
#include "load/wording.h"

#include <stdio.h>
#include <string.h>

static size_t
say_nick(char *out, const struct who *w)
{
    return (size_t)snprintf(out, WORDING_SAY_BYTES,
                            "NICK %s\r\nUSER %s 0 * :%s\r\n", w->name, w->name,
                            w->name);
}

static size_t
say_join(char *out, const struct who *w)
{
    return (size_t)snprintf(out, WORDING_SAY_BYTES, "JOIN #%s\r\n", w->room);
}

static size_t
post(char *out, struct who *w, const char *text, size_t n)
{
    int head = snprintf(out, WORDING_POST_EXTRA, "PRIVMSG #%s :", w->room);
    char *p = out + head;

    memcpy(p, text, n);
    memcpy(p + n, "\r\n", 2);
    w->said++;
    return (size_t)head + n + 2;
}

static size_t
answer_ping(char *out, const char *p, size_t n, size_t *used)
{
    const char *ping = memmem(p, n, "PING ", 5);
    const char *end;
    size_t length;

    if (ping == NULL)
        return 0;
    end = memchr(ping, '\n', n - (size_t)(ping - p));
    if (end == NULL)
        return 0;
    length = (size_t)(end + 1 - ping);
    *used = (size_t)(end + 1 - p);
    if (length > WORDING_SAY_BYTES)
        return 0;
    memcpy(out, ping, length);
    out[1] = 'O';                /* PONG, with all that came behind the PING */
    return length;
}

static const struct wording_step steps[] = {
    {say_nick, NEEDLE(" 001 ")},
    {say_join, NEEDLE(" 366 ")},     /* the end of the list of names */
    {NULL, NULL, 0},
};

const struct wording wording_irc = {
    .name = "irc", .listens = steps, .speaks = steps, .post = post,
    .answer = answer_ping, .alive = "PONG :alive\r\n", .alive_bytes = 13,
    .alive_ms = 60000, .short_names = true,
};
