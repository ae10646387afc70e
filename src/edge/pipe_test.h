/* SPDX-License-Identifier: MIT
 *
 * A dialect that carries a file, for the edge's tests. "pipe" is the calm
 * dialect with a few words more:
 *
 *     FILE n      n bytes of the test's file, by conn_send_file()
 *     PIECES n    the same, queued in pieces
 *     IDLE        wants to drain, and has nothing
 *     SERVE  OCCUPY  FREE  HURRY  RESET
 *     MOVE n      a job for the movers; GROW n and FORGET n likewise
 *
 * The movers are played here: they note what they were asked. */
#ifndef EDGE_PIPE_TEST_H
#define EDGE_PIPE_TEST_H

#include "edge/rig_test.h"

#include <pthread.h>
#include <stdatomic.h>

enum { FILE_BYTES = 32 * 1024 * 1024 };

static int file_fd;
static uint8_t *file_p;

/* --- The movers, as the connection sees them ---------------------------- */

static pthread_mutex_t moved_lock = PTHREAD_MUTEX_INITIALIZER;
static struct move_job moved;
static atomic_uint moves, forgotten;
static atomic_bool grows;

static inline void
note_move(const struct move_job *job)
{
    pthread_mutex_lock(&moved_lock);
    moved = *job;
    moves++;
    pthread_mutex_unlock(&moved_lock);
}

void
movers_submit(struct movers *m, struct move_job *jobs)
{
    assert_null(m);
    note_move(jobs);
    free(jobs);
}

bool
movers_await(struct movers *m, struct blob *b, uint64_t beyond,
             const struct move_job *asker)
{
    struct move_job job = *asker;

    assert_null(m);
    assert_null(b);
    job.offset = beyond;
    note_move(&job);
    return grows;
}

void
movers_forget(struct movers *m, struct blob *b, unsigned worker,
              uint64_t session, uint64_t request)
{
    struct move_job job = {.worker = worker, .session = session,
                           .request = request};

    assert_null(m);
    assert_null(b);
    note_move(&job);
    forgotten++;
}

/* --- The dialect -------------------------------------------------------- */

struct pipe {
    struct calm calm;
    uint64_t at, end;
    bool pieces, idle;
};

static atomic_size_t most_queued, most_taken, drains;

static inline void
pipe_begin(struct conn *c, uint64_t n, bool pieces)
{
    struct pipe *s = conn_state(c);

    must(n <= FILE_BYTES);
    s->at = 0;
    s->end = n;
    s->pieces = pieces;
    conn_printf(c, "file %llu\n", (unsigned long long)n);
    conn_want_drain(c, true);
}

static inline void
pipe_drain(struct conn *c)
{
    struct pipe *s = conn_state(c);
    uint64_t was = s->at;
    ssize_t took = 1;

    drains++;
    if (conn_queued(c) > most_queued)
        most_queued = conn_queued(c);
    if (s->idle)
        return;
    while (!s->pieces && took > 0 && s->at < s->end) {
        took = conn_send_file(c, file_fd, s->at, s->end - s->at);
        must(took >= 0);
        s->at += (uint64_t)took;
    }
    if (s->at - was > most_taken)
        most_taken = s->at - was;
    if (s->pieces && s->at < s->end) {
        size_t n = s->end - s->at < LIMIT_PIECE_BYTES ? s->end - s->at
                                                      : LIMIT_PIECE_BYTES;
        conn_send_bytes(c, file_p + s->at, n);
        s->at += n;
    }
    if (s->at == s->end) {
        conn_want_drain(c, false);
        conn_printf(c, "done\n");
    }
}

static inline void
pipe_move(struct conn *c, struct str word, uint64_t n)
{
    struct move_job *job;

    if (str_eq(word, str_of("MOVE"))) {
        job = must_alloc(sizeof(*job));
        job->what = MOVE_WARM;
        job->request = n;
        conn_move(c, job);
    } else if (str_eq(word, str_of("FORGET"))) {
        conn_forget_growth(c, NULL, n);
    } else if (conn_await_growth(c, NULL, 4711, n)) {
        conn_printf(c, "waits\n");
    } else {
        conn_printf(c, "grown\n");
    }
}

static inline void
pipe_line(struct conn *c, struct str line)
{
    struct pipe *s = conn_state(c);
    struct str whole = line, word = str_word(&line);
    uint64_t n = line.n > 0 ? strtoull(line.p, NULL, 10) : 0;

    if (str_eq(word, str_of("FILE"))) {
        pipe_begin(c, n, false);
    } else if (str_eq(word, str_of("PIECES"))) {
        pipe_begin(c, n, true);
    } else if (str_eq(word, str_of("IDLE"))) {
        s->idle = true;
        conn_want_drain(c, true);
    } else if (str_eq(word, str_of("SERVE"))) {
        conn_serve(c);
        conn_printf(c, "serving\n");
    } else if (str_eq(word, str_of("OCCUPY"))) {
        conn_occupy(c, true);
        conn_printf(c, "occupied\n");
    } else if (str_eq(word, str_of("FREE"))) {
        conn_printf(c, "free\n");
        conn_occupy(c, false);
    } else if (str_eq(word, str_of("HURRY"))) {
        conn_hurry(c, true);
    } else if (str_eq(word, str_of("RESET"))) {
        conn_printf(c, "never seen\n");
        conn_reset(c, "test");
    } else if (str_eq(word, str_of("MOVE")) || str_eq(word, str_of("GROW")) ||
               str_eq(word, str_of("FORGET"))) {
        pipe_move(c, word, n);
    } else {
        calm_line(c, whole);
    }
}

static inline size_t
pipe_input(struct conn *c, const uint8_t *p, size_t n)
{
    size_t used = 0;

    while (used < n && !conn_held(c)) {
        const uint8_t *lf = memchr(p + used, '\n', n - used);
        if (lf == NULL)
            break;
        pipe_line(c, (struct str){(const char *)p + used,
                                  (size_t)(lf - p) - used});
        used = (size_t)(lf - p) + 1;
    }
    return used;
}

static inline struct slab *
pipe_encode(const struct dialect_config *config, unsigned encoding,
            const struct event *e)
{
    if (e->kind == EVENT_ANNOUNCEMENT)
        return slab_printf("[SERVER] %.*s\n", STR_FMT(e->text));
    return calm_encode(config, encoding, e);
}

static const struct dialect piper = {
    .name = "pipe", .state_bytes = sizeof(struct pipe), .skip_own = true,
    .open = calm_open, .input = pipe_input, .eof = calm_eof,
    .timer = calm_timer, .answer = calm_answer, .encode = pipe_encode,
    .drain = pipe_drain,
};
static const struct dialect *const pipes[] = {&piper, NULL};

#endif
