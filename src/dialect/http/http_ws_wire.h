/* SPDX-License-Identifier: MIT
 *
 * The WebSocket handshake's server side (RFC 6455 §4.2). */
#ifndef DIALECT_HTTP_HTTP_WS_WIRE_H
#define DIALECT_HTTP_HTTP_WS_WIRE_H

#include "dialect/http/http_wire.h"

#define HTTP_WS_VERSION "13"
#define HTTP_WS_ACCEPT_BYTES 29          /* 28 characters and a NUL */

/* 101 if r is a handshake, else what to answer: 405 (no GET), 426 (not an
 * upgrade to websocket; or another version: say Sec-WebSocket-Version:
 * HTTP_WS_VERSION), 400 (a key that is missing, repeated or not 16 bytes, or
 * a body, or HTTP/1.0). Origin is the caller's business. */
int http_ws_check(const struct http_request *r);

/* Sec-WebSocket-Accept for a request that was checked. */
void http_ws_accept(const struct http_request *r,
                    char out[HTTP_WS_ACCEPT_BYTES]);

/* Whether the client offers the subprotocol, which is spelt exactly so; the
 * order of preference is the caller's. */
bool http_ws_offers(const struct http_request *r, const char *protocol);

#endif
