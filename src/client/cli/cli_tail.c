/* SPDX-License-Identifier: MIT
 *
 * loquat tail TARGET: the last messages; with -f, everything after them too.
 * The link joins after the last seq that was shown, so that nothing is missed
 * or shown twice between the page and the stream, nor later when the
 * connection or the server goes and comes back. */
#include "client/cli/cli_commands.h"
#include "client/cli/cli_pages.h"

#include <stdlib.h>

enum { COUNT = 10 };

struct tail {
    struct cli_session s;
    struct cli_pages pages;
    bool following;
    uint64_t room;           /* its number, once it is followed */
};

static void
follow(struct tail *t, uint64_t after)
{
    t->following = true;
    link_join(t->s.link, t->pages.target, (int64_t)after);
}

static void
on_connected(struct cli_session *s)
{
    struct tail *t = (struct tail *)s;

    if (!t->following)
        cli_pages_ask(&t->pages);
}

static void
take_page(struct tail *t, const Loquat__V1__History *h)
{
    if (!cli_pages_take(&t->pages, h))
        return;
    if (t->s.o->follow)
        follow(t, t->pages.last_seq);
    else
        cli_session_end(&t->s, CLI_OK);
}

/* Nobody has said anything in it yet: everything is after that. */
static void
take_error(struct tail *t, const Envelope *e)
{
    bool missing = e->error->code ==
        LOQUAT__V1__ERROR_CODE__ERROR_CODE_NO_SUCH_ROOM;

    if (e->request == t->pages.request && missing && t->s.o->follow &&
        !t->following)
        follow(t, 0);
    else
        cli_session_refused(&t->s, e->error);
}

static void
take_removal(struct tail *t, const Loquat__V1__Removed *r)
{
    if (r->room != t->room)
        return;
    cli_error(&t->s, "you may listen here no longer%s%s",
              *r->reason ? ": " : "", r->reason);
    cli_session_end(&t->s, cli_status_of((int)r->code));
}

/* An account may also hear what is said to it in private: that is not asked
 * for here. */
static void
on_envelope(struct cli_session *s, const Envelope *e)
{
    struct tail *t = (struct tail *)s;

    if (e->body_case == ENVELOPE_BODY(ERROR)) {
        take_error(t, e);
    } else if (e->body_case == ENVELOPE_BODY(HISTORY) && !t->following) {
        take_page(t, e->history);
    } else if (e->body_case == ENVELOPE_BODY(JOINED) && e->request != 0) {
        t->room = e->joined->room;
    } else if (e->body_case == ENVELOPE_BODY(MESSAGE) &&
               e->message->room == t->room) {
        cli_print_message(&s->out, &s->style,
                          s->style.json ? t->pages.target : NULL, e->message);
    } else if (e->body_case == ENVELOPE_BODY(REMOVED)) {
        take_removal(t, e->removed);
    } else if (e->body_case == ENVELOPE_BODY(PARTED) &&
               e->parted->room == t->room) {
        cli_error(s, "this room is closed to you");
        cli_session_end(s, CLI_REFUSED);
    }
}

static const struct cli_ops ops = {
    .connected = on_connected,
    .envelope = on_envelope,
};

int
cli_tail(const struct cli_options *o)
{
    const struct cli_kind kind = {.ops = &ops, .lasting = o->follow};
    struct tail t = {0};
    char *target = cli_target(o->args[0]);
    int status;

    cli_pages_init(&t.pages, &t.s, target,
                   LOQUAT__V1__PAGE_MODE__PAGE_MODE_LATEST, 0,
                   o->count_given ? o->count : COUNT);
    status = cli_session_run(&t.s, o, &kind);
    cli_pages_done(&t.pages);
    free(target);
    return status;
}
