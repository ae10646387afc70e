/* SPDX-License-Identifier: MIT */
#include "dialect/line/line_account.h"
#include "dialect/line/line_door.h"
#include "dialect/line/line_prompt.h"
#include "dialect/line/line_slash.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

static const struct str nothing = {NULL, 0};

bool
line_account_is_given_away(struct conn *c, struct str typed,
                           const char *advice)
{
    if (typed.n > 0)
        line_say(c, "Leave the password out: you are asked for it. If that "
                 "was it, choose another one.%s", advice);
    return typed.n > 0;
}

static bool
is_given_away(struct conn *c, struct str typed)
{
    return line_account_is_given_away(c, typed, "");
}

/* What is remembered about somebody's own account. */
static struct line_asked *
about_me(struct conn *c)
{
    struct line_state *st = conn_state(c);

    return line_ask_about(c, str_of(st->name));
}

static struct command *
with_password(enum command_kind kind, struct str name)
{
    return command_new_login(kind, nothing, name, nothing, LOGIN_PASSWORD);
}

/* --- making one --- */

/* False: it needs an invitation that is none, which was said. */
static bool
read_code(struct conn *c, struct str code, const char *advice,
          struct login *login)
{
    enum hub_registration how = conn_config(c)->registration;
    bool good = code.n > 0 &&
                token_read(TOKEN_INVITATION, code, login->code_hash);

    if (how == HUB_CLOSED)
        line_say(c, "%s.%s", deny_text(DENY_REGISTRATION_CLOSED), advice);
    else if (code.n > 0 && !good)
        line_say(c, "%s. A password is asked for, it does not belong there.%s",
                 deny_text(DENY_BAD_INVITATION), advice);
    else if (how == HUB_INVITED && !good)
        line_say(c, "New accounts are made by invitation: type its code behind "
                 "/register.%s", advice);
    else
        return true;
    return false;
}

void
line_account_register(struct conn *c, struct str name, struct str code,
                      const char *advice)
{
    static const struct line_question ask[] = {
        {"A password for \"", "\", at least 8 characters", LINE_INTO_PASSWORD},
        {"The same password again", "", LINE_SAME_PASSWORD},
        {NULL, NULL, LINE_INTO_NOTHING},
    };
    struct command *cmd = with_password(COMMAND_REGISTER, name);
    struct line_asked *asked;

    if (!read_code(c, code, advice, cmd->login)) {
        line_prompt_withhold(c);
        command_free(&cmd);
        return;
    }
    if (!line_door_may_ask(c, advice)) {
        command_free(&cmd);
        return;
    }
    asked = line_ask_about(c, name);
    snprintf(asked->room, sizeof asked->room, "%s", LINE_FIRST_ROOM);
    line_prompt_begin(c, ask, asked, cmd);
}

/* "[CODE]": the name that one has becomes one's own. */
static void
make(struct conn *c, const struct line_args *args)
{
    const struct line_state *st = conn_state(c);

    line_account_register(c, str_of(st->name), args->text, "");
}

/* --- coming and going --- */

static void
login(struct conn *c, const struct line_args *args)
{
    static const struct line_question ask[] = {
        {"The password of \"", "\"", LINE_INTO_PASSWORD_OR_TOKEN},
        {NULL, NULL, LINE_INTO_NOTHING},
    };
    const struct line_state *st = conn_state(c);
    struct str rest = args->text, typed = str_word(&rest);
    struct name name;

    if (is_given_away(c, str_trim(rest)))
        return;
    if (typed.n == 0)
        typed = str_of(st->name);
    if (!line_check_name(c, typed, "", &name))
        line_prompt_withhold(c);
    else if (line_door_may_ask(c, ""))
        line_prompt_begin(c, ask, line_ask_about(c, str_of(name.text)),
                          with_password(COMMAND_LOGIN, str_of(name.text)));
}

static void
logout(struct conn *c, const struct line_args *args)
{
    (void)args;
    line_ask(c, command_new(COMMAND_LOGOUT, nothing, nothing, nothing));
}

static void
passwd(struct conn *c, const struct line_args *args)
{
    static const struct line_question ask[] = {
        {"Your password as it is now", "", LINE_INTO_PASSWORD},
        {"A new password, at least 8 characters", "", LINE_INTO_FRESH},
        {"The new password again", "", LINE_SAME_FRESH},
        {NULL, NULL, LINE_INTO_NOTHING},
    };

    if (is_given_away(c, args->text))
        line_prompt_withhold(c);       /* the new one may be behind it */
    else if (line_door_may_ask(c, ""))
        line_prompt_begin(c, ask, about_me(c),
                          with_password(COMMAND_PASSWORD, nothing));
}

static void
unregister(struct conn *c, const struct line_args *args)
{
    static const struct line_question ask[] = {
        {"The account \"", "\" will be gone for good, and its name nobody's. "
         "Its password", LINE_INTO_PASSWORD},
        {NULL, NULL, LINE_INTO_NOTHING},
    };

    if (is_given_away(c, args->text) || !line_door_may_ask(c, ""))
        return;
    line_prompt_begin(c, ask, about_me(c),
                      with_password(COMMAND_UNREGISTER, nothing));
}

/* --- devices and tokens --- */

static void
devices(struct conn *c, const struct line_args *args)
{
    (void)args;
    line_ask(c, command_new(COMMAND_DEVICES, nothing, nothing, nothing));
}

static void
revoke(struct conn *c, const struct line_args *args)
{
    struct command *cmd;
    unsigned long long number = 0;

    if (!str_eq_nocase(args->word, str_of("all")) &&
        (!str_to_u64(args->word, INT64_MAX, &number) || number == 0)) {
        line_say(c, "\"%.*s\" is no device's number. /devices lists them.",
                 STR_FMT(line_quote(args->word)));
        return;
    }
    cmd = command_new(COMMAND_REVOKE, nothing, nothing, nothing);
    cmd->token = number;
    line_ask_about(c, nothing)->number = number;
    line_ask(c, cmd);
}

/* "read post": words with blanks between; none: 0, the usual. False: no such
 * word. */
static bool
read_scope(struct str rest, uint8_t *ret)
{
    static const struct { const char *word; enum scope scope; } words[] = {
        {"read", SCOPE_READ}, {"post", SCOPE_POST}, {"files", SCOPE_FILES},
        {"manage", SCOPE_MANAGE}, {"all", SCOPE_ALL},
    };
    struct str word;

    *ret = 0;
    while ((word = str_word(&rest)).n > 0) {
        size_t i = 0, n = sizeof words / sizeof words[0];

        while (i < n && !str_eq_nocase(word, str_of(words[i].word)))
            i++;
        if (i == n)
            return false;
        *ret |= words[i].scope;
    }
    return true;
}

static void
ask_token(struct conn *c, struct str device, struct str room, uint8_t scope)
{
    struct command *cmd = command_new_login(COMMAND_TOKEN, room, nothing,
                                            nothing, LOGIN_PASSWORD);
    struct line_asked *asked = line_ask_about(c, device);

    token_make(TOKEN_DEVICE, asked->token, cmd->login->device_hash);
    str_to_z(device, cmd->login->device, sizeof cmd->login->device);
    cmd->login->scope = scope;
    line_ask(c, cmd);
}

/* "NAME [#room] [scope]" */
static void
token(struct conn *c, const struct line_args *args)
{
    struct str rest = args->text, after = rest, word = str_word(&after);
    struct name room = {.text = ""};
    uint8_t scope;

    if (args->word.n == 0 || args->word.n > LOGIN_DEVICE_BYTES) {
        line_slash_usage(c, "token");
        return;
    }
    if (word.n > 0 && word.p[0] == '#') {
        if (!line_read_room(c, word, &room))
            return;
        rest = after;
    }
    if (!read_scope(rest, &scope))
        line_say(c, "What a token may is made of read, post, files, manage.");
    else if (line_door_is_safe(c, ""))
        ask_token(c, args->word, str_of(room.text), scope);
}

const struct line_slash line_accounts[] = {
    {"register", "[CODE]", LINE_TEXT | LINE_OPTIONAL,
     "keep your name: make it an account", make},
    {"login", "[name]", LINE_TEXT | LINE_OPTIONAL, "be who you are", login},
    {"logout", "", 0, "and leave", logout},
    {"passwd", "", LINE_TEXT | LINE_OPTIONAL, "change your password", passwd},
    {"unregister", "", LINE_TEXT | LINE_OPTIONAL, "delete your account",
     unregister},
    {"devices", "", 0, "what may log in as you without a password", devices},
    {"revoke", "number", LINE_WORD, "of them, one no longer; all: none of the "
     "others", revoke},
    {"token", "NAME [#room]", LINE_WORD | LINE_TEXT | LINE_OPTIONAL,
     "for a bot; behind it: read, post, files, manage", token},
    {NULL, NULL, 0, NULL, NULL},
};
