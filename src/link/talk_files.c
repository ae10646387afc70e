/* SPDX-License-Identifier: MIT
 *
 * The server is not trusted with more than it was given: bytes beyond the
 * credit end the talk, what is about a stream that is closed is passed over
 * (it may have been on its way when the stream was closed). */
#include "link/talk_impl.h"

#include "base/limits.h"

enum {
    CHUNK_BYTES = 16 * 1024,
};

static struct talk_file *
find_stream(const struct talk *t, uint32_t stream)
{
    list_each(it, next, &t->files) {
        struct talk_file *f = list_entry(it, struct talk_file, link);

        if (f->stream == stream)
            return f;
    }
    return NULL;
}

static struct talk_file *
find_request(const struct talk *t, uint64_t request)
{
    if (request == 0)
        return NULL;
    list_each(it, next, &t->files) {
        struct talk_file *f = list_entry(it, struct talk_file, link);

        if (f->request == request)
            return f;
    }
    return NULL;
}

static unsigned
count_streams(const struct talk *t)
{
    unsigned n = 0;

    list_each(it, next, &t->files)
        n++;
    return n;
}

/* ---- Opening and closing ---- */

static uint32_t
free_number(struct talk *t)
{
    do
        t->stream++;
    while (t->stream == 0 || find_stream(t, t->stream) != NULL);
    return t->stream;
}

static void
forget(struct talk_file *f)
{
    list_remove(&f->link);
    *f = (struct talk_file){.ops = f->ops};
}

static bool
begin(struct talk *t, struct talk_file *f, Envelope *e, uint32_t stream)
{
    uint64_t request = talk_request(t, e);

    if (request == 0)
        return false;
    *f = (struct talk_file){.ops = f->ops, .stream = stream,
                            .request = request};
    list_push(&t->files, &f->link);
    return true;
}

bool
talk_put(struct talk *t, struct talk_file *f, Loquat__V1__PutFile *put)
{
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    must(f->stream == 0);
    if (count_streams(t) >= LIMIT_STREAMS)
        return false;
    put->stream = free_number(t);
    e.body_case = ENVELOPE_BODY(PUT_FILE);
    e.put_file = put;
    if (!begin(t, f, &e, put->stream))
        return false;
    f->is_put = true;
    return true;
}

bool
talk_get(struct talk *t, struct talk_file *f, Loquat__V1__GetFile *get)
{
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    must(f->stream == 0);
    if (count_streams(t) >= LIMIT_STREAMS)
        return false;
    get->stream = free_number(t);
    e.body_case = ENVELOPE_BODY(GET_FILE);
    e.get_file = get;
    if (!begin(t, f, &e, get->stream))
        return false;
    f->credit = get->credit;
    return true;
}

void
talk_file_close(struct talk *t, struct talk_file *f)
{
    Loquat__V1__FileEnd end = LOQUAT__V1__FILE_END__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    if (f->stream == 0)
        return;
    end.stream = f->stream;
    end.code = LOQUAT__V1__ERROR_CODE__ERROR_CODE_STOPPING;
    e.body_case = ENVELOPE_BODY(FILE_END);
    e.file_end = &end;
    talk_tell(t, &e);
    forget(f);
}

void
talk_files_lost(struct talk *t)
{
    while (!list_empty(&t->files))
        forget(list_entry(t->files.next, struct talk_file, link));
    t->stream = 0;
}

/* ---- Sending ---- */

size_t
talk_file_room(const struct talk *t, const struct talk_file *f)
{
    size_t queued = t->out.n + t->unwritten;
    size_t room = queued < TALK_FILE_OUT_BYTES ? TALK_FILE_OUT_BYTES - queued
                                               : 0;

    if (!f->is_put || !f->open || f->ending)
        return 0;
    return f->credit < room ? f->credit : room;
}

size_t
talk_file_send(struct talk *t, struct talk_file *f, const void *p, size_t n)
{
    size_t room = talk_file_room(t, f), at = 0;

    if (n > room)
        n = room;
    while (at < n) {
        size_t some = n - at < CHUNK_BYTES ? n - at : CHUNK_BYTES;
        uint8_t *to = buf_reserve(&t->out, FRAME_FILE_HEADER_BYTES + some);

        must(to != NULL);        /* out takes many times as much */
        frame_file_header(to, f->stream, (uint32_t)some);
        memcpy(to + FRAME_FILE_HEADER_BYTES, (const char *)p + at, some);
        buf_commit(&t->out, FRAME_FILE_HEADER_BYTES + some);
        at += some;
    }
    f->credit -= n;
    return n;
}

bool
talk_file_end(struct talk *t, struct talk_file *f,
              const uint8_t sha256[TALK_SHA256_BYTES])
{
    Loquat__V1__FileEnd end = LOQUAT__V1__FILE_END__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    uint64_t request;

    must(f->is_put && f->open && !f->ending);
    end.stream = f->stream;
    end.sha256 = (ProtobufCBinaryData){TALK_SHA256_BYTES, (uint8_t *)sha256};
    e.body_case = ENVELOPE_BODY(FILE_END);
    e.file_end = &end;
    request = talk_request(t, &e);
    if (request == 0)
        return false;
    f->request = request;
    f->ending = true;
    return true;
}

static void
say_credit(struct talk *t, struct talk_file *f)
{
    Loquat__V1__Credit credit = LOQUAT__V1__CREDIT__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    credit.stream = f->stream;
    credit.bytes = f->owed;
    e.body_case = ENVELOPE_BODY(CREDIT);
    e.credit = &credit;
    if (t->out.n >= TALK_OUT_BYTES || !talk_say(t, &e))
        return;
    f->credit += f->owed;
    f->owed = 0;
}

void
talk_file_credit(struct talk *t, struct talk_file *f, uint64_t n)
{
    if (f->stream == 0 || f->is_put || n == 0)
        return;
    must(n <= UINT64_MAX - f->credit - f->owed);
    f->owed += n;
    say_credit(t, f);
}

static void
pump(struct talk *t, struct talk_file *f)
{
    if (f->owed > 0)
        say_credit(t, f);
    if (f->is_put && f->open && !f->ending &&
        t->out.n + t->unwritten < TALK_FILE_OUT_BYTES)
        f->ops->writable(f);
}

/* The first one goes to the end. NULL when there is none. */
static struct talk_file *
rotate(struct talk *t)
{
    struct list *first = t->files.next;

    if (list_empty(&t->files))
        return NULL;
    list_remove(first);
    list_push(&t->files, first);
    return list_entry(first, struct talk_file, link);
}

/* Once around, beginning with another one each time. */
bool
talk_files_pump(struct talk *t)
{
    size_t before = t->out.n;
    struct talk_file *f;

    if (t->phase != TALK_LIVE)
        return false;
    for (unsigned n = count_streams(t); n > 0; n--)
        if ((f = rotate(t)) != NULL)
            pump(t, f);
    rotate(t);
    return t->out.n > before;
}

/* ---- Hearing ---- */

enum talk_verdict
talk_hear_putting(struct talk *t, const Envelope *e)
{
    struct talk_file *f = find_request(t, e->request);

    if (f == NULL)
        return TALK_ON;
    if (!f->is_put || f->open)
        return talk_nonsense(t, "an upload that is none");
    f->open = true;
    f->request = 0;
    f->credit = e->putting->credit;
    f->ops->putting(f, e->putting);
    return TALK_ON;
}

enum talk_verdict
talk_hear_getting(struct talk *t, const Envelope *e)
{
    struct talk_file *f = find_request(t, e->request);

    if (f == NULL)
        return TALK_ON;
    if (f->is_put || e->getting->file == NULL)
        return talk_nonsense(t, "a download that is none");
    f->open = true;
    f->request = 0;
    f->ops->getting(f, e->getting);
    return TALK_ON;
}

enum talk_verdict
talk_hear_credit(struct talk *t, const Envelope *e)
{
    struct talk_file *f = find_stream(t, e->credit->stream);

    if (f == NULL || !f->is_put)
        return TALK_ON;
    if (!f->open || e->credit->bytes > UINT64_MAX - f->credit)
        return talk_nonsense(t, "credit without end");
    f->credit += e->credit->bytes;
    return TALK_ON;              /* the pump comes by */
}

/* Closes it first: its owner may free it. */
static void
fail(struct talk_file *f, int code, const char *text)
{
    forget(f);
    f->ops->failed(f, code, text);
}

enum talk_verdict
talk_hear_file_end(struct talk *t, const Envelope *e)
{
    const Loquat__V1__FileEnd *end = e->file_end;
    struct talk_file *f = find_stream(t, end->stream);
    bool summed = end->sha256.len == TALK_SHA256_BYTES;

    if (f == NULL)
        return TALK_ON;
    if (end->code != 0) {
        fail(f, (int)end->code, end->text);
        return TALK_ON;
    }
    if (f->is_put || !f->open)
        return talk_nonsense(t, "the end of a file that is none");
    forget(f);
    f->ops->ended(f, summed ? end->sha256.data : NULL);
    return TALK_ON;
}

bool
talk_files_posted(struct talk *t, const Envelope *e)
{
    struct talk_file *f = find_request(t, e->request);

    if (f == NULL || !f->ending)
        return false;
    forget(f);
    f->ops->posted(f, e->posted);
    return true;
}

bool
talk_files_error(struct talk *t, const Envelope *e)
{
    struct talk_file *f = find_request(t, e->request);

    if (f == NULL)
        return false;
    fail(f, (int)e->error->code, e->error->text);
    return true;
}

enum talk_verdict
talk_hear_bytes(struct talk *t, const struct frame *frame)
{
    struct frame_file bytes;
    struct talk_file *f;

    if (frame_file_parse(frame, &bytes) != WIRE_OK)
        return talk_nonsense(t, "no bytes of a file");
    f = find_stream(t, bytes.stream);
    if (f == NULL)
        return TALK_ON;
    if (f->is_put || !f->open || bytes.n > f->credit)
        return talk_nonsense(t, "bytes of a file that nobody asked for");
    f->credit -= bytes.n;
    f->ops->bytes(f, bytes.p, bytes.n);
    return TALK_ON;
}
