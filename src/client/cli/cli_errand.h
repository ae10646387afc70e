/* SPDX-License-Identifier: MIT
 *
 * A command that asks something, takes the answer, and is done. */
#ifndef CLIENT_CLI_CLI_ERRAND_H
#define CLIENT_CLI_CLI_ERRAND_H

#include "client/cli/cli_secret.h"
#include "client/cli/cli_session.h"

struct cli_errand {
    struct cli_session s;
    const struct cli_errand_kind *kind;
    const struct cli_secret *secret;     /* borrowed, or NULL */
    char *target;                /* --room, or the first word; or NULL */
    char *rest;                  /* the words from the second on, joined */
    unsigned asked;              /* how often it has been answered */
    uint64_t request;
};

struct cli_errand_kind {
    /* Says it; its number. */
    uint64_t (*ask)(struct cli_errand *x);

    /* The answer that is no refusal. NULL: there is nothing to it. */
    void (*take)(struct cli_errand *x, const Envelope *e);

    /* After an answer: is there more to ask? NULL: never. */
    bool (*more)(const struct cli_errand *x);

    /* It ends, with s.status; why may be asked of the link. NULL: nothing. */
    void (*ended)(const struct cli_errand *x);
};

/* Returns the exit status. */
int cli_errand_run(const struct cli_options *o,
                   const struct cli_errand_kind *kind,
                   const struct cli_secret *secret);

#endif
