/* SPDX-License-Identifier: MIT */
#include "hub/setting.h"
#include "base/duration.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>

#define SECOND_MS INT64_C(1000)
#define DAY_MS    (86400 * SECOND_MS)

/* Walls: slower than a day is closed, shorter than a minute is not kept. */
#define SLOW_MAX_MS DAY_MS
#define KEEP_MIN_MS (60 * SECOND_MS)
#define KEEP_MAX_N  1000000000000ULL

struct choice {
    const char *word;
    int value;
};

static const struct choice privacies[] = {
    {"public", ROOM_PUBLIC}, {"private", ROOM_PRIVATE},
    {"hidden", ROOM_HIDDEN}, {NULL, 0},
};

static const struct choice histories[] = {
    {"all", false}, {"joined", true}, {NULL, 0},
};

/* ---- reading ---- */

static bool
choose(const struct choice *c, struct str text, int *ret)
{
    while (c->word != NULL && !str_eq_nocase(text, str_of(c->word)))
        c++;
    if (c->word == NULL)
        return false;
    *ret = c->value;
    return true;
}

static bool
read_time(struct str text, int64_t min_ms, int64_t max_ms, int64_t *ret)
{
    int64_t ms;

    if (!duration_read(text, &ms) || ms < min_ms || ms > max_ms)
        return false;
    *ret = ms;
    return true;
}

static bool
read_privacy(struct str text, struct room_settings *ret)
{
    int value;

    if (!choose(privacies, text, &value))
        return false;
    ret->privacy = (enum room_privacy)value;
    return true;
}

static bool
read_history(struct str text, struct room_settings *ret)
{
    int value;

    if (!choose(histories, text, &value))
        return false;
    ret->from_joining = value != 0;
    return true;
}

static bool
read_slow(struct str text, struct room_settings *ret)
{
    if (!str_eq_nocase(text, str_of("off")))
        return read_time(text, SECOND_MS, SLOW_MAX_MS, &ret->slow_ms);
    ret->slow_ms = 0;
    return true;
}

static bool
read_keep(struct str text, struct room_settings *ret)
{
    unsigned long long n = 0;
    int64_t ms = 0;

    if (!str_eq_nocase(text, str_of("forever"))
        && !read_time(text, KEEP_MIN_MS, INT64_MAX, &ms)
        && !(str_to_u64(text, KEEP_MAX_N, &n) && n > 0))
        return false;
    ret->keep_ms = ms;
    ret->keep_n = n;
    return true;
}

static bool
read_name(struct str text, struct room_settings *ret)
{
    (void)ret;
    return text.n > 0;
}

static bool
read_description(struct str text, struct room_settings *ret)
{
    if (text.n > LIMIT_DESCRIPTION_BYTES
        || !utf8_is_clean(text, UTF8_ONE_LINE))
        return false;
    ret->description = text;
    return true;
}

/* ---- writing ---- */

static const char *
word_of(const struct choice *c, int value)
{
    while (c->word != NULL && c->value != value)
        c++;
    must(c->word != NULL);
    return c->word;
}

static void
write_word(const char *word, char out[SETTING_TEXT_BYTES])
{
    snprintf(out, SETTING_TEXT_BYTES, "%s", word);
}

static void
write_privacy(const struct room_settings *s, char out[SETTING_TEXT_BYTES])
{
    write_word(word_of(privacies, (int)s->privacy), out);
}

static void
write_history(const struct room_settings *s, char out[SETTING_TEXT_BYTES])
{
    write_word(word_of(histories, s->from_joining), out);
}

static void
write_slow(const struct room_settings *s, char out[SETTING_TEXT_BYTES])
{
    if (s->slow_ms == 0)
        write_word("off", out);
    else
        duration_write(s->slow_ms, out);
}

static void
write_keep(const struct room_settings *s, char out[SETTING_TEXT_BYTES])
{
    if (s->keep_ms > 0)
        duration_write(s->keep_ms, out);
    else if (s->keep_n > 0)
        snprintf(out, SETTING_TEXT_BYTES, "%" PRIu64, s->keep_n);
    else
        write_word("forever", out);
}

/* ---- the table ---- */

static const struct row {
    const char *word;
    bool (*read)(struct str text, struct room_settings *ret);
    void (*write)(const struct room_settings *s,
                  char out[SETTING_TEXT_BYTES]);
} rows[] = {
    [SETTING_PRIVACY] = {"privacy", read_privacy, write_privacy},
    [SETTING_HISTORY] = {"history", read_history, write_history},
    [SETTING_SLOW] = {"slow", read_slow, write_slow},
    [SETTING_KEEP] = {"keep", read_keep, write_keep},
    [SETTING_NAME] = {"name", read_name, NULL},
    [SETTING_DESCRIPTION] = {"description", read_description, NULL},
};
#define ROWS ((int)(sizeof rows / sizeof rows[0]))

const char *
setting_word(enum setting s)
{
    must(s >= SETTING_PRIVACY && (int)s < ROWS);
    return rows[s].word;
}

bool
setting_find(struct str word, enum setting *ret)
{
    for (int i = SETTING_PRIVACY; i < ROWS; i++) {
        if (!str_eq_nocase(word, str_of(rows[i].word)))
            continue;
        *ret = (enum setting)i;
        return true;
    }
    return false;
}

bool
setting_read(enum setting s, struct str text, struct room_settings *ret)
{
    return s >= SETTING_PRIVACY && (int)s < ROWS && rows[s].read(text, ret);
}

struct str
setting_write(enum setting s, const struct room_settings *from,
              char out[SETTING_TEXT_BYTES])
{
    must(s >= SETTING_PRIVACY && (int)s < ROWS);
    if (rows[s].write == NULL)
        return from->description;
    rows[s].write(from, out);
    return str_of(out);
}

_Static_assert(SETTING_TEXT_BYTES >= DURATION_CHARS, "a time fits");
