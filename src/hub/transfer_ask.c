/* SPDX-License-Identifier: MIT
 *
 * What is asked about transfers. Whoever has a file's ticket is its uploader,
 * by whatever connection they come; whether the room takes it is asked again
 * of its owner at each step. */
#include "hub/attachment.h"
#include "hub/batch.h"
#include "hub/grant.h"
#include "hub/member.h"
#include "hub/message.h"
#include "hub/room.h"
#include "hub/session.h"
#include "hub/slow.h"
#include "hub/transfer_impl.h"
#include "base/file_name.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t
largest(const struct hub *h)
{
    uint64_t max = h->options.file_bytes;

    return max > 0 && max < INT64_MAX ? max : INT64_MAX;
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- quotas ---- */

/* How many more bytes f may take, and what to say to who wants more. */
struct allowance {
    uint64_t bytes;
    const char *refusal;
};

static enum deny
find_allowance(struct call *x, const struct file_row *f,
               struct allowance *ret)
{
    const struct hub_options *o = &x->hub->options;
    const struct {
        enum usage_scope scope;
        uint64_t id, max;
        const char *refusal;
    } quotas[] = {
        {USAGE_OWNER, f->owner_id, o->file_owner_bytes,
         "your files take all that yours may"},
        {USAGE_ROOM, f->room, o->file_room_bytes,
         "this room's files take all that they may"},
        {USAGE_TOTAL, 0, o->file_total_bytes,
         "the server's files take all that they may"},
    };

    *ret = (struct allowance){.bytes = UINT64_MAX};
    for (size_t i = 0; i < sizeof quotas / sizeof quotas[0]; i++) {
        uint64_t max = quotas[i].max ? quotas[i].max : INT64_MAX, used, left;
        int rc = store_usage(x->hub->store, quotas[i].scope, quotas[i].id,
                             &used);

        if (rc < 0)
            return batch_failed(x->hub, rc);
        left = used < max ? max - used : 0;
        if (left < ret->bytes)
            *ret = (struct allowance){left, quotas[i].refusal};
    }
    return DENY_NONE;
}

static enum deny
no_quota(struct call *x, const struct allowance *a)
{
    x->detail = str_of(a->refusal);
    return DENY_NO_QUOTA;
}

/* May f take so many bytes more? */
static enum deny
check_quotas(struct call *x, const struct file_row *f, uint64_t more)
{
    struct allowance a;
    enum deny d = find_allowance(x, f, &a);

    if (d == DENY_NONE && more > a.bytes)
        d = no_quota(x, &a);
    return d;
}

/* For one of unknown size up to `bytes` are reserved, or as many as there
 * are. */
static enum deny
reserve_unknown(struct call *x, struct file_row *f, uint64_t bytes)
{
    struct allowance a;
    enum deny d = find_allowance(x, f, &a);

    if (d != DENY_NONE)
        return d;
    if (bytes - f->reserved > a.bytes)
        bytes = f->reserved + a.bytes;
    if (bytes == f->reserved)
        return no_quota(x, &a);
    f->reserved = bytes;
    return DENY_NONE;
}

/* Rows and memory are no bytes of a quota, but somebody's choice too. */
static enum deny
check_count(struct call *x)
{
    unsigned own = 0;

    list_each(it, next, &x->hub->arriving) {
        const struct transfer *t = list_entry(it, struct transfer, link);

        own += t->row.owner_id == x->session->sender_id;
    }
    if (own < LIMIT_UPLOADS_PER_OWNER
        && x->hub->transfers.count < LIMIT_UPLOADS)
        return DENY_NONE;
    x->detail = str_of("too many files are arriving");
    return DENY_NO_QUOTA;
}

/* ---- what is told ---- */

static struct file_facts
without_ticket(struct file_facts f)
{
    f.ticket = (struct file_id){{0}};
    return f;
}

static void
tell_uploading(struct call *x, const struct room *r, const struct file_row *f)
{
    struct room_called called = room_called_about(r, f->owner);
    struct file_facts facts = without_ticket(f->facts);
    struct event *e = event_new_file(EVENT_UPLOADING, str_of(called.text),
                                     f->owner, f->name, &facts);

    e->room = r->id;
    e->room_kind = r->access.kind;
    e->session = x->session->id;
    e->sender_id = f->owner_id;
    e->time_ms = f->created_ms;
    tell_room_durable(x->hub, r, e, x->session);
}

static struct event *
upload_event(const struct call *x, const struct room *r,
             const struct file_row *f)
{
    struct room_called called = room_called(x->hub, r, x->session);
    struct event *e = event_new_file(ANSWER_UPLOAD, str_of(called.text),
                                     nothing, f->name, &f->facts);

    e->room = r->id;
    e->room_kind = r->access.kind;
    e->seq = f->seq;
    e->token = f->reserved;
    return e;
}

static void
tell_done(struct call *x, uint64_t reserved)
{
    struct event *e = event_new(ANSWER_DONE, nothing, nothing, nothing,
                                nothing);

    e->token = reserved;
    tell_caller_durable(x, e);
}

/* ---- UPLOAD ---- */

static enum deny
check_wish(struct call *x)
{
    const struct file_facts *f = x->command->file;

    must(f != NULL && file_id_given(&f->id) && file_id_given(&f->ticket));
    if (f->size != FILE_SIZE_UNKNOWN && f->size > largest(x->hub))
        return DENY_FILE_TOO_LARGE;
    return DENY_NONE;
}

/* The ids are random, and cannot be the same by chance; a refusal is better
 * than a failing store all the same. */
static enum deny
check_id(struct call *x)
{
    struct file_row row;
    int rc;

    if (transfer_id_is_used(x->hub, &x->command->file->id))
        return DENY_BAD_REQUEST;
    rc = store_find_file(x->hub->store, &x->command->file->id, &row);
    if (rc == -ENOENT)
        return DENY_NONE;
    return rc < 0 ? batch_failed(x->hub, rc) : DENY_BAD_REQUEST;
}

static struct transfer *
transfer_of(const struct call *x, const struct room *r)
{
    const struct command *c = x->command;
    const struct hub *h = x->hub;
    struct file_row row = {
        .facts = *c->file, .room = r->id,
        .owner_id = x->session->sender_id,
        .owner = session_name(h, x->session),
        .created_ms = c->now_ms,
        .expires_ms = c->now_ms + h->options.file_expires_ms,
    };
    struct transfer *t;
    struct buf name;

    row.facts.state = FILE_ARRIVING;
    if (row.facts.size != FILE_SIZE_UNKNOWN)
        row.reserved = row.facts.size;
    buf_init(&name, LIMIT_FILE_NAME_BYTES);
    file_name_safe(&name, c->name);
    row.name = buf_str(&name);
    t = transfer_new(&row, c->session);
    buf_done(&name);
    return t;
}

static enum deny
reserve(struct call *x, struct room *r, const struct transfer *t)
{
    enum deny d = batch_write(x->hub, r);
    int rc;

    if (d != DENY_NONE)
        return d;
    rc = room_store(x->hub, r);
    if (rc == 0)
        rc = store_put_file(x->hub->store, &t->row);
    return rc < 0 ? batch_failed(x->hub, rc) : DENY_NONE;
}

static enum deny
allow(struct call *x, struct transfer *t)
{
    if (t->row.facts.size != FILE_SIZE_UNKNOWN)
        return check_quotas(x, &t->row, t->row.reserved);
    return reserve_unknown(x, &t->row,
                           smaller(LIMIT_RESERVE_BYTES, largest(x->hub)));
}

static enum deny
begin(struct call *x, struct room *r)
{
    struct transfer *t = transfer_of(x, r);
    enum deny d = allow(x, t);

    if (d == DENY_NONE)
        d = member_include_peers(x, r);
    if (d == DENY_NONE)
        d = reserve(x, r, t);
    if (d != DENY_NONE) {
        free(t);
        return d;
    }
    t->fresh = true;
    transfer_list(x->hub, t);
    transfer_touch(x->hub, t);
    tell_uploading(x, r, &t->row);
    tell_caller_durable(x, upload_event(x, r, &t->row));
    return DENY_NONE;
}

enum deny
transfer_upload(struct call *x)
{
    enum deny d = check_wish(x);
    struct room *r;

    if (d == DENY_NONE)
        d = check_id(x);
    if (d == DENY_NONE)
        d = check_count(x);
    if (d == DENY_NONE)
        d = room_open(x, &r);
    if (d != DENY_NONE)
        return d;
    d = grant_check(x, ACTION_SHARE, r);
    if (d == DENY_NONE)
        d = slow_check(x, r);
    if (d == DENY_NONE)
        d = begin(x, r);
    if (d == DENY_NONE && x->made == r)
        d = grant_joined(x, r, true);
    if (d == DENY_NONE)
        slow_note(x, r);
    room_settle(x->hub, r);
    return d;
}

/* ---- going on with one ---- */

/* The arriving file whose id and ticket the command has. */
static enum deny
find_own(const struct call *x, struct transfer **ret)
{
    const struct file_facts *f = x->command->file;
    struct transfer *t;

    must(f != NULL);
    t = transfer_find(x->hub, &f->id);
    if (t == NULL || !file_id_eq(&t->row.facts.ticket, &f->ticket))
        return DENY_NO_SUCH_FILE;
    *ret = t;
    return DENY_NONE;
}

/* Bans and mutes of whoever brings it count besides: the owner's address is
 * known by them alone. */
static enum deny
check_bringer(const struct call *x, const struct room *r)
{
    struct access_grant g;

    if (x->session == NULL)
        return DENY_NONE;
    g = grant_of(x->hub, r, x->session, x->command->now_ms);
    if (g.banned)
        return DENY_BANNED;
    return g.muted ? DENY_MUTED : DENY_NONE;
}

/* The room of a file, if its owner may share in it. Settle it in the end. */
static enum deny
room_of(struct call *x, const struct file_row *f, struct room **ret)
{
    struct access_who who = {f->owner_id, true};
    struct access_grant g;
    struct room *r;
    enum deny d = room_load_number(x->hub, f->room, &r);

    if (d != DENY_NONE)
        return d;
    g = grant_of_sender(r, f->owner_id, x->command->now_ms);
    d = access_check(&who, ACTION_SHARE, &r->access, &g);
    if (d == DENY_NONE)
        d = check_bringer(x, r);
    if (d != DENY_NONE)
        room_settle(x->hub, r);
    else
        *ret = r;
    return d;
}

/* The answer to its last step was lost: its uploader may take that step again
 * and hears what came of it. */
static enum deny
resume_whole(struct call *x)
{
    const struct file_facts *f = x->command->file;
    char name[LIMIT_FILE_NAME_BYTES];
    struct file_row row;
    struct room *r;
    int rc = store_find_file(x->hub->store, &f->id, &row);
    enum deny d;

    if (rc < 0 && rc != -ENOENT)
        return batch_failed(x->hub, rc);
    if (rc < 0 || row.facts.state != FILE_WHOLE
        || !file_id_eq(&row.facts.ticket, &f->ticket))
        return DENY_NO_SUCH_FILE;
    must(row.name.n <= sizeof name);
    memcpy(name, row.name.p, row.name.n);
    row.name.p = name;
    d = room_of(x, &row, &r);
    if (d != DENY_NONE)
        return d;
    tell_caller_durable(x, upload_event(x, r, &row));
    room_settle(x->hub, r);
    return DENY_NONE;
}

enum deny
transfer_resume(struct call *x)
{
    struct transfer *t;
    struct room *r;
    enum deny d = find_own(x, &t);

    if (d != DENY_NONE)
        return resume_whole(x);
    d = room_of(x, &t->row, &r);
    if (d != DENY_NONE)
        return d;
    d = transfer_keep_alive(x->hub, t, x->command->now_ms);
    if (d == DENY_NONE) {
        t->session = x->session->id;
        tell_caller_durable(x, upload_event(x, r, &t->row));
    }
    room_settle(x->hub, r);
    return d;
}

static enum deny
reserve_more(struct call *x, struct transfer *t, uint64_t bytes)
{
    struct file_row row = t->row;
    enum deny d = reserve_unknown(x, &row, bytes);

    if (d == DENY_NONE)
        d = batch_begin(x->hub);
    if (d != DENY_NONE)
        return d;
    transfer_touch(x->hub, t);
    t->row.reserved = row.reserved;
    return transfer_save(x->hub, &t->row);
}

/* What is asked for is cut to what there is; the answer tells how much. */
enum deny
transfer_reserve(struct call *x)
{
    uint64_t wanted = x->command->file->size, bytes;
    struct transfer *t;
    enum deny d = find_own(x, &t);

    if (d != DENY_NONE)
        return d;
    if (t->row.facts.size != FILE_SIZE_UNKNOWN)
        return DENY_BAD_REQUEST;
    bytes = smaller(wanted, largest(x->hub));
    if (bytes > t->row.reserved)
        d = reserve_more(x, t, bytes);
    else if (wanted > t->row.reserved)
        d = DENY_FILE_TOO_LARGE;
    if (d == DENY_NONE)
        tell_done(x, t->row.reserved);
    return d;
}

enum deny
transfer_drop(struct call *x)
{
    struct transfer *t;
    enum deny d = find_own(x, &t);

    if (d == DENY_NONE)
        d = transfer_end(x->hub, t);
    if (d == DENY_NONE)
        tell_done(x, 0);
    return d;
}

/* ---- SHARE ---- */

static enum deny
check_size(struct call *x, const struct transfer *t)
{
    uint64_t size = x->command->file->size, reserved = t->row.reserved;
    uint64_t declared = t->row.facts.size;

    if (declared != FILE_SIZE_UNKNOWN && size != declared)
        return DENY_BAD_OFFSET;
    if (size > largest(x->hub))
        return DENY_FILE_TOO_LARGE;
    return size > reserved ? check_quotas(x, &t->row, size - reserved)
                           : DENY_NONE;
}

static enum deny
say_file(struct call *x, struct room *r, const struct transfer *t,
         struct message *ret)
{
    const struct file_facts *f = x->command->file;
    struct attachment a = {.id = f->id, .size = f->size, .name = t->row.name};
    char body[ATTACHMENT_BYTES];
    enum deny d;

    memcpy(a.sha256, f->sha256, sizeof a.sha256);
    *ret = (struct message){
        .sender_id = t->row.owner_id, .sender = t->row.owner,
        .kind = MESSAGE_FILE, .body = {body, attachment_write(&a, body)},
    };
    d = message_say(x, r, ret);
    ret->body = nothing;
    return d;
}

/* The row alone: if the batch is not kept, the transfer has not changed. */
static enum deny
make_whole(struct call *x, struct transfer *t, const struct message *m)
{
    const struct file_facts *f = x->command->file;
    struct file_row whole = t->row;
    enum deny d;

    whole.facts.size = whole.reserved = f->size;
    memcpy(whole.facts.sha256, f->sha256, sizeof f->sha256);
    whole.facts.state = FILE_WHOLE;
    whole.seq = m->seq;
    whole.created_ms = m->time_ms;
    whole.expires_ms = 0;
    transfer_touch(x->hub, t);
    d = transfer_save(x->hub, &whole);
    if (d != DENY_NONE)
        return d;
    t->gone = true;
    x->hub->batch.files++;
    x->hub->batch.file_bytes += (int64_t)f->size;
    return DENY_NONE;
}

static enum deny
share(struct call *x, struct room *r, struct transfer *t)
{
    struct message m;
    enum deny d = check_size(x, t);

    if (d == DENY_NONE)
        d = say_file(x, r, t, &m);
    if (d == DENY_NONE)
        d = make_whole(x, t, &m);
    if (d == DENY_NONE)
        message_tell_posted(x, &m, false);
    return d;
}

/* It was shared before, or nobody knows it: given up while its last bytes were
 * being hashed. Then its body, just finished, is nobody's. */
static enum deny
share_again(struct call *x)
{
    const struct file_id *id = &x->command->file->id;
    enum deny d = batch_begin(x->hub);
    struct message m = {0};
    struct file_row row;
    int rc;

    if (d != DENY_NONE)
        return d;
    rc = store_find_file(x->hub->store, id, &row);
    if (rc == -ENOENT) {
        transfer_remove_body(x->hub, id);
        return DENY_NO_SUCH_FILE;
    }
    if (rc < 0)
        return batch_failed(x->hub, rc);
    m.room = row.room;
    m.seq = row.seq;
    m.time_ms = row.created_ms;
    message_tell_posted(x, &m, true);
    return DENY_NONE;
}

static enum deny
share_known(struct call *x)
{
    struct transfer *t;
    struct room *r;
    enum deny d;

    t = transfer_find(x->hub, &x->command->file->id);
    if (t == NULL)
        return share_again(x);
    d = room_of(x, &t->row, &r);
    if (d != DENY_NONE)
        return d;
    d = share(x, r, t);
    room_settle(x->hub, r);
    return d;
}

/* Whoever asked may be gone: the operator is told what its uploader is not. */
enum deny
transfer_share(struct call *x)
{
    char id[FILE_ID_CHARS + 1];
    enum deny d;

    must(x->command->file != NULL);
    d = share_known(x);
    if (d != DENY_NONE && x->session == NULL) {
        file_id_write(&x->command->file->id, id);
        log_event(LOG_WARN, "hub", "file not shared", LOG_S("file", id),
                  LOG_S("why", deny_word(d)));
    }
    return d;
}
