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

static bool
is_ipv4(struct str host)
{
    for (size_t i = 0; i < host.n; i++) {
        if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9'))
            return false;
    }
    return host.n > 0;
}

/* 127.0.0.0/8, and no name that merely begins so. */
static bool
is_loopback_ipv4(struct str host)
{
    return is_ipv4(host) && str_starts_nocase(host, "127.");
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

/* IPv4, or an IPv6 address in its brackets (RFC 3986 §3.2.2). */
static bool
is_address(struct str host)
{
    return is_ipv4(host) || (host.n > 0 && host.p[0] == '[');
}

static bool
ends_with(struct str s, const char *end)
{
    size_t n = strlen(end);

    return s.n > n &&
           str_eq_nocase((struct str){s.p + s.n - n, n}, str_of(end));
}

/* No stranger can have such a name: an address, a name of the local network,
 * or one of the domains that are never delegated (RFC 6761, 6762, 8375). */
static bool
is_nobody_elses(struct str host)
{
    static const char *const local[] = {
        ".localhost", ".local", ".home.arpa", ".internal", ".lan",
    };

    if (is_address(host) || memchr(host.p, '.', host.n) == NULL)
        return true;
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        if (ends_with(host, local[i]))
            return true;
    }
    return false;
}

/* A name that leads here need not be ours: whoever owns it can point it at
 * this machine, and a browser then takes their page for one of this server's
 * (DNS rebinding, PROMISES threat 6). */
static bool
is_our_host(const char *hosts, struct str authority)
{
    struct str host = without_port(authority);

    if (*hosts == '\0')
        return is_nobody_elses(host);
    return is_loopback(host) || is_listed(hosts, str_of("*")) ||
           is_listed(hosts, host) || is_listed(hosts, authority);
}

bool
http_guard_host(struct conn *c)
{
    struct str authority = http_x(c)->r.host;

    if (authority.n == 0 ||
        is_our_host(conn_config(c)->http_hosts, authority))
        return true;
    http_fail(c, 421, "wrong_host",
              "This server does not go by that name: its operator can put it "
              "into http.hosts");
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
