/* SPDX-License-Identifier: MIT
 *
 * Streams: their credit, their turns, their ends. */
#include "dialect/native/native_streams.h"

#include "base/limits.h"
#include "dialect/native/native_commands.h"
#include "dialect/native/native_file_events.h"

#include <stdlib.h>

enum {
    CHUNK_BYTES = 16 * 1024,
    /* A chunk is queued while there is less than that: what the chat says
     * stands behind two of them at most. */
    QUEUE_BYTES = CHUNK_BYTES,
    GRANT_BYTES = LIMIT_CREDIT_BYTES / 4,
    TEXT_BYTES = 8 * 1024,
};

/* --- Streams ------------------------------------------------------------ */

struct file_stream *
native_streams_find(const struct file_streams *all, uint32_t number)
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

struct file_stream *
native_streams_of(const struct file_streams *all, uint64_t request)
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

struct file_stream *
native_streams_add(struct conn *c, struct native_files *files, uint32_t number)
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

void
native_streams_drop(struct conn *c, struct native_files *files,
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
void
native_streams_fail(struct conn *c, struct native_files *files,
                    struct file_stream *f)
{
    enum deny why = f->is_put ? f->up.why : f->down.why;
    struct str detail = str_of(f->is_put ? f->up.detail : f->down.detail);

    if (!f->open || f->ending)
        conn_send(c, native_refused(f->request, why, detail));
    else
        conn_send(c, native_file_end(f->number, NULL, why, detail));
    native_streams_drop(c, files, f);
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
void
native_streams_step_put(struct conn *c, struct native_files *files,
                        struct file_stream *f, const struct event *e)
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
        native_streams_drop(c, files, f);
        break;
    case UPLOAD_FAILED:
        native_streams_fail(c, files, f);
        break;
    default:
        break;
    }
}

void
native_streams_begin_put(struct conn *c, struct file_stream *f,
                         uint64_t request, const Loquat__V1__PutFile *put)
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

void
native_streams_resume_put(struct conn *c, struct file_stream *f,
                          uint64_t request, const Loquat__V1__PutFile *put)
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
void
native_streams_end_get(struct conn *c, struct native_files *files,
                       struct file_stream *f)
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
    native_streams_drop(c, files, f);
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

void
native_streams_step_get(struct conn *c, struct native_files *files,
                        struct file_stream *f)
{
    if (f->summing)
        return;
    if (f->down.state == DOWNLOAD_READY && !f->open)
        open_get(c, f);
    if (f->down.state == DOWNLOAD_FAILED)
        native_streams_fail(c, files, f);
    else if (f->open && has_sent_all(f))
        native_streams_end_get(c, files, f);
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
            native_streams_step_get(c, files, f);
        else if (!sent)
            return;
    }
    if (next_ready(files->open) == NULL)
        conn_want_drain(c, false);
}
