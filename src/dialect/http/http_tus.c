/* SPDX-License-Identifier: MIT
 *
 * tus 1.0.0. An upload's URL is /files/ID-TICKET: the ticket is the right to
 * go on with it. The offset that is told is what has reached the disk.
 *
 * Upload-Checksum: what is written cannot be taken back, so such a body is
 * gathered and checked before a byte of it counts; that bounds its length. */
#include "dialect/http/http_tus.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_text_wire.h"
#include "dialect/http/http_upload.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define VERSION "1.0.0"
#define PATCH_TYPE "application/offset+octet-stream"

enum {
    CHECKED_BYTES = 1 << 20,     /* of a body with a checksum */
    METADATA_BYTES = 1024,
};

struct tus {
    struct upload u;
    bool creating;
    bool opened;                 /* the body is asked for */
    uint64_t offset;             /* where PATCH says it goes on */
    const EVP_MD *algorithm;     /* of its checksum; NULL: none */
    struct buf digest;
    struct buf checked;          /* the body, until its sum is known */
    size_t fed;                  /* of it, to the upload */
};

/* --- What they have in common -------------------------------------------- */

void
http_tus_fields(struct http_out *o)
{
    uint64_t largest = conn_config(o->conn)->file_bytes;

    http_out_field(o, "Tus-Resumable", VERSION);
    http_out_field(o, "Tus-Version", VERSION);
    http_out_field(o, "Tus-Extension", "creation,creation-with-upload,"
                                       "expiration,termination,checksum");
    http_out_field(o, "Tus-Checksum-Algorithm", "sha1,sha256");
    if (largest > 0 && largest < INT64_MAX)
        http_out_field(o, "Tus-Max-Size", "%llu",
                       (unsigned long long)largest);
}

static void
begin_out(struct http_out *o, struct conn *c, unsigned status)
{
    http_out_begin(o, c, status);
    http_out_field(o, "Tus-Resumable", VERSION);
}

static void
fail(struct conn *c, unsigned status, const char *code, const char *text)
{
    struct http_out o;

    begin_out(&o, c, status);
    http_out_error(&o, code, text);
}

static void
deny(struct conn *c, enum deny why)
{
    fail(c, http_deny_status(why), deny_word(why), deny_text(why));
}

static void
deny_upload(struct conn *c, const struct upload *u)
{
    char text[HTTP_ERROR_BYTES];

    http_deny_text(u->why, str_of(u->detail), text);
    fail(c, http_deny_status(u->why), deny_word(u->why), text);
}

static bool
check_version(struct conn *c)
{
    struct str version = http_header(&http_x(c)->r, "Tus-Resumable");
    struct http_out o;

    if (str_eq(version, str_of(VERSION)))
        return true;
    http_out_begin(&o, c, 412);
    http_out_field(&o, "Tus-Version", VERSION);
    http_out_error(&o, "bad_version", "Tus-Resumable must be " VERSION);
    return false;
}

static bool
read_number(struct conn *c, const char *field, uint64_t *ret)
{
    unsigned long long value;

    if (!str_to_u64(http_header(&http_x(c)->r, field), INT64_MAX, &value))
        return false;
    *ret = value;
    return true;
}

/* "ID-TICKET" */
static bool
read_word(struct conn *c, struct file_id *id, struct file_id *ticket)
{
    struct str word = http_x(c)->word;

    if (word.n == 2 * FILE_ID_CHARS + 1 && word.p[FILE_ID_CHARS] == '-' &&
        file_id_read((struct str){word.p, FILE_ID_CHARS}, id) &&
        file_id_read((struct str){word.p + FILE_ID_CHARS + 1, FILE_ID_CHARS},
                     ticket))
        return true;
    deny(c, DENY_NO_SUCH_FILE);
    return false;
}

static void
add_expires(struct http_out *o)
{
    char date[HTTP_TIME_BYTES];

    http_date(clock_wall_ms() + conn_config(o->conn)->file_expires_ms, date);
    http_out_field(o, "Upload-Expires", "%s", date);
}

static struct tus *
tus_new(struct conn *c)
{
    struct tus *t = must_alloc(sizeof *t);

    buf_init(&t->digest, EVP_MAX_MD_SIZE);
    buf_init(&t->checked, CHECKED_BYTES);
    http_x(c)->own = t;
    return t;
}

static void
release(struct conn *c, void *own)
{
    struct tus *t = own;

    upload_close(c, &t->u);
    buf_done(&t->digest);
    buf_done(&t->checked);
    free(t);
}

/* --- Answers ------------------------------------------------------------- */

static void
add_location(struct http_out *o, const struct upload *u)
{
    char id[FILE_ID_CHARS + 1], ticket[FILE_ID_CHARS + 1];

    file_id_write(&u->facts.id, id);
    file_id_write(&u->facts.ticket, ticket);
    http_out_field(o, "Location", "/files/%s-%s", id, ticket);
}

/* Where the whole file can be got. */
static void
add_file(struct http_out *o, const struct upload *u)
{
    struct buf url;

    buf_init(&url, HTTP_OUT_HEAD_BYTES);
    http_put_file_url(&url, &u->facts.id, str_of(u->name));
    http_out_field(o, "Content-Location", "%.*s", STR_FMT(url));
    buf_done(&url);
}

static void
tell(struct conn *c, const struct tus *t)
{
    struct http_out o;

    begin_out(&o, c, t->creating ? 201 : 204);
    if (t->creating)
        add_location(&o, &t->u);
    http_out_field(&o, "Upload-Offset", "%llu",
                   (unsigned long long)t->u.offset);
    if (t->u.state == UPLOAD_DONE)
        add_file(&o, &t->u);
    else
        add_expires(&o);
    http_out_empty(&o);
}

/* --- Bytes --------------------------------------------------------------- */

static void
end_upload(struct conn *c, struct tus *t)
{
    if (t->u.offset == t->u.facts.size)
        upload_finish(c, &t->u, NULL);
    else
        upload_pause(c, &t->u);
    if (t->u.state == UPLOAD_FAILED)
        deny_upload(c, &t->u);
}

/* What was checked goes to the disk, as that takes it. */
static void
feed(struct conn *c, struct tus *t)
{
    if (t->fed < t->checked.n)
        t->fed += upload_write(c, &t->u, t->checked.p + t->fed,
                               t->checked.n - t->fed);
    if (t->u.state == UPLOAD_FAILED)
        deny_upload(c, &t->u);
    else if (t->fed == t->checked.n)
        end_upload(c, t);
}

static size_t
data(struct conn *c, const uint8_t *p, size_t n)
{
    struct tus *t = http_x(c)->own;
    size_t took;

    if (t->algorithm != NULL) {
        if (buf_append(&t->checked, p, n) < 0)
            fail(c, 413, "too_long", "With a checksum a body has at most "
                                     "1 MiB");
        return n;
    }
    took = upload_write(c, &t->u, p, n);
    if (t->u.state == UPLOAD_FAILED) {
        deny_upload(c, &t->u);
        return n;
    }
    if (took < n)
        conn_hold(c);
    return took;
}

static bool
sum_is_right(const struct tus *t)
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    return EVP_Digest(t->checked.n ? t->checked.p : "", t->checked.n, sum, &n,
                      t->algorithm, NULL) == 1 &&
           n == t->digest.n && memcmp(sum, t->digest.p, n) == 0;
}

static void
data_end(struct conn *c)
{
    struct tus *t = http_x(c)->own;

    if (t->algorithm == NULL)
        end_upload(c, t);
    else if (sum_is_right(t))
        feed(c, t);
    else
        fail(c, 460, "bad_checksum", deny_text(DENY_BAD_CHECKSUM));
}

/* --- Steps --------------------------------------------------------------- */

/* All of it had come before, and its answer was lost: so it is told again. */
static bool
take_whole(struct tus *t, const struct event *e)
{
    if (e->kind != ANSWER_UPLOAD || e->file->state != FILE_WHOLE)
        return false;
    t->u.facts = *e->file;
    t->u.offset = e->file->size;
    t->u.state = UPLOAD_DONE;
    snprintf(t->u.name, sizeof t->u.name, "%.*s", STR_FMT(e->text));
    return true;
}

static void
tell_again(struct conn *c, const struct tus *t)
{
    if (t->offset != t->u.offset || http_x(c)->left > 0)
        deny(c, DENY_BAD_OFFSET);
    else
        tell(c, t);
}

static void
ready(struct conn *c, struct tus *t)
{
    struct http_exchange *x = http_x(c);

    if (!t->opened && !t->creating && t->u.offset != t->offset) {
        deny(c, DENY_BAD_OFFSET);
    } else if (!t->opened && x->left > t->u.facts.size - t->u.offset) {
        fail(c, 413, "too_long", "That is more than was said to come");
    } else if (!t->opened) {
        t->opened = true;
        http_body_open(c);
    } else if (!x->body_over) {
        if (upload_has_room(&t->u))
            conn_release(c);
    } else if (t->algorithm != NULL && t->fed < t->checked.n) {
        feed(c, t);
    }
}

static void
answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct tus *t = http_x(c)->own;

    (void)sub;
    if (take_whole(t, e)) {
        tell_again(c, t);
        return;
    }
    upload_answer(c, &t->u, e);
    switch (t->u.state) {
    case UPLOAD_READY:
        ready(c, t);
        break;
    case UPLOAD_DONE:
    case UPLOAD_PAUSED:
        tell(c, t);
        break;
    case UPLOAD_FAILED:
        deny_upload(c, &t->u);
        break;
    case UPLOAD_NONE:
    case UPLOAD_ASKED:
    case UPLOAD_OPENING:
    case UPLOAD_FINISHING:
    case UPLOAD_DROPPED:
        break;
    }
}

static void
removed(struct conn *c, const struct event *e)
{
    const struct tus *t = http_x(c)->own;

    if (t != NULL && t->u.room == e->room)
        deny(c, e->deny);
}

/* --- POST and PATCH ------------------------------------------------------ */

static bool
read_checksum(struct conn *c, struct tus *t)
{
    struct str value = http_header(&http_x(c)->r, "Upload-Checksum");
    struct str name;

    if (value.p == NULL)
        return true;
    if (http_tus_checksum(&t->digest, value, &name) == WIRE_OK) {
        if (str_eq(name, str_of("sha1")))
            t->algorithm = EVP_sha1();
        else if (str_eq(name, str_of("sha256")))
            t->algorithm = EVP_sha256();
    }
    if (t->algorithm == NULL) {
        fail(c, 400, "bad_checksum", "A checksum is sha1 or sha256 and its "
                                     "base64");
        return false;
    }
    if (http_x(c)->left > CHECKED_BYTES) {
        fail(c, 413, "too_long", "With a checksum a body has at most 1 MiB");
        return false;
    }
    return true;
}

static bool
check_type(struct conn *c)
{
    struct str type = http_header(&http_x(c)->r, "Content-Type");

    if (str_eq_nocase(type, str_of(PATCH_TYPE)))
        return true;
    fail(c, 415, "bad_type", "The bytes of an upload are " PATCH_TYPE);
    return false;
}

/* filename, or what else clients call it. */
static bool
read_name(struct conn *c, struct str metadata, struct buf *name)
{
    static const char *const keys[] = {"filename", "name"};
    enum http_found found = HTTP_ABSENT;

    for (size_t i = 0; i < 2 && found == HTTP_ABSENT && metadata.n > 0; i++)
        found = http_tus_find(name, metadata, keys[i]);
    if (found == HTTP_ABSENT || (found == HTTP_FOUND && name->n == 0))
        must(buf_append(name, "file", 4) == 0);
    if (found != HTTP_MALFORMED)
        return true;
    fail(c, 400, "bad_metadata", "That is no Upload-Metadata");
    return false;
}

/* The path's room, else what the metadata say. */
static bool
read_room(struct conn *c, struct str metadata)
{
    struct http_exchange *x = http_x(c);
    struct buf room;
    bool fine;

    if (x->room.n > 0)
        return true;
    buf_init(&room, LIMIT_ROOM_BYTES);
    fine = http_tus_find(&room, metadata, "room") == HTTP_FOUND &&
           room.n > 0 && utf8_is_clean(buf_str(&room), UTF8_ONE_LINE);
    if (fine && room.p[0] != '#')
        fine = buf_append(&x->room, "#", 1) == 0;
    fine = fine && buf_append_str(&x->room, buf_str(&room)) == 0;
    buf_done(&room);
    if (!fine)
        fail(c, 400, "bad_metadata", "Upload-Metadata must name a room");
    return fine;
}

static void
create(struct conn *c, struct tus *t, uint64_t size)
{
    struct str metadata = http_header(&http_x(c)->r, "Upload-Metadata");
    struct buf name;

    buf_init(&name, METADATA_BYTES);
    if (read_name(c, metadata, &name) && read_room(c, metadata)) {
        struct upload_wish wish = {
            .target = buf_str(&http_x(c)->room),
            .name = buf_str(&name),
            .size = size,
            .resumable = true,
            .piece_max = LIMIT_PIECE_BYTES,
        };

        upload_begin(c, &t->u, http_number(c), &wish);
    }
    buf_done(&name);
}

static void
create_begin(struct conn *c)
{
    struct tus *t = tus_new(c);
    uint64_t size;

    t->creating = true;
    if (!check_version(c))
        return;
    if (!read_number(c, "Upload-Length", &size)) {
        fail(c, 400, "no_length", "Upload-Length must say how long it is");
        return;
    }
    if ((http_x(c)->body_over || check_type(c)) && read_checksum(c, t))
        create(c, t, size);
}

static void
patch_begin(struct conn *c)
{
    struct tus *t = tus_new(c);
    struct file_id id, ticket;

    if (!check_version(c) || !check_type(c))
        return;
    if (!read_number(c, "Upload-Offset", &t->offset)) {
        fail(c, 400, "no_offset", "Upload-Offset must say where it goes on");
        return;
    }
    if (read_checksum(c, t) && read_word(c, &id, &ticket))
        upload_resume(c, &t->u, http_number(c), &id, &ticket,
                      LIMIT_PIECE_BYTES);
}

const struct http_handler http_tus_create_handler = {
    .need = NEED_NAME,
    .take = TAKE_STREAM,
    .begin = create_begin,
    .data = data,
    .data_end = data_end,
    .answer = answer,
    .removed = removed,
    .release = release,
};

const struct http_handler http_tus_patch_handler = {
    .need = NEED_NAME,
    .take = TAKE_STREAM,
    .begin = patch_begin,
    .data = data,
    .data_end = data_end,
    .answer = answer,
    .removed = removed,
    .release = release,
};

/* --- HEAD ---------------------------------------------------------------- */

static void
head_begin(struct conn *c)
{
    struct tus *t = tus_new(c);
    struct file_id id, ticket;

    if (check_version(c) && read_word(c, &id, &ticket))
        upload_resume(c, &t->u, http_number(c), &id, &ticket,
                      LIMIT_PIECE_BYTES);
}

static void
tell_offset(struct conn *c, const struct tus *t)
{
    struct http_out o;

    begin_out(&o, c, 200);
    http_out_field(&o, "Cache-Control", "no-store");
    http_out_field(&o, "Upload-Offset", "%llu",
                   (unsigned long long)t->u.offset);
    http_out_field(&o, "Upload-Length", "%llu",
                   (unsigned long long)t->u.facts.size);
    if (t->u.state == UPLOAD_DONE)
        add_file(&o, &t->u);
    else
        add_expires(&o);
    http_out_empty(&o);
}

/* It is asked like someone who goes on with it, since that is what comes
 * next: whoever wrote before is cut off, and its bytes are synced. */
static void
head_answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct tus *t = http_x(c)->own;

    (void)sub;
    if (!take_whole(t, e))
        upload_answer(c, &t->u, e);
    if (t->u.state == UPLOAD_READY)
        upload_pause(c, &t->u);
    if (t->u.state == UPLOAD_PAUSED || t->u.state == UPLOAD_DONE)
        tell_offset(c, t);
    else if (t->u.state == UPLOAD_FAILED)
        deny_upload(c, &t->u);
}

const struct http_handler http_tus_head_handler = {
    .need = NEED_NAME,
    .begin = head_begin,
    .answer = head_answer,
    .removed = removed,
    .release = release,
};

/* --- DELETE -------------------------------------------------------------- */

static void
delete_begin(struct conn *c)
{
    struct file_facts facts = {.size = FILE_SIZE_UNKNOWN};
    struct str none = {NULL, 0};

    if (check_version(c) && read_word(c, &facts.id, &facts.ticket))
        http_ask(c, command_new_file(COMMAND_DROP, none, none, &facts));
}

static void
delete_answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct http_out o;

    (void)sub;
    if (e->kind == ANSWER_DENIED) {
        deny(c, e->deny);
        return;
    }
    begin_out(&o, c, 204);
    http_out_empty(&o);
}

const struct http_handler http_tus_delete_handler = {
    .need = NEED_NAME,
    .begin = delete_begin,
    .answer = delete_answer,
};
