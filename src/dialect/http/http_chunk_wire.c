/* SPDX-License-Identifier: MIT
 *
 * One function per group of states, each takes one byte; only data is taken
 * by the span. */
#include "dialect/http/http_chunk_wire.h"
#include "dialect/http/http_field_wire.h"

enum state {
    SIZE,
    EXT_START,               /* after ';' */
    EXT_NAME,
    EXT_VALUE_START,         /* after '=' */
    EXT_VALUE,
    EXT_QUOTED,
    EXT_ESCAPED,
    EXT_AFTER_QUOTE,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    END,
    BAD,
};

enum { SIZE_DIGITS_MAX = 16 };

static int
hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static enum state
size_byte(struct http_chunk *c, uint8_t byte)
{
    int value = hex_value(byte);

    if (value >= 0) {
        if (c->digits == SIZE_DIGITS_MAX || c->left > INT64_MAX >> 4)
            return BAD;
        c->digits++;
        c->left = c->left << 4 | (unsigned)value;
        return SIZE;
    }
    if (c->digits == 0)
        return BAD;
    c->line_bytes = 0;
    return byte == '\r' ? SIZE_LF : byte == ';' ? EXT_START : BAD;
}

/* Where an extension may end or another begin. */
static enum state
ext_boundary(uint8_t byte)
{
    return byte == '\r' ? SIZE_LF : byte == ';' ? EXT_START : BAD;
}

/* RFC 9112 §7.1.1. */
static enum state
ext_byte(struct http_chunk *c, uint8_t byte)
{
    bool token = http_token_char(byte);

    if (++c->line_bytes > LIMIT_HTTP_CHUNK_BYTES)
        return BAD;
    switch (c->state) {
    case EXT_START:
        return token ? EXT_NAME : BAD;
    case EXT_NAME:
        return token ? EXT_NAME : byte == '=' ? EXT_VALUE_START
                                              : ext_boundary(byte);
    case EXT_VALUE_START:
        return token ? EXT_VALUE : byte == '"' ? EXT_QUOTED : BAD;
    case EXT_VALUE:
        return token ? EXT_VALUE : ext_boundary(byte);
    case EXT_QUOTED:
        if (!http_value_char(byte))
            return BAD;
        return byte == '"' ? EXT_AFTER_QUOTE : byte == '\\' ? EXT_ESCAPED
                                                            : EXT_QUOTED;
    case EXT_ESCAPED:
        return http_value_char(byte) ? EXT_QUOTED : BAD;
    default:
        return ext_boundary(byte);
    }
}

/* A size line has ended. */
static enum state
size_end(struct http_chunk *c, uint8_t byte)
{
    c->digits = 0;
    c->line_bytes = 0;
    if (byte != '\n' || c->left > INT64_MAX - c->total)
        return BAD;
    c->total += c->left;
    return c->left > 0 ? DATA : TRAILER_START;
}

/* What must not come in a trailer, since it would change how the message is
 * read after it was. */
static bool
forbidden(const struct http_chunk *c)
{
    static const char *const names[] = {
        "content-length", "transfer-encoding", "host",
    };
    struct str name = {c->name, c->name_bytes};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_eq_nocase(name, str_of(names[i])))
            return true;
    }
    return false;
}

static enum state
trailer_name(struct http_chunk *c, uint8_t byte)
{
    if (byte == ':')
        return c->name_bytes == 0 || forbidden(c) ? BAD : TRAILER_VALUE;
    if (!http_token_char(byte))
        return BAD;
    if (c->name_bytes < sizeof c->name)
        c->name[c->name_bytes++] = (char)byte;
    return TRAILER_NAME;
}

static enum state
trailer_byte(struct http_chunk *c, uint8_t byte)
{
    if (++c->line_bytes > LIMIT_HTTP_TRAILER_BYTES)
        return BAD;
    switch (c->state) {
    case TRAILER_START:
        if (byte == '\r')
            return END_LF;
        if (++c->fields > LIMIT_HTTP_HEADERS)
            return BAD;
        c->name_bytes = 0;
        return trailer_name(c, byte);
    case TRAILER_NAME:
        return trailer_name(c, byte);
    case TRAILER_VALUE:
        return byte == '\r' ? TRAILER_LF
               : http_value_char(byte) ? TRAILER_VALUE : BAD;
    default:
        return byte == '\n' ? TRAILER_START : BAD;
    }
}

static enum state
step(struct http_chunk *c, uint8_t byte)
{
    switch ((enum state)c->state) {
    case SIZE:
        return size_byte(c, byte);
    case SIZE_LF:
        return size_end(c, byte);
    case DATA_CR:
        return byte == '\r' ? DATA_LF : BAD;
    case DATA_LF:
        return byte == '\n' ? SIZE : BAD;
    case END_LF:
        return byte == '\n' ? END : BAD;
    case EXT_START: case EXT_NAME: case EXT_VALUE_START: case EXT_VALUE:
    case EXT_QUOTED: case EXT_ESCAPED: case EXT_AFTER_QUOTE:
        return ext_byte(c, byte);
    case TRAILER_START: case TRAILER_NAME: case TRAILER_VALUE: case TRAILER_LF:
        return trailer_byte(c, byte);
    case DATA: case END: case BAD:
        break;
    }
    return BAD;
}

static size_t
take_data(struct http_chunk *c, const uint8_t *p, size_t n, struct str *data)
{
    size_t take = c->left < n ? (size_t)c->left : n;

    *data = (struct str){(const char *)p, take};
    c->left -= take;
    if (c->left == 0)
        c->state = DATA_CR;
    return take;
}

enum http_chunk_found
http_chunk_next(struct http_chunk *c, const uint8_t *p, size_t n,
                struct str *data, size_t *used)
{
    size_t at = 0;

    while (at < n && c->state != DATA && c->state < END)
        c->state = (uint8_t)step(c, p[at++]);
    *used = at;
    if (c->state >= END)
        return c->state == END ? HTTP_CHUNK_END : HTTP_CHUNK_BAD;
    if (at == n)
        return HTTP_CHUNK_MORE;
    *used = at + take_data(c, p + at, n - at, data);
    return HTTP_CHUNK_DATA;
}
