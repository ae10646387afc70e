/* SPDX-License-Identifier: MIT
 *
 * Encoded when the first receiver asks for it, once per encoding, and joined
 * likewise. Who has spoken is remembered in a small Bloom filter of one hash:
 * sender ids are random, so their low bits will do. */
#include "hub/run.h"

#include "base/must.h"
#include <stdlib.h>

enum { SENDER_BITS = 256 };

/* One encoding's bytes. Few are needed at once, so they are a chain. */
struct version {
    struct version *next;
    unsigned encoding;
    uint32_t known;               /* slabs[0..known) are set, maybe to NULL */
    bool whole;                   /* joined is set, maybe to NULL */
    struct slab *joined;
    struct slab *slabs[];         /* run->max */
};

struct run {
    uint32_t n, max;
    size_t bytes;                 /* of text */
    uint64_t senders[SENDER_BITS / 64];
    struct version *versions;
    struct event *events[];       /* max */
};

/* The arrays are not cleared: most runs are of one message. */
struct run *
run_new(uint32_t max)
{
    struct run *run =
        must_realloc(NULL, sizeof(*run) + max * sizeof(run->events[0]));

    must(max > 0);
    memset(run, 0, sizeof(*run));
    run->max = max;
    return run;
}

static struct version *
version_new(const struct run *run, unsigned encoding)
{
    struct version *v =
        must_realloc(NULL, sizeof(*v) + run->max * sizeof(v->slabs[0]));

    memset(v, 0, sizeof(*v));
    v->encoding = encoding;
    v->next = run->versions;
    return v;
}

static void
version_free(struct version *v)
{
    for (uint32_t i = 0; i < v->known; i++)
        slab_unref(&v->slabs[i]);
    slab_unref(&v->joined);
    free(v);
}

void
run_free(struct run **run)
{
    struct run *r = *run;
    struct version *v;

    if (r == NULL)
        return;
    *run = NULL;
    while ((v = r->versions) != NULL) {
        r->versions = v->next;
        version_free(v);
    }
    for (uint32_t i = 0; i < r->n; i++)
        event_unref(&r->events[i]);
    free(r);
}

bool
run_is_full(const struct run *run)
{
    return run->n == run->max;
}

uint32_t
run_length(const struct run *run)
{
    return run->n;
}

size_t
run_text_bytes(const struct run *run)
{
    return run->bytes;
}

uint64_t
run_first_seq(const struct run *run)
{
    return run_event(run, 0)->seq;
}

uint64_t
run_last_seq(const struct run *run)
{
    return run_event(run, run->n - 1)->seq;
}

const struct event *
run_event(const struct run *run, uint32_t i)
{
    must(i < run->n);
    return run->events[i];
}

static uint64_t
sender_bit(uint64_t sender_id)
{
    return UINT64_C(1) << (sender_id & 63);
}

static size_t
sender_word(uint64_t sender_id)
{
    return sender_id / 64 % (SENDER_BITS / 64);
}

void
run_add(struct run *run, struct event *message)
{
    uint64_t sender_id = message->sender_id;

    must(!run_is_full(run));
    must(run->n == 0 || message->seq > run_last_seq(run));
    run->events[run->n++] = event_ref(message);
    run->bytes += message->text.n;
    run->senders[sender_word(sender_id)] |= sender_bit(sender_id);
}

bool
run_may_be_from(const struct run *run, uint64_t sender_id)
{
    return run->senders[sender_word(sender_id)] & sender_bit(sender_id);
}

static struct version *
version_get(struct run *run, unsigned encoding)
{
    struct version *v = run->versions;

    while (v != NULL && v->encoding != encoding)
        v = v->next;
    if (v == NULL)
        v = run->versions = version_new(run, encoding);
    return v;
}

/* At least the first n messages. */
static struct version *
encoded(struct run *run, struct receiver *r, unsigned encoding, uint32_t n)
{
    struct version *v = version_get(run, encoding);

    for (; v->known < n; v->known++)
        v->slabs[v->known] =
            r->ops->encode(r, encoding, run->events[v->known]);
    return v;
}

struct slab *
run_bytes(struct run *run, struct receiver *r, unsigned encoding, uint32_t i)
{
    must(i < run->n);
    return encoded(run, r, encoding, i + 1)->slabs[i];
}

static struct slab *
join(struct slab *const slabs[], uint32_t n)
{
    struct slab *s;
    size_t bytes = 0;
    char *at;

    for (uint32_t i = 0; i < n; i++)
        bytes += slabs[i] != NULL ? slabs[i]->n : 0;
    if (bytes == 0)
        return NULL;
    s = slab_new(bytes);
    at = s->p;
    for (uint32_t i = 0; i < n; i++) {
        if (slabs[i] != NULL)
            at = mempcpy(at, slabs[i]->p, slabs[i]->n);
    }
    return s;
}

struct slab *
run_joined(struct run *run, struct receiver *r, unsigned encoding)
{
    struct version *v = encoded(run, r, encoding, run->n);

    if (run->n == 1)
        return v->slabs[0];
    if (!v->whole) {
        v->joined = join(v->slabs, run->n);
        v->whole = true;
    }
    return v->joined;
}
