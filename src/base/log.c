/* SPDX-License-Identifier: MIT
 *
 * A log line is built on the stack and leaves in one write(2), short enough
 * for a pipe to keep it whole. It is plain ASCII: every other byte of a value
 * is shown as \xHH. A value or a line that is too long says so: the value ends
 * in "...", the line in truncated=yes.
 *
 * The level is process-wide, like standard error itself. */
#include "base/log.h"
#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096, VALUE_MAX_BYTES = 512 };

#define TRUNCATED " truncated=yes"

static const char *const level_words[] = {"error", "warn", "info", "debug"};

static _Atomic int threshold = LOG_INFO;

/* A line under construction. What does not fit is left out and noted. */
struct line {
    size_t n, max;
    bool full;
    char p[LINE_MAX_BYTES];
};

static void
add(struct line *l, const char *p, size_t n)
{
    if (n > l->max - l->n)
        l->full = true;
    if (l->full)
        return;
    memcpy(l->p + l->n, p, n);
    l->n += n;
}

static void
add_text(struct line *l, const char *s)
{
    add(l, s, strlen(s));
}

static void
add_time(struct line *l, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    char text[40];
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof(text) - n, ".%03dZ", (int)(ms % 1000));
    add_text(l, text);
}

static bool
is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return s.n > 0;
}

static void
add_escaped(struct line *l, unsigned char c)
{
    char hex[8];

    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
        add(l, (const char *)&c, 1);
        return;
    }
    switch (c) {
    case '"':
        add_text(l, "\\\"");
        return;
    case '\\':
        add_text(l, "\\\\");
        return;
    case '\n':
        add_text(l, "\\n");
        return;
    default:
        snprintf(hex, sizeof(hex), "\\x%02x", c);
        add_text(l, hex);
    }
}

static void
add_value(struct line *l, struct str s)
{
    bool cut = s.n > VALUE_MAX_BYTES;

    if (cut)
        s.n = VALUE_MAX_BYTES;
    if (!cut && is_plain(s)) {
        add(l, s.p, s.n);
        return;
    }
    add_text(l, "\"");
    for (size_t i = 0; i < s.n; i++)
        add_escaped(l, (unsigned char)s.p[i]);
    add_text(l, cut ? "...\"" : "\"");
}

static struct str
value_of(const struct log_field *f, char number[32])
{
    if (f->type == LOG_FIELD_TEXT)
        return str_of(f->text);
    if (f->type == LOG_FIELD_BYTES)
        return (struct str){f->text, (size_t)f->num};
    snprintf(number, 32, "%lld", f->num);
    return str_of(number);
}

/* A field goes in whole or not at all. */
static void
add_field(struct line *l, const struct log_field *f)
{
    size_t before = l->n;
    char number[32];

    add_text(l, " ");
    add_text(l, f->key);
    add_text(l, "=");
    add_value(l, value_of(f, number));
    if (l->full)
        l->n = before;
}

void
log_write(enum log_level level, const char *area, const char *what,
          const struct log_field *fields)
{
    struct line l;

    if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    l.n = 0;
    l.full = false;
    l.max = sizeof(l.p) - strlen(TRUNCATED "\n");
    add_time(&l, clock_wall_ms());
    add_text(&l, " ");
    add_text(&l, level_words[level]);
    add_text(&l, " ");
    add_text(&l, area);
    add_text(&l, " ");
    add_text(&l, what);
    for (; fields->type != LOG_FIELD_END && !l.full; fields++)
        add_field(&l, fields);
    l.max = sizeof(l.p);
    if (l.full) {
        l.full = false;
        add_text(&l, TRUNCATED);
    }
    add_text(&l, "\n");
    while (write(STDERR_FILENO, l.p, l.n) < 0 && errno == EINTR)
        ;
}

void
log_set_level(enum log_level level)
{
    atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

bool
log_level_parse(const char *word, enum log_level *level)
{
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        if (strcmp(word, level_words[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}
