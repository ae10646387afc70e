/* SPDX-License-Identifier: MIT
 *
 * What an upload is resumed with after this process is gone: the file's id and
 * its ticket, kept under $XDG_STATE_HOME/loquat/uploads (else
 * ~/.local/state/...) until it is stored. Found again by where to, which file,
 * its size and the time of its last change; readable by its owner alone. */
#ifndef CLIENT_CLI_CLI_TICKET_H
#define CLIENT_CLI_CLI_TICKET_H

#include "base/file_id.h"

struct cli_ticket {
    char *path;                /* NULL: nothing is kept */
    int fd;                    /* locked: one upload of it at a time */
    bool given;                /* there is one */
    struct file_id id, ticket;
};

struct cli_upload_key {
    const char *host;
    unsigned port;
    const char *target;
    const char *path;          /* absolute */
    uint64_t size;
    int64_t changed_ns;
};

/* Takes what is kept, if anything is. When there is no place for it, or
 * another process is uploading the same, nothing will be. */
void cli_ticket_open(struct cli_ticket *t, const struct cli_upload_key *key,
                     const char *state_home, const char *home);

void cli_ticket_set(struct cli_ticket *t, const struct file_id *id,
                    const struct file_id *ticket);

/* It came to an end: forgets it. */
void cli_ticket_clear(struct cli_ticket *t);

/* Leaves what is kept for later. Zeroed is fine. */
void cli_ticket_done(struct cli_ticket *t);

#endif
