/* SPDX-License-Identifier: MIT
 *
 * A long pseudo-random play, with commits that fail now and then, watched by a
 * witness who knows only what every receiver must see: each message of a room
 * that it hears, once, in rising seq without a gap. And played twice, in two
 * processes whose hash maps differ, it comes out the same to the last byte. */
#include "hub/account_test.h"

#include <errno.h>
#include <sys/wait.h>

enum { SESSIONS = 40, ROOMS = 3000, COMMANDS = 12000 };

/* ---- chance, the same each time ---- */

struct dice {
    uint64_t state;
};

static unsigned
roll(struct dice *d, unsigned sides)
{
    d->state = d->state * UINT64_C(6364136223846793005)
        + UINT64_C(1442695040888963407);
    return (unsigned)(d->state >> 33) % sides;
}

#define PICK(d, list) list[roll(d, sizeof list / sizeof list[0])]

static const char *const names[] = {
    "ann", "bob", "cat", "dan", "eve", "fay", "gus", "Ann", "hal", "ann-2",
    "ivy", "bad name",
};
static const char *const targets[] = {
    "#lobby", "#lobby", "#lobby", "#LOBBY", "#a", "#a", "#b", "#c", "@ann",
    "@bob", "@cat", "@dan", "@EVE", "#bad room", "", "@kim", "@lea",
};
static const char *const accounts[] = {
    "kim", "lea", "max", "ned", "ivy", "ora", "pia", "qiu", "rex", "sam",
    "tom", "una", "vic", "wes", "xia", "yan", "zoe", "abe", "bea", "cy",
};
static const char *const passwords[] = {
    "the usual one", "the usual one", "the usual one", "the usual one",
    "something else", "short",
};
static const char *const texts[] = {
    "hi", "hello", "what?", "", "well\nwell", "bad\x01", "so be it",
};
static const uint64_t sizes[] = {0, 5, 1000, 70000, FILE_SIZE_UNKNOWN};

/* Files have one of so many ids. */
enum { FILES = 250 };

/* One in 15 commits is refused, as if the disk were full. */
static struct dice commits;

int __real_store_commit(struct store *s);
int __wrap_store_commit(struct store *s);
int
__wrap_store_commit(struct store *s)
{
    return roll(&commits, 15) == 0 ? -ENOSPC : __real_store_commit(s);
}

/* ---- the witness ---- */

struct witness {
    int64_t cursor[SESSIONS + 1][ROOMS];   /* -1: does not hear it */
    int64_t last[ROOMS];
    bool gone[SESSIONS + 1];               /* left in this batch */
    unsigned posted, messages, grants, logins;
};

static void
deaf(struct witness *w, uint64_t session)
{
    for (int r = 0; r < ROOMS; r++)
        w->cursor[session][r] = -1;
}

static struct witness *
witness_new(void)
{
    struct witness *w = must_alloc(sizeof *w);

    for (uint64_t s = 0; s <= SESSIONS; s++)
        deaf(w, s);
    return w;
}

static void
see_message(struct witness *w, unsigned worker, const struct parcel *p)
{
    int64_t seq = (int64_t)p->event->seq;

    must(p->session == 0);
    for (uint64_t s = worker + 1; s <= SESSIONS; s += 2) {
        if (w->gone[s] || w->cursor[s][p->room] < 0)
            continue;
        must(seq == w->cursor[s][p->room] + 1);
        w->cursor[s][p->room] = seq;
    }
    if (seq > w->last[p->room]) {      /* what nobody hears is not seen */
        w->last[p->room] = seq;
        w->messages++;
    }
}

/* Whoever resumes from an older cursor is fed from the log up to last_seq. */
static void
see(struct witness *w, unsigned worker, const struct parcel *p)
{
    must(p->room < ROOMS);
    if (p->kind == PARCEL_GRANT) {
        w->grants++;
    } else if (p->kind == PARCEL_SUBSCRIBE) {
        must(p->cursor <= p->last_seq);
        must(p->event->seq == p->last_seq);
        w->cursor[p->session][p->room] = (int64_t)p->last_seq;
    } else if (p->kind == PARCEL_UNSUBSCRIBE || p->kind == PARCEL_REVOKE) {
        w->cursor[p->session][p->room] = -1;
    } else if (p->kind == PARCEL_CLOSE) {
        deaf(w, p->session);
    } else if (p->event->kind == EVENT_MESSAGE) {
        see_message(w, worker, p);
    } else if (p->event->kind == ANSWER_POSTED && !p->event->duplicate) {
        w->posted++;
    } else if (p->event->kind == ANSWER_WELCOME
               && sender_is_account(p->event->sender_id)) {
        w->logins++;
    }
}

static void
end_of_batch(struct witness *w)
{
    for (uint64_t s = 1; s <= SESSIONS; s++) {
        if (w->gone[s])
            deaf(w, s);
        w->gone[s] = false;
        for (int r = 0; r < ROOMS; r++)
            must(w->cursor[s][r] < 0 || w->cursor[s][r] >= w->last[r]);
    }
}

/* ---- the record ---- */

/* Everything in a parcel, also what the notation leaves out. */
static void
record(struct buf *b, unsigned worker, const struct parcel *p)
{
    const struct event *e = p->event;
    char cid[64];

    play_put_parcel(b, worker, p);
    if (e == NULL)
        return;
    for (int i = 0; i < 16; i++)
        snprintf(cid + 2 * i, 3, "%02x", e->cid.b[i]);
    play_put(b, " %d %d %llu %llu %llu %lld %llu %.*s %s %llu %llu %d\n",
             (int)p->kind, (int)e->command, (unsigned long long)e->request,
             (unsigned long long)e->room, (unsigned long long)e->session,
             (long long)e->time_ms, (unsigned long long)e->sender_id,
             STR_FMT(e->room_name), cid,
             (unsigned long long)p->access.peers[0],
             (unsigned long long)p->who.sender_id, p->who.named);
}

static void
record_file(struct buf *b, const struct event *e)
{
    const struct file_facts *f = e ? e->file : NULL;

    if (e == NULL || e->file == NULL)
        return;
    for (int i = 0; i < 16; i++)
        play_put(b, "%02x%02x", f->id.b[i], f->ticket.b[i]);
    play_put(b, " %llu %02x %d %d\n", (unsigned long long)f->size,
             f->sha256[0], (int)f->state, f->resumable);
}

static void
listen(struct play *p, struct witness *w)
{
    for (unsigned i = 0; i < p->options.workers; i++) {
        struct parcel_list l = {0};
        struct parcel *got;

        hub_take(p->hub, i, &l);
        while ((got = parcel_list_pop(&l)) != NULL) {
            see(w, i, got);
            record(&p->heard, i, got);
            record_file(&p->heard, got->event);
            parcel_free(&got);
        }
    }
    for (struct read_job *j = hub_take_jobs(p->hub), *next; j; j = next) {
        next = j->next;
        play_put(&p->heard, "job %d %llu %llu %s\n", (int)j->kind,
                 (unsigned long long)j->session,
                 (unsigned long long)j->query.room, j->room_name);
        free(j);
    }
    play_put(&p->heard, "moves ");
    play_put_moves(p, &p->heard);
    play_put(&p->heard, "\n");
    end_of_batch(w);
}

/* ---- the script ---- */

static enum command_kind
any_kind(struct dice *d)
{
    static const enum command_kind kinds[] = {
        COMMAND_ENTER, COMMAND_ENTER, COMMAND_ENTER, COMMAND_LEAVE,
        COMMAND_RENAME, COMMAND_JOIN, COMMAND_JOIN, COMMAND_JOIN,
        COMMAND_JOIN, COMMAND_JOIN, COMMAND_JOIN, COMMAND_PART, COMMAND_POST,
        COMMAND_POST, COMMAND_POST, COMMAND_POST, COMMAND_POST, COMMAND_POST,
        COMMAND_POST, COMMAND_POST, COMMAND_POST, COMMAND_TOPIC, COMMAND_AWAY,
        COMMAND_TYPING, COMMAND_CURSOR, COMMAND_WHO, COMMAND_ROOMS,
        COMMAND_HISTORY, COMMAND_PING, COMMAND_UPLOAD, COMMAND_UPLOAD,
        COMMAND_UPLOAD, COMMAND_RESUME, COMMAND_RESERVE, COMMAND_DROP,
        COMMAND_SHARE, COMMAND_SHARE, COMMAND_SHARE, COMMAND_FETCH,
        COMMAND_FILES, COMMAND_REGISTER, COMMAND_LOGIN, COMMAND_LOGIN,
        COMMAND_LOGIN, COMMAND_LOGOUT, COMMAND_PASSWORD, COMMAND_DEVICES,
        COMMAND_TOKEN, COMMAND_REVOKE,
    };
    static const enum command_kind operators[] = {
        COMMAND_ANNOUNCE, COMMAND_KICK, COMMAND_ACCOUNT, COMMAND_UNREGISTER,
    };

    return roll(d, 200) == 0 ? PICK(d, operators) : PICK(d, kinds);
}

/* Mostly with the right ticket, and the size that was declared: it follows
 * from the id. */
static struct command *
any_file_command(struct play *p, struct dice *d, enum command_kind kind)
{
    unsigned n = 1 + roll(d, FILES);
    uint64_t size = sizes[n % 5];
    struct file_facts f = {.id = play_file_id(n), .ticket = play_ticket(n),
                           .size = size, .resumable = n % 3 > 0};
    struct str target = kind == COMMAND_UPLOAD ? str_of(PICK(d, targets))
                                               : PLAY_NONE;
    struct command *c;

    if (kind != COMMAND_UPLOAD && size == FILE_SIZE_UNKNOWN)
        f.size = roll(d, 3) * (uint64_t)LIMIT_RESERVE_BYTES + roll(d, 1000);
    if (kind != COMMAND_UPLOAD && roll(d, 10) == 0)
        f.ticket.b[1] = 1;
    c = command_new_file(kind, target, str_of(PICK(d, texts)), &f);
    c->session = 1 + roll(d, SESSIONS);
    c->worker = (c->session - 1) % 2;
    c->request = ++p->request;
    c->inside = kind == COMMAND_SHARE && roll(d, 10) > 0;
    return c;
}

static bool
is_about_a_file(enum command_kind kind)
{
    return kind >= COMMAND_UPLOAD && kind <= COMMAND_FETCH;
}

static bool
is_about_a_secret(enum command_kind kind)
{
    return kind == COMMAND_REGISTER || kind == COMMAND_LOGIN
        || kind == COMMAND_PASSWORD || kind == COMMAND_TOKEN
        || kind == COMMAND_UNREGISTER;
}

/* Mostly the right password, or one of twenty tokens; from one of a thousand
 * addresses, or hardly anybody would come in. */
static struct command *
any_secret(struct play *p, struct dice *d, enum command_kind kind)
{
    uint64_t session = kind == COMMAND_UNREGISTER ? 0 : 1 + roll(d, SESSIONS);
    const char *name = PICK(d, accounts), *password = PICK(d, passwords);
    bool token = kind == COMMAND_LOGIN && roll(d, 3) == 0;
    struct command *c = with_login(p, kind, session, token ? "" : name,
                                   token ? LOGIN_TOKEN : LOGIN_PASSWORD,
                                   password);

    if (kind == COMMAND_LOGIN && roll(d, 3) == 0)
        c->kind = COMMAND_ENTER;
    c->visit = c->kind == COMMAND_ENTER && roll(d, 3) == 0;
    c->sender_id = 1000 + session;
    c->from[0] = 0x20;
    c->from[1] = (uint8_t)roll(d, 256);
    c->from[2] = (uint8_t)roll(d, 4);
    c->secure = roll(d, 20) > 0;
    c->login->scope = roll(d, 3) ? SCOPE_ALL : (uint8_t)roll(d, 16);
    snprintf(c->login->fresh, sizeof c->login->fresh, "%s",
             PICK(d, passwords));
    play_token_hash(1 + roll(d, 20), c->login->token_hash);
    return roll(d, 2) ? c : with_device(c, "thing", 1 + roll(d, 20));
}

static struct command *
any_other_command(struct play *p, struct dice *d, enum command_kind kind)
{
    uint64_t session = kind >= COMMAND_CODE && kind != COMMAND_GROUP
        ? 0 : 1 + roll(d, SESSIONS);
    const char *target = PICK(d, targets);
    const char *name = kind == COMMAND_ACCOUNT ? PICK(d, accounts)
                                               : PICK(d, names);
    unsigned text = roll(d, sizeof texts / sizeof texts[0]);
    struct command *c;

    if (kind == COMMAND_ENTER && roll(d, 10) == 0)
        name = "";
    c = play_command(p, kind, session, target, name, texts[text]);
    c->sender_id = roll(d, 6) ? 1000 + session : 1000 + roll(d, SESSIONS);
    c->or_similar = roll(d, 8) > 0;
    c->resume = roll(d, 2);
    c->visit = roll(d, 4) == 0;
    c->clean = roll(d, 2);
    c->away = roll(d, 2);
    c->after = roll(d, 50);
    c->delivered = roll(d, 200);
    c->read = roll(d, 200);
    c->token = roll(d, 30);
    c->cid.b[3] = roll(d, 2) ? (uint8_t)(text + 7 * roll(d, 4)) : 0;
    c->message_kind = roll(d, 8) ? MESSAGE_TEXT : MESSAGE_ACTION;
    if (kind == COMMAND_JOIN && target[0] == '\0')
        c->room = roll(d, 30);
    return c;
}

static struct command *
any_command(struct play *p, struct dice *d)
{
    enum command_kind kind = any_kind(d);

    if (is_about_a_file(kind))
        return any_file_command(p, d, kind);
    if (is_about_a_secret(kind))
        return any_secret(p, d, kind);
    return any_other_command(p, d, kind);
}

static void
pass_time(struct play *p, struct dice *d)
{
    p->now_ms += roll(d, 300);
    if (roll(d, 300) == 0)
        p->now_ms -= roll(d, 20000);
}

/* What is in the store of the rooms that may have a row. */
static void
record_log(struct play *p)
{
    for (uint64_t room = 1; room < 200; room++)
        play_put_log(p, &p->heard, room);
}

/* The hashers are quick, and in order. */
static void
hash(struct play *p)
{
    struct hash_job *j = hub_take_hashes(p->hub), *next;

    for (; j != NULL; j = next) {
        next = j->next;
        do_hash(j);
        j->command->inside = true;
        apply(p, j->command);
        free(j);
    }
}

static void
perform(struct play *p, struct witness *w)
{
    struct dice d = {20261121};

    commits = d;
    for (int i = 0; i < COMMANDS; i++) {
        struct command *c = any_command(p, &d);

        pass_time(p, &d);
        c->now_ms = p->now_ms;
        if (c->kind == COMMAND_LEAVE)
            w->gone[c->session] = true;
        apply(p, c);
        if (roll(&d, 6) == 0) {
            hub_tick(p->hub, p->now_ms);
            hub_commit(p->hub);
            listen(p, w);
            hash(p);
        }
    }
    hub_commit(p->hub);
    listen(p, w);
}

/* ---- two processes ---- */

struct outcome {
    uint64_t fingerprint;
    size_t bytes;
    unsigned posted, messages, logins, grants;
    int64_t duplicates, failures, stored, files, uploads;
};

/* Some uploads are refused, some expire; some guesses are throttled. */
static void
set_limits(struct play *p)
{
    p->options.throttle = (struct throttle_options){
        .account = {30, 10000}, .address = {20, 60000}, .keys_max = 100,
    };
    p->options.file_owner_bytes = UINT64_C(100) * LIMIT_RESERVE_BYTES;
    p->options.file_total_bytes = UINT64_C(30) * LIMIT_RESERVE_BYTES;
    p->options.file_expires_ms = 120000;
    play_restart(p);
}

static struct outcome
play_once(void)
{
    struct play *p;
    struct witness *w = witness_new();
    struct outcome o = {0};

    rand_init();
    log_set_level(LOG_ERROR);
    p = play_new();
    set_limits(p);
    perform(p, w);
    record_log(p);
    o.fingerprint = rand_fingerprint(p->heard.p, p->heard.n);
    o.bytes = p->heard.n;
    o.posted = w->posted;
    o.messages = w->messages;
    o.logins = w->logins;
    o.grants = w->grants;
    o.stored = metrics_sum(p->metrics, METRIC_messages_total);
    o.duplicates = metrics_sum(p->metrics, METRIC_duplicates_total);
    o.files = metrics_sum(p->metrics, METRIC_files_total);
    o.uploads = metrics_sum(p->metrics, METRIC_uploads);
    o.failures = metrics_sum(p->metrics, METRIC_storage_errors_total);
    free(w);
    play_free(p);
    return o;
}

static struct outcome
play_in_a_child(void)
{
    struct outcome o;
    int fds[2], status;
    pid_t child;

    must(pipe(fds) == 0);
    child = fork();
    must(child >= 0);
    if (child == 0) {
        o = play_once();
        _exit(write(fds[1], &o, sizeof o) == sizeof o ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(fds[0], &o, sizeof o), sizeof o);
    close(fds[0]);
    close(fds[1]);
    return o;
}

static void
the_same_commands_give_the_same_everything(void **state)
{
    struct outcome a = play_in_a_child(), b = play_in_a_child();

    (void)state;
    assert_int_equal(a.bytes, b.bytes);
    assert_int_equal(a.fingerprint, b.fingerprint);
    /* And the play was worth watching. */
    assert_true(a.posted > 400 && a.posted < a.stored);
    assert_true(a.messages > 400 && a.messages <= a.stored);
    assert_true(a.duplicates > 10);
    assert_true(a.failures > 10);
    assert_true(a.files > 50);
    assert_true(a.uploads > 10);
    assert_true(a.logins > 100);
    assert_true(a.grants > 20);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_commands_give_the_same_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
