/* SPDX-License-Identifier: MIT
 *
 * What stream.c and stream_tls.c know of each other. */
#ifndef NET_STREAM_IMPL_H
#define NET_STREAM_IMPL_H

#include "net/stream.h"

#define STREAM_FLUSH_VECTORS 64
#define STREAM_FLUSH_BYTES   (1024 * 1024)

/* --- stream.c --- */

/* Writes what is queued: bytes, or s->error. */
ssize_t stream_write_out(struct stream *s);
void stream_count_written(struct stream *s, size_t bytes);

/* on_idle() runs in the next turn. */
void streams_come_again(struct streams *all);

/* --- stream_tls.c: of streams that are TLS --- */

/* True: the handshake is over, for good or ill. */
bool stream_shake(struct stream *s);
unsigned stream_shake_events(const struct stream *s);
ssize_t stream_tls_read(struct stream *s, void *p, size_t n);

/* As much of vec as one record holds; 0: the socket is full. */
ssize_t stream_tls_write(struct stream *s, const struct iovec *vec, int n,
                         size_t *offered);
ssize_t stream_tls_send_file(struct stream *s, int fd, uint64_t offset,
                             size_t n);

/* Once the owner wants to read: if there is a rest, it is told. */
void stream_tls_look_for_rest(struct stream *s);
void streams_tell_of_rests(struct streams *all);

/* Lets go of it; politely: the peer is told that this is the end. */
void stream_tls_end(struct stream *s, bool politely);

#endif
