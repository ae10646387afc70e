/* SPDX-License-Identifier: MIT
 *
 * loquat history TARGET: a stretch of what was said, as a reader without a
 * name. */
#include "client/cli/cli_commands.h"
#include "client/cli/cli_pages.h"

#include <stdlib.h>

enum { COUNT = 50 };

struct history {
    struct cli_session s;
    struct cli_pages pages;
};

static void
on_connected(struct cli_session *s)
{
    cli_pages_ask(&((struct history *)s)->pages);
}

static void
on_envelope(struct cli_session *s, const Envelope *e)
{
    struct cli_pages *pages = &((struct history *)s)->pages;

    if (e->request == 0 || e->request != pages->request)
        return;
    if (e->body_case == ENVELOPE_BODY(ERROR))
        cli_session_refused(s, e->error);
    else if (e->body_case == ENVELOPE_BODY(HISTORY) &&
             cli_pages_take(pages, e->history))
        cli_session_end(s, CLI_OK);
}

static const struct cli_ops ops = {
    .connected = on_connected,
    .envelope = on_envelope,
};

int
cli_history(const struct cli_options *o)
{
    static const struct cli_kind kind = {.ops = &ops};
    struct history h = {0};
    char *target = cli_target(o->args[0]);
    int status;

    cli_pages_init(&h.pages, &h.s, target, o->mode, o->seq,
                   o->count_given ? o->count : COUNT);
    status = cli_session_run(&h.s, o, &kind);
    cli_pages_done(&h.pages);
    free(target);
    return status;
}
