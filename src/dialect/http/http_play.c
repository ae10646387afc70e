/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_play.h"

#include "auth/token.h"
#include "base/utf8.h"
#include "dialect/http/http.h"
#include "hub/attachment.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    EPOCH = 77,
    NOW_MS = 1764000000,
    TRACE_BYTES = 8 << 20,
};

static const struct str none = {NULL, 0};

void
play_connect(struct play *p)
{
    fake_conn_free(&p->c);
    p->c = fake_conn_new(&http_dialect, &p->config);
    p->told = 0;
}

void
play_open(struct play *p)
{
    struct blobs_options o = {.sync_bytes = 1 << 20};
    struct err e;

    *p = (struct play){.config = {
        .server_name = "loquat", .epoch = EPOCH, .message_bytes = 1000,
        .file_bytes = UINT64_MAX, .file_expires_ms = 86400000,
        .http_hosts = "", .http_origins = "", .guest_name = "guest",
        .http_head_ms = 10000, .http_idle_ms = 75000, .http_body_rate = 1024,
    }};
    snprintf(p->folder, sizeof p->folder, "/tmp/loquat-http-XXXXXX");
    buf_init(&p->trace, TRACE_BYTES);
    must(mkdtemp(p->folder) != NULL);
    must(blobs_open(p->folder, &o, &p->blobs, &e) == 0);
    play_connect(p);
}

static void
remove_folder(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *it;

    must(d != NULL);
    while ((it = readdir(d)) != NULL)
        (void)unlinkat(dirfd(d), it->d_name, 0);
    closedir(d);
    must(rmdir(path) == 0);
}

static void
forget(struct play *p)
{
    fake_conn_free(&p->c);
    for (size_t i = 0; i < p->log_n; i++)
        event_unref(&p->log[i]);
    for (size_t i = 0; i < p->files_n; i++) {
        if (file_id_given(&p->files[i].facts.id))
            must(blob_remove(p->blobs, &p->files[i].facts.id) == 0);
    }
    p->log_n = p->files_n = 0;
    p->name[0] = '\0';
    p->no_guests = false;
    buf_clear(&p->trace);
}

void
play_clear(struct play *p)
{
    forget(p);
    play_connect(p);
}

void
play_close(struct play *p)
{
    forget(p);
    blobs_close(&p->blobs);
    buf_done(&p->trace);
    remove_folder(p->folder);
}

/* --- The log ------------------------------------------------------------- */

static struct event *
log_add(struct play *p, struct str sender, struct str text)
{
    struct event *e;

    must(p->log_n < PLAY_MESSAGES);
    e = event_new(EVENT_MESSAGE, str_of("#lobby"), sender, text, none);
    e->room = PLAY_ROOM;
    e->room_kind = ROOM_CHANNEL;
    e->seq = p->log_n + 1;
    e->time_ms = NOW_MS * INT64_C(1000) + (int64_t)e->seq;
    e->sender_id = 9;
    e->message_kind = MESSAGE_TEXT;
    p->log[p->log_n++] = e;
    return e;
}

void
play_message(struct play *p, const char *sender, const char *text)
{
    struct event *e = log_add(p, str_of(sender), str_of(text));

    fake_conn_answer(p->c, event_ref(e));
}

static bool
is_full(const struct play *p)
{
    return p->log_n == PLAY_MESSAGES || p->files_n == PLAY_FILES;
}

/* --- Answers ------------------------------------------------------------- */

static void
reply(struct play *p, const struct command *cmd, struct event *e)
{
    e->command = cmd->kind;
    e->request = cmd->request;
    fake_conn_answer(p->c, e);
}

static void
refuse(struct play *p, const struct command *cmd, enum deny deny)
{
    struct event *e = event_new(ANSWER_DENIED, none, cmd->name, none, none);

    e->deny = deny;
    reply(p, cmd, e);
}

static enum deny
check_login(const struct play *p, const struct command *cmd)
{
    const struct login *l = cmd->login;
    uint8_t hash[32];

    if (l == NULL)
        return p->no_guests ? DENY_NO_GUESTS : DENY_NONE;
    must(token_read(TOKEN_DEVICE, str_of(PLAY_TOKEN), hash));
    must(utf8_is_clean(str_of(l->device), UTF8_ONE_LINE));
    must((l->kind == LOGIN_TOKEN) == (cmd->name.n == 0));
    return (l->kind == LOGIN_TOKEN
                ? memcmp(l->token_hash, hash, sizeof hash) == 0
                : strcmp(l->password, PLAY_PASSWORD) == 0)
               ? DENY_NONE : DENY_BAD_CREDENTIALS;
}

static void
enter(struct play *p, const struct command *cmd)
{
    struct str name = cmd->name;
    struct event *e;
    enum deny why;

    must(cmd->visit);
    p->entered += cmd->kind == COMMAND_ENTER;
    why = str_eq(cmd->name, str_of("taken")) ? DENY_NAME_TAKEN
                                             : check_login(p, cmd);
    p->name[0] = '\0';
    if (why != DENY_NONE) {
        refuse(p, cmd, why);
        return;
    }
    if (cmd->login != NULL && cmd->login->kind == LOGIN_TOKEN)
        name = str_of("bot");
    str_to_z(name, p->name, sizeof p->name);
    e = event_new(ANSWER_WELCOME, none, name, none, none);
    e->sender_id = cmd->login != NULL ? SENDER_ACCOUNTS + 1 : cmd->sender_id;
    e->token = cmd->login != NULL && cmd->login->device[0] != '\0' ? 7 : 0;
    reply(p, cmd, e);
}

static struct event *
find_post(struct play *p, const struct client_id *cid)
{
    for (size_t i = 0; i < p->log_n; i++) {
        if (client_id_given(cid) &&
            memcmp(&p->log[i]->cid, cid, sizeof *cid) == 0)
            return p->log[i];
    }
    return NULL;
}

static void
post(struct play *p, const struct command *cmd)
{
    struct event *said = find_post(p, &cmd->cid), *e;
    bool again = said != NULL;

    if (p->name[0] == '\0' || cmd->text.n == 0 ||
        cmd->text.n > p->config.message_bytes || is_full(p) ||
        (again && !str_eq(said->text, cmd->text))) {
        refuse(p, cmd, again ? DENY_CLIENT_ID_CONFLICT
                       : cmd->text.n == 0 ? DENY_EMPTY_MESSAGE
                       : cmd->text.n > p->config.message_bytes
                           ? DENY_MESSAGE_TOO_LONG : DENY_FORBIDDEN);
        return;
    }
    if (!again)
        said = log_add(p, str_of(p->name), cmd->text);
    said->cid = cmd->cid;
    said->message_kind = cmd->message_kind;
    e = event_new(ANSWER_POSTED, none, none, none, none);
    e->room = PLAY_ROOM;
    e->seq = said->seq;
    e->time_ms = said->time_ms;
    e->duplicate = again;
    reply(p, cmd, e);
}

static bool
is_on_page(const struct command *cmd, const struct event *e)
{
    if (cmd->page.mode == PAGE_AFTER)
        return e->seq > cmd->page.at;
    return cmd->page.mode != PAGE_BEFORE || e->seq < cmd->page.at;
}

static void
history(struct play *p, const struct command *cmd)
{
    struct event *e = event_new(ANSWER_PAGE, cmd->target, none, none, none);
    struct event **items = must_alloc((p->log_n + 1) * sizeof *items);
    size_t n = 0;

    for (size_t i = 0; i < p->log_n; i++) {
        if (is_on_page(cmd, p->log[i]) && n < cmd->page.limit)
            items[n++] = event_ref(p->log[i]);
    }
    event_set_items(e, items, n);
    reply(p, cmd, e);
}

static void
rooms(struct play *p, const struct command *cmd)
{
    struct event *e = event_new(ANSWER_ROOMS, none, none, none, none);
    struct event **items = must_alloc(sizeof *items);

    items[0] = event_new(ITEM_ROOM, str_of("#a&b"), none,
                         str_of("<topic>"), none);
    items[0]->count = 2;
    items[0]->seq = p->log_n;
    event_set_items(e, items, 1);
    reply(p, cmd, e);
}

/* As the fan-out would: what was missed comes behind it, from the log. */
static void
join(struct play *p, const struct command *cmd)
{
    struct event *e = event_new(EVENT_SUBSCRIBED, cmd->target, none, none,
                                none);
    size_t from = cmd->resume ? cmd->after : p->log_n;

    e->room = PLAY_ROOM;
    e->room_kind = ROOM_CHANNEL;
    e->seq = p->log_n;
    reply(p, cmd, e);
    for (size_t i = from; i < p->log_n; i++)
        fake_conn_answer(p->c, event_ref(p->log[i]));
}

/* --- Files --------------------------------------------------------------- */

static struct play_file *
file_find(struct play *p, const struct file_id *id)
{
    for (size_t i = 0; i < p->files_n; i++) {
        if (file_id_eq(&p->files[i].facts.id, id))
            return &p->files[i];
    }
    return NULL;
}

static struct play_file *
file_add(struct play *p, const struct file_facts *facts, struct str name)
{
    struct play_file *f = &p->files[p->files_n++];

    *f = (struct play_file){.facts = *facts};
    f->facts.state = FILE_ARRIVING;
    snprintf(f->name, sizeof f->name, "%.*s", STR_FMT(name));
    return f;
}

static void
grant(struct play *p, const struct command *cmd, const struct play_file *f)
{
    struct event *e = event_new_file(ANSWER_UPLOAD, cmd->target, none,
                                     str_of(f->name), &f->facts);

    e->token = LIMIT_RESERVE_BYTES;
    reply(p, cmd, e);
}

static void
upload(struct play *p, const struct command *cmd)
{
    if (is_full(p))
        refuse(p, cmd, DENY_NO_QUOTA);
    else if (cmd->file->size != FILE_SIZE_UNKNOWN &&
             cmd->file->size > p->config.file_bytes)
        refuse(p, cmd, DENY_FILE_TOO_LARGE);
    else
        grant(p, cmd, file_add(p, cmd->file, cmd->name));
}

static void
reserve(struct play *p, const struct command *cmd)
{
    struct event *e = event_new(ANSWER_DONE, none, none, none, none);

    e->token = cmd->file->size;
    reply(p, cmd, e);
}

static void
resume(struct play *p, const struct command *cmd)
{
    const struct play_file *f = file_find(p, &cmd->file->id);

    if (f == NULL || f->facts.state != FILE_ARRIVING ||
        !file_id_eq(&f->facts.ticket, &cmd->file->ticket))
        refuse(p, cmd, DENY_NO_SUCH_FILE);
    else
        grant(p, cmd, f);
}

static void
drop(struct play *p, const struct command *cmd)
{
    struct play_file *f = file_find(p, &cmd->file->id);

    if (f == NULL || f->facts.state != FILE_ARRIVING) {
        refuse(p, cmd, DENY_NO_SUCH_FILE);
        return;
    }
    must(blob_remove(p->blobs, &f->facts.id) == 0);
    *f = (struct play_file){0};
    reply(p, cmd, event_new(ANSWER_DONE, none, none, none, none));
}

static struct event *
file_event(const struct play_file *f, enum event_kind kind)
{
    struct event *e = event_new_file(kind, none, str_of("bob"),
                                     str_of(f->name), &f->facts);

    e->file->ticket = (struct file_id){0};
    e->room = PLAY_ROOM;
    e->time_ms = NOW_MS * INT64_C(1000);
    e->seq = f->seq;
    return e;
}

static void
fetch(struct play *p, const struct command *cmd)
{
    const struct play_file *f = file_find(p, &cmd->file->id);

    if (f == NULL)
        refuse(p, cmd, DENY_NO_SUCH_FILE);
    else
        reply(p, cmd, file_event(f, ANSWER_FILE));
}

static void
files(struct play *p, const struct command *cmd)
{
    struct event *e = event_new(ANSWER_FILES, cmd->target, none, none, none);
    struct event **items = must_alloc((p->files_n + 1) * sizeof *items);
    size_t n = 0;

    for (size_t i = p->files_n; i-- > 0;) {
        if (p->files[i].facts.state == FILE_WHOLE)
            items[n++] = file_event(&p->files[i], ITEM_FILE);
    }
    event_set_items(e, items, n);
    reply(p, cmd, e);
}

/* A mover's FINISH has succeeded. */
static void
share(struct play *p, const struct command *cmd)
{
    struct play_file *f = file_find(p, &cmd->file->id);
    char body[ATTACHMENT_BYTES];
    struct attachment a;
    struct event *said, *e;
    size_t n;

    if (f == NULL || is_full(p)) {
        refuse(p, cmd, DENY_NO_SUCH_FILE);
        return;
    }
    f->facts.state = FILE_WHOLE;
    f->facts.size = cmd->file->size;
    memcpy(f->facts.sha256, cmd->file->sha256, sizeof f->facts.sha256);
    a = (struct attachment){f->facts.id, f->facts.size, {0},
                            str_of(f->name)};
    memcpy(a.sha256, f->facts.sha256, sizeof a.sha256);
    n = attachment_write(&a, body);
    said = log_add(p, str_of("bob"), (struct str){body, n});
    said->message_kind = MESSAGE_FILE;
    f->seq = said->seq;
    e = event_new(ANSWER_POSTED, none, none, none, none);
    e->room = PLAY_ROOM;
    e->seq = said->seq;
    reply(p, cmd, e);
}

/* --- The play ------------------------------------------------------------ */

static void
manage(struct play *p, const struct command *cmd)
{
    struct event *e = play_managed(cmd);

    must(e != NULL);             /* a command that HTTP has no use for */
    reply(p, cmd, e);
}

static void
obey(struct play *p, const struct command *cmd)
{
    switch (cmd->kind) {
    case COMMAND_POST: post(p, cmd); break;
    case COMMAND_HISTORY: history(p, cmd); break;
    case COMMAND_ROOMS: rooms(p, cmd); break;
    case COMMAND_JOIN: join(p, cmd); break;
    case COMMAND_UPLOAD: upload(p, cmd); break;
    case COMMAND_RESUME: resume(p, cmd); break;
    case COMMAND_DROP: drop(p, cmd); break;
    case COMMAND_FETCH: fetch(p, cmd); break;
    case COMMAND_FILES: files(p, cmd); break;
    case COMMAND_SHARE: share(p, cmd); break;
    case COMMAND_RESERVE: reserve(p, cmd); break;
    case COMMAND_PING:
        reply(p, cmd, event_new(ANSWER_PONG, none, none, none, none));
        break;
    case COMMAND_LOGIN:
    case COMMAND_REGISTER:
        enter(p, cmd);
        break;
    default:
        manage(p, cmd);
    }
}

/* A file's name is as the peer wrote it: the core makes it safe. A group's is
 * random. */
static void
note(struct play *p, const struct command *cmd)
{
    struct str name = cmd->kind == COMMAND_GROUP ? none : cmd->name;

    must(utf8_is_clean(cmd->target, UTF8_ONE_LINE));
    must(utf8_is_clean(cmd->text, UTF8_KEEP_LF));
    must(cmd->file != NULL || utf8_is_clean(cmd->name, UTF8_ONE_LINE));
    must(buf_printf(&p->trace, "%d %zu:%.*s %zu:%.*s %zu:%.*s\n", cmd->kind,
                    cmd->target.n, STR_FMT(cmd->target), name.n,
                    STR_FMT(name), cmd->text.n, STR_FMT(cmd->text)) == 0);
}

static void
answer(struct play *p, struct command *cmd)
{
    enum deny deny = p->deny;

    note(p, cmd);
    if (cmd->kind == COMMAND_ENTER) {
        enter(p, cmd);
    } else if (deny != DENY_NONE) {
        p->deny = DENY_NONE;
        refuse(p, cmd, deny);
    } else {
        obey(p, cmd);
    }
    command_free(&cmd);
}

static bool
work(struct play *p)
{
    struct command *cmd = fake_conn_take(p->c);

    if (cmd != NULL) {
        answer(p, cmd);
        return true;
    }
    if (p->pausing || !fake_conn_move(p->c, p->blobs, &cmd))
        return fake_conn_grow(p->c) > 0;
    if (cmd != NULL)
        answer(p, cmd);
    return true;
}

void
play_run(struct play *p)
{
    size_t before;

    do {
        while (work(p))
            ;
        before = p->c->sent.n;
        fake_conn_drain(p->c);
    } while (p->c->sent.n > before || p->c->commands || (p->c->jobs &&
             !p->pausing));
}

const char *
play_send(struct play *p, const void *bytes, size_t n)
{
    const char *said;

    if (n > 0)
        fake_conn_input(p->c, bytes, n);
    play_run(p);
    must(buf_append(&p->c->sent, "", 1) == 0);
    p->c->sent.n--;
    said = p->c->sent.p + p->told;
    p->told = p->c->sent.n;
    return said;
}

const char *
play_say(struct play *p, const char *text)
{
    return play_send(p, text, strlen(text));
}

/* --- Someone else's upload ----------------------------------------------- */

struct play_file *
play_arrive(struct play *p, const char *name, uint64_t size)
{
    struct file_facts facts = {.id = file_id_new(), .ticket = file_id_new(),
                               .size = size, .resumable = true};

    must(!is_full(p));
    return file_add(p, &facts, str_of(name));
}

void
play_grow(struct play *p, struct play_file *f, const char *bytes)
{
    struct blob *b;
    uint64_t writer;

    must(blob_open_write(p->blobs, &f->facts.id, f->facts.size, &b,
                         &writer) == 0);
    must(blob_append(b, writer, bytes, strlen(bytes)) == 0);
    blob_leave(b, writer);
    blob_unref(&b);
}

void
play_finish(struct play *p, struct play_file *f)
{
    struct blob *b;
    uint64_t writer;

    must(blob_open_write(p->blobs, &f->facts.id, f->facts.size, &b,
                         &writer) == 0);
    must(blob_finish(b, writer, NULL, f->facts.sha256) == 0);
    f->facts.size = blob_written(b);
    f->facts.state = FILE_WHOLE;
    blob_unref(&b);
}
