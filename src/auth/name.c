/* SPDX-License-Identifier: MIT
 *
 * A name becomes code points (NFC, wide and narrow forms made ordinary), each
 * of them is looked at, then the whole: first character, scripts, direction.
 * Its key is the NFKC case folding with each letter replaced by the first one
 * that it looks like, so that a name in another script cannot pass for a taken
 * one. */
#include "auth/name.h"
#include "auth/name_reserved.h"
#include "auth/script.h"
#include "auth/twin.h"
#include "base/must.h"
#include "base/utf8.h"

#include <stdio.h>
#include <utf8proc.h>

/* Before normalisation a name may be a few times as long as after it. */
enum { CHARS_MAX = 4 * LIMIT_ROOM_BYTES, MARKS_MAX = 4,
       DECOMPOSED_MAX = 20 };

struct chars {
    size_t n;
    utf8proc_int32_t at[CHARS_MAX];
};

struct rules {
    const char *prefix;
    size_t bytes_max;          /* with the prefix */
    const char *punctuation;
    const char *never_first;
    bool reserves;
};

static const struct rules user_rules = {
    .prefix = "",
    .bytes_max = LIMIT_NAME_BYTES,
    .punctuation = "_-.[]{}\\|^`'",
    .never_first = "-.[]{}\\|^`'",
    .reserves = true,
};

static const struct rules room_rules = {
    .prefix = "#",
    .bytes_max = LIMIT_ROOM_BYTES,
    .punctuation = "_-.",
    .never_first = ".",
};

static const char *const fault_texts[] = {
    [NAME_OK] = "is fine",
    [NAME_EMPTY] = "is empty",
    [NAME_TOO_LONG] = "is too long",
    [NAME_BAD_CHARACTER] = "has a character that is not allowed there",
    [NAME_HIDDEN_CHARACTER] = "has an invisible character",
    [NAME_MIXED_SCRIPTS] = "mixes scripts, kinds of digits or directions",
    [NAME_RESERVED] = "is reserved",
};

/* Fullwidth and halfwidth forms are other encodings of ordinary characters
 * (RFC 8265 §3.3.2, width-mapping rule). */
static utf8proc_int32_t
map_width(utf8proc_int32_t cp, void *unused)
{
    const utf8proc_property_t *property = utf8proc_get_property(cp);
    utf8proc_int32_t mapped = cp;
    int class = 0;

    (void)unused;
    if (property->decomp_type == UTF8PROC_DECOMP_TYPE_WIDE ||
        property->decomp_type == UTF8PROC_DECOMP_TYPE_NARROW)
        utf8proc_decompose_char(
            cp, &mapped, 1, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &class);
    return mapped;
}

static utf8proc_ssize_t
decompose(struct str s, int options, utf8proc_custom_func custom,
          struct chars *to)
{
    utf8proc_ssize_t n = utf8proc_decompose_custom(
        (const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, to->at,
        CHARS_MAX, options, custom, NULL);

    to->n = n > 0 && n <= CHARS_MAX ? (size_t)n : 0;
    return n;
}

static void
compose(struct chars *c)
{
    utf8proc_ssize_t n = utf8proc_normalize_utf32(
        c->at, (utf8proc_ssize_t)c->n, UTF8PROC_STABLE | UTF8PROC_COMPOSE);

    must(n >= 0);
    c->n = (size_t)n;
}

/* Not more marks over one another than a language has, none twice (UTS #39
 * §5.4). */
static bool
few_marks(const struct chars *c)
{
    unsigned n = 0;

    for (size_t i = 0; i < c->n; i++) {
        n = utf8proc_category(c->at[i]) == UTF8PROC_CATEGORY_MN ? n + 1 : 0;
        if (n > MARKS_MAX || (n > 1 && c->at[i] == c->at[i - 1]))
            return false;
    }
    return true;
}

static enum name_fault
read_chars(struct str s, enum name_charset charset, struct chars *c)
{
    utf8proc_ssize_t n;

    if (s.n > CHARS_MAX)
        return NAME_TOO_LONG;
    for (size_t i = 0; i < s.n && charset == NAME_ASCII; i++) {
        if ((unsigned char)s.p[i] >= 0x80)
            return NAME_BAD_CHARACTER;
    }
    if (!utf8_valid(s))
        return NAME_BAD_CHARACTER;
    n = decompose(s, UTF8PROC_STABLE | UTF8PROC_COMPOSE, map_width, c);
    if (n > CHARS_MAX)
        return NAME_TOO_LONG;
    must(n > 0);
    if (!few_marks(c))
        return NAME_BAD_CHARACTER;
    compose(c);
    return NAME_OK;
}

static bool
one_of(utf8proc_int32_t cp, const char *set)
{
    return cp > 0 && cp < 0x80 && strchr(set, cp) != NULL;
}

static enum name_fault
ascii_fault(utf8proc_int32_t cp, const char *punctuation)
{
    if (cp < 0x20 || cp == 0x7f)
        return NAME_HIDDEN_CHARACTER;
    if ((cp >= '0' && cp <= '9') || ((cp | 0x20) >= 'a' && (cp | 0x20) <= 'z'))
        return NAME_OK;
    return one_of(cp, punctuation) ? NAME_OK : NAME_BAD_CHARACTER;
}

/* What RFC 5892 §2.6 says against the category: the tatweel and others that
 * only stretch or repeat, tone marks of Hangul; and the ideographic zero. Old
 * jamo (RFC 8264 §9.9) that made no syllable are none of a name either. */
static const struct {
    utf8proc_int32_t first, last;
    enum name_fault fault;
} exceptions[] = {
    {0x0640, 0x0640, NAME_BAD_CHARACTER},
    {0x07fa, 0x07fa, NAME_BAD_CHARACTER},
    {0x1100, 0x11ff, NAME_BAD_CHARACTER},
    {0x3007, 0x3007, NAME_OK},
    {0x302e, 0x302f, NAME_BAD_CHARACTER},
    {0x3031, 0x3035, NAME_BAD_CHARACTER},
    {0x303b, 0x303b, NAME_BAD_CHARACTER},
    {0xa960, 0xa97c, NAME_BAD_CHARACTER},
    {0xd7b0, 0xd7fb, NAME_BAD_CHARACTER},
};

/* Styled doubles of other characters (ligatures, mathematical and circled
 * letters; RFC 8264 §9.17): NFKC would change them. The Thai and Lao vowel AM
 * only looks like one. */
static bool
is_double(utf8proc_int32_t cp)
{
    utf8proc_int32_t plain[DECOMPOSED_MAX], compat[DECOMPOSED_MAX];
    int class = 0, again = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        cp, plain, DECOMPOSED_MAX, UTF8PROC_DECOMPOSE, &class);

    if (cp == 0x0e33 || cp == 0x0eb3)
        return false;
    return n > DECOMPOSED_MAX
        || n != utf8proc_decompose_char(
               cp, compat, DECOMPOSED_MAX,
               UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &again)
        || memcmp(plain, compat, (size_t)n * sizeof plain[0]) != 0;
}

static enum name_fault
char_fault(utf8proc_int32_t cp, const char *punctuation)
{
    const utf8proc_property_t *property;

    if (cp < 0x80)
        return ascii_fault(cp, punctuation);
    property = utf8proc_get_property(cp);
    if (property->ignorable)
        return NAME_HIDDEN_CHARACTER;
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++) {
        if (cp >= exceptions[i].first && cp <= exceptions[i].last)
            return exceptions[i].fault;
    }
    switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
        return is_double(cp) ? NAME_BAD_CHARACTER : NAME_OK;
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return NAME_HIDDEN_CHARACTER;
    default:
        return NAME_BAD_CHARACTER;
    }
}

static bool
may_begin(utf8proc_int32_t cp, const char *never_first)
{
    utf8proc_category_t category = utf8proc_category(cp);

    return category != UTF8PROC_CATEGORY_MN &&
           category != UTF8PROC_CATEGORY_MC && !one_of(cp, never_first);
}

static enum name_fault
chars_fault(const struct chars *c, const struct rules *rules)
{
    for (size_t i = 0; i < c->n; i++) {
        enum name_fault fault = char_fault(c->at[i], rules->punctuation);

        if (fault != NAME_OK)
            return fault;
    }
    return may_begin(c->at[0], rules->never_first) ? NAME_OK
                                                   : NAME_BAD_CHARACTER;
}

static bool
one_script(const struct chars *c)
{
    const char *seen = "Zyyy";

    for (size_t i = 0; i < c->n; i++) {
        const char *script = script_of((uint32_t)c->at[i]);

        if (strcmp(script, "Zyyy") == 0)
            continue;
        if (strcmp(seen, "Zyyy") != 0 && strcmp(script, seen) != 0)
            return false;
        seen = script;
    }
    return true;
}

/* Of each kind the ten lie in one row of sixteen. */
static bool
one_kind_of_digits(const struct chars *c)
{
    utf8proc_int32_t seen = -1;

    for (size_t i = 0; i < c->n; i++) {
        if (utf8proc_category(c->at[i]) != UTF8PROC_CATEGORY_ND)
            continue;
        if (seen >= 0 && c->at[i] >> 4 != seen)
            return false;
        seen = c->at[i] >> 4;
    }
    return true;
}

static utf8proc_bidi_class_t
direction(utf8proc_int32_t cp)
{
    return (utf8proc_bidi_class_t)utf8proc_get_property(cp)->bidi_class;
}

static bool
is_rtl(utf8proc_int32_t cp)
{
    return direction(cp) == UTF8PROC_BIDI_CLASS_R ||
           direction(cp) == UTF8PROC_BIDI_CLASS_AL;
}

/* A name with letters that run from right to left begins with one and ends
 * with one or a digit, so that it is shown in one piece (RFC 5893 §2). */
static bool
one_direction(const struct chars *c)
{
    size_t last = c->n - 1, i = 0;

    while (i < c->n && !is_rtl(c->at[i]))
        i++;
    if (i == c->n)
        return true;
    while (last > 0 && direction(c->at[last]) == UTF8PROC_BIDI_CLASS_NSM)
        last--;
    return i == 0 && (is_rtl(c->at[last]) ||
                      direction(c->at[last]) == UTF8PROC_BIDI_CLASS_EN ||
                      direction(c->at[last]) == UTF8PROC_BIDI_CLASS_AN);
}

/* False when prefix and characters do not fit into bytes_max. */
static bool
write_chars(const struct chars *c, const char *prefix, size_t bytes_max,
            char to[LIMIT_ROOM_BYTES + 1])
{
    size_t n = strlen(prefix);

    memcpy(to, prefix, n);
    for (size_t i = 0; i < c->n; i++) {
        char bytes[4];
        size_t more = utf8_encode((uint32_t)c->at[i], bytes);

        if (n + more > bytes_max)
            return false;
        memcpy(to + n, bytes, more);
        n += more;
    }
    to[n] = '\0';
    return true;
}

/* Lookalikes are replaced while letters and their marks lie apart. The dot
 * over an i is there anyhow (UTS #39; the Turkish capital has one). */
static void
replace_twins(struct chars *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++) {
        uint32_t cp = twin_of((uint32_t)c->at[i]);

        if (cp == 0x307 && n > 0 && (c->at[n - 1] == 'i'
                                     || c->at[n - 1] == 'j'))
            continue;
        c->at[n++] = (utf8proc_int32_t)cp;
    }
    c->n = n;
}

static bool
make_key(struct str text, const char *prefix, char key[LIMIT_ROOM_BYTES + 1])
{
    struct chars c;
    utf8proc_ssize_t n =
        decompose(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                            UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, NULL, &c);

    if (n <= 0 || n > CHARS_MAX)
        return false;
    replace_twins(&c);
    compose(&c);
    return write_chars(&c, prefix, LIMIT_ROOM_BYTES, key);
}

static enum name_fault
check(struct str s, enum name_charset charset, const struct rules *rules,
      struct name *out)
{
    size_t prefix = strlen(rules->prefix);
    struct name name = {0};
    enum name_fault fault;
    struct chars c;

    if (s.n == 0)
        return NAME_EMPTY;
    fault = read_chars(s, charset, &c);
    if (fault == NAME_OK)
        fault = chars_fault(&c, rules);
    if (fault != NAME_OK)
        return fault;
    if (!write_chars(&c, rules->prefix, rules->bytes_max, name.text) ||
        !make_key(str_of(name.text + prefix), rules->prefix, name.key))
        return NAME_TOO_LONG;
    if (!one_script(&c) || !one_kind_of_digits(&c)
        || !one_direction(&c))
        return NAME_MIXED_SCRIPTS;
    if (rules->reserves && name_is_reserved(name.key))
        return NAME_RESERVED;
    *out = name;
    return NAME_OK;
}

enum name_fault
name_check_user(struct str s, enum name_charset charset, struct name *out)
{
    return check(s, charset, &user_rules, out);
}

enum name_fault
name_check_room(struct str s, enum name_charset charset, struct name *out)
{
    if (s.n == 0)
        return NAME_EMPTY;
    if (s.p[0] != '#')
        return NAME_BAD_CHARACTER;
    return check((struct str){s.p + 1, s.n - 1}, charset, &room_rules, out);
}

void
name_from_address(const char *address, unsigned port, struct name *out)
{
    const char *form = strchr(address, ':') ? "[%s]:%u" : "%s:%u";
    int n = snprintf(out->text, sizeof(out->text), form, address, port);

    must(n > 0 && (size_t)n < sizeof(out->text));
    memcpy(out->key, out->text, sizeof(out->key));
}

const char *
name_fault_text(enum name_fault fault)
{
    must(fault <= NAME_RESERVED);
    return fault_texts[fault];
}
