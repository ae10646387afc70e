/* SPDX-License-Identifier: MIT
 *
 * The blob store from inside. Locks, in the order in which they are taken:
 *
 *   blobs.folder   what is in the folder: opening, creating. Movers only; held
 *                  while the disk answers.
 *   blob.io        its bytes: appending, syncing, hashing. Movers only.
 *   blobs.lock     the registry; memory only, so that any thread may let go of
 *                  a blob.
 *   blob.lock      its waiters; memory only. */
#ifndef BLOB_BLOB_IMPL_H
#define BLOB_BLOB_IMPL_H

#include "base/map.h"
#include "blob/blob.h"
#include "blob/media.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>

#define BLOB_NAME_BYTES (FILE_ID_CHARS + sizeof ".part")
#define BLOB_CHUNK_BYTES (64 * 1024)    /* read at a time, to hash or warm */

enum { BLOBS_GONE = 256 };

struct blobs {
    int dir;                     /* the folder's descriptor */
    struct blobs_options o;
    bool in_memory;              /* a tmpfs: always warm */
    atomic_ullong writers;       /* numbers given out */

    pthread_mutex_t folder;
    pthread_mutex_t lock;        /* of what follows */
    struct map open;             /* id -> the one handle */
    struct list buried;          /* let go of by all, to be closed by whoever
                                    may block */
    struct file_id gone[BLOBS_GONE];   /* the last that were removed, so that
                                          who comes too late makes no new one */
    unsigned gone_n;             /* ever */
};

struct blob {
    struct blobs *home;
    struct list link;            /* in home->buried */
    struct file_id id;
    atomic_uint refs;
    int fd;
    _Atomic(uint64_t) written, size, writer;
    _Atomic(enum blob_state) state;
    _Atomic(enum media) media;

    pthread_mutex_t lock;
    struct list waiters;

    pthread_mutex_t io;          /* of what follows */
    uint64_t synced;             /* of the written bytes */
    uint64_t checked;            /* how far the free disk has been looked at */
    bool broken;                 /* a sync has failed */
    EVP_MD_CTX *hash;            /* of the first `hashed` bytes; or NULL */
    uint64_t hashed;
    bool summed;
    uint8_t sha256[32];

    atomic_bool told;            /* sha256 is final: anybody may read it */
};

/* Bytes that may be taken before the floor is reached, what open writers other
 * than `but` (may be NULL) still need left out. */
int blobs_free_bytes(struct blobs *b, const struct blob *but, uint64_t *ret);

/* Closes what everybody has let go of. */
void blobs_clear_graves(struct blobs *b);

/* The file's name in the folder, as a part or whole. */
void blob_name(const struct file_id *id, bool whole,
               char out[BLOB_NAME_BYTES]);

/* Calls everyone who need not wait any more. */
void blob_wake(struct blob *b);

/* Looks at the first bytes, if there are enough. */
void blob_sniff(struct blob *b);

#endif
