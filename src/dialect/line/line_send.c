/* SPDX-License-Identifier: MIT
 *
 * Files that go out, one at a time: the one that was asked for by /get, or the
 * oldest of those that are to be sent inline.
 *
 * Inline means from the first byte on where the size is known: its UPLOADING
 * queues it. Where it is not, or where the upload was not heard of, its
 * message does. Both are heard of most files, so an offer is remembered until
 * the second has come. */
#include "dialect/line/line_files.h"
#include "dialect/line/line_impl.h"
#include "hub/attachment.h"

#include <inttypes.h>

/* --- offers --- */

static struct line_offer *
find_offer(struct line_files *f, const struct file_id *id)
{
    for (unsigned i = 0; i < f->offers_n; i++) {
        if (file_id_eq(&f->offers[i].id, id))
            return &f->offers[i];
    }
    return NULL;
}

static void
drop_offer(struct line_files *f, struct line_offer *offer)
{
    struct line_offer *end = f->offers + f->offers_n;

    memmove(offer, offer + 1, (size_t)(end - offer - 1) * sizeof *offer);
    f->offers_n--;
}

/* Those that are over: sent, and no more will be heard of them. */
static void
drop_settled(struct line_files *f)
{
    for (unsigned i = f->offers_n; i-- > 0;) {
        if (f->offers[i].sent && f->offers[i].told)
            drop_offer(f, &f->offers[i]);
    }
}

static bool
is_on_its_way(const struct line_files *f, const struct line_offer *offer)
{
    return f->down.state != DOWNLOAD_NONE &&
           file_id_eq(&f->down.facts.id, &offer->id);
}

/* The oldest that was sent makes room. When all wait, the newest has to be
 * fetched by hand: its message says how. */
static bool
make_room(struct line_files *f)
{
    for (unsigned i = 0; f->offers_n == LINE_OFFERS_MAX &&
                         i < LINE_OFFERS_MAX; i++) {
        if (f->offers[i].sent && !is_on_its_way(f, &f->offers[i]))
            drop_offer(f, &f->offers[i]);
    }
    return f->offers_n < LINE_OFFERS_MAX;
}

static void
offer(struct line_files *f, const struct file_id *id, uint64_t room, bool told)
{
    struct line_offer *old = find_offer(f, id);

    if (old)
        old->told |= told;
    else if (make_room(f))
        f->offers[f->offers_n++] = (struct line_offer){*id, room, false, told};
}

/* --- the one that goes out --- */

static void
begin(struct conn *c, const struct file_id *id, bool asked)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = line_files_get(st);

    f->asked = asked;
    download_begin(c, &f->down, line_files_request(st), id);
}

void
line_send_next(struct conn *c)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = st->files;

    if (!f || f->down.state != DOWNLOAD_NONE || st->leaving)
        return;
    for (unsigned i = 0; i < f->offers_n; i++) {
        if (!f->offers[i].sent) {
            f->offers[i].sent = true;
            begin(c, &f->offers[i].id, false);
            return;
        }
    }
}

void
line_send_close(struct conn *c, struct line_files *f)
{
    if (f->down.state != DOWNLOAD_NONE)
        download_close(c, &f->down);
}

/* What had to wait goes first, then what the others have said. */
static void
vacate(struct conn *c, struct line_files *f)
{
    if (!f->occupied)
        return;
    f->occupied = false;
    conn_want_drain(c, false);
    if (f->later.n > 0)
        conn_send_bytes(c, f->later.p, f->later.n);
    buf_done(&f->later);
    conn_occupy(c, false);
}

static void
over(struct conn *c, struct line_files *f)
{
    vacate(c, f);
    line_send_close(c, f);
    drop_settled(f);
}

static void
send_header(struct conn *c, struct line_files *f)
{
    struct download *d = &f->down;

    d->offset = 0;
    d->end = d->facts.size;
    line_say(c, "FILE:%s:%" PRIu64, d->name, d->facts.size);
    conn_occupy(c, true);
    f->occupied = true;
    f->moved = true;
    line_watch(c);
}

/* Inline, its message comes: it is sent then. */
static void
put_off(struct conn *c, struct line_files *f)
{
    struct line_offer *o = find_offer(f, &f->down.facts.id);

    if (f->asked)
        line_say(c, "%s is still arriving and its size is not known: /get it "
                 "again when it has been shared.", f->down.name);
    else if (o)
        drop_offer(f, o);
    over(c, f);
}

/* Before its header nothing was promised. */
static void
give_up(struct conn *c, struct line_files *f)
{
    struct line_offer *o = find_offer(f, &f->down.facts.id);

    if (f->occupied) {
        line_end(c, "file came to nothing", false);
        return;
    }
    if (f->asked)
        line_say(c, "%s.", deny_text(f->down.why));
    else if (o)
        drop_offer(f, o);    /* its message may still come */
    over(c, f);
}

static void
step(struct conn *c, struct line_files *f)
{
    switch (f->down.state) {
    case DOWNLOAD_READY:
        if (!f->occupied && f->down.facts.size == FILE_SIZE_UNKNOWN) {
            put_off(c, f);
            break;
        }
        if (!f->occupied)
            send_header(c, f);
        conn_want_drain(c, true);
        break;
    case DOWNLOAD_DONE:
        over(c, f);
        break;
    case DOWNLOAD_FAILED:
        give_up(c, f);
        break;
    case DOWNLOAD_NONE:
    case DOWNLOAD_ASKED:
    case DOWNLOAD_OPENING:
        break;
    }
}

void
line_send_removed(struct conn *c, uint64_t room)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = st->files;

    for (unsigned i = f->offers_n; i-- > 0;) {
        if (f->offers[i].room == room && !is_on_its_way(f, &f->offers[i]))
            drop_offer(f, &f->offers[i]);
    }
    if (f->down.room == room && (f->down.state == DOWNLOAD_OPENING ||
                                 f->down.state == DOWNLOAD_READY)) {
        f->down.why = DENY_FORBIDDEN;
        give_up(c, f);
    }
}

void
line_send_answer(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);

    download_answer(c, &st->files->down, e);
    step(c, st->files);
}

void
line_send_drain(struct conn *c)
{
    struct line_state *st = conn_state(c);
    struct line_files *f = st->files;

    if (!f || !f->occupied || st->over)
        return;
    if (download_pump(c, &f->down) > 0)
        f->moved = true;
    if (f->down.state != DOWNLOAD_READY)
        step(c, f);
    else if (f->down.waiting)
        conn_want_drain(c, false);    /* its answer wants it again */
    line_settle(c);
}

/* --- asking for it --- */

/* The id in "/f/ID/name", as links have it; otherwise all of it is one. */
static struct str
id_of(struct str typed)
{
    const char *link = typed.n > 0 ? memmem(typed.p, typed.n, "/f/", 3) : NULL;
    struct str id = typed;

    if (!link)
        return typed;
    id.n -= (size_t)(link + 3 - typed.p);
    id.p = link + 3;
    if (id.n > FILE_ID_CHARS && id.p[FILE_ID_CHARS] == '/')
        id.n = FILE_ID_CHARS;
    return id;
}

void
line_send_file(struct conn *c, struct str typed)
{
    struct line_state *st = conn_state(c);
    struct file_id id;

    if (!file_id_read(id_of(typed), &id)) {
        line_say(c, "\"%.*s\" is no file's id. /files lists them.",
                 STR_FMT(line_quote(typed)));
        return;
    }
    if (line_files_sending(st)) {
        line_say(c, "Another file is on its way to you.");
        return;
    }
    begin(c, &id, true);
    line_settle(c);
}

void
line_send_inline(struct conn *c, bool on)
{
    struct line_state *st = conn_state(c);

    conn_receiver(c)->wants_uploads = on;
    if (!on && st->files)
        st->files->offers_n = 0;
}

static bool
is_own(struct conn *c, const struct event *e)
{
    const struct receiver *r = conn_receiver(c);

    if (e->kind == EVENT_UPLOADING)
        return e->session == r->session;
    return e->sender_id == r->who.sender_id;
}

void
line_send_hear(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);
    struct attachment a = {.size = FILE_SIZE_UNKNOWN};

    if (!conn_receiver(c)->wants_uploads || st->leaving || is_own(c, e))
        return;
    if (e->kind == EVENT_UPLOADING) {
        a.id = e->file->id;
        a.size = e->file->size;
    } else if (!attachment_read(e->text, &a)) {
        return;
    }
    if (a.size == FILE_SIZE_UNKNOWN)
        return;
    offer(line_files_get(st), &a.id, e->room, e->kind == EVENT_MESSAGE);
    drop_settled(st->files);
}
