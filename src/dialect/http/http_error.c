/* SPDX-License-Identifier: MIT
 *
 * Errors, in the words that the peer prefers: problem details (RFC 9457), a
 * page, a line of text. http_out.h declares them. */
#include "base/clock.h"
#include "base/json.h"
#include "dialect/http/http_accept_wire.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_page.h"
#include "dialect/upload.h"

#include <stdio.h>

enum {
    RETRY_S = 60,                /* where nothing is known of it */
};

unsigned
http_deny_status(enum deny deny)
{
    switch (deny) {
    case DENY_NONE: return 500;
    case DENY_BAD_REQUEST: return 400;
    case DENY_BAD_VERSION: return 400;
    case DENY_NO_NAME: return 401;
    case DENY_BAD_NAME: return 400;
    case DENY_NAME_TAKEN: return 409;
    case DENY_BAD_ROOM: return 400;
    case DENY_NO_SUCH_ROOM: return 404;
    case DENY_NO_SUCH_PERSON: return 404;
    case DENY_NOT_IN_ROOM: return 403;
    case DENY_TOO_MANY_ROOMS: return 403;
    case DENY_FORBIDDEN: return 403;
    case DENY_EMPTY_MESSAGE: return 400;
    case DENY_MESSAGE_TOO_LONG: return 413;
    case DENY_CLIENT_ID_CONFLICT: return 409;
    case DENY_STORAGE_FULL: return 507;
    case DENY_STORAGE_BROKEN: return 503;
    case DENY_NO_SUCH_FILE: return 404;
    case DENY_FILE_TOO_LARGE: return 413;
    case DENY_NO_QUOTA: return 507;
    case DENY_BAD_CHECKSUM: return 400;
    case DENY_BAD_OFFSET: return 409;
    case DENY_OVERLOADED: return 503;
    case DENY_NO_GUESTS: return 401;
    case DENY_NO_ACCOUNT: return 403;
    case DENY_NAME_REGISTERED: return 401;
    case DENY_BAD_CREDENTIALS: return 401;
    case DENY_THROTTLED: return 429;
    case DENY_INSECURE: return 403;
    case DENY_WEAK_PASSWORD: return 422;
    case DENY_REGISTRATION_CLOSED: return 403;
    case DENY_BAD_INVITATION: return 403;
    case DENY_NO_SUCH_DEVICE: return 404;
    case DENY_INVITE_ONLY: return 403;
    case DENY_BANNED: return 403;
    case DENY_MUTED: return 403;
    case DENY_TOO_FAST: return 429;
    case DENY_NO_SUCH_BAN: return 404;
    case DENY_STOPPING: return 503;
    }
    must(!"a refusal");
    return 500;
}

/* --- Errors -------------------------------------------------------------- */

static void
put_problem(struct buf *b, unsigned status, const char *code, struct str text,
            struct str members)
{
    struct json j;

    json_open(&j, b);
    json_text(&j, "type", str_of("about:blank"));
    json_text(&j, "title", str_of(http_status_text(status)));
    json_number(&j, "status", status);
    json_text(&j, "detail", text);
    json_text(&j, "code", str_of(code));
    http_put_str(b, members);
    must(json_close(&j) == 0);
    http_put(b, "\n");
}

enum { ERROR_TEXT, ERROR_HTML, ERROR_PROBLEM, ERROR_JSON };

/* /v1 is for programs: it tells them in JSON, whatever they forgot to say. */
static int
error_offer(const struct http_request *r)
{
    static const char *const offers[] = {
        [ERROR_TEXT] = "text/plain", [ERROR_HTML] = "text/html",
        [ERROR_PROBLEM] = "application/problem+json",
        [ERROR_JSON] = "application/json",
    };
    int best;

    if (str_starts_nocase(r->path, "/v1"))
        return ERROR_PROBLEM;
    best = http_accept_best(http_header(r, "Accept"), offers, 4);
    return best < 0 ? ERROR_TEXT : best;
}

/* A browser that is challenged by Basic asks for a password and sends it at
 * once, whoever listens; by Bearer alone (RFC 9110 wants one) it does not. */
static void
put_challenge(struct http_out *o)
{
    http_out_field(o, "WWW-Authenticate", "Bearer realm=\"loquat\"");
    if (conn_is_secure(o->conn) || conn_config(o->conn)->plain_secrets)
        http_out_field(o, "WWW-Authenticate",
                       "Basic realm=\"loquat\", charset=\"UTF-8\"");
}

static void
fill_error_fields(struct http_out *o, unsigned status)
{
    http_out_field(o, "Cache-Control", "no-store");
    if (status == 401)
        put_challenge(o);
    if (status == 503 || status == 507)
        http_out_field(o, "Retry-After", "10");
}

static void
send_error(struct http_out *o, const char *code, struct str text,
           struct str members)
{
    struct http_exchange *x = http_x(o->conn);
    const char *type = http_type_name(HTTP_TYPE_TEXT);
    struct buf b;

    buf_init(&b, HTTP_BODY_MAX);
    fill_error_fields(o, o->status);
    switch (error_offer(&x->r)) {
    case ERROR_HTML:
        type = http_type_name(HTTP_TYPE_HTML);
        http_page_fields(o);
        http_page_error(&b, o->conn, o->status, text);
        break;
    case ERROR_PROBLEM:
    case ERROR_JSON:
        type = "application/problem+json";
        put_problem(&b, o->status, code, text, members);
        break;
    default:
        http_put_str(&b, text);
        http_put(&b, "\n");
        break;
    }
    http_out_whole(o, type, buf_str(&b));
    buf_done(&b);
}

void
http_out_error(struct http_out *o, const char *code, const char *text)
{
    send_error(o, code, str_of(text), (struct str){NULL, 0});
}

void
http_fail(struct conn *c, unsigned status, const char *code, const char *text)
{
    struct http_out o;

    http_out_begin(&o, c, status);
    send_error(&o, code, str_of(text), (struct str){NULL, 0});
}

void
http_deny_text(enum deny deny, struct str more, char out[HTTP_ERROR_BYTES])
{
    if (more.n > 0)
        snprintf(out, HTTP_ERROR_BYTES, "%s (%.*s)", deny_text(deny),
                 STR_FMT(more));
    else
        snprintf(out, HTTP_ERROR_BYTES, "%s", deny_text(deny));
}

static void
deny(struct conn *c, enum deny why, struct str more, int64_t wait_ms,
     struct str members)
{
    char text[HTTP_ERROR_BYTES];
    struct http_out o;

    http_deny_text(why, more, text);
    http_out_begin(&o, c, http_deny_status(why));
    if (o.status == 429)
        http_out_field(&o, "Retry-After", "%lld",
                       wait_ms > 0 ? ((long long)wait_ms + 999) / 1000
                                   : RETRY_S);
    send_error(&o, deny_word(why), str_of(text), members);
}

void
http_deny_event(struct conn *c, const struct event *e)
{
    http_deny_with(c, e, (struct str){NULL, 0});
}

void
http_deny_with(struct conn *c, const struct event *e, struct str members)
{
    deny(c, e->deny, e->text, e->wait_ms, members);
}

void
http_deny_upload(struct conn *c, const struct upload *u)
{
    deny(c, u->why, str_of(u->detail), u->wait_ms, (struct str){NULL, 0});
}

void
http_deny(struct conn *c, enum deny why, struct str more)
{
    deny(c, why, more, 0, (struct str){NULL, 0});
}

void
http_say_raw(struct conn *c, unsigned status, const char *text)
{
    char date[HTTP_TIME_BYTES];

    if (text == NULL)
        text = http_status_text(status);
    http_date(clock_wall_ms(), date);
    conn_printf(c, "HTTP/1.1 %u %s\r\nServer: loquat\r\nDate: %s\r\n"
                   "Connection: %s\r\n"
                   "Content-Type: text/plain; charset=utf-8\r\n"
                   "Content-Length: %zu\r\n\r\n%s\n",
                status, http_status_text(status), date,
                status == 426 ? "close, upgrade\r\nUpgrade: TLS/1.2" : "close",
                strlen(text) + 1, text);
}

void
http_fail_raw(struct conn *c, unsigned status, const char *text)
{
    struct http *s = conn_state(c);

    http_say_raw(c, status, text);
    s->stage = STAGE_OVER;
    conn_end(c, http_status_text(status), false);
}
