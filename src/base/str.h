/* SPDX-License-Identifier: MIT
 *
 * struct str: borrowed bytes with a length. Not NUL-terminated, never owned:
 * whoever hands one out says how long it lives. {NULL, 0} is the empty one. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

/* For printf("%.*s", STR_FMT(s)). */
#define STR_FMT(s) (int)(s).n, (s).p

static inline struct str
str_of(const char *z)
{
    return (struct str){z, z ? strlen(z) : 0};
}

static inline bool
str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_nocase(struct str a, struct str b);   /* ASCII case only */
bool str_starts_nocase(struct str s, const char *prefix);

/* Copies s to *at and moves *at behind it: for the strings that lie behind a
 * struct in one allocation. Returns the copy. */
struct str str_pack(char **at, struct str s);

/* Copies as much of s as fits into out[size], and a NUL behind it. */
void str_to_z(struct str s, char *out, size_t size);

/* Strips spaces and tabs at both ends. */
struct str str_trim(struct str s);

/* Splits the first blank-separated word off *rest (leading blanks skipped);
 * empty when nothing is left. */
struct str str_word(struct str *rest);

/* Decimal digits only, no sign, no blanks, bounded by max. False and *value
 * untouched when s is anything else or too large. */
bool str_to_u64(struct str s, unsigned long long max,
                unsigned long long *value);

#endif
