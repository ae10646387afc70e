/* SPDX-License-Identifier: MIT
 *
 * Lists out of the database, a page at a time. What a row's function is called
 * with is borrowed, and it must not ask the reader: who is looked for, or
 * looked up, is remembered and asked for afterwards. */
#include "auth/name.h"
#include "hub/access.h"
#include "hub/setting.h"
#include "server/admin_jobs.h"
#include "store/reader_admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct list {
    struct admin_job *job;
    struct reader *reader;
    unsigned page_n;               /* rows of this page */
    uint64_t last;                 /* and the last one's number ... */
    char last_key[LIMIT_ROOM_BYTES + 1];   /* ... or key */
    uint64_t left;                 /* rows that are still wanted */
    struct str wanted;             /* the key that is looked for */
    uint64_t found;
    uint64_t senders[ADMIN_PAGE];
    const char *roles[ADMIN_PAGE];
};

static const char *const privacy_words[] = {
    [ROOM_PUBLIC] = "public", [ROOM_PRIVATE] = "private",
    [ROOM_HIDDEN] = "hidden",
};

static const char *const role_words[] = {
    [ROLE_NONE] = "none", [ROLE_MEMBER] = "member",
    [ROLE_MODERATOR] = "moderator", [ROLE_OWNER] = "owner",
};

static const char *const state_words[] = {
    [ACCOUNT_ACTIVE] = "active", [ACCOUNT_DISABLED] = "disabled",
    [ACCOUNT_DELETED] = "deleted",
};

void
admin_end_line(struct admin_job *job, struct json *j)
{
    if (json_close(j) < 0 || buf_append(&job->out, "\n", 1) < 0)
        job->full = true;
}

void
admin_tell(struct admin_job *job, const char *text)
{
    struct json j;

    json_open(&j, &job->out);
    json_text(&j, "text", str_of(text));
    admin_end_line(job, &j);
}

static int
begin(struct list *l, struct admin_job *job, struct err *e)
{
    char path[4096];

    *l = (struct list){.job = job, .left = ADMIN_LIST_MAX};
    snprintf(path, sizeof path, "%s/loquat.db", job->folder);
    return reader_open(path, &l->reader, e);
}

static int
finish(struct list *l, int rc, struct err *e)
{
    reader_close(&l->reader);
    if (rc < 0 && rc != -ENOENT)
        err_set(e, -rc, "the database cannot be read");
    return rc;
}

static void
counted(struct list *l, uint64_t number)
{
    l->page_n++;
    l->last = number;
    if (l->left > 0)
        l->left--;
}

/* Is there another page? */
static bool
goes_on(const struct list *l)
{
    return l->page_n == ADMIN_PAGE && l->left > 0 && !l->job->full
        && !atomic_load(l->job->stopping);
}

static uint32_t
page_size(const struct list *l)
{
    return l->left < ADMIN_PAGE ? (uint32_t)l->left : ADMIN_PAGE;
}

/* ---- accounts and their devices ---- */

static void
write_account(void *arg, const struct account_row *row)
{
    struct list *l = arg;
    struct json j;

    json_open(&j, &l->job->out);
    json_text(&j, "name", row->name);
    json_number(&j, "number", (long long)row->id);
    json_text(&j, "state", str_of(state_words[row->state]));
    json_number(&j, "created_ms", row->created_ms);
    admin_end_line(l->job, &j);
    str_to_z(row->key, l->last_key, sizeof l->last_key);
    counted(l, row->id);
}

int
admin_users_list(struct admin_job *job, struct err *e)
{
    struct list l;
    int rc = begin(&l, job, e);

    if (rc < 0)
        return rc;
    do {
        char after[sizeof l.last_key];

        memcpy(after, l.last_key, sizeof after);
        l.page_n = 0;
        rc = reader_accounts(l.reader, str_of(after), page_size(&l),
                             write_account, &l);
    } while (rc == 0 && goes_on(&l));
    return finish(&l, rc, e);
}

static void
look_for_account(void *arg, const struct account_row *row)
{
    struct list *l = arg;

    if (str_eq(row->key, l->wanted))
        l->found = row->id;
    str_to_z(row->key, l->last_key, sizeof l->last_key);
    l->page_n++;
}

static int
find_account(struct list *l, struct str typed)
{
    struct name name;
    int rc = 0;

    if (name_check_user(typed, l->job->charset, &name) != NAME_OK)
        return -ENOENT;
    l->wanted = str_of(name.key);
    do {
        char after[sizeof l->last_key];

        memcpy(after, l->last_key, sizeof after);
        l->page_n = 0;
        rc = reader_accounts(l->reader, str_of(after), ADMIN_PAGE,
                             look_for_account, l);
    } while (rc == 0 && l->found == 0 && goes_on(l));
    return rc < 0 || l->found != 0 ? rc : -ENOENT;
}

/* "read post", or "all"; in the order of enum scope. */
static void
write_scope(struct json *j, uint8_t scope)
{
    static const struct {
        uint8_t scope;
        const char *word;
    } words[] = {
        {SCOPE_READ, "read"}, {SCOPE_POST, "post"}, {SCOPE_FILES, "files"},
        {SCOPE_MANAGE, "manage"},
    };
    char text[40] = "";
    size_t n = 0;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (scope & words[i].scope)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s",
                                  n > 0 ? " " : "", words[i].word);
    }
    json_text(j, "may", str_of(scope == SCOPE_ALL ? "all" : text));
}

static void
write_device(void *arg, const struct device_row *row)
{
    struct list *l = arg;
    struct json j;

    json_open(&j, &l->job->out);
    json_number(&j, "number", (long long)row->id);
    json_text(&j, "device", row->name);
    write_scope(&j, row->scope);
    json_bool(&j, "one_room", row->room != 0);
    json_number(&j, "created_ms", row->created_ms);
    json_number(&j, "seen_ms", row->seen_ms);
    json_number(&j, "expires_ms", row->expires_ms);
    admin_end_line(l->job, &j);
}

/* The account itself only with `show`. */
static int
write_devices(struct admin_job *job, bool show, struct err *e)
{
    struct list l;
    int rc = begin(&l, job, e);

    if (rc < 0)
        return rc;
    rc = find_account(&l, job->request->args[0]);
    if (rc == 0 && show)
        rc = reader_account(l.reader, l.found, write_account, &l);
    if (rc == 0)
        rc = reader_devices(l.reader, l.found, write_device, &l);
    if (rc == -ENOENT)
        err_set(e, ENOENT, "there is no such account");
    return finish(&l, rc, e);
}

int
admin_users_show(struct admin_job *job, struct err *e)
{
    return write_devices(job, true, e);
}

int
admin_tokens_list(struct admin_job *job, struct err *e)
{
    return write_devices(job, false, e);
}

/* ---- rooms and their members ---- */

static void
write_room(void *arg, const struct room_row *row, int64_t last_ms)
{
    struct list *l = arg;
    struct json j;

    json_open(&j, &l->job->out);
    json_text(&j, "name", row->name);
    json_text(&j, "privacy", str_of(privacy_words[row->settings.privacy]));
    json_bool(&j, "closed", row->settings.closed_ms != 0);
    json_number(&j, "messages", (long long)row->last_seq);
    json_number(&j, "last_ms", last_ms);
    json_number(&j, "created_ms", row->created_ms);
    admin_end_line(l->job, &j);
    counted(l, row->id);
}

static int
each_room(struct list *l, reader_room_fn *fn)
{
    int rc;

    do {
        l->page_n = 0;
        rc = reader_rooms(l->reader, l->last, page_size(l), fn, l);
    } while (rc == 0 && l->found == 0 && goes_on(l));
    return rc;
}

int
admin_rooms_list(struct admin_job *job, struct err *e)
{
    struct list l;
    int rc = begin(&l, job, e);

    return rc < 0 ? rc : finish(&l, each_room(&l, write_room), e);
}

static void
look_for_room(void *arg, const struct room_row *row, int64_t last_ms)
{
    struct list *l = arg;

    (void)last_ms;
    if (str_eq(row->key, l->wanted) && row->settings.closed_ms == 0)
        l->found = row->id;
    counted(l, row->id);
}

static int
find_room(struct list *l, struct str typed, struct err *e)
{
    struct name name;
    int rc = 0;

    if (name_check_room(typed, l->job->charset, &name) != NAME_OK)
        rc = -ENOENT;
    l->wanted = str_of(name.key);
    if (rc == 0)
        rc = each_room(l, look_for_room);
    l->left = ADMIN_LIST_MAX;
    if (rc < 0 || l->found != 0)
        return rc;
    return err_set(e, ENOENT, "there is no such room");
}

static void
write_setting(struct json *j, enum setting s, const struct room_settings *from)
{
    char text[SETTING_TEXT_BYTES];

    json_text(j, setting_word(s), setting_write(s, from, text));
}

static void
show_room(void *arg, const struct room_row *row, int64_t last_ms)
{
    struct list *l = arg;
    struct json j;

    if (row->id != l->found)
        return;
    json_open(&j, &l->job->out);
    json_text(&j, "name", row->name);
    json_number(&j, "number", (long long)row->id);
    json_text(&j, "topic", row->topic);
    for (enum setting s = SETTING_PRIVACY; s <= SETTING_KEEP; s++)
        write_setting(&j, s, &row->settings);
    json_text(&j, "description", row->settings.description);
    json_number(&j, "messages", (long long)row->last_seq);
    json_number(&j, "first", (long long)row->settings.first_seq);
    json_number(&j, "last_ms", last_ms);
    json_number(&j, "created_ms", row->created_ms);
    admin_end_line(l->job, &j);
}

static void
gather_member(void *arg, const struct member_row *row)
{
    struct list *l = arg;

    l->senders[l->page_n] = row->sender_id;
    l->roles[l->page_n] = role_words[row->role];
    counted(l, row->sender_id);
}

static void
gather_name(void *arg, const struct account_row *row)
{
    struct list *l = arg;

    str_to_z(row->name, l->last_key, sizeof l->last_key);
}

static int
write_member(struct list *l, unsigned i)
{
    uint64_t sender = l->senders[i];
    struct json j;
    int rc = 0;

    l->last_key[0] = '\0';
    if (sender_is_account(sender))
        rc = reader_account(l->reader, sender - SENDER_ACCOUNTS, gather_name,
                            l);
    if (rc < 0)
        return rc;
    json_open(&j, &l->job->out);
    json_text(&j, "member", str_of(l->last_key));
    json_text(&j, "role", str_of(l->roles[i]));
    admin_end_line(l->job, &j);
    return 0;
}

static int
write_members(struct list *l)
{
    int rc;

    l->last = 0;
    do {
        l->page_n = 0;
        rc = reader_members(l->reader, l->found, l->last, ADMIN_PAGE,
                            gather_member, l);
        for (unsigned i = 0; i < l->page_n && rc == 0; i++)
            rc = write_member(l, i);
    } while (rc == 0 && goes_on(l));
    return rc;
}

int
admin_rooms_show(struct admin_job *job, struct err *e)
{
    struct list l;
    int rc = begin(&l, job, e);

    if (rc < 0)
        return rc;
    rc = find_room(&l, job->request->args[0], e);
    if (rc == 0)
        rc = reader_rooms(l.reader, l.found - 1, 1, show_room, &l);
    if (rc == 0)
        rc = write_members(&l);
    return finish(&l, rc, e);
}

/* ---- bans, invitations, the audit ---- */

static void
write_ban(void *arg, const struct restriction_row *row)
{
    struct list *l = arg;
    struct json j;

    json_open(&j, &l->job->out);
    json_text(&j, "whom", row->subject);
    json_text(&j, "kind", str_of(row->kind == RESTRICTION_MUTE ? "mute"
                                                               : "ban"));
    json_text(&j, "by", row->by);
    json_number(&j, "created_ms", row->created_ms);
    json_number(&j, "until_ms", row->expires_ms);
    json_text(&j, "reason", row->reason);
    admin_end_line(l->job, &j);
    counted(l, row->id);
}

int
admin_bans_list(struct admin_job *job, struct err *e)
{
    struct list l;
    int rc = begin(&l, job, e);

    if (rc < 0)
        return rc;
    if (job->request->room.n > 0)
        rc = find_room(&l, job->request->room, e);
    l.last = 0;
    while (rc == 0) {
        l.page_n = 0;
        rc = reader_restrictions(l.reader, l.found, l.last, page_size(&l),
                                 write_ban, &l);
        if (!goes_on(&l))
            break;
    }
    return finish(&l, rc, e);
}

static void
write_invitation(void *arg, const struct invitation_row *row)
{
    struct list *l = arg;
    struct json j;

    json_open(&j, &l->job->out);
    json_number(&j, "number", (long long)row->id);
    json_number(&j, "uses_left", row->uses_left);
    json_number(&j, "created_ms", row->created_ms);
    json_number(&j, "until_ms", row->expires_ms);
    admin_end_line(l->job, &j);
    counted(l, row->id);
}

int
admin_invitations_list(struct admin_job *job, struct err *e)
{
    struct list l;
    int rc = begin(&l, job, e);

    if (rc < 0)
        return rc;
    do {
        l.page_n = 0;
        rc = reader_invitations(l.reader, l.last, page_size(&l),
                                write_invitation, &l);
    } while (rc == 0 && goes_on(&l));
    return finish(&l, rc, e);
}

static void
write_audit(void *arg, const struct audit_row *row)
{
    struct list *l = arg;
    struct json j;

    json_open(&j, &l->job->out);
    json_number(&j, "time_ms", row->time_ms);
    json_text(&j, "by", row->actor);
    json_text(&j, "action", row->action);
    json_text(&j, "target", row->target);
    json_text(&j, "detail", row->detail);
    admin_end_line(l->job, &j);
    counted(l, row->id);
}

int
admin_audit(struct admin_job *job, struct err *e)
{
    struct list l;
    int rc = begin(&l, job, e);

    if (rc < 0)
        return rc;
    l.left = job->request->lines;
    do {
        l.page_n = 0;
        rc = reader_audit(l.reader, l.last, page_size(&l), write_audit, &l);
    } while (rc == 0 && goes_on(&l));
    return finish(&l, rc, e);
}
