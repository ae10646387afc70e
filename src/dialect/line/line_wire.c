/* SPDX-License-Identifier: MIT
 *
 * The line's end is looked for with memchr and remembered across calls, so a
 * line that drips in byte by byte still costs linear time. Only a line that
 * holds telnet bytes, NULs or something unclean is copied. */
#include "dialect/line/line_wire.h"
#include "base/must.h"
#include "base/utf8.h"

enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254,
       IAC = 255, ECHO = 1 };

/* A subnegotiation that nobody ends must not make a connection deaf. */
enum { OPTION_BYTES_MAX = 256 };

enum telnet_mode {
    TELNET_TEXT,
    TELNET_COMMAND,           /* after IAC */
    TELNET_SUB,               /* after IAC SB */
    TELNET_SUB_COMMAND,       /* after an IAC in there */
    TELNET_WILL = WILL,       /* after IAC and that */
    TELNET_WONT = WONT,
    TELNET_DO = DO,
    TELNET_DONT = DONT,
};

/* After IAC. What is no command follows a stray 0xFF, and is text: a newline
 * there is still one. */
static bool
telnet_command(struct line_telnet *t, uint8_t byte)
{
    t->mode = TELNET_TEXT;
    if (byte >= WILL && byte <= DONT)
        t->mode = byte;
    if (byte == SB) {
        t->mode = TELNET_SUB;
        t->option_bytes = 0;
    }
    return byte == IAC || byte < SE;
}

static bool
telnet_sub(struct line_telnet *t, uint8_t byte)
{
    bool ends = t->mode == TELNET_SUB_COMMAND && byte == SE;

    if (++t->option_bytes > OPTION_BYTES_MAX) {
        t->mode = TELNET_TEXT;
        return !ends;
    }
    if (t->mode == TELNET_SUB)
        t->mode = byte == IAC ? TELNET_SUB_COMMAND : TELNET_SUB;
    else
        t->mode = ends ? TELNET_TEXT : TELNET_SUB;
    return false;
}

/* Takes one byte; true if it is text. */
static bool
telnet_step(struct line_telnet *t, uint8_t byte)
{
    switch ((enum telnet_mode)t->mode) {
    case TELNET_TEXT:
        if (byte != IAC)
            return true;
        t->mode = TELNET_COMMAND;
        return false;
    case TELNET_COMMAND:
        return telnet_command(t, byte);
    case TELNET_SUB:
    case TELNET_SUB_COMMAND:
        return telnet_sub(t, byte);
    case TELNET_WILL:
    case TELNET_WONT:
    case TELNET_DO:
    case TELNET_DONT:
        t->mode = TELNET_TEXT;
        return false;
    }
    return false;
}

/* The refusal of an option, if it was asked for. */
static void
refuse_option(uint8_t verb, uint8_t option, bool echo, struct buf *out)
{
    uint8_t answer[3] = {IAC, verb == DO ? WONT : DONT, option};

    if (verb == DO && option == ECHO && echo)
        return;
    if (verb == DO || verb == WILL)
        must(buf_append(out, answer, sizeof answer) == 0);
}

bool
line_wire_options(struct line_telnet t, const uint8_t *p, size_t n, bool echo,
                  struct buf *out)
{
    const uint8_t *iac;
    bool any = false;
    uint8_t mode;

    for (size_t at = 0; at < n; at++) {
        if (t.mode == TELNET_TEXT) {
            iac = memchr(p + at, IAC, n - at);
            if (!iac)
                break;
            at = (size_t)(iac - p);
        }
        mode = t.mode;
        telnet_step(&t, p[at]);
        if (mode >= TELNET_WILL) {
            any = true;
            refuse_option(mode, p[at], echo, out);
        }
    }
    return any;
}

/* Index of the first LF of the text at or after `at`, or n. */
static size_t
find_newline(struct line_telnet *t, const uint8_t *p, size_t at, size_t n)
{
    while (at < n) {
        const uint8_t *lf, *iac;
        size_t end;

        if (t->mode != TELNET_TEXT) {
            if (telnet_step(t, p[at]) && p[at] == '\n')
                return at;
            at++;
            continue;
        }
        lf = memchr(p + at, '\n', n - at);
        end = lf ? (size_t)(lf - p) : n;
        iac = memchr(p + at, IAC, end - at);
        if (!iac)
            return end;
        at = (size_t)(iac - p) + 1;
        t->mode = TELNET_COMMAND;
    }
    return n;
}

void
line_wire_break(struct line_wire *w)
{
    *w = (struct line_wire){0};
}

enum line_wire_found
line_wire_next(struct line_wire *w, const uint8_t *p, size_t n, size_t max,
               struct str *raw, size_t *used)
{
    size_t end = find_newline(&w->telnet, p, w->scanned, n), length = end;

    if (w->skipping) {
        *used = end < n ? end + 1 : n;
        if (end == n)
            return LINE_WIRE_MORE;
        line_wire_break(w);
        return LINE_WIRE_SKIPPED;
    }
    if (end == n && length <= max + 1) {    /* the one may be a CR */
        must(length <= INT32_MAX);
        w->scanned = (uint32_t)length;
        *used = 0;
        return LINE_WIRE_MORE;
    }
    if (end == n) {
        w->skipping = true;
        w->scanned = 0;
        *used = n;
        return LINE_WIRE_TOO_LONG;
    }
    line_wire_break(w);
    *used = end + 1;
    if (length > 0 && p[end - 1] == '\r')
        length--;
    if (length > max)
        return LINE_WIRE_TOO_LONG;
    *raw = (struct str){(const char *)p, length};
    return LINE_WIRE_LINE;
}

/* Without telnet's bytes and NULs. */
static void
strip(struct buf *out, struct str raw)
{
    struct line_telnet t = {0};
    char *to = buf_reserve(out, raw.n);
    size_t n = 0;

    must(to);
    for (size_t i = 0; i < raw.n; i++) {
        if (telnet_step(&t, (uint8_t)raw.p[i]) && raw.p[i] != '\0')
            to[n++] = raw.p[i];
    }
    buf_commit(out, n);
}

static void
clean(struct buf *out, struct str s)
{
    if (s.n > 0 && s.p[s.n - 1] == '\r')
        s.n--;
    must(utf8_clean(out, s, UTF8_ONE_LINE) == 0);
}

struct str
line_wire_secret(struct str raw, struct buf *scratch)
{
    must(raw.n <= LIMIT_MESSAGE_BYTES + 1);
    strip(scratch, raw);
    if (scratch->n > 0 && scratch->p[scratch->n - 1] == '\r')
        scratch->n--;
    return buf_str(scratch);
}

struct str
line_wire_text(struct str raw, struct buf *scratch)
{
    struct buf stripped;

    must(raw.n <= LIMIT_MESSAGE_BYTES + 1);
    if (utf8_is_clean(raw, UTF8_ONE_LINE))
        return raw;
    buf_init(&stripped, LIMIT_MESSAGE_BYTES + 1);
    strip(&stripped, raw);
    buf_clear(scratch);
    clean(scratch, buf_str(&stripped));
    buf_done(&stripped);
    return buf_str(scratch);
}

static const char file_prefix[] = "FILE:";

bool
line_wire_file(struct str line, struct str *name, uint64_t *size)
{
    const char *prefix = file_prefix;
    const size_t start = sizeof file_prefix - 1;
    size_t colon = line.n;
    unsigned long long value;

    if (line.n < start || memcmp(line.p, prefix, start) != 0)
        return false;
    while (colon > start && line.p[colon - 1] != ':')
        colon--;
    if (colon <= start)
        return false;
    line.n -= colon;
    if (!str_to_u64(str_trim((struct str){line.p + colon, line.n}), UINT64_MAX,
                    &value))
        return false;
    *name = (struct str){line.p + start, colon - 1 - start};
    *size = value;
    return true;
}

/* Index behind the colon and digits at p[at], or 0: they are not all there,
 * or are none. */
static size_t
skip_size(const uint8_t *p, size_t at, size_t n)
{
    size_t digits = at + 1;

    while (digits < n && p[digits] >= '0' && p[digits] <= '9')
        digits++;
    return digits > at + 1 && digits < n && p[digits] != ':' ? digits : 0;
}

/* What stands at p[end] of a newline: 0 to 2 bytes; 3: more has to come. */
static size_t
skip_newline(const uint8_t *p, size_t end, size_t n)
{
    if (p[end] == '\n')
        return 1;
    if (p[end] != '\r')
        return 0;
    if (end + 1 == n)
        return 3;
    return p[end + 1] == '\n' ? 2 : 0;
}

bool
line_wire_bare_file(const uint8_t *p, size_t n, size_t max, struct str *raw,
                    size_t *used)
{
    const size_t start = sizeof file_prefix - 1;
    size_t end = 0, newline;

    if (n > LINE_WIRE_HEADER_BYTES)
        n = LINE_WIRE_HEADER_BYTES;
    if (n < start || memcmp(p, file_prefix, start) != 0)
        return false;
    for (size_t at = start; end == 0 && at < n && p[at] != '\n'; at++) {
        if (p[at] == ':')
            end = skip_size(p, at, n);
    }
    newline = end > 0 && end <= max ? skip_newline(p, end, n) : 3;
    if (newline == 3)
        return false;
    *raw = (struct str){(const char *)p, end};
    *used = end + newline;
    return true;
}
