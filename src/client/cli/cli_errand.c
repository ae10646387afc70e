/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_errand.h"

#include <stdlib.h>

enum { REST_BYTES = 128 * 1024 };

static void
on_connected(struct cli_session *s)
{
    struct cli_errand *x = (struct cli_errand *)s;

    x->request = x->kind->ask(x);
}

static void
on_envelope(struct cli_session *s, const Envelope *e)
{
    struct cli_errand *x = (struct cli_errand *)s;

    if (e->request == 0 || e->request != x->request)
        return;
    if (e->body_case == ENVELOPE_BODY(ERROR)) {
        cli_session_refused(s, e->error);
        return;
    }
    if (x->kind->take != NULL)
        x->kind->take(x, e);
    x->asked++;
    if (x->kind->more != NULL && x->kind->more(x))
        x->request = x->kind->ask(x);
    else
        cli_session_end(s, CLI_OK);
}

static void
on_ended(struct cli_session *s)
{
    const struct cli_errand *x = (struct cli_errand *)s;

    if (x->kind->ended != NULL)
        x->kind->ended(x);
}

static const struct cli_ops ops = {
    .connected = on_connected,
    .envelope = on_envelope,
    .ended = on_ended,
};

static char *
join_words(const struct cli_options *o)
{
    struct buf words;
    char *z;

    buf_init(&words, REST_BYTES + 1);
    for (int i = 1; i < o->args_n; i++)
        if (words.n + strlen(o->args[i]) + 1 > REST_BYTES ||
            buf_printf(&words, "%s%s", i > 1 ? " " : "", o->args[i]) < 0)
            break;
    must(buf_append(&words, "", 1) == 0);
    z = must_strdup(words.p);
    buf_done(&words);
    return z;
}

static char *
find_target(const struct cli_options *o)
{
    if (o->room != NULL)
        return cli_target(o->room);
    return o->args_n > 0 ? cli_target(o->args[0]) : NULL;
}

int
cli_errand_run(const struct cli_options *o, const struct cli_errand_kind *kind,
               const struct cli_secret *secret)
{
    static const struct cli_kind session = {.ops = &ops};
    struct cli_errand x = {.kind = kind, .secret = secret};
    int status;

    x.target = find_target(o);
    x.rest = join_words(o);
    status = cli_session_run(&x.s, o, &session);
    free(x.target);
    free(x.rest);
    return status;
}
