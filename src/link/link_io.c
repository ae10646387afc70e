/* SPDX-License-Identifier: MIT
 *
 * One connection: bytes between socket and talk, and the heartbeat. A
 * connection's memory outlives the link's interest in it, until the loop lets
 * it go. */
#include "link/link_impl.h"

#include "base/limits.h"
#include "base/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { READS_PER_TURN = 16 };

/* What the protocol is called in ALPN. */
#define PROTOCOL "loquat.v1"

struct connection {
    struct stream stream;
    struct link *link;
    bool unknown;              /* TLS: who it is has not been asked yet */
};

/* ---- Who it is ---- */

static void
lose_handshake(struct link *l, const struct stream *s)
{
    const char *detail = tls_why(stream_tls(s));
    char why[300];

    snprintf(why, sizeof why, "no TLS with %.200s: %s", l->options.host,
             s->error != 0 ? strerror(-s->error)
             : *detail != '\0' ? detail : "the connection was cut");
    link_lose(l, 0, why);
}

/* Nothing has been said to it so far. */
static void
meet(struct link *l)
{
    struct stream *s = &l->conn->stream;
    struct tls *tls = stream_tls(s);
    char fingerprint[TLS_FINGERPRINT_BYTES];
    const char *distrust;
    struct err e;

    if (s->error != 0 || tls_handshake(tls) != 1) {
        lose_handshake(l, s);
        return;
    }
    l->conn->unknown = false;
    if (!tls_fingerprint(tls, fingerprint)) {
        link_distrust(l, "the server has no certificate");
        return;
    }
    if (tls_is_trusted(tls, &distrust))
        distrust = NULL;
    if (!l->options.ops->known(l, fingerprint, distrust, &e))
        link_distrust(l, e.text);
    else
        talk_begin(&l->talk);
}

/* ---- Bytes ---- */

static void
read_input(struct link *l)
{
    uint8_t bytes[LIMIT_READ_BYTES];

    for (int i = 0; i < READS_PER_TURN && l->conn != NULL; i++) {
        enum talk_verdict verdict;
        ssize_t n = stream_read(&l->conn->stream, bytes, sizeof bytes);

        if (n == -EAGAIN)
            return;
        if (n <= 0) {
            link_lose(l, 0, n < 0 ? strerror((int)-n)
                                  : "the server closed the connection");
            return;
        }
        l->heard_ms = link_now_ms(l);
        verdict = talk_input(&l->talk, bytes, (size_t)n);
        if (verdict != TALK_ON)
            link_lose_by(l, verdict);
    }
}

static void
on_readable(struct stream *s)
{
    struct connection *conn = (struct connection *)s;

    if (conn->unknown)
        meet(conn->link);
    else
        read_input(conn->link);
}

/* More comes with the loop's next turn. */
static void
on_drained(struct stream *s)
{
    struct link *l = ((struct connection *)s)->link;

    l->talk.unwritten = s->out.bytes;
}

static void
on_stream_closed(struct stream *s)
{
    struct connection *conn = (struct connection *)s;
    struct link *l = conn->link;

    free(conn);
    link_unref(l);
}

static const struct stream_ops stream_ops = {
    .readable = on_readable,
    .drained = on_drained,
    .closed = on_stream_closed,
};

void
link_io_init(struct link *l)
{
    streams_init(&l->streams, l->loop, &stream_ops);
}

static void
on_streams_closed(struct streams *all)
{
    link_unref(list_entry(all, struct link, streams));
}

void
link_io_done(struct link *l)
{
    streams_close(&l->streams, on_streams_closed);
}

/* 0 or -errno. */
static int
start_tls(struct link *l, struct connection *conn)
{
    struct tls *tls =
        tls_connect(l->tls, conn->stream.fd, l->options.host, PROTOCOL);

    if (tls == NULL)
        return -EINVAL;
    conn->unknown = true;
    stream_start_tls(&conn->stream, tls);
    return 0;
}

void
link_io_open(struct link *l, int fd)
{
    struct connection *conn = must_alloc(sizeof *conn);
    int r = stream_open(&conn->stream, &l->streams, fd);

    if (r < 0) {
        free(conn);
        close(fd);
        link_lose(l, 0, strerror(-r));
        return;
    }
    conn->link = l;
    conn->unknown = false;
    l->refs++;
    l->conn = conn;
    l->heard_ms = l->spoke_ms = l->pinged_ms = link_now_ms(l);
    stream_want_read(&conn->stream, true);
    link_set_timer(l, WATCH, l->options.timeout_ms);
    if (!l->options.tls)
        talk_begin(&l->talk);
    else if (start_tls(l, conn) < 0)
        link_lose(l, 0, "that host's name cannot be had over TLS");
}

void
link_io_close(struct link *l)
{
    if (l->conn != NULL)
        stream_close(&l->conn->stream, false);
    l->conn = NULL;
}

void
link_io_flush(struct link *l)
{
    struct stream *s = &l->conn->stream;
    struct buf *out = &l->talk.out;
    struct slab *slab;
    ssize_t wrote;

    if (out->n == 0 || s->out.bytes >= TALK_OUT_BYTES)
        return;
    slab = slab_copy(buf_str(out));
    buf_clear(out);
    stream_send(s, slab);
    slab_unref(&slab);
    wrote = stream_flush(s);
    l->talk.unwritten = s->out.bytes;
    if (wrote > 0)
        l->spoke_ms = link_now_ms(l);
    if (wrote < 0)
        link_lose(l, 0, strerror((int)-wrote));
}

/* ---- The heartbeat ---- */

static void
say_ping(struct link *l)
{
    Loquat__V1__Ping ping = LOQUAT__V1__PING__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    e.body_case = ENVELOPE_BODY(PING);
    e.ping = &ping;
    talk_tell(&l->talk, &e);
    l->spoke_ms = l->pinged_ms = link_now_ms(l);
}

/* The server wants to hear something at least every heartbeat, and so do we. */
static int64_t
ping_due_ms(const struct link *l)
{
    int64_t quiet_ms = l->spoke_ms < l->heard_ms ? l->spoke_ms : l->heard_ms;

    return l->talk.heartbeat_ms +
           (quiet_ms > l->pinged_ms ? quiet_ms : l->pinged_ms);
}

void
link_io_welcome(struct link *l)
{
    int64_t dead_ms = l->heard_ms + l->talk.dead_ms;
    int64_t ping_ms = ping_due_ms(l);

    link_set_timer(l, WATCH, (ping_ms < dead_ms ? ping_ms : dead_ms) -
                                 link_now_ms(l));
}

static bool
is_dead(const struct link *l)
{
    return link_now_ms(l) >= l->heard_ms + l->talk.dead_ms;
}

/* A process that was stopped for a while finds its deadlines passed and the
 * server's bytes waiting: they are read before it is called dead. */
void
link_io_watch(struct link *l)
{
    char why[64];

    if (l->talk.phase != TALK_LIVE) {
        link_lose(l, 0, "the server does not answer");
        return;
    }
    if (is_dead(l))
        read_input(l);
    if (l->conn == NULL)
        return;
    if (is_dead(l)) {
        snprintf(why, sizeof why, "nothing was heard for %u seconds",
                 (l->talk.dead_ms + 999) / 1000);
        link_lose(l, 0, why);
        return;
    }
    if (link_now_ms(l) >= ping_due_ms(l))
        say_ping(l);
    link_io_welcome(l);
}
