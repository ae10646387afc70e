/* SPDX-License-Identifier: MIT
 *
 * Two tables in the order of their code points. The first goes by blocks (see
 * Unicode's Blocks.txt), not by single characters: what is no letter, mark or
 * digit was refused before. The second holds the lookalikes that can make up
 * whole names (from Unicode's confusables.txt). */
#include "auth/script.h"

#include <stddef.h>

static const struct {
    uint32_t first, last;
    enum script script;
} blocks[] = {
    {0x0000, 0x0040, SCRIPT_COMMON},
    {0x0041, 0x005a, SCRIPT_LATIN},
    {0x005b, 0x0060, SCRIPT_COMMON},
    {0x0061, 0x007a, SCRIPT_LATIN},
    {0x007b, 0x007f, SCRIPT_COMMON},
    {0x00c0, 0x02af, SCRIPT_LATIN},
    {0x02b0, 0x036f, SCRIPT_COMMON},     /* modifiers, combining marks */
    {0x0370, 0x03ff, SCRIPT_GREEK},
    {0x0400, 0x052f, SCRIPT_CYRILLIC},
    {0x0530, 0x058f, SCRIPT_ARMENIAN},
    {0x0590, 0x05ff, SCRIPT_HEBREW},
    {0x0600, 0x06ff, SCRIPT_ARABIC},
    {0x0750, 0x077f, SCRIPT_ARABIC},
    {0x0870, 0x08ff, SCRIPT_ARABIC},
    {0x0900, 0x097f, SCRIPT_DEVANAGARI},
    {0x0980, 0x09ff, SCRIPT_BENGALI},
    {0x0b80, 0x0bff, SCRIPT_TAMIL},
    {0x0e00, 0x0e7f, SCRIPT_THAI},
    {0x10a0, 0x10ff, SCRIPT_GEORGIAN},
    {0x1100, 0x11ff, SCRIPT_HANGUL},
    {0x1200, 0x139f, SCRIPT_ETHIOPIC},
    {0x1ab0, 0x1aff, SCRIPT_COMMON},     /* combining marks */
    {0x1c80, 0x1c8f, SCRIPT_CYRILLIC},
    {0x1c90, 0x1cbf, SCRIPT_GEORGIAN},
    {0x1dc0, 0x1dff, SCRIPT_COMMON},     /* combining marks */
    {0x1e00, 0x1eff, SCRIPT_LATIN},
    {0x1f00, 0x1fff, SCRIPT_GREEK},
    {0x20d0, 0x20ff, SCRIPT_COMMON},     /* combining marks */
    {0x2c60, 0x2c7f, SCRIPT_LATIN},
    {0x2d00, 0x2d2f, SCRIPT_GEORGIAN},
    {0x2d80, 0x2ddf, SCRIPT_ETHIOPIC},
    {0x2de0, 0x2dff, SCRIPT_CYRILLIC},
    {0x3005, 0x3007, SCRIPT_HAN},
    {0x3040, 0x312f, SCRIPT_HAN},        /* Hiragana, Katakana, Bopomofo */
    {0x3130, 0x318f, SCRIPT_HANGUL},
    {0x31a0, 0x31bf, SCRIPT_HAN},
    {0x31f0, 0x31ff, SCRIPT_HAN},
    {0x3400, 0x4dbf, SCRIPT_HAN},
    {0x4e00, 0x9fff, SCRIPT_HAN},
    {0xa640, 0xa69f, SCRIPT_CYRILLIC},
    {0xa720, 0xa7ff, SCRIPT_LATIN},
    {0xa8e0, 0xa8ff, SCRIPT_DEVANAGARI},
    {0xa960, 0xa97f, SCRIPT_HANGUL},
    {0xab30, 0xab6f, SCRIPT_LATIN},
    {0xac00, 0xd7ff, SCRIPT_HANGUL},
    {0xf900, 0xfaff, SCRIPT_HAN},
    {0xfe20, 0xfe2f, SCRIPT_COMMON},     /* combining marks */
    {0x1b000, 0x1b16f, SCRIPT_HAN},      /* more Kana */
    {0x20000, 0x323af, SCRIPT_HAN},
};

/* A letter is here when its small or its capital form looks Latin. */
static const struct {
    uint32_t letter;
    char latin;
} twins[] = {
    {0x0131, 'i'}, {0x0251, 'a'}, {0x0261, 'g'}, {0x0269, 'i'}, {0x03b1, 'a'},
    {0x03b2, 'b'}, {0x03b5, 'e'}, {0x03b6, 'z'}, {0x03b7, 'h'}, {0x03b9, 'i'},
    {0x03ba, 'k'}, {0x03bc, 'm'}, {0x03bd, 'v'}, {0x03bf, 'o'}, {0x03c1, 'p'},
    {0x03c4, 't'}, {0x03c5, 'u'}, {0x03c7, 'x'}, {0x03f3, 'j'}, {0x0430, 'a'},
    {0x0432, 'b'}, {0x0435, 'e'}, {0x043a, 'k'}, {0x043c, 'm'}, {0x043d, 'h'},
    {0x043e, 'o'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0442, 't'}, {0x0443, 'y'},
    {0x0445, 'x'}, {0x0455, 's'}, {0x0456, 'i'}, {0x0458, 'j'}, {0x0475, 'v'},
    {0x04af, 'y'}, {0x04bb, 'h'}, {0x04cf, 'l'}, {0x0501, 'd'}, {0x051b, 'q'},
    {0x051d, 'w'}, {0x0563, 'q'}, {0x0570, 'h'}, {0x0578, 'n'}, {0x057d, 'u'},
    {0x0581, 'g'}, {0x0585, 'o'},
};

enum script
script_of(uint32_t cp)
{
    size_t low = 0, high = sizeof(blocks) / sizeof(blocks[0]);

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (cp < blocks[middle].first)
            high = middle;
        else if (cp > blocks[middle].last)
            low = middle + 1;
        else
            return blocks[middle].script;
    }
    return SCRIPT_OTHER;
}

uint32_t
script_latin_twin(uint32_t cp)
{
    if (cp < twins[0].letter)
        return cp;
    for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
        if (twins[i].letter == cp)
            return (uint32_t)twins[i].latin;
    }
    return cp;
}
