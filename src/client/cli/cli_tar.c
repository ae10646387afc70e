/* SPDX-License-Identifier: MIT
 *
 * The process handle outlives its owner's interest until the loop lets go. */
#include "client/cli/cli_tar.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void
on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void
on_exit_of_tar(uv_process_t *process, int64_t status, int signal)
{
    struct cli_tar *t = process->data;

    uv_close((uv_handle_t *)process, on_closed);
    if (t == NULL)
        return;
    t->process = NULL;
    t->runs = false;
    t->status = signal != 0 ? 128 + signal : (int)status;
    if (t->fn != NULL)
        t->fn(t);
}

/* ours: which end of the pipe the caller gets; the other one is tar's. */
static int
run(struct cli_tar *t, uv_loop_t *loop, char **argv, int ours, int *fd)
{
    int ends[2], theirs = !ours, r;
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO}};
    uv_process_options_t o = {.file = argv[0], .args = argv, .stdio = stdio,
                              .stdio_count = 3, .exit_cb = on_exit_of_tar};

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    stdio[theirs].flags = UV_INHERIT_FD;
    stdio[theirs].data.fd = ends[theirs];
    t->process = must_alloc(sizeof *t->process);
    t->process->data = t;
    r = uv_spawn(loop, t->process, &o);
    close(ends[theirs]);
    if (r < 0) {
        close(ends[ours]);
        t->process->data = NULL;
        uv_close((uv_handle_t *)t->process, on_closed);
        t->process = NULL;
        return r;
    }
    t->is_used = t->runs = true;
    *fd = ends[ours];
    return 0;
}

int
cli_tar_pack(struct cli_tar *t, uv_loop_t *loop, const char *folder,
             const char *name, int *fd)
{
    char *argv[] = {"tar", "-C", (char *)folder, "-cf", "-", "--",
                    (char *)name, NULL};

    return run(t, loop, argv, STDIN_FILENO, fd);
}

int
cli_tar_unpack(struct cli_tar *t, uv_loop_t *loop, const char *folder,
               int *fd)
{
    char *argv[] = {"tar", "-C", (char *)folder, "-x", "--no-same-owner",
                    "--no-same-permissions", "--keep-old-files", "-f", "-",
                    NULL};

    return run(t, loop, argv, STDOUT_FILENO, fd);
}

void
cli_tar_done(struct cli_tar *t)
{
    if (t->process != NULL) {
        t->process->data = NULL;
        uv_process_kill(t->process, SIGTERM);
    }
    *t = (struct cli_tar){0};
}
