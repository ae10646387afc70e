/* SPDX-License-Identifier: MIT
 *
 * GET /ws: the handshake of RFC 6455 §4.2. What follows it is another
 * dialect's. */
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_ws_wire.h"

static void
refuse(struct conn *c, unsigned status)
{
    struct http_out o;

    http_out_begin(&o, c, status);
    if (status == 426) {
        http_out_field(&o, "Upgrade", "websocket");
        http_out_field(&o, "Sec-WebSocket-Version", HTTP_WS_VERSION);
        http_out_error(&o, "not_a_websocket",
                       "This path speaks WebSocket, version 13");
    } else {
        if (status == 405)
            http_out_field(&o, "Allow", "GET, OPTIONS");
        http_out_error(&o, "bad_handshake",
                       "That is not a WebSocket handshake");
    }
}

/* The state goes with the upgrade, so it is done where input() ends. */
static void
accept_handshake(struct conn *c)
{
    struct http *s = conn_state(c);
    char accept[HTTP_WS_ACCEPT_BYTES];

    http_ws_accept(&s->x->r, accept);
    conn_printf(c, "HTTP/1.1 101 Switching Protocols\r\nServer: loquat\r\n"
                   "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: %s\r\n"
                   "Sec-WebSocket-Protocol: %s\r\n\r\n", accept,
                HTTP_WS_PROTOCOL);
    s->x->answered = true;
    s->upgrade = true;
    conn_timer(c, 0);
}

static void
begin(struct conn *c)
{
    struct http_exchange *x = http_x(c);
    int status = http_ws_check(&x->r);

    if (status != 101)
        refuse(c, (unsigned)status);
    else if (!http_ws_offers(&x->r, HTTP_WS_PROTOCOL))
        http_fail(c, 400, "bad_subprotocol",
                  "The subprotocol here is " HTTP_WS_PROTOCOL);
    else
        accept_handshake(c);
}

const struct http_handler http_websocket_handler = {
    .need = NEED_NOBODY,
    .begin = begin,
};
