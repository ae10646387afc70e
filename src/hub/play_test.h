/* SPDX-License-Identifier: MIT
 *
 * A hub on a stage: a real store in a folder of its own, a clock turned by
 * hand, two workers, and a notation for what comes out. Odd sessions are
 * worker 0's, even ones worker 1's. A line of the transcript is one parcel:
 *
 *   w0 s1 welcome alice              to session 1
 *   w1 room 1 joined alice 2 -s1     to room 1's receivers, but not session 1
 *   w0 all announcement hello        to everyone
 *   w0 s1 hears 1 after 0/3: ...     subscribes: cursor / newest
 *   w0 s1 is 3 in 1                  its role there, by number, and "muted"
 *   w0 room 1 uploading {7 100} ...  about a file: its id's first byte, its
 *                                    size, `t` with its ticket, `whole`
 *
 * and act() is followed by expect() with the lines, worker 0's first. */
#ifndef HUB_PLAY_TEST_H
#define HUB_PLAY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"
#include "base/rand.h"
#include "hub/attachment.h"
#include "hub/hub.h"
#include "hub/setting.h"
#include "store/reader.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PLAY_NOON 1800000000000
#define PLAY_NONE ((struct str){0})

struct play {
    char root[64];
    struct store *store;
    struct hub *hub;
    struct hub_options options;
    struct metrics *metrics;
    struct metrics_shard *shard;
    int64_t now_ms;
    uint64_t request;             /* the last one's number */
    int commit;                   /* what the last hub_commit() returned */
    struct buf heard;             /* the transcript since the last expect() */
};

/* ---- the transcript ---- */

static const char *const play_words[] = {
    [EVENT_MESSAGE] = "message", [EVENT_JOINED] = "joined",
    [EVENT_LEFT] = "left", [EVENT_GATHERED] = "gathered",
    [EVENT_RENAMED] = "renamed", [EVENT_AWAY] = "away",
    [EVENT_TYPING] = "typing", [EVENT_CURSOR] = "cursor",
    [EVENT_UPLOADING] = "uploading",
    [EVENT_STANDING] = "standing", [EVENT_SETTING] = "setting",
    [EVENT_REMOVED] = "removed", [EVENT_INVITED] = "invited",
    [ANSWER_BANS] = "bans", [ANSWER_ROOM] = "room",
    [ANSWER_MEMBERS] = "members", [ITEM_BAN] = "ban",
    [ITEM_MEMBER] = "member",
    [EVENT_ANNOUNCEMENT] = "announcement", [EVENT_STOPPING] = "stopping",
    [EVENT_SUBSCRIBED] = "subscribed", [EVENT_UNSUBSCRIBED] = "unsubscribed",
    [EVENT_CAUGHT_UP] = "caught_up", [EVENT_CLOSED] = "closed",
    [ANSWER_WELCOME] = "welcome", [ANSWER_POSTED] = "posted",
    [ANSWER_DONE] = "done", [ANSWER_DENIED] = "denied",
    [ANSWER_PAGE] = "page", [ANSWER_PEOPLE] = "people",
    [ANSWER_ROOMS] = "rooms", [ANSWER_PONG] = "pong",
    [ANSWER_UPLOAD] = "upload", [ANSWER_FILE] = "file",
    [ANSWER_FILES] = "files", [ANSWER_MOVED] = "moved",
    [ANSWER_DEVICES] = "devices", [ITEM_DEVICE] = "device",
    [ITEM_FILE] = "file", [ITEM_PERSON] = "person", [ITEM_ROOM] = "item",
};

static inline void
play_put(struct buf *b, const char *fmt, ...)
{
    char line[4096];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    must(buf_append_str(b, str_of(line)) == 0);
}

static inline void
play_put_str(struct buf *b, struct str s)
{
    if (s.n > 0)
        play_put(b, " %.*s", STR_FMT(s));
}

static inline void
play_put_num(struct buf *b, uint64_t n)
{
    if (n > 0)
        play_put(b, " %llu", (unsigned long long)n);
}

static inline void
play_put_file(struct buf *b, const struct file_facts *f)
{
    play_put(b, " {%u", f->id.b[0]);
    if (f->size == FILE_SIZE_UNKNOWN)
        play_put(b, " ?");
    else
        play_put(b, " %llu", (unsigned long long)f->size);
    play_put(b, "%s%s}", file_id_given(&f->ticket) ? " t" : "",
             f->state == FILE_WHOLE ? " whole" : "");
}

/* A message that shares a file, by what its body says. */
static inline void
play_put_attachment(struct buf *b, const struct event *e)
{
    struct attachment a;
    struct file_facts f = {.state = FILE_WHOLE};

    must(attachment_read(e->text, &a));
    f.id = a.id;
    f.size = a.size;
    play_put_file(b, &f);
    play_put_str(b, e->name);
    play_put_str(b, a.name);
}

static const char *const play_roles[] = {
    [ROLE_NONE] = "", [ROLE_MEMBER] = "member",
    [ROLE_MODERATOR] = "moderator", [ROLE_OWNER] = "owner",
};

/* Of those that tell who may do what. */
static inline void
play_put_rights(struct buf *b, const struct event *e)
{
    if (e->role != ROLE_NONE)
        play_put(b, " =%s", play_roles[e->role]);
    if (e->muted)
        play_put(b, " muted");
    if (e->kind == EVENT_REMOVED && !e->joined)
        play_put(b, " outside");
    if (e->setting != 0)
        play_put(b, " %s", setting_word(e->setting));
    if (e->kind == ANSWER_ROOM || e->kind == ITEM_ROOM)
        play_put(b, "%s", e->settings.privacy == ROOM_HIDDEN ? " hidden"
                          : e->settings.privacy == ROOM_PRIVATE ? " private"
                                                                : "");
}

/* Every field that is not empty, in one order. */
static inline void
play_put_event(struct buf *b, const struct event *e)
{
    play_put(b, " %s", play_words[e->kind]);
    if (e->deny != DENY_NONE)
        play_put(b, " %s", deny_word(e->deny));
    if (e->kind == EVENT_GATHERED)
        play_put(b, e->joined ? " joined" : " left");
    if (e->duplicate)
        play_put(b, " again");
    play_put_rights(b, e);
    play_put_num(b, e->seq);
    if (e->message_kind == MESSAGE_ACTION)
        play_put(b, " *");
    if (e->message_kind == MESSAGE_TOPIC)
        play_put(b, " topic");
    if (e->file != NULL)
        play_put_file(b, e->file);
    if (e->message_kind == MESSAGE_FILE) {
        play_put_attachment(b, e);
        return;
    }
    if (e->room_kind == 0 || e->kind >= EVENT_ANNOUNCEMENT)
        play_put_str(b, e->room_name);
    if (e->kind != ANSWER_POSTED && e->kind != ANSWER_DONE)
        play_put_str(b, e->name);
    if (e->away)
        play_put(b, " +");
    play_put_str(b, e->text);
    if (e->extra.n > 0)
        play_put(b, " ->%.*s", STR_FMT(e->extra));
    /* Of a subscription it follows from the cursor. */
    if (e->kind != EVENT_SUBSCRIBED && (e->delivered > 0 || e->read > 0))
        play_put(b, " %llu/%llu", (unsigned long long)e->delivered,
                 (unsigned long long)e->read);
    play_put_num(b, e->token);
    if (e->wait_ms > 0)
        play_put(b, " in %lld ms", (long long)e->wait_ms);
    for (size_t i = 0; i < e->items_n; i++) {
        play_put(b, " [");
        play_put_event(b, e->items[i]);
        play_put(b, " ]");
    }
    if (e->others > 0)
        play_put(b, " and %u", e->others);
    play_put_num(b, e->count);
    if (e->more)
        play_put(b, " ...");
}

static inline void
play_put_parcel(struct buf *b, unsigned worker, const struct parcel *p)
{
    play_put(b, "w%u", worker);
    if (p->kind == PARCEL_ROOM)
        play_put(b, " room %llu", (unsigned long long)p->room);
    else if (p->kind == PARCEL_EVERYONE)
        play_put(b, " all");
    else
        play_put(b, " s%llu", (unsigned long long)p->session);
    if (p->kind == PARCEL_SUBSCRIBE)
        play_put(b, " hears %llu after %llu/%llu:",
                 (unsigned long long)p->room, (unsigned long long)p->cursor,
                 (unsigned long long)p->last_seq);
    if (p->kind == PARCEL_UNSUBSCRIBE)
        play_put(b, " hears %llu no more:", (unsigned long long)p->room);
    if (p->kind == PARCEL_CLOSE)
        play_put(b, " ends:");
    if (p->kind == PARCEL_REVOKE)
        play_put(b, " loses %llu:", (unsigned long long)p->room);
    if (p->kind == PARCEL_GRANT) {
        play_put(b, " is %s%s in %llu\n", play_roles[p->grant.role],
                 p->grant.invited ? "invited" : "",
                 (unsigned long long)p->room);
        return;
    }
    play_put_event(b, p->event);
    if (p->kind == PARCEL_ROOM && p->session != 0)
        play_put(b, " -s%llu", (unsigned long long)p->session);
    play_put(b, "\n");
}

/* ---- the stage ---- */

static inline int
play_remove(const char *path, const struct stat *st, int type,
            struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static inline void
play_open(struct play *p)
{
    struct err e = {0};

    if (store_open(p->root, STORE_SYNC_OFF, &p->store, &e) < 0)
        fail_msg("store_open: %s", e.text);
    if (hub_new(p->store, &p->options, p->shard, &p->hub, &e) < 0)
        fail_msg("hub_new: %s", e.text);
}

static inline void
play_close(struct play *p)
{
    hub_free(&p->hub);
    store_close(&p->store);
}

/* The server is stopped and started again on the same folder. */
static inline void
play_restart(struct play *p)
{
    play_close(p);
    play_open(p);
}

static inline struct play *
play_new(void)
{
    struct play *p = must_alloc(sizeof *p);

    snprintf(p->root, sizeof p->root, "/tmp/loquat-hub-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    p->metrics = metrics_new();
    p->shard = metrics_shard_new(p->metrics);
    p->now_ms = PLAY_NOON;
    p->options = (struct hub_options){
        .workers = 2, .message_bytes = 64, .gather_above = 3,
        .gather_ms = 1000, .charset = NAME_UNICODE, .hold_name_ms = 30000,
        .file_expires_ms = 600000,
    };
    buf_init(&p->heard, 64 << 20);
    play_open(p);
    return p;
}

static inline void
play_free(struct play *p)
{
    play_close(p);
    metrics_free(&p->metrics);
    buf_done(&p->heard);
    nftw(p->root, play_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(p);
}

/* Once for a program. */
static inline int
play_group(void **state)
{
    (void)state;
    rand_init();
    log_set_level(LOG_ERROR);
    return 0;
}

static inline int
play_setup(void **state)
{
    *state = play_new();
    return 0;
}

static inline int
play_teardown(void **state)
{
    play_free(*state);
    return 0;
}

#define play_test(f) \
    cmocka_unit_test_setup_teardown(f, play_setup, play_teardown)

/* ---- acting ---- */

static inline void
play_listen(struct play *p)
{
    for (unsigned w = 0; w < p->options.workers; w++) {
        struct parcel_list l = {0};
        struct parcel *parcel;

        hub_take(p->hub, w, &l);
        while ((parcel = parcel_list_pop(&l)) != NULL) {
            play_put_parcel(&p->heard, w, parcel);
            parcel_free(&parcel);
        }
    }
}

static inline void
play_commit(struct play *p)
{
    p->commit = hub_commit(p->hub);
    play_listen(p);
}

/* A command by `session`, to be filled in further and given to apply(). */
static inline struct command *
play_command(struct play *p, enum command_kind kind, uint64_t session,
             const char *target, const char *name, const char *text)
{
    struct command *c = command_new(kind, str_of(target), str_of(name),
                                    str_of(text));

    c->session = session;
    c->worker = session ? (session - 1) % 2 : 0;
    c->sender_id = 100 + session;
    c->request = ++p->request;
    c->now_ms = p->now_ms;
    c->message_kind = MESSAGE_TEXT;
    return c;
}

static inline struct file_id
play_file_id(unsigned n)
{
    return (struct file_id){{(uint8_t)n, [15] = 0xaa}};
}

static inline struct file_id
play_ticket(unsigned n)
{
    return (struct file_id){{(uint8_t)n, [15] = 0xbb}};
}

/* A command about file n, with its ticket. */
static inline struct command *
play_file_command(struct play *p, enum command_kind kind, uint64_t session,
                  unsigned n, uint64_t size)
{
    struct file_facts f = {.id = play_file_id(n), .ticket = play_ticket(n),
                           .size = size, .state = FILE_ARRIVING};
    struct command *c = command_new_file(kind, PLAY_NONE, PLAY_NONE, &f);

    c->session = session;
    c->worker = session ? (session - 1) % 2 : 0;
    c->request = ++p->request;
    c->now_ms = p->now_ms;
    return c;
}

/* Takes c; leaves the batch open. */
static inline void
apply(struct play *p, struct command *c)
{
    hub_apply(p->hub, c);
    command_free(&c);
}

/* Takes c; a batch of its own. */
static inline void
act(struct play *p, struct command *c)
{
    apply(p, c);
    play_commit(p);
}

static inline struct command *
entering(struct play *p, uint64_t session, const char *name)
{
    return play_command(p, COMMAND_ENTER, session, NULL, name, NULL);
}

static inline struct command *
visiting(struct play *p, uint64_t session, const char *name)
{
    struct command *c = entering(p, session, name);

    c->visit = true;
    return c;
}

static inline struct command *
joining(struct play *p, uint64_t session, const char *target)
{
    return play_command(p, COMMAND_JOIN, session, target, NULL, NULL);
}

static inline struct command *
saying(struct play *p, uint64_t session, const char *target, const char *text)
{
    return play_command(p, COMMAND_POST, session, target, NULL, text);
}

static inline struct command *
uploading(struct play *p, uint64_t session, const char *target, unsigned n,
          uint64_t size)
{
    struct file_facts f = {.id = play_file_id(n), .ticket = play_ticket(n),
                           .size = size, .resumable = true};
    struct command *c = command_new_file(COMMAND_UPLOAD, str_of(target),
                                         str_of("photo.webp"), &f);

    c->session = session;
    c->worker = (session - 1) % 2;
    c->request = ++p->request;
    c->now_ms = p->now_ms;
    return c;
}

/* As the movers do it. */
static inline struct command *
sharing(struct play *p, uint64_t session, unsigned n, uint64_t size)
{
    struct command *c = play_file_command(p, COMMAND_SHARE, session, n, size);

    c->inside = true;
    c->file->ticket = (struct file_id){{0}};
    c->file->sha256[0] = (uint8_t)n;
    return c;
}

static inline struct command *
leaving(struct play *p, uint64_t session, const char *why, bool clean)
{
    struct command *c = play_command(p, COMMAND_LEAVE, session, NULL, NULL,
                                     why);

    c->clean = clean;
    return c;
}

static inline void
enter(struct play *p, uint64_t session, const char *name)
{
    act(p, entering(p, session, name));
}

static inline void
join(struct play *p, uint64_t session, const char *target)
{
    act(p, joining(p, session, target));
}

static inline void
say(struct play *p, uint64_t session, const char *target, const char *text)
{
    act(p, saying(p, session, target, text));
}

static inline void
tick(struct play *p, int64_t later_ms)
{
    p->now_ms += later_ms;
    hub_tick(p->hub, p->now_ms);
    play_listen(p);
}

/* ---- looking ---- */

/* The bodies that are to be removed, as "3 7 "; takes them. */
static inline void
play_put_moves(struct play *p, struct buf *b)
{
    for (struct move_job *j = hub_take_moves(p->hub), *next; j; j = next) {
        next = j->next;
        must(j->what == MOVE_REMOVE);
        play_put(b, "%u ", j->id.b[0]);
        move_job_free(&j);
    }
}

#define expect_moves(p, ids) play_expect_moves(p, ids, __FILE__, __LINE__)

static inline void
play_expect_moves(struct play *p, const char *want, const char *file, int line)
{
    struct buf b;
    bool same;

    buf_init(&b, 1 << 16);
    play_put_moves(p, &b);
    same = str_eq(buf_str(&b), str_of(want));
    if (!same)
        print_error("got:\n%.*s\nwant:\n%s\n", STR_FMT(buf_str(&b)), want);
    buf_done(&b);
    if (!same)
        _fail(file, line);
}


static inline void
forget(struct play *p)
{
    buf_clear(&p->heard);
}

#define expect(p, lines) play_expect(p, lines, __FILE__, __LINE__)

static inline void
play_expect(struct play *p, const char *want, const char *file, int line)
{
    if (!str_eq(buf_str(&p->heard), str_of(want))) {
        print_error("got:\n%.*swant:\n%s", STR_FMT(buf_str(&p->heard)), want);
        _fail(file, line);
    }
    forget(p);
}

/* Enters and joins #lobby without a word in the transcript. */
static inline void
settle(struct play *p, uint64_t session, const char *name)
{
    enter(p, session, name);
    join(p, session, "#lobby");
    forget(p);
}

/* What the store holds of a room: "1 alice hi\n" per message. */
static inline void
play_put_log(struct play *p, struct buf *b, uint64_t room)
{
    struct page_query q = {room, PAGE_AFTER, 0, LIMIT_PAGE_MESSAGES};
    struct reader *r = NULL;
    struct page page;

    assert_int_equal(reader_open(store_path(p->store), &r, NULL), 0);
    do {
        assert_int_equal(reader_page(r, &q, &page), 0);
        for (size_t i = 0; i < page.n; i++) {
            const struct message *m = &page.messages[i];

            play_put(b, "%llu %.*s %.*s\n", (unsigned long long)m->seq,
                     STR_FMT(m->sender), STR_FMT(m->body));
            q.at = m->seq;
        }
        page_done(&page);
    } while (page.more);
    reader_close(&r);
}

#define expect_log(p, room, lines) \
    play_expect_log(p, room, lines, __FILE__, __LINE__)

static inline void
play_expect_log(struct play *p, uint64_t room, const char *want,
                const char *file, int line)
{
    struct buf b;
    bool same;

    buf_init(&b, 1 << 20);
    play_put_log(p, &b, room);
    same = str_eq(buf_str(&b), str_of(want));
    if (!same)
        print_error("got:\n%.*swant:\n%s", STR_FMT(buf_str(&b)), want);
    buf_done(&b);
    if (!same)
        _fail(file, line);
}

#endif
