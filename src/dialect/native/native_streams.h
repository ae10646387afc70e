/* SPDX-License-Identifier: MIT
 *
 * One file on its way over a native connection, and all that are: what
 * native_files.h is made of. Functions that end a stream free it. */
#ifndef DIALECT_NATIVE_NATIVE_STREAMS_H
#define DIALECT_NATIVE_NATIVE_STREAMS_H

#include "base/list.h"
#include "dialect/download.h"
#include "dialect/native/native_files.h"
#include "dialect/upload.h"

#define SHA256_BYTES 32

struct file_stream {
    struct list link;
    uint32_t number;
    bool is_put;
    bool open;               /* Putting or Getting has been said */
    bool ending;             /* put: the client's FileEnd has come */
    bool summing;            /* get: all was sent but for the sum */
    uint64_t request;        /* the client's, of what is to be answered next */
    uint64_t limit;          /* put: where its credit ends, in the file; get:
                                the offset that was asked for */
    uint64_t credit;         /* get: bytes that may be sent */
    union {
        struct upload up;
        struct download down;
    };
};

struct file_streams {
    struct list list;        /* whose turn is next comes first */
    unsigned count;
};

/* By the client's number, and by the core's request; all may be NULL. */
struct file_stream *native_streams_find(const struct file_streams *all,
                                        uint32_t number);
struct file_stream *native_streams_of(const struct file_streams *all,
                                      uint64_t request);

struct file_stream *native_streams_add(struct conn *c,
                                       struct native_files *files,
                                       uint32_t number);
void native_streams_drop(struct conn *c, struct native_files *files,
                         struct file_stream *f);

/* It came to nothing, or to no more. The client is told in the answer that it
 * waits for, if it does. */
void native_streams_fail(struct conn *c, struct native_files *files,
                         struct file_stream *f);

/* An upload begins, or goes on; what is wrong with it shows in its state. */
void native_streams_begin_put(struct conn *c, struct file_stream *f,
                              uint64_t request,
                              const Loquat__V1__PutFile *put);
void native_streams_resume_put(struct conn *c, struct file_stream *f,
                               uint64_t request,
                               const Loquat__V1__PutFile *put);

/* Something has changed: the client is told, given credit, or it ends. e may
 * be NULL. */
void native_streams_step_put(struct conn *c, struct native_files *files,
                             struct file_stream *f, const struct event *e);
void native_streams_step_get(struct conn *c, struct native_files *files,
                             struct file_stream *f);

/* All was sent: its sum, once it is known, and the end. */
void native_streams_end_get(struct conn *c, struct native_files *files,
                            struct file_stream *f);

#endif
