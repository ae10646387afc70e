/* SPDX-License-Identifier: MIT
 *
 * loquat put, as its halves share it: cli_put.c talks to the server,
 * cli_put_item.c to the disk. */
#ifndef CLIENT_CLI_CLI_PUT_H
#define CLIENT_CLI_CLI_PUT_H

#include "client/cli/cli_progress.h"
#include "client/cli/cli_session.h"
#include "client/cli/cli_source.h"
#include "client/cli/cli_tar.h"
#include "client/cli/cli_ticket.h"
#include "link/link_files.h"

enum put_state { PUT_BEGIN, PUT_SENDING, PUT_ASKING, PUT_CHECKING };

/* The file that is under way. */
struct put_item {
    const char *path;            /* as it was typed; borrowed */
    char *name;                  /* as it is offered */
    char *shown;                 /* as the server calls it, clean */
    uint64_t size;               /* UINT64_MAX: known at its end */
    struct cli_source *source;   /* NULL: there is none */
    struct cli_ticket ticket;
    struct cli_tar tar;
};

struct put {
    struct cli_session s;
    struct talk_file f;
    char *target;
    int at, files_n;             /* of the words */
    struct put_item item;
    enum put_state state;
    uint64_t sent;               /* the next byte for the server */
    uint8_t expected[CLI_SUM_BYTES];
    struct cli_progress bar;
    uv_timer_t retry;
    bool has_timer;
    unsigned kept;               /* times in a row that it had to wait */
    int status;
};

#define PUT_OF(file) \
    ((struct put *)(void *)((char *)(file) - offsetof(struct put, f)))

/* CLI_OK, or the status of what was wrong, which has been told. */
int put_item_open(struct put *p, const char *path);
void put_item_done(struct put_item *item);     /* harmless without one */
void put_set_shown(struct put_item *item, const char *name);

/* The upload is given up for good, at the server too. */
void put_drop(struct put *p);

/* ---- cli_put.c ---- */

void put_on_source(struct cli_source *source, int error);
void put_on_retry(uv_timer_t *timer);
void put_on_tar(struct cli_tar *tar);

#endif
