/* SPDX-License-Identifier: MIT
 *
 * A name goes through four steps: cleaned of what no name has, composed (NFC),
 * cut down to its last part and stripped, and shortened; only what is left
 * then shows whether it is a device's. Escapes of other layers ("%2e%2f") are
 * theirs to undo before; here they are letters. */
#include "base/file_name.h"

#include "base/limits.h"
#include "base/utf8.h"
#include <stdlib.h>
#include <utf8proc.h>

enum {
    INPUT_MAX = 4096,      /* of a longer one the end counts: its last part */
    EXTENSION_MAX = 24,    /* with its dot; what is longer is none */
};

static bool
within(uint32_t cp, uint32_t low, uint32_t high)
{
    return cp - low <= high - low;
}

/* What turns text around or cannot be seen. Joiners stay: emoji and several
 * scripts need them. */
static bool
is_hidden(uint32_t cp)
{
    return cp == 0xad || cp == 0x61c || cp == 0x200b || cp == 0xfeff
        || within(cp, 0x200e, 0x200f) || within(cp, 0x202a, 0x202e)
        || within(cp, 0x2060, 0x206f) || within(cp, 0xfff9, 0xfffb);
}

static void
append_visible(struct buf *out, struct str s)
{
    uint32_t cp;
    size_t n;

    for (; s.n > 0; s.p += n, s.n -= n) {
        n = utf8_decode(s, &cp);
        must(n > 0);
        if (cp == '\t')
            must(buf_append(out, " ", 1) == 0);
        else if (!is_hidden(cp))
            must(buf_append(out, s.p, n) == 0);
    }
}

/* The end of a long one, from a character's first byte on. */
static struct str
last_bytes(struct str s)
{
    if (s.n <= INPUT_MAX)
        return s;
    s.p += s.n - INPUT_MAX;
    s.n = INPUT_MAX;
    while (s.n > 0 && ((unsigned char)s.p[0] & 0xc0) == 0x80) {
        s.p++;
        s.n--;
    }
    return s;
}

static void
clean(struct buf *out, struct str name)
{
    struct buf text;

    buf_init(&text, 3 * INPUT_MAX);
    must(utf8_clean(&text, last_bytes(name), UTF8_ONE_LINE) == 0);
    append_visible(out, buf_str(&text));
    buf_done(&text);
}

/* In place; composing never makes a text longer than a few times. */
static void
compose(struct buf *text)
{
    utf8proc_uint8_t *nfc = NULL;
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)text->p,
                     (utf8proc_ssize_t)text->n, &nfc,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE);

    must(n >= 0);
    buf_clear(text);
    must(buf_append(text, nfc, (size_t)n) == 0);
    free(nfc);
}

static bool
one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static struct str
last_part(struct str s)
{
    size_t at = s.n;

    while (at > 0 && !one_of(s.p[at - 1], "/\\:"))
        at--;
    return at == 0 ? s : (struct str){s.p + at, s.n - at};
}

static struct str
strip(struct str s)
{
    while (s.n > 0 && one_of(s.p[0], ". ")) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && one_of(s.p[s.n - 1], ". "))
        s.n--;
    return s;
}

/* CON, PRN, AUX, NUL, CONIN$, CONOUT$, COM0 to COM9 and LPT0 to LPT9, also
 * with an extension and with raised digits (U+00B9, U+00B2, U+00B3). */
static bool
is_device(struct str s)
{
    static const char *const names[] = {"con", "prn", "aux", "nul", "conin$",
                                        "conout$"};
    const char *dot = s.n > 0 ? memchr(s.p, '.', s.n) : NULL;
    struct str stem = strip((struct str){s.p, dot ? (size_t)(dot - s.p)
                                                  : s.n});

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_eq_nocase(stem, str_of(names[i])))
            return true;
    }
    if (!str_starts_nocase(stem, "com") && !str_starts_nocase(stem, "lpt"))
        return false;
    if (stem.n == 4)
        return stem.p[3] >= '0' && stem.p[3] <= '9';
    return stem.n == 5 && stem.p[3] == '\xc2'
        && one_of(stem.p[4], "\xb9\xb2\xb3");
}

static size_t
extension_bytes(struct str s)
{
    size_t at = s.n;

    while (at > 0 && s.p[at - 1] != '.')
        at--;
    return at <= 1 || s.n - at + 1 > EXTENSION_MAX ? 0 : s.n - at + 1;
}

/* Cuts between characters, and leaves no blank or dot at the cut. */
static struct str
cut(struct str s, size_t max)
{
    if (s.n <= max)
        return s;
    while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
        max--;
    return strip((struct str){s.p, max});
}

static void
append_short(struct buf *out, struct str s)
{
    size_t tail = extension_bytes(s);
    struct str stem = {s.p, s.n - tail};

    stem = cut(stem, LIMIT_FILE_NAME_BYTES - tail);
    must(buf_append_str(out, stem) == 0);
    must(buf_append(out, s.p + s.n - tail, tail) == 0);
}

static void
replace_forbidden(struct str s)
{
    char *p = (char *)(uintptr_t)s.p;

    for (size_t i = 0; i < s.n; i++) {
        if (one_of(p[i], "<>\"|?*") || (i == 0 && one_of(p[0], "-~")))
            p[i] = '_';
    }
}

void
file_name_safe(struct buf *out, struct str name)
{
    struct buf text, safe;
    struct str s;

    buf_init(&text, 12 * INPUT_MAX);
    buf_init(&safe, LIMIT_FILE_NAME_BYTES + 1);
    clean(&text, name);
    compose(&text);
    s = strip(last_part(buf_str(&text)));
    replace_forbidden(s);
    if (s.n == 0)
        s = str_of("file");
    must(buf_append(&safe, "_", 1) == 0);
    append_short(&safe, s);
    s = (struct str){safe.p + 1, safe.n - 1};
    append_short(out, is_device(s) ? buf_str(&safe) : s);
    buf_done(&safe);
    buf_done(&text);
}
