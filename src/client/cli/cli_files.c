/* SPDX-License-Identifier: MIT
 *
 * loquat files [ROOM]: what has been shared there, the newest last. */
#include "client/cli/cli_commands.h"
#include "client/cli/cli_session.h"

#include <stdlib.h>

enum { COUNT = 50 };

struct listing {
    struct cli_session s;
    char *target;
    uint64_t request;
};

static void
on_connected(struct cli_session *s)
{
    struct listing *l = (struct listing *)s;
    Loquat__V1__GetFiles get = LOQUAT__V1__GET_FILES__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    get.target = l->target;
    get.limit = s->o->count_given ? s->o->count : COUNT;
    e.body_case = ENVELOPE_BODY(GET_FILES);
    e.get_files = &get;
    l->request = link_request(s->link, &e);
}

static void
on_envelope(struct cli_session *s, const Envelope *e)
{
    struct listing *l = (struct listing *)s;

    if (e->request == 0 || e->request != l->request)
        return;
    if (e->body_case == ENVELOPE_BODY(ERROR)) {
        cli_session_refused(s, e->error);
        return;
    }
    if (e->body_case != ENVELOPE_BODY(FILES))
        return;
    if (e->files->more)
        cli_notice(s, "there are older ones");
    for (size_t i = e->files->n_files; i > 0; i--)
        cli_print_file(&s->out, &s->style, e->files->files[i - 1]);
    cli_session_end(s, CLI_OK);
}

static const struct cli_ops ops = {
    .connected = on_connected,
    .envelope = on_envelope,
};

int
cli_files(const struct cli_options *o)
{
    static const struct cli_kind kind = {.ops = &ops};
    struct listing l = {0};
    int status;

    l.target = cli_target(o->args_n > 0 ? o->args[0] : "#lobby");
    status = cli_session_run(&l.s, o, &kind);
    free(l.target);
    return status;
}
