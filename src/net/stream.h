/* SPDX-License-Identifier: MIT
 *
 * A non-blocking TCP stream, plain or TLS: the owner decides when to read and
 * into which buffer; output is queued and flushed by gathered writes. It holds
 * no buffers while idle. What all streams of a loop have in common lies in one
 * struct streams, so that a stream is small: it is what a server has most of.
 *
 * Life: stream_open() -> callbacks -> stream_close() -> on_closed, after
 * which the memory is the owner's again. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/list.h"
#include "base/map.h"
#include "net/outq.h"
#include "net/poller.h"
#include "net/tls.h"
#include <stdbool.h>
#include <stdint.h>

struct stream;

struct stream_ops {
    /* Bytes wait (or the peer has closed, or an error waits): call
     * stream_read(). While reading is off it is called once, when the peer
     * has shut down its side or (s->error) is gone, and may be ignored. May
     * close the stream. */
    void (*readable)(struct stream *s);

    /* The socket took bytes; s->out.bytes tells what is left. Called from
     * stream_flush() and from the loop, never inside itself. May send, flush
     * and close the stream. */
    void (*drained)(struct stream *s);

    /* The last callback; frees are allowed from here on. */
    void (*closed)(struct stream *s);
};

#define TLS_FILE_BYTES (64 * 1024)    /* at a time */

struct streams;
typedef void streams_closed_fn(struct streams *all);

struct streams {
    struct poller poller;
    struct outq_pool pool;
    const struct stream_ops *ops;
    uint64_t written, writes; /* bytes that sockets took, and how many times */
    streams_closed_fn *on_closed;
    struct stream *closed;    /* not told so yet */
    uv_idle_t idle;           /* tells them, and the next; runs while there
                                 are any */
    struct list restful;      /* have decrypted bytes that no poll tells of */
    struct map secured;       /* struct stream_tls, by fd */
    uint8_t *record;          /* what is gathered for one; NULL: not yet */
};

struct stream {
    struct streams *all;
    union {
        struct outq out;
        struct stream *next_closed;
    };
    int fd;
    uint8_t events;           /* what the poller watches for */
    bool want_read : 1, closing : 1;
    bool told : 1;            /* of the peer's end: not watched for again */
    bool blocked : 1;         /* output waits for the socket */
    bool draining : 1;        /* inside ops->drained */
    bool is_tls : 1;          /* then it is in all->secured */
    bool shaking : 1;         /* its handshake is not over */
    bool stuck : 1;           /* TLS must write before it reads on */
    int16_t error;            /* -errno that ended it, 0 = none so far */
    uint64_t written;         /* bytes that the socket took */
};

void streams_init(struct streams *all, uv_loop_t *loop,
                  const struct stream_ops *ops);

/* Every stream has been closed. Calls on_closed (may be NULL) in a later turn,
 * after their last callbacks: the memory is the owner's again. */
void streams_close(struct streams *all, streams_closed_fn *on_closed);

/* Takes fd (connected, or connecting), makes it non-blocking, sets
 * TCP_NODELAY; reading starts when stream_want_read(s, true) is called.
 * 0 or -errno, and then fd is still the caller's. */
int stream_open(struct stream *s, struct streams *all, int fd) MUST_USE;

/* From here on TLS; takes it. Before anything else is read or written: what
 * the socket holds is the handshake's beginning. What is sent meanwhile waits
 * in the queue. When the handshake is over, s->shaking ends and ops->readable
 * comes, whether there is input or not; stream_read() returns -EPROTO if it
 * failed. */
void stream_start_tls(struct stream *s, struct tls *tls);

/* NULL: it is plain. Borrowed. */
struct tls *stream_tls(const struct stream *s);

void stream_want_read(struct stream *s, bool want);

/* n > 0 bytes; 0 = the peer has shut down its side; -EAGAIN; -errno; of TLS
 * also -EPROTO (tls_why), and -ECONNRESET for an end without a word. What the
 * peer sent before an error comes before the error. -ECANCELED on a closing
 * stream, so that a loop of reads ends when its own work closed it. */
ssize_t stream_read(struct stream *s, void *p, size_t n) MUST_USE;

/* Queues slab (refs it). Nothing is written before stream_flush(). Ignored by
 * a closing stream. s->out.moved_ms is the loop's time modulo 2^32 at which
 * the queue ceased to be empty, or a file found the socket full, or the socket
 * took something last. */
void stream_send(struct stream *s, struct slab *slab);

/* Writes what the socket takes (about 1 MiB at most, so that no stream starves
 * its loop), calls ops->drained when it took anything and leaves the rest to
 * the loop. Returns the bytes written, or -errno when the peer is gone (the
 * caller closes); a write of the loop's that fails is told by ops->readable,
 * and stream_read() returns its error. */
ssize_t stream_flush(struct stream *s) MUST_USE;

/* Bytes of a file, from the page cache to the socket (sendfile(2); over TLS, by
 * way of the queue, where up to TLS_FILE_BYTES stay): how many were taken,
 * about 1 MiB at most. 0: something is queued, or the socket is full, and
 * ops->drained comes when it takes bytes again; or it has failed (s->error).
 * -EIO: the file cannot be read there, or has ended. n > 0. */
ssize_t stream_send_file(struct stream *s, int fd, uint64_t offset,
                         size_t n) MUST_USE;

/* ops->drained comes in a later turn of the loop, when the socket takes bytes:
 * for a source that has sent enough for one turn. */
void stream_await_room(struct stream *s);

/* Bytes that the socket took and the peer's end has acknowledged: what moves
 * even when the socket is full. */
uint64_t stream_acknowledged(const struct stream *s);

/* At most so many bytes that have not been sent yet lie in the socket
 * (TCP_NOTSENT_LOWAT); 0: as many as it likes. */
void stream_limit_unsent(struct stream *s, unsigned bytes);

/* No more will be written; the peer sees an end, and may go on sending.
 * Nothing is queued. */
void stream_shut(struct stream *s);

/* Notices a peer that died without a word: keepalive and TCP_USER_TIMEOUT
 * (RFC 5482), in seconds; 0 < idle_s < dead_s. */
void stream_set_dead_peer(struct stream *s, unsigned idle_s, unsigned dead_s);

/* Drops the unwritten output, closes fd, calls ops->closed in a later turn.
 * Calling it twice is harmless. What the socket has taken still reaches the
 * peer, unless it goes on sending; with `reset`, it sees a reset instead. */
void stream_close(struct stream *s, bool reset);

#endif
