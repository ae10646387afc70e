/* SPDX-License-Identifier: MIT
 *
 * The chat's commands about accounts and rights, and what is heard of them. */
#include "base/clock.h"
#include "base/duration.h"
#include "base/limits.h"
#include "client/cli/cli_ask.h"
#include "client/cli/cli_chat.h"

/* ---- What they have in common ---- */

static bool
has_room(struct chat *c)
{
    if (c->current == NULL)
        cli_notice(&c->s, "you are in no room");
    return c->current != NULL;
}

/* ---- Oneself ---- */

static void
log_in(struct chat *c, const char *name, const struct cli_secret *secret)
{
    char device[CLI_DEVICE_BYTES];

    cli_device_name(c->s.o, device);
    chat_asked(c, cli_ask_login(c->s.link, name, secret->password, device));
}

static void
enrol(struct chat *c, const char *name, const struct cli_secret *secret)
{
    char device[CLI_DEVICE_BYTES];

    cli_device_name(c->s.o, device);
    chat_asked(c, cli_ask_register(c->s.link, name, secret->password, device));
}

static void
change(struct chat *c, const char *name, const struct cli_secret *secret)
{
    (void)name;
    chat_asked(c, cli_ask_password(c->s.link, secret->password,
                                   secret->fresh));
}

static int
become(struct chat *c, char *rest, enum cli_secret_wish wish,
       chat_secret_fn *as)
{
    const char *word = chat_cut_word(&rest);

    chat_secret_ask(c, wish, *word != '\0' ? word : link_name(c->s.link), as);
    return 0;
}

static int
run_login(struct chat *c, char *rest)
{
    return become(c, rest, CLI_SECRET_KNOWN, log_in);
}

static int
run_register(struct chat *c, char *rest)
{
    return become(c, rest, CLI_SECRET_NEW, enrol);
}

static int
run_passwd(struct chat *c, char *rest)
{
    (void)rest;
    chat_secret_ask(c, CLI_SECRET_CHANGE, "", change);
    return 0;
}

/* The server says Done, and closes. */
static int
run_logout(struct chat *c, char *rest)
{
    uint64_t number = cli_ask_logout(c->s.link);

    (void)rest;
    if (chat_asked(c, number))
        c->logout = number;
    return 0;
}

static int
run_devices(struct chat *c, char *rest)
{
    (void)rest;
    chat_asked(c, cli_ask_devices(c->s.link));
    return 0;
}

/* ---- Others ---- */

static int
run_invite(struct chat *c, char *rest)
{
    if (has_room(c))
        chat_asked(c, cli_ask_invite(c->s.link, c->current,
                                     chat_cut_word(&rest)));
    return 0;
}

static int
run_kick(struct chat *c, char *rest)
{
    const char *name = chat_cut_word(&rest);

    if (has_room(c))
        chat_asked(c, cli_ask_remove(c->s.link, c->current, name, rest));
    return 0;
}

/* "NAME 30m why": the time may be left out. */
static void
ban(struct chat *c, char *rest, bool mute)
{
    struct cli_ban ban = {.name = chat_cut_word(&rest), .mute = mute};
    size_t n = strcspn(rest, " \t");
    int64_t ms;

    if (!has_room(c))
        return;
    if (duration_read((struct str){rest, n}, &ms)) {
        ban.until_ms = clock_wall_ms() + ms;
        (void)chat_cut_word(&rest);
    }
    ban.target = c->current;
    ban.reason = rest;
    chat_asked(c, cli_ask_ban(c->s.link, &ban));
}

static void
unban(struct chat *c, char *rest, bool mute)
{
    struct cli_ban ban = {.name = chat_cut_word(&rest), .mute = mute,
                          .target = c->current};

    if (has_room(c))
        chat_asked(c, cli_ask_unban(c->s.link, &ban));
}

static int
run_ban(struct chat *c, char *rest)
{
    ban(c, rest, false);
    return 0;
}

static int
run_mute(struct chat *c, char *rest)
{
    ban(c, rest, true);
    return 0;
}

static int
run_unban(struct chat *c, char *rest)
{
    unban(c, rest, false);
    return 0;
}

static int
run_unmute(struct chat *c, char *rest)
{
    unban(c, rest, true);
    return 0;
}

static int
run_op(struct chat *c, char *rest)
{
    if (has_room(c))
        chat_asked(c, cli_ask_role(c->s.link, c->current,
                                   chat_cut_word(&rest),
                                   LOQUAT__V1__ROLE__ROLE_MODERATOR));
    return 0;
}

static int
run_deop(struct chat *c, char *rest)
{
    if (has_room(c))
        chat_asked(c, cli_ask_role(c->s.link, c->current,
                                   chat_cut_word(&rest),
                                   LOQUAT__V1__ROLE__ROLE_MEMBER));
    return 0;
}

/* ---- Rooms ---- */

static int
run_group(struct chat *c, char *rest)
{
    char *names[LIMIT_GROUP];
    size_t n = 0;
    char *word;

    while (n < LIMIT_GROUP && *(word = chat_cut_word(&rest)) != '\0')
        names[n++] = word;
    chat_asked(c, cli_ask_group(c->s.link, names, n));
    return 0;
}

static int
run_bans(struct chat *c, char *rest)
{
    (void)rest;
    if (has_room(c))
        chat_asked(c, cli_ask_bans(c->s.link, c->current));
    return 0;
}

static int
run_members(struct chat *c, char *rest)
{
    (void)rest;
    if (has_room(c))
        chat_asked(c, cli_ask_members(c->s.link, c->current));
    return 0;
}

static int
run_room(struct chat *c, char *rest)
{
    (void)rest;
    if (has_room(c))
        chat_asked(c, cli_ask_room(c->s.link, c->current));
    return 0;
}

static int
run_set(struct chat *c, char *rest)
{
    const char *word = chat_cut_word(&rest);

    if (has_room(c))
        chat_asked(c, cli_ask_set(c->s.link, c->current, word, rest));
    return 0;
}

const struct slash chat_rights_slashes[] = {
    {"login", NULL, "[NAME]", "be an account", run_login, false},
    {"register", NULL, "[NAME]", "make an account of your name", run_register,
     false},
    {"passwd", NULL, "", "another password", run_passwd, false},
    {"logout", NULL, "", "be nobody's account here any more", run_logout,
     false},
    {"devices", NULL, "", "where you are logged in", run_devices, false},
    {"invite", NULL, "NAME", "somebody may come in", run_invite, true},
    {"kick", NULL, "NAME [WHY]", "somebody leaves", run_kick, true},
    {"ban", NULL, "NAME|RANGE [TIME] [WHY]", "and may not come back", run_ban,
     true},
    {"unban", NULL, "NAME|RANGE", "they may again", run_unban, true},
    {"bans", NULL, "", "who may not come, or not speak", run_bans, false},
    {"mute", NULL, "NAME|RANGE [TIME] [WHY]", "they may listen only",
     run_mute, true},
    {"unmute", NULL, "NAME|RANGE", "they may speak again", run_unmute, true},
    {"op", NULL, "NAME", "make somebody a moderator", run_op, true},
    {"deop", NULL, "NAME", "and a member again", run_deop, true},
    {"group", NULL, "NAME...", "a hidden room for you and them", run_group,
     true},
    {"members", NULL, "", "the accounts that belong here", run_members,
     false},
    {"room", NULL, "", "what this room is", run_room, false},
    {"set", NULL, "KEY VALUE",
     "privacy history slow keep name description", run_set, true},
    {0},
};

/* ---- Hearing ---- */

/* To /login or /register. */
static void
hear_welcome(struct chat *c, const Envelope *e)
{
    if (*e->welcome->token != '\0')
        cli_keep_login(&c->s, e->welcome->token, e->welcome->name);
    chat_renamed(c);
}

static void
hear_group(struct chat *c, const Envelope *e)
{
    chat_set_current(c, e->group->target);
    cli_notice(&c->s, "what you say goes to %s now", e->group->target);
}

static void
hear_devices(struct chat *c, const Envelope *e)
{
    for (size_t i = 0; i < e->devices->n_devices; i++)
        cli_print_device(&c->s.out, &c->s.style, e->devices->devices[i]);
}

static void
hear_bans(struct chat *c, const Envelope *e)
{
    for (size_t i = 0; i < e->bans->n_bans; i++)
        cli_print_ban(&c->s.out, &c->s.style, e->bans->bans[i]);
    if (e->bans->n_bans == 0)
        cli_notice(&c->s, "nobody is banned or muted here");
}

static void
hear_members(struct chat *c, const Envelope *e)
{
    for (size_t i = 0; i < e->members->n_members; i++)
        cli_print_member(&c->s.out, &c->s.style, e->members->members[i]);
    if (e->members->more)
        cli_notice(&c->s, "and more");
}

static void
hear_room_info(struct chat *c, const Envelope *e)
{
    cli_print_room_info(&c->s.out, &c->s.style, e->room_info);
}

static void
hear_removed(struct chat *c, const Envelope *e)
{
    const Loquat__V1__Removed *r = e->removed;

    cli_notice(&c->s, "you are in %s no longer%s%s%s%s", r->target,
               *r->by ? ", by " : "", r->by, *r->reason ? ": " : "",
               r->reason);
    chat_drop(c, r->room);
}

static void
hear_invited(struct chat *c, const Envelope *e)
{
    cli_notice(&c->s, "%s invites you: /join %s", e->invited->by,
               e->invited->target);
}

static void
hear_standing(struct chat *c, const Envelope *e)
{
    const Loquat__V1__Standing *s = e->standing;

    cli_notice(&c->s, "%s is %s%s now, by %s%s%s", s->name,
               s->role != LOQUAT__V1__ROLE__ROLE_NONE ? cli_role_word(s->role)
                                                      : "a guest",
               s->muted ? ", muted," : "", s->by, *s->reason ? ": " : "",
               s->reason);
}

static void
hear_room_changed(struct chat *c, const Envelope *e)
{
    const Loquat__V1__RoomChanged *r = e->room_changed;
    const struct chat_room *room = chat_find_number(c, r->room);

    cli_notice(&c->s, "%s of %s is %s now, by %s", r->setting,
               room != NULL ? room->target : "a room",
               *r->value ? r->value : "nothing", r->by);
    if (strcmp(r->setting, "name") == 0)
        chat_rename(c, r->room, r->value);
}

void
chat_rights_hear(struct chat *c, const Envelope *e)
{
    static void (*const hearers[])(struct chat *c, const Envelope *e) = {
        [ENVELOPE_BODY(WELCOME)] = hear_welcome,
        [ENVELOPE_BODY(GROUP)] = hear_group,
        [ENVELOPE_BODY(DEVICES)] = hear_devices,
        [ENVELOPE_BODY(BANS)] = hear_bans,
        [ENVELOPE_BODY(MEMBERS)] = hear_members,
        [ENVELOPE_BODY(ROOM_INFO)] = hear_room_info,
        [ENVELOPE_BODY(REMOVED)] = hear_removed,
        [ENVELOPE_BODY(INVITED)] = hear_invited,
        [ENVELOPE_BODY(STANDING)] = hear_standing,
        [ENVELOPE_BODY(ROOM_CHANGED)] = hear_room_changed,
    };
    size_t which = (size_t)e->body_case;

    if (which < sizeof hearers / sizeof hearers[0] && hearers[which] != NULL)
        hearers[which](c, e);
}
