/* SPDX-License-Identifier: MIT
 *
 * POST /r/ROOM/files with a form: its files, one after the other as they
 * stand in it. A field `name` in front of them says who shares them.
 *
 * What the form's parser has handed out and the upload has not taken yet waits
 * in `pending`; nothing more is parsed before that is gone. */
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_identity.h"
#include "dialect/http/http_multipart_wire.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_page.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_upload.h"

#include <stdlib.h>

enum {
    STEP_BYTES = 16 * 1024,      /* parsed at a time; bounds pending */
    RESULT_BYTES = 512 * 1024,
    LINK_BYTES = 2048,           /* more than one file's line or object */
};

_Static_assert(LIMIT_HTTP_PARTS * LINK_BYTES <= RESULT_BYTES &&
                   LIMIT_HTTP_HOST_BYTES + 6 * LIMIT_FILE_NAME_BYTES + 300 <=
                       LINK_BYTES,
               "what is told of a form's files has room");

enum part { PART_OTHER, PART_NAME, PART_FILE };

struct form {
    struct http_multipart m;
    struct upload u;
    struct buf name;             /* whose files */
    struct buf result;           /* what to tell, of the ones that are done */
    struct buf pending;
    enum part part;
    bool waiting;                /* the upload begins or ends */
    bool ending;                 /* its part is over */
    bool over;                   /* so is the form */
    unsigned files;
};

static void
release(struct conn *c, void *own)
{
    struct form *f = own;

    upload_close(c, &f->u);
    http_multipart_done(&f->m);
    buf_done(&f->name);
    buf_done(&f->result);
    buf_done(&f->pending);
    free(f);
}

static void
begin(struct conn *c)
{
    struct http_exchange *x = http_x(c);
    struct form *f = must_alloc(sizeof *f);

    if (!http_multipart_init(&f->m, http_header(&x->r, "Content-Type"))) {
        free(f);
        http_fail(c, 400, "bad_form", "That form has no boundary");
        return;
    }
    x->own = f;
    buf_init(&f->name, LIMIT_NAME_BYTES + 1);
    buf_init(&f->result, RESULT_BYTES);
    buf_init(&f->pending, 2 * STEP_BYTES);
    http_body_open(c);
}

/* --- The end ------------------------------------------------------------- */

static void
tell(struct conn *c, struct form *f)
{
    bool json = http_x(c)->type == HTTP_TYPE_JSON;
    struct http_out o;

    if (http_x(c)->type == HTTP_TYPE_HTML) {
        http_page_go_back(c, buf_str(&f->name));
        return;
    }
    if (json)
        http_put(&f->result, "]}\n");
    http_out_begin(&o, c, 201);
    http_out_whole(&o, http_type_name(json ? HTTP_TYPE_JSON : HTTP_TYPE_TEXT),
                   buf_str(&f->result));
}

static void
end_form(struct conn *c, struct form *f)
{
    if (!http_multipart_ended(&f->m))
        http_fail(c, 400, "bad_form", "That form was cut short");
    else if (f->files == 0)
        http_fail(c, 400, "bad_form", "There is no file in that form");
    else
        tell(c, f);
}

static void
note_file(struct conn *c, struct form *f)
{
    struct http_file file = http_upload_file(&f->u);

    f->files++;
    if (http_x(c)->type == HTTP_TYPE_JSON) {
        http_put(&f->result, f->files > 1 ? "," : "{\"files\":[");
        http_json_file(&f->result, &file);
    } else {
        http_upload_put_link(c, &f->result, &f->u);
        http_put(&f->result, "\n");
    }
}

/* --- A file -------------------------------------------------------------- */

static bool
failed(struct conn *c, struct form *f)
{
    if (f->u.state != UPLOAD_FAILED)
        return false;
    http_deny_upload(c, &f->u);
    return true;
}

static void
begin_file(struct conn *c)
{
    struct http_exchange *x = http_x(c);
    struct form *f = x->own;
    struct upload_wish wish = {
        .target = buf_str(&x->room),
        .name = f->m.part.filename,
        .size = FILE_SIZE_UNKNOWN,
        .piece_max = LIMIT_PIECE_BYTES,
    };

    upload_begin(c, &f->u, http_number(c), &wish);
}

/* What is pending, and then the file's end. False: the request is over. */
static bool
push(struct conn *c, struct form *f)
{
    if (f->pending.n > 0) {
        buf_consume(&f->pending, upload_write(c, &f->u, f->pending.p,
                                              f->pending.n));
        if (failed(c, f))
            return false;
    }
    if (f->pending.n > 0 || !f->ending)
        return true;
    f->ending = false;
    f->waiting = true;
    f->part = PART_OTHER;
    upload_finish(c, &f->u, NULL);
    return !failed(c, f);
}

static void
answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct form *f = http_x(c)->own;

    (void)sub;
    if (e->request != f->u.request)
        return;                  /* of a file before this one */
    upload_answer(c, &f->u, e);
    if (failed(c, f))
        return;
    if (f->u.state == UPLOAD_READY) {
        f->waiting = false;
        if (!push(c, f))
            return;
    } else if (f->u.state == UPLOAD_DONE) {
        note_file(c, f);
        upload_close(c, &f->u);
        f->waiting = false;
    }
    if (f->waiting || f->pending.n > 0)
        return;
    if (f->over && f->u.state == UPLOAD_NONE)
        end_form(c, f);
    else if (!f->over)
        conn_release(c);
}

/* --- The form ------------------------------------------------------------ */

/* A file's part begins. False: the request is over. */
static bool
open_file(struct conn *c, struct form *f)
{
    struct http_exchange *x = http_x(c);

    f->part = PART_FILE;
    f->waiting = true;
    if (f->files == 0 && !http_identity_form(c, buf_str(&f->name), &x->who))
        return false;
    http_become(c, &x->who, begin_file);
    return http_x(c) == x;
}

/* Where no file was chosen the name is empty. */
static bool
open_part(struct conn *c, struct form *f)
{
    const struct http_part *part = &f->m.part;

    f->part = PART_OTHER;
    if (part->is_file && part->filename.n > 0)
        return open_file(c, f);
    if (!part->is_file && str_eq(part->name, str_of("name")))
        f->part = PART_NAME;
    return true;
}

static bool
refuse(struct conn *c, const char *text)
{
    http_fail(c, 400, "bad_form", text);
    return false;
}

static bool
take_data(struct conn *c, struct form *f, struct str data)
{
    switch (f->part) {
    case PART_OTHER:
        return true;
    case PART_NAME:
        return buf_append_str(&f->name, data) == 0 ||
               refuse(c, "That name is too long");
    case PART_FILE:
        must(buf_append_str(&f->pending, data) == 0);
        return push(c, f);
    }
    must(!"a part");
    return false;
}

/* Up to the next thing that the form has. False: the request is over. */
static bool
step(struct conn *c, struct form *f, struct str in, size_t *used)
{
    struct str data;

    switch (http_multipart_next(&f->m, (const uint8_t *)in.p, in.n, &data,
                                used)) {
    case HTTP_MULTIPART_PART:
        return open_part(c, f);
    case HTTP_MULTIPART_DATA:
        return take_data(c, f, data);
    case HTTP_MULTIPART_PART_END:
        f->ending = f->part == PART_FILE;
        return !f->ending || push(c, f);
    case HTTP_MULTIPART_BAD:
        return refuse(c, "That is not a form");
    case HTTP_MULTIPART_MORE:
    case HTTP_MULTIPART_END:
        break;
    }
    return true;
}

static size_t
take(struct conn *c, const uint8_t *p, size_t n)
{
    struct form *f = http_x(c)->own;
    size_t used = 0;

    while (used < n && !f->waiting && f->pending.n == 0) {
        size_t left = n - used, taken = 0;

        if (left > STEP_BYTES)
            left = STEP_BYTES;
        if (!step(c, f, (struct str){(const char *)p + used, left}, &taken))
            return n;
        used += taken;
    }
    if (used < n)
        conn_hold(c);
    return used;
}

static void
removed(struct conn *c, const struct event *e)
{
    const struct form *f = http_x(c)->own;

    if (f != NULL && f->u.room == e->room)
        http_deny_event(c, e);
}

/* A file whose part was over is shared, whatever is missing behind it; that is
 * waited for. */
static void
data_end(struct conn *c)
{
    struct form *f = http_x(c)->own;

    f->over = true;
    if (f->u.state == UPLOAD_NONE)
        end_form(c, f);
    else if (f->part == PART_FILE && !f->ending)
        http_fail(c, 400, "bad_form", "That form was cut short");
}

const struct http_handler http_form_handler = {
    .need = NEED_LATER,
    .take = TAKE_STREAM,
    .begin = begin,
    .data = take,
    .data_end = data_end,
    .answer = answer,
    .removed = removed,
    .release = release,
};
