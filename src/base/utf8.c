/* SPDX-License-Identifier: MIT
 *
 * Decoding UTF-8 and keeping what a terminal would obey out of it. Text is
 * seen as spans that may pass, copied whole, and single unwelcome things
 * between them. What is left holds no ESC, no control and no invalid byte, so
 * that cleaning it again changes nothing. */
#include "base/utf8.h"

#include <errno.h>
#include <stdint.h>

/* The longest escape sequence that is removed whole. A string sequence that
 * nobody ends would otherwise swallow the rest of a message. */
enum { ESCAPE_MAX = 1024 };

enum { BEL = 0x07, LF = 0x0a, CAN = 0x18, SUB = 0x1a, ESC = 0x1b };

#define EACH_BYTE(value) (UINT64_MAX / 255 * (value))

static inline bool
within(uint32_t c, uint32_t low, uint32_t high)
{
    return c - low <= high - low;
}

/* Bytes and lowest value of the forms, by lead byte (RFC 3629 §3). */
static size_t
form(unsigned char lead, uint32_t *bits, uint32_t *lowest)
{
    if (within(lead, 0xc2, 0xdf)) {
        *bits = lead & 0x1fu;
        *lowest = 0x80;
        return 2;
    }
    if (within(lead, 0xe0, 0xef)) {
        *bits = lead & 0x0fu;
        *lowest = 0x800;
        return 3;
    }
    if (within(lead, 0xf0, 0xf4)) {
        *bits = lead & 0x07u;
        *lowest = 0x10000;
        return 4;
    }
    return 0;
}

size_t
utf8_decode(struct str s, uint32_t *cp)
{
    const unsigned char *p = (const unsigned char *)s.p;
    uint32_t c, lowest;
    size_t n;

    if (s.n == 0)
        return 0;
    if (p[0] < 0x80) {
        *cp = p[0];
        return 1;
    }
    n = form(p[0], &c, &lowest);
    if (n == 0 || n > s.n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    if (c < lowest || c > 0x10ffff || within(c, 0xd800, 0xdfff))
        return 0;
    *cp = c;
    return n;
}

size_t
utf8_encode(uint32_t cp, char out[4])
{
    must(cp <= 0x10ffff && !within(cp, 0xd800, 0xdfff));
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

static inline struct str
skip(struct str s, size_t n)
{
    return n > 0 ? (struct str){s.p + n, s.n - n} : s;
}

/* Length of the run of printable ASCII (0x20 to 0x7e) at the front, to a
 * multiple of eight: eight bytes are looked at in one word. */
static size_t
plain_prefix(struct str s)
{
    size_t i;

    for (i = 0; i + 8 <= s.n; i += 8) {
        uint64_t w, not_del, bad;

        memcpy(&w, s.p + i, sizeof(w));
        not_del = w ^ EACH_BYTE(0x7f);
        bad = w | (w - EACH_BYTE(0x20)) | (not_del - EACH_BYTE(0x01));
        if (bad & EACH_BYTE(0x80))
            break;
    }
    return i;
}

bool
utf8_valid(struct str s)
{
    uint32_t cp;
    size_t n;

    for (s = skip(s, plain_prefix(s)); s.n > 0; s = skip(s, n)) {
        n = utf8_decode(s, &cp);
        if (n == 0)
            return false;
        if (cp < 0x80)
            n += plain_prefix(skip(s, n));
    }
    return true;
}

/* C0 controls, then DEL with C1, then the separators that break a line. */
static bool
may_pass(uint32_t cp, enum utf8_lines lines)
{
    if (cp < 0x20)
        return cp == '\t' || (cp == LF && lines == UTF8_KEEP_LF);
    return !within(cp, 0x7f, 0x9f) && !within(cp, 0x2028, 0x2029);
}

/* Length of the span at the front that passes as it is. */
static size_t
clean_prefix(struct str s, enum utf8_lines lines)
{
    size_t at = plain_prefix(s), n;
    uint32_t cp;

    while ((n = utf8_decode(skip(s, at), &cp)) > 0 && may_pass(cp, lines)) {
        at += n;
        if (cp < 0x80)
            at += plain_prefix(skip(s, at));
    }
    return at;
}

bool
utf8_is_clean(struct str s, enum utf8_lines lines)
{
    return clean_prefix(s, lines) == s.n;
}

/* Length of the run of bytes from low to high that starts at `at`. */
static size_t
run(struct str s, size_t at, unsigned char low, unsigned char high)
{
    size_t n = 0;

    while (at + n < s.n && within((unsigned char)s.p[at + n], low, high))
        n++;
    return n;
}

/* Past a CSI's parameters, intermediates and final byte (ECMA-48 §5.4). */
static size_t
control_end(struct str s, size_t at)
{
    at += run(s, at, 0x30, 0x3f);
    at += run(s, at, 0x20, 0x2f);
    if (run(s, at, 0x40, 0x7e) > 0)
        at++;
    return at;
}

/* Past an OSC's or DCS's text and its end: BEL or ST. A line feed, a CAN, SUB
 * or another sequence breaks it off and is not part of it, as in a terminal. */
static size_t
string_end(struct str s, size_t at)
{
    for (; at < s.n; at++) {
        unsigned char c = (unsigned char)s.p[at];
        unsigned char next = at + 1 < s.n ? (unsigned char)s.p[at + 1] : 0;

        if (c == BEL)
            return at + 1;
        if (c == ESC)
            return next == '\\' ? at + 2 : at;
        if (c == 0xc2 && within(next, 0x80, 0x9f))
            return next == 0x9c ? at + 2 : at;
        if (c == LF || c == CAN || c == SUB)
            return at;
    }
    return at;
}

/* Where the sequence ends that C1 control `c` introduced just before `at`
 * (ECMA-48 §8.3); a control without a sequence ends there itself. */
static size_t
introduced_end(struct str s, size_t at, uint32_t c)
{
    switch (c) {
    case 0x8e: /* SS2 */
    case 0x8f: /* SS3 */
        return at + (run(s, at, 0x20, 0x7e) > 0);
    case 0x9b: /* CSI */
        return control_end(s, at);
    case 0x90: /* DCS */
    case 0x98: /* SOS */
    case 0x9d: /* OSC */
    case 0x9e: /* PM */
    case 0x9f: /* APC */
        return string_end(s, at);
    default:
        return at;
    }
}

/* No more than ESCAPE_MAX, and not through the middle of a character. */
static size_t
bounded(struct str s)
{
    size_t n = s.n;

    if (n <= ESCAPE_MAX)
        return n;
    for (n = ESCAPE_MAX; n > ESCAPE_MAX - 3; n--) {
        if ((s.p[n] & 0xc0) != 0x80)
            break;
    }
    return n;
}

/* Length of the control at the front of s together with the sequence that it
 * starts. ESC and a byte from '@' to '_' are a C1 control in two bytes. */
static size_t
control_length(struct str s, uint32_t control, size_t bytes)
{
    size_t between;

    s.n = bounded(s);
    if (control != ESC)
        return introduced_end(s, bytes, control);
    if (run(s, 1, 0x40, 0x5f) > 0)
        return introduced_end(s, 2, (unsigned char)s.p[1] + 0x40u);
    between = run(s, 1, 0x20, 0x2f);
    return 1 + between + (run(s, 1 + between, 0x30, 0x7e) > 0);
}

static size_t
invalid_prefix(struct str s)
{
    uint32_t cp;
    size_t n = 0;

    while (n < s.n && utf8_decode(skip(s, n), &cp) == 0)
        n++;
    return n;
}

/* Takes one unwelcome thing off the front of *s; returns what stands for it. */
static struct str
replace_one(struct str *s)
{
    uint32_t cp;
    size_t n = utf8_decode(*s, &cp);

    if (n == 0) {
        *s = skip(*s, invalid_prefix(*s));
        return str_of("\xef\xbf\xbd");
    }
    if (cp == LF) {
        *s = skip(*s, n);
        return str_of(" ");
    }
    *s = skip(*s, control_length(*s, cp, n));
    return (struct str){NULL, 0};
}

int
utf8_clean(struct buf *out, struct str s, enum utf8_lines lines)
{
    size_t before = out->n;
    int r = 0;

    while (s.n > 0 && r == 0) {
        size_t n = clean_prefix(s, lines);

        r = buf_append(out, s.p, n);
        s = skip(s, n);
        if (r == 0 && s.n > 0)
            r = buf_append_str(out, replace_one(&s));
    }
    if (r < 0)
        out->n = before;
    return r;
}
