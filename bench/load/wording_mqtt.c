/* SPDX-License-Identifier: MIT
 *
 * MQTT 3.1.1 at QoS 0; a room is a topic. Publishing needs no subscription.
 * Keep-alive is 0: the server never asks. */
#include "load/wording.h"

#include <string.h>

enum { CONNECT = 0x10, PUBLISH = 0x30, SUBSCRIBE = 0x82 };

static char *
put_text(char *p, const char *text)
{
    size_t n = strlen(text);

    *p++ = (char)(n >> 8);
    *p++ = (char)n;
    memcpy(p, text, n);
    return p + n;
}

/* The packet's kind and how much follows: seven bits to a byte. */
static char *
put_head(char *p, int kind, size_t rest)
{
    *p++ = (char)kind;
    do {
        *p++ = (char)((rest & 127) | (rest > 127 ? 128 : 0));
        rest >>= 7;
    } while (rest > 0);
    return p;
}

static size_t
say_connect(char *out, const struct who *w)
{
    static const char fixed[] = "\0\4MQTT\4\2\0";  /* level 4, clean, 0 s */
    char *p = put_head(out, CONNECT, sizeof fixed + 2 + strlen(w->name));

    memcpy(p, fixed, sizeof fixed);
    return (size_t)(put_text(p + sizeof fixed, w->name) - out);
}

static size_t
say_subscribe(char *out, const struct who *w)
{
    char *p = put_head(out, SUBSCRIBE, 2 + 2 + strlen(w->room) + 1);

    *p++ = 0;
    *p++ = 1;                    /* the packet's id */
    p = put_text(p, w->room);
    *p++ = 0;                    /* QoS */
    return (size_t)(p - out);
}

static size_t
post(char *out, struct who *w, const char *text, size_t n)
{
    char *p = put_head(out, PUBLISH, 2 + strlen(w->room) + n);

    p = put_text(p, w->room);
    memcpy(p, text, n);
    w->said++;
    return (size_t)(p + n - out);
}

#define CONNACK "\x20\x02\x00\x00"
#define SUBACK  "\x90\x03\x00\x01\x00"

static const struct wording_step listens[] = {
    {say_connect, NEEDLE(CONNACK)},
    {say_subscribe, NEEDLE(SUBACK)},
    {NULL, NULL, 0},
};
static const struct wording_step speaks[] = {
    {say_connect, NEEDLE(CONNACK)},
    {NULL, NULL, 0},
};

const struct wording wording_mqtt = {
    .name = "mqtt", .listens = listens, .speaks = speaks, .post = post,
};
