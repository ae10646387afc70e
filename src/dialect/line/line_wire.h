/* SPDX-License-Identifier: MIT
 *
 * Bytes into lines, purely: no line is longer than it may be, none holds what
 * a terminal would obey, and how the bytes were split makes no difference.
 *
 *   next() finds a line's end  ->  text() makes it presentable
 *
 * A line ends with LF or CRLF. Telnet's negotiation (RFC 854) is no part of a
 * line; options() reads it. */
#ifndef DIALECT_LINE_LINE_WIRE_H
#define DIALECT_LINE_LINE_WIRE_H

#include "base/buf.h"
#include "base/limits.h"

/* Where in a telnet command we are. */
struct line_telnet {
    uint8_t mode;
    uint16_t option_bytes;    /* of a subnegotiation, so far */
};

/* All zero at the start of a connection. */
struct line_wire {
    struct line_telnet telnet;
    uint32_t scanned : 31;    /* bytes of the unfinished line that were seen */
    bool skipping : 1;        /* the rest of a line that was too long */
};

enum line_wire_found {
    LINE_WIRE_MORE,           /* no whole line yet */
    LINE_WIRE_LINE,
    LINE_WIRE_TOO_LONG,       /* told once per line; its rest is skipped */
    LINE_WIRE_SKIPPED,        /* and has ended */
};

/* Looks for a line of at most `max` bytes in p[0..n), which begins where the
 * last call's *used ended; n < 2^31. *used = how many bytes are done with;
 * with LINE, *raw is the line without its newline (borrowed from p). To have
 * the same line again, restore *w as it was and use nothing. */
enum line_wire_found line_wire_next(struct line_wire *w, const uint8_t *p,
                                    size_t n, size_t max, struct str *raw,
                                    size_t *used);

/* The unfinished line counts as one, by decree: it is p[0..n) as it is. */
void line_wire_break(struct line_wire *w);

/* What p[0..n) says of telnet's options, when `t` is where a scan of it begins.
 * True: something, so the peer speaks telnet. What it asks for is refused in
 * `out`, as RFC 1143 wants it of who has no options (WONT, DONT); but for ECHO
 * while we `echo`, which is an answer to us. Refusals are not asked for by a
 * refusal, so two of us are silent after one. `out` gets at most n + 2
 * bytes. */
bool line_wire_options(struct line_telnet t, const uint8_t *p, size_t n,
                       bool echo, struct buf *out);

#define LINE_WIRE_ECHO_ON "\xff\xfb\x01"     /* IAC WILL ECHO (RFC 857) */
#define LINE_WIRE_ECHO_OFF "\xff\xfc\x01"    /* IAC WONT ECHO */

/* A raw line as it is, but for telnet's bytes and NULs: a password. */
struct str line_wire_secret(struct str raw, struct buf *scratch);

/* A raw line of at most LIMIT_MESSAGE_BYTES + 1 as text that is clean by
 * utf8_is_clean(). Borrows from raw, or from scratch if anything had to be
 * changed. */
#define LINE_WIRE_SCRATCH_BYTES (4 * LIMIT_MESSAGE_BYTES)
struct str line_wire_text(struct str raw, struct buf *scratch);

/* "FILE:name:size": so many raw bytes follow the line. The name may hold
 * colons, or nothing: what it was made of may all have been taken out. False,
 * and nothing set, when it is anything else. */
bool line_wire_file(struct str line, struct str *name, uint64_t *size);

/* The same at the front of p[0..n), for who sends no newline behind it: it
 * ends where the first number behind a second colon does, if what follows is
 * neither a digit nor a colon. A newline there still belongs to it; any other
 * byte is the file's first. False: there is none of at most `max` bytes in
 * p[0..n), not yet or not at all. *raw is the header (borrowed), *used its
 * length with its newline. */
#define LINE_WIRE_HEADER_BYTES 1024
bool line_wire_bare_file(const uint8_t *p, size_t n, size_t max,
                         struct str *raw, size_t *used);

#endif
