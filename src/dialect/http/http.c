/* SPDX-License-Identifier: MIT
 *
 * The life of an HTTP connection.
 *
 *   IDLE -> HEAD -> BUSY -> IDLE ...
 *                    |  \-> FOLLOW               a live stream
 *                    `----> DRAIN -> OVER        an unread body
 *
 * Deadlines are absolute: a head has its time from its first byte on, whatever
 * trickles in. What of a body nobody reads ends the connection: its bytes are
 * never looked at as a request (PROMISES threat 15). */
#include "dialect/http/http.h"

#include "dialect/http/http_events.h"
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_request.h"

/* The methods of RFC 9110 §9.3 and RFC 5789, and HTTP/2's preface, which is
 * answered like any bad version. */
static const char *const words[] = {
    "GET ", "HEAD ", "POST ", "PUT ", "PATCH ", "DELETE ",
    "OPTIONS ", "TRACE ", "CONNECT ", "PRI ", NULL,
};

static enum sniff
sniff_word(const char *word, const uint8_t *p, size_t n)
{
    for (size_t i = 0; word[i]; i++) {
        if (i == n)
            return SNIFF_MORE;
        if (p[i] != (uint8_t)word[i])
            return SNIFF_NO;
    }
    return SNIFF_YES;
}

static enum sniff
http_sniff(const uint8_t *p, size_t n)
{
    enum sniff best = SNIFF_NO;

    for (size_t i = 0; words[i]; i++) {
        enum sniff s = sniff_word(words[i], p, n);

        if (s == SNIFF_YES)
            return s;
        if (s == SNIFF_MORE)
            best = s;
    }
    return best;
}

static void
http_open(struct conn *c)
{
    conn_serve(c);
    conn_timer(c, conn_config(c)->http_head_ms);
}

/* --- Input --------------------------------------------------------------- */

static void
end(struct conn *c, const char *reason, bool clean)
{
    struct http *s = conn_state(c);

    s->stage = STAGE_OVER;
    conn_end(c, reason, clean);
}

static size_t
take_head(struct conn *c, const uint8_t *p, size_t n)
{
    struct http *s = conn_state(c);
    struct http_request r;
    size_t used = 0;

    if (s->stage == STAGE_IDLE) {
        s->stage = STAGE_HEAD;
        conn_timer(c, conn_config(c)->http_head_ms);
    }
    switch (http_head_parse(&s->scan, p, n, &r, &used)) {
    case WIRE_MORE:
        return 0;
    case WIRE_BAD:
        http_fail_raw(c, s->scan.status, NULL);
        return n;
    case WIRE_OK:
        break;
    }
    s->scan = (struct http_head){0};
    conn_spoke(c);
    conn_timer(c, 0);
    http_request_begin(c, p, used);
    return used;
}

static size_t
drop(struct conn *c, size_t n)
{
    struct http *s = conn_state(c);

    s->dropped += n;
    if (s->dropped >= s->unwanted || s->dropped > HTTP_DRAIN_BYTES)
        end(c, "body not wanted", s->dropped == s->unwanted);
    return n;
}

static size_t
take(struct conn *c, const uint8_t *p, size_t n)
{
    struct http *s = conn_state(c);

    switch (s->stage) {
    case STAGE_IDLE:
    case STAGE_HEAD:
        return take_head(c, p, n);
    case STAGE_BUSY:
        return http_request_input(c, p, n);
    case STAGE_FOLLOW:
        return n;            /* nothing can follow a stream without an end */
    case STAGE_DRAIN:
        return drop(c, n);
    case STAGE_OVER:
        return n;
    }
    must(!"a stage");
    return n;
}

static void
upgrade(struct conn *c)
{
    conn_release(c);
    if (!conn_upgrade(c, str_of(HTTP_WS_PROTOCOL)))
        end(c, "no such subprotocol", false);
}

static size_t
http_input(struct conn *c, const uint8_t *p, size_t n)
{
    struct http *s = conn_state(c);
    size_t used = 0, step = n;

    while (step > 0 && used < n && !conn_held(c)) {
        step = take(c, p + used, n - used);
        used += step;
    }
    if (s->stage == STAGE_OVER)
        return n;
    if (s->upgrade)
        upgrade(c);
    return used;             /* the state may be gone: nothing more of it */
}

/* Whoever shuts down its side has asked everything; what was asked is
 * answered. But there is nobody who would read a stream without an end. */
static void
http_eof(struct conn *c, const uint8_t *p, size_t n)
{
    struct http *s = conn_state(c);

    (void)p;
    (void)n;
    switch (s->stage) {
    case STAGE_BUSY:
        if (!s->x->body_over)
            end(c, "cut within a body", false);
        else
            conn_hold(c);    /* asked again after the answer */
        break;
    case STAGE_HEAD:
        end(c, "cut within a head", false);
        break;
    case STAGE_IDLE:
    case STAGE_FOLLOW:
    case STAGE_DRAIN:
    case STAGE_OVER:
        end(c, "closed", true);
        break;
    }
}

/* --- Time ---------------------------------------------------------------- */

static void
beat(struct conn *c)
{
    struct http *s = conn_state(c);
    struct slab *beat = http_heartbeat(s->encoding);

    if (beat == NULL)
        return;
    conn_send(c, beat);
    conn_timer(c, HTTP_HEARTBEAT_MS);
}

static size_t
http_timer(struct conn *c, const uint8_t *p, size_t n)
{
    struct http *s = conn_state(c);

    (void)p;
    switch (s->stage) {
    case STAGE_IDLE:
        end(c, "idle", true);
        break;
    case STAGE_HEAD:
        http_fail_raw(c, 408, "The head of that request took too long");
        return n;
    case STAGE_BUSY:
        http_request_timer(c);
        break;
    case STAGE_FOLLOW:
        beat(c);
        break;
    case STAGE_DRAIN:
        end(c, "body not wanted", false);
        break;
    case STAGE_OVER:
        break;
    }
    return 0;
}

/* --- From the core ------------------------------------------------------- */

static void
stop_following(struct conn *c, const struct event *e)
{
    struct http *s = conn_state(c);

    conn_send(c, http_last_words(s->encoding, e));
    end(c, "removed from the room", true);
}

static void
http_answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct http *s = conn_state(c);

    if (s->stage == STAGE_BUSY)
        http_request_answer(c, e, sub);
    else if (s->stage == STAGE_FOLLOW && e->kind == EVENT_REMOVED &&
             e->room == s->room)
        stop_following(c, e);
}

static void
http_drain(struct conn *c)
{
    struct http *s = conn_state(c);

    if (s->stage == STAGE_BUSY && s->x->handler->drain)
        s->x->handler->drain(c);
    else
        conn_want_drain(c, false);
}

/* A stream ends as it should, so that its reader comes back; a file that has
 * begun and is not over ends in a reset, also where nobody was told its
 * length. */
static void
http_farewell(struct conn *c, const struct event *why)
{
    struct http *s = conn_state(c);
    enum deny deny = why->kind == EVENT_STOPPING ? DENY_STOPPING
                   : why->deny != DENY_NONE ? why->deny : DENY_FORBIDDEN;

    if (s->stage == STAGE_FOLLOW)
        conn_send(c, http_last_words(s->encoding, why));
    else if (s->stage == STAGE_BUSY && s->x->answered)
        conn_reset(c, "cut within an answer");
    else if (s->stage == STAGE_BUSY)
        http_say_raw(c, http_deny_status(deny), deny_text(deny));
    else if (s->stage == STAGE_IDLE && why->deny == DENY_INSECURE)
        http_say_raw(c, 426, "This server is spoken to over TLS only: "
                     "https://");
    s->stage = STAGE_OVER;
}

static void
http_close(struct conn *c)
{
    http_request_drop(c);
}

const struct dialect http_dialect = {
    .name = "http",
    .alpn = "http/1.1",
    .state_bytes = sizeof(struct http),
    .sniff = http_sniff,
    .open = http_open,
    .input = http_input,
    .eof = http_eof,
    .timer = http_timer,
    .answer = http_answer,
    .encode = http_encode,
    .drain = http_drain,
    .farewell = http_farewell,
    .close = http_close,
};
