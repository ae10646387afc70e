/* SPDX-License-Identifier: MIT
 *
 * A wording: how one kind of server is spoken to. It says how a connection
 * comes to listen in a room or to speak into it, and how a message is sent.
 * How messages come back needs no word: stamps are found in any bytes. */
#ifndef LOAD_WORDING_H
#define LOAD_WORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice;

/* A connection, as its words need it. */
struct who {
    char name[24];               /* "u12": unique, short, legal everywhere */
    char room[72];               /* "r3"; without what a wording puts before */
    uint64_t said;               /* posts so far */
    uint64_t after;              /* native: the seq to resume behind */
    struct dice *dice;           /* borrowed */
};

enum {
    WORDING_SAY_BYTES = 1024,    /* what one step says, at most */
    WORDING_POST_EXTRA = 256,    /* what a post is longer than its text */
};

/* Writes words into out; returns their length. */
typedef size_t wording_say_fn(char *out, const struct who *w);

/* One step of getting in: say something, wait until the needle has come. A
 * list of steps ends with one that says nothing. */
struct wording_step {
    wording_say_fn *say;
    const char *needle;
    size_t needle_bytes;
};

/* A needle given as a literal, which may have NULs inside. */
#define NEEDLE(literal) literal, sizeof literal - 1

struct wording {
    const char *name;
    const struct wording_step *listens;  /* to enter a room and hear it */
    const struct wording_step *speaks;   /* to be allowed to speak there */

    /* out has n + WORDING_POST_EXTRA bytes; text[n] is a NUL. Counts
     * w->said. */
    size_t (*post)(char *out, struct who *w, const char *text, size_t n);

    /* While getting in: what must be answered at once, as IRC's first PING.
     * Returns the answer's length (0: nothing to answer) and how many of the
     * p[0..n) are dealt with by it. NULL: nothing ever. */
    size_t (*answer)(char *out, const char *p, size_t n, size_t *used);

    /* Said by itself every alive_ms, often enough that no server asks whether
     * the connection is alive or closes it. NULL: not needed. */
    const char *alive;
    size_t alive_bytes;
    int64_t alive_ms;

    bool short_names;            /* at most 9 bytes */
};

extern const struct wording *const wordings[];   /* ends with NULL */

const struct wording *wording_find(const char *name);  /* borrowed, or NULL */

extern const struct wording wording_line, wording_native, wording_irc,
    wording_websocket, wording_socketio, wording_mqtt, wording_nats,
    wording_resp;

/* The native one for scenarios that read the answers themselves: who speaks
 * says Hello, as request 1, and waits for nothing. */
extern const struct wording wording_native_bare;

#endif
