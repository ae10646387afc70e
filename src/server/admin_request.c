/* SPDX-License-Identifier: MIT */
#include "server/admin_request.h"
#include "base/duration.h"
#include "base/utf8.h"
#include "server/admin_table.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

enum { LINES_USUAL = 50 };

/* ---- options ---- */

typedef bool option_fn(struct admin_request *r, struct str value);

static bool
option_room(struct admin_request *r, struct str value)
{
    r->room = value;
    return value.n > 0;
}

static bool
option_for(struct admin_request *r, struct str value)
{
    return duration_read(value, &r->for_ms);
}

static bool
option_uses(struct admin_request *r, struct str value)
{
    return str_to_u64(value, UINT32_MAX, &r->uses) && r->uses > 0;
}

static bool
option_lines(struct admin_request *r, struct str value)
{
    return str_to_u64(value, ADMIN_LIST_MAX, &r->lines) && r->lines > 0;
}

static bool
option_mute(struct admin_request *r, struct str value)
{
    (void)value;
    r->mute = true;
    return true;
}

static bool
option_sizes(struct admin_request *r, struct str value)
{
    (void)value;
    r->sizes_only = true;
    return true;
}

static const struct option {
    const char *name;
    option_fn *read;
    bool valued;
} options[] = {
    {"--room", option_room, true},
    {"--for", option_for, true},
    {"--uses", option_uses, true},
    {"-n", option_lines, true},
    {"--mute", option_mute, false},
    {"--sizes", option_sizes, false},
};

static const struct option *
find_option(const struct admin_command *c, struct str word)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char between[16];

        if (!str_eq(word, str_of(options[i].name)))
            continue;
        snprintf(between, sizeof between, " %s ", options[i].name);
        return strstr(c->options, between) != NULL ? &options[i] : NULL;
    }
    return NULL;
}

/* Options stand before the arguments. How many words were taken, or -1. */
static int
read_options(struct admin_request *r, const struct str *words, unsigned n,
             struct err *e)
{
    unsigned at = 0;

    while (at < n && words[at].n > 1 && words[at].p[0] == '-') {
        const struct option *o = find_option(r->command, words[at]);
        bool missing = o != NULL && o->valued && at + 1 == n;

        if (o == NULL || missing
            || !o->read(r, o->valued ? words[at + 1] : words[at])) {
            err_set(e, EINVAL, "%.*s %s", STR_FMT(words[at]),
                    o == NULL ? "is no option of that command"
                    : missing ? "needs a value" : "has a value that is none");
            return -1;
        }
        at += o->valued ? 2 : 1;
    }
    return (int)at;
}

/* ---- arguments ---- */

static void
join_rest(struct admin_request *r)
{
    size_t n = 0;

    for (unsigned i = r->command->args_max; i < r->n; i++) {
        if (n + r->args[i].n + 1 >= sizeof r->text)
            break;
        if (n > 0)
            r->text[n++] = ' ';
        memcpy(r->text + n, r->args[i].p, r->args[i].n);
        n += r->args[i].n;
    }
    r->rest = (struct str){r->text, n};
}

static bool
read_number(struct admin_request *r, struct err *e)
{
    struct str last = r->args[r->n - 1];

    r->all = str_eq(last, str_of("all"));
    if (r->all || (str_to_u64(last, INT64_MAX, &r->number) && r->number > 0))
        return true;
    err_set(e, EINVAL, "\"%.*s\" is no number", STR_FMT(last));
    return false;
}

static bool
read_args(struct admin_request *r, const struct str *words, unsigned n,
          struct err *e)
{
    const struct admin_command *c = r->command;
    int options_n = read_options(r, words, n, e);

    if (options_n < 0)
        return false;
    for (unsigned i = (unsigned)options_n; i < n; i++)
        r->args[r->n++] = words[i];
    if (r->n < c->args_min || (r->n > c->args_max && !(c->flags & ADMIN_REST))
        || ((c->flags & ADMIN_SECRET) && r->secret.n == 0)) {
        err_set(e, EINVAL, "it is: loquatd admin %s%s%s %s", c->group,
                c->verb[0] != '\0' ? " " : "", c->verb, c->usage);
        return false;
    }
    join_rest(r);
    return !(c->flags & ADMIN_NUMBER) || read_number(r, e);
}

/* ---- the line ---- */

static struct str
string_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

/* How many, or -1: it has not the form of a request. */
static int
read_words(struct admin_request *r, struct str words[ADMIN_WORDS_MAX])
{
    const json_t *list = json_object_get(r->root, "words");
    const json_t *secret = json_object_get(r->root, "secret");
    size_t n = json_array_size(list);

    if (n == 0 || n > ADMIN_WORDS_MAX || (secret && !json_is_string(secret)))
        return -1;
    if (secret != NULL)
        r->secret = string_of(secret);
    for (size_t i = 0; i < n; i++) {
        const json_t *word = json_array_get(list, i);

        if (!json_is_string(word)
            || !utf8_is_clean(string_of(word), UTF8_ONE_LINE))
            return -1;
        words[i] = string_of(word);
    }
    return (int)n;
}

bool
admin_request_read(struct str line, struct admin_request *ret, struct err *e)
{
    struct str words[ADMIN_WORDS_MAX];
    unsigned used = 0;
    int n;

    memset(ret, 0, sizeof *ret);
    ret->lines = LINES_USUAL;
    ret->uses = 1;
    ret->root = json_loadb(line.n ? line.p : "", line.n,
                           JSON_REJECT_DUPLICATES, NULL);
    n = read_words(ret, words);
    if (n < 0) {
        err_set(e, EINVAL, "that is no request");
        return false;
    }
    ret->command = admin_command_find(words, (unsigned)n, &used);
    if (ret->command == NULL) {
        err_set(e, EINVAL, "there is no such command; loquatd admin help");
        return false;
    }
    return read_args(ret, words + used, (unsigned)n - used, e);
}

void
admin_request_done(struct admin_request *r)
{
    if (r->secret.n > 0)
        sodium_memzero((char *)(uintptr_t)r->secret.p, r->secret.n);
    r->secret = (struct str){0};
    json_decref(r->root);
    r->root = NULL;
}
