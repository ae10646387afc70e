/* SPDX-License-Identifier: MIT
 *
 * What is open lies in the state's `asked`, together with the command that it
 * is for; secrets are in that command's login alone. */
#include "dialect/line/line_prompt.h"

#include <sodium.h>
#include <stdio.h>

bool
line_prompt_is_on(const struct line_state *st)
{
    return st->asked && st->asked->question;
}

bool
line_prompt_is_secret(const struct line_state *st)
{
    return line_prompt_is_on(st) &&
           st->asked->question->into != LINE_SAME_NAME;
}

void
line_prompt_silence(struct conn *c)
{
    struct line_state *st = conn_state(c);
    bool silenced = line_prompt_is_secret(st);
    struct str s = str_of(silenced ? LINE_WIRE_ECHO_ON : LINE_WIRE_ECHO_OFF);

    if (!st->telnet || silenced == st->silenced)
        return;
    conn_send_bytes(c, s.p, s.n);
    st->silenced = silenced;
}

static void
ask(struct conn *c)
{
    struct line_state *st = conn_state(c);
    const struct line_question *q = st->asked->question;
    struct line_out o;

    line_out_init(&o);
    line_out_add(&o, "%s%s%s%s:", q->before,
                 q->after[0] != '\0' ? st->asked->about : "", q->after,
                 line_prompt_is_secret(st) && !st->telnet
                     ? " (it will be shown as you type)" : "");
    line_out_end(&o);
    line_out_send(&o, c);
    line_prompt_silence(c);    /* behind it: telnet without an echo takes a
                                  newline for less than one */
}

void
line_prompt_begin(struct conn *c, const struct line_question *first,
                  struct line_asked *asked, struct command *cmd)
{
    asked->question = first;
    asked->command = cmd;
    ask(c);
}

/* --- what was not asked for --- */

void
line_prompt_withhold(struct conn *c)
{
    struct line_state *st = conn_state(c);

    st->unasked = true;
    conn_timer(c, LINE_PROMPT_MOMENT_MS);
}

void
line_prompt_relent(struct conn *c)
{
    struct line_state *st = conn_state(c);

    if (st->unasked && conn_held(c))
        line_prompt_withhold(c);
    else
        st->unasked = false;
}

bool
line_prompt_ends_with(struct conn *c, struct str text)
{
    const struct line_state *st = conn_state(c);

    if (!st->unasked || text.n == 0)
        return false;
    line_say(c, "That came before you can have read this. It may be a "
             "password, so it goes nowhere, and this connection ends.");
    line_end(c, "spoke unasked", false);
    return true;
}

/* --- the end of it --- */

static void
send(struct conn *c)
{
    struct line_state *st = conn_state(c);
    struct line_asked *asked = st->asked;
    struct command *cmd = asked->command;

    asked->question = NULL;
    asked->command = NULL;
    line_prompt_silence(c);
    if (st->phase == LINE_NAMING)
        st->phase = LINE_ENTERING;
    line_ask(c, cmd);
}

/* The answers to the other questions may be on their way. */
static void
give_up(struct conn *c, const char *why)
{
    struct line_state *st = conn_state(c);
    bool was_last = st->asked->question[1].into == LINE_INTO_NOTHING;

    st->asked->question = NULL;
    command_free(&st->asked->command);
    line_prompt_silence(c);
    line_say(c, "%s%s", why, st->phase == LINE_NAMING
                                 ? "Choose a different name:"
                                 : "Nothing was changed.");
    if (!was_last)
        line_prompt_withhold(c);
}

/* --- answers --- */

/* The longest password and its NUL fit. */
static bool
copy_secret(struct str line, char out[LOGIN_PASSWORD_BYTES])
{
    if (line.n >= LOGIN_PASSWORD_BYTES)
        return false;
    str_to_z(line, out, LOGIN_PASSWORD_BYTES);
    return true;
}

static bool
take_token(struct str line, struct login *login)
{
    if (!token_read(TOKEN_DEVICE, line, login->token_hash))
        return false;
    login->kind = LOGIN_TOKEN;
    return true;
}

static bool
is_same(struct str line, const char *secret)
{
    return line.n == strlen(secret) &&
           sodium_memcmp(line.p, secret, line.n) == 0;
}

static bool
is_about(struct str line, const struct line_asked *asked)
{
    line = str_trim(line);
    if (line.n > 0 && line.p[0] == '@')
        line = (struct str){line.p + 1, line.n - 1};
    return str_eq_nocase(line, str_of(asked->about));
}

/* NULL: it is right. */
static const char *
take(struct line_asked *asked, struct str line)
{
    struct login *login = asked->command->login;
    const char *too_long = "A password has at most 255 bytes. ";
    const char *differs = "That was not the same. ";

    switch (asked->question->into) {
    case LINE_INTO_PASSWORD_OR_TOKEN:
        if (take_token(line, login))
            return NULL;
        return copy_secret(line, login->password) ? NULL : too_long;
    case LINE_INTO_PASSWORD:
        return copy_secret(line, login->password) ? NULL : too_long;
    case LINE_INTO_FRESH:
        return copy_secret(line, login->fresh) ? NULL : too_long;
    case LINE_SAME_PASSWORD:
        return is_same(line, login->password) ? NULL : differs;
    case LINE_SAME_FRESH:
        return is_same(line, login->fresh) ? NULL : differs;
    case LINE_SAME_NAME:
        return is_about(line, asked) ? NULL : differs;
    case LINE_INTO_NOTHING:
        break;
    }
    return NULL;
}

void
line_prompt_take(struct conn *c, struct str line)
{
    struct line_state *st = conn_state(c);
    struct line_asked *asked = st->asked;
    const char *wrong = "";

    if (line.n > 0)
        wrong = take(asked, line);
    if (wrong) {
        give_up(c, wrong);
    } else if (asked->question[1].into == LINE_INTO_NOTHING) {
        send(c);
    } else {
        asked->question++;
        ask(c);
    }
}

void
line_prompt_too_long(struct conn *c)
{
    give_up(c, "That line is too long. ");
}
