/* SPDX-License-Identifier: MIT
 *
 * UTF-8 (RFC 3629) and the one place that says which characters may pass
 * from a peer into a message and from a message onto a terminal. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

/* Decodes one character: its bytes (1 to 4) and *cp, or 0 when s does not
 * start with a whole, shortest-form, non-surrogate character. */
size_t utf8_decode(struct str s, uint32_t *cp);
size_t utf8_encode(uint32_t cp, char out[4]);
bool utf8_valid(struct str s);

/* How utf8_clean() treats a line feed. */
enum utf8_lines { UTF8_ONE_LINE, UTF8_KEEP_LF };

/* Appends s to out without C0 controls (TAB stays), DEL, C1 controls
 * U+0080-9F, U+2028/2029, and with each run of invalid bytes replaced by one
 * U+FFFD. A whole terminal escape sequence (CSI, OSC, DCS ... ECMA-48 §5.4,
 * §8.3) goes with its ESC, not only the ESC byte. UTF8_ONE_LINE turns LF and
 * CRLF into a space; UTF8_KEEP_LF keeps LF. A linear pass; the result may be up
 * to three times as long (U+FFFD). -ENOBUFS when out's maximum is passed. */
int utf8_clean(struct buf *out, struct str s, enum utf8_lines lines) MUST_USE;

/* True when utf8_clean() would change nothing: the common case, no copy. */
bool utf8_is_clean(struct str s, enum utf8_lines lines);

#endif
