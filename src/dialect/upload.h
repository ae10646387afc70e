/* SPDX-License-Identifier: MIT
 *
 * A file that comes in over a connection, in whatever language: reserved by
 * the core, opened, written piece by piece, finished, shared. One small state
 * machine for every door.
 *
 *   ASKED -> OPENING -> READY -> FINISHING -> DONE
 *     |         |         |          |
 *     `---------+---------+----------+--> FAILED (why, detail)
 *
 * The dialect gives bytes with upload_write() and hears of every step by
 * passing ANSWERs with the upload's request number to upload_answer(). At most
 * two pieces are in memory: one on its way to the disk, one being gathered.
 *
 * A session that ends takes with it what cannot be resumed: the core drops a
 * non-resumable file that is still arriving when the session that asked for it
 * LEAVEs, whatever of it the movers still have in hand. So nothing is left
 * behind by a connection that is cut, and who wants a file to be kept stays
 * until DONE. What was finished is told to the room also while the server
 * stops. */
#ifndef DIALECT_UPLOAD_H
#define DIALECT_UPLOAD_H

#include "base/buf.h"
#include "dialect/conn.h"

enum upload_state {
    UPLOAD_NONE,         /* zeroed: not begun, or closed */
    UPLOAD_ASKED,        /* the core decides */
    UPLOAD_OPENING,
    UPLOAD_READY,        /* takes bytes */
    UPLOAD_FINISHING,    /* all bytes were given */
    UPLOAD_DONE,         /* stored and told to the room: room, seq */
    UPLOAD_PAUSED,       /* synced and left; on_disk is what a resume finds */
    UPLOAD_DROPPED,
    UPLOAD_FAILED,       /* why; a resumable one can be resumed all the same */
};

struct upload {
    enum upload_state state;
    uint64_t request;            /* of all it asks; unique in the connection */
    struct file_facts facts;     /* size: as declared, or UNKNOWN */
    uint64_t offset;             /* bytes taken from the dialect */
    uint64_t on_disk;            /* of them, what has been written */
    uint64_t room;               /* from OPENING on */
    uint64_t seq;                /* DONE */
    enum deny why;               /* FAILED */
    char detail[64];             /* more about it; may be empty */
    int64_t wait_ms;             /* when to come back; 0 = unknown */
    struct blob *blob;
    uint64_t writer;
    uint64_t reserved;           /* of one whose size is not known */
    enum deny refused;           /* why no more will be reserved */
    struct buf piece;            /* gathered, not yet on its way */
    bool begun;                  /* by upload_begin(), not resumed */
    bool granted;                /* the core knows it */
    bool reserving;              /* a RESERVE is under way */
    bool moving;                 /* a job is under way */
    bool finish, pause;          /* once nothing is */
    bool sealed;                 /* the FINISH is under way, or done */
    bool dropping;
    bool expects;
    uint8_t expected[32];        /* the uploader's checksum */
    char name[LIMIT_FILE_NAME_BYTES + 1];   /* the safe one, from READY on */
    char room_name[LIMIT_ROOM_BYTES + 1];
};

/* Asks for a place: a file called `name` (whatever the peer wrote) of `size`
 * bytes or FILE_SIZE_UNKNOWN into the room `target`. `piece_max` bounds what
 * is gathered (LIMIT_PIECE_BYTES; native: LIMIT_CREDIT_BYTES). */
struct upload_wish {
    struct str target, name;
    uint64_t size;
    bool resumable;
    size_t piece_max;
};
void upload_begin(struct conn *c, struct upload *u, uint64_t request,
                  const struct upload_wish *wish);

/* Goes on with one: READY has the offset to go on from (u->offset). */
void upload_resume(struct conn *c, struct upload *u, uint64_t request,
                   const struct file_id *id, const struct file_id *ticket,
                   size_t piece_max);

/* Takes what there is room for: how many bytes. Fewer than n: input waits
 * until upload_answer() says that something has moved. Beyond the declared
 * size: FAILED, DENY_BAD_OFFSET. READY only. */
size_t upload_write(struct conn *c, struct upload *u, const void *p, size_t n);
bool upload_has_room(const struct upload *u);

/* That was all; sha256 (32 bytes) or NULL is what it must have. Fewer bytes
 * than declared: FAILED, DENY_BAD_OFFSET. */
void upload_finish(struct conn *c, struct upload *u, const uint8_t *sha256);

/* What came is written and synced, then PAUSED. */
void upload_pause(struct conn *c, struct upload *u);

/* Given up for good: DROPPED once that is answered, or DONE when it had just
 * been shared. Before that it takes no bytes. */
void upload_drop(struct conn *c, struct upload *u);

/* e->request is u's: takes the step. The dialect looks at u->state after it. */
void upload_answer(struct conn *c, struct upload *u, const struct event *e);

/* The connection lets go of it, in whatever state: a resumable one stays for
 * its time (but for one whose id was never told), another is dropped unless
 * its last byte is on disk and it is being shared. Back to NONE; answers that
 * come later, with this request, are nobody's. */
void upload_close(struct conn *c, struct upload *u);

#endif
