/* SPDX-License-Identifier: MIT
 *
 * A blob store in a folder that goes with the play, and a list of what is in
 * it. */
#include "dialect/line/line_play_files.h"
#include "base/file_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PLAY_FILES_MAX = 512 };

struct play_file {
    struct file_facts facts;
    struct blob *blob;        /* of somebody else's: ours to write */
    uint64_t writer;
    bool gone;
    char name[LIMIT_FILE_NAME_BYTES + 1];
};

struct line_play_files {
    struct blobs *blobs;
    char folder[64];
    struct play_file files[PLAY_FILES_MAX];    /* [0] is not used */
    unsigned n;
};

static const struct str nothing = {NULL, 0};

struct file_id
line_play_file_id(unsigned number)
{
    struct file_id id = {{0}};

    id.b[0] = 1;
    id.b[14] = (uint8_t)(number >> 8);
    id.b[15] = (uint8_t)number;
    return id;
}

static struct line_play_files *
get_files(struct line_play *play)
{
    const struct blobs_options options = {.sync_bytes = 1 << 20};
    struct line_play_files *files = play->files;
    struct err e;

    if (files)
        return files;
    files = play->files = must_alloc(sizeof *files);
    snprintf(files->folder, sizeof files->folder, "%s/line_play_XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(files->folder));
    must(blobs_open(files->folder, &options, &files->blobs, &e) == 0);
    return files;
}

static struct play_file *
find(struct line_play *play, const struct file_id *id)
{
    struct line_play_files *files = get_files(play);

    for (unsigned i = 1; i <= files->n; i++) {
        struct play_file *f = &files->files[i];

        if (!f->gone && file_id_eq(&f->facts.id, id))
            return f;
    }
    return NULL;
}

static struct play_file *
add(struct line_play *play, struct str name, uint64_t size)
{
    struct line_play_files *files = get_files(play);
    struct play_file *f = &files->files[++files->n];
    struct buf safe;

    must(files->n < PLAY_FILES_MAX);
    buf_init(&safe, LIMIT_FILE_NAME_BYTES);
    file_name_safe(&safe, name);
    snprintf(f->name, sizeof f->name, "%.*s", STR_FMT(buf_str(&safe)));
    buf_done(&safe);
    f->facts.id = line_play_file_id(files->n);
    f->facts.size = size;
    f->facts.state = FILE_ARRIVING;
    return f;
}

void
line_play_files_done(struct line_play *play)
{
    struct line_play_files *files = play->files;

    if (!files)
        return;
    for (unsigned i = 1; i <= files->n; i++) {
        blob_unref(&files->files[i].blob);
        must(blob_remove(files->blobs, &files->files[i].facts.id) == 0);
    }
    blobs_close(&files->blobs);
    must(rmdir(files->folder) == 0);
    free(files);
    play->files = NULL;
}

/* --- the core --- */

static struct event *
denied(const struct command *cmd, enum deny deny)
{
    struct event *e = event_new(ANSWER_DENIED, nothing, cmd->target, nothing,
                                nothing);

    e->deny = deny;
    return e;
}

static struct event *
upload(struct line_play *play, const struct command *cmd)
{
    struct play_file *f;
    struct file_facts facts;
    struct event *e;

    if (memmem(cmd->name.p, cmd->name.n, "refuse", 6) ||
        get_files(play)->n + 1 == PLAY_FILES_MAX)
        return denied(cmd, DENY_NO_QUOTA);
    f = add(play, cmd->name, cmd->file->size);
    facts = f->facts;
    facts.ticket = cmd->file->ticket;
    e = event_new_file(ANSWER_UPLOAD, cmd->target, nothing, str_of(f->name),
                       &facts);
    e->room = line_play_room(cmd->target);
    e->token = facts.size;
    return e;
}

static struct event *
fetch(struct line_play *play, const struct command *cmd)
{
    const struct play_file *f = find(play, &cmd->file->id);
    struct event *e;

    if (!f)
        return denied(cmd, DENY_NO_SUCH_FILE);
    e = event_new_file(ANSWER_FILE, str_of("#lobby"), str_of("alice"),
                       str_of(f->name), &f->facts);
    e->room = line_play_room(e->room_name);
    return e;
}

static struct event *
list(struct line_play *play, const struct command *cmd)
{
    struct event *e = event_new(ANSWER_FILES, cmd->target, nothing, nothing,
                                nothing);
    unsigned n = play->files ? play->files->n : 0, taken = 0;
    struct event **items = must_alloc((n + 1) * sizeof *items);

    for (unsigned i = n; i > 0 && taken < cmd->page.limit; i--) {
        const struct play_file *f = &play->files->files[i];

        if (!f->gone)
            items[taken++] = event_new_file(ITEM_FILE, nothing,
                                            str_of("alice"), str_of(f->name),
                                            &f->facts);
    }
    event_set_items(e, items, taken);
    e->more = taken == cmd->page.limit;
    return e;
}

struct event *
line_play_files_answer(struct line_play *play, const struct command *cmd)
{
    struct play_file *f;

    if (cmd->kind == COMMAND_UPLOAD)
        return upload(play, cmd);
    if (cmd->kind == COMMAND_FETCH)
        return fetch(play, cmd);
    if (cmd->kind == COMMAND_FILES)
        return list(play, cmd);
    f = find(play, &cmd->file->id);
    if (!f)
        return denied(cmd, DENY_NO_SUCH_FILE);
    if (cmd->kind == COMMAND_DROP)
        f->gone = true;
    return event_new(ANSWER_DONE, nothing, nothing, nothing, nothing);
}

/* --- the movers --- */

/* What the core does about a file that is whole. */
static void
share(struct line_play *play, const struct command *cmd)
{
    struct play_file *f = find(play, &cmd->file->id);
    struct event *e = event_new(ANSWER_POSTED, nothing, nothing, nothing,
                                nothing);

    must(f);
    f->facts = *cmd->file;
    e->command = COMMAND_SHARE;
    e->request = cmd->request;
    fake_conn_answer(play->conn, e);
}

bool
line_play_files_move(struct line_play *play)
{
    struct command *cmd = NULL;

    if (!play->conn->jobs)
        return false;
    must(fake_conn_move(play->conn, get_files(play)->blobs, &cmd));
    if (cmd)
        share(play, cmd);
    command_free(&cmd);
    return true;
}

/* --- somebody else's files --- */

static struct play_file *
other(struct line_play *play, unsigned number)
{
    must(number >= 1 && number <= get_files(play)->n);
    return &play->files->files[number];
}

void
line_play_arrive(struct line_play *play, unsigned number, const char *name,
                 uint64_t size)
{
    struct line_play_files *files = get_files(play);
    struct play_file *f = add(play, str_of(name), size);

    must(number == files->n);
    must(blob_open_write(files->blobs, &f->facts.id, size, &f->blob,
                         &f->writer) == 0);
}

void
line_play_grow(struct line_play *play, unsigned number, const void *p,
               size_t n)
{
    struct play_file *f = other(play, number);

    must(blob_append(f->blob, f->writer, p, n) == 0);
    fake_conn_grow(play->conn);
    line_play_go_on(play);
}

void
line_play_whole(struct line_play *play, unsigned number)
{
    struct play_file *f = other(play, number);

    must(blob_finish(f->blob, f->writer, NULL, f->facts.sha256) == 0);
    f->facts.size = blob_written(f->blob);
    f->facts.state = FILE_WHOLE;
    fake_conn_grow(play->conn);
    line_play_go_on(play);
}

void
line_play_gone(struct line_play *play, unsigned number)
{
    struct play_file *f = other(play, number);

    f->gone = true;
    must(blob_remove(play->files->blobs, &f->facts.id) == 0);
    fake_conn_grow(play->conn);
    line_play_go_on(play);
}
