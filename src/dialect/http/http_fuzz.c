/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: a whole HTTP connection over fake_conn, with a core that
 * answers and a folder for files (http_play.h).
 *
 * - However its bytes are split, it asks the same of the core, in the same
 *   order, and ends alike.
 * - What goes into the core is clean text (http_play.c looks).
 * - The first head that goes out has no byte that could end a field early.
 *
 * The first two bytes choose the configuration and where the bytes are cut.
 * Words for it: tests/data/fuzz/http.dict. */
#include "base/rand.h"
#include "dialect/http/http_play.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Opened once: making a folder takes longer than a run. */
static struct play whole, split;

static void
close_both(void)
{
    play_close(&whole);
    play_close(&split);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    rand_init();
    play_open(&whole);
    play_open(&split);
    (void)atexit(close_both);
    return 0;
}

static void
configure(struct play *p, uint8_t choice)
{
    struct dialect_config *c = &p->config;

    c->guest_name = choice & 1 ? "" : "guest";
    c->http_hosts = choice & 2 ? "chat.example" : "";
    c->http_origins = choice & 4 ? "http://friend.example" : "";
    c->message_bytes = choice & 8 ? 20 : 1000;
    c->file_bytes = choice & 16 ? 64 : UINT64_MAX;
    p->no_guests = choice & 32;
    play_message(p, "alice", "hello <b>");
    play_connect(p);
}

static void
must_be_a_head(struct str s)
{
    static const char first[] = "HTTP/1.1 ";
    size_t i;

    if (s.n == 0)
        return;
    must(s.n >= sizeof first && memcmp(s.p, first, sizeof first - 1) == 0);
    for (i = 0; i + 4 <= s.n && memcmp(s.p + i, "\r\n\r\n", 4) != 0; i++) {
        if (memcmp(s.p + i, "\r\n", 2) == 0)
            i++;
        else
            must((uint8_t)s.p[i] >= ' ' && s.p[i] != 0x7f);
    }
    must(i + 4 <= s.n);
}

/* In pieces of `step` bytes. */
static void
run(struct play *p, uint8_t choice, struct str in, size_t step)
{
    play_clear(p);
    configure(p, choice);
    for (size_t at = 0; at < in.n && !p->c->ended; at += step)
        play_send(p, in.p + at, in.n - at < step ? in.n - at : step);
    if (!p->c->ended) {
        fake_conn_eof(p->c);
        play_run(p);
    }
    must_be_a_head(buf_str(&p->c->sent));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str in;

    if (n < 3)
        return 0;
    in = (struct str){(const char *)data + 2, n - 2};
    run(&whole, data[0], in, in.n);
    run(&split, data[0], in, 1 + data[1] % 32);
    must(str_eq(buf_str(&whole.trace), buf_str(&split.trace)));
    must(whole.c->ended == split.c->ended);
    must(whole.log_n == split.log_n);
    return 0;
}
