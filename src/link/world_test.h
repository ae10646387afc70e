/* SPDX-License-Identifier: MIT
 *
 * What the tests of a talk share. The test is the server: what it says goes in
 * as bytes, what the talk says comes out as bytes, and both sides are written
 * down as words. */
#ifndef LINK_WORLD_TEST_H
#define LINK_WORLD_TEST_H

#include "link/talk.h"

#include "base/rand.h"
#include "link/fake_test.h"

#include <stdio.h>
#include <stdlib.h>

struct world {
    struct talk t;
    struct buf heard;         /* what the application was told */
    struct buf said;          /* what the server was told */
    struct buf bytes;         /* on their way to the talk */
    struct envelope_arena *arena;
    size_t piece;             /* bytes that arrive at once */
};

static inline void
on_welcome(void *arg, bool replaced)
{
    struct world *w = arg;

    NOTE(&w->heard, "welcome%s. ", replaced ? " replaced" : "");
}

static inline void
on_envelope(void *arg, const Envelope *e)
{
    struct world *w = arg;

    if (e->body_case == ENVELOPE_BODY(MESSAGE))
        NOTE(&w->heard, "%d %s. ", (int)e->message->seq, e->message->text);
    else if (e->body_case == ENVELOPE_BODY(JOINED))
        NOTE(&w->heard, "joined %s. ", e->joined->target);
    else if (e->body_case == ENVELOPE_BODY(PARTED))
        NOTE(&w->heard, "parted %s. ", e->parted->target);
    else if (e->body_case == ENVELOPE_BODY(ERROR))
        NOTE(&w->heard, "error %d. ", (int)e->error->code);
    else
        NOTE(&w->heard, "body %d. ", (int)e->body_case);
}

static inline void
on_posted(void *arg, uint64_t tag, const Loquat__V1__Posted *posted)
{
    struct world *w = arg;

    NOTE(&w->heard, "posted %d as %d. ", (int)tag, (int)posted->seq);
}

static inline void
on_refused(void *arg, uint64_t tag, const Loquat__V1__Error *error)
{
    struct world *w = arg;

    NOTE(&w->heard, "refused %d: %s. ", (int)tag, error->text);
}

static const struct talk_ops ops = {on_welcome, on_envelope, on_posted,
                                    on_refused};

static inline int
setup(void **state)
{
    static const struct talk_options options = {
        .name = "alice", .client = "test", .outbox_messages = 100,
        .outbox_bytes = 100000};
    struct world *w = must_alloc(sizeof *w);

    talk_init(&w->t, &options, &ops, w);
    buf_init(&w->heard, 1 << 20);
    buf_init(&w->said, 1 << 20);
    buf_init(&w->bytes, 1 << 24);
    w->arena = envelope_arena_new(1 << 20);
    w->piece = LIMIT_READ_BYTES;
    *state = w;
    return 0;
}

static inline int
teardown(void **state)
{
    struct world *w = *state;

    talk_done(&w->t);
    buf_done(&w->heard);
    buf_done(&w->said);
    buf_done(&w->bytes);
    envelope_arena_free(&w->arena);
    free(w);
    return 0;
}

/* Lets the talk have what was put, in pieces. */
static inline enum talk_verdict
deliver(struct world *w)
{
    enum talk_verdict verdict = TALK_ON;

    for (size_t at = 0; at < w->bytes.n && verdict == TALK_ON;) {
        size_t n = w->bytes.n - at < w->piece ? w->bytes.n - at : w->piece;

        verdict = talk_input(&w->t, (uint8_t *)w->bytes.p + at, n);
        at += n;
    }
    buf_clear(&w->bytes);
    return verdict;
}

/* Everything that the talk has said since the last time. */
static inline const char *
said(struct world *w)
{
    talk_pump(&w->t);
    assert_int_equal(note_bytes(&w->said, w->arena, w->t.out.p, w->t.out.n),
                     w->t.out.n);
    buf_clear(&w->t.out);
    return text_of(&w->said);
}

static inline const char *
heard(struct world *w)
{
    return text_of(&w->heard);
}

/* Connected, in #ops (number 7) from seq 10 on. */
static inline void
be_in_ops(struct world *w)
{
    talk_join(&w->t, "#ops", -1);
    talk_begin(&w->t);
    put_welcome(&w->bytes, 1);
    put_joined(&w->bytes, 2, 7, "#ops", 10);
    assert_int_equal(deliver(w), TALK_ON);
    said(w);
    heard(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
