/* SPDX-License-Identifier: MIT
 *
 * Every answer says whether the connection goes on: not behind a body that
 * was not read. */
#include "dialect/http/http_out.h"

#include "base/clock.h"
#include "dialect/http/http_guard.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_text_wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *
http_status_text(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } table[] = {
        {200, "OK"}, {201, "Created"}, {204, "No Content"},
        {206, "Partial Content"}, {303, "See Other"}, {304, "Not Modified"},
        {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
        {404, "Not Found"}, {405, "Method Not Allowed"},
        {408, "Request Timeout"}, {409, "Conflict"}, {411, "Length Required"},
        {412, "Precondition Failed"}, {413, "Content Too Large"},
        {414, "URI Too Long"}, {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"}, {421, "Misdirected Request"},
        {422, "Unprocessable Content"}, {426, "Upgrade Required"},
        {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
        {460, "Checksum Mismatch"}, {500, "Internal Server Error"},
        {501, "Not Implemented"}, {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"}, {507, "Insufficient Storage"},
        {101, "Switching Protocols"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].status == status)
            return table[i].text;
    }
    must(!"a status");
    return NULL;
}

const char *
http_type_name(enum http_type type)
{
    switch (type) {
    case HTTP_TYPE_TEXT: return "text/plain; charset=utf-8";
    case HTTP_TYPE_JSON: return "application/json";
    case HTTP_TYPE_NDJSON: return "application/x-ndjson";
    case HTTP_TYPE_SSE: return "text/event-stream";
    case HTTP_TYPE_HTML: return "text/html; charset=utf-8";
    }
    must(!"a type");
    return NULL;
}

/* --- Text ---------------------------------------------------------------- */

void
http_put_str(struct buf *b, struct str s)
{
    must(buf_append_str(b, s) == 0);
}

void
http_put(struct buf *b, const char *s)
{
    http_put_str(b, str_of(s));
}

static void
put_va(struct buf *b, const char *fmt, va_list ap)
{
    char *text = NULL;
    int n = vasprintf(&text, fmt, ap);

    must(n >= 0);
    http_put_str(b, (struct str){text, (size_t)n});
    free(text);
}

void
http_putf(struct buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    put_va(b, fmt, ap);
    va_end(ap);
}

void
http_put_url(struct buf *b, struct str s)
{
    must(http_percent_encode(b, s) == 0);
}

static const char *
entity(char ch)
{
    switch (ch) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

void
http_put_html(struct buf *b, struct str s)
{
    size_t from = 0;

    for (size_t i = 0; i < s.n; i++) {
        const char *e = entity(s.p[i]);

        if (e == NULL)
            continue;
        http_put_str(b, (struct str){s.p + from, i - from});
        http_put(b, e);
        from = i + 1;
    }
    if (from < s.n)
        http_put_str(b, (struct str){s.p + from, s.n - from});
}

void
http_put_file_url(struct buf *b, const struct file_id *id, struct str name)
{
    char text[FILE_ID_CHARS + 1];

    file_id_write(id, text);
    http_putf(b, "/f/%s/", text);
    http_put_url(b, name);
}

void
http_put_room_url(struct buf *b, struct str room)
{
    bool direct = room.n > 0 && room.p[0] == '@';

    if (direct || (room.n > 0 && room.p[0] == '#'))
        room = (struct str){room.p + 1, room.n - 1};
    http_put(b, direct ? "/v1/people/" : "/r/");
    http_put_url(b, room);
    http_put(b, direct ? "/messages" : "");
}

static struct tm
calendar(int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm = {0};

    must(gmtime_r(&seconds, &tm) != NULL);
    return tm;
}

void
http_time(int64_t wall_ms, char out[HTTP_TIME_BYTES])
{
    struct tm tm = calendar(wall_ms);
    size_t n = strftime(out, HTTP_TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);

    snprintf(out + n, HTTP_TIME_BYTES - n, ".%03dZ", (int)(wall_ms % 1000));
}

/* Not by strftime: its names follow the locale. */
void
http_date(int64_t wall_ms, char out[HTTP_TIME_BYTES])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm = calendar(wall_ms);

    snprintf(out, HTTP_TIME_BYTES, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
             days + 3 * (size_t)tm.tm_wday, tm.tm_mday,
             months + 3 * (size_t)tm.tm_mon, tm.tm_year + 1900, tm.tm_hour,
             tm.tm_min, tm.tm_sec);
}

/* --- Answers ------------------------------------------------------------- */

/* Date is the one thing here that asks a clock: a wrong one harms nobody, and
 * RFC 9110 §6.6.1 wants it. */
void
http_out_begin(struct http_out *o, struct conn *c, unsigned status)
{
    char date[HTTP_TIME_BYTES];

    o->conn = c;
    o->status = status;
    buf_init(&o->head, HTTP_OUT_HEAD_BYTES);
    http_date(clock_wall_ms(), date);
    http_putf(&o->head, "HTTP/1.1 %u %s\r\nServer: loquat\r\nDate: %s\r\n",
              status, http_status_text(status), date);
}

void
http_out_field(struct http_out *o, const char *name, const char *fmt, ...)
{
    va_list ap;

    http_putf(&o->head, "%s: ", name);
    va_start(ap, fmt);
    put_va(&o->head, fmt, ap);
    va_end(ap);
    http_put(&o->head, "\r\n");
}

/* The end of a head; whether the connection goes on is settled here. */
static void
close_head(struct http_out *o)
{
    struct http_exchange *x = http_x(o->conn);

    x->answered = true;
    if (!x->body_over)
        x->keep = false;
    http_guard_fields(o->conn, o);
    if (!x->keep)
        http_out_field(o, "Connection", "close");
    else if (x->r.version_minor == 0)
        http_out_field(o, "Connection", "keep-alive");
    http_put(&o->head, "\r\n");
}

static void
send_head(struct http_out *o, struct str body)
{
    struct slab *s = slab_new(o->head.n + body.n);

    memcpy(s->p, o->head.p, o->head.n);
    if (body.n > 0)
        memcpy(s->p + o->head.n, body.p, body.n);
    buf_done(&o->head);
    conn_send(o->conn, s);
}

void
http_out_whole(struct http_out *o, const char *type, struct str body)
{
    bool bodiless = http_x(o->conn)->r.method == HTTP_HEAD;

    http_out_field(o, "Content-Type", "%s", type);
    http_out_field(o, "X-Content-Type-Options", "nosniff");
    http_out_field(o, "Content-Length", "%zu", body.n);
    close_head(o);
    send_head(o, bodiless ? (struct str){NULL, 0} : body);
    http_request_over(o->conn);
}

/* 204 and 304 have no length (RFC 9110 §8.6). */
void
http_out_empty(struct http_out *o)
{
    if (o->status != 204 && o->status != 304 &&
        http_x(o->conn)->r.method != HTTP_HEAD)
        http_out_field(o, "Content-Length", "0");
    close_head(o);
    send_head(o, (struct str){NULL, 0});
    http_request_over(o->conn);
}

void
http_out_stream(struct http_out *o, const char *type, uint64_t length)
{
    struct http_exchange *x = http_x(o->conn);

    http_out_field(o, "Content-Type", "%s", type);
    http_out_field(o, "X-Content-Type-Options", "nosniff");
    if (length != UINT64_MAX)
        http_out_field(o, "Content-Length", "%llu",
                       (unsigned long long)length);
    else if (x->r.version_minor > 0)
        http_out_field(o, "Transfer-Encoding", "chunked");
    else
        x->keep = false;
    close_head(o);
    send_head(o, (struct str){NULL, 0});
}

void
http_out_chunk(struct conn *c, const void *p, size_t n)
{
    struct slab *s;
    char size[24];
    int m;

    if (n == 0)
        return;
    if (http_x(c)->r.version_minor == 0) {
        conn_send_bytes(c, p, n);
        return;
    }
    m = snprintf(size, sizeof size, "%zx\r\n", n);
    s = slab_new((size_t)m + n + 2);
    memcpy(s->p, size, (size_t)m);
    memcpy(s->p + m, p, n);
    memcpy(s->p + (size_t)m + n, "\r\n", 2);
    conn_send(c, s);
}

void
http_out_last_chunk(struct conn *c)
{
    if (http_x(c)->r.version_minor > 0)
        conn_send_bytes(c, "0\r\n\r\n", 5);
}
