/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_guard.h"

#include "dialect/http/http_handlers.h"

/* Host and port of "host:port"; "[::1]:80" too. */
static struct str
without_port(struct str s)
{
    size_t n = s.n;

    while (n > 0 && s.p[n - 1] >= '0' && s.p[n - 1] <= '9')
        n--;
    if (n > 0 && s.p[n - 1] == ':')
        return (struct str){s.p, n - 1};
    return s;
}

/* 127.0.0.0/8, and no name that merely begins so. */
static bool
is_loopback_ipv4(struct str host)
{
    for (size_t i = 0; i < host.n; i++) {
        if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9'))
            return false;
    }
    return str_starts_nocase(host, "127.");
}

static bool
is_loopback(struct str host)
{
    return str_eq_nocase(host, str_of("localhost")) ||
           str_eq(host, str_of("[::1]")) || is_loopback_ipv4(host);
}

static bool
is_listed(const char *list, struct str s)
{
    struct str rest = str_of(list), word;

    while ((word = str_word(&rest)).n > 0) {
        if (str_eq_nocase(word, s))
            return true;
    }
    return false;
}

bool
http_guard_host(struct conn *c)
{
    const struct http_request *r = &http_x(c)->r;
    const char *hosts = conn_config(c)->http_hosts;
    struct str host = without_port(r->host);

    if (*hosts == '\0' || r->host.n == 0 || is_loopback(host) ||
        is_listed(hosts, host) || is_listed(hosts, r->host))
        return true;
    http_fail(c, 421, "wrong_host", "This server does not go by that name");
    return false;
}

static struct str
without_default_port(struct str authority, bool https)
{
    const char *port = https ? ":443" : ":80";
    size_t n = strlen(port);

    if (authority.n > n &&
        memcmp(authority.p + authority.n - n, port, n) == 0)
        authority.n -= n;
    return authority;
}

/* A proxy in front may have taken the TLS away, so the scheme says nothing. */
static bool
is_same_origin(const struct http_request *r, struct str origin)
{
    bool https = str_starts_nocase(origin, "https://");
    size_t scheme = https ? 8 : 7;

    if (!https && !str_starts_nocase(origin, "http://"))
        return false;
    origin = (struct str){origin.p + scheme, origin.n - scheme};
    return origin.n > 0 &&
           str_eq_nocase(without_default_port(origin, https),
                         without_default_port(r->host, https));
}

static bool
is_allowed_origin(struct conn *c, struct str origin)
{
    return origin.n > 0 && is_listed(conn_config(c)->http_origins, origin);
}

static bool
is_foreign_fetch(const struct http_request *r)
{
    struct str site = http_header(r, "Sec-Fetch-Site");

    return str_eq_nocase(site, str_of("cross-site")) ||
           str_eq_nocase(site, str_of("same-site"));
}

static bool
is_guarded(const struct http_exchange *x)
{
    bool safe = x->r.method == HTTP_GET || x->r.method == HTTP_HEAD ||
                x->r.method == HTTP_OPTIONS;

    return !safe || x->handler == &http_websocket_handler;
}

bool
http_guard_origin(struct conn *c)
{
    const struct http_exchange *x = http_x(c);
    struct str origin = http_header(&x->r, "Origin");
    bool once = http_header_count(&x->r, "Origin") <= 1;

    if (!is_guarded(x) || (once && is_allowed_origin(c, origin)))
        return true;
    if (once && (origin.p == NULL || is_same_origin(&x->r, origin)) &&
        !is_foreign_fetch(&x->r))
        return true;
    http_fail(c, 403, "cross_site", "Another web site may not do that here");
    return false;
}

void
http_guard_fields(struct conn *c, struct http_out *o)
{
    const struct http_request *r = &http_x(c)->r;
    struct str origin = http_header(r, "Origin");

    if (*conn_config(c)->http_origins == '\0')
        return;
    http_out_field(o, "Vary", "Origin");
    if (!is_allowed_origin(c, origin))
        return;
    http_out_field(o, "Access-Control-Allow-Origin", "%.*s", STR_FMT(origin));
    http_out_field(o, "Access-Control-Expose-Headers",
                   "Location, Content-Location, Upload-Offset, Upload-Length, "
                   "Upload-Expires, Tus-Resumable, Repr-Digest");
    if (r->method != HTTP_OPTIONS)
        return;
    http_out_field(o, "Access-Control-Allow-Methods",
                   "GET, HEAD, POST, PUT, PATCH, DELETE");
    http_out_field(o, "Access-Control-Allow-Headers",
                   "Authorization, Content-Type, Idempotency-Key, "
                   "Last-Event-ID, Tus-Resumable, Upload-Checksum, "
                   "Upload-Length, Upload-Metadata, Upload-Offset");
    http_out_field(o, "Access-Control-Max-Age", "600");
}
