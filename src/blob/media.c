/* SPDX-License-Identifier: MIT
 *
 * Signatures as in the WHATWG's MIME Sniffing Standard, section 6 and 7, but
 * for what it would run: nothing here is ever more than shown or played. */
#include "blob/media.h"

#include "base/utf8.h"

static const char *const types[] = {
#define MEDIA_TYPE(name, type, extension) [MEDIA_##name] = type,
    MEDIA_TABLE(MEDIA_TYPE)
#undef MEDIA_TYPE
};

struct signature {
    enum media media;
    size_t n;                  /* bytes of either part */
    const char *head;
    size_t more_at, more_n;    /* 0: no second part */
    const char *more;
};

static const struct signature signatures[] = {
    {MEDIA_JPEG, 3, "\xff\xd8\xff", 0, 0, NULL},
    {MEDIA_PNG, 8, "\x89PNG\r\n\x1a\n", 0, 0, NULL},
    {MEDIA_GIF, 6, "GIF87a", 0, 0, NULL},
    {MEDIA_GIF, 6, "GIF89a", 0, 0, NULL},
    {MEDIA_WEBP, 4, "RIFF", 8, 4, "WEBP"},
    {MEDIA_WAV, 4, "RIFF", 8, 4, "WAVE"},
    {MEDIA_OGG, 5, "OggS\0", 0, 0, NULL},
    {MEDIA_FLAC, 4, "fLaC", 0, 0, NULL},
    {MEDIA_MP3, 3, "ID3", 0, 0, NULL},
};

static bool
has(const uint8_t *p, size_t n, size_t at, const char *what, size_t what_n)
{
    return at + what_n <= n && memcmp(p + at, what, what_n) == 0;
}

static enum media
by_signature(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        const struct signature *s = &signatures[i];

        if (has(p, n, 0, s->head, s->n) &&
            (s->more == NULL || has(p, n, s->more_at, s->more, s->more_n)))
            return s->media;
    }
    return MEDIA_UNKNOWN;
}

/* --- ISO base media files (ISO/IEC 14496-12 section 4.3) ---------------- */

static enum media
by_brand(const uint8_t *brand)
{
    static const char *const video[] = {"isom", "iso2", "iso4", "iso5", "iso6",
                                        "mp41", "mp42", "avc1", "dash", "M4V ",
                                        "M4A ", "mmp4"};

    if (memcmp(brand, "avif", 4) == 0 || memcmp(brand, "avis", 4) == 0)
        return MEDIA_AVIF;
    for (size_t i = 0; i < sizeof video / sizeof video[0]; i++)
        if (memcmp(brand, video[i], 4) == 0)
            return MEDIA_MP4;
    return MEDIA_UNKNOWN;
}

/* The major brand, then the compatible ones behind its version. */
static enum media
by_ftyp(const uint8_t *p, size_t n)
{
    size_t box;
    enum media m;

    if (!has(p, n, 4, "ftyp", 4) || n < 12)
        return MEDIA_UNKNOWN;
    box = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (box % 4 != 0 || box < 16)
        return MEDIA_UNKNOWN;
    m = by_brand(p + 8);
    for (size_t at = 16; m == MEDIA_UNKNOWN && at + 4 <= box && at + 4 <= n;
         at += 4)
        m = by_brand(p + at);
    return m;
}

/* --- Matroska (RFC 8794: DocType is element 0x4282) --------------------- */

static bool
is_webm(const uint8_t *p, size_t n)
{
    if (!has(p, n, 0, "\x1a\x45\xdf\xa3", 4))
        return false;
    for (size_t at = 4; at < n && at < 64; at++)
        if (has(p, n, at, "\x42\x82\x84webm", 7))
            return true;
    return false;
}

/* --- MPEG audio, layer III, without a tag ------------------------------- */

static bool
is_mp3_frame(const uint8_t *p, size_t n)
{
    if (n < 4 || p[0] != 0xff || (p[1] & 0xe0) != 0xe0)
        return false;
    return (p[1] & 0x18) != 0x08 &&      /* a version that exists */
           (p[1] & 0x06) == 0x02 &&      /* layer III */
           (p[2] & 0xf0) != 0xf0 && (p[2] & 0xf0) != 0 &&
           (p[2] & 0x0c) != 0x0c;        /* bit rate, sampling rate */
}

/* --- Text --------------------------------------------------------------- */

/* How many of n bytes are left when a character that the end may have cut in
 * two is left out. */
static size_t
whole_characters(const uint8_t *p, size_t n)
{
    size_t back = 0;

    while (back < 3 && back < n && (p[n - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back < n && p[n - 1 - back] >= 0xc2 && p[n - 1 - back] <= 0xf4)
        return n - 1 - back;
    return n;
}

/* The standard's binary data bytes: no text has them. */
static bool
is_binary(uint8_t c)
{
    return c < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r' &&
           c != 0x1b;
}

static bool
is_text(const uint8_t *p, size_t n)
{
    struct str s = {(const char *)p, n};

    if (n == 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (is_binary(p[i]))
            return false;
    if (utf8_valid(s))
        return true;
    s.n = n == MEDIA_BYTES ? whole_characters(p, n) : n;
    return s.n < n && utf8_valid(s);
}

enum media
media_sniff(const uint8_t *p, size_t n)
{
    enum media m;

    if (n > MEDIA_BYTES)
        n = MEDIA_BYTES;
    m = by_signature(p, n);
    if (m == MEDIA_UNKNOWN)
        m = by_ftyp(p, n);
    if (m == MEDIA_UNKNOWN && is_webm(p, n))
        m = MEDIA_WEBM;
    if (m == MEDIA_UNKNOWN && is_mp3_frame(p, n))
        m = MEDIA_MP3;
    if (m == MEDIA_UNKNOWN && is_text(p, n))
        m = MEDIA_TEXT;
    return m;
}

const char *
media_type(enum media m)
{
    return types[m];
}

bool
media_is_safe(enum media m)
{
    return m != MEDIA_UNKNOWN;
}
