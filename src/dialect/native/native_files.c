/* SPDX-License-Identifier: MIT
 *
 * Every stream asks the core and the movers under a number of its own, beyond
 * those that a client may use: theirs need not be unique, and an answer shows
 * by its number alone whether it is a stream's. */
#include "dialect/native/native_files.h"

#include "base/limits.h"
#include "dialect/native/native_commands.h"
#include "dialect/native/native_file_events.h"

#include <stdlib.h>

enum {
    SHA256_BYTES = 32,
    CHUNK_BYTES = 16 * 1024,
    /* A chunk is queued while there is less than that: what the chat says
     * stands behind two of them at most. */
    QUEUE_BYTES = CHUNK_BYTES,
    GRANT_BYTES = LIMIT_CREDIT_BYTES / 4,
    TEXT_BYTES = 8 * 1024,
};

struct file_stream {
    struct list link;
    uint32_t number;
    bool is_put;
    bool open;               /* Putting or Getting has been said */
    bool ending;             /* put: the client's FileEnd has come */
    bool summing;            /* get: all was sent but for the sum */
    uint64_t request;        /* the client's, of what is to be answered next */
    uint64_t limit;          /* put: where its credit ends, in the file; get:
                                the offset that was asked for */
    uint64_t credit;         /* get: bytes that may be sent */
    union {
        struct upload up;
        struct download down;
    };
};

struct file_streams {
    struct list list;        /* whose turn is next comes first */
    unsigned count;
};

/* --- Streams ------------------------------------------------------------ */

static struct file_stream *
find_stream(const struct file_streams *all, uint32_t number)
{
    if (all == NULL)
        return NULL;
    list_each(it, next, &all->list) {
        struct file_stream *f = list_entry(it, struct file_stream, link);

        if (f->number == number)
            return f;
    }
    return NULL;
}

static struct file_stream *
find_request(const struct file_streams *all, uint64_t request)
{
    if (all == NULL)
        return NULL;
    list_each(it, next, &all->list) {
        struct file_stream *f = list_entry(it, struct file_stream, link);

        if ((f->is_put ? f->up.request : f->down.request) == request)
            return f;
    }
    return NULL;
}

static struct file_stream *
add_stream(struct conn *c, struct native_files *files, uint32_t number)
{
    struct file_stream *f = must_alloc(sizeof *f);

    if (files->open == NULL) {
        files->open = must_alloc(sizeof *files->open);
        list_init(&files->open->list);
        conn_hurry(c, true);
    }
    f->number = number;
    list_push(&files->open->list, &f->link);
    files->open->count++;
    return f;
}

static void
drop_stream(struct conn *c, struct native_files *files,
            struct file_stream *f)
{
    if (f->is_put) {
        upload_close(c, &f->up);
    } else {
        if (f->summing)
            conn_forget_growth(c, f->down.blob, f->down.request);
        download_close(c, &f->down);
    }
    list_remove(&f->link);
    free(f);
    if (--files->open->count > 0)
        return;
    free(files->open);
    files->open = NULL;
    conn_hurry(c, false);
    conn_want_drain(c, false);
}

/* It came to nothing, or to no more. The client is told in the answer that it
 * waits for, if it does. */
static void
fail_stream(struct conn *c, struct native_files *files,
            struct file_stream *f)
{
    enum deny why = f->is_put ? f->up.why : f->down.why;
    struct str detail = str_of(f->is_put ? f->up.detail : f->down.detail);

    if (!f->open || f->ending)
        conn_send(c, native_refused(f->request, why, detail));
    else
        conn_send(c, native_file_end(f->number, NULL, why, detail));
    drop_stream(c, files, f);
}

static void
refuse(struct conn *c, uint64_t request, enum deny why, const char *text)
{
    conn_send(c, native_error(request, why, text));
}

/* --- Uploads ------------------------------------------------------------ */

/* What has reached the disk may be followed by as much again; of an upload
 * whose size is not known, as far as the core has reserved room for it, or,
 * when it will not reserve more, one byte further: it shows that there is
 * more, and fails. */
static uint64_t
limit_of(const struct upload *u)
{
    uint64_t limit = u->on_disk + LIMIT_CREDIT_BYTES;
    uint64_t most = u->reserved + (u->refused != DENY_NONE);

    if (u->facts.size == FILE_SIZE_UNKNOWN && limit > most)
        limit = most;
    return limit;
}

/* In steps; a small one when there is nothing left to send with. */
static void
grant(struct conn *c, struct file_stream *f)
{
    uint64_t limit = limit_of(&f->up);

    if (f->ending || limit <= f->limit ||
        (limit < f->limit + GRANT_BYTES && f->up.offset < f->limit))
        return;
    conn_send(c, native_credit(f->number, limit - f->limit));
    f->limit = limit;
}

static void
open_put(struct conn *c, struct file_stream *f)
{
    f->open = true;
    f->limit = limit_of(&f->up);
    conn_send(c, native_putting(f->request, f->number, &f->up,
                                f->limit - f->up.offset));
}

/* After whatever may have moved it. */
static void
step_put(struct conn *c, struct native_files *files, struct file_stream *f,
         const struct event *e)
{
    switch (f->up.state) {
    case UPLOAD_READY:
        if (!f->open)
            open_put(c, f);
        grant(c, f);
        break;
    case UPLOAD_DONE:
        must(f->ending && e != NULL && e->kind == ANSWER_POSTED);
        conn_send(c, native_answer_to(conn_config(c), e, f->request));
        drop_stream(c, files, f);
        break;
    case UPLOAD_FAILED:
        fail_stream(c, files, f);
        break;
    default:
        break;
    }
}

static void
begin_put(struct conn *c, struct file_stream *f, uint64_t request,
          const Loquat__V1__PutFile *put)
{
    bool sized = put->length_case == LOQUAT__V1__PUT_FILE__LENGTH_SIZE;
    struct upload_wish wish = {
        .size = sized ? put->size : FILE_SIZE_UNKNOWN,
        .resumable = true, .piece_max = LIMIT_CREDIT_BYTES};
    struct buf target, name;

    buf_init(&target, TEXT_BYTES);
    buf_init(&name, TEXT_BYTES);
    if (!native_clean(&target, put->target, UTF8_ONE_LINE, &wish.target) ||
        wish.target.n == 0) {
        f->up.state = UPLOAD_FAILED;
        f->up.why = DENY_BAD_ROOM;
    } else if (!native_clean(&name, put->name, UTF8_ONE_LINE, &wish.name)) {
        f->up.state = UPLOAD_FAILED;
        f->up.why = DENY_MESSAGE_TOO_LONG;
    } else if (sized && wish.size > INT64_MAX) {
        f->up.state = UPLOAD_FAILED;
        f->up.why = DENY_FILE_TOO_LARGE;
    } else {
        upload_begin(c, &f->up, request, &wish);
    }
    buf_done(&target);
    buf_done(&name);
}

static void
resume_put(struct conn *c, struct file_stream *f, uint64_t request,
           const Loquat__V1__PutFile *put)
{
    struct file_id id, ticket;

    if (!file_id_read(str_of(put->id), &id) ||
        put->ticket.len != sizeof ticket.b) {
        f->up.state = UPLOAD_FAILED;
        f->up.why = DENY_NO_SUCH_FILE;
        return;
    }
    memcpy(ticket.b, put->ticket.data, sizeof ticket.b);
    upload_resume(c, &f->up, request, &id, &ticket, LIMIT_CREDIT_BYTES);
}

/* --- Downloads ---------------------------------------------------------- */

static bool
has_sent_all(const struct file_stream *f)
{
    return f->down.state == DOWNLOAD_DONE ||
           (f->down.state == DOWNLOAD_READY &&
            f->down.offset == f->down.end);
}

static bool
is_ready(const struct file_stream *f)
{
    return !f->is_put && f->open && f->down.state == DOWNLOAD_READY &&
           f->credit > 0 && !f->down.waiting && !has_sent_all(f);
}

/* The sum, or NULL when only a new question can tell it: the file was whole on
 * disk, but not yet in the log, when it was opened. */
static const uint8_t *
sum_of(const struct download *d, uint8_t room[SHA256_BYTES])
{
    if (d->facts.state == FILE_WHOLE)
        return d->facts.sha256;
    return blob_sum(d->blob, room) ? room : NULL;
}

/* All was sent. The sum of a file that was followed is known once its uploader
 * has finished it. */
static void
end_get(struct conn *c, struct native_files *files, struct file_stream *f)
{
    struct download *d = &f->down;
    uint8_t room[SHA256_BYTES];

    f->summing = d->facts.state != FILE_WHOLE &&
                 blob_state(d->blob) == BLOB_ARRIVING &&
                 conn_await_growth(c, d->blob, d->offset, d->request);
    if (f->summing)
        return;
    if (blob_state(d->blob) == BLOB_GONE)
        conn_send(c, native_file_end(f->number, NULL, DENY_NO_SUCH_FILE,
                                     str_of("its uploader gave it up")));
    else
        conn_send(c, native_file_end(f->number, sum_of(d, room), DENY_NONE,
                                     str_of(NULL)));
    drop_stream(c, files, f);
}

/* Of a file whose size is not known yet, no byte can be asked for that is not
 * there. */
static bool
offset_is_right(const struct download *d, uint64_t offset)
{
    return offset <= (d->end == UINT64_MAX ? blob_written(d->blob) : d->end);
}

static void
open_get(struct conn *c, struct file_stream *f)
{
    struct download *d = &f->down;

    if (!offset_is_right(d, f->limit)) {
        d->state = DOWNLOAD_FAILED;
        d->why = DENY_BAD_OFFSET;
        return;
    }
    d->offset = f->limit;
    f->open = true;
    conn_send(c, native_getting(f->request, f->number, d));
}

static void
step_get(struct conn *c, struct native_files *files, struct file_stream *f)
{
    if (f->summing)
        return;
    if (f->down.state == DOWNLOAD_READY && !f->open)
        open_get(c, f);
    if (f->down.state == DOWNLOAD_FAILED)
        fail_stream(c, files, f);
    else if (f->open && has_sent_all(f))
        end_get(c, files, f);
    else if (is_ready(f))
        conn_want_drain(c, true);
}

/* One piece; false when there was none after all. */
static bool
send_chunk(struct conn *c, struct file_stream *f)
{
    size_t n = f->credit < CHUNK_BYTES ? f->credit : CHUNK_BYTES;
    struct slab *s = slab_new(FRAME_FILE_HEADER_BYTES + n);

    n = download_read(c, &f->down, s->p + FRAME_FILE_HEADER_BYTES, n);
    if (n == 0) {
        slab_unref(&s);
        return false;
    }
    frame_file_header((uint8_t *)s->p, f->number, (uint32_t)n);
    s->n = (uint32_t)(FRAME_FILE_HEADER_BYTES + n);
    f->credit -= n;
    conn_send(c, s);
    return true;
}

static struct file_stream *
next_ready(const struct file_streams *all)
{
    if (all == NULL)
        return NULL;
    list_each(it, next, &all->list) {
        struct file_stream *f = list_entry(it, struct file_stream, link);

        if (is_ready(f))
            return f;
    }
    return NULL;
}

void
native_files_drain(struct conn *c, struct native_files *files)
{
    struct file_stream *f;

    while (conn_queued(c) < QUEUE_BYTES &&
           (f = next_ready(files->open)) != NULL) {
        bool sent = send_chunk(c, f);

        list_remove(&f->link);
        list_push(&files->open->list, &f->link);
        if (!is_ready(f))
            step_get(c, files, f);
        else if (!sent)
            return;
    }
    if (next_ready(files->open) == NULL)
        conn_want_drain(c, false);
}

/* --- Requests ----------------------------------------------------------- */

/* May a stream of this number begin? Says no by itself. */
static bool
may_begin(struct conn *c, const struct file_streams *all,
          uint64_t request, uint32_t number)
{
    const char *why = NULL;

    if (request == 0 || request > NATIVE_REQUEST_MAX)
        why = "A request needs a number from 1 to 2^63-1";
    else if (number == 0)
        why = "A stream needs a number greater than 0";
    else if (find_stream(all, number) != NULL)
        why = "That stream is open";
    else if (all != NULL && all->count >= LIMIT_STREAMS)
        why = "Too many files at a time on this connection";
    if (why != NULL)
        refuse(c, request, DENY_BAD_REQUEST, why);
    return why == NULL;
}

static uint64_t
new_number(struct native_files *files)
{
    return NATIVE_REQUEST_MAX + ++files->numbers;
}

static void
hear_put(struct conn *c, struct native_files *files, const Envelope *e)
{
    const Loquat__V1__PutFile *put = e->put_file;
    struct file_stream *f;

    if (!may_begin(c, files->open, e->request, put->stream))
        return;
    f = add_stream(c, files, put->stream);
    f->is_put = true;
    f->request = e->request;
    if (*put->id != '\0')
        resume_put(c, f, new_number(files), put);
    else
        begin_put(c, f, new_number(files), put);
    step_put(c, files, f, NULL);
}

static void
hear_get(struct conn *c, struct native_files *files, const Envelope *e)
{
    const Loquat__V1__GetFile *get = e->get_file;
    struct file_stream *f;
    struct file_id id;

    if (!may_begin(c, files->open, e->request, get->stream))
        return;
    if (!file_id_read(str_of(get->id), &id)) {
        refuse(c, e->request, DENY_NO_SUCH_FILE, NULL);
        return;
    }
    f = add_stream(c, files, get->stream);
    f->request = e->request;
    f->limit = get->offset;
    f->credit = get->credit;
    download_begin(c, &f->down, new_number(files), &id);
    step_get(c, files, f);
}

static void
hear_credit(struct conn *c, struct native_files *files, const Envelope *e)
{
    const Loquat__V1__Credit *credit = e->credit;
    struct file_stream *f = find_stream(files->open, credit->stream);

    if (f == NULL || f->is_put)
        return;
    if (credit->bytes > UINT64_MAX - f->credit)
        f->credit = UINT64_MAX;
    else
        f->credit += credit->bytes;
    step_get(c, files, f);
}

static void
finish_put(struct conn *c, struct native_files *files,
           struct file_stream *f, const Envelope *e)
{
    const ProtobufCBinaryData *sum = &e->file_end->sha256;
    bool numbered = e->request > 0 && e->request <= NATIVE_REQUEST_MAX;
    bool summed = sum->len == 0 || sum->len == SHA256_BYTES;

    if (!numbered || !summed || f->up.state != UPLOAD_READY) {
        refuse(c, e->request, DENY_BAD_REQUEST,
               "A file's end needs a number, an open stream, and 32 bytes of "
               "SHA-256 or none");
        return;
    }
    f->ending = true;
    f->request = e->request;
    upload_finish(c, &f->up, sum->len != 0 ? sum->data : NULL);
    step_put(c, files, f, NULL);
}

static void
hear_end(struct conn *c, struct native_files *files, const Envelope *e)
{
    struct file_stream *f = find_stream(files->open, e->file_end->stream);
    bool breaks_off = e->file_end->code != 0;

    if (f != NULL && breaks_off)
        drop_stream(c, files, f);
    else if (f != NULL && f->is_put)
        finish_put(c, files, f, e);
    else if (e->request != 0)
        refuse(c, e->request, DENY_BAD_REQUEST, "No such upload is open");
}

bool
native_files_request(struct conn *c, struct native_files *files,
                     const Envelope *e)
{
    switch (e->body_case) {
    case ENVELOPE_BODY(PUT_FILE):
        hear_put(c, files, e);
        return true;
    case ENVELOPE_BODY(GET_FILE):
        hear_get(c, files, e);
        return true;
    case ENVELOPE_BODY(CREDIT):
        hear_credit(c, files, e);
        return true;
    case ENVELOPE_BODY(FILE_END):
        hear_end(c, files, e);
        return true;
    default:
        return false;
    }
}

/* --- Bytes -------------------------------------------------------------- */

/* There is room for all that there was credit for, but for the byte behind a
 * reservation that will not grow: that one fails. */
static void
write_bytes(struct conn *c, struct upload *u, const uint8_t *p, size_t n)
{
    while (n > 0 && u->state == UPLOAD_READY) {
        size_t took = upload_write(c, u, p, n);

        must(took > 0 || u->state == UPLOAD_FAILED);
        p += took;
        n -= took;
    }
}

enum wire
native_files_bytes(struct conn *c, struct native_files *files,
                   const struct frame *frame, const char **why)
{
    struct frame_file bytes;
    struct file_stream *f;

    if (frame_file_parse(frame, &bytes) != WIRE_OK) {
        *why = "That is not a frame of a file's bytes";
        return WIRE_BAD;
    }
    f = find_stream(files->open, bytes.stream);
    if (f == NULL)
        return WIRE_OK;
    if (!f->is_put || f->ending || bytes.n > f->limit - f->up.offset) {
        *why = "Those are more bytes of a file than there was credit for";
        return WIRE_BAD;
    }
    write_bytes(c, &f->up, bytes.p, bytes.n);
    step_put(c, files, f, NULL);
    return WIRE_OK;
}

/* --- Answers ------------------------------------------------------------ */

bool
native_files_answer(struct conn *c, struct native_files *files,
                    const struct event *e)
{
    struct file_stream *f;

    if (e->request <= NATIVE_REQUEST_MAX)
        return false;
    f = find_request(files->open, e->request);
    if (f == NULL)
        return true;                     /* its stream is over */
    if (f->is_put) {
        upload_answer(c, &f->up, e);
        step_put(c, files, f, e);
    } else if (f->summing) {
        end_get(c, files, f);
    } else {
        download_answer(c, &f->down, e);
        step_get(c, files, f);
    }
    return true;
}

/* What was asked and is not answered yet, the core refuses by itself. */
void
native_files_removed(struct conn *c, struct native_files *files,
                     const struct event *e)
{
    const struct file_streams *all = files->open;

    if (all == NULL)
        return;
    list_each(it, next, &all->list) {
        struct file_stream *f = list_entry(it, struct file_stream, link);
        bool last = all->count == 1;

        if ((f->is_put ? f->up.room : f->down.room) != e->room)
            continue;
        *(f->is_put ? &f->up.why : &f->down.why) = e->deny;
        fail_stream(c, files, f);
        if (last)
            return;                      /* the list is gone too */
    }
}

void
native_files_close(struct conn *c, struct native_files *files)
{
    while (files->open != NULL)
        drop_stream(c, files, list_entry(files->open->list.next,
                                         struct file_stream, link));
}
