/* SPDX-License-Identifier: MIT
 *
 * WebSocket (RFC 6455), the server's end, as a filter: a peer's bytes go in,
 * whole messages and control frames come out; and the few bytes that stand in
 * front of what we say. No extension is spoken, and no text: what is carried
 * is binary. Frames are read by wslay; the rules above them are here.
 *
 * Between messages a struct websocket holds no memory. wslay keeps its address:
 * it must not move. */
#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include "base/buf.h"
#include "base/slab.h"
#include <stdint.h>

struct wslay_frame_context;

#define WEBSOCKET_CONTROL_BYTES 125      /* of a control frame (§5.5) */
#define WEBSOCKET_HEADER_BYTES  10       /* of a frame without a mask */

enum websocket_opcode {
    WEBSOCKET_CONTINUATION = 0x0,
    WEBSOCKET_TEXT = 0x1,
    WEBSOCKET_BINARY = 0x2,
    WEBSOCKET_CLOSE = 0x8,
    WEBSOCKET_PING = 0x9,
    WEBSOCKET_PONG = 0xa,
};

/* Why a connection is closed (§7.4.1, and the registry it refers to). */
enum websocket_code {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_UNSUPPORTED = 1003,        /* text */
    WEBSOCKET_NO_CODE = 1005,            /* never on the wire */
    WEBSOCKET_BAD_DATA = 1007,
    WEBSOCKET_POLICY = 1008,
    WEBSOCKET_TOO_LARGE = 1009,
    WEBSOCKET_INTERNAL_ERROR = 1011,
    WEBSOCKET_TRY_LATER = 1013,
};

enum websocket_got {
    WEBSOCKET_GOT_MORE,      /* all was used; nothing is whole yet */
    WEBSOCKET_GOT_MESSAGE,   /* w->message */
    WEBSOCKET_GOT_PING,      /* w->control: what the pong must say */
    WEBSOCKET_GOT_CLOSE,     /* the peer's; w->code. Nothing may follow */
    WEBSOCKET_GOT_FAULT,     /* w->code to close with, w->why. The same */
};

struct websocket {
    struct buf message;      /* until the next call */
    struct buf control;
    uint16_t code;           /* WEBSOCKET_NO_CODE: a Close without one */
    const char *why;         /* of a fault; static */

    struct wslay_frame_context *frames;   /* NULL between messages */
    const uint8_t *p;        /* what may be read of the peer's bytes */
    size_t n;
    uint64_t left;           /* of the frame's payload, not come yet */
    unsigned header_n;       /* of a header, what has come */
    bool in_frame;           /* it has been read */
    bool in_message;         /* more fragments will come */
    bool over;
};

/* No message is larger than message_max. */
void websocket_init(struct websocket *w, size_t message_max);
void websocket_done(struct websocket *w);

/* Takes from p[0..n) up to the end of the next thing that is told of, or all
 * of it; *used says how much. Anything that was got lasts until the next call.
 * Not after a Close or a fault. */
enum websocket_got websocket_take(struct websocket *w, const uint8_t *p,
                                  size_t n, size_t *used) MUST_USE;

/* The header of an unmasked, unfragmented frame with n bytes behind it; returns
 * its length. */
size_t websocket_header(uint8_t out[WEBSOCKET_HEADER_BYTES],
                        enum websocket_opcode opcode, size_t n);

/* A whole frame. Returns owned. */
struct slab *websocket_frame(enum websocket_opcode opcode, struct str payload);

/* A Close; of the reason, as many whole characters as fit. WEBSOCKET_NO_CODE:
 * without either. Returns owned. */
struct slab *websocket_close(enum websocket_code code, const char *reason);

#endif
