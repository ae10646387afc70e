/* SPDX-License-Identifier: MIT
 *
 * One word of `loquat put` as something to be sent: a file, standard input, or
 * a folder as a tar archive. */
#include "client/cli/cli_put.h"

#include "base/file_name.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
set_name(struct put *p, const char *name)
{
    const char *slash = strrchr(name, '/');

    if (p->s.o->file_name != NULL)
        p->item.name = must_strdup(p->s.o->file_name);
    else
        p->item.name = must_strdup(slash != NULL ? slash + 1 : name);
    put_set_shown(&p->item, p->item.name);
}

void
put_set_shown(struct put_item *item, const char *name)
{
    struct buf clean;

    buf_init(&clean, LIMIT_FILE_NAME_BYTES + 1);
    file_name_safe(&clean, str_of(name));
    must(buf_append(&clean, "", 1) == 0);
    free(item->shown);
    item->shown = must_strdup(clean.p);
    buf_done(&clean);
}

static int
complain(struct put *p, const char *path, int error)
{
    cli_error(&p->s, "cannot read %s: %s", path, strerror(error));
    put_item_done(&p->item);
    return error == ENOENT ? CLI_NOT_FOUND : CLI_FAILURE;
}

static void
open_source(struct put *p, int fd, uint64_t size)
{
    p->item.size = size;
    p->item.source = cli_source_new(&p->s.loop, fd, size, put_on_source, p);
}

static void
find_ticket(struct put *p, const char *path, const struct stat *st)
{
    char *absolute = realpath(path, NULL);
    struct cli_upload_key key = {
        .host = p->s.o->host, .port = p->s.o->port, .target = p->target,
        .path = absolute, .size = (uint64_t)st->st_size,
        .changed_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
                      st->st_mtim.tv_nsec};

    if (absolute != NULL)
        cli_ticket_open(&p->item.ticket, &key, getenv("XDG_STATE_HOME"),
                        getenv("HOME"));
    free(absolute);
}

/* ---- A folder ---- */

void
put_on_tar(struct cli_tar *tar)
{
    struct put *p = tar->arg;

    if (!p->s.ending && p->item.source != NULL)
        put_on_source(p->item.source, 0);
}

static int
open_folder(struct put *p, const char *path)
{
    char *absolute = realpath(path, NULL), *copy, *name;
    int fd = -1, r;
    size_t size;

    if (absolute == NULL)
        return complain(p, path, errno);
    copy = must_strdup(absolute);
    size = strlen(absolute) + sizeof ".tar";
    name = must_alloc(size);
    snprintf(name, size, "%s.tar", basename(absolute));
    set_name(p, name);
    free(name);
    p->item.tar.fn = put_on_tar;
    p->item.tar.arg = p;
    r = cli_tar_pack(&p->item.tar, &p->s.loop, dirname(copy),
                     basename(absolute), &fd);
    free(copy);
    free(absolute);
    if (r < 0) {
        cli_error(&p->s, "cannot run tar: %s", strerror(-r));
        put_item_done(&p->item);
        return CLI_FAILURE;
    }
    open_source(p, fd, UINT64_MAX);
    return CLI_OK;
}

/* ---- A file ---- */

/* A pipe or a device has no size and cannot be read twice. */
static int
open_file(struct put *p, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return complain(p, path, errno);
    if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)) {
        int error = S_ISDIR(st.st_mode) ? EISDIR : errno;

        close(fd);
        if (error == EISDIR)
            cli_notice(&p->s, "--tar sends a folder as a tar archive");
        return complain(p, path, error);
    }
    set_name(p, path);
    if (S_ISREG(st.st_mode))
        find_ticket(p, path, &st);
    open_source(p, fd, S_ISREG(st.st_mode) ? (uint64_t)st.st_size
                                           : UINT64_MAX);
    return CLI_OK;
}

static int
open_input(struct put *p)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

    if (fd < 0)
        return complain(p, "standard input", errno);
    set_name(p, "stdin");
    open_source(p, fd, UINT64_MAX);
    return CLI_OK;
}

int
put_item_open(struct put *p, const char *path)
{
    struct stat st;

    p->item = (struct put_item){.path = path, .ticket.fd = -1};
    if (strcmp(path, "-") == 0)
        return open_input(p);
    if (p->s.o->tar && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return open_folder(p, path);
    return open_file(p, path);
}

void
put_item_done(struct put_item *item)
{
    cli_source_free(&item->source);
    cli_ticket_done(&item->ticket);
    cli_tar_done(&item->tar);
    free(item->name);
    free(item->shown);
    *item = (struct put_item){.ticket.fd = -1};
}

void
put_drop(struct put *p)
{
    Loquat__V1__DropFile drop = LOQUAT__V1__DROP_FILE__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    struct cli_ticket *t = &p->item.ticket;
    char id[FILE_ID_CHARS + 1];

    link_file_close(p->s.link, &p->f);
    if (!t->given)
        return;
    file_id_write(&t->id, id);
    drop.id = id;
    drop.ticket = (ProtobufCBinaryData){sizeof t->ticket.b, t->ticket.b};
    e.body_case = ENVELOPE_BODY(DROP_FILE);
    e.drop_file = &drop;
    (void)link_request(p->s.link, &e);
    cli_ticket_clear(t);
}
