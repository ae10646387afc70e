/* SPDX-License-Identifier: MIT
 *
 * The table, and its readers: the parser and the help. Parsing has two steps,
 * since options may stand before the command that says whether they fit: all
 * are read, then checked. */
#include "client/cli/cli_options.h"

#include "base/duration.h"
#include "base/limits.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { ATTEMPTS = 10, COUNT_MAX = 1000000000 };

enum option_kind {
    OPTION_FLAG,               /* a bool */
    OPTION_TEXT,               /* a const char * */
    OPTION_COUNT,              /* an unsigned, and the bool behind it */
    OPTION_COLOR,
    OPTION_TIME,               /* an int64_t, in milliseconds */
    OPTION_SET,
    OPTION_BEFORE, OPTION_AFTER, OPTION_AROUND,
};

struct option {
    char letter;               /* 0 = none */
    const char *name, *value;  /* value: what it is called; NULL = a flag */
    enum option_kind kind;
    size_t offset;
    unsigned which;            /* commands */
    const char *help;
};

#define AT(field) offsetof(struct cli_options, field)

static const struct option options[] = {
    {0, "lines", NULL, OPTION_FLAG, AT(lines), CLI_SEND,
     "every line of the standard input is a message"},
    {'n', "count", "N", OPTION_COUNT, AT(count),
     CLI_TAIL | CLI_HISTORY | CLI_FILES,
     "so many (tail 10, history and files 50)"},
    {'f', "follow", NULL, OPTION_FLAG, AT(follow), CLI_TAIL,
     "go on with what is said from now on"},
    {0, "before", "SEQ", OPTION_BEFORE, 0, CLI_HISTORY,
     "the last ones before that number"},
    {0, "after", "SEQ", OPTION_AFTER, 0, CLI_HISTORY,
     "the first ones after that number"},
    {0, "around", "SEQ", OPTION_AROUND, 0, CLI_HISTORY,
     "that one and its neighbours"},
    {0, "room", "#ROOM", OPTION_TEXT, AT(room), CLI_CHAT | CLI_PUT,
     "the room to enter, or to share a file in (#lobby)"},
    {0, "room", "#ROOM", OPTION_TEXT, AT(room), CLI_ABOUT | CLI_TOKEN,
     "the room that it is about; token: good only there"},
    {0, "for", "TIME", OPTION_TIME, AT(for_ms), CLI_BAN | CLI_MUTE,
     "how long, as 30m, 12h or 7d (for ever)"},
    {0, "expires", "TIME", OPTION_TIME, AT(for_ms), CLI_TOKEN,
     "void after that time, as 12h or 30d (never)"},
    {0, "scope", "WORDS", OPTION_TEXT, AT(scope), CLI_TOKEN,
     "of read post files manage (but the last)"},
    {0, "set", "KEY=VALUE", OPTION_SET, 0, CLI_ROOM,
     "privacy history slow keep name description"},
    {0, "device", "NAME", OPTION_TEXT, AT(device), CLI_LOGIN | CLI_REGISTER,
     "what this machine is called (its host name)"},
    {0, "invitation-file", "FILE", OPTION_TEXT, AT(invitation_file),
     CLI_REGISTER, "the code of an invitation (- = standard input)"},
    {0, "password-file", "FILE", OPTION_TEXT, AT(password_file),
     CLI_SECRETS | CLI_CHAT, "its first line; passwd: the old, then the new"},
    {0, "token-file", "FILE", OPTION_TEXT, AT(token_file),
     CLI_ALL & ~(CLI_LOGIN | CLI_REGISTER),
     "be who the token in it is for (LOQUAT_TOKEN)"},
    {0, "guest", NULL, OPTION_FLAG, AT(guest),
     CLI_CHAT | CLI_SEND | CLI_TAIL | CLI_HISTORY | CLI_ROOMS | CLI_WHO |
         CLI_PUT | CLI_GET | CLI_FILES, "although you are logged in"},
    {0, "name", "NAME", OPTION_TEXT, AT(name), CLI_PUT,
     "what the file is to be called there"},
    {'o', "output", "PATH", OPTION_TEXT, AT(output), CLI_GET,
     "a file's path, a folder, - = standard output"},
    {0, "rename", NULL, OPTION_FLAG, AT(rename), CLI_GET,
     "taken names become \"name (1).ext\" (the default)"},
    {0, "overwrite", NULL, OPTION_FLAG, AT(overwrite), CLI_GET,
     "taken names are written over"},
    {0, "resume", NULL, OPTION_FLAG, AT(resume), CLI_GET,
     "what has the name is the file's beginning"},
    {0, "tar", NULL, OPTION_FLAG, AT(tar), CLI_PUT | CLI_GET,
     "put: send a folder as a tar archive; get: unpack one"},
    {0, "server", "HOST[:PORT]", OPTION_TEXT, AT(server), CLI_ALL,
     "the server (LOQUAT_SERVER; localhost:4000)"},
    {0, "plain", NULL, OPTION_FLAG, AT(plain), CLI_ALL,
     "no TLS: others can listen, and change what is said"},
    {0, "fingerprint", "SHA256", OPTION_TEXT, AT(fingerprint), CLI_ALL,
     "the server's certificate (LOQUAT_FINGERPRINT)"},
    {0, "forget", NULL, OPTION_FLAG, AT(forget), CLI_TRUST,
     "trust: the server is unknown again"},
    {0, "name", "NAME", OPTION_TEXT, AT(name), CLI_CHAT | CLI_SEND,
     "your name (LOQUAT_NAME; else like your login)"},
    {0, "json", NULL, OPTION_FLAG, AT(json), CLI_ALL,
     "one JSON object per line"},
    {0, "color", "WHEN", OPTION_COLOR, AT(color), CLI_ALL,
     "auto, always or never"},
    {'q', "quiet", NULL, OPTION_FLAG, AT(quiet), CLI_ALL,
     "no notices, only errors"},
    {'v', "verbose", NULL, OPTION_FLAG, AT(verbose), CLI_ALL,
     "more notices"},
    {'h', "help", NULL, OPTION_FLAG, AT(help), CLI_ALL, "this help"},
    {'V', "version", NULL, OPTION_FLAG, AT(version), CLI_ALL,
     "the version"},
};

enum { OPTIONS = sizeof options / sizeof options[0] };

static const struct option *
find_name(struct str name)
{
    for (int i = 0; i < OPTIONS; i++) {
        if (str_eq(str_of(options[i].name), name))
            return &options[i];
    }
    return NULL;
}

static const struct option *
find_letter(char letter)
{
    for (int i = 0; i < OPTIONS; i++) {
        if (options[i].letter == letter)
            return &options[i];
    }
    return NULL;
}

/* ---- Values ---- */

static void *
field(struct cli_options *o, const struct option *opt)
{
    return (char *)o + opt->offset;
}

static int
set_count(struct cli_options *o, const struct option *opt, const char *value,
          struct err *e)
{
    unsigned long long n;

    if (!str_to_u64(str_of(value), COUNT_MAX, &n))
        return err_set(e, EINVAL, "--%s needs a number, not \"%s\"", opt->name,
                       value);
    o->count = (unsigned)n;
    o->count_given = true;
    return 0;
}

static int
set_color(struct cli_options *o, const char *value, struct err *e)
{
    static const char *const words[] = {"auto", "always", "never"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(value, words[i]) == 0) {
            o->color = (enum cli_color)i;
            return 0;
        }
    }
    return err_set(e, EINVAL,
                   "--color is auto, always or never, not \"%s\"", value);
}

static int
set_time(struct cli_options *o, const struct option *opt, const char *value,
         struct err *e)
{
    if (!duration_read(str_of(value), field(o, opt)))
        return err_set(e, EINVAL, "--%s needs a time such as 30m, 12h or 7d, "
                       "not \"%s\"", opt->name, value);
    return 0;
}

static int
add_set(struct cli_options *o, const char *value, struct err *e)
{
    const char *equals = strchr(value, '=');

    if (equals == NULL || equals == value)
        return err_set(e, EINVAL, "--set needs KEY=VALUE, not \"%s\"", value);
    if (o->sets_n == CLI_SETS_MAX)
        return err_set(e, EINVAL, "too many --set at a time");
    o->sets[o->sets_n++] = value;
    return 0;
}

static int
set_page(struct cli_options *o, const struct option *opt, const char *value,
         struct err *e)
{
    static const Loquat__V1__PageMode modes[] = {
        [OPTION_BEFORE] = LOQUAT__V1__PAGE_MODE__PAGE_MODE_BEFORE,
        [OPTION_AFTER] = LOQUAT__V1__PAGE_MODE__PAGE_MODE_AFTER,
        [OPTION_AROUND] = LOQUAT__V1__PAGE_MODE__PAGE_MODE_AROUND,
    };
    unsigned long long seq;

    if (o->mode != LOQUAT__V1__PAGE_MODE__PAGE_MODE_LATEST)
        return err_set(e, EINVAL,
                       "only one of --before, --after and --around");
    if (!str_to_u64(str_of(value), INT64_MAX, &seq))
        return err_set(e, EINVAL, "--%s needs a message's number, not \"%s\"",
                       opt->name, value);
    o->mode = modes[opt->kind];
    o->seq = seq;
    return 0;
}

static int
set_option(struct cli_options *o, const struct option *opt, const char *value,
           struct err *e)
{
    switch (opt->kind) {
    case OPTION_FLAG:
        *(bool *)field(o, opt) = true;
        return 0;
    case OPTION_TEXT:
        *(const char **)field(o, opt) = value;
        return 0;
    case OPTION_COUNT:
        return set_count(o, opt, value, e);
    case OPTION_COLOR:
        return set_color(o, value, e);
    case OPTION_TIME:
        return set_time(o, opt, value, e);
    case OPTION_SET:
        return add_set(o, value, e);
    case OPTION_BEFORE:
    case OPTION_AFTER:
    case OPTION_AROUND:
        return set_page(o, opt, value, e);
    }
    must(!"an option's kind");
    return 0;
}

/* ---- Words ---- */

struct parser {
    struct cli_options *o;
    char **argv;
    int argc, at;              /* the word being read */
    bool given[OPTIONS];
    struct err *e;
};

/* value: what stands behind '=' or the letter, NULL = nothing does. */
static int
take_option(struct parser *p, const struct option *opt, const char *value)
{
    if (opt->value == NULL && value != NULL)
        return err_set(p->e, EINVAL, "--%s takes no value", opt->name);
    if (opt->value != NULL && value == NULL) {
        if (p->at + 1 >= p->argc)
            return err_set(p->e, EINVAL, "--%s needs a value: %s", opt->name,
                           opt->value);
        value = p->argv[++p->at];
    }
    p->given[opt - options] = true;
    return set_option(p->o, opt, value, p->e);
}

static int
take_long(struct parser *p, const char *word)
{
    const char *value = strchr(word, '=');
    size_t n = value ? (size_t)(value - word) : strlen(word);
    const struct option *opt = find_name((struct str){word, n});

    if (opt == NULL)
        return err_set(p->e, EINVAL, "there is no option --%.*s", (int)n,
                       word);
    return take_option(p, opt, value ? value + 1 : NULL);
}

/* "-qf", "-n5", "-n 5". */
static int
take_letters(struct parser *p, const char *letters)
{
    int r = 0;

    for (; *letters != '\0' && r == 0; letters++) {
        const struct option *opt = find_letter(*letters);

        if (opt == NULL)
            return err_set(p->e, EINVAL, "there is no option -%c", *letters);
        if (opt->value != NULL)
            return take_option(p, opt, letters[1] ? letters + 1 : NULL);
        r = take_option(p, opt, NULL);
    }
    return r;
}

/* Options go into p->o, other words to the front of argv. */
static int
take_words(struct parser *p)
{
    struct cli_options *o = p->o;
    bool only_words = false;
    int r = 0;

    o->args = p->argv + 1;
    for (p->at = 1; p->at < p->argc && r == 0; p->at++) {
        char *word = p->argv[p->at];

        if (only_words || word[0] != '-' || word[1] == '\0')
            o->args[o->args_n++] = word;
        else if (strcmp(word, "--") == 0)
            only_words = true;
        else if (word[1] == '-')
            r = take_long(p, word + 2);
        else
            r = take_letters(p, word + 1);
    }
    return r;
}

static void
find_command(struct cli_options *o, const struct cli_command *commands)
{
    const struct cli_command *c = commands;

    while (c->word != NULL &&
           (o->args_n == 0 || strcmp(o->args[0], c->word) != 0))
        c++;
    o->command = c;
    if (c->word != NULL) {
        o->args++;
        o->args_n--;
    }
}

/* One that is there twice, with another meaning, goes with both. */
static bool
goes_with(const struct option *opt, const struct cli_command *c)
{
    for (int i = 0; i < OPTIONS; i++) {
        if (strcmp(options[i].name, opt->name) == 0 &&
            (options[i].which & c->which))
            return true;
    }
    return false;
}

static int
check_fit(const struct parser *p)
{
    const struct cli_command *c = p->o->command;
    const char *word = c->word ? c->word : "the chat";

    for (int i = 0; i < OPTIONS; i++) {
        if (p->given[i] && !goes_with(&options[i], c))
            return err_set(p->e, EINVAL, "--%s does not go with %s",
                           options[i].name, word);
    }
    if (p->o->help || p->o->version)
        return 0;
    if (p->o->args_n < c->args_min)
        return err_set(p->e, EINVAL, "%s needs %s", word, c->usage);
    if (c->args_max >= 0 && p->o->args_n > c->args_max)
        return err_set(p->e, EINVAL, "\"%s\" is too much: %s takes %s",
                       p->o->args[c->args_max], word,
                       c->args_max > 0 ? c->usage : "no more");
    return 0;
}

/* ---- The environment ---- */

static const char *
found(cli_env_fn *env, const char *name)
{
    const char *value = env(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

/* The login's name without what a chat name may not hold. */
static const char *
name_of_user(struct cli_options *o, const char *user)
{
    size_t n = 0;

    for (; user != NULL && *user != '\0' && n < LIMIT_NAME_BYTES; user++) {
        bool first = (*user >= 'a' && *user <= 'z') ||
                     (*user >= 'A' && *user <= 'Z');
        bool later = (*user >= '0' && *user <= '9') || *user == '_' ||
                     *user == '-' || *user == '.';

        if (first || (later && n > 0))
            o->user[n++] = *user;
    }
    o->user[n] = '\0';
    return n > 0 ? o->user : "guest";
}

static int
take_attempts(struct cli_options *o, const char *value, struct err *e)
{
    unsigned long long n;

    o->attempts = ATTEMPTS;
    if (value == NULL)
        return 0;
    if (!str_to_u64(str_of(value), COUNT_MAX, &n))
        return err_set(e, EINVAL, "RECONNECT_ATTEMPTS is a number "
                       "(0 = for ever), not \"%s\"", value);
    o->attempts = (unsigned)n;
    o->attempts_given = true;
    return 0;
}

static int
take_environment(struct cli_options *o, cli_env_fn *env, struct err *e)
{
    int r;

    if ((o->command->which == CLI_CHAT || o->command->which == CLI_TRUST) &&
        o->args_n > 0)
        o->server = o->args[0];
    if (o->fingerprint == NULL && !o->plain)
        o->fingerprint = found(env, "LOQUAT_FINGERPRINT");
    if (o->server == NULL)
        o->server = found(env, "LOQUAT_SERVER");
    if (o->server == NULL)
        o->server = "localhost";
    r = cli_parse_server(o, o->server, e);
    if (r < 0)
        return r;
    if (o->command->which == CLI_PUT) {
        o->file_name = o->name;
        o->name = NULL;
    }
    o->name_typed = o->name != NULL;
    if (o->name == NULL)
        o->name = found(env, "LOQUAT_NAME");
    o->name_given = o->name != NULL;
    if (o->name == NULL)
        o->name = name_of_user(o, env("USER"));
    return take_attempts(o, found(env, "RECONNECT_ATTEMPTS"), e);
}

int
cli_options_parse(struct cli_options *o, const struct cli_command *commands,
                  int argc, char **argv, cli_env_fn *env, struct err *e)
{
    struct parser p = {.o = o, .argv = argv, .argc = argc, .e = e};
    int r;

    *o = (struct cli_options){0};
    r = take_words(&p);
    if (r < 0)
        return r;
    find_command(o, commands);
    r = check_fit(&p);
    if (r < 0 || o->help || o->version)
        return r;
    if ((o->command->which & CLI_ABOUT) && o->room == NULL)
        return err_set(e, EINVAL, "%s needs --room=#ROOM", o->command->word);
    return take_environment(o, env, e);
}

/* ---- Help ---- */

static void
help_options(struct buf *out, unsigned which)
{
    for (int i = 0; i < OPTIONS; i++) {
        const struct option *opt = &options[i];
        char text[64], letter[8] = "    ";

        if (!(opt->which & which))
            continue;
        if (opt->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", opt->letter);
        snprintf(text, sizeof text, "--%s%s%s", opt->name,
                 opt->value ? "=" : "", opt->value ? opt->value : "");
        must(buf_printf(out, "  %s%-22s  %s\n", letter, text, opt->help) == 0);
    }
}

static void
help_usage(struct buf *out, const struct cli_command *c)
{
    char line[80];

    snprintf(line, sizeof line, "%s%s%s", c->word ? c->word : "",
             c->word ? " " : "", c->usage);
    must(buf_printf(out, "  loquat %-26s %s\n", line, c->summary) == 0);
}

void
cli_help(struct buf *out, const struct cli_command *commands,
         const struct cli_command *command)
{
    const struct cli_command *c = commands;

    must(buf_printf(out, "Usage:\n") == 0);
    if (command != NULL) {
        help_usage(out, command);
    } else {
        while (c->word != NULL)
            c++;
        help_usage(out, c);
        for (c = commands; c->word != NULL; c++)
            help_usage(out, c);
    }
    must(buf_printf(out, "\nOptions:\n") == 0);
    help_options(out, command ? command->which : CLI_ALL);
    must(buf_printf(out,
        "\nA TARGET is a #room (ROOM will do) or a @person.\n"
        "put and get go on where they were cut: say the same again.\n"
        "Passwords are asked for, or come from --password-file or from what\n"
        "LOQUAT_PASSWORD_COMMAND prints; login keeps a token for this server.\n"
        "RECONNECT_ATTEMPTS: attempts to come back in a row "
        "(10; 0 = for ever).\n"
        "Exit status: 0 done, 1 failure, 2 usage, 3 authentication (also of "
        "the server),\n4 not found, 5 network or time-out, 6 refused, "
        "130 interrupted.\n")
         == 0);
}

bool
cli_wants_color(const struct cli_options *o, cli_env_fn *env, bool is_terminal)
{
    const char *term = env("TERM");

    if (o->color != CLI_COLOR_AUTO)
        return o->color == CLI_COLOR_ALWAYS;
    return is_terminal && found(env, "NO_COLOR") == NULL &&
           (term == NULL || strcmp(term, "dumb") != 0);
}
