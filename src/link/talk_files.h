/* SPDX-License-Identifier: MIT
 *
 * Files over a talk (docs/protocol.md §13): streams beside the chat, each an
 * upload or a download of its owner's. Nothing is kept here but numbers: an
 * upload's owner sends as much as there is room for, a download's gives credit
 * for as much as it will take, and that bounds the memory of both.
 *
 *   closed -- talk_put/get() --> asked -- putting/getting --> open --.
 *      ^  <-- posted, ended, failed, talk_file_close(), a loss -------'
 *
 * A lost connection closes every stream without a call; the owner begins
 * again, where it stopped, after the next welcome. */
#ifndef LINK_TALK_FILES_H
#define LINK_TALK_FILES_H

#include "base/list.h"
#include "base/must.h"
#include "wire/envelope.h"
#include <stdbool.h>

struct talk;
struct talk_file;

#define TALK_SHA256_BYTES 32

/* The most of a file that lies between here and the socket, so that what the
 * chat says goes right behind it. */
#define TALK_FILE_OUT_BYTES (64 * 1024)

/* What is given is borrowed for the call. A stream is closed before the last
 * call (posted, ended, failed), and its memory is the owner's again. A slot
 * may close any stream and open others. */
struct talk_file_ops {
    /* An upload goes on from p->offset. Its id and ticket are what it is
     * resumed with. */
    void (*putting)(struct talk_file *f, const Loquat__V1__Putting *p);

    /* There is room for more of an upload. */
    void (*writable)(struct talk_file *f);

    /* It is stored, and in its room. */
    void (*posted)(struct talk_file *f, const Loquat__V1__Posted *posted);

    /* A download's bytes follow, from the offset that was asked for. */
    void (*getting)(struct talk_file *f, const Loquat__V1__Getting *g);

    /* Never more than credit was given for. */
    void (*bytes)(struct talk_file *f, const uint8_t *p, size_t n);

    /* That was all; sha256 of the whole, or NULL when it was not told. */
    void (*ended)(struct talk_file *f, const uint8_t *sha256);

    /* Not begun, or no more of it: LOQUAT__V1__ERROR_CODE__... and a sentence
     * of the server's. */
    void (*failed)(struct talk_file *f, int code, const char *text);
};

/* Embedded in its owner's struct; ops is the owner's to set, the rest is
 * zeroed while it is closed. */
struct talk_file {
    const struct talk_file_ops *ops;
    struct list link;
    uint32_t stream;             /* 0: closed */
    bool is_put, open;
    bool ending;                 /* put: its end was said */
    uint64_t request;            /* whose answer moves it */
    uint64_t credit;             /* put: bytes that may be sent; get: that may
                                    still come */
    uint64_t owed;               /* get: credit that did not fit into `out` */
};

/* Ask for it (their `stream` is set here). False: there is no connection, or
 * there are LIMIT_STREAMS already. */
bool talk_put(struct talk *t, struct talk_file *f,
              Loquat__V1__PutFile *put) MUST_USE;
bool talk_get(struct talk *t, struct talk_file *f,
              Loquat__V1__GetFile *get) MUST_USE;

/* How much of an upload may be sent now. */
size_t talk_file_room(const struct talk *t, const struct talk_file *f);

/* Sends what there is room for of n bytes: how many. */
size_t talk_file_send(struct talk *t, struct talk_file *f, const void *p,
                      size_t n) MUST_USE;

/* Everything was sent; posted or failed follows. False: not now, there is no
 * room in `out`; writable comes. */
bool talk_file_end(struct talk *t, struct talk_file *f,
                   const uint8_t sha256[TALK_SHA256_BYTES]) MUST_USE;

/* n more bytes of a download may come. */
void talk_file_credit(struct talk *t, struct talk_file *f, uint64_t n);

/* Stops; an upload can be resumed later. Harmless when it is closed. */
void talk_file_close(struct talk *t, struct talk_file *f);

/* Calls `writable` of every upload that has room, each in turn first; says
 * credit that is still to be said. True: something was sent. */
bool talk_files_pump(struct talk *t);

#endif
