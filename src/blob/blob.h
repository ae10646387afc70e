/* SPDX-License-Identifier: MIT
 *
 * File bodies on disk: FOLDER/<id>.part while one arrives, FOLDER/<id> once it
 * is whole; what it is called and whose it is, only the database knows.
 *
 * A struct blob is the one handle of a file in this process, shared by its
 * writer and all its readers, with one file descriptor:
 *
 *   ARRIVING --finish--> WHOLE
 *       `-----remove-----> GONE <---'
 *
 * An arriving blob only grows at its end. Readers may read up to
 * blob_written(); who is further along waits for growth. What is marked
 * [blocks] touches the disk and is for the movers (hub/movers.h); the rest may
 * be called by any thread. */
#ifndef BLOB_BLOB_H
#define BLOB_BLOB_H

#include "base/err.h"
#include "base/file_id.h"
#include "base/list.h"

struct blob;
struct blobs;

enum blob_state { BLOB_ARRIVING, BLOB_WHOLE, BLOB_GONE };

/* What its first bytes say it is (media.h); MEDIA_UNKNOWN while there are too
 * few. */
enum media;

struct blobs_options {
    uint64_t floor_bytes;      /* uploads are refused below that much free */
    unsigned floor_percent;
    uint64_t sync_bytes;       /* synced at least that often while arriving */
};

/* --- The folder --- */

/* Makes it if it is missing (mode 0700). */
int blobs_open(const char *folder, const struct blobs_options *o,
               struct blobs **ret, struct err *e) MUST_USE;
void blobs_close(struct blobs **b);      /* no blob is left; NULL is fine */

/* At start, before anything is open: calls `keep` for each file in the folder
 * and removes those for which it says false, and everything that is not a
 * file's; folders in it are left alone. [blocks] */
typedef bool blobs_keep_fn(void *arg, const struct file_id *id, bool whole,
                           uint64_t bytes);
int blobs_sweep(struct blobs *b, blobs_keep_fn *keep, void *arg,
                struct err *e) MUST_USE;

/* --- A blob --- */

/* The handle of id, ref'd: the one that is open, or a new one. -ENOENT: there
 * is no such file, or it has just been removed. [blocks] */
int blob_open(struct blobs *b, const struct file_id *id,
              struct blob **ret) MUST_USE;

/* The same for a reader of an arriving file: its writer may not have come yet,
 * and then finds the empty part that this makes, of `size` bytes to be.
 * -ENOENT: it has been removed. [blocks] */
int blob_follow(struct blobs *b, const struct file_id *id, uint64_t size,
                struct blob **ret) MUST_USE;

/* The same for a writer; creates an empty part if there is none. `size` bytes
 * will be its whole, or UINT64_MAX. -ENOSPC: too little is free, with what
 * other writers are still going to need; -EFBIG: more is there already. Whoever
 * wrote before is cut off: its writer number is no longer valid (tus: the
 * newest request wins). The bytes that are there are synced first, so that
 * blob_written() is a promise. One that is whole already has all its bytes;
 * finishing it again is all that can be done. [blocks] */
int blob_open_write(struct blobs *b, const struct file_id *id, uint64_t size,
                    struct blob **ret, uint64_t *ret_writer) MUST_USE;

/* Appends; wakes who waits. -ESTALE: another writer has come; -EFBIG: beyond
 * its size; -ENOENT: it is gone; -ENOSPC (also: less than the floor is free),
 * -EIO: nothing of it counts, and after -ENOSPC the same bytes may be appended
 * again. [blocks] */
int blob_append(struct blob *b, uint64_t writer, const void *p,
                size_t n) MUST_USE;

/* What was appended is on disk after it. -EIO: that is not known, and will not
 * be asked again: from now on everything that writes to this blob is refused
 * so, until it has been let go of by all, which cuts it back to what is known
 * to be on disk. [blocks] */
int blob_sync(struct blob *b) MUST_USE;

/* It is whole: hashed to its end, synced, renamed, its folder synced. Doing it
 * again is fine and gives the same sum. expect (32 bytes) or NULL: -EBADMSG,
 * and it stays as it is, when the sum is another one. -EFBIG: bytes of its size
 * are missing. -ESTALE, -ENOENT. [blocks] */
int blob_finish(struct blob *b, uint64_t writer, const uint8_t *expect,
                uint8_t ret_sha256[32]) MUST_USE;

/* The writer goes; its readers go on waiting for the next one. */
void blob_leave(struct blob *b, uint64_t writer);

/* Removes the file for good, open or not; its readers are woken and find it
 * GONE. Fine when there is none. [blocks] */
int blob_remove(struct blobs *b, const struct file_id *id) MUST_USE;

/* The first bytes in the page cache from `offset` on, read ahead so that a
 * sendfile() of the next n does not wait for the disk. [blocks] */
void blob_warm(struct blob *b, uint64_t offset, size_t n);

/* Whether that is so already, as far as the kernel tells; false: call
 * blob_warm() first, on a mover. Cheap. */
bool blob_is_warm(const struct blob *b, uint64_t offset, size_t n);

struct blob *blob_ref(struct blob *b);
void blob_unref(struct blob **b);              /* nulls it; accepts NULL */

const struct file_id *blob_id(const struct blob *b);
int blob_fd(const struct blob *b);             /* borrowed; for reading */
uint64_t blob_written(const struct blob *b);   /* bytes that may be read */
uint64_t blob_size(const struct blob *b);      /* its whole; UINT64_MAX */
enum blob_state blob_state(const struct blob *b);
enum media blob_media(const struct blob *b);

/* Its SHA-256, when it is WHOLE and has become so while this handle was held:
 * what whoever followed it wants to know at its end. Any thread; never
 * waits. */
bool blob_sum(const struct blob *b, uint8_t ret_sha256[32]);

/* --- Growth --- */

/* Embedded; called once, without any of the blob's locks, from the thread that
 * made it grow, and then no longer waiting: grown() may free it. */
struct blob_waiter {
    struct list link;
    uint64_t beyond;          /* blob_wait() sets it */
    void (*grown)(struct blob_waiter *w);
};

/* False: there is more than `beyond` bytes, or it is not arriving any more: go
 * on at once. True: w->grown() will be called. */
bool blob_wait(struct blob *b, uint64_t beyond, struct blob_waiter *w);

/* True: it was waiting, and will not be called. False: it has been called, or
 * is being called just now. */
bool blob_unwait(struct blob *b, struct blob_waiter *w);

#endif
