/* SPDX-License-Identifier: MIT
 *
 * Files that come in, and what both directions share.
 *
 *   FILE:name:size --refused--> its bytes are discarded
 *        `--> an upload --all bytes--> shared, or said why not
 *
 * From the header on the connection's input is the file's, and is held while
 * the core or the disk is waited for; its output goes on as ever. */
#include "dialect/line/line_files.h"
#include "dialect/line/line_impl.h"
#include "hub/attachment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Refusals that wait behind a file's bytes; above it a person's lines wait. */
enum { LATER_SOFT_BYTES = 16 * 1024, LATER_MAX_BYTES = 64 << 20 };

/* Smaller numbers are the commands'. */
enum { REQUEST_FIRST = 16 };

static const struct str nothing = {NULL, 0};

/* --- one connection's --- */

uint64_t
line_files_request(struct line_state *st)
{
    return REQUEST_FIRST + (uint64_t)st->serial++;
}

struct line_files *
line_files_get(struct line_state *st)
{
    if (!st->files) {
        st->files = must_alloc(sizeof *st->files);
        buf_init(&st->files->later, LATER_MAX_BYTES);
    }
    return st->files;
}

static void
release(struct line_state *st)
{
    buf_done(&st->files->later);
    free(st->files);
    st->files = NULL;
}

void
line_files_tidy(struct line_state *st)
{
    const struct line_files *f = st->files;

    if (f && f->discard == 0 && f->up.state == UPLOAD_NONE &&
        f->down.state == DOWNLOAD_NONE && f->offers_n == 0 &&
        f->later.n == 0)
        release(st);
}

void
line_files_done(struct conn *c)
{
    struct line_state *st = conn_state(c);

    if (!st->files)
        return;
    if (st->files->up.state != UPLOAD_NONE)
        upload_close(c, &st->files->up);
    line_send_close(c, st->files);
    release(st);
}

static bool
upload_holds(const struct upload *u)
{
    if (u->state == UPLOAD_NONE)
        return false;
    return u->state != UPLOAD_READY || !upload_has_room(u);
}

bool
line_files_hold(const struct line_state *st)
{
    const struct line_files *f = st->files;

    if (!f)
        return false;
    if (upload_holds(&f->up))
        return true;
    return f->down.state != DOWNLOAD_NONE && (f->asked || st->leaving);
}

bool
line_files_sending(const struct line_state *st)
{
    return st->files && st->files->down.state != DOWNLOAD_NONE;
}

bool
line_files_crowded(const struct line_state *st)
{
    return st->files && st->files->later.n > LATER_SOFT_BYTES;
}

bool
line_files_occupied(const struct line_state *st)
{
    return st->files && st->files->occupied;
}

bool
line_files_defer(struct conn *c, struct str s)
{
    struct line_state *st = conn_state(c);

    if (!line_files_occupied(st))
        return false;
    must(buf_append_str(&st->files->later, s) == 0);
    return true;
}

/* --- nothing moves --- */

static bool
is_awaited(const struct line_files *f)
{
    return f->up.state == UPLOAD_READY;
}

/* One that was asked for waits as long as its uploader may. */
static bool
is_watched(const struct line_files *f)
{
    return f->occupied && !f->asked;
}

int64_t
line_files_watch_ms(struct conn *c)
{
    const struct line_state *st = conn_state(c);
    int64_t dead_ms = conn_config(c)->dead_ms, left = 0;

    if (!st->files)
        return 0;
    if (is_awaited(st->files)) {
        left = dead_ms - conn_silent_ms(c);
        return left > 0 ? left : 1;
    }
    return is_watched(st->files) ? dead_ms : 0;
}

void
line_files_watch(struct conn *c)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = st->files;
    bool awaited = f && is_awaited(f);

    if (awaited && conn_silent_ms(c) >= conn_config(c)->dead_ms) {
        line_say(c, "%.*s was given up: nothing of it came for too long.",
                 STR_FMT(line_quote(str_of(f->name))));
        line_end(c, "upload stalled", false);
        return;
    }
    if (!f || awaited || !is_watched(f))
        return;
    if (!f->moved)
        line_end(c, "file stalled", false);
    f->moved = false;
}

/* --- coming in --- */

/* "photo.webp was not stored: why (more about it)." */
static void
refuse(struct conn *c, const char *name, const char *why, struct str more)
{
    struct line_out o;

    line_out_init(&o);
    line_out_add(&o, "%.*s was not stored: %s",
                 STR_FMT(line_quote(str_of(name))), why);
    if (more.n > 0)
        line_out_add(&o, " (%.*s)", STR_FMT(more));
    line_out_add(&o, ".");
    line_out_end(&o);
    line_out_send(&o, c);
}

void
line_files_take(struct conn *c, struct str name, uint64_t size)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = line_files_get(st);
    const struct line_room *room = NULL;
    struct upload_wish wish = {
        .name = name, .size = size, .piece_max = LIMIT_PIECE_BYTES,
    };

    snprintf(f->name, sizeof f->name, "%.*s",
             STR_FMT(line_cut(name, LIMIT_FILE_NAME_BYTES)));
    if (st->phase != LINE_CHATTING)
        refuse(c, f->name, "choose a name first", nothing);
    else if (size == FILE_SIZE_UNKNOWN)
        refuse(c, f->name, deny_text(DENY_FILE_TOO_LARGE), nothing);
    else if (!(room = line_rooms_here(&st->rooms, conn_receiver(c))))
        refuse(c, f->name, "you are in no room, /join one first", nothing);
    if (!room) {
        f->discard = size;
        line_files_tidy(st);
        return;
    }
    f->room = room->id;
    wish.target = str_of(room->name);
    upload_begin(c, &f->up, line_files_request(st), &wish);
    line_settle(c);
}

static void
say_shared(struct conn *c, const struct upload *u)
{
    const struct attachment a = {
        .id = u->facts.id, .size = u->facts.size, .name = str_of(u->name),
    };
    struct line_out o;

    line_out_init(&o);
    line_out_add(&o, "Shared ");
    line_files_words(&o, &a);
    line_out_end(&o);
    line_out_send(&o, c);
}

/* Looks at where the upload has got to. */
static void
step(struct conn *c)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = st->files;
    struct upload *u = &f->up;

    if (u->state == UPLOAD_READY && u->offset == u->facts.size)
        upload_finish(c, u, NULL);
    if (u->state == UPLOAD_DONE) {
        say_shared(c, u);
        upload_close(c, u);
    } else if (u->state == UPLOAD_FAILED) {
        refuse(c, f->name, deny_text(u->why), str_of(u->detail));
        f->discard = u->facts.size - u->offset;
        upload_close(c, u);
    }
}

bool
line_files_is_input(const struct line_state *st)
{
    return st->files &&
           (st->files->discard > 0 || st->files->up.state != UPLOAD_NONE);
}

static size_t
discard(struct line_files *f, size_t n)
{
    if (n > f->discard)
        n = (size_t)f->discard;
    f->discard -= n;
    return n;
}

size_t
line_files_input(struct conn *c, const uint8_t *p, size_t n)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = st->files;
    uint64_t left = f->up.facts.size - f->up.offset;

    if (f->discard > 0) {
        n = discard(f, n);
        line_files_tidy(st);
        return n;
    }
    must(f->up.state == UPLOAD_READY);
    n = upload_write(c, &f->up, p, n < left ? n : (size_t)left);
    step(c);
    line_settle(c);
    return n;
}

void
line_files_cut(struct conn *c)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = st->files;

    if (f && f->up.state == UPLOAD_READY)
        upload_close(c, &f->up);
}

/* Also one that the core is still being asked for: whoever was removed from a
 * room where everybody may speak would get a place there all the same. */
static bool
is_under_way(const struct upload *u)
{
    return u->state == UPLOAD_ASKED || u->state == UPLOAD_OPENING ||
           u->state == UPLOAD_READY;
}

void
line_files_removed(struct conn *c, uint64_t room)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = st->files;

    if (!f)
        return;
    if (f->room == room && is_under_way(&f->up)) {
        refuse(c, f->name, deny_text(DENY_FORBIDDEN), nothing);
        f->discard = f->up.facts.size - f->up.offset;
        upload_close(c, &f->up);
    }
    line_send_removed(c, room);
    line_settle(c);
}

void
line_files_answer(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = st->files;

    if (e->request == 0) {
        line_send_hear(c, e);
    } else if (f && f->up.state != UPLOAD_NONE &&
               f->up.request == e->request) {
        upload_answer(c, &f->up, e);
        step(c);
        line_watch(c);
    } else if (f && f->down.state != DOWNLOAD_NONE &&
               f->down.request == e->request) {
        line_send_answer(c, e);
    }
}

/* --- words --- */

/* A name in a URL's path (RFC 3986, unreserved characters as they are). */
static void
add_escaped(struct line_out *o, struct str name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] != '\0' && strchr(plain, name.p[i]))
            line_out_str(o, (struct str){name.p + i, 1});
        else
            line_out_add(o, "%%%02X", (unsigned char)name.p[i]);
    }
}

void
line_files_words(struct line_out *o, const struct attachment *a)
{
    char id[FILE_ID_CHARS + 1];

    file_id_write(&a->id, id);
    line_out_add(o, "%.*s (%" PRIu64 " byte%s): /get %s or /f/%s/",
                 STR_FMT(a->name), a->size, a->size == 1 ? "" : "s", id, id);
    add_escaped(o, a->name);
}

/* "  photo.webp (12345 bytes) from alice: /get ID" */
static void
add_item(struct line_out *o, const struct event *item)
{
    const struct file_facts *facts = item->file;
    char id[FILE_ID_CHARS + 1];

    file_id_write(&facts->id, id);
    line_out_add(o, "  %.*s (", STR_FMT(item->text));
    if (facts->size == FILE_SIZE_UNKNOWN)
        line_out_add(o, "size unknown");
    else
        line_out_add(o, "%" PRIu64 " byte%s", facts->size,
                     facts->size == 1 ? "" : "s");
    line_out_add(o, ") from %.*s: /get %s%s", STR_FMT(item->name), id,
                 facts->state == FILE_ARRIVING ? " (still arriving)" : "");
    line_out_end(o);
}

void
line_files_list(struct conn *c, const struct event *e)
{
    struct line_out o;

    line_out_init(&o);
    if (e->items_n == 0)
        line_out_add(&o, "No file has been shared in %.*s yet.",
                     STR_FMT(e->room_name));
    else
        line_out_add(&o, "%s%zu file%s in %.*s, the newest first:",
                     e->more ? "The latest " : "", e->items_n,
                     e->items_n == 1 ? "" : "s", STR_FMT(e->room_name));
    line_out_end(&o);
    for (size_t i = 0; i < e->items_n; i++)
        add_item(&o, e->items[i]);
    line_out_send(&o, c);
}
