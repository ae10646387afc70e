/* SPDX-License-Identifier: MIT
 *
 * wslay reads ahead as far as it is let, and says what a frame is only with
 * its first byte of payload. So it is given a header byte by byte, and then no
 * more than the payload: what belongs to the next frame is never taken, and
 * whoever cannot deal with a message just now finds the rest where it was.
 *
 * wslay checks lengths (shortest form, at most 125 bytes and no fragments for
 * control frames) and unmasks. Everything else that RFC 6455 demands of a
 * server is in begin_frame() and read_close(). */
#include "net/websocket.h"

#include "base/utf8.h"

#include <wslay/wslay.h>

void
websocket_init(struct websocket *w, size_t message_max)
{
    *w = (struct websocket){0};
    buf_init(&w->message, message_max);
    buf_init(&w->control, WEBSOCKET_CONTROL_BYTES);
}

static void
drop_frames(struct websocket *w)
{
    if (w->frames != NULL)
        wslay_frame_context_free(w->frames);
    w->frames = NULL;
}

void
websocket_done(struct websocket *w)
{
    drop_frames(w);
    buf_done(&w->message);
    buf_done(&w->control);
}

/* --- Frames ------------------------------------------------------------- */

static ssize_t
feed(uint8_t *to, size_t room, int flags, void *websocket)
{
    struct websocket *w = websocket;
    size_t n = w->in_frame ? w->n : 1;

    (void)flags;
    if (w->in_frame && n > w->left)
        n = (size_t)w->left;
    if (n > room)
        n = room;
    if (w->n == 0)
        return -1;       /* wslay wants to read, and comes back */
    w->header_n += !w->in_frame;
    memcpy(to, w->p, n);
    w->p += n;
    w->n -= n;
    return (ssize_t)n;
}

static void
make_frames(struct websocket *w)
{
    static const struct wslay_frame_callbacks callbacks = {
        .recv_callback = feed};

    if (w->frames == NULL)
        must(wslay_frame_context_init(&w->frames, &callbacks, w) == 0);
}

static enum websocket_got
fault(struct websocket *w, enum websocket_code code, const char *why)
{
    w->over = true;
    w->code = (uint16_t)code;
    w->why = why;
    return WEBSOCKET_GOT_FAULT;
}

static bool
is_control(const struct wslay_frame_iocb *frame)
{
    return frame->opcode & 8;
}

static enum websocket_got
begin_data(struct websocket *w, const struct wslay_frame_iocb *frame)
{
    bool goes_on = frame->opcode == WEBSOCKET_CONTINUATION;

    if (frame->opcode == WEBSOCKET_TEXT)
        return fault(w, WEBSOCKET_UNSUPPORTED, "text is not spoken here");
    if (!goes_on && frame->opcode != WEBSOCKET_BINARY)
        return fault(w, WEBSOCKET_PROTOCOL_ERROR, "a reserved opcode");
    if (goes_on != w->in_message)
        return fault(w, WEBSOCKET_PROTOCOL_ERROR,
                     goes_on ? "nothing to continue"
                             : "the message before has not ended");
    if (frame->payload_length > w->message.max - w->message.n)
        return fault(w, WEBSOCKET_TOO_LARGE, "the message is too long");
    w->in_message = true;
    return WEBSOCKET_GOT_MORE;
}

/* The header is known (§5.2, §5.1, §5.4). */
static enum websocket_got
begin_frame(struct websocket *w, const struct wslay_frame_iocb *frame)
{
    w->in_frame = true;
    w->left = frame->payload_length;
    if (frame->rsv != 0)
        return fault(w, WEBSOCKET_PROTOCOL_ERROR, "a reserved bit is set");
    if (!frame->mask)
        return fault(w, WEBSOCKET_PROTOCOL_ERROR, "the frame is not masked");
    if (!is_control(frame))
        return begin_data(w, frame);
    if (frame->opcode > WEBSOCKET_PONG)
        return fault(w, WEBSOCKET_PROTOCOL_ERROR, "a reserved opcode");
    buf_clear(&w->control);
    return WEBSOCKET_GOT_MORE;
}

/* --- Closing ------------------------------------------------------------ */

/* §7.4: what may be on the wire; and, from the registry, 1012 to 1014. */
static bool
is_code(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static enum websocket_got
read_close(struct websocket *w)
{
    const uint8_t *p = (const uint8_t *)w->control.p;
    size_t n = w->control.n;
    unsigned code;

    w->over = true;
    w->code = WEBSOCKET_NO_CODE;
    if (n == 0)
        return WEBSOCKET_GOT_CLOSE;
    code = n == 1 ? 0 : (unsigned)(p[0] << 8 | p[1]);
    if (!is_code(code))
        return fault(w, WEBSOCKET_PROTOCOL_ERROR, "no code to close with");
    if (!utf8_valid((struct str){w->control.p + 2, n - 2}))
        return fault(w, WEBSOCKET_BAD_DATA, "the reason is not UTF-8");
    w->code = (uint16_t)code;
    return WEBSOCKET_GOT_CLOSE;
}

static enum websocket_got
end_frame(struct websocket *w, const struct wslay_frame_iocb *frame)
{
    w->in_frame = false;
    w->header_n = 0;
    if (frame->opcode == WEBSOCKET_CLOSE)
        return read_close(w);
    if (frame->opcode == WEBSOCKET_PING)
        return WEBSOCKET_GOT_PING;
    if (is_control(frame) || !frame->fin)
        return WEBSOCKET_GOT_MORE;
    w->in_message = false;
    return WEBSOCKET_GOT_MESSAGE;
}

/* --- What the peer says ------------------------------------------------- */

/* Its length was checked when the frame began. */
static enum websocket_got
take_payload(struct websocket *w, const struct wslay_frame_iocb *frame)
{
    struct buf *b = is_control(frame) ? &w->control : &w->message;

    if (buf_append(b, frame->data, frame->data_length) < 0)
        return fault(w, WEBSOCKET_INTERNAL_ERROR, "out of memory");
    w->left -= frame->data_length;
    return w->left > 0 ? WEBSOCKET_GOT_MORE : end_frame(w, frame);
}

/* One more step; *stuck when there are too few bytes for it. */
static enum websocket_got
step(struct websocket *w, bool *stuck)
{
    enum websocket_got got = WEBSOCKET_GOT_MORE;
    struct wslay_frame_iocb frame = {0};
    size_t before = w->n;
    ssize_t r = wslay_frame_recv(w->frames, &frame);

    *stuck = r == WSLAY_ERR_WANT_READ && before == 0;
    if (r == WSLAY_ERR_WANT_READ)
        return got;
    if (r < 0)
        return fault(w, WEBSOCKET_PROTOCOL_ERROR, "no frame of RFC 6455");
    if (!w->in_frame)
        got = begin_frame(w, &frame);
    return got == WEBSOCKET_GOT_MORE ? take_payload(w, &frame) : got;
}

/* What was got by the call before is not needed any more. */
static void
forget(struct websocket *w)
{
    if (!w->in_message)
        buf_done(&w->message);
    if (!w->in_frame)
        buf_done(&w->control);
}

enum websocket_got
websocket_take(struct websocket *w, const uint8_t *p, size_t n, size_t *used)
{
    enum websocket_got got = WEBSOCKET_GOT_MORE;
    bool stuck = false;

    must(!w->over);
    forget(w);
    make_frames(w);
    w->p = p;
    w->n = n;
    while (got == WEBSOCKET_GOT_MORE && !stuck)
        got = step(w, &stuck);
    *used = n - w->n;
    w->p = NULL;
    if (!w->in_frame && w->header_n == 0)
        drop_frames(w);
    return got;
}

/* --- What we say -------------------------------------------------------- */

size_t
websocket_header(uint8_t out[WEBSOCKET_HEADER_BYTES],
                 enum websocket_opcode opcode, size_t n)
{
    size_t length_bytes = n <= 125 ? 0 : n <= UINT16_MAX ? 2 : 8;

    out[0] = (uint8_t)(0x80 | opcode);
    out[1] = (uint8_t)(length_bytes == 0 ? n : length_bytes == 2 ? 126 : 127);
    for (size_t i = 0; i < length_bytes; i++)
        out[2 + i] = (uint8_t)((uint64_t)n >> 8 * (length_bytes - 1 - i));
    return 2 + length_bytes;
}

struct slab *
websocket_frame(enum websocket_opcode opcode, struct str payload)
{
    uint8_t header[WEBSOCKET_HEADER_BYTES];
    size_t n = websocket_header(header, opcode, payload.n);
    struct slab *s = slab_new(n + payload.n);

    memcpy(s->p, header, n);
    if (payload.n > 0)
        memcpy(s->p + n, payload.p, payload.n);
    return s;
}

/* Whole characters of it, at most max bytes. */
static size_t
fitting(struct str s, size_t max)
{
    size_t n = 0, step = 1;
    uint32_t cp;

    while (n < s.n) {
        step = utf8_decode((struct str){s.p + n, s.n - n}, &cp);
        if (step == 0 || n + step > max)
            break;
        n += step;
    }
    return n;
}

struct slab *
websocket_close(enum websocket_code code, const char *reason)
{
    char payload[WEBSOCKET_CONTROL_BYTES];
    size_t n = fitting(str_of(reason), sizeof(payload) - 2);

    if (code == WEBSOCKET_NO_CODE)
        return websocket_frame(WEBSOCKET_CLOSE, (struct str){0});
    payload[0] = (char)(code >> 8);
    payload[1] = (char)code;
    memcpy(payload + 2, reason, n);
    return websocket_frame(WEBSOCKET_CLOSE, (struct str){payload, n + 2});
}
