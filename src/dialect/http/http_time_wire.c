/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_time_wire.h"

#include <time.h>

enum {
    FRACTION_AT = 19,            /* behind "2026-11-25T10:00:00" */
    FRACTION_MAX = 9,
};

static bool
is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

/* 0 is a digit; all else must stand there as it is. */
static bool
has_form(struct str s, const char *form)
{
    for (size_t i = 0; form[i]; i++) {
        if (i >= s.n || (form[i] == '0' ? !is_digit(s.p[i])
                                        : s.p[i] != form[i]))
            return false;
    }
    return true;
}

static int
number(const char *p, size_t n)
{
    int value = 0;

    for (size_t i = 0; i < n; i++)
        value = 10 * value + (p[i] - '0');
    return value;
}

/* What is behind the seconds: "Z" or ".123Z". -1: something else. */
static int
milliseconds(struct str s)
{
    int ms = 0, unit = 100;
    size_t n = 1;

    if (s.n == 1 && s.p[0] == 'Z')
        return 0;
    if (s.n < 3 || s.n > FRACTION_MAX + 2 || s.p[0] != '.')
        return -1;
    for (; n < s.n && is_digit(s.p[n]); n++) {
        ms += unit * (s.p[n] - '0');
        unit /= 10;
    }
    return n == s.n - 1 && s.p[n] == 'Z' ? ms : -1;
}

bool
http_time_read(struct str s, int64_t *ret_ms)
{
    struct tm tm, asked;
    int ms;
    time_t t;

    if (!has_form(s, "0000-00-00T00:00:00"))
        return false;
    ms = milliseconds((struct str){s.p + FRACTION_AT, s.n - FRACTION_AT});
    asked = (struct tm){
        .tm_year = number(s.p, 4) - 1900, .tm_mon = number(s.p + 5, 2) - 1,
        .tm_mday = number(s.p + 8, 2), .tm_hour = number(s.p + 11, 2),
        .tm_min = number(s.p + 14, 2), .tm_sec = number(s.p + 17, 2),
    };
    tm = asked;
    t = timegm(&tm);
    if (ms < 0 || t <= 0 || tm.tm_year != asked.tm_year ||
        tm.tm_mon != asked.tm_mon || tm.tm_mday != asked.tm_mday ||
        tm.tm_hour != asked.tm_hour || tm.tm_min != asked.tm_min ||
        tm.tm_sec != asked.tm_sec)
        return false;
    *ret_ms = (int64_t)t * 1000 + ms;
    return true;
}
