/* SPDX-License-Identifier: MIT
 *
 * The dialects of this server are asked first, in the order of their table,
 * then the languages it does not speak. Each must be sure before the next is
 * asked, so that a certain answer never changes when more bytes come. Whoever
 * is still undecided at LIMIT_DETECT_BYTES is out. */
#include "dialect/detect.h"

struct foreign {
    enum sniff (*sniff)(const uint8_t *p, size_t n);
    const char *farewell;
    const char *alpn;
};

/* What an IRC client may say before anything else (RFC 2812 §3.1, IRCv3). */
static const char *const irc_words[] = {
    "NICK ", "USER ", "CAP ", "PASS ", "SERVICE ", NULL,
};

static uint8_t
upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - ('a' - 'A')) : c;
}

static enum sniff
sniff_word(const char *word, const uint8_t *p, size_t n)
{
    for (size_t i = 0; word[i]; i++) {
        if (i == n)
            return SNIFF_MORE;
        if (upper(p[i]) != (uint8_t)word[i])
            return SNIFF_NO;
    }
    return SNIFF_YES;
}

/* *end: where the word that was found ends. */
static enum sniff
sniff_words(const char *const *words, const uint8_t *p, size_t n,
            size_t *end)
{
    enum sniff best = SNIFF_NO;

    for (; *words; words++) {
        enum sniff s = sniff_word(*words, p, n);

        if (s == SNIFF_YES) {
            *end = strlen(*words);
            return s;
        }
        if (s == SNIFF_MORE)
            best = s;
    }
    return best;
}

/* A TLS record: handshake, major version 3 (RFC 8446 §5.1). */
static enum sniff
sniff_tls(const uint8_t *p, size_t n)
{
    if (p[0] != 0x16)
        return SNIFF_NO;
    if (n < 2)
        return SNIFF_MORE;
    return p[1] == 0x03 ? SNIFF_YES : SNIFF_NO;
}

/* "nick #ops" is no IRC: it is a person called nick who enters #ops; and a
 * word with nothing behind it is somebody's name. */
static enum sniff
sniff_irc(const uint8_t *p, size_t n)
{
    size_t at;
    enum sniff s = sniff_words(irc_words, p, n, &at);

    if (s != SNIFF_YES)
        return s;
    while (at < n && p[at] == ' ')
        at++;
    if (at == n)
        return SNIFF_MORE;
    return p[at] == '#' || p[at] == '\r' || p[at] == '\n' ? SNIFF_NO
                                                          : SNIFF_YES;
}

static const struct foreign foreigners[] = {
    {sniff_tls,
     "No TLS here: this server speaks plain chat lines (nc) and loquat's own "
     "protocol.\n", NULL},
    {sniff_irc,
     "ERROR :IRC comes later: this server speaks chat lines (nc) and loquat's "
     "own protocol.\r\n", "irc"},
};

/* With as many bytes as will ever be looked at, undecided means no. */
static enum sniff
decide(enum sniff s, size_t n)
{
    return s == SNIFF_MORE && n == LIMIT_DETECT_BYTES ? SNIFF_NO : s;
}

enum { FOREIGNERS = sizeof foreigners / sizeof foreigners[0] };

static enum detected
detect_foreign(const uint8_t *p, size_t n, struct str *farewell)
{
    for (size_t i = 0; i < FOREIGNERS; i++) {
        enum sniff s = decide(foreigners[i].sniff(p, n), n);

        if (s == SNIFF_MORE)
            return DETECT_MORE;
        if (s == SNIFF_YES) {
            *farewell = str_of(foreigners[i].farewell);
            return DETECT_FOREIGN;
        }
    }
    return DETECT_DIALECT;
}

enum detected
detect(const struct dialect *const *dialects, const uint8_t *p, size_t n,
       const struct dialect **ret, struct str *farewell)
{
    enum detected found;

    must(n >= 1);
    if (n > LIMIT_DETECT_BYTES)
        n = LIMIT_DETECT_BYTES;
    for (; *dialects && (*dialects)->sniff; dialects++) {
        enum sniff s = decide((*dialects)->sniff(p, n), n);

        if (s == SNIFF_MORE)
            return DETECT_MORE;
        if (s == SNIFF_YES) {
            *ret = *dialects;
            return DETECT_DIALECT;
        }
    }
    must(*dialects);
    found = detect_foreign(p, n, farewell);
    if (found == DETECT_DIALECT)
        *ret = *dialects;
    return found;
}

/* --- By name ------------------------------------------------------------- */

enum detected
detect_protocol(const struct dialect *const *dialects, const char *name,
                const struct dialect **ret, struct str *farewell)
{
    for (; *dialects; dialects++) {
        if ((*dialects)->alpn && strcmp((*dialects)->alpn, name) == 0) {
            *ret = *dialects;
            return DETECT_DIALECT;
        }
    }
    for (size_t i = 0; i < FOREIGNERS; i++) {
        if (foreigners[i].alpn && strcmp(foreigners[i].alpn, name) == 0) {
            *farewell = str_of(foreigners[i].farewell);
            return DETECT_FOREIGN;
        }
    }
    return DETECT_MORE;
}

void
detect_protocols(const struct dialect *const *dialects, const char **names,
                 unsigned max)
{
    unsigned n = 0;

    for (; *dialects; dialects++)
        if ((*dialects)->alpn && n + 1 < max)
            names[n++] = (*dialects)->alpn;
    for (size_t i = 0; i < FOREIGNERS; i++)
        if (foreigners[i].alpn && n + 1 < max)
            names[n++] = foreigners[i].alpn;
    names[n] = NULL;
}
