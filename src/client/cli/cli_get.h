/* SPDX-License-Identifier: MIT
 *
 * loquat get, as its halves share it: cli_get.c talks to the server,
 * cli_get_item.c to the disk. */
#ifndef CLIENT_CLI_CLI_GET_H
#define CLIENT_CLI_CLI_GET_H

#include "client/cli/cli_place.h"
#include "client/cli/cli_progress.h"
#include "client/cli/cli_session.h"
#include "client/cli/cli_sink.h"
#include "client/cli/cli_source.h"
#include "client/cli/cli_tar.h"
#include "client/cli/cli_url.h"
#include "link/link_files.h"

/* What may be on its way, or wait for the disk, at a time. */
#define GET_WINDOW_BYTES (1024 * 1024)

enum get_state {
    GET_NAMING,                  /* what is it called, how long is it? */
    GET_HASHING,                 /* the part that is there is read once more */
    GET_COMING,
    GET_SUMMING,                 /* all came; its sum is asked for once more */
    GET_WRITING,                 /* the last is being written */
    GET_UNPACKING,               /* and tar is still at it */
};

/* The file that is under way. */
struct get_item {
    struct cli_url url;
    char *name;                  /* safe, for the disk and for the screen */
    uint64_t size;               /* UINT64_MAX: not known yet */
    bool expects;                /* its sum is known */
    uint8_t expected[CLI_SUM_BYTES];
    struct cli_sum sum;          /* of what came, and of what was there */
    bool continued;              /* it began with what was there */
    size_t owed;                 /* credit that is not worth a frame yet */
    struct cli_place place;      /* of a file */
    char *folder;                /* of an archive that is unpacked */
    struct cli_sink *sink;       /* NULL: not opened yet */
    struct cli_source *source;   /* while hashing */
    struct cli_tar tar;
};

struct get {
    struct cli_session s;
    struct talk_file f;
    int at;                      /* of the words */
    bool active;                 /* there is an item */
    struct get_item item;
    enum get_state state;
    struct cli_progress bar;
    uv_timer_t retry;
    bool has_timer;
    unsigned kept;               /* times in a row that it had to wait */
    int status;
};

#define GET_OF(file) \
    ((struct get *)(void *)((char *)(file) - offsetof(struct get, f)))

/* Its name is known: opens where it goes. CLI_OK, or a status, and it was
 * told. item.source is set when there are bytes of it already. */
int get_item_open(struct get *g);

/* From the first byte again: false when that cannot be. */
bool get_item_restart(struct get *g);

/* Everything is there and right: gives it its name. CLI_OK, or a status. */
int get_item_keep(struct get *g);
void get_item_done(struct get *g);             /* harmless without one */

/* ---- cli_get.c ---- */

void get_on_source(struct cli_source *source, int error);
void get_on_sink(struct cli_sink *sink, size_t n, int error);
void get_on_tar(struct cli_tar *tar);

#endif
