/* SPDX-License-Identifier: MIT
 *
 * Transfers: files on their way in, from the reservation to the message that
 * shares them. Only the arriving ones are in memory; a file that is whole has
 * its row, and whoever wants it asks a reader.
 *
 *   UPLOAD --> arriving --SHARE--> whole: a message in its room
 *                 `--DROP, its time is up, its session ends--> gone
 *
 * All of it is decided in batches like everything else: what a batch has done
 * to a transfer is noted in it, and taken back when the batch is not kept. */
#ifndef HUB_TRANSFER_H
#define HUB_TRANSFER_H

#include "hub/hub_impl.h"

struct transfer {
    struct list link;             /* hub.arriving */
    struct list fleeting;         /* hub.fleeting: it ends with its session */
    struct list touched;          /* batch.transfers: the batch changed it */
    struct file_row row;          /* its strings lie behind the struct */
    uint64_t session;             /* who brings it; 0, or may be gone */
    int64_t not_before_ms;        /* when to try again what time demands */
    struct {
        uint64_t reserved, session;
        int64_t expires_ms;
    } before;                     /* the batch */
    bool fresh;                   /* made by the batch */
    bool gone;                    /* shared or dropped by the batch */
    bool complete;                /* all bytes were there at the start */
    char data[];
};

enum deny transfer_upload(struct call *x);     /* COMMAND_UPLOAD */
enum deny transfer_resume(struct call *x);     /* COMMAND_RESUME */
enum deny transfer_reserve(struct call *x);    /* COMMAND_RESERVE */
enum deny transfer_drop(struct call *x);       /* COMMAND_DROP */
enum deny transfer_share(struct call *x);      /* COMMAND_SHARE */

/* The session ends: what of its uploads cannot be resumed is dropped. */
void transfer_leave(struct hub *h, uint64_t session, int64_t now_ms);

/* Drops what has expired, keeps alive what still comes. Returns when to come
 * back. */
int64_t transfer_tick(struct hub *h, int64_t now_ms);

/* For the end of a batch: first, if it was not kept, take_back; always
 * settle, which may free it. */
void transfer_take_back(struct transfer *t);
void transfer_settle(struct hub *h, struct transfer *t);

int transfer_load_all(struct hub *h) MUST_USE;
void transfer_free_all(struct hub *h);

#endif
