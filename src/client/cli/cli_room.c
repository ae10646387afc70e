/* SPDX-License-Identifier: MIT
 *
 * Rooms and who is what in them: invite, kick, ban, unban, bans, mute, unmute,
 * role, members, room, group, close. Each is one request; what a person is to
 * do it to is the first word, why the rest. */
#include "client/cli/cli_ask.h"
#include "client/cli/cli_commands.h"
#include "client/cli/cli_errand.h"

#include "base/clock.h"
#include "client/cli/cli_print_impl.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Somebody ---- */

static uint64_t
ask_invite(struct cli_errand *x)
{
    return cli_ask_invite(x->s.link, x->target, x->s.o->args[0]);
}

int
cli_invite(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_invite};

    return cli_errand_run(o, &kind, NULL);
}

static uint64_t
ask_kick(struct cli_errand *x)
{
    return cli_ask_remove(x->s.link, x->target, x->s.o->args[0], x->rest);
}

int
cli_kick(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_kick};

    return cli_errand_run(o, &kind, NULL);
}

/* ban and mute, and their ends. */
static struct cli_ban
ban_of(const struct cli_errand *x)
{
    const struct cli_options *o = x->s.o;

    return (struct cli_ban){
        .target = x->target, .name = o->args[0], .reason = x->rest,
        .until_ms = o->for_ms > 0 ? clock_wall_ms() + o->for_ms : 0,
        .mute = o->command->which == CLI_MUTE ||
                o->command->which == CLI_UNMUTE};
}

static uint64_t
ask_ban(struct cli_errand *x)
{
    struct cli_ban ban = ban_of(x);

    return cli_ask_ban(x->s.link, &ban);
}

static uint64_t
ask_unban(struct cli_errand *x)
{
    struct cli_ban ban = ban_of(x);

    return cli_ask_unban(x->s.link, &ban);
}

int
cli_ban(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_ban};

    return cli_errand_run(o, &kind, NULL);
}

int
cli_unban(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_unban};

    return cli_errand_run(o, &kind, NULL);
}

static uint64_t
ask_role(struct cli_errand *x)
{
    Loquat__V1__Role role = LOQUAT__V1__ROLE__ROLE_NONE;

    (void)cli_role_read(x->s.o->args[1], &role);
    return cli_ask_role(x->s.link, x->target, x->s.o->args[0], role);
}

int
cli_role(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_role};
    Loquat__V1__Role role;

    if (!cli_role_read(o->args[1], &role)) {
        fprintf(stderr, "loquat: a role is owner, moderator, member or "
                "none\n");
        return CLI_USAGE;
    }
    return cli_errand_run(o, &kind, NULL);
}

/* ---- Lists ---- */

static uint64_t
ask_bans(struct cli_errand *x)
{
    return cli_ask_bans(x->s.link, x->target);
}

static void
take_bans(struct cli_errand *x, const Envelope *e)
{
    if (e->body_case != ENVELOPE_BODY(BANS))
        return;
    for (size_t i = 0; i < e->bans->n_bans; i++)
        cli_print_ban(&x->s.out, &x->s.style, e->bans->bans[i]);
    if (e->bans->more)
        cli_notice(&x->s, "and there are more");
}

int
cli_bans(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_bans,
                                                .take = take_bans};

    return cli_errand_run(o, &kind, NULL);
}

static uint64_t
ask_members(struct cli_errand *x)
{
    return cli_ask_members(x->s.link, x->target);
}

static void
take_members(struct cli_errand *x, const Envelope *e)
{
    if (e->body_case != ENVELOPE_BODY(MEMBERS))
        return;
    for (size_t i = 0; i < e->members->n_members; i++)
        cli_print_member(&x->s.out, &x->s.style, e->members->members[i]);
    if (e->members->more)
        cli_notice(&x->s, "and there are more");
}

int
cli_members(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_members,
                                                .take = take_members};

    return cli_errand_run(o, &kind, NULL);
}

/* ---- The room ---- */

/* One --set after the other, and then what has become of it. Whoever gives it
 * another name asks under that one. */
static uint64_t
ask_room(struct cli_errand *x)
{
    const struct cli_options *o = x->s.o;
    const char *value;
    char word[32];

    if (x->asked == o->sets_n)
        return cli_ask_room(x->s.link, x->target);
    value = strchr(o->sets[x->asked], '=') + 1;
    str_to_z((struct str){o->sets[x->asked],
                          (size_t)(value - 1 - o->sets[x->asked])},
             word, sizeof word);
    return cli_ask_set(x->s.link, x->target, word, value);
}

static void
take_room(struct cli_errand *x, const Envelope *e)
{
    const struct cli_options *o = x->s.o;

    if (e->body_case == ENVELOPE_BODY(ROOM_INFO)) {
        cli_print_room_info(&x->s.out, &x->s.style, e->room_info);
    } else if (x->asked < o->sets_n &&
               str_starts_nocase(str_of(o->sets[x->asked]), "name=")) {
        free(x->target);
        x->target = cli_target(o->sets[x->asked] + strlen("name="));
    }
}

static bool
has_more_room(const struct cli_errand *x)
{
    return x->asked <= x->s.o->sets_n;
}

int
cli_room(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {
        .ask = ask_room, .take = take_room, .more = has_more_room};

    return cli_errand_run(o, &kind, NULL);
}

static uint64_t
ask_close(struct cli_errand *x)
{
    return cli_ask_close(x->s.link, x->target);
}

int
cli_close(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_close};

    return cli_errand_run(o, &kind, NULL);
}

static uint64_t
ask_group(struct cli_errand *x)
{
    return cli_ask_group(x->s.link, x->s.o->args, (size_t)x->s.o->args_n);
}

static void
take_group(struct cli_errand *x, const Envelope *e)
{
    struct json j;

    if (e->body_case != ENVELOPE_BODY(GROUP))
        return;
    if (x->s.style.json) {
        json_open(&j, &x->s.out);
        cli_json_clean(&j, "room", e->group->target, UTF8_ONE_LINE);
        cli_json_end(&x->s.out, &j);
        return;
    }
    cli_print_clean(&x->s.out, e->group->target);
    must(buf_append(&x->s.out, "\n", 1) == 0);
}

int
cli_group(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_group,
                                                .take = take_group};

    return cli_errand_run(o, &kind, NULL);
}
