/* SPDX-License-Identifier: MIT
 *
 * The commands for talking: rooms, people, files. */
#include "dialect/line/line_impl.h"
#include "dialect/line/line_slash.h"

#include <stdio.h>

enum { HISTORY_LINES = 20, FILES_LINES = 20 };

static const struct str nothing = {NULL, 0};

/* --- what several of them need --- */

/* Room names may be typed without their '#'. */
bool
line_read_room(struct conn *c, struct str word, struct name *ret)
{
    char typed[4 * LIMIT_ROOM_BYTES];
    int n;

    if (word.p[0] == '#')
        return line_check_room(c, word, "", ret);
    word = line_cut(word, sizeof typed - 2);
    n = snprintf(typed, sizeof typed, "#%.*s", STR_FMT(word));
    return line_check_room(c, (struct str){typed, (size_t)n}, "", ret);
}

/* The room that was named, or else the current one. False when there is none,
 * which was said then. */
bool
line_room_or_here(struct conn *c, struct str word, struct name *ret)
{
    const struct line_room *here;

    if (word.n > 0)
        return line_read_room(c, word, ret);
    here = line_here(c);
    if (here)
        snprintf(ret->text, sizeof ret->text, "%s", here->name);
    return here != NULL;
}

static void
ask(struct conn *c, enum command_kind kind, struct str target, struct str name,
    struct str text)
{
    line_ask(c, command_new(kind, target, name, text));
}

/* --- rooms --- */

static void
join(struct conn *c, const struct line_args *args)
{
    struct line_state *st = conn_state(c);
    struct line_room *room;
    struct name name;

    if (!line_read_room(c, args->word, &name))
        return;
    room = line_rooms_find(&st->rooms, conn_receiver(c), str_of(name.text));
    if (!room) {
        line_join(c, str_of(name.text));
        return;
    }
    line_rooms_enter(&st->rooms, conn_receiver(c), room);
    line_say(c, "You are now in %s.", room->name);
}

static void
part(struct conn *c, const struct line_args *args)
{
    struct name name;

    if (line_room_or_here(c, args->word, &name))
        ask(c, COMMAND_PART, str_of(name.text), nothing, nothing);
}

static void
topic(struct conn *c, const struct line_args *args)
{
    const struct line_room *here = line_here(c);

    if (!here)
        return;
    if (args->text.n == 0) {
        line_ask_about(c, str_of(here->name))->topic_only = true;
        ask(c, COMMAND_ROOMS, nothing, nothing, nothing);
        return;
    }
    line_ask_about(c, str_of(here->name));
    ask(c, COMMAND_TOPIC, str_of(here->name), nothing, args->text);
}

static void
rooms(struct conn *c, const struct line_args *args)
{
    (void)args;
    ask(c, COMMAND_ROOMS, nothing, nothing, nothing);
}

static void
who(struct conn *c, const struct line_args *args)
{
    const struct line_state *st = conn_state(c);
    struct name name = {.text = ""};    /* everyone */

    if (args->word.n > 0 || st->rooms.current) {
        if (!line_room_or_here(c, args->word, &name))
            return;
    }
    ask(c, COMMAND_WHO, str_of(name.text), nothing, nothing);
}

/* "[n] [#room]", or "@name" for what was said in private. */
static void
history(struct conn *c, const struct line_args *args)
{
    struct str rest = args->text, word = str_word(&rest);
    unsigned long long lines = HISTORY_LINES;
    struct command *cmd;
    struct name name;
    struct str target;

    if (str_to_u64(word, UINT32_MAX, &lines))
        word = str_word(&rest);
    if (str_trim(rest).n > 0 || lines == 0) {
        line_say(c, "Usage: /history [n] [#room]");
        return;
    }
    target = word;
    if (word.n == 0 || word.p[0] != '@') {
        if (!line_room_or_here(c, word, &name))
            return;
        target = str_of(name.text);
    }
    cmd = command_new(COMMAND_HISTORY, target, nothing, nothing);
    cmd->page.mode = PAGE_LATEST;
    cmd->page.limit = lines < LIMIT_PAGE_MESSAGES ? (uint32_t)lines
                                                  : LIMIT_PAGE_MESSAGES;
    line_ask(c, cmd);
}

/* --- files --- */

static void
get(struct conn *c, const struct line_args *args)
{
    line_send_file(c, args->word);
}

static void
set_inline(struct conn *c, bool on)
{
    line_send_inline(c, on);
    line_say(c, on ? "From now on what others share is sent to you here."
                   : "From now on you are told what others share, and can "
                     "/get it.");
}

static void
list_files(struct conn *c, struct str room, unsigned long long n)
{
    struct command *cmd;
    struct name name;

    if (!line_room_or_here(c, room, &name))
        return;
    cmd = command_new(COMMAND_FILES, str_of(name.text), nothing, nothing);
    cmd->page.mode = PAGE_LATEST;
    cmd->page.limit = n < LIMIT_FILES_PAGE ? (uint32_t)n : LIMIT_FILES_PAGE;
    line_ask(c, cmd);
}

/* "[n] [#room]", or how to have them from now on. */
static void
files(struct conn *c, const struct line_args *args)
{
    struct str rest = args->text, word = str_word(&rest);
    unsigned long long n = FILES_LINES;
    bool alone = str_trim(rest).n == 0;

    if (alone && str_eq_nocase(word, str_of("inline"))) {
        set_inline(c, true);
        return;
    }
    if (alone && str_eq_nocase(word, str_of("off"))) {
        set_inline(c, false);
        return;
    }
    if (str_to_u64(word, UINT32_MAX, &n))
        word = str_word(&rest);
    if (str_trim(rest).n > 0 || n == 0)
        line_say(c, "Usage: /files [n] [#room], /files inline, /files off");
    else
        list_files(c, word, n);
}

/* --- people --- */

/* To "@name", or into another room that was joined. */
static void
msg(struct conn *c, const struct line_args *args)
{
    char target[4 * LIMIT_ROOM_BYTES];
    struct str name = line_cut(args->word, sizeof target - 2);
    bool sigil = name.p[0] == '#' || name.p[0] == '@';

    snprintf(target, sizeof target, "%s%.*s", sigil ? "" : "@", STR_FMT(name));
    line_post(c, str_of(target), MESSAGE_TEXT, args->text);
}

static void
me(struct conn *c, const struct line_args *args)
{
    const struct line_room *here = line_here(c);

    if (here)
        line_post(c, str_of(here->name), MESSAGE_ACTION, args->text);
}

static void
nick(struct conn *c, const struct line_args *args)
{
    struct name name;

    if (!line_check_name(c, args->word, "", &name))
        return;
    line_ask_about(c, str_of(name.text));
    ask(c, COMMAND_RENAME, nothing, str_of(name.text), nothing);
}

static void
set_away(struct conn *c, bool is_away, struct str why)
{
    struct command *cmd = command_new(COMMAND_AWAY, nothing, nothing, why);

    cmd->away = is_away;
    line_ask_about(c, nothing)->away = is_away;
    line_ask(c, cmd);
}

static void
away(struct conn *c, const struct line_args *args)
{
    set_away(c, true, args->text);
}

static void
back(struct conn *c, const struct line_args *args)
{
    (void)args;
    set_away(c, false, nothing);
}

static void
quit(struct conn *c, const struct line_args *args)
{
    line_quit(c, args->text);
}

/* --- the table --- */

const struct line_slash line_commands[] = {
    {"help h ?", "", 0, "this list", line_slash_help},
    {"join j", "#room", LINE_WORD, "go to a room; a new one is made", join},
    {"part leave", "[#room]", LINE_WORD | LINE_OPTIONAL,
     "leave this or another room", part},
    {"msg", "name text", LINE_WORD | LINE_TEXT,
     "say something to one person", msg},
    {"me", "text", LINE_TEXT, "say what you do: * alice waves", me},
    {"nick", "name", LINE_WORD, "change your name", nick},
    {"who names", "[#room]", LINE_WORD | LINE_OPTIONAL,
     "who is in this or another room", who},
    {"rooms list", "", 0, "all rooms", rooms},
    {"topic", "[text]", LINE_TEXT | LINE_OPTIONAL,
     "show or change this room's topic", topic},
    {"history", "[n] [#room]", LINE_TEXT | LINE_OPTIONAL,
     "the last n messages; @name: in private", history},
    {"files", "[n] [#room]", LINE_TEXT | LINE_OPTIONAL,
     "what was shared; inline: send it here, off: do not", files},
    {"get", "ID", LINE_WORD, "have a shared file sent here", get},
    {"away", "[text]", LINE_TEXT | LINE_OPTIONAL,
     "tell others that you are away", away},
    {"back", "", 0, "you are here again", back},
    {"quit exit", "[text]", LINE_TEXT | LINE_OPTIONAL, "leave", quit},
    {NULL, NULL, 0, NULL, NULL},
};
