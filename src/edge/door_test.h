/* SPDX-License-Identifier: MIT
 *
 * WebSocket under a dialect, for its tests. "door" stands for HTTP: whoever
 * begins with "DOOR\n" speaks the calm dialect there, and
 *
 *     UP talk.v1     > up, and from there on frames
 *
 * "talk" is the calm dialect again, a line without its newline in each
 * message. */
#ifndef EDGE_DOOR_TEST_H
#define EDGE_DOOR_TEST_H

#include "edge/rig_test.h"
#include "net/websocket.h"

/* --- The dialects ------------------------------------------------------- */

static inline enum sniff
door_sniff(const uint8_t *p, size_t n)
{
    if (memcmp(p, "DOOR\n", n < 5 ? n : 5) != 0)
        return SNIFF_NO;
    return n < 5 ? SNIFF_MORE : SNIFF_YES;
}

/* True: the dialect is another one now. */
static inline bool
door_line(struct conn *c, struct str line)
{
    struct str whole = line, word = str_word(&line);

    line = str_trim(line);
    if (str_eq(word, str_of("UP"))) {
        if (str_eq(line, str_of("talk.v1")))
            conn_printf(c, "up\n");
        if (conn_upgrade(c, line))
            return true;
        conn_printf(c, "no %.*s\n", STR_FMT(line));
    } else if (str_eq(word, str_of("SERVE"))) {
        conn_serve(c);
    } else if (!str_eq(word, str_of("DOOR"))) {
        calm_line(c, whole);
    }
    return false;
}

static inline size_t
door_input(struct conn *c, const uint8_t *p, size_t n)
{
    size_t used = 0;
    bool up = false;

    while (used < n && !up && !conn_held(c)) {
        const uint8_t *lf = memchr(p + used, '\n', n - used);
        struct str line = {(const char *)p + used, 0};
        if (lf == NULL)
            break;
        line.n = (size_t)(lf - p) - used;
        used = (size_t)(lf - p) + 1;
        up = door_line(c, line);
    }
    return used;
}

static unsigned closes;     /* of the door's states */

static inline void
door_close(struct conn *c)
{
    must(conn_state(c) != NULL);
    closes++;
}

static inline size_t
talk_input(struct conn *c, const uint8_t *p, size_t n)
{
    must(conn_is_websocket(c) && n > 0 && !conn_held(c));
    if (p[n - 1] == '-')
        return n - 1;
    calm_line(c, (struct str){(const char *)p, n});
    return n;
}

static inline void
talk_open(struct conn *c)
{
    must(conn_is_websocket(c));
    conn_printf(c, "Hello!");
}

static inline void
talk_farewell(struct conn *c, const struct event *why)
{
    conn_printf(c, "farewell %s", deny_word(why->deny));
}

static const struct dialect door = {
    .name = "door", .state_bytes = sizeof(struct calm) + 100,
    .sniff = door_sniff, .input = door_input, .timer = calm_timer,
    .answer = calm_answer, .encode = calm_encode, .close = door_close,
};
static const struct dialect talk = {
    .name = "talk", .state_bytes = sizeof(struct calm),
    .subprotocol = "talk.v1", .sniff = loud_sniff, .open = talk_open,
    .input = talk_input, .timer = calm_timer, .answer = calm_answer,
    .encode = calm_encode, .farewell = talk_farewell,
};
static const struct dialect *const doors[] = {&door, &talk, &calm, NULL};

/* --- A peer ------------------------------------------------------------- */

struct frames {
    char p[4096];
    size_t n;
};

/* Adds a masked frame. */
static inline void
add_n(struct frames *f, unsigned first, const char *p, size_t n)
{
    static const uint8_t mask[4] = {1, 2, 3, 4};
    uint8_t header[WEBSOCKET_HEADER_BYTES];
    size_t header_n = websocket_header(header, WEBSOCKET_BINARY, n);

    must(f->n + header_n + 4 + n <= sizeof(f->p));
    header[0] = (uint8_t)first;
    header[1] |= 0x80;
    memcpy(f->p + f->n, header, header_n);
    f->n += header_n;
    memcpy(f->p + f->n, mask, 4);
    f->n += 4;
    for (size_t i = 0; i < n; i++)
        f->p[f->n++] = (char)(p[i] ^ mask[i % 4]);
}

static inline void
add(struct frames *f, unsigned first, const char *text)
{
    add_n(f, first, text, strlen(text));
}

static inline void
say_frame(int fd, unsigned first, const char *text)
{
    struct frames f = {0};

    add(&f, first, text);
    client_send(fd, f.p, f.n);
}

static inline void
say(int fd, const char *text)
{
    say_frame(fd, 0x82, text);
}

static inline void
say_close(int fd, const char *p, size_t n)
{
    struct frames f = {0};

    add_n(&f, 0x88, p, n);
    client_send(fd, f.p, f.n);
}

/* The next frame is unmasked, has that first byte and says that. */
static inline void
hear_n(int fd, unsigned first, const char *want, size_t n)
{
    char got[256] = "";

    assert_true(n <= 125);
    assert_int_equal(client_read(fd, got, 2), 2);
    assert_int_equal((uint8_t)got[0], first);
    assert_int_equal((uint8_t)got[1], n);
    assert_int_equal(client_read(fd, got, n), n);
    assert_memory_equal(got, want, n);
}

static inline void
hear(int fd, const char *want)
{
    hear_n(fd, 0x82, want, strlen(want));
}

/* A Close with that code, and then the end. */
static inline void
hear_close(int fd, unsigned code, const char *reason)
{
    char want[128] = {(char)(code >> 8), (char)code};

    memcpy(want + 2, reason, strlen(reason));
    hear_n(fd, 0x88, want, 2 + strlen(reason));
    client_expect_end(fd);
}

static inline struct rig *
start(void **state)
{
    struct rig *t = *state;

    t->dialects = doors;
    closes = 0;
    rig_start(t);
    return t;
}

static inline int
client_up(struct rig *t)
{
    int fd = client_new(t);

    client_talk(fd, "DOOR\nUP talk.v1\n", "up\n");
    hear(fd, "Hello!");
    return fd;
}

static inline int
client_up_as(struct rig *t, const char *name)
{
    int fd = client_up(t);
    char text[64];

    snprintf(text, sizeof(text), "NAME %s", name);
    say(fd, text);
    snprintf(text, sizeof(text), "welcome %s\n", name);
    hear(fd, text);
    say(fd, "JOIN #r");
    hear(fd, "joined #r\n");
    return fd;
}

#endif
