/* SPDX-License-Identifier: MIT */
#include "net/stream_fixture.h"
#include "base/list.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fixture *
fixture_of(struct stream *s)
{
    return list_entry(s, struct fixture, s);
}

static void
on_readable(struct stream *s)
{
    struct fixture *f = fixture_of(s);

    f->readable++;
    if (f->act_readable)
        f->act(f);
    if (f->ignore_readable)
        return;
    do {
        size_t room = f->read_once ? 1 : sizeof(f->in) - 1 - f->in_n;
        f->last = stream_read(s, f->in + f->in_n, room);
        f->in_n += f->last > 0 ? (size_t)f->last : 0;
    } while (f->last > 0 && !f->read_once);
}

static void
on_drained(struct stream *s)
{
    struct fixture *f = fixture_of(s);

    f->drained++;
    if (++f->depth > f->deepest)
        f->deepest = f->depth;
    if (f->act_drained)
        f->act(f);
    f->depth--;
}

static void
on_closed(struct stream *s)
{
    fixture_of(s)->closed++;
}

static const struct stream_ops ops = {on_readable, on_drained, on_closed};

/* A connected pair of TCP sockets over 127.0.0.1; small send and receive
 * buffers, so that a writer blocks soon. */
static void
tcp_pair(int fd[2])
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(in);
    int small = 4096;
    int l = socket(AF_INET, SOCK_STREAM, 0);

    must(setsockopt(l, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
    must(setsockopt(l, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
    must(bind(l, (struct sockaddr *)&in, n) == 0);
    must(listen(l, 1) == 0);
    must(getsockname(l, (struct sockaddr *)&in, &n) == 0);
    fd[1] = socket(AF_INET, SOCK_STREAM, 0);
    must(connect(fd[1], (struct sockaddr *)&in, n) == 0);
    fd[0] = accept(l, NULL, NULL);
    must(fd[0] >= 0);
    close(l);
}

struct fixture *
fixture_new(int fd, int peer)
{
    struct fixture *f = must_alloc(sizeof(*f));

    f->peer = peer;
    must(uv_loop_init(&f->loop) == 0);
    streams_init(&f->streams, &f->loop, &ops);
    must(stream_open(&f->s, &f->streams, fd) == 0);
    return f;
}

int
fixture_setup(void **state)
{
    int fd[2];

    tcp_pair(fd);
    *state = fixture_new(fd[0], fd[1]);
    return 0;
}

int
fixture_teardown(void **state)
{
    struct fixture *f = *state;

    stream_close(&f->s, false);
    streams_close(&f->streams, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    must(f->closed == 1);
    must(uv_loop_close(&f->loop) == 0);
    if (f->peer >= 0)
        close(f->peer);
    free(f);
    return 0;
}

void
turn_a_while(struct fixture *f)
{
    for (int i = 0; i < 50; i++) {
        uv_run(&f->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
}

void
send_text(struct fixture *f, const char *text)
{
    struct slab *s = slab_copy(str_of(text));

    stream_send(&f->s, s);
    slab_unref(&s);
}

void
send_zeros(struct fixture *f, size_t n)
{
    struct slab *s = slab_new(n);

    memset(s->p, 0, n);
    stream_send(&f->s, s);
    slab_unref(&s);
}

void
peer_says(struct fixture *f, const char *text)
{
    must(send(f->peer, text, strlen(text), MSG_NOSIGNAL) ==
         (ssize_t)strlen(text));
}

void
peer_leaves(struct fixture *f, bool reset)
{
    struct linger now = {1, 0};

    if (reset)
        must(setsockopt(f->peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) ==
             0);
    close(f->peer);
    f->peer = -1;
}

void
block_output(struct fixture *f)
{
    for (int i = 0; i < BLOCK_BYTES / 65536; i++)
        send_zeros(f, 65536);
    assert_true(stream_flush(&f->s) > 0);
    assert_true(f->s.out.bytes > 0);
    assert_true(f->s.events & POLLER_WRITABLE);
}

size_t
peer_takes(struct fixture *f)
{
    static char sink[65536];
    size_t total = 0;
    ssize_t n;

    while ((n = recv(f->peer, sink, sizeof(sink), MSG_DONTWAIT)) > 0)
        total += (size_t)n;
    return total;
}
