/* SPDX-License-Identifier: MIT
 *
 * Who may do what in a room. Most of these are about a person, and about the
 * current room unless another one is named:
 *
 *   /ban name|address [#room] [time] [why] */
#include "base/clock.h"
#include "base/duration.h"
#include "base/rand.h"
#include "dialect/line/line_impl.h"
#include "dialect/line/line_prompt.h"
#include "dialect/line/line_slash.h"
#include "hub/setting.h"

#include <inttypes.h>
#include <stdio.h>

static const struct str nothing = {NULL, 0};

/* --- whom and where --- */

struct subject {
    struct str who;
    struct name room;
    struct str rest;
};

/* False: there is no such room, or none at all; that was said. */
static bool
read_subject(struct conn *c, const struct line_args *args,
             struct subject *ret)
{
    struct str rest = args->text, word = str_word(&rest);

    ret->who = args->word;
    if (ret->who.n > 1 && ret->who.p[0] == '@')
        ret->who = (struct str){ret->who.p + 1, ret->who.n - 1};
    if (word.n > 0 && word.p[0] == '#') {
        ret->rest = str_trim(rest);
        return line_read_room(c, word, &ret->room);
    }
    ret->rest = args->text;
    return line_room_or_here(c, nothing, &ret->room);
}

static struct line_asked *
remember(struct conn *c, const struct subject *s)
{
    struct line_asked *asked = line_ask_about(c, s->who);

    snprintf(asked->room, sizeof asked->room, "%s", s->room.text);
    return asked;
}

static struct command *
about(enum command_kind kind, const struct subject *s, struct str text)
{
    return command_new(kind, str_of(s->room.text), s->who, text);
}

/* What needs nobody but a name takes nothing behind it. */
static bool
read_person(struct conn *c, const struct line_args *args, const char *command,
            struct subject *ret)
{
    if (args->word.n == 0)
        line_slash_usage(c, command);
    else if (!read_subject(c, args, ret))
        return false;
    else if (ret->rest.n > 0)
        line_slash_usage(c, command);
    else
        return true;
    return false;
}

static void
ask_about(struct conn *c, enum command_kind kind,
          const struct line_args *args, const char *command)
{
    struct subject s;

    if (!read_person(c, args, command, &s))
        return;
    remember(c, &s);
    line_ask(c, about(kind, &s, nothing));
}

/* --- people --- */

static void
invite(struct conn *c, const struct line_args *args)
{
    ask_about(c, COMMAND_INVITE, args, "invite");
}

static void
kick(struct conn *c, const struct line_args *args)
{
    struct subject s;

    if (args->word.n == 0) {
        line_slash_usage(c, "kick");
        return;
    }
    if (!read_subject(c, args, &s))
        return;
    remember(c, &s);
    line_ask(c, about(COMMAND_REMOVE, &s, s.rest));
}

static void
restrict_one(struct conn *c, const struct line_args *args, bool mute)
{
    struct str after, word;
    struct command *cmd;
    struct subject s;
    int64_t ms = 0;

    if (args->word.n == 0) {
        line_slash_usage(c, mute ? "mute" : "ban");
        return;
    }
    if (!read_subject(c, args, &s))
        return;
    after = s.rest;
    word = str_word(&after);
    if (duration_read(word, &ms))
        s.rest = str_trim(after);
    remember(c, &s)->mute = mute;
    cmd = about(COMMAND_BAN, &s, s.rest);
    cmd->mute = mute;
    cmd->until_ms = ms > 0 ? clock_wall_ms() + ms : 0;
    line_ask(c, cmd);
}

static void
ban(struct conn *c, const struct line_args *args)
{
    restrict_one(c, args, false);
}

static void
mute(struct conn *c, const struct line_args *args)
{
    restrict_one(c, args, true);
}

static void
release_one(struct conn *c, const struct line_args *args, bool mute,
            const char *command)
{
    struct command *cmd;
    struct subject s;

    if (!read_person(c, args, command, &s))
        return;
    remember(c, &s)->mute = mute;
    cmd = about(COMMAND_UNBAN, &s, nothing);
    cmd->mute = mute;
    line_ask(c, cmd);
}

static void
unban(struct conn *c, const struct line_args *args)
{
    release_one(c, args, false, "unban");
}

static void
unmute(struct conn *c, const struct line_args *args)
{
    release_one(c, args, true, "unmute");
}

static void
set_role(struct conn *c, const struct line_args *args, enum room_role role,
         const char *command)
{
    struct command *cmd;
    struct subject s;

    if (!read_person(c, args, command, &s))
        return;
    remember(c, &s)->role = role;
    cmd = about(COMMAND_ROLE, &s, nothing);
    cmd->role = role;
    line_ask(c, cmd);
}

static void
op(struct conn *c, const struct line_args *args)
{
    set_role(c, args, ROLE_MODERATOR, "op");
}

static void
deop(struct conn *c, const struct line_args *args)
{
    set_role(c, args, ROLE_MEMBER, "deop");
}

static void
owner(struct conn *c, const struct line_args *args)
{
    static const struct line_question ask[] = {
        {"The room will be theirs, and you can not take it back. Type \"",
         "\" again to give it away", LINE_SAME_NAME},
        {NULL, NULL, LINE_INTO_NOTHING},
    };
    struct line_asked *asked;
    struct command *cmd;
    struct subject s;

    if (!read_person(c, args, "owner", &s))
        return;
    cmd = about(COMMAND_ROLE, &s, nothing);
    cmd->role = ROLE_OWNER;
    asked = remember(c, &s);
    asked->role = ROLE_OWNER;
    line_prompt_begin(c, ask, asked, cmd);
}

/* --- rooms --- */

static void
ask_room(struct conn *c, const struct line_args *args, enum command_kind kind)
{
    struct name name;

    if (line_room_or_here(c, args->word, &name))
        line_ask(c, command_new(kind, str_of(name.text), nothing, nothing));
}

static void
room(struct conn *c, const struct line_args *args)
{
    ask_room(c, args, COMMAND_ROOM);
}

static void
members(struct conn *c, const struct line_args *args)
{
    ask_room(c, args, COMMAND_MEMBERS);
}

static void
bans(struct conn *c, const struct line_args *args)
{
    ask_room(c, args, COMMAND_BANS);
}

/* "setting value" of the current room */
static void
set(struct conn *c, const struct line_args *args)
{
    const struct line_room *here;
    struct line_asked *asked;
    struct command *cmd;
    enum setting setting;

    if (!setting_find(args->word, &setting)) {
        line_say(c, "Settings are: privacy (public, private, hidden), history "
                 "(all, joined), slow (10s, off), keep (30d, 1000, forever), "
                 "name, description. /room shows them.");
        return;
    }
    here = line_here(c);
    if (!here)
        return;
    asked = line_ask_about(c, args->text);
    snprintf(asked->room, sizeof asked->room, "%s", here->name);
    asked->setting = setting;
    cmd = command_new(COMMAND_SET, str_of(here->name), nothing, args->text);
    cmd->setting = setting;
    line_ask(c, cmd);
}

static void
close_room(struct conn *c, const struct line_args *args)
{
    static const struct line_question ask[] = {
        {"Everyone will be removed from it, and what was said there is gone. "
         "Type \"", "\" again to close it", LINE_SAME_NAME},
        {NULL, NULL, LINE_INTO_NOTHING},
    };
    struct name name;

    if (line_read_room(c, args->word, &name))
        line_prompt_begin(c, ask, line_ask_about(c, str_of(name.text)),
                          command_new(COMMAND_CLOSE_ROOM, str_of(name.text),
                                      nothing, nothing));
}

/* Its name is one that nobody can guess. */
static void
group(struct conn *c, const struct line_args *args)
{
    char name[LIMIT_ROOM_BYTES];

    snprintf(name, sizeof name, "#group-%016" PRIx64, rand_u64());
    line_ask(c, command_new(COMMAND_GROUP, nothing, str_of(name),
                            args->text));
}

enum { PERSON = LINE_WORD | LINE_TEXT | LINE_OPTIONAL };

const struct line_slash line_manages[] = {
    {"room", "[#room]", LINE_WORD | LINE_OPTIONAL,
     "what this or another room is", room},
    {"members", "[#room]", LINE_WORD | LINE_OPTIONAL,
     "the accounts that belong to it", members},
    {"invite", "name [#room]", PERSON, "let somebody into a private room",
     invite},
    {"group", "names", LINE_TEXT, "a hidden room for you and them", group},
    {"kick", "name [why]", PERSON, "remove somebody from this room", kick},
    {"ban", "name [10m] [why]", PERSON,
     "and keep them out; an address range will do", ban},
    {"unban", "name", PERSON, "let them in again", unban},
    {"bans", "[#room]", LINE_WORD | LINE_OPTIONAL,
     "who is banned or muted here", bans},
    {"mute", "name [why]", PERSON,
     "let somebody read only; a time works too", mute},
    {"unmute", "name", PERSON, "let them speak again", unmute},
    {"op mod", "name", PERSON, "make somebody a moderator", op},
    {"deop", "name", PERSON, "and a plain member again", deop},
    {"owner", "name", PERSON, "give this room away", owner},
    {"set", "setting value", PERSON, "change this room; alone: what there is",
     set},
    {"close", "#room", LINE_WORD, "end a room for good", close_room},
    {NULL, NULL, 0, NULL, NULL},
};
