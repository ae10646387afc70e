/* SPDX-License-Identifier: MIT
 *
 * A file that goes out over a connection: looked up and allowed, opened, and
 * sent as it grows, in whatever language.
 *
 *   ASKED -> OPENING -> READY -> DONE
 *     `---------+---------+--> FAILED (why)
 *
 * At READY the dialect knows everything for its header and chooses [offset,
 * end). Then it has download_pump() called by its drain slot (raw bytes, by
 * sendfile), or download_read() (bytes into frames of its own). Both go no
 * further than what has been written, and wait for growth and for the disk by
 * themselves: the dialect passes the answers on and pumps again. */
#ifndef DIALECT_DOWNLOAD_H
#define DIALECT_DOWNLOAD_H

#include "blob/media.h"
#include "dialect/conn.h"

enum download_state {
    DOWNLOAD_NONE,
    DOWNLOAD_ASKED,
    DOWNLOAD_OPENING,
    DOWNLOAD_READY,
    DOWNLOAD_DONE,       /* offset == end */
    DOWNLOAD_FAILED,     /* why; DENY_NO_SUCH_FILE also when its uploader has
                            given it up meanwhile */
};

struct download {
    enum download_state state;
    uint64_t request;
    struct file_facts facts;     /* from READY on; state: at that moment */
    enum media media;
    int64_t time_ms;
    uint64_t room;               /* whose file it is, once it is found */
    uint64_t offset;             /* the next byte */
    uint64_t end;                /* behind the last; UINT64_MAX: wherever an
                                    upload of unknown size ends */
    enum deny why;
    char detail[64];             /* more about it; may be empty */
    struct blob *blob;
    bool waiting;                /* for growth or for the disk */
    bool growing;                /* of these, for growth */
    uint64_t warm;               /* bytes before that come without the disk */
    char name[LIMIT_FILE_NAME_BYTES + 1];
    char sender[LIMIT_NAME_BYTES + 1];
};

void download_begin(struct conn *c, struct download *d, uint64_t request,
                    const struct file_id *id);

/* e->request is d's: takes the step. After it: look at d->state; in READY,
 * pump again (conn_want_drain). */
void download_answer(struct conn *c, struct download *d,
                     const struct event *e);

/* Sends what can be sent now, from within drain(), but no more than a
 * mebibyte. DONE or FAILED may follow. Returns the bytes sent. Fewer than could
 * be: the socket is full, and drain() comes again; or d->waiting, and then
 * download_answer() does. */
size_t download_pump(struct conn *c, struct download *d);

/* Copies up to n bytes that can be sent now into p, and moves on; 0: none now
 * (waiting, DONE or FAILED). */
size_t download_read(struct conn *c, struct download *d, void *p, size_t n);

void download_close(struct conn *c, struct download *d);

#endif
