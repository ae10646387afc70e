/* SPDX-License-Identifier: MIT
 *
 * Values into struct config, from whichever place they come. The file's
 * syntax is inih's: sections, `key = value`, comments with ; or #. */
#include "server/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <strings.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit count_units[] = {{"", 1}, {0}};
static const struct unit bytes_units[] = {
    {"", 1}, {"B", 1}, {"K", 1024}, {"KB", 1024}, {"M", 1 << 20},
    {"MB", 1 << 20}, {"G", 1 << 30}, {"GB", 1 << 30}, {0},
};
static const struct unit time_units[] = {
    {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60 * 1000},
    {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000}, {0},
};

static const struct unit *const units[] = {
    [CONFIG_COUNT] = count_units,
    [CONFIG_BYTES] = bytes_units,
    [CONFIG_TIME] = time_units,
};

static const char *const number_hint[] = {
    [CONFIG_COUNT] = "a number",
    [CONFIG_BYTES] = "a size such as 64K or 1M",
    [CONFIG_TIME] = "a time such as 300ms, 10s or 5m",
};

static void *
field_of(struct config *c, const struct config_key *key)
{
    return (char *)c + key->offset;
}

static bool
number_parse(enum config_type type, const char *value, int64_t *ret)
{
    if (!isdigit((unsigned char)value[0]))
        return false;
    char *end;
    errno = 0;
    long long n = strtoll(value, &end, 10);
    if (errno)
        return false;
    while (*end == ' ')
        end++;
    for (const struct unit *u = units[type]; u->name; u++) {
        int64_t product;
        if (strcasecmp(end, u->name) == 0 &&
            !__builtin_mul_overflow((int64_t)n, u->factor, &product)) {
            *ret = product;
            return true;
        }
    }
    return false;
}

static int
set_number(struct config *c, const struct config_key *key, const char *value,
           const char *where, struct err *e)
{
    int64_t n;
    if (!number_parse(key->type, value, &n))
        return err_set(e, EINVAL, "%s: \"%s\" is not %s", where, value,
                       number_hint[key->type]);
    if (n < key->min || n > key->max)
        return err_set(e, ERANGE, "%s: %s is outside %lld to %lld%s", where,
                       value, (long long)key->min, (long long)key->max,
                       key->type == CONFIG_TIME ? " ms" : "");
    *(int64_t *)field_of(c, key) = n;
    return 0;
}

static int
set_word(struct config *c, const struct config_key *key, const char *value,
         const char *where, struct err *e)
{
    char known[128] = "";
    for (int64_t i = 0; key->words[i]; i++) {
        if (strcasecmp(value, key->words[i]) == 0) {
            *(int64_t *)field_of(c, key) = i;
            return 0;
        }
        size_t n = strlen(known);
        snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "",
                 key->words[i]);
    }
    return err_set(e, EINVAL, "%s: \"%s\" is none of: %s", where, value,
                   known);
}

static int
set_text(struct config *c, const struct config_key *key, const char *value,
         const char *where, struct err *e)
{
    size_t n = strlen(value);
    if (n < (size_t)key->min || n > (size_t)key->max)
        return err_set(e, ERANGE, "%s: must be %lld to %lld bytes long",
                       where, (long long)key->min, (long long)key->max);
    for (size_t i = 0; i < n; i++)
        if (iscntrl((unsigned char)value[i]))
            return err_set(e, EINVAL, "%s: holds a control character", where);
    memcpy(field_of(c, key), value, n + 1);
    return 0;
}

int
config_set(struct config *c, const struct config_key *key, const char *value,
           const char *where, struct err *e)
{
    switch (key->type) {
    case CONFIG_TEXT:
        return set_text(c, key, value, where, e);
    case CONFIG_WORD:
        return set_word(c, key, value, where, e);
    case CONFIG_COUNT:
    case CONFIG_BYTES:
    case CONFIG_TIME:
        return set_number(c, key, value, where, e);
    }
    return err_set(e, EINVAL, "%s: of no known type", where);
}

void
config_init(struct config *c)
{
    memset(c, 0, sizeof *c);
    for (const struct config_key *k = config_keys; k->section; k++)
        must(config_set(c, k, k->fallback, k->name, NULL) == 0);
}

static const struct config_key *
key_find(const char *section, const char *name)
{
    for (const struct config_key *k = config_keys; k->section; k++)
        if (strcmp(k->section, section) == 0 && strcmp(k->name, name) == 0)
            return k;
    return NULL;
}

struct file_reading {
    struct config *c;
    const char *path;
    FILE *file;
    struct err *e;
    int code, line;
};

/* inih's source of lines; Debian's build does not tell their numbers. */
static char *
file_gets(char *line, int n, void *arg)
{
    struct file_reading *r = arg;
    r->line++;
    return fgets(line, n, r->file);
}

/* inih's callback: 1 to go on, 0 for an error. */
static int
file_line(void *arg, const char *section, const char *name, const char *value)
{
    struct file_reading *r = arg;
    if (r->code)
        return 0;
    char where[512];
    snprintf(where, sizeof where, "%s:%d: %s.%s", r->path, r->line, section,
             name);
    const struct config_key *key = key_find(section, name);
    if (key)
        r->code = config_set(r->c, key, value, where, r->e);
    else
        r->code = err_set(r->e, EINVAL,
                          "%s: there is no such key (loquatd defaultconfig "
                          "lists them)", where);
    return r->code == 0;
}

int
config_read_file(struct config *c, const char *path, bool optional,
                 struct err *e)
{
    FILE *f = fopen(path, "re");
    if (!f && optional && errno == ENOENT)
        return 0;
    if (!f)
        return err_set(e, errno, "cannot read the configuration %s: %s", path,
                       strerror(errno));
    struct file_reading r = {.c = c, .path = path, .file = f, .e = e};
    int line = ini_parse_stream(file_gets, &r, file_line, &r);
    fclose(f);
    if (r.code)
        return r.code;
    if (line != 0)
        return err_set(e, EINVAL, "%s:%d: neither [section] nor key = value",
                       path, line);
    return 0;
}

static void
env_name(const struct config_key *key, char *out, size_t n)
{
    snprintf(out, n, "LOQUAT_%s_%s", key->section, key->name);
    for (char *p = out; *p; p++)
        *p = (char)toupper((unsigned char)*p);
}

int
config_read_environment(struct config *c, struct err *e)
{
    for (const struct config_key *k = config_keys; k->section; k++) {
        char own[128];
        env_name(k, own, sizeof own);
        const char *names[] = {k->well_known, own};
        for (size_t i = 0; i < 2; i++) {
            const char *value = names[i] ? getenv(names[i]) : NULL;
            int r = value ? config_set(c, k, value, names[i], e) : 0;
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* "limits-message_bytes" and "limits-message-bytes" are the same. */
static bool
option_is(const struct config_key *key, const char *option)
{
    if (key->option && strcmp(option, key->option) == 0)
        return true;
    char full[128];
    snprintf(full, sizeof full, "%s-%s", key->section, key->name);
    const char *a = full, *b = option;
    while (*a && (*a == *b || (*a == '_' && *b == '-')))
        a++, b++;
    return *a == 0 && *b == 0;
}

int
config_set_option(struct config *c, const char *option, const char *value,
                  struct err *e)
{
    for (const struct config_key *k = config_keys; k->section; k++) {
        if (!option_is(k, option))
            continue;
        char where[128];
        snprintf(where, sizeof where, "--%s", option);
        return config_set(c, k, value, where, e);
    }
    return err_set(e, ENOENT, "there is no option --%s", option);
}

int
config_proxies(const struct config *c, struct cidr *ret, unsigned max,
               struct err *e)
{
    struct str bad;
    unsigned n;

    if (!cidr_parse_list(str_of(c->proxies), ret, max, &n, &bad))
        return err_set(e, EINVAL, "server.proxies: \"%.*s\" is no range of "
                       "addresses, or one too many", STR_FMT(bad));
    return (int)n;
}

int
config_check(const struct config *c, struct err *e)
{
    if (c->output_soft_bytes >= c->output_hard_bytes)
        return err_set(e, EINVAL, "limits.output_soft_bytes must be below "
                       "limits.output_hard_bytes");
    if (c->output_hard_bytes < 4 * c->message_bytes)
        return err_set(e, EINVAL, "limits.output_hard_bytes must hold four "
                       "messages of limits.message_bytes");
    if (c->heartbeat_ms * 2 > c->dead_ms)
        return err_set(e, EINVAL, "limits.dead must be at least twice "
                       "limits.heartbeat");
    if (c->certificate[0] == '\0' && c->private_key[0] != '\0')
        return err_set(e, EINVAL, "tls.key is of no use without "
                       "tls.certificate");
    return 0;
}

void
config_write_default(FILE *out)
{
    const char *section = "";
    fputs("# loquatd's configuration: every key with its default.\n"
          "# None is needed. Each can also be set as LOQUAT_SECTION_KEY in\n"
          "# the environment, or as the option --section-key VALUE.\n", out);
    for (const struct config_key *k = config_keys; k->section; k++) {
        if (strcmp(section, k->section) != 0)
            fprintf(out, "\n[%s]\n", k->section);
        section = k->section;
        fprintf(out, "# %s\n#%s = %s\n", k->help, k->name, k->fallback);
    }
}
