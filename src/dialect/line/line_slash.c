/* SPDX-License-Identifier: MIT */
#include "dialect/line/line_slash.h"
#include "dialect/line/line_distance.h"
#include "dialect/line/line_impl.h"

enum { HELP_COLUMN = 24 };

static const struct str nothing = {NULL, 0};

/* In the order of /help. */
static const struct line_slash *const tables[] = {
    line_commands, line_accounts, line_manages,
};

enum { TABLES_N = sizeof tables / sizeof tables[0] };

/* NULL: there are no more. */
static const struct line_slash *
row_at(size_t i)
{
    for (size_t t = 0; t < TABLES_N; t++) {
        for (const struct line_slash *row = tables[t]; row->names; row++) {
            if (i-- == 0)
                return row;
        }
    }
    return NULL;
}

static struct str
main_name(const struct line_slash *cmd)
{
    struct str names = str_of(cmd->names);

    return str_word(&names);
}

static void
add_usage(struct line_out *o, const struct line_slash *cmd)
{
    line_out_add(o, "/%.*s%s%s", STR_FMT(main_name(cmd)),
                 cmd->usage[0] ? " " : "", cmd->usage);
}

/* "  /join #room           go to a room; a new one is made (also /j)" */
static void
add_help(struct line_out *o, const struct line_slash *cmd)
{
    struct str names = str_of(cmd->names), name;
    const char *before = " (also /";

    line_out_add(o, "  ");
    add_usage(o, cmd);
    line_out_add(o, "%*s%s",
                 HELP_COLUMN - (int)line_out_length(o), "", cmd->help);
    str_word(&names);
    while ((name = str_word(&names)).n > 0) {
        line_out_add(o, "%s%.*s", before, STR_FMT(name));
        before = ", /";
    }
    line_out_add(o, "%s", before[0] == ',' ? ")" : "");
    line_out_end(o);
}

void
line_slash_help(struct conn *c, const struct line_args *args)
{
    const struct line_slash *cmd;
    struct line_out o;

    (void)args;
    line_out_init(&o);
    for (size_t i = 0; (cmd = row_at(i)) != NULL; i++)
        add_help(&o, cmd);
    line_out_add(&o, "%-*ssay \"/text\"", HELP_COLUMN, "  //text");
    line_out_end(&o);
    line_out_add(&o, "%-*sand then its bytes: share a file", HELP_COLUMN,
                 "  FILE:name:size");
    line_out_end(&o);
    line_out_send(&o, c);
}

/* --- finding the row --- */

static bool
has_name(const struct line_slash *cmd, struct str typed)
{
    struct str names = str_of(cmd->names), name;

    while ((name = str_word(&names)).n > 0) {
        if (str_eq_nocase(name, typed))
            return true;
    }
    return false;
}

static const struct line_slash *
find(struct str typed)
{
    const struct line_slash *cmd = NULL;

    for (size_t i = 0; (cmd = row_at(i)) != NULL; i++) {
        if (has_name(cmd, typed))
            break;
    }
    return cmd;
}

/* The nearest name in which at most every third letter is wrong, or "". */
static struct str
guess(struct str typed)
{
    unsigned best = (unsigned)(typed.n + 1) / 3 + 1;
    struct str found = nothing, names, name;
    const struct line_slash *cmd;

    if (typed.n > LINE_DISTANCE_MAX_BYTES)
        return nothing;
    for (size_t i = 0; (cmd = row_at(i)) != NULL; i++) {
        names = str_of(cmd->names);
        while ((name = str_word(&names)).n > 0) {
            unsigned far = line_distance(typed, name);

            if (far < best) {
                best = far;
                found = name;
            }
        }
    }
    return found;
}

static void
say_unknown(struct conn *c, struct str typed)
{
    struct str meant = guess(typed);

    typed = line_quote(typed);
    if (meant.n > 0)
        line_say(c, "Unknown command /%.*s. Did you mean /%.*s?",
                 STR_FMT(typed), STR_FMT(meant));
    else
        line_say(c, "Unknown command /%.*s. /help lists the commands.",
                 STR_FMT(typed));
}

/* --- arguments --- */

/* False when something is missing or too much. */
static bool
read_args(unsigned shape, struct str rest, struct line_args *ret)
{
    *ret = (struct line_args){.word = nothing};
    if (shape & LINE_WORD)
        ret->word = str_word(&rest);
    if (shape & LINE_TEXT) {
        ret->text = str_trim(rest);
        rest = nothing;
    }
    if (str_trim(rest).n > 0)
        return false;
    if (shape & LINE_OPTIONAL)
        return true;
    return (!(shape & LINE_WORD) || ret->word.n > 0) &&
           (!(shape & LINE_TEXT) || ret->text.n > 0);
}

static void
say_usage(struct conn *c, const struct line_slash *cmd)
{
    struct line_out o;

    line_out_init(&o);
    line_out_add(&o, "Usage: ");
    add_usage(&o, cmd);
    line_out_end(&o);
    line_out_send(&o, c);
}

void
line_slash_usage(struct conn *c, const char *name)
{
    say_usage(c, find(str_of(name)));
}

void
line_slash(struct conn *c, struct str line)
{
    struct str rest = {line.p + 1, line.n - 1}, typed = {line.p + 1, 0};
    const struct line_slash *cmd;
    struct line_args args;

    if (rest.n > 0 && rest.p[0] != ' ' && rest.p[0] != '\t')
        typed = str_word(&rest);
    cmd = find(typed);
    if (!cmd)
        say_unknown(c, typed);
    else if (!read_args(cmd->shape, rest, &args))
        say_usage(c, cmd);
    else
        cmd->run(c, &args);
}
