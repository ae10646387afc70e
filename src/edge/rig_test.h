/* SPDX-License-Identifier: MIT
 *
 * A server of one worker for the edge's tests: real store, core, readers and
 * sockets, and two small dialects of the tests' own. One line is one request:
 *
 *     NAME bob    enter; input waits for the answer     > welcome bob
 *     JOIN #r     input waits for the answer            > joined #r
 *     SAY #r text                                       > posted
 *     PING 7                                            > pong 7
 *     ASK 7       a PING that input waits for           > pong 7
 *     PAGE #r     the newest page                       > page 500
 *     TIMER       conn_timer()                          > timer
 *     QUIT        conn_finish()      BYE   conn_end()
 *
 * "calm" is the fallback and greets with "Hello!"; "loud" is spoken by whoever
 * begins with "LOUD\n", and says goodbye. */
#ifndef EDGE_RIG_TEST_H
#define EDGE_RIG_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "dialect/conn.h"
#include "edge/worker.h"
#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

/* --- The dialects ------------------------------------------------------- */

struct calm {
    uint64_t request;          /* the last one's number */
    uint64_t waits_for;        /* 0 = for none */
};

static inline void
calm_open(struct conn *c)
{
    conn_printf(c, "Hello!\n");
}

static inline void
calm_command(struct conn *c, enum command_kind kind, struct str target,
             struct str name, struct str text)
{
    struct command *cmd = command_new(kind, target, name, text);
    struct calm *s = conn_state(c);
    unsigned long long token;

    cmd->sender_id = 1 + (rand_u64() >> 2);
    cmd->message_kind = MESSAGE_TEXT;
    cmd->page = (struct page_query){.mode = PAGE_LATEST,
                                    .limit = LIMIT_PAGE_MESSAGES};
    if (kind == COMMAND_PING && str_to_u64(text, UINT64_MAX, &token))
        cmd->token = token;
    cmd->request = ++s->request;
    conn_command(c, cmd);
}

/* Holds the input until the next command has been answered. */
static inline void
calm_wait(struct conn *c)
{
    struct calm *s = conn_state(c);

    s->waits_for = s->request + 1;
    conn_hold(c);
}

/* By a token, whatever it is: there is no account. */
static inline void
calm_login(struct conn *c)
{
    struct str none = {0};
    struct command *cmd = command_new_login(COMMAND_ENTER, none, none, none,
                                            LOGIN_TOKEN);
    struct calm *s = conn_state(c);

    cmd->request = ++s->request;
    conn_command(c, cmd);
}

static inline void
calm_line(struct conn *c, struct str line)
{
    struct str none = {0}, word = str_word(&line), arg = str_word(&line);

    line = str_trim(line);
    conn_spoke(c);
    if (str_eq(word, str_of("NAME"))) {
        calm_wait(c);
        calm_command(c, COMMAND_ENTER, none, arg, none);
    } else if (str_eq(word, str_of("LOGIN"))) {
        calm_wait(c);
        calm_login(c);
    } else if (str_eq(word, str_of("JOIN"))) {
        calm_wait(c);
        calm_command(c, COMMAND_JOIN, arg, none, none);
    } else if (str_eq(word, str_of("SAY"))) {
        calm_command(c, COMMAND_POST, arg, none, line);
    } else if (str_eq(word, str_of("PING"))) {
        calm_command(c, COMMAND_PING, none, none, arg);
    } else if (str_eq(word, str_of("ASK"))) {
        calm_wait(c);
        calm_command(c, COMMAND_PING, none, none, arg);
    } else if (str_eq(word, str_of("PAGE"))) {
        calm_command(c, COMMAND_HISTORY, arg, none, none);
    } else if (str_eq(word, str_of("TIMER"))) {
        conn_timer(c, 1);
    } else if (str_eq(word, str_of("QUIT"))) {
        conn_finish(c, "quit");
    } else if (str_eq(word, str_of("BYE"))) {
        conn_end(c, "bye", true);
    } else {
        conn_printf(c, "what? %.*s\n", STR_FMT(word));
    }
}

static inline size_t
calm_input(struct conn *c, const uint8_t *p, size_t n)
{
    size_t used = 0;

    must(n > 0 && !conn_held(c));
    while (used < n && !conn_held(c)) {
        const uint8_t *lf = memchr(p + used, '\n', n - used);
        if (lf == NULL)
            break;
        calm_line(c, (struct str){(const char *)p + used,
                                  (size_t)(lf - p) - used});
        used = (size_t)(lf - p) + 1;
    }
    return used;
}

static inline void
calm_eof(struct conn *c, const uint8_t *p, size_t n)
{
    must(!conn_held(c));
    if (n > 0)
        calm_line(c, (struct str){(const char *)p, n});
    if (!conn_held(c))
        conn_finish(c, "closed");
}

static inline size_t
calm_timer(struct conn *c, const uint8_t *p, size_t n)
{
    must(n == 0 || !conn_held(c));
    conn_printf(c, "timer %.*s\n", (int)n, (const char *)p);
    return n;
}

static inline void
calm_say(struct conn *c, const struct event *e)
{
    if (e->kind == ANSWER_WELCOME)
        conn_printf(c, "welcome %.*s\n", STR_FMT(e->name));
    else if (e->kind == EVENT_SUBSCRIBED)
        conn_printf(c, "joined %.*s\n", STR_FMT(e->room_name));
    else if (e->kind == ANSWER_POSTED)
        conn_printf(c, "posted\n");
    else if (e->kind == ANSWER_PONG)
        conn_printf(c, "pong %llu\n", (unsigned long long)e->token);
    else if (e->kind == ANSWER_PAGE)
        conn_printf(c, "page %zu\n", e->items_n);
    else if (e->kind == ANSWER_DENIED)
        conn_printf(c, "denied %s\n", deny_word(e->deny));
}

/* A page is as long on the wire as what it holds. */
static inline void
calm_say_page(struct conn *c, const struct event *page)
{
    for (size_t i = 0; i < page->items_n; i++)
        conn_send_bytes(c, page->items[i]->text.p, page->items[i]->text.n);
    conn_send_bytes(c, "\n", 1);
}

static inline void
calm_answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct calm *s = conn_state(c);

    (void)sub;
    calm_say(c, e);
    if (e->kind == ANSWER_PAGE)
        calm_say_page(c, e);
    if (e->request != 0 && e->request == s->waits_for) {
        s->waits_for = 0;
        conn_release(c);
    }
}

static inline struct slab *
calm_encode(const struct dialect_config *config, unsigned encoding,
            const struct event *e)
{
    (void)config;
    must(encoding == 0);
    if (e->kind != EVENT_MESSAGE)
        return NULL;
    return slab_printf("%.*s: %.*s\n", STR_FMT(e->name), STR_FMT(e->text));
}

static inline enum sniff
loud_sniff(const uint8_t *p, size_t n)
{
    size_t len = strlen("LOUD\n");

    if (memcmp(p, "LOUD\n", n < len ? n : len) != 0)
        return SNIFF_NO;
    return n < len ? SNIFF_MORE : SNIFF_YES;
}

static inline void
loud_open(struct conn *c)
{
    conn_printf(c, "LOUD!\n");
}

static inline size_t
loud_input(struct conn *c, const uint8_t *p, size_t n)
{
    if (n >= 5 && memcmp(p, "LOUD\n", 5) == 0)
        return 5 + (n > 5 ? calm_input(c, p + 5, n - 5) : 0);
    return calm_input(c, p, n);
}

static inline void
loud_farewell(struct conn *c, const struct event *why)
{
    conn_printf(c, "farewell: %.*s\n",
                STR_FMT(why->kind == EVENT_STOPPING ? str_of("stopping")
                                                    : why->text));
}

static const struct dialect calm = {
    .name = "calm", .state_bytes = sizeof(struct calm), .skip_own = true,
    .open = calm_open, .input = calm_input, .eof = calm_eof,
    .timer = calm_timer, .answer = calm_answer, .encode = calm_encode,
};

static const struct dialect loud = {
    .name = "loud", .state_bytes = sizeof(struct calm), .skip_own = true,
    .sniff = loud_sniff, .open = loud_open, .input = loud_input,
    .timer = calm_timer, .answer = calm_answer, .encode = calm_encode,
    .farewell = loud_farewell,
};

static const struct dialect *const rig_dialects[] = {&loud, &calm, NULL};

/* --- The server --------------------------------------------------------- */

struct rig {
    char folder[64];
    const struct dialect *const *dialects;
    struct dialect_config config;
    struct edge_limits limits;
    struct gate_options gate_options;
    unsigned queue_max;
    struct tls_server *tls;     /* the test's own, or NULL */
    bool tls_required;

    struct metrics *metrics;
    struct store *store;
    struct hub *hub;
    struct readers *readers;
    struct core *core;
    struct gate *gate;
    struct worker *worker;
    struct mailbox *mailboxes[1];
    int listener;
    struct sockaddr_in address;
};

static inline int
rig_setup(void **state)
{
    struct rig *t = must_alloc(sizeof(*t));

    t->dialects = rig_dialects;
    t->config = (struct dialect_config){
        .server_name = "rig", .message_bytes = LIMIT_MESSAGE_BYTES,
        .pause_ms = 50};
    t->limits = (struct edge_limits){
        .grace_ms = 5000, .first_ms = 10000, .login_ms = 30000,
        .stall_ms = 30000, .linger_ms = 1000, .dead_s = 75,
        .prelogin_bytes = LIMIT_PRELOGIN_BYTES,
        .output_soft_bytes = 256 * 1024, .output_hard_bytes = 1024 * 1024};
    t->queue_max = 4096;
    *state = t;
    return 0;
}

static inline void
rig_starved(void *arg, unsigned worker)
{
    struct rig *t = arg;

    must(worker == 0);
    worker_unstarve(t->worker);
}

static inline void
rig_broken(void *arg)
{
    (void)arg;
    must_fail("storage works", __FILE__, __LINE__);
}

static inline void
rig_listen(struct rig *t)
{
    socklen_t len = sizeof(t->address);

    t->address.sin_family = AF_INET;
    t->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    t->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(t->listener >= 0);
    assert_int_equal(bind(t->listener, (void *)&t->address, len), 0);
    assert_int_equal(listen(t->listener, 64), 0);
    assert_int_equal(getsockname(t->listener, (void *)&t->address, &len), 0);
}

/* With whatever the test has set before. */
static inline void
rig_start(struct rig *t)
{
    struct err e = {0};
    struct hub_options hub = {.workers = 1, .message_bytes = 64 * 1024,
                              .gather_above = 1000, .gather_ms = 1000};
    struct worker_options worker = {.dialects = t->dialects,
                                    .config = &t->config,
                                    .limits = t->limits, .tls = t->tls,
                                    .tls_required = t->tls_required};
    struct core_options core = {.workers = 1, .mailboxes = t->mailboxes,
                                .queue_max = t->queue_max, .arg = t,
                                .starved = rig_starved, .broken = rig_broken};

    snprintf(t->folder, sizeof(t->folder), "/tmp/loquat-edge-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    t->metrics = metrics_new();
    core.shard = metrics_shard_new(t->metrics);
    worker.shard = metrics_shard_new(t->metrics);
    t->gate = worker.gate = gate_new(&t->gate_options);
    must(store_open(t->folder, STORE_SYNC_OFF, &t->store, &e) == 0);
    must(hub_new(t->store, &hub, core.shard, &t->hub, &e) == 0);
    must(worker_new(&worker, &t->worker, &e) == 0);
    t->mailboxes[0] = worker_mailbox(t->worker);
    must(readers_start(store_path(t->store), 1, t->mailboxes, &t->readers,
                       &e) == 0);
    core.hub = t->hub;
    core.store = t->store;
    core.readers = t->readers;
    must(core_start(&core, &t->core, &e) == 0);
    must(worker_start(t->worker, t->core, t->readers, NULL, &e) == 0);
    rig_listen(t);
}

static inline void
rig_stop(struct rig *t)
{
    struct str none = {0};

    core_operate(t->core, command_new(COMMAND_STOP, none, none, none));
    worker_join(t->worker);
}

static inline int
rig_remove(const char *path, const struct stat *st, int type,
           struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static inline int
rig_teardown(void **state)
{
    struct rig *t = *state;

    if (t->core != NULL) {
        rig_stop(t);
        assert_int_equal(worker_connections(t->worker), 0);
        assert_int_equal(metrics_sum(t->metrics, METRIC_connections), 0);
        core_stop(&t->core);
        readers_stop(&t->readers);
        worker_free(&t->worker);
        hub_free(&t->hub);
        store_close(&t->store);
        gate_free(&t->gate);
        metrics_free(&t->metrics);
        close(t->listener);
        nftw(t->folder, rig_remove, 8, FTW_DEPTH | FTW_PHYS);
    }
    free(t);
    return 0;
}

#define rig_unit_test(f) \
    cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

static inline int64_t
rig_count(struct rig *t, enum metric which)
{
    return metrics_sum(t->metrics, which);
}

static inline void
rig_await(struct rig *t, enum metric which, int64_t at_least)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    while (rig_count(t, which) < at_least) {
        if (clock_mono_ms() > until)
            fail_msg("%s: got %lld, want %lld", metrics_name(which),
                     (long long)rig_count(t, which), (long long)at_least);
        poll(NULL, 0, 1);
    }
}

static inline void
rig_await_connections(struct rig *t, unsigned n)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    while (worker_connections(t->worker) != n) {
        assert_true(clock_mono_ms() < until);
        poll(NULL, 0, 1);
    }
}

/* --- A client ----------------------------------------------------------- */

/* A connected socket; the other end is the worker's. */
static inline int
client_new(struct rig *t)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof(peer);
    int fd = socket(AF_INET, SOCK_STREAM, 0), other;

    assert_int_equal(connect(fd, (void *)&t->address, sizeof(t->address)), 0);
    other = accept(t->listener, (void *)&peer, &len);
    assert_true(other >= 0);
    assert_null(gate_admit(t->gate, &peer, clock_mono_ms()));
    worker_adopt(t->worker, other, &peer);
    return fd;
}

static inline void
client_send(int fd, const void *p, size_t n)
{
    assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), n);
}

static inline void
client_say(int fd, const char *text)
{
    client_send(fd, text, strlen(text));
}

/* n bytes, or what came before the end. */
static inline size_t
client_read(int fd, char *p, size_t n)
{
    size_t got = 0;

    while (got < n) {
        struct pollfd pfd = {.fd = fd, .events = POLLIN};
        ssize_t r;

        if (poll(&pfd, 1, PATIENCE_MS) != 1)
            break;
        r = recv(fd, p + got, n - got, 0);
        if (r <= 0)
            break;
        got += (size_t)r;
    }
    return got;
}

static inline void
client_expect(int fd, const char *want)
{
    size_t n = strlen(want);
    char *got = must_alloc(n + 1);

    client_read(fd, got, n);
    assert_string_equal(got, want);
    free(got);
}

static inline void
client_expect_end(int fd)
{
    char got[256] = "";
    size_t n = client_read(fd, got, sizeof(got) - 1);

    if (n > 0)
        fail_msg("got  %s\nwant the end", got);
    assert_int_equal(recv(fd, got, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, 0);
    close(fd);
}

static inline void
client_talk(int fd, const char *say, const char *want)
{
    client_say(fd, say);
    client_expect(fd, want);
}

/* What a client will say or hear, put together line by line. */
struct script {
    struct buf say, want;
};

static inline void
script_init(struct script *s)
{
    buf_init(&s->say, 1 << 24);
    buf_init(&s->want, 1 << 24);
}

static inline void
script_add(struct script *s, const char *say, const char *want, int number)
{
    assert_int_equal(buf_printf(&s->say, "%s %d\n", say, number), 0);
    assert_int_equal(buf_printf(&s->want, "%s %d\n", want, number), 0);
}

static inline void
script_done(struct script *s)
{
    buf_done(&s->say);
    buf_done(&s->want);
}

static inline void
client_reset(int fd)
{
    struct linger now = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
}

/* Named and in #r. */
static inline int
client_enter(struct rig *t, const char *name)
{
    int fd = client_new(t);
    char say[128], want[128];

    snprintf(say, sizeof(say), "NAME %s\nJOIN #r\n", name);
    snprintf(want, sizeof(want), "Hello!\nwelcome %s\njoined #r\n", name);
    client_talk(fd, say, want);
    return fd;
}

static inline int
rig_main_setup(void **state)
{
    (void)state;
    rand_init();
    signal(SIGPIPE, SIG_IGN);
    log_set_level(LOG_ERROR);
    return 0;
}

#endif
