/* SPDX-License-Identifier: MIT
 *
 * What looks at the whole data folder: also without a server. */
#include "base/clock.h"
#include "server/admin_jobs.h"
#include "store/backup.h"
#include "store/fsck.h"
#include "store/stats.h"

#include <errno.h>
#include <stdio.h>

enum { TOP_ROOMS = 20 };

static bool
on_progress(void *arg, uint64_t bytes, uint64_t total)
{
    struct admin_job *job = arg;

    (void)bytes, (void)total;
    return !atomic_load(job->stopping);
}

static void
on_backup_report(void *arg, bool fault, const char *text)
{
    (void)fault;
    admin_tell(arg, text);
}

int
admin_backup(struct admin_job *job, struct err *e)
{
    struct backup_result result = {0};
    char path[4096];
    struct backup_options o = {
        .folder = job->folder, .path = path, .now_ms = clock_wall_ms(),
        .report = on_backup_report, .progress = on_progress, .arg = job,
    };
    struct json j;
    int rc;

    if (job->request->args[0].n >= sizeof path)
        return err_set(e, ENAMETOOLONG, "that path is too long");
    str_to_z(job->request->args[0], path, sizeof path);
    rc = backup_write(&o, &result, e);
    if (rc < 0)
        return rc;
    json_open(&j, &job->out);
    json_text(&j, "backup", str_of(path));
    json_number(&j, "files", (long long)result.files);
    json_number(&j, "files_bytes", (long long)result.bytes);
    json_number(&j, "absent", (long long)result.absent);
    json_number(&j, "damaged", (long long)result.damaged);
    admin_end_line(job, &j);
    return 0;
}

static void
on_fsck_report(void *arg, enum fsck_severity severity, const char *text)
{
    char line[1024];

    snprintf(line, sizeof line, "%s: %s",
             severity == FSCK_FAULT ? "fault" : "note", text);
    admin_tell(arg, line);
}

int
admin_fsck(struct admin_job *job, struct err *e)
{
    struct fsck_options o = {
        .folder = job->folder, .sizes_only = job->request->sizes_only,
        .report = on_fsck_report, .progress = on_progress, .arg = job,
    };
    struct fsck_result result = {0};
    struct json j;
    int rc = fsck_run(&o, &result, e);

    if (rc < 0)
        return rc;
    if (result.stopped)
        return err_set(e, ECANCELED, "the server stopped meanwhile");
    json_open(&j, &job->out);
    json_number(&j, "faults", (long long)result.faults);
    json_number(&j, "notes", (long long)result.notes);
    json_number(&j, "rooms", (long long)result.rooms);
    json_number(&j, "messages", (long long)result.messages);
    json_number(&j, "files", (long long)result.files);
    json_number(&j, "files_bytes", (long long)result.file_bytes);
    admin_end_line(job, &j);
    if (result.faults > 0)
        return err_set(e, EUCLEAN, "not all is as it was");
    return 0;
}

static void
write_stats(struct admin_job *job, const struct stats *s)
{
    struct json j;

    json_open(&j, &job->out);
    json_number(&j, "database_bytes", (long long)s->database_bytes);
    json_number(&j, "log_bytes", (long long)s->log_bytes);
    json_number(&j, "free_bytes", (long long)(s->free_pages * s->page_bytes));
    json_number(&j, "accounts", (long long)s->accounts);
    json_number(&j, "devices", (long long)s->devices);
    json_number(&j, "rooms", (long long)s->rooms);
    json_number(&j, "messages", (long long)s->messages);
    json_number(&j, "messages_bytes", (long long)s->message_bytes);
    json_number(&j, "files", (long long)s->files);
    json_number(&j, "files_bytes", (long long)s->file_bytes);
    admin_end_line(job, &j);
}

static void
write_room_stats(struct admin_job *job, const struct stats_room *r)
{
    struct json j;

    json_open(&j, &job->out);
    json_text(&j, "room", str_of(r->name));
    json_bool(&j, "closed", r->closed);
    json_number(&j, "messages", (long long)r->messages);
    json_number(&j, "messages_bytes", (long long)r->message_bytes);
    json_number(&j, "files", (long long)r->files);
    json_number(&j, "files_bytes", (long long)r->file_bytes);
    admin_end_line(job, &j);
}

int
admin_stats(struct admin_job *job, struct err *e)
{
    struct stats s = {0};
    int rc = stats_read(job->folder, TOP_ROOMS, &s, e);

    if (rc < 0)
        return rc;
    write_stats(job, &s);
    for (size_t i = 0; i < s.top_n; i++)
        write_room_stats(job, &s.top[i]);
    stats_done(&s);
    return 0;
}
