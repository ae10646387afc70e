/* SPDX-License-Identifier: MIT
 *
 * GET /f/ID[/NAME]: a file, or a part of it, also while it arrives. The id is
 * its strong validator: what is behind an id only ever grows at its end. What
 * was promised and will not come any more ends in a reset, never cleanly.
 *
 * It is someone else's bytes under our name, so a browser gets to show only
 * what is on a short list, by the bytes and not by the name; and no script
 * runs in any of it (PROMISES threat 18). */
#include "dialect/download.h"

#include "dialect/http/http_disposition_wire.h"
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_range_wire.h"
#include "dialect/http/http_request.h"

#include <sodium.h>
#include <stdlib.h>

enum {
    ETAG_BYTES = FILE_ID_CHARS + 3,
    DIGEST_BYTES = 64,
    CHUNK_BYTES = 16 * 1024,     /* of a file whose size is not known */
    QUEUE_BYTES = 128 * 1024,    /* queued before more of them are read */
};

static void
release(struct conn *c, void *own)
{
    struct download *d = own;

    conn_want_drain(c, false);
    download_close(c, d);
    free(d);
}

static void
begin(struct conn *c)
{
    struct http_exchange *x = http_x(c);
    struct download *d;
    struct file_id id;

    if (!file_id_read(x->word, &id)) {
        http_deny(c, DENY_NO_SUCH_FILE, (struct str){NULL, 0});
        return;
    }
    d = must_alloc(sizeof *d);
    x->own = d;
    download_begin(c, d, http_number(c), &id);
}

/* --- The head ------------------------------------------------------------ */

static bool
is_whole(const struct download *d)
{
    return d->facts.state == FILE_WHOLE;
}

static void
etag_of(const struct download *d, char out[ETAG_BYTES])
{
    out[0] = '"';
    file_id_write(&d->facts.id, out + 1);
    memcpy(out + ETAG_BYTES - 2, "\"", 2);
}

/* A browser makes a page of its own around media, which loads them once more;
 * in a sandbox that would be another origin's doing. They run nothing. */
static const char *
policy_of(enum media m)
{
    bool runs_nothing = media_is_safe(m) && m != MEDIA_TEXT;

    return runs_nothing ? "default-src 'none'; img-src 'self'; "
                          "media-src 'self'; style-src 'unsafe-inline'; "
                          "frame-ancestors 'none'"
                        : "sandbox; default-src 'none'; "
                          "frame-ancestors 'none'";
}

static void
add_name(struct http_out *o, const struct download *d)
{
    const char *how = media_is_safe(d->media) ? "inline" : "attachment";
    struct buf value;

    buf_init(&value, HTTP_OUT_HEAD_BYTES);
    must(http_disposition_write(&value, how, str_of(d->name)) == 0);
    http_out_field(o, "Content-Disposition", "%.*s", STR_FMT(value));
    buf_done(&value);
}

static void
add_digest(struct http_out *o, const struct download *d)
{
    char text[DIGEST_BYTES];

    if (!is_whole(d))
        return;
    must(sodium_bin2base64(text, sizeof text, d->facts.sha256,
                           sizeof d->facts.sha256,
                           sodium_base64_VARIANT_ORIGINAL) != NULL);
    http_out_field(o, "Repr-Digest", "sha-256=:%s:", text);
}

static void
add_validators(struct http_out *o, const struct download *d)
{
    char etag[ETAG_BYTES];

    etag_of(d, etag);
    http_out_field(o, "ETag", "%s", etag);
    http_out_field(o, "Accept-Ranges", "bytes");
    http_out_field(o, "Cache-Control", "%s",
                   is_whole(d) ? "private, max-age=31536000, immutable"
                               : "no-store");
}

static void
add_fields(struct http_out *o, const struct download *d)
{
    add_validators(o, d);
    add_digest(o, d);
    add_name(o, d);
    http_out_field(o, "Content-Security-Policy", "%s", policy_of(d->media));
    http_out_field(o, "Cross-Origin-Resource-Policy", "same-origin");
    http_out_field(o, "Referrer-Policy", "no-referrer");
}

/* --- Conditions ---------------------------------------------------------- */

static void
answer_short(struct conn *c, const struct download *d, unsigned status)
{
    struct http_out o;

    http_out_begin(&o, c, status);
    add_validators(&o, d);
    if (status == 416)
        http_out_field(&o, "Content-Range", "bytes */%llu",
                       (unsigned long long)d->facts.size);
    if (status == 304)
        http_out_empty(&o);
    else
        http_out_error(&o, status == 416 ? "bad_range" : "changed",
                       status == 416 ? "The file does not reach that far"
                                     : "That is another file");
}

/* RFC 9110 §13.2.2. True: answered. */
static bool
answer_condition(struct conn *c, const struct download *d)
{
    const struct http_request *r = &http_x(c)->r;
    struct str match = http_header(r, "If-Match");
    struct str none = http_header(r, "If-None-Match");
    char etag[ETAG_BYTES];

    etag_of(d, etag);
    if (match.p && !http_etag_list_has(match, str_of(etag), false))
        answer_short(c, d, 412);
    else if (none.p && http_etag_list_has(none, str_of(etag), true))
        answer_short(c, d, 304);
    else
        return false;
    return true;
}

/* Range counts for GET alone, and for a size that is known. */
static enum http_range_found
find_range(struct conn *c, const struct download *d, struct http_range *ret)
{
    const struct http_request *r = &http_x(c)->r;
    struct str value = http_header(r, "Range");
    char etag[ETAG_BYTES];

    etag_of(d, etag);
    if (r->method != HTTP_GET || value.p == NULL ||
        d->facts.size == FILE_SIZE_UNKNOWN ||
        !http_if_range(http_header(r, "If-Range"), str_of(etag)))
        return HTTP_RANGE_WHOLE;
    return http_range_parse(value, d->facts.size, ret);
}

/* --- The body ------------------------------------------------------------ */

static void
pump_on(struct conn *c, const struct download *d)
{
    conn_want_drain(c, d->state == DOWNLOAD_READY && !d->waiting);
}

static void
send_head(struct conn *c, struct download *d, bool part)
{
    struct http_exchange *x = http_x(c);
    uint64_t size = d->facts.size;
    struct http_out o;

    http_out_begin(&o, c, part ? 206 : 200);
    add_fields(&o, d);
    if (part)
        http_out_field(&o, "Content-Range", "bytes %llu-%llu/%llu",
                       (unsigned long long)d->offset,
                       (unsigned long long)(d->end - 1),
                       (unsigned long long)size);
    http_out_stream(&o, media_type(d->media),
                    size == FILE_SIZE_UNKNOWN ? UINT64_MAX
                                              : d->end - d->offset);
    if (x->r.method == HTTP_HEAD || d->offset == d->end)
        http_request_over(c);
    else
        pump_on(c, d);
}

static void
start(struct conn *c, struct download *d)
{
    struct http_range range;

    if (answer_condition(c, d))
        return;
    switch (find_range(c, d, &range)) {
    case HTTP_RANGE_UNSATISFIABLE:
        answer_short(c, d, 416);
        return;
    case HTTP_RANGE_PART:
        d->offset = range.first;
        d->end = range.last + 1;
        send_head(c, d, true);
        return;
    case HTTP_RANGE_WHOLE:
        break;
    }
    d->offset = 0;
    d->end = d->facts.size;
    send_head(c, d, false);
}

/* False: it is over, one way or the other. */
static bool
goes_on(struct conn *c, struct download *d)
{
    switch (d->state) {
    case DOWNLOAD_DONE:
        if (d->facts.size == FILE_SIZE_UNKNOWN)
            http_out_last_chunk(c);
        http_request_over(c);
        return false;
    case DOWNLOAD_FAILED:
        conn_reset(c, "file gone");
        return false;
    case DOWNLOAD_NONE:
    case DOWNLOAD_ASKED:
    case DOWNLOAD_OPENING:
    case DOWNLOAD_READY:
        break;
    }
    return true;
}

static bool
is_chunked(struct conn *c, const struct download *d)
{
    return d->facts.size == FILE_SIZE_UNKNOWN &&
           http_x(c)->r.version_minor > 0;
}

static void
pump_chunks(struct conn *c, struct download *d)
{
    uint8_t bytes[CHUNK_BYTES];
    size_t n = 1;

    while (n > 0 && conn_queued(c) < QUEUE_BYTES) {
        n = download_read(c, d, bytes, sizeof bytes);
        http_out_chunk(c, bytes, n);
    }
}

static void
drain(struct conn *c)
{
    struct download *d = http_x(c)->own;

    if (is_chunked(c, d))
        pump_chunks(c, d);
    else
        (void)download_pump(c, d);
    if (goes_on(c, d))
        pump_on(c, d);
}

static void
answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct http_exchange *x = http_x(c);
    struct download *d = x->own;

    (void)sub;
    download_answer(c, d, e);
    if (!x->answered && d->state == DOWNLOAD_READY)
        start(c, d);
    else if (!x->answered && d->state == DOWNLOAD_FAILED)
        http_deny(c, d->why, (struct str){NULL, 0});
    else if (x->answered && goes_on(c, d))
        pump_on(c, d);
}

/* What they have of it is cut short; what they have nothing of is refused. */
static void
removed(struct conn *c, const struct event *e)
{
    struct http_exchange *x = http_x(c);
    struct download *d = x->own;

    if (d == NULL || d->room != e->room)
        return;
    if (x->answered)
        conn_reset(c, "removed from the room");
    else
        http_deny_event(c, e);
}

const struct http_handler http_download_handler = {
    .need = NEED_READER,
    .begin = begin,
    .answer = answer,
    .drain = drain,
    .removed = removed,
    .release = release,
};
