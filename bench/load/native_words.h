/* SPDX-License-Identifier: MIT
 *
 * The native protocol's requests (docs/protocol.md) as bytes, and from bytes
 * back to envelopes. */
#ifndef LOAD_NATIVE_WORDS_H
#define LOAD_NATIVE_WORDS_H

#include "base/buf.h"
#include "load/wording.h"
#include "wire/envelope.h"

/* Each writes one frame (the Hello: the magic before it) and returns its
 * length; `request` is its number. */
size_t native_hello(char *out, const struct who *w, uint64_t request);
size_t native_join(char *out, const struct who *w, uint64_t request);
size_t native_resume(char *out, const struct who *w, uint64_t request);
/* Under 16 random bytes as its client id, as a client that wants to be sure
 * does it. out has n + WORDING_POST_EXTRA bytes. */
size_t native_post(char *out, struct who *w, const char *text, size_t n,
                   uint64_t request);
/* `limit` messages before seq; seq 0: the newest. */
size_t native_history(char *out, const char *room, uint64_t seq,
                      uint32_t limit, uint64_t request);

/* Files (docs/protocol.md §13). A download from its beginning with that much
 * credit; more of it; an upload, n of its bytes (out has n +
 * WORDING_POST_EXTRA), and its end. */
size_t native_get_file(char *out, uint32_t stream, const char *id,
                       uint64_t credit, uint64_t request);
size_t native_credit(char *out, uint32_t stream, uint64_t bytes);
size_t native_put_file(char *out, uint32_t stream, const char *room,
                       uint64_t size, uint64_t request);
size_t native_file_bytes(char *out, uint32_t stream, size_t n);
size_t native_file_end(char *out, uint32_t stream, uint64_t request);

typedef void native_heard_fn(void *arg, const Envelope *e);
typedef void native_bytes_fn(void *arg, size_t n);

/* What a server says on one connection: frames that reads may cut anywhere. */
struct native_ear {
    struct buf rest;             /* bytes of a frame that is not whole yet */
    bool magic;                  /* the server's has come */
    native_bytes_fn *bytes;      /* of a file; NULL: none are expected */
};

void native_ear_init(struct native_ear *ear);
void native_ear_done(struct native_ear *ear);

/* Calls fn for each whole envelope. Dies when the bytes are wrong. */
void native_ear_feed(struct native_ear *ear, struct envelope_arena *arena,
                     const char *p, size_t n, native_heard_fn *fn, void *arg);

#endif
