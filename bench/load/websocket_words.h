/* SPDX-License-Identifier: MIT
 *
 * What two wordings need of WebSocket (RFC 6455), from the client's side. */
#ifndef LOAD_WEBSOCKET_WORDS_H
#define LOAD_WEBSOCKET_WORDS_H

#include <stddef.h>

enum { WEBSOCKET_HEAD_MAX = 8 };

/* The request that turns an HTTP connection into a WebSocket; path has its
 * slash. Into WORDING_SAY_BYTES. */
size_t websocket_upgrade(char *out, const char *path);

/* One masked text frame; out has n + WEBSOCKET_HEAD_MAX bytes, n is at most
 * 65535. p may be out + websocket_head_bytes(n). */
size_t websocket_text(char *out, const char *p, size_t n);
size_t websocket_head_bytes(size_t n);

#endif
