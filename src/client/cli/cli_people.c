/* SPDX-License-Identifier: MIT
 *
 * loquat rooms, loquat who [TARGET]: one question, one answer. */
#include "client/cli/cli_commands.h"
#include "client/cli/cli_session.h"

#include <stdlib.h>

struct question {
    struct cli_session s;
    char *target;                    /* NULL: who is there at all */
    uint64_t request;
};

static void
print_rooms(struct cli_session *s, const Loquat__V1__Rooms *rooms)
{
    for (size_t i = 0; i < rooms->n_rooms; i++)
        cli_print_room(&s->out, &s->style, rooms->rooms[i]);
    if (rooms->more)
        cli_notice(s, "and there are more");
}

static void
print_people(struct cli_session *s, const Loquat__V1__People *people)
{
    for (size_t i = 0; i < people->n_people; i++)
        cli_print_person(&s->out, &s->style, people->people[i]);
    if (people->more)
        cli_notice(s, "%u in all", people->total);
}

static void
on_envelope(struct cli_session *s, const Envelope *e)
{
    struct question *q = (struct question *)s;

    if (e->request == 0 || e->request != q->request)
        return;
    if (e->body_case == ENVELOPE_BODY(ERROR)) {
        cli_session_refused(s, e->error);
        return;
    }
    if (e->body_case == ENVELOPE_BODY(ROOMS))
        print_rooms(s, e->rooms);
    else if (e->body_case == ENVELOPE_BODY(PEOPLE))
        print_people(s, e->people);
    cli_session_end(s, CLI_OK);
}

static void
ask_rooms(struct cli_session *s)
{
    Loquat__V1__GetRooms get = LOQUAT__V1__GET_ROOMS__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    e.body_case = ENVELOPE_BODY(GET_ROOMS);
    e.get_rooms = &get;
    ((struct question *)s)->request = link_request(s->link, &e);
}

static void
ask_people(struct cli_session *s)
{
    struct question *q = (struct question *)s;
    Loquat__V1__GetPeople get = LOQUAT__V1__GET_PEOPLE__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    if (q->target != NULL)
        get.target = q->target;
    e.body_case = ENVELOPE_BODY(GET_PEOPLE);
    e.get_people = &get;
    q->request = link_request(s->link, &e);
}

static const struct cli_ops rooms_ops = {
    .connected = ask_rooms,
    .envelope = on_envelope,
};

static const struct cli_ops people_ops = {
    .connected = ask_people,
    .envelope = on_envelope,
};

int
cli_rooms(const struct cli_options *o)
{
    static const struct cli_kind kind = {.ops = &rooms_ops};
    struct question q = {0};

    return cli_session_run(&q.s, o, &kind);
}

int
cli_who(const struct cli_options *o)
{
    static const struct cli_kind kind = {.ops = &people_ops};
    struct question q = {0};
    int status;

    if (o->args_n > 0)
        q.target = cli_target(o->args[0]);
    status = cli_session_run(&q.s, o, &kind);
    free(q.target);
    return status;
}
