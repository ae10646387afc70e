/* SPDX-License-Identifier: MIT
 *
 * One line per event on standard error, logfmt:
 *   2026-11-21T10:00:00.123Z info edge accepted session=12 addr="127.0.0.1:5"
 * A line is written with one write(2), from any thread. Values that hold
 * blanks, quotes, '=' or anything unprintable are quoted and escaped, so that
 * no peer can forge a line. Never a message's text, a token or a password. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log_field {
    const char *key;
    enum { LOG_FIELD_END, LOG_FIELD_TEXT, LOG_FIELD_BYTES, LOG_FIELD_NUM } type;
    const char *text;     /* TEXT: a C string; BYTES: n of them */
    long long num;        /* NUM, or BYTES' length */
};

#define LOG_S(k, v) {(k), LOG_FIELD_TEXT, (v), 0}
#define LOG_STR(k, v) {(k), LOG_FIELD_BYTES, (v).p, (long long)(v).n}
#define LOG_N(k, v) {(k), LOG_FIELD_NUM, 0, (long long)(v)}

/* log_event(LOG_INFO, "edge", "accepted", LOG_N("session", id)) */
#define log_event(level, area, what, ...) \
    log_write((level), (area), (what), \
              (const struct log_field[]){__VA_ARGS__ __VA_OPT__(,) {0}})

void log_write(enum log_level level, const char *area, const char *what,
               const struct log_field *fields);

void log_set_level(enum log_level level);   /* once, at start */
bool log_level_parse(const char *word, enum log_level *level);

#endif
