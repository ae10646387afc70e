/* SPDX-License-Identifier: MIT
 *
 * Which writing system a character of a name belongs to (Unicode's Script
 * property), so that a name does not mix them. */
#ifndef AUTH_SCRIPT_H
#define AUTH_SCRIPT_H

#include <stdint.h>

/* Its four letters of ISO 15924. "Zyyy": of none in particular (ASCII digits
 * and punctuation, marks), or no character of names. "Hani" are also the kana
 * and Bopomofo, which are written together with it. */
const char *script_of(uint32_t cp);

#endif
