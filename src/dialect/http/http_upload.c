/* SPDX-License-Identifier: MIT
 *
 * PUT /r/ROOM/files/NAME, and a POST of a file's bytes with a
 * Content-Disposition (as IRC clients do it). The core reserves the place
 * before a byte of the body is asked for; bytes are taken as the disk takes
 * them. */
#include "dialect/http/http_upload.h"

#include "dialect/http/http_disposition_wire.h"
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_text_wire.h"

#include <stdlib.h>

enum {
    SUM_BYTES = 32,
};

struct putting {
    struct upload u;
    bool opened;                 /* the body is asked for */
    bool has_sum;
    uint8_t sum[SUM_BYTES];
};

/* --- Shared -------------------------------------------------------------- */

struct http_file
http_upload_file(const struct upload *u)
{
    return (struct http_file){
        .id = u->facts.id,
        .size = u->offset,
        .name = str_of(u->name),
    };
}

void
http_upload_put_link(struct conn *c, struct buf *b, const struct upload *u)
{
    const struct http_request *r = &http_x(c)->r;
    bool https = r->https || conn_is_encrypted(c);

    if (r->host.n > 0)
        http_putf(b, "%s://%.*s", https ? "https" : "http", STR_FMT(r->host));
    http_put_file_url(b, &u->facts.id, str_of(u->name));
}

/* One member of a dictionary of byte sequences: sha-256=:base64: */
static bool
read_member(struct str member, uint8_t sha256[SUM_BYTES], bool *given)
{
    static const char name[] = "sha-256=";
    size_t n = sizeof name - 1;
    struct buf digest;
    bool fine;

    if (!str_starts_nocase(member, name))
        return true;             /* another algorithm: not asked of us */
    if (member.n < n + 2 || member.p[n] != ':' ||
        member.p[member.n - 1] != ':')
        return false;
    buf_init(&digest, SUM_BYTES);
    fine = http_base64_decode(&digest, (struct str){member.p + n + 1,
                                                    member.n - n - 2}) ==
               WIRE_OK &&
           digest.n == SUM_BYTES;
    if (fine)
        memcpy(sha256, digest.p, SUM_BYTES);
    *given = *given || fine;
    buf_done(&digest);
    return fine;
}

static bool
read_digest(struct conn *c, const char *field, uint8_t sha256[SUM_BYTES],
            bool *given)
{
    struct str rest = http_header(&http_x(c)->r, field), member;

    while (http_list_next(&rest, &member)) {
        if (read_member(member, sha256, given))
            continue;
        http_fail(c, 400, "bad_digest", "A digest is sha-256=:BASE64:");
        return false;
    }
    return true;
}

bool
http_upload_digest(struct conn *c, bool *given, uint8_t sha256[SUM_BYTES])
{
    *given = false;
    return read_digest(c, "Content-Digest", sha256, given) &&
           read_digest(c, "Repr-Digest", sha256, given);
}

/* --- The bytes ----------------------------------------------------------- */

static void
release(struct conn *c, void *own)
{
    struct putting *p = own;

    upload_close(c, &p->u);
    free(p);
}

static void
fail(struct conn *c, const struct upload *u)
{
    http_deny_upload(c, u);
}

static size_t
data(struct conn *c, const uint8_t *bytes, size_t n)
{
    struct putting *p = http_x(c)->own;
    size_t took = upload_write(c, &p->u, bytes, n);

    if (p->u.state == UPLOAD_FAILED) {
        fail(c, &p->u);
        return n;
    }
    if (took < n)
        conn_hold(c);
    return took;
}

static void
data_end(struct conn *c)
{
    struct putting *p = http_x(c)->own;

    upload_finish(c, &p->u, p->has_sum ? p->sum : NULL);
    if (p->u.state == UPLOAD_FAILED)
        fail(c, &p->u);
}

/* --- The answer ---------------------------------------------------------- */

static void
tell(struct conn *c, const struct upload *u)
{
    enum http_type type = http_x(c)->type;
    struct http_file f = http_upload_file(u);
    struct buf url, body;
    struct http_out o;

    buf_init(&url, HTTP_OUT_HEAD_BYTES);
    buf_init(&body, HTTP_BODY_MAX);
    http_put_file_url(&url, &f.id, f.name);
    if (type == HTTP_TYPE_JSON)
        http_json_file(&body, &f);
    else
        http_upload_put_link(c, &body, u);
    http_put(&body, "\n");
    http_out_begin(&o, c, 201);
    http_out_field(&o, "Location", "%.*s", STR_FMT(url));
    http_out_whole(&o, http_type_name(type == HTTP_TYPE_JSON
                                          ? type : HTTP_TYPE_TEXT),
                   buf_str(&body));
    buf_done(&url);
    buf_done(&body);
}

static void
go_on(struct conn *c, struct putting *p)
{
    if (!p->opened) {
        p->opened = true;
        http_body_open(c);
    } else if (!http_x(c)->body_over && upload_has_room(&p->u)) {
        conn_release(c);
    }
}

static void
answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct putting *p = http_x(c)->own;

    (void)sub;
    upload_answer(c, &p->u, e);
    if (p->u.state == UPLOAD_READY)
        go_on(c, p);
    else if (p->u.state == UPLOAD_DONE)
        tell(c, &p->u);
    else if (p->u.state == UPLOAD_FAILED)
        fail(c, &p->u);
}

/* Of the bytes that still come, none is taken. */
static void
removed(struct conn *c, const struct event *e)
{
    const struct putting *p = http_x(c)->own;

    if (p != NULL && p->u.room == e->room)
        http_deny_event(c, e);
}

/* --- The beginning ------------------------------------------------------- */

static void
begin_upload(struct conn *c, struct str name)
{
    struct http_exchange *x = http_x(c);
    struct putting *p = must_alloc(sizeof *p);
    struct upload_wish wish = {
        .target = buf_str(&x->room),
        .name = name,
        .size = x->r.chunked ? FILE_SIZE_UNKNOWN : x->r.content_length,
        .piece_max = LIMIT_PIECE_BYTES,
    };

    x->own = p;
    if (!x->r.chunked && !x->r.has_length)
        http_fail(c, 411, "no_length", "Say how long the file is, or send it "
                                       "in chunks");
    else if (http_upload_digest(c, &p->has_sum, p->sum))
        upload_begin(c, &p->u, http_number(c), &wish);
}

static void
put_begin(struct conn *c)
{
    begin_upload(c, buf_str(&http_x(c)->name));
}

static void
raw_begin(struct conn *c)
{
    struct str value = http_header(&http_x(c)->r, "Content-Disposition");
    struct str name = str_of("file");
    struct http_disposition d;
    struct buf scratch;

    buf_init(&scratch, value.n + 1);
    if (value.n > 0 && http_disposition_parse(&scratch, value, &d) ==
                           WIRE_OK && d.filename.n > 0)
        name = d.filename;
    begin_upload(c, name);
    buf_done(&scratch);
}

const struct http_handler http_put_handler = {
    .need = NEED_NAME,
    .take = TAKE_STREAM,
    .begin = put_begin,
    .data = data,
    .data_end = data_end,
    .answer = answer,
    .removed = removed,
    .release = release,
};

const struct http_handler http_raw_handler = {
    .need = NEED_NAME,
    .take = TAKE_STREAM,
    .begin = raw_begin,
    .data = data,
    .data_end = data_end,
    .answer = answer,
    .removed = removed,
    .release = release,
};
