/* SPDX-License-Identifier: MIT
 *
 * A needle may be cut by two reads, so what came is kept; when it becomes too
 * much (a list of 10,000 names) only its end is. */
#include "load/greeting.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    GREETING_BYTES = 4096,
    GREETING_TAIL = 600,         /* longer than any needle or line of IRC */
};

struct greeting {
    size_t n;
    char in[GREETING_BYTES + 1];
};

struct greeting *
greeting_new(void)
{
    return must_alloc(sizeof(struct greeting));
}

void
greeting_free(struct greeting **g)
{
    free(*g);
    *g = NULL;
}

static const struct wording_step *
step_of(const struct crowd *c, const struct peer *p)
{
    const struct wording *w = c->wording;

    return (p->speaks ? w->speaks : w->listens) + p->step;
}

/* A new connection's socket has room for a few hundred bytes, always. */
static void
send_all(const struct peer *p, const char *bytes, size_t n)
{
    if (send(p->fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
        die("connection %u could not say its words: %s", p->index,
            strerror(errno));
}

static void
say_step(struct crowd *c, struct peer *p)
{
    char words[WORDING_SAY_BYTES];
    struct who who = {.dice = &c->dice};

    c->ops->name(c->arg, p, &who);
    send_all(p, words, step_of(c, p)->say(words, &who));
}

bool
greeting_over(const struct crowd *c, const struct peer *p)
{
    return step_of(c, p)->say == NULL;
}

/* Steps without a needle are over when they are said. */
static void
say_steps(struct crowd *c, struct peer *p)
{
    while (!greeting_over(c, p)) {
        say_step(c, p);
        if (step_of(c, p)->needle != NULL)
            return;
        p->step++;
    }
}

void
greeting_begin(struct crowd *c, struct peer *p)
{
    p->step = 0;
    say_steps(c, p);
}

static void
drop_front(struct greeting *g, size_t n)
{
    g->n -= n;
    memmove(g->in, g->in + n, g->n);
}

/* True if something in g was dealt with, so that looking again is worth it. */
static bool
progress(struct crowd *c, struct peer *p)
{
    const struct wording_step *step = step_of(c, p);
    struct greeting *g = p->greeting;
    const char *found = memmem(g->in, g->n, step->needle, step->needle_bytes);
    char words[WORDING_SAY_BYTES];
    size_t n, used = 0;

    if (found != NULL) {
        drop_front(g, (size_t)(found - g->in) + step->needle_bytes);
        p->step++;
        say_steps(c, p);
        return !greeting_over(c, p);
    }
    if (c->wording->answer == NULL)
        return false;
    n = c->wording->answer(words, g->in, g->n, &used);
    if (n > 0)
        send_all(p, words, n);
    drop_front(g, used);
    return used > 0;
}

bool
greeting_heard(struct crowd *c, struct peer *p, const char *bytes, size_t n)
{
    struct greeting *g = p->greeting;

    while (n > 0 && !greeting_over(c, p)) {
        size_t part = GREETING_BYTES - g->n < n ? GREETING_BYTES - g->n : n;

        memcpy(g->in + g->n, bytes, part);
        g->n += part;
        bytes += part;
        n -= part;
        while (progress(c, p))
            ;
        if (g->n == GREETING_BYTES)
            drop_front(g, GREETING_BYTES - GREETING_TAIL);
    }
    return greeting_over(c, p);
}

const char *
greeting_text(struct greeting *g)
{
    if (g->n > GREETING_TAIL)
        drop_front(g, g->n - GREETING_TAIL);
    for (size_t i = 0; i < g->n; i++)
        if (!isprint((unsigned char)g->in[i]))
            g->in[i] = ' ';
    g->in[g->n] = '\0';
    return g->in;
}
