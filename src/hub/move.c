/* SPDX-License-Identifier: MIT */
#include "hub/move.h"

#include "base/must.h"

#include <errno.h>
#include <stdlib.h>

struct move_job *
move_job_new(enum move what, struct blob *blob)
{
    struct move_job *job = must_alloc(sizeof(*job));

    job->what = what;
    job->blob = blob != NULL ? blob_ref(blob) : NULL;
    return job;
}

struct move_job *
move_job_append(struct blob *blob, struct buf *data)
{
    struct move_job *job = move_job_new(MOVE_APPEND, blob);

    job->data = *data;
    buf_init(data, data->max);
    return job;
}

void
move_job_free(struct move_job **job)
{
    if (*job == NULL)
        return;
    blob_unref(&(*job)->blob);
    buf_done(&(*job)->data);
    free(*job);
    *job = NULL;
}

enum deny
move_deny(int rc)
{
    switch (-rc) {
    case 0:
        return DENY_NONE;
    case ENOENT:
        return DENY_NO_SUCH_FILE;
    case ENOSPC:
    case EDQUOT:
        return DENY_STORAGE_FULL;
    case EMFILE:
    case ENFILE:
        return DENY_OVERLOADED;
    case EFBIG:
    case ESTALE:
        return DENY_BAD_OFFSET;
    case EBADMSG:
        return DENY_BAD_CHECKSUM;
    default:
        return DENY_STORAGE_BROKEN;
    }
}

static struct file_facts
facts_of(const struct blob *b)
{
    struct file_facts facts = {.state = FILE_ARRIVING};

    if (b == NULL)
        return facts;
    facts.id = *blob_id(b);
    if (blob_state(b) == BLOB_WHOLE)
        facts.state = FILE_WHOLE;
    facts.size = blob_written(b);
    return facts;
}

struct event *
move_event(enum move what, uint64_t request, int rc, const struct blob *b)
{
    struct str none = {0};
    struct file_facts facts = facts_of(b);
    const char *text = rc == -EMFILE || rc == -ENFILE
                           ? "it is out of file descriptors"
                           : NULL;
    struct event *e = event_new_file(ANSWER_MOVED, none, none, str_of(text),
                                     &facts);

    e->request = request;
    e->token = what;
    e->deny = move_deny(rc);
    return e;
}

/* --- Each kind ---------------------------------------------------------- */

static int
do_open(struct blobs *blobs, struct move_job *job)
{
    return blob_open(blobs, &job->id, &job->blob);
}

static int
do_follow(struct blobs *blobs, struct move_job *job)
{
    return blob_follow(blobs, &job->id, job->size, &job->blob);
}

static int
do_open_write(struct blobs *blobs, struct move_job *job)
{
    return blob_open_write(blobs, &job->id, job->size, &job->blob,
                           &job->writer);
}

static int
do_append(struct blobs *blobs, struct move_job *job)
{
    int rc = blob_append(job->blob, job->writer, job->data.p, job->data.n);

    (void)blobs;
    if (job->leaves)
        blob_leave(job->blob, job->writer);
    return rc;
}

static int
do_sync(struct blobs *blobs, struct move_job *job)
{
    int rc = blob_sync(job->blob);

    (void)blobs;
    blob_leave(job->blob, job->writer);
    return rc;
}

static int
do_finish(struct blobs *blobs, struct move_job *job)
{
    const uint8_t *expect = job->expects ? job->sha256 : NULL;
    int rc = job->blob == NULL ? do_open_write(blobs, job) : 0;

    if (rc == 0)
        rc = blob_finish(job->blob, job->writer, expect, job->sha256);
    return rc;
}

static int
do_warm(struct blobs *blobs, struct move_job *job)
{
    (void)blobs;
    blob_warm(job->blob, job->offset, job->n);
    return 0;
}

static int
do_remove(struct blobs *blobs, struct move_job *job)
{
    return blob_remove(blobs, &job->id);
}

static int (*const doers[])(struct blobs *blobs, struct move_job *job) = {
    [MOVE_OPEN] = do_open,
    [MOVE_FOLLOW] = do_follow,
    [MOVE_OPEN_WRITE] = do_open_write,
    [MOVE_APPEND] = do_append,
    [MOVE_SYNC] = do_sync,
    [MOVE_FINISH] = do_finish,
    [MOVE_WARM] = do_warm,
    [MOVE_REMOVE] = do_remove,
};

/* --- What comes of it --------------------------------------------------- */

static struct command *
share_command(const struct move_job *job)
{
    struct str none = {0};
    struct file_facts facts = facts_of(job->blob);
    struct command *cmd;

    memcpy(facts.sha256, job->sha256, sizeof facts.sha256);
    cmd = command_new_file(COMMAND_SHARE, none, none, &facts);
    cmd->worker = job->worker;
    cmd->session = job->session;
    cmd->request = job->request;
    return cmd;
}

static struct event *
answer(const struct move_job *job, int rc)
{
    struct event *e = move_event(job->what, job->request, rc, job->blob);
    bool opens = job->what <= MOVE_OPEN_WRITE;

    if (opens && rc == 0) {
        e->blob = blob_ref(job->blob);
        e->session = job->writer;
    }
    return e;
}

void
move_do(struct blobs *blobs, struct move_job *job, struct move_result *ret)
{
    must(job->what >= MOVE_OPEN && job->what <= MOVE_REMOVE &&
         doers[job->what] != NULL);
    *ret = (struct move_result){.rc = doers[job->what](blobs, job)};
    if (job->what == MOVE_FINISH && ret->rc == 0)
        ret->share = share_command(job);
    else if (job->session != 0 && job->what != MOVE_REMOVE)
        ret->answer = answer(job, ret->rc);
}
