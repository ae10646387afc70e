/* SPDX-License-Identifier: MIT
 *
 * What comes before a connection's first byte, and whether others can listen.
 *
 * A proxy of [server] proxies says first whom it brings: the header is read
 * exactly, since TLS may follow it in the same socket. From anybody else it is
 * not parsed. Then the first bytes are looked at and left where they are: 0x16
 * begins a handshake of TLS, and nothing else that is spoken here. A proxy that
 * is not one of ours is told so (conn_input.c), since its header would read
 * like a person who is called QUIT. */
#include "edge/conn_impl.h"
#include "edge/worker_impl.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/proxy_wire.h"
#include <errno.h>
#include <sys/socket.h>

#define HANDSHAKE 0x16             /* RFC 8446 §5.1 */

#define INSECURE_TEXT "This server is spoken to over TLS only."
#define INSECURE_HINT \
    INSECURE_TEXT " Try: openssl s_client -quiet -connect HOST:PORT"
#define PROXY_TEXT \
    "From this address a PROXY header, version 2, comes first."

/* --- A proxy's header --------------------------------------------------- */

static struct sockaddr_storage
source_of(const struct proxy_header *h)
{
    struct sockaddr_storage peer = {0};
    struct sockaddr_in6 *in6 = (void *)&peer;

    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(h->port);
    memcpy(&in6->sin6_addr, h->source, sizeof h->source);
    return peer;
}

/* The one it brings is counted instead of the proxy, who never is. */
static void
meet(struct conn *c, const struct proxy_header *h)
{
    struct worker *w = conn_worker(c);
    struct sockaddr_storage peer = source_of(h);
    const char *why = gate_admit_behind(w->o.gate, &peer, clock_mono_ms());

    if (why != NULL) {
        metrics_add(w->o.shard, METRIC_refused_total, 1);
        conn_refuse(c, why, "refused behind a proxy");
        return;
    }
    conn_set_peer(c, &peer);
    c->announced = true;
    log_event(LOG_INFO, "edge", "announced",
              LOG_N("session", c->receiver.session),
              LOG_S("addr", conn_address(c)));
}

static void
take_header(struct conn *c, const struct buf *bytes)
{
    struct proxy_header h;

    if (!proxy_read((const uint8_t *)bytes->p, bytes->n, &h)) {
        metrics_add(conn_worker(c)->o.shard, METRIC_bad_input_total, 1);
        conn_refuse(c, PROXY_TEXT, "no proxy's header");
        return;
    }
    c->prefaced = false;
    c->heard_ms = conn_now(c);     /* from here on, silence is a person's */
    if (h.local)
        return;
    c->behind = true;
    c->secure = h.secure;          /* wherever the proxy is */
    if (h.known)
        meet(c, &h);
}

static void
hear_proxy(struct conn *c)
{
    struct buf *bytes = &conn_get_extra(c)->rest;
    uint8_t some[PROXY_HEADER_BYTES];
    size_t wants = proxy_wants((const uint8_t *)bytes->p, bytes->n);
    ssize_t n = stream_read(&c->stream, some, wants);

    if (n == -EAGAIN)
        return;
    if (n <= 0) {
        conn_end(c, "closed without a word", true);
        return;
    }
    if (buf_append(bytes, some, (size_t)n) < 0) {
        conn_lose(c, "out of memory");
        return;
    }
    if (proxy_wants((const uint8_t *)bytes->p, bytes->n) > 0)
        return;
    take_header(c, bytes);
    conn_drop_rest(c);
}

/* --- TLS ---------------------------------------------------------------- */

static void
begin_handshake(struct conn *c)
{
    struct tls *tls = tls_accept(conn_worker(c)->o.tls, c->stream.fd);

    if (tls == NULL) {
        conn_lose(c, "out of memory");
        return;
    }
    c->prefaced = true;
    c->first_ms = conn_now(c);
    stream_start_tls(&c->stream, tls);
}

static void
end_handshake(struct conn *c)
{
    struct tls *tls = stream_tls(&c->stream);

    if (c->stream.error != 0 || tls_handshake(tls) != 1) {
        log_event(LOG_INFO, "edge", "handshake failed",
                  LOG_N("session", c->receiver.session),
                  LOG_S("why", tls_why(tls)));
        conn_end(c, "handshake failed", false);
        return;
    }
    c->prefaced = false;
    c->secure = true;
    c->heard_ms = conn_now(c);
    log_event(LOG_INFO, "edge", "encrypted",
              LOG_N("session", c->receiver.session),
              LOG_S("version", tls_version(tls)),
              LOG_S("protocol", tls_protocol(tls)),
              LOG_N("resumed", tls_is_resumed(tls)));
    conn_agree(c, tls_protocol(tls));
}

/* --- Before the first byte ---------------------------------------------- */

/* True: the dialects need not look at it. */
static bool
look_at_beginning(struct conn *c)
{
    uint8_t first;

    if (conn_worker(c)->o.tls == NULL ||
        recv(c->stream.fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1 ||
        first != HANDSHAKE)
        return false;
    begin_handshake(c);
    return true;
}

bool
conn_is_prefaced(struct conn *c)
{
    if (c->bytes_in > 0 || c->ending)
        return false;
    if (!c->prefaced)
        return !c->dialect && !c->stream.is_tls && look_at_beginning(c);
    if (!c->stream.is_tls) {
        hear_proxy(c);       /* what follows is looked at from the start */
        return true;
    }
    if (!c->stream.shaking)
        end_handshake(c);
    return c->prefaced || c->ending;
}

/* --- Who may do without ------------------------------------------------- */

bool
conn_may_speak(struct conn *c, const struct dialect *d)
{
    bool person = d == conn_fallback(c);

    if (c->secure || !conn_worker(c)->o.tls_required)
        return true;
    if (!c->dialect && !person)
        conn_speak(c, d);
    conn_refuse_as(c, DENY_INSECURE, person ? INSECURE_HINT : INSECURE_TEXT,
                   "not encrypted");
    return false;
}
