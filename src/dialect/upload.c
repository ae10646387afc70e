/* SPDX-License-Identifier: MIT
 *
 * One job of an upload is under way at a time, so that its bytes stay in
 * order; what comes meanwhile is gathered and goes as the next one. */
#include "dialect/upload.h"

#include "base/limits.h"

#include <stdlib.h>

static void
command(struct conn *c, struct upload *u, enum command_kind kind)
{
    struct str none = {0};
    struct command *cmd = command_new_file(kind, none, none, &u->facts);

    cmd->request = u->request;
    conn_command(c, cmd);
}

static void
move(struct conn *c, struct upload *u, struct move_job *job)
{
    job->request = u->request;
    job->id = u->facts.id;
    job->writer = u->writer;
    u->moving = true;
    conn_move(c, job);
}

/* What has been gathered goes on its way. */
static void
append(struct conn *c, struct upload *u)
{
    move(c, u, move_job_append(u->blob, &u->piece));
}

/* Its detail is there already. */
static void
fail_as_said(struct upload *u, enum deny why)
{
    u->state = UPLOAD_FAILED;
    u->why = why;
    buf_done(&u->piece);
}

static void
fail(struct upload *u, enum deny why, struct str detail)
{
    str_to_z(detail, u->detail, sizeof u->detail);
    fail_as_said(u, why);
}

static bool
is_sized(const struct upload *u)
{
    return u->facts.size != FILE_SIZE_UNKNOWN;
}

/* --- The beginning ------------------------------------------------------ */

static void
start(struct upload *u, uint64_t request, size_t piece_max)
{
    *u = (struct upload){.state = UPLOAD_ASKED, .request = request};
    u->facts.state = FILE_ARRIVING;
    buf_init(&u->piece, piece_max);
}

void
upload_begin(struct conn *c, struct upload *u, uint64_t request,
             const struct upload_wish *wish)
{
    struct command *cmd;

    start(u, request, wish->piece_max);
    u->begun = true;
    u->facts.id = file_id_new();
    u->facts.ticket = file_id_new();
    u->facts.size = wish->size;
    u->facts.resumable = wish->resumable;
    cmd = command_new_file(COMMAND_UPLOAD, wish->target, wish->name,
                           &u->facts);
    cmd->request = request;
    conn_command(c, cmd);
}

void
upload_resume(struct conn *c, struct upload *u, uint64_t request,
              const struct file_id *id, const struct file_id *ticket,
              size_t piece_max)
{
    start(u, request, piece_max);
    u->facts.id = *id;
    u->facts.ticket = *ticket;
    u->facts.size = FILE_SIZE_UNKNOWN;
    u->facts.resumable = true;
    command(c, u, COMMAND_RESUME);
}

static void
on_granted(struct conn *c, struct upload *u, const struct event *e)
{
    struct move_job *job;

    if (u->state != UPLOAD_ASKED)
        return;
    u->granted = true;
    u->reserved = e->token;
    u->facts = *e->file;
    u->room = e->room;
    str_to_z(e->text, u->name, sizeof u->name);
    str_to_z(e->room_name, u->room_name, sizeof u->room_name);
    u->state = UPLOAD_OPENING;
    job = move_job_new(MOVE_OPEN_WRITE, NULL);
    job->size = u->facts.size;
    move(c, u, job);
}

static void
on_opened(struct upload *u, const struct event *e)
{
    u->blob = blob_ref(e->blob);
    u->writer = e->session;
    u->offset = u->on_disk = e->file->size;
    if (u->reserved < u->offset)
        u->reserved = u->offset;
    u->state = UPLOAD_READY;
}

/* --- The bytes ---------------------------------------------------------- */

bool
upload_has_room(const struct upload *u)
{
    return u->state == UPLOAD_READY && !u->pause && !u->dropping &&
           (!u->moving || u->piece.n < u->piece.max) &&
           (is_sized(u) || u->offset < u->reserved || u->refused);
}

/* What was reserved is used up, and it will not be more. */
static bool
is_exhausted(const struct upload *u)
{
    return !is_sized(u) && u->offset == u->reserved && u->refused;
}

/* Early enough that the bytes do not wait for the answer. */
static void
reserve(struct conn *c, struct upload *u)
{
    struct str none = {0};
    struct file_facts facts = u->facts;
    struct command *cmd;

    if (is_sized(u) || u->reserving || u->refused ||
        u->reserved - u->offset > LIMIT_RESERVE_BYTES / 4)
        return;
    u->reserving = true;
    facts.size = u->reserved + LIMIT_RESERVE_BYTES;
    cmd = command_new_file(COMMAND_RESERVE, none, none, &facts);
    cmd->request = u->request;
    conn_command(c, cmd);
}

static size_t
least(size_t a, uint64_t b)
{
    return a < b ? a : (size_t)b;
}

/* How many of n bytes the piece still took. */
static size_t
gather(struct upload *u, const void *p, size_t n)
{
    n = least(n, u->piece.max - u->piece.n);
    return buf_append(&u->piece, p, n) == 0 ? n : 0;
}

size_t
upload_write(struct conn *c, struct upload *u, const void *p, size_t n)
{
    size_t taken;

    must(u->state == UPLOAD_READY);
    if (is_sized(u) && n > u->facts.size - u->offset) {
        fail(u, DENY_BAD_OFFSET, (struct str){0});
        return 0;
    }
    if (n == 0 || !upload_has_room(u))
        return 0;
    if (is_exhausted(u)) {
        fail_as_said(u, u->refused);
        return 0;
    }
    if (!is_sized(u))
        n = least(n, u->reserved - u->offset);
    taken = gather(u, p, n);
    if (!u->moving && u->piece.n > 0)
        append(c, u);
    taken += gather(u, (const char *)p + taken, n - taken);
    u->offset += taken;
    reserve(c, u);
    return taken;
}

/* What comes next, once nothing is under way. */
static void
step(struct conn *c, struct upload *u)
{
    struct move_job *job;

    if (u->moving)
        return;
    if (u->piece.n > 0) {
        append(c, u);
    } else if (u->pause) {
        move(c, u, move_job_new(MOVE_SYNC, u->blob));
    } else if (u->finish && !u->sealed) {
        u->sealed = true;
        job = move_job_new(MOVE_FINISH, u->blob);
        job->expects = u->expects;
        memcpy(job->sha256, u->expected, sizeof job->sha256);
        move(c, u, job);
    }
}

void
upload_finish(struct conn *c, struct upload *u, const uint8_t *sha256)
{
    must(u->state == UPLOAD_READY && !u->pause);
    if (is_sized(u) && u->offset < u->facts.size) {
        fail(u, DENY_BAD_OFFSET, (struct str){0});
        return;
    }
    u->expects = sha256 != NULL;
    if (sha256 != NULL)
        memcpy(u->expected, sha256, sizeof u->expected);
    u->finish = true;
    u->state = UPLOAD_FINISHING;
    step(c, u);
}

void
upload_pause(struct conn *c, struct upload *u)
{
    must(u->state == UPLOAD_READY);
    u->pause = true;
    step(c, u);
}

/* --- The answers -------------------------------------------------------- */

/* Bytes with another sum than they should have are of no use to anybody; and
 * all of them are there, so that a restart would finish the file. */
static void
give_up_wrong(struct conn *c, struct upload *u)
{
    if (u->why != DENY_BAD_CHECKSUM)
        return;
    command(c, u, COMMAND_DROP);
    u->granted = false;
}

static void
on_moved(struct conn *c, struct upload *u, const struct event *e)
{
    u->moving = false;
    if (u->state != UPLOAD_OPENING && e->file->size > u->on_disk)
        u->on_disk = least(u->offset, e->file->size);  /* not a later writer's */
    if (u->state == UPLOAD_FAILED)
        return;
    if (e->deny != DENY_NONE) {
        fail(u, e->deny, e->text);
        give_up_wrong(c, u);
    } else if (e->token == MOVE_OPEN_WRITE) {
        on_opened(u, e);
        reserve(c, u);          /* a resumed one may lie at a step's end */
    } else if (e->token == MOVE_SYNC) {
        u->state = UPLOAD_PAUSED;
    } else {
        step(c, u);
    }
}

/* It was asked for early: all bytes may be there before it is missed. */
static void
on_unreserved(struct upload *u, const struct event *e)
{
    u->reserving = false;
    u->refused = e->deny;
    str_to_z(e->text, u->detail, sizeof u->detail);
    u->wait_ms = e->wait_ms;
}

static void
on_denied(struct upload *u, const struct event *e)
{
    if (u->state == UPLOAD_FAILED)
        return;
    if (e->command == COMMAND_RESERVE)
        on_unreserved(u, e);
    else
        fail(u, e->deny, e->text);
}

static void
on_posted(struct upload *u, const struct event *e)
{
    u->state = UPLOAD_DONE;
    u->room = e->room;
    u->seq = e->seq;
}

static void
on_reserved(struct upload *u, const struct event *e)
{
    u->reserving = false;
    u->reserved = e->token;
}

/* Of all that may still come, only how the drop went matters, and whether the
 * file was shared before it. */
static void
answer_dropping(struct upload *u, const struct event *e)
{
    if (e->kind == ANSWER_POSTED)
        on_posted(u, e);
    else if (e->command != COMMAND_DROP || u->state == UPLOAD_DONE)
        return;
    else if (e->kind == ANSWER_DONE)
        u->state = UPLOAD_DROPPED;
    else if (e->kind == ANSWER_DENIED && !u->sealed)
        fail(u, e->deny, e->text);
}

void
upload_answer(struct conn *c, struct upload *u, const struct event *e)
{
    if (u->dropping)
        answer_dropping(u, e);
    else if (e->kind == ANSWER_UPLOAD)
        on_granted(c, u, e);
    else if (e->kind == ANSWER_MOVED)
        on_moved(c, u, e);
    else if (e->kind == ANSWER_POSTED)
        on_posted(u, e);
    else if (e->kind == ANSWER_DENIED)
        on_denied(u, e);
    else if (e->kind == ANSWER_DONE && e->command == COMMAND_RESERVE)
        on_reserved(u, e);
}

/* --- The end ------------------------------------------------------------ */

/* Right behind the question, if that has not been answered: the core takes
 * them in their order. */
void
upload_drop(struct conn *c, struct upload *u)
{
    if (u->dropping)
        return;
    u->dropping = true;
    buf_done(&u->piece);
    command(c, u, COMMAND_DROP);
}

static bool
must_be_dropped(const struct upload *u)
{
    if (u->state == UPLOAD_NONE || u->dropping || u->state == UPLOAD_DONE)
        return false;
    if (u->state == UPLOAD_ASKED)
        return u->begun;
    if (u->sealed && u->state == UPLOAD_FINISHING)
        return false;
    return u->granted && !u->facts.resumable;
}

/* A resumable one stays as far along as it is; the disk is told that nobody
 * writes any more, or what is missing of it would count as needed. With a job
 * under way that follows it: should it be done before that, the last piece is
 * lost, of which the uploader has not been told either. */
static void
leave(struct conn *c, struct upload *u)
{
    struct move_job *job;

    if (u->blob == NULL)
        return;
    if (!u->moving && u->piece.n == 0) {
        blob_leave(u->blob, u->writer);
        return;
    }
    job = u->moving ? move_job_new(MOVE_SYNC, u->blob)
                    : move_job_append(u->blob, &u->piece);
    job->leaves = true;
    move(c, u, job);
}

void
upload_close(struct conn *c, struct upload *u)
{
    if (must_be_dropped(u))
        command(c, u, COMMAND_DROP);
    else if (!u->dropping &&
             (u->state == UPLOAD_READY || u->state == UPLOAD_FAILED))
        leave(c, u);
    blob_unref(&u->blob);
    buf_done(&u->piece);
    *u = (struct upload){0};
}
