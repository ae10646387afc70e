/* SPDX-License-Identifier: MIT
 *
 * Where guests may come in, the core is asked for the name first, so that it
 * alone decides what is an account's. Where they may not, a password is asked
 * for whatever the name is: who has an account here is nobody's business. */
#include "dialect/line/line_door.h"
#include "base/rand.h"
#include "dialect/line/line_account.h"
#include "dialect/line/line_answers.h"
#include "dialect/line/line_impl.h"
#include "dialect/line/line_prompt.h"

#include <stdio.h>

static const struct str nothing = {NULL, 0};

static const char again[] = " Choose a different name:";

/* --- asking the core --- */

/* A guest's id is below every account's. */
static uint64_t
guest_id(void)
{
    uint64_t id;

    do
        id = rand_u64() >> 2;
    while (id == 0);
    return id;
}

/* What is remembered of somebody who wants to come in. */
static struct line_asked *
about(struct conn *c, struct str name, struct str room)
{
    struct line_asked *asked = line_ask_about(c, name);

    str_to_z(room, asked->room, sizeof asked->room);
    return asked;
}

void
line_door_enter(struct conn *c, struct str name, struct str room,
                struct command *cmd)
{
    struct line_state *st = conn_state(c);

    about(c, name, room);
    cmd->sender_id = guest_id();
    st->phase = LINE_ENTERING;
    line_ask(c, cmd);
}

static void
enter_as_guest(struct conn *c, struct str name, struct str room,
               bool or_similar)
{
    struct command *cmd = command_new(COMMAND_ENTER, nothing, name, nothing);

    cmd->or_similar = or_similar;
    line_door_enter(c, name, room, cmd);
}

bool
line_door_is_safe(struct conn *c, const char *advice)
{
    if (conn_is_secure(c) || conn_config(c)->plain_secrets)
        return true;
    line_say(c, "%s: openssl s_client -quiet -connect HOST:PORT, or loquat.%s",
             deny_text(DENY_INSECURE), advice);
    return false;
}

bool
line_door_may_ask(struct conn *c, const char *advice)
{
    if (line_door_is_safe(c, advice))
        return true;
    line_prompt_withhold(c);
    return false;
}

static void
ask_password(struct conn *c, struct str name, struct str room)
{
    static const struct line_question known[] = {
        {"Name \"", "\" belongs to an account. Password",
         LINE_INTO_PASSWORD_OR_TOKEN},
        {NULL, NULL, LINE_INTO_NOTHING},
    };
    static const struct line_question any[] = {
        {"The password of \"", "\"", LINE_INTO_PASSWORD_OR_TOKEN},
        {NULL, NULL, LINE_INTO_NOTHING},
    };
    struct command *cmd;

    if (!line_door_may_ask(c, again))
        return;
    cmd = command_new_login(COMMAND_ENTER, nothing, name, nothing,
                            LOGIN_PASSWORD);
    cmd->sender_id = guest_id();
    line_prompt_begin(c, conn_config(c)->guests ? known : any,
                      about(c, name, room), cmd);
}

/* --- lines --- */

/* Takes a last word that starts with '#' off "NAME #ROOM". */
static struct str
take_room(struct str *line)
{
    size_t at = line->n;
    struct str room;

    while (at > 0 && line->p[at - 1] != ' ' && line->p[at - 1] != '\t')
        at--;
    if (at == 0 || line->p[at] != '#')
        return nothing;
    room = (struct str){line->p + at, line->n - at};
    *line = str_trim((struct str){line->p, at});
    return room;
}

/* "NAME [#ROOM]"; false: there can be none of these, which was said. */
static bool
read_name(struct conn *c, struct str line, struct name *wanted,
          struct name *room)
{
    struct str typed = take_room(&line);

    *room = (struct name){.text = LINE_FIRST_ROOM};
    return (typed.n == 0 ||
            line_check_room(c, typed, " What's your name?", room)) &&
           line_check_name(c, line, again, wanted);
}

static void
take_name(struct conn *c, struct str line, bool guest)
{
    struct name room, wanted;
    struct str first;

    if (!read_name(c, line, &wanted, &room)) {
        if (!guest)
            line_prompt_withhold(c);
        return;
    }
    first = str_of(room.text);
    if (guest)
        enter_as_guest(c, str_of(wanted.text), first, false);
    else
        ask_password(c, str_of(wanted.text), first);
}

/* "/login ada [#ops]" */
static void
take_login(struct conn *c, struct str line)
{
    struct str rest = line;

    take_room(&rest);
    str_word(&rest);
    if (!line_account_is_given_away(c, str_trim(rest), again))
        take_name(c, line, false);
}

/* "/register bob [CODE]" */
static void
take_registration(struct conn *c, struct str rest)
{
    struct str typed = str_word(&rest);
    struct name name;

    if (typed.n == 0)
        line_say(c, "Type /register and the name that you want. "
                 "What's your name?");
    else if (line_check_name(c, typed, again, &name))
        line_account_register(c, str_of(name.text), str_trim(rest), again);
    else
        line_prompt_withhold(c);
}

void
line_door_take(struct conn *c, struct str line)
{
    struct str rest = str_trim(line), word = str_word(&rest);

    if (word.n == 0)
        line_say(c, "Please enter a non-empty name:");
    else if (str_eq_nocase(word, str_of("/register")))
        take_registration(c, rest);
    else if (str_eq_nocase(word, str_of("/login")) && str_trim(rest).n > 0)
        take_login(c, str_trim(rest));
    else
        take_name(c, str_trim(line), conn_config(c)->guests);
}

/* --- the core's answers --- */

void
line_door_welcome(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);

    st->phase = LINE_CHATTING;
    line_say(c, "Welcome, %.*s! You can now chat. Type messages and press "
             "Enter.", STR_FMT(e->name));
    line_join(c, str_of(line_asked(st)->room));
}

static void
say_wrong(struct conn *c)
{
    line_say(c, "Wrong password%s. What's your name?",
             conn_config(c)->guests ? "" : ", or there is no such account");
}

/* Asks again; who was never asked for a name can do nothing about it. */
void
line_door_denied(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);
    const struct line_asked asked = *line_asked(st);

    if (conn_config(c)->names == LINE_NAMES_ADDRESS &&
        conn_config(c)->guests) {
        line_say_denied(c, e, "");
        line_end(c, "could not enter", false);
        return;
    }
    st->phase = LINE_NAMING;
    if (e->deny == DENY_NAME_TAKEN)
        line_say(c, "Name \"%s\" is already taken.%s", asked.about, again);
    else if (e->deny == DENY_NAME_REGISTERED && e->command == COMMAND_ENTER)
        ask_password(c, str_of(asked.about), str_of(asked.room));
    else if (e->deny == DENY_BAD_CREDENTIALS)
        say_wrong(c);
    else
        line_say_denied(c, e, again);
}

/* --- the beginning --- */

/* Where guests may not come in. */
static void
say_accounts_only(struct conn *c)
{
    static const char *const how[] = {
        [HUB_OPEN] = " /register NAME makes you one.",
        [HUB_INVITED] = (" /register NAME CODE makes you one, if you were "
                         "invited."),
        [HUB_CLOSED] = "",
    };

    line_say(c, "%s.%s", deny_text(DENY_NO_GUESTS),
             how[conn_config(c)->registration]);
}

void
line_door_open(struct conn *c)
{
    if (conn_config(c)->names == LINE_NAMES_ADDRESS &&
        conn_config(c)->guests) {
        enter_as_guest(c, str_of(conn_address(c)), str_of(LINE_FIRST_ROOM),
                       true);
        return;
    }
    line_say(c, "Hi! Welcome to %s. What's your name?",
             conn_config(c)->server_name);
    if (!conn_config(c)->guests)
        say_accounts_only(c);
}
