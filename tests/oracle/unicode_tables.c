/* SPDX-License-Identifier: MIT
 *
 * Prints the rows of src/auth/twin.c or src/auth/script.c, from ICU's data:
 *
 *   unicode_tables twins|scripts
 *
 * For a new version of Unicode; the rows are pasted, so that the server needs
 * no ICU. Only characters that a name may have are in them (auth/name.c); as
 * twins only such that neither case folding nor decomposition changes. */
#include "auth/name.h"
#include "base/must.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>

enum { FIRST = 0x21, END = 0x33000, SKELETON_BYTES = 64, COLUMNS = 80 };

struct letter {
    uint32_t cp;
    char small[SKELETON_BYTES], capital[SKELETON_BYTES];
};

static struct letter letters[END];
static size_t letters_n;
static USpoofChecker *checker;

static void
skeleton(uint32_t cp, char out[SKELETON_BYTES])
{
    UErrorCode rc = U_ZERO_ERROR;
    char bytes[4];
    size_t n = utf8_encode(cp, bytes);
    int32_t k = uspoof_getSkeletonUTF8(checker, 0, bytes, (int32_t)n, out,
                                       SKELETON_BYTES, &rc);

    out[U_SUCCESS(rc) && k < SKELETON_BYTES ? k : 0] = '\0';
}

/* A name of it, behind something that it may follow. */
static bool
is_in_names(uint32_t cp)
{
    static const char *const before[] = {"", "a", "\u0915", "\u05d0",
                                         "\u0628"};
    UErrorCode rc = U_ZERO_ERROR;

    if (cp >= 0xd800 && cp < 0xe000)
        return false;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        char text[16];
        size_t n = strlen(before[i]);
        struct name name;

        memcpy(text, before[i], n);
        n += utf8_encode(cp, text + n);
        if (name_check_user((struct str){text, n}, NAME_UNICODE, &name)
                != NAME_BAD_CHARACTER
            && u_charType((UChar32)cp) != U_CONTROL_CHAR
            && !u_hasBinaryProperty((UChar32)cp,
                                    UCHAR_DEFAULT_IGNORABLE_CODE_POINT)
            && uscript_getScript((UChar32)cp, &rc) != USCRIPT_UNKNOWN)
            return true;
    }
    return false;
}

static void
gather(void)
{
    for (uint32_t cp = FIRST; cp < END; cp++) {
        struct letter *l = &letters[letters_n];

        if (!is_in_names(cp)
            || !u_getIntPropertyValue((UChar32)cp, UCHAR_NFD_QUICK_CHECK)
            || (uint32_t)u_foldCase((UChar32)cp, U_FOLD_CASE_DEFAULT) != cp)
            continue;
        l->cp = cp;
        skeleton(cp, l->small);
        skeleton((uint32_t)u_toupper((UChar32)cp), l->capital);
        letters_n++;
    }
}

static bool
is_ascii_letter(const struct letter *l)
{
    return l->cp >= 'a' && l->cp <= 'z';
}

/* The first letter before l that it looks like: an ASCII one as it is (0 and 1
 * stay behind o and l), then one with which it shares its capital, then one
 * whose capital it looks like, then any other. */
static const struct letter *
twin(const struct letter *l)
{
    const struct letter *found[4] = {0};

    for (const struct letter *m = letters; m < l; m++) {
        bool ascii = m->cp < 0x80, letter = is_ascii_letter(m);
        bool fits[4] = {
            ascii && m->cp != '0' && m->cp != '1'
                && strcmp(l->small, m->small) == 0,
            letter && strcmp(l->capital, m->capital) == 0,
            letter && strcmp(l->small, m->capital) == 0,
            !ascii && strcmp(l->small, m->small) == 0,
        };

        for (size_t i = 0; i < 4; i++) {
            if (fits[i] && (found[i] == NULL
                            || (letter && !is_ascii_letter(found[i]))))
                found[i] = m;
        }
    }
    for (size_t i = 0; i < 4; i++) {
        if (found[i] != NULL)
            return found[i];
    }
    return NULL;
}

static void
print(const char *row)
{
    static size_t column;

    if (column + 1 + strlen(row) > COLUMNS || column == 0) {
        column = (size_t)printf("%s   ", column > 0 ? "\n" : "");
    }
    column += (size_t)printf(" %s", row);
}

static void
print_twins(void)
{
    char row[40];

    for (size_t i = 0; i < letters_n; i++) {
        const struct letter *l = &letters[i];
        const struct letter *t = l->cp < 0x80 ? NULL : twin(l);

        if (t == NULL)
            continue;
        for (const struct letter *next; t->cp >= 0x80; t = next) {
            next = twin(t);
            if (next == NULL)
                break;
        }
        snprintf(row, sizeof row, "{0x%04x, 0x%02x},", l->cp, t->cp);
        print(row);
    }
    printf("\n");
}

/* Together in one name: Han, both kana, Bopomofo. Digits of the Arabs belong
 * to nobody in Unicode, for they are also others'. */
static const char *
script_name(uint32_t cp)
{
    UErrorCode rc = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript((UChar32)cp, &rc);

    if (cp >= 0x660 && cp <= 0x669)
        return "Arab";
    switch (script) {
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
        return "Hani";
    case USCRIPT_COMMON:
    case USCRIPT_INHERITED:
        return cp == 0x30fc ? "Hani" : "Zyyy";
    default:
        return uscript_getShortName(script);
    }
}

static void
print_range(uint32_t first, uint32_t last, const char *script)
{
    char row[48];

    snprintf(row, sizeof row, "{0x%04x, 0x%04x, \"%s\"},", first, last,
             script);
    print(row);
}

static void
print_scripts(void)
{
    const char *script = NULL;
    uint32_t first = 0, last = 0;

    for (uint32_t cp = FIRST; cp < END; cp++) {
        if (!is_in_names(cp))
            continue;
        if (script != NULL && strcmp(script_name(cp), script) != 0) {
            print_range(first, last, script);
            script = NULL;
        }
        if (script == NULL) {
            script = script_name(cp);
            first = cp;
        }
        last = cp;
    }
    print_range(first, last, script);
    printf("\n");
}

int
main(int argc, char **argv)
{
    UErrorCode rc = U_ZERO_ERROR;

    checker = uspoof_open(&rc);
    if (argc != 2 || U_FAILURE(rc))
        return 2;
    if (strcmp(argv[1], "scripts") == 0) {
        print_scripts();
        return 0;
    }
    gather();
    print_twins();
    return 0;
}
