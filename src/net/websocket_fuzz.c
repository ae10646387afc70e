/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: the bytes behind the first two, once as they are and once cut
 * where those two say, give the same messages, pings and end; none is larger
 * than may be. */
#include "net/websocket.h"

#include <stdlib.h>

enum { MESSAGE_MAX = 1000, LOG_MAX = 1 << 22 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Appends what was got, and what it says. */
static void
note(struct buf *log, const struct websocket *w, enum websocket_got got)
{
    bool over = got == WEBSOCKET_GOT_CLOSE || got == WEBSOCKET_GOT_FAULT;
    const struct buf *b = got == WEBSOCKET_GOT_MESSAGE ? &w->message
                                                       : &w->control;

    must(w->over == over);
    must(w->message.n <= MESSAGE_MAX);
    must(w->control.n <= WEBSOCKET_CONTROL_BYTES);
    if (got == WEBSOCKET_GOT_MORE)
        return;
    must(buf_printf(log, "%d:", (int)got) == 0);
    if (over)
        must(buf_printf(log, "%u", w->code) == 0);
    else
        must(buf_append(log, b->p, b->n) == 0);
}

/* From a block of exactly its size. False: it is over. */
static bool
take(struct buf *log, struct websocket *w, const uint8_t *p, size_t n)
{
    uint8_t *block = malloc(n ? n : 1);
    size_t at = 0, used = 0;

    must(block != NULL);
    if (n > 0)
        memcpy(block, p, n);
    while (at < n && !w->over) {
        enum websocket_got got = websocket_take(w, block + at, n - at, &used);

        must(used <= n - at);
        must(got != WEBSOCKET_GOT_MORE || used == n - at);
        at += used;
        note(log, w, got);
    }
    free(block);
    return !w->over;
}

/* The first cut behind `cut` bytes, then every `step`; 0: no cuts. */
static void
run(struct buf *log, const uint8_t *p, size_t n, size_t cut, size_t step)
{
    struct websocket w;
    size_t at = 0;
    bool goes_on = true;

    websocket_init(&w, MESSAGE_MAX);
    while (goes_on && at < n) {
        size_t piece = step == 0 ? n : at == 0 && cut > 0 ? cut : step;

        if (piece > n - at)
            piece = n - at;
        goes_on = take(log, &w, p + at, piece);
        at += piece;
    }
    websocket_done(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct buf whole, cut;

    if (n < 2)
        return 0;
    buf_init(&whole, LOG_MAX);
    buf_init(&cut, LOG_MAX);
    run(&whole, data + 2, n - 2, 0, 0);
    run(&cut, data + 2, n - 2, data[0], 1 + data[1] % 16);
    must(whole.n == cut.n);
    must(whole.n == 0 || memcmp(whole.p, cut.p, whole.n) == 0);
    buf_done(&whole);
    buf_done(&cut);
    return 0;
}
