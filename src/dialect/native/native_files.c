/* SPDX-License-Identifier: MIT
 *
 * Every stream asks the core and the movers under a number of its own, beyond
 * those that a client may use: theirs need not be unique, and an answer shows
 * by its number alone whether it is a stream's. */
#include "dialect/native/native_files.h"

#include "base/limits.h"
#include "dialect/native/native_commands.h"
#include "dialect/native/native_file_events.h"
#include "dialect/native/native_streams.h"

#include <stdlib.h>

/* --- Requests ----------------------------------------------------------- */

static void
refuse(struct conn *c, uint64_t request, enum deny why, const char *text)
{
    conn_send(c, native_error(request, why, text));
}

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
    else if (native_streams_find(all, number) != NULL)
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
    f = native_streams_add(c, files, put->stream);
    f->is_put = true;
    f->request = e->request;
    if (*put->id != '\0')
        native_streams_resume_put(c, f, new_number(files), put);
    else
        native_streams_begin_put(c, f, new_number(files), put);
    native_streams_step_put(c, files, f, NULL);
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
    f = native_streams_add(c, files, get->stream);
    f->request = e->request;
    f->limit = get->offset;
    f->credit = get->credit;
    download_begin(c, &f->down, new_number(files), &id);
    native_streams_step_get(c, files, f);
}

static void
hear_credit(struct conn *c, struct native_files *files, const Envelope *e)
{
    const Loquat__V1__Credit *credit = e->credit;
    struct file_stream *f = native_streams_find(files->open, credit->stream);

    if (f == NULL || f->is_put)
        return;
    if (credit->bytes > UINT64_MAX - f->credit)
        f->credit = UINT64_MAX;
    else
        f->credit += credit->bytes;
    native_streams_step_get(c, files, f);
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
    native_streams_step_put(c, files, f, NULL);
}

static void
hear_end(struct conn *c, struct native_files *files, const Envelope *e)
{
    struct file_stream *f = native_streams_find(files->open,
                                                e->file_end->stream);
    bool breaks_off = e->file_end->code != 0;

    if (f != NULL && breaks_off)
        native_streams_drop(c, files, f);
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
    f = native_streams_find(files->open, bytes.stream);
    if (f == NULL)
        return WIRE_OK;
    if (!f->is_put || f->ending || bytes.n > f->limit - f->up.offset) {
        *why = "Those are more bytes of a file than there was credit for";
        return WIRE_BAD;
    }
    write_bytes(c, &f->up, bytes.p, bytes.n);
    native_streams_step_put(c, files, f, NULL);
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
    f = native_streams_of(files->open, e->request);
    if (f == NULL)
        return true;                     /* its stream is over */
    if (f->is_put) {
        upload_answer(c, &f->up, e);
        native_streams_step_put(c, files, f, e);
    } else if (f->summing) {
        native_streams_end_get(c, files, f);
    } else {
        download_answer(c, &f->down, e);
        native_streams_step_get(c, files, f);
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
        native_streams_fail(c, files, f);
        if (last)
            return;                      /* the list is gone too */
    }
}

void
native_files_close(struct conn *c, struct native_files *files)
{
    while (files->open != NULL)
        native_streams_drop(c, files, list_entry(files->open->list.next,
                            struct file_stream, link));
}
