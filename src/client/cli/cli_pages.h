/* SPDX-License-Identifier: MIT
 *
 * A stretch of a room's history of any length, page by page: a page is as long
 * as the server makes it. Forward ones are printed as they come; backward ones
 * are kept, rendered, until the oldest is there. A page that was lost with its
 * connection is asked for again. */
#ifndef CLIENT_CLI_CLI_PAGES_H
#define CLIENT_CLI_CLI_PAGES_H

#include "client/cli/cli_session.h"

struct cli_page;

struct cli_pages {
    struct cli_session *s;
    const char *target;              /* borrowed */
    Loquat__V1__PageMode mode;       /* of the next request */
    uint64_t seq;
    unsigned left;                   /* messages still wanted */
    uint64_t request;                /* 0 = none under way */
    uint64_t last_seq;               /* the highest seen */
    struct cli_page *oldest;         /* the kept ones */
};

void cli_pages_init(struct cli_pages *p, struct cli_session *s,
                    const char *target, Loquat__V1__PageMode mode,
                    uint64_t seq, unsigned count);
void cli_pages_done(struct cli_pages *p);

/* (Again) once connected. */
void cli_pages_ask(struct cli_pages *p);

/* An answer to it; true when everything has been printed. */
bool cli_pages_take(struct cli_pages *p, const Loquat__V1__History *h);

#endif
