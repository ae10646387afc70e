/* SPDX-License-Identifier: MIT */
#include "server/admin.h"
#include "base/clock.h"
#include "base/list.h"
#include "server/admin_jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 16, BACKLOG = 8, NICENESS = 10 };

struct admin {
    struct admin_options o;
    uv_pipe_t listener;
    atomic_bool stopping;
    int folder;                    /* fd: its path may be longer than a
                                      socket's name can be */
    struct list connections;
    unsigned connections_n;
    uint64_t requests;             /* to the core so far */
};

struct connection {
    struct list link;
    struct admin *admin;
    uv_pipe_t pipe;
    uv_work_t work;
    uv_write_t write;
    struct buf in;
    struct admin_request request;
    struct admin_job job;
    uint64_t awaits;               /* a request to the core, or 0 */
    char shown[ADMIN_SHOWN_BYTES]; /* when it is done: a code */
    bool asked, working, closed;
    int rc;                        /* the work's */
    struct err why;
};

/* ---- the end of a connection ---- */

static void
connection_free(struct connection *c)
{
    list_remove(&c->link);
    c->admin->connections_n--;
    admin_request_done(&c->request);
    sodium_memzero(c->shown, sizeof c->shown);
    buf_done(&c->in);
    buf_done(&c->job.out);
    free(c);
}

static void
on_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;

    c->closed = true;
    if (!c->working)
        connection_free(c);
}

static void
connection_close(struct connection *c)
{
    if (!uv_is_closing((uv_handle_t *)&c->pipe))
        uv_close((uv_handle_t *)&c->pipe, on_closed);
}

static void
on_written(uv_write_t *write, int status)
{
    struct connection *c = write->data;

    (void)status;
    sodium_memzero(c->job.out.p, c->job.out.n);
    connection_close(c);
}

/* ---- the last line ---- */

static void
end(struct connection *c, const char *error, const char *text)
{
    struct buf *out = &c->job.out;
    struct json j;
    uv_buf_t bytes;

    if (c->job.full) {
        buf_clear(out);
        error = "too_much";
        text = "the answer is too long";
    }
    out->max = ADMIN_OUT_BYTES + ADMIN_LINE_BYTES;
    json_open(&j, out);
    if (error == NULL) {
        json_bool(&j, "ok", true);
    } else {
        json_text(&j, "error", str_of(error));
        json_text(&j, "text", str_of(text));
    }
    admin_end_line(&c->job, &j);
    if (uv_is_closing((uv_handle_t *)&c->pipe))
        return;
    bytes = uv_buf_init(out->p, (unsigned)out->n);
    c->write.data = c;
    if (uv_write(&c->write, (uv_stream_t *)&c->pipe, &bytes, 1, on_written)
        < 0)
        connection_close(c);
}

static void
end_with(struct connection *c, int rc, const struct err *why)
{
    if (rc == 0)
        end(c, NULL, NULL);
    else
        end(c, rc == -ENOENT ? "no_such" : rc == -EUCLEAN ? "faults"
            : rc == -EINVAL ? "usage" : "failed", why->text);
}

/* ---- what the core is asked ---- */

static void
ask_core(struct connection *c)
{
    struct admin *a = c->admin;
    struct err e;
    struct command *command = c->request.command->build(&c->request, c->shown,
                                                        &e);

    if (command == NULL) {
        end_with(c, -EINVAL, &e);
        return;
    }
    c->awaits = command->request = ++a->requests;
    command->worker = a->o.worker;
    command->now_ms = clock_wall_ms();
    command->secure = true;
    core_operate(a->o.core, command);
}

static void
tell_shown(struct connection *c, uint64_t number)
{
    struct json j;

    json_open(&j, &c->job.out);
    json_text(&j, "code", str_of(c->shown));
    json_number(&j, "number", (long long)number);
    admin_end_line(&c->job, &j);
}

static void
answered(struct connection *c, const struct event *e)
{
    char text[512];

    c->awaits = 0;
    if (e->kind != ANSWER_DENIED) {
        if (c->shown[0] != '\0')
            tell_shown(c, e->token);
        end(c, NULL, NULL);
        return;
    }
    snprintf(text, sizeof text, "%s%s%.*s%s", deny_text(e->deny),
             e->text.n ? " (" : "", STR_FMT(e->text), e->text.n ? ")" : "");
    end(c, deny_word(e->deny), text);
}

void
admin_answer(void *admin, const struct event *e)
{
    struct admin *a = admin;

    list_each(it, tmp, &a->connections) {
        struct connection *c = list_entry(it, struct connection, link);

        if (c->awaits != 0 && c->awaits == e->request)
            answered(c, e);
    }
}

/* ---- what is read on a thread ---- */

/* Reading a whole disk is in no hurry; nobody else uses libuv's threads. */
static void
on_work(uv_work_t *work)
{
    struct connection *c = work->data;

    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    c->rc = c->request.command->read(&c->job, &c->why);
}

static void
on_worked(uv_work_t *work, int status)
{
    struct connection *c = work->data;

    c->working = false;
    if (c->closed) {
        connection_free(c);
        return;
    }
    if (status < 0)
        end(c, "failed", "the server stops");
    else
        end_with(c, c->rc, &c->why);
}

static void
start_work(struct connection *c)
{
    c->job.request = &c->request;
    c->job.folder = c->admin->o.folder;
    c->job.charset = c->admin->o.charset;
    c->job.stopping = &c->admin->stopping;
    c->work.data = c;
    c->working = true;
    must(uv_queue_work(c->admin->o.loop, &c->work, on_work, on_worked) == 0);
}

/* ---- requests ---- */

static void
take_request(struct connection *c, struct str line)
{
    const struct admin *a = c->admin;
    struct err e = {0};
    bool fine = admin_request_read(line, &c->request, &e);

    c->asked = true;
    sodium_memzero(c->in.p, c->in.n);
    if (!fine)
        end_with(c, -EINVAL, &e);
    else if (c->request.command->flags & ADMIN_RELOAD)
        end(c, a->o.reload(a->o.arg, &e) < 0 ? "failed" : NULL, e.text);
    else if (c->request.command->build != NULL)
        ask_core(c);
    else
        start_work(c);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct connection *c = handle->data;
    size_t left = c->in.max - c->in.n;

    (void)suggested;
    *ret = uv_buf_init(left > 0 ? buf_reserve(&c->in, left) : NULL,
                       (unsigned)left);
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct connection *c = stream->data;
    char *end_of_line;

    (void)bytes;
    if (n < 0) {
        connection_close(c);
        return;
    }
    buf_commit(&c->in, (size_t)n);
    end_of_line = c->in.n > 0 ? memchr(c->in.p, '\n', c->in.n) : NULL;
    if (c->asked || end_of_line == NULL)
        return;
    uv_read_stop(stream);
    take_request(c, (struct str){c->in.p, (size_t)(end_of_line - c->in.p)});
}

/* ---- connections ---- */

/* Who it is, the kernel says. */
static bool
is_allowed(const uv_pipe_t *pipe)
{
    struct ucred who;
    socklen_t n = sizeof who;
    int fd;

    return uv_fileno((const uv_handle_t *)pipe, &fd) == 0
        && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0
        && (who.uid == 0 || who.uid == geteuid());
}

static void
on_connection(uv_stream_t *listener, int status)
{
    struct admin *a = listener->data;
    struct connection *c;

    if (status < 0)
        return;
    c = must_alloc(sizeof *c);
    c->admin = a;
    c->pipe.data = c;
    buf_init(&c->in, ADMIN_LINE_BYTES);
    buf_init(&c->job.out, ADMIN_OUT_BYTES);
    list_init(&c->link);
    list_push(&a->connections, &c->link);
    a->connections_n++;
    must(uv_pipe_init(a->o.loop, &c->pipe, 0) == 0);
    if (uv_accept(listener, (uv_stream_t *)&c->pipe) < 0
        || a->connections_n > CONNECTIONS_MAX || !is_allowed(&c->pipe)
        || uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) < 0)
        connection_close(c);
}

/* ---- the socket ---- */

static void
write_name(int folder, struct sockaddr_un *ret)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(ret->sun_path, sizeof ret->sun_path,
             "/proc/self/fd/%d/admin.sock", folder);
}

/* The mode is the socket's before it has a name. */
static int
listen_in(struct admin *a, struct err *e)
{
    struct sockaddr_un name;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    a->folder = open(a->o.folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    write_name(a->folder, &name);
    if (fd >= 0 && a->folder >= 0) {
        (void)unlinkat(a->folder, "admin.sock", 0);
        if (fchmod(fd, 0600) == 0
            && bind(fd, (struct sockaddr *)&name, sizeof name) == 0
            && uv_pipe_open(&a->listener, fd) == 0)
            return 0;
    }
    err_set(e, errno, "cannot listen on %s/admin.sock: %s", a->o.folder,
            strerror(errno));
    if (fd >= 0)
        close(fd);
    return -e->code;
}

int
admin_open(const struct admin_options *o, struct admin **ret, struct err *e)
{
    struct admin *a = must_alloc(sizeof *a);
    int rc;

    a->o = *o;
    a->folder = -1;
    a->listener.data = a;
    list_init(&a->connections);
    must(uv_pipe_init(o->loop, &a->listener, 0) == 0);
    *ret = a;
    rc = listen_in(a, e);
    if (rc < 0)
        return rc;
    rc = uv_listen((uv_stream_t *)&a->listener, BACKLOG, on_connection);
    if (rc < 0)
        return err_set(e, -rc, "cannot listen on %s/admin.sock: %s", o->folder,
                       uv_strerror(rc));
    return 0;
}

void
admin_close(struct admin *a)
{
    if (a == NULL || uv_is_closing((uv_handle_t *)&a->listener))
        return;
    atomic_store(&a->stopping, true);
    uv_close((uv_handle_t *)&a->listener, NULL);
    if (a->folder >= 0) {
        (void)unlinkat(a->folder, "admin.sock", 0);
        close(a->folder);
    }
    list_each(it, tmp, &a->connections)
        connection_close(list_entry(it, struct connection, link));
}

void
admin_free(struct admin **a)
{
    if (*a == NULL)
        return;
    must(list_empty(&(*a)->connections));
    free(*a);
    *a = NULL;
}
