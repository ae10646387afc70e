/* SPDX-License-Identifier: MIT
 *
 * What the tests of a stream share: a stream over one end of a real loopback
 * TCP connection with small buffers. The test holds the other end and turns
 * the loop until what it expects has happened. */
#ifndef NET_STREAM_FIXTURE_H
#define NET_STREAM_FIXTURE_H

#include "base/clock.h"
#include "net/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define PATIENCE_MS 10000
#define BLOCK_BYTES (8 * 65536)   /* more than two sockets hold */

struct fixture {
    uv_loop_t loop;
    struct streams streams;
    struct stream s;
    int peer;
    void (*act)(struct fixture *f);   /* called by `readable` or `drained` */
    bool act_readable, act_drained, ignore_readable;
    int readable, drained, closed;
    size_t depth, deepest;            /* nesting of `drained` */
    size_t left;                      /* what a pump still has to send */
    bool read_once;                   /* one byte per `readable` */
    ssize_t last;                     /* what the last read returned */
    char in[256];
    size_t in_n;
};

struct fixture *fixture_new(int fd, int peer);
int fixture_setup(void **state);
int fixture_teardown(void **state);

#define FIXTURE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* Turns the loop until `condition` or for as long as patience lasts. */
#define TURN_UNTIL(f, condition)                                          \
    do {                                                                  \
        int64_t end_ms = clock_mono_ms() + PATIENCE_MS;                   \
        while (!(condition) && clock_mono_ms() < end_ms)                  \
            uv_run(&(f)->loop, UV_RUN_NOWAIT);                            \
        assert_true(condition);                                           \
    } while (0)

/* Enough turns for anything that would spin to show. */
void turn_a_while(struct fixture *f);

void send_text(struct fixture *f, const char *text);
void send_zeros(struct fixture *f, size_t n);
void block_output(struct fixture *f);   /* fills the socket, leaves some */

void peer_says(struct fixture *f, const char *text);
void peer_leaves(struct fixture *f, bool reset);
size_t peer_takes(struct fixture *f);   /* all it has got, without waiting */

#endif
