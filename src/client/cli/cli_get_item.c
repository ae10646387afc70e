/* SPDX-License-Identifier: MIT
 *
 * Where one download goes: a file, standard output, or a new folder that tar
 * fills. */
#include "client/cli/cli_get.h"

#include "base/file_name.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS = 1000 };

static bool
goes_to_stdout(const struct get *g)
{
    return g->s.o->output != NULL && strcmp(g->s.o->output, "-") == 0;
}

/* -o PATH, -o FOLDER, or the name as it is. Returns owned. */
static char *
wanted_path(const struct get *g)
{
    const char *output = g->s.o->output;
    struct stat st;
    char *path;
    size_t n;

    if (output == NULL)
        return must_strdup(g->item.name);
    if (stat(output, &st) < 0 || !S_ISDIR(st.st_mode))
        return must_strdup(output);
    n = strlen(output) + strlen(g->item.name) + 2;
    path = must_alloc(n);
    snprintf(path, n, "%s/%s", output, g->item.name);
    return path;
}

static void
open_sink(struct get *g, int fd, int64_t at)
{
    g->item.sink = cli_sink_new(&g->s.loop, fd, at, GET_WINDOW_BYTES,
                                get_on_sink);
    g->item.sink->arg = g;
}

static int
fail(struct get *g, const char *text)
{
    cli_error(&g->s, "%s", text);
    return CLI_FAILURE;
}

/* ---- A file ---- */

static enum cli_taken
taken(const struct get *g)
{
    if (g->s.o->overwrite)
        return CLI_TAKEN_OVERWRITE;
    return g->s.o->resume ? CLI_TAKEN_RESUME : CLI_TAKEN_RENAME;
}

static int
open_file(struct get *g)
{
    struct get_item *item = &g->item;
    char *path = wanted_path(g);
    struct err e;
    int r = cli_place_open(&item->place, path, taken(g), &e);

    free(path);
    if (r == 0 && item->place.n > item->size)
        r = cli_place_empty(&item->place, &e);
    if (r < 0)
        return fail(g, e.text);
    open_sink(g, fcntl(item->place.fd, F_DUPFD_CLOEXEC, 3),
              (int64_t)item->place.n);
    if (item->place.n == 0)
        return CLI_OK;
    item->continued = true;
    item->source = cli_source_new(&g->s.loop,
                                  fcntl(item->place.fd, F_DUPFD_CLOEXEC, 3),
                                  item->place.n, get_on_source, g);
    return CLI_OK;
}

/* ---- A folder ---- */

/* "photos" of "photos.tar"; never one that is there. */
static int
make_folder(struct get *g)
{
    char *path = wanted_path(g);
    size_t n = strlen(path);
    int r = -1;

    if (n > 4 && strcmp(path + n - 4, ".tar") == 0)
        path[n - 4] = '\0';
    for (unsigned i = 0; i < FOLDERS && r < 0; i++) {
        free(g->item.folder);
        g->item.folder = cli_numbered(path, i);
        r = mkdir(g->item.folder, 0777);
        if (r < 0 && errno != EEXIST)
            break;
    }
    free(path);
    return r < 0 ? -errno : 0;
}

static int
open_folder(struct get *g)
{
    char text[600];
    int fd = -1, r = make_folder(g);

    signal(SIGPIPE, SIG_IGN);       /* tar's end is told by its status */
    g->item.tar.fn = get_on_tar;
    g->item.tar.arg = g;
    if (r == 0)
        r = cli_tar_unpack(&g->item.tar, &g->s.loop, g->item.folder, &fd);
    if (r < 0) {
        snprintf(text, sizeof text, "cannot unpack into %.500s: %s",
                 g->item.folder, strerror(-r));
        return fail(g, text);
    }
    open_sink(g, fd, -1);
    return CLI_OK;
}

int
get_item_open(struct get *g)
{
    cli_sum_init(&g->item.sum);
    if (g->s.o->tar)
        return open_folder(g);
    if (!goes_to_stdout(g))
        return open_file(g);
    open_sink(g, fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), -1);
    return CLI_OK;
}

bool
get_item_restart(struct get *g)
{
    struct get_item *item = &g->item;
    struct err e;

    if (!item->continued)
        return false;
    item->continued = false;
    cli_sink_free(&item->sink);
    if (cli_place_empty(&item->place, &e) < 0)
        return false;
    cli_sum_done(&item->sum);
    cli_sum_init(&item->sum);
    open_sink(g, fcntl(item->place.fd, F_DUPFD_CLOEXEC, 3), 0);
    return true;
}

int
get_item_keep(struct get *g)
{
    struct get_item *item = &g->item;
    struct err e;

    if (item->place.path == NULL)
        return CLI_OK;
    if (cli_place_keep(&item->place, taken(g), &e) < 0)
        return fail(g, e.text);
    return CLI_OK;
}

void
get_item_done(struct get *g)
{
    struct get_item *item = &g->item;

    if (g->active) {
        cli_sink_free(&item->sink);
        cli_source_free(&item->source);
        cli_place_done(&item->place);
        cli_sum_done(&item->sum);
        cli_tar_done(&item->tar);
        free(item->name);
        free(item->folder);
    }
    *item = (struct get_item){.place.fd = -1};
    g->active = false;
}
