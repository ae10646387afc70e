/* SPDX-License-Identifier: MIT
 *
 * Where a file that comes in is put: first as NAME.part, which a later attempt
 * goes on with, then, once it is whole and right, under its name, or under the
 * first of "name (1).ext", "name (2).ext" ... that is free. Nothing that is
 * there is written over unless that was asked for, and no link is followed. */
#ifndef CLIENT_CLI_CLI_PLACE_H
#define CLIENT_CLI_CLI_PLACE_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum cli_taken {
    CLI_TAKEN_RENAME,          /* "name (1).ext" */
    CLI_TAKEN_OVERWRITE,
    CLI_TAKEN_RESUME,          /* what is there is the beginning of it */
};

struct cli_place {
    char *path;                /* as it is to be called */
    char *part;                /* as it is called while it comes */
    int fd;                    /* of the part, open to read and write, locked */
    uint64_t n;                /* bytes of it that are there */
};

/* "photo (2).webp"; number 0: the name itself. Returns owned. */
char *cli_numbered(const char *path, unsigned number);

/* The part of `path`, the first that nobody else is writing right now. */
int cli_place_open(struct cli_place *p, const char *path,
                   enum cli_taken taken, struct err *e) MUST_USE;

/* From the beginning again. */
int cli_place_empty(struct cli_place *p, struct err *e) MUST_USE;

/* It is whole: synced, and called by its name, which p->path then is. */
int cli_place_keep(struct cli_place *p, enum cli_taken taken,
                   struct err *e) MUST_USE;

/* Leaves the part where it is, unless nothing is in it. Zeroed is fine. */
void cli_place_done(struct cli_place *p);

#endif
