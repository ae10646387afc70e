/* SPDX-License-Identifier: MIT
 *
 * What was asked for is remembered (line_ask_about), the core only says that
 * it is done. */
#include "dialect/line/line_done.h"
#include "dialect/line/line_answers.h"
#include "dialect/line/line_impl.h"
#include "hub/setting.h"

#include <inttypes.h>

/* Words around what it was about and, unless `end` is NULL, its room. */
struct words {
    const char *start, *middle, *end;
};

static void
say_words(struct conn *c, const struct words *w)
{
    const struct line_state *st = conn_state(c);
    const struct line_asked *asked = line_asked(st);

    line_say(c, "%s%s%s%s%s", w->start, asked->about, w->middle,
             w->end ? asked->room : "", w->end ? w->end : "");
}

/* --- those that need more --- */

static void
renamed(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);

    (void)e;
    line_rename(st, str_of(line_asked(st)->about));
    line_say(c, "You are now known as %s.", st->name);
}

static void
away(struct conn *c, const struct event *e)
{
    const struct line_state *st = conn_state(c);

    (void)e;
    line_say(c, line_asked(st)->away
                    ? "You are away. /back when you are here again."
                    : "You are back.");
}

static void
token(struct conn *c, const struct event *e)
{
    const struct line_state *st = conn_state(c);

    line_say(c, "Token %" PRIu64 " for %s, which is shown only now: %s",
             e->token, line_asked(st)->about, line_asked(st)->token);
}

static void
revoked(struct conn *c, const struct event *e)
{
    const struct line_state *st = conn_state(c);
    uint64_t number = line_asked(st)->number;

    (void)e;
    if (number == 0)
        line_say(c, "All others are logged out.");
    else
        line_say(c, "Number %" PRIu64 " is logged out.", number);
}

static void
banned(struct conn *c, const struct event *e)
{
    static const struct words
        ban = {"You have banned ", " from ", "."},
        mute = {"You have muted ", " in ", "."};
    const struct line_state *st = conn_state(c);

    (void)e;
    say_words(c, line_asked(st)->mute ? &mute : &ban);
}

static void
unbanned(struct conn *c, const struct event *e)
{
    static const struct words
        unban = {"", " is no longer banned from ", "."},
        unmute = {"", " may speak again in ", "."};
    const struct line_state *st = conn_state(c);

    (void)e;
    say_words(c, line_asked(st)->mute ? &unmute : &unban);
}

static void
role(struct conn *c, const struct event *e)
{
    static const struct words
        owner = {"", " is the owner of ", " now, and you are a moderator."},
        moderator = {"", " is a moderator of ", " now."},
        member = {"", " is a plain member of ", " now."};
    const struct line_state *st = conn_state(c);

    (void)e;
    if (line_asked(st)->role == ROLE_OWNER)
        say_words(c, &owner);
    else
        say_words(c, line_asked(st)->role == ROLE_MODERATOR ? &moderator
                                                            : &member);
}

static void
set(struct conn *c, const struct event *e)
{
    const struct line_state *st = conn_state(c);
    const struct line_asked *asked = line_asked(st);

    (void)e;
    if (asked->setting == SETTING_DESCRIPTION || asked->setting == 0)
        line_say(c, "You have changed the description of %s.", asked->room);
    else
        line_say(c, "The %s of %s is %s now.", setting_word(asked->setting),
                 asked->room, asked->about);
}

static void
grouped(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);
    struct line_room *room = line_rooms_find(&st->rooms,
                                             conn_receiver(c), e->room_name);

    if (room)
        line_rooms_enter(&st->rooms, conn_receiver(c), room);
    line_say(c, "%s %.*s, your group.", room ? "You are now in"
                                             : "There is now",
             STR_FMT(e->room_name));
}

/* --- all of them --- */

struct done {
    struct words words;
    void (*say)(struct conn *c, const struct event *e);   /* instead */
};

static const struct done dones[] = {
    [COMMAND_RENAME] = {.say = renamed},
    [COMMAND_TOPIC] = {{"You have changed the topic of ", ".", NULL}, NULL},
    [COMMAND_AWAY] = {.say = away},
    [COMMAND_LOGOUT] = {{"You are logged out.", "", NULL}, NULL},
    [COMMAND_PASSWORD] = {{"Your password is changed. Whoever else was logged "
                           "in as ", " no longer is.", NULL}, NULL},
    [COMMAND_UNREGISTER] = {{"The account ", " is gone.", NULL}, NULL},
    [COMMAND_TOKEN] = {.say = token},
    [COMMAND_REVOKE] = {.say = revoked},
    [COMMAND_INVITE] = {{"You have invited ", " to ", "."}, NULL},
    [COMMAND_REMOVE] = {{"You have removed ", " from ", "."}, NULL},
    [COMMAND_BAN] = {.say = banned},
    [COMMAND_UNBAN] = {.say = unbanned},
    [COMMAND_ROLE] = {.say = role},
    [COMMAND_SET] = {.say = set},
    [COMMAND_CLOSE_ROOM] = {{"You have closed ", ".", NULL}, NULL},
    [COMMAND_GROUP] = {.say = grouped},
};

void
line_done(struct conn *c, const struct event *e)
{
    const struct done *d;

    if (e->command >= sizeof dones / sizeof dones[0])
        return;
    d = &dones[e->command];
    if (d->say)
        d->say(c, e);
    else if (d->words.start)
        say_words(c, &d->words);
}
