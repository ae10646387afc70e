/* SPDX-License-Identifier: MIT
 *
 * Receivers for tests: they write down what they are given, and their queue
 * is filled by what they are sent and drained by hand. */
#ifndef HUB_FAKE_TEST_H
#define HUB_FAKE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/fanout.h"
#include <stdlib.h>

enum { FAKE_LOG_MAX = 4096 };

/* What a slab of the tests holds. */
struct told {
    enum event_kind kind;
    uint64_t room, seq;
    unsigned encoding;
};

struct fake {
    struct receiver r;
    size_t queued;                  /* events, since it was last drained */
    size_t slabs;                   /* that it was given */
    size_t soft_limit;
    struct told log[FAKE_LOG_MAX];
    size_t n;
    struct told last_answer;
    enum deny last_deny;
    uint64_t last_request;
    struct subscription *last_sub;
    size_t answers, ends;
    size_t n_at_answer;             /* n when the last answer came */
    char end_text[64];
};

static size_t fake_encodes;
static unsigned fake_mute = FANOUT_ENCODINGS;   /* an encoding without words */

static inline struct fake *
fake_of(const struct receiver *r)
{
    return (struct fake *)(void *)(uintptr_t)r;
}

static struct slab *
fake_encode(struct receiver *r, unsigned encoding, const struct event *e)
{
    struct told t = {e->kind, e->room, e->seq, encoding};

    (void)r;
    fake_encodes++;
    if (encoding == fake_mute)
        return NULL;
    return slab_copy((struct str){(const char *)&t, sizeof t});
}

static void
fake_send(struct receiver *r, struct slab *s)
{
    struct fake *f = fake_of(r);

    assert_int_equal(s->n % sizeof f->log[0], 0);
    for (size_t at = 0; at < s->n; at += sizeof f->log[0]) {
        assert_true(f->n < FAKE_LOG_MAX);
        memcpy(&f->log[f->n++], s->p + at, sizeof f->log[0]);
        f->queued++;
    }
    f->slabs++;
}

static void
fake_answer(struct receiver *r, const struct event *e,
            struct subscription *sub)
{
    struct fake *f = fake_of(r);

    f->answers++;
    f->n_at_answer = f->n;
    f->last_answer = (struct told){e->kind, e->room, e->seq, 0};
    f->last_deny = e->deny;
    f->last_request = e->request;
    f->last_sub = sub;
}

static bool
fake_congested(const struct receiver *r)
{
    const struct fake *f = fake_of(r);

    return f->queued > f->soft_limit;
}

static void
fake_end(struct receiver *r, const struct event *why)
{
    struct fake *f = fake_of(r);

    f->ends++;
    memcpy(f->end_text, why->text.p, why->text.n);
    f->end_text[why->text.n] = '\0';
}

static const struct receiver_ops fake_ops = {
    .encode = fake_encode, .send = fake_send, .answer = fake_answer,
    .congested = fake_congested, .end = fake_end,
};

static inline struct fake *
fake_new(struct fanout *fanout, uint64_t session)
{
    struct fake *f = must_alloc(sizeof(*f));

    f->r.ops = &fake_ops;
    f->r.session = session;
    f->soft_limit = FAKE_LOG_MAX;
    fanout_add(fanout, &f->r);
    return f;
}

static inline void
fake_free(struct fanout *fanout, struct fake **f)
{
    fanout_remove(fanout, &(*f)->r);
    free(*f);
    *f = NULL;
}

static inline void
fake_drain(struct fanout *fanout, struct fake *f)
{
    f->queued = 0;
    fanout_drained(fanout, &f->r);
}

/* f was given exactly the messages first..last of room, after `skip`. */
static inline void
expect_messages(const struct fake *f, size_t skip, uint64_t room,
                uint64_t first, uint64_t last)
{
    assert_int_equal(f->n - skip, last + 1 - first);
    for (uint64_t seq = first; seq <= last; seq++) {
        const struct told *t = &f->log[skip + (seq - first)];

        assert_int_equal(t->kind, EVENT_MESSAGE);
        assert_int_equal(t->room, room);
        assert_int_equal(t->seq, seq);
    }
}

#endif
