/* SPDX-License-Identifier: MIT
 *
 * Comparing, trimming, splitting and reading numbers from borrowed bytes. Only
 * ASCII has case here, whatever the locale. */
#include "base/str.h"

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
blank(char c)
{
    return c == ' ' || c == '\t';
}

bool
str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    }
    return true;
}

bool
str_starts_nocase(struct str s, const char *prefix)
{
    struct str p = str_of(prefix);

    return s.n >= p.n && str_eq_nocase((struct str){s.p, p.n}, p);
}

struct str
str_pack(char **at, struct str s)
{
    struct str copy = {*at, s.n};

    if (s.n > 0)
        memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

void
str_to_z(struct str s, char *out, size_t size)
{
    size_t n = s.n < size ? s.n : size - 1;

    if (n > 0)
        memcpy(out, s.p, n);
    out[n] = '\0';
}

struct str
str_trim(struct str s)
{
    while (s.n > 0 && blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str
str_word(struct str *rest)
{
    struct str word;

    while (rest->n > 0 && blank(rest->p[0])) {
        rest->p++;
        rest->n--;
    }
    word = (struct str){rest->p, 0};
    while (word.n < rest->n && !blank(rest->p[word.n]))
        word.n++;
    if (word.n > 0) {
        rest->p += word.n;
        rest->n -= word.n;
    }
    return word;
}

bool
str_to_u64(struct str s, unsigned long long max, unsigned long long *value)
{
    unsigned long long v = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned)s.p[i] - '0';

        if (digit > 9 || v > max / 10 || digit > max - v * 10)
            return false;
        v = v * 10 + digit;
    }
    if (s.n == 0)
        return false;
    *value = v;
    return true;
}
