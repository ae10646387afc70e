/* SPDX-License-Identifier: MIT
 *
 * A core, a reader and the movers that answer an HTTP connection at once, for
 * its unit tests and its fuzz target: one room's log, a few files with real
 * bodies in a folder of their own. */
#ifndef DIALECT_HTTP_HTTP_PLAY_H
#define DIALECT_HTTP_HTTP_PLAY_H

#include "blob/blob.h"
#include "dialect/fake_conn.h"

#define PLAY_MESSAGES 32
#define PLAY_FILES 32
#define PLAY_ROOM 5              /* the number of every room */

struct play_file {
    struct file_facts facts;
    char name[LIMIT_FILE_NAME_BYTES + 1];
    uint64_t seq;
};

struct play {
    struct conn *c;
    struct dialect_config config;
    struct blobs *blobs;
    char folder[64];
    struct event *log[PLAY_MESSAGES];
    size_t log_n;
    struct play_file files[PLAY_FILES];
    size_t files_n;
    char name[LIMIT_NAME_BYTES + 1];     /* whom it takes the peer for */
    unsigned entered;                    /* how often it was asked to */
    bool no_guests;                      /* nobody comes in unless by a login:
                                            PLAY_PASSWORD or PLAY_TOKEN */
    enum deny deny;                      /* the next command but ENTER is
                                            refused for it; NONE: not */
    bool pausing;                        /* jobs are left in the queue */
    size_t told;                         /* output that play_say() returned */
    struct buf trace;                    /* what was asked, in its order */
};

#define PLAY_PASSWORD "correct horse"    /* everybody's */
#define PLAY_TOKEN \
    "lq_0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghj0"

void play_open(struct play *p);
void play_close(struct play *p);

/* Forgets everything but the folder, whose files go, and connects anew. */
void play_clear(struct play *p);

/* A new connection to the same core. */
void play_connect(struct play *p);

/* Answers everything that is asked, and drains, until nothing moves. */
void play_run(struct play *p);

/* Sends bytes, runs, and returns what came out since the last call, as a
 * string (borrowed until the next one). */
const char *play_send(struct play *p, const void *bytes, size_t n);
const char *play_say(struct play *p, const char *text);

/* A message of the room, live and in its log. */
void play_message(struct play *p, const char *sender, const char *text);

/* A file that is being uploaded by someone else; and its bytes. */
struct play_file *play_arrive(struct play *p, const char *name,
                              uint64_t size);
void play_grow(struct play *p, struct play_file *f, const char *bytes);
void play_finish(struct play *p, struct play_file *f);

/* Of http_play_v1.c: what the core says to a command about accounts or rooms,
 * with names that a careless writer of JSON would stumble over; NULL: cmd is
 * about neither. */
struct event *play_managed(const struct command *cmd);

#endif
