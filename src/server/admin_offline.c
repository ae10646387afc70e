/* SPDX-License-Identifier: MIT
 *
 * The jobs of `loquatd admin` that need no server, in this process. */
#include "base/clock.h"
#include "server/admin_client.h"
#include "server/admin_jobs.h"
#include "server/admin_print.h"
#include "store/backup.h"

#include <errno.h>
#include <stdio.h>

enum { PATH_BYTES = 4096 };

static void
on_report(void *arg, bool fault, const char *text)
{
    (void)fault;
    admin_tell(arg, text);
}

static int
restore(struct admin_job *job, struct err *e)
{
    struct backup_result result = {0};
    char path[PATH_BYTES];
    struct backup_options o = {
        .folder = job->folder, .path = path, .now_ms = clock_wall_ms(),
        .report = on_report, .arg = job,
    };
    struct json j;
    int rc;

    str_to_z(job->request->args[0], path, sizeof path);
    rc = backup_restore(&o, &result, e);
    if (rc < 0)
        return rc;
    json_open(&j, &job->out);
    json_text(&j, "restored", str_of(job->folder));
    json_number(&j, "made_ms", result.time_ms);
    json_number(&j, "files", (long long)result.files);
    json_number(&j, "files_bytes", (long long)result.bytes);
    json_number(&j, "absent", (long long)result.absent);
    json_number(&j, "damaged", (long long)result.damaged);
    admin_end_line(job, &j);
    return 0;
}

static const struct offline {
    const char *name, *usage;
    admin_read_fn *run;
    unsigned args;
} commands[] = {
    {"backup", "backup [OPTION...] FILE", admin_backup, 1},
    {"restore", "restore [OPTION...] FILE", restore, 1},
    {"fsck", "fsck [OPTION...] [--sizes]", admin_fsck, 0},
};

bool
admin_is_offline(const char *command)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(command, commands[i].name) == 0)
            return true;
    }
    return false;
}

static void
print_out(struct buf *out, bool json)
{
    struct admin_print print = {.to = stdout, .json = json, .show = true};
    const char *at = out->p, *end = out->p + out->n;

    while (at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        struct str line = {at, (size_t)(lf - at)};
        json_t *parsed = json_loadb(line.p, line.n, 0, NULL);

        admin_print_line(&print, line, parsed);
        json_decref(parsed);
        at = lf + 1;
    }
    admin_print_end(&print);
}

static int
run(const struct offline *command, struct admin_job *job, bool json)
{
    struct err e = {0};
    int rc;

    buf_init(&job->out, ADMIN_OUT_BYTES);
    rc = command->run(job, &e);
    print_out(&job->out, json);
    buf_done(&job->out);
    if (rc == 0)
        return 0;
    fprintf(stderr, "loquatd: %s.\n", e.text);
    return rc == -ENOENT ? ADMIN_EXIT_NO_SUCH : ADMIN_EXIT_FAILED;
}

int
admin_offline(const struct config *c, const char *name, char **words,
              bool json)
{
    const struct offline *command = commands;
    struct admin_request request = {0};
    atomic_bool stopping = false;
    struct admin_job job = {.request = &request, .folder = c->data,
                            .stopping = &stopping};

    while (strcmp(command->name, name) != 0)
        command++;
    if (command->args == 0 && *words && strcmp(*words, "--sizes") == 0) {
        request.sizes_only = true;
        words++;
    }
    while (*words != NULL && request.n < command->args)
        request.args[request.n++] = str_of(*words++);
    if (request.n == command->args && *words == NULL
        && (request.n == 0 || request.args[0].n < PATH_BYTES))
        return run(command, &job, json);
    fprintf(stderr, "Usage: loquatd %s\n", command->usage);
    return ADMIN_EXIT_USAGE;
}
