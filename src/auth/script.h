/* SPDX-License-Identifier: MIT
 *
 * Which writing system a character belongs to, closely enough to keep a name
 * from mixing them; and which letters of other scripts look like Latin ones. */
#ifndef AUTH_SCRIPT_H
#define AUTH_SCRIPT_H

#include <stdint.h>

enum script {
    SCRIPT_COMMON,       /* digits, punctuation, marks of no script */
    SCRIPT_LATIN,
    SCRIPT_GREEK,
    SCRIPT_CYRILLIC,
    SCRIPT_ARMENIAN,
    SCRIPT_HEBREW,
    SCRIPT_ARABIC,
    SCRIPT_DEVANAGARI,
    SCRIPT_BENGALI,
    SCRIPT_TAMIL,
    SCRIPT_THAI,
    SCRIPT_GEORGIAN,
    SCRIPT_ETHIOPIC,
    SCRIPT_HANGUL,
    SCRIPT_HAN,          /* with Hiragana, Katakana and Bopomofo */
    SCRIPT_OTHER,        /* everything else, as if it were one */
};

enum script script_of(uint32_t cp);

/* The Latin letter that the case-folded letter cp looks like in either case,
 * or cp itself. */
uint32_t script_latin_twin(uint32_t cp);

#endif
