/* SPDX-License-Identifier: MIT
 *
 * A window at a time: it has been written, and it is in the page cache, so
 * that sending it waits for nothing but the socket. */
#include "dialect/download.h"

#include <unistd.h>

enum {
    WARM_BYTES = 512 * 1024,      /* asked for at a time */
    PUMP_BYTES = 1024 * 1024,     /* sent at a time: others want their turn */
};

static void
fail(struct download *d, enum deny why)
{
    d->state = DOWNLOAD_FAILED;
    d->why = why;
    d->waiting = false;
}

static void
refuse(struct download *d, const struct event *e)
{
    fail(d, e->deny);
    str_to_z(e->text, d->detail, sizeof d->detail);
}

/* --- The beginning ------------------------------------------------------ */

void
download_begin(struct conn *c, struct download *d, uint64_t request,
               const struct file_id *id)
{
    struct str none = {0};
    struct file_facts facts = {.id = *id};
    struct command *cmd = command_new_file(COMMAND_FETCH, none, none, &facts);

    *d = (struct download){.state = DOWNLOAD_ASKED, .request = request};
    cmd->request = request;
    conn_command(c, cmd);
}

/* Others hear of an upload when it is allowed, which can be a moment before
 * its own mover has made the file: following makes it, too. */
static void
on_found(struct conn *c, struct download *d, const struct event *e)
{
    bool arriving = e->file->state == FILE_ARRIVING;
    struct move_job *job =
        move_job_new(arriving ? MOVE_FOLLOW : MOVE_OPEN, NULL);

    d->facts = *e->file;
    d->time_ms = e->time_ms;
    d->room = e->room;
    str_to_z(e->text, d->name, sizeof d->name);
    str_to_z(e->name, d->sender, sizeof d->sender);
    d->state = DOWNLOAD_OPENING;
    job->request = d->request;
    job->id = d->facts.id;
    job->size = d->facts.size;
    conn_move(c, job);
}

/* What the disk says about the size counts once it is whole there. */
static void
on_opened(struct download *d, const struct event *e)
{
    d->blob = blob_ref(e->blob);
    d->media = blob_media(d->blob);
    if (d->facts.size == FILE_SIZE_UNKNOWN &&
        blob_state(d->blob) == BLOB_WHOLE)
        d->facts.size = blob_written(d->blob);
    d->end = d->facts.size;
    d->state = DOWNLOAD_READY;
}

static void
on_moved(struct download *d, const struct event *e)
{
    d->waiting = d->growing = false;
    if (d->state != DOWNLOAD_OPENING)
        return;
    if (e->deny != DENY_NONE)
        refuse(d, e);
    else
        on_opened(d, e);
}

void
download_answer(struct conn *c, struct download *d, const struct event *e)
{
    if (e->kind == ANSWER_FILE && d->state == DOWNLOAD_ASKED)
        on_found(c, d, e);
    else if (e->kind == ANSWER_DENIED && d->state == DOWNLOAD_ASKED)
        refuse(d, e);
    else if (e->kind == ANSWER_MOVED)
        on_moved(d, e);
}

/* --- The bytes ---------------------------------------------------------- */

static void
warm_up(struct conn *c, struct download *d, size_t n)
{
    struct move_job *job = move_job_new(MOVE_WARM, d->blob);

    job->n = n;
    job->request = d->request;
    job->offset = d->offset;
    d->warm = d->offset + n;
    d->waiting = true;
    conn_move(c, job);
}

/* How many bytes behind the offset can be sent without the disk; 0: waits for
 * it. A window that was warmed is not asked about again: not every file system
 * can tell. */
static size_t
warm_bytes(struct conn *c, struct download *d, uint64_t n)
{
    if (n > WARM_BYTES)
        n = WARM_BYTES;
    if (d->offset < d->warm)
        return n < d->warm - d->offset ? (size_t)n
                                       : (size_t)(d->warm - d->offset);
    if (blob_is_warm(d->blob, d->offset, (size_t)n)) {
        d->warm = d->offset + n;
        return (size_t)n;
    }
    warm_up(c, d, (size_t)n);
    return 0;
}

/* Nothing more has been written. */
static void
at_the_end(struct download *d, enum blob_state state)
{
    if (state == BLOB_GONE)
        fail(d, DENY_NO_SUCH_FILE);
    else if (d->end == FILE_SIZE_UNKNOWN)
        d->end = d->offset;
    else
        fail(d, DENY_STORAGE_BROKEN);     /* shorter than it should be */
}

/* How much can be sent now; 0: waits, DONE or FAILED. The state is read before
 * the size, so that a whole file's size is its last. */
static size_t
sendable(struct conn *c, struct download *d)
{
    while (d->state == DOWNLOAD_READY && !d->waiting) {
        enum blob_state state = blob_state(d->blob);
        uint64_t to = blob_written(d->blob);

        if (to > d->end)
            to = d->end;
        if (d->offset == d->end)
            d->state = DOWNLOAD_DONE;
        else if (state == BLOB_GONE)
            fail(d, DENY_NO_SUCH_FILE);
        else if (d->offset < to)
            return warm_bytes(c, d, to - d->offset);
        else if (state != BLOB_ARRIVING)
            at_the_end(d, state);
        else
            d->waiting = d->growing =
                conn_await_growth(c, d->blob, d->offset, d->request);
    }
    return 0;
}

size_t
download_pump(struct conn *c, struct download *d)
{
    size_t sent = 0, n;

    while (sent < PUMP_BYTES && (n = sendable(c, d)) > 0) {
        ssize_t done = conn_send_file(c, blob_fd(d->blob), d->offset, n);

        if (done < 0)
            fail(d, DENY_STORAGE_BROKEN);
        if (done <= 0)
            break;
        d->offset += (uint64_t)done;
        sent += (size_t)done;
        if ((size_t)done < n)
            break;
    }
    if (d->state == DOWNLOAD_READY && d->offset == d->end)
        d->state = DOWNLOAD_DONE;
    return sent;
}

size_t
download_read(struct conn *c, struct download *d, void *p, size_t n)
{
    size_t ready = sendable(c, d);
    ssize_t got;

    if (ready == 0 || n == 0)
        return 0;
    got = pread(blob_fd(d->blob), p, n < ready ? n : ready,
                (off_t)d->offset);
    if (got <= 0) {
        fail(d, DENY_STORAGE_BROKEN);
        return 0;
    }
    d->offset += (uint64_t)got;
    if (d->offset == d->end)
        d->state = DOWNLOAD_DONE;
    return (size_t)got;
}

void
download_close(struct conn *c, struct download *d)
{
    if (d->growing)
        conn_forget_growth(c, d->blob, d->request);
    blob_unref(&d->blob);
    *d = (struct download){0};
}
