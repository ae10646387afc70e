/* SPDX-License-Identifier: MIT
 *
 * A link in the loop, and a fake server on a real loopback socket: the test
 * turns the loop until what it expects has happened, and looks after the
 * server's socket in each turn. */
#include "link/link.h"

#include "base/clock.h"
#include "base/rand.h"
#include "link/fake_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 20000

struct world {
    uv_loop_t loop;
    struct link *l;
    struct link_options o;
    struct buf heard;         /* by the application */
    int listener, peer;       /* the server's sockets; -1 = none */
    struct buf in, out, said;
    struct envelope_arena *arena;
    unsigned accepted;
    uint64_t next_post;       /* for flood() */
    uint64_t posted;
};

/* ---- The application ---- */

static void
on_status(struct link *l, enum link_status status, const char *detail,
          int64_t retry_ms)
{
    static const char *const words[] = {"connecting", "connected", "lost",
                                        "waiting", "failed", "closed"};
    struct world *w = link_arg(l);

    assert_int_equal(link_state(l), status);
    assert_in_range(retry_ms, 0, w->o.delay_max_ms);
    if (status == LINK_CONNECTING)
        NOTE(&w->heard, "connecting. ");
    else
        NOTE(&w->heard, "%s%s%s. ", words[status], detail ? ": " : "",
             detail ? detail : "");
    if (status == LINK_FAILED || status == LINK_CLOSED)
        link_free(&w->l);
}

static void
on_envelope(struct link *l, const Envelope *e)
{
    struct world *w = link_arg(l);

    if (e->body_case == ENVELOPE_BODY(MESSAGE))
        NOTE(&w->heard, "%d %s. ", (int)e->message->seq, e->message->text);
    else if (e->body_case == ENVELOPE_BODY(JOINED))
        NOTE(&w->heard, "joined %s. ", e->joined->target);
    else
        NOTE(&w->heard, "body %d. ", (int)e->body_case);
}

static void
on_posted(struct link *l, uint64_t tag, const Loquat__V1__Posted *posted)
{
    struct world *w = link_arg(l);

    w->posted++;
    if (w->next_post == 0)
        NOTE(&w->heard, "posted %d as %d. ", (int)tag, (int)posted->seq);
}

static void
on_refused(struct link *l, uint64_t tag, const Loquat__V1__Error *error)
{
    struct world *w = link_arg(l);

    NOTE(&w->heard, "refused %d: %s. ", (int)tag, error->text);
}

enum { FLOOD = 20000 };

/* Posts as much as the outbox takes. */
static void
flood(struct link *l)
{
    struct world *w = link_arg(l);

    while (w->next_post < FLOOD) {
        char text[32];

        snprintf(text, sizeof text, "%d", (int)w->next_post);
        if (link_post(l, "#ops", TEXT, text, w->next_post) == -EAGAIN)
            return;
        w->next_post++;
    }
}

static const struct link_ops ops = {on_status, on_envelope, on_posted,
                                    on_refused, flood};

/* ---- The server ---- */

static int
listen_on(unsigned port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

static unsigned
port_of(int fd)
{
    struct sockaddr_in a;
    socklen_t n = sizeof a;

    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    return ntohs(a.sin_port);
}

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void
hang_up(struct world *w)
{
    close_fd(&w->peer);
    buf_clear(&w->in);
    buf_clear(&w->out);
}

/* Lets the server's socket move. */
static void
serve(struct world *w)
{
    char bytes[65536];
    ssize_t n;

    if (w->peer < 0 && w->listener >= 0) {
        w->peer = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK);
        w->accepted += w->peer >= 0;
    }
    if (w->peer < 0)
        return;
    n = recv(w->peer, bytes, sizeof bytes, 0);
    if (n == 0)
        NOTE(&w->said, "end. ");
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        hang_up(w);
        return;
    }
    if (n > 0)
        must(buf_append(&w->in, bytes, (size_t)n) == 0);
    if (w->out.n > 0) {
        n = send(w->peer, w->out.p, w->out.n, MSG_NOSIGNAL);
        if (n > 0)
            buf_consume(&w->out, (size_t)n);
    }
}

#define TURN_UNTIL(w, condition)                                          \
    do {                                                                  \
        int64_t patience_ms = clock_mono_ms() + PATIENCE_MS;              \
        while (!(condition) && clock_mono_ms() < patience_ms) {           \
            serve(w);                                                     \
            uv_run(&(w)->loop, UV_RUN_NOWAIT);                            \
        }                                                                 \
        assert_true(condition);                                           \
    } while (0)

static bool
has(const struct buf *b, const char *words)
{
    return b->n > 0 && memmem(b->p, b->n, words, strlen(words)) != NULL;
}

/* The server has been told this (and what else is in `said`). */
static bool
told(struct world *w, const char *words)
{
    buf_consume(&w->in,
                note_bytes(&w->said, w->arena, w->in.p, w->in.n));
    return has(&w->said, words);
}

#define EXPECT_TOLD(w, words) TURN_UNTIL(w, told((w), (words)))
#define EXPECT_HEARD(w, words) TURN_UNTIL(w, has(&(w)->heard, (words)))

static void
forget(struct world *w)
{
    buf_clear(&w->said);
    buf_clear(&w->heard);
}

/* ---- Each test's world ---- */

static int
setup(void **state)
{
    struct world *w = must_alloc(sizeof *w);

    assert_int_equal(uv_loop_init(&w->loop), 0);
    w->listener = listen_on(0);
    w->peer = -1;
    buf_init(&w->heard, 1 << 20);
    buf_init(&w->in, 1 << 26);
    buf_init(&w->out, 1 << 26);
    buf_init(&w->said, 1 << 24);
    w->arena = envelope_arena_new(1 << 20);
    w->o = (struct link_options){
        .host = "127.0.0.1", .port = port_of(w->listener), .name = "alice",
        .client = "test", .attempts = 0, .first_attempts = 1,
        .delay_first_ms = 2, .delay_max_ms = 20, .ops = &ops, .arg = w};
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    struct world *w = *state;

    link_free(&w->l);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    close_fd(&w->listener);
    close_fd(&w->peer);
    buf_done(&w->heard);
    buf_done(&w->in);
    buf_done(&w->out);
    buf_done(&w->said);
    envelope_arena_free(&w->arena);
    free(w);
    return 0;
}

static void
start(struct world *w)
{
    w->l = link_new(&w->loop, &w->o);
}

/* Connected, in #ops (number 7) from seq 10 on. */
static void
start_in_ops(struct world *w)
{
    start(w);
    link_join(w->l, "#ops", -1);
    EXPECT_TOLD(w, "magic. 1 hello alice. ");
    put_welcome(&w->out, 1);
    put_joined(&w->out, 2, 7, "#ops", 10);
    EXPECT_HEARD(w, "connecting. connected. joined #ops. ");
    EXPECT_TOLD(w, "2 join #ops. ");
    forget(w);
}

static void
post(struct world *w, const char *text, uint64_t tag)
{
    assert_int_equal(link_post(w->l, "#ops", TEXT, text, tag), 0);
}

/* ---- Tests ---- */

static void
it_connects_says_hello_and_joins(void **state)
{
    struct world *w = *state;

    assert_null(w->l);
    start(w);
    assert_null(link_name(w->l));
    link_free(&w->l);

    start_in_ops(w);
    assert_string_equal(link_name(w->l), "alice");
    assert_int_equal(link_message_bytes(w->l), 1000);
    assert_int_equal(link_state(w->l), LINK_CONNECTED);
}

static void
a_name_with_several_addresses_is_tried_in_order(void **state)
{
    struct world *w = *state;

    w->o.host = "localhost";      /* ::1 too on most machines: refused */
    start(w);
    EXPECT_TOLD(w, "magic. 1 hello alice. ");
}

static void
nobody_there_is_a_clear_sentence(void **state)
{
    struct world *w = *state;

    close_fd(&w->listener);
    start(w);
    EXPECT_HEARD(w, "failed: cannot connect to 127.0.0.1:");
    EXPECT_HEARD(w, "Connection refused. ");
    assert_null(w->l);
}

static void
attempts_are_counted_and_used_up(void **state)
{
    struct world *w = *state;

    w->o.first_attempts = 3;
    close_fd(&w->listener);
    start(w);
    EXPECT_HEARD(w, "failed: ");
    assert_true(has(&w->heard, "waiting: attempt 2 of 3. connecting. "));
    assert_true(has(&w->heard, "waiting: attempt 3 of 3. connecting. "));
    assert_false(has(&w->heard, "attempt 4"));
}

static void
a_host_that_cannot_be_is_said_so(void **state)
{
    struct world *w = *state;

    w->o.host = "no host's name";
    start(w);
    EXPECT_HEARD(w, "failed: cannot connect to no host's name:");
}

static void
something_else_on_the_port_is_said_so(void **state)
{
    struct world *w = *state;

    w->o.first_attempts = 5;
    start(w);
    EXPECT_TOLD(w, "hello");
    must(buf_printf(&w->out, "SSH-2.0-other\r\n") == 0);
    EXPECT_HEARD(w, "not a loquat server: it said \"SSH-2.0-other\". ");
    assert_null(w->l);
    assert_int_equal(w->accepted, 1);
}

static void
a_silent_server_is_given_up(void **state)
{
    struct world *w = *state;

    w->o.timeout_ms = 50;
    start(w);
    EXPECT_HEARD(w, "failed: the server does not answer. ");
}

static void
a_post_whose_acknowledgement_was_lost_is_sent_again_once(void **state)
{
    struct world *w = *state;

    start_in_ops(w);
    post(w, "a", 1);
    post(w, "b", 2);
    EXPECT_TOLD(w, "3 post a. 4 post b. ");
    put_posted(&w->out, 3, 11);
    EXPECT_HEARD(w, "posted 1 as 11. ");
    hang_up(w);
    EXPECT_HEARD(w, "waiting: attempt 1. ");
    post(w, "c", 3);
    forget(w);

    EXPECT_TOLD(w, "magic. 1 hello alice. ");
    put_welcome(&w->out, 1);
    EXPECT_TOLD(w, "2 join #ops after 10. 3 post b. 4 post c. ");
    put_posted(&w->out, 3, 12);
    put_posted(&w->out, 4, 13);
    EXPECT_HEARD(w, "connected. posted 2 as 12. posted 3 as 13. ");
    assert_int_equal(link_pending(w->l), 0);
}

static void
a_room_is_taken_up_where_it_stopped(void **state)
{
    struct world *w = *state;

    start_in_ops(w);
    put_message(&w->out, 7, 11, "eleven");
    put_message(&w->out, 7, 13, "thirteen");
    EXPECT_HEARD(w, "11 eleven. lost: a message was missing. ");
    forget(w);

    EXPECT_TOLD(w, "end. magic. 1 hello alice. ");
    put_welcome(&w->out, 1);
    EXPECT_TOLD(w, "2 join #ops after 11. ");
    put_joined(&w->out, 2, 7, "#ops", 13);
    put_message(&w->out, 7, 12, "twelve");
    put_message(&w->out, 7, 13, "thirteen");
    EXPECT_HEARD(w, "joined #ops. 12 twelve. 13 thirteen. ");
}

static void
another_history_is_told(void **state)
{
    struct world *w = *state;

    start_in_ops(w);
    hang_up(w);
    EXPECT_TOLD(w, "hello");
    put_welcome(&w->out, 2);
    EXPECT_HEARD(w, "connected: the server's history was replaced. ");
    EXPECT_TOLD(w, "2 join #ops. ");
}

static void
a_server_that_falls_silent_is_asked_and_then_given_up(void **state)
{
    struct world *w = *state;

    start(w);
    EXPECT_TOLD(w, "hello");
    put_magic(&w->out);
    PUT(&w->out, 1, WELCOME, Welcome, welcome, .version = 1, .server = "s",
        .name = "alice", .heartbeat_ms = 60, .dead_ms = 200);
    EXPECT_TOLD(w, "0 body 30. ");
    EXPECT_HEARD(w, "lost: nothing was heard for 1 seconds. ");
}

static void
a_server_that_answers_pings_is_alive(void **state)
{
    struct world *w = *state;
    int64_t end_ms;

    start(w);
    EXPECT_TOLD(w, "hello");
    put_magic(&w->out);
    PUT(&w->out, 1, WELCOME, Welcome, welcome, .version = 1, .server = "s",
        .name = "alice", .heartbeat_ms = 50, .dead_ms = 150);
    end_ms = clock_mono_ms() + 500;
    while (clock_mono_ms() < end_ms) {
        if (told(w, "body 30")) {
            buf_clear(&w->said);
            PUT(&w->out, 0, PONG, Pong, pong, .token = 0);
        }
        serve(w);
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(link_state(w->l), LINK_CONNECTED);
}

static void
a_refused_name_ends_the_link(void **state)
{
    struct world *w = *state;

    w->o.first_attempts = 0;
    start(w);
    EXPECT_TOLD(w, "hello");
    put_magic(&w->out);
    put_error(&w->out, 1, CODE(NAME_TAKEN), "taken");
    EXPECT_HEARD(w, "failed: taken. ");
    assert_int_equal(w->accepted, 1);
}

static void
a_farewell_without_return_ends_the_link(void **state)
{
    struct world *w = *state;

    start_in_ops(w);
    PUT(&w->out, 0, CLOSING, Closing, closing, .code = CODE(FORBIDDEN),
        .text = "kicked");
    EXPECT_HEARD(w, "failed: kicked. ");
    assert_null(w->l);
}

static void
a_full_disk_is_waited_for(void **state)
{
    struct world *w = *state;

    start_in_ops(w);
    post(w, "a", 1);
    post(w, "b", 2);
    EXPECT_TOLD(w, "3 post a. 4 post b. ");
    put_error(&w->out, 3, CODE(STORAGE_FULL), "full");
    put_error(&w->out, 4, CODE(STORAGE_FULL), "full");
    EXPECT_TOLD(w, "5 post a. ");
    put_posted(&w->out, 5, 11);
    EXPECT_TOLD(w, "6 post b. ");
    put_posted(&w->out, 6, 12);
    EXPECT_HEARD(w, "posted 1 as 11. posted 2 as 12. ");
}

/* The server acknowledges what it is told, and hangs up now and then. */
static void
acknowledge(struct world *w, uint64_t *stored)
{
    struct frame f;
    size_t used, at = 0;
    Envelope *e;

    if (w->in.n > 0 && w->in.p[0] == FRAME_MAGIC[0]) {
        put_welcome(&w->out, 1);
        at = FRAME_MAGIC_BYTES;
    }
    for (; at < w->in.n &&
           frame_parse((uint8_t *)w->in.p + at, w->in.n - at,
                       LIMIT_FRAME_BYTES, &f, &used) == WIRE_OK; at += used) {
        assert_int_equal(envelope_parse(w->arena, f.p, f.n, &e), WIRE_OK);
        if (e->body_case != ENVELOPE_BODY(POST))
            continue;
        if ((uint64_t)atol(e->post->text) == *stored)
            ++*stored;
        else    /* sent again after a lost acknowledgement, never skipped */
            assert_true((uint64_t)atol(e->post->text) < *stored);
        put_posted(&w->out, e->request, *stored);
    }
    buf_consume(&w->in, at);
}

static void
a_flood_passes_in_order_over_many_lost_connections(void **state)
{
    struct world *w = *state;
    uint64_t stored = 0, hang_up_at = 3000;
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

    w->next_post = 0;
    start(w);
    flood(w->l);
    assert_in_range(w->next_post, 1, FLOOD - 1);
    while (w->posted < FLOOD && clock_mono_ms() < end_ms) {
        serve(w);
        acknowledge(w, &stored);
        if (stored >= hang_up_at) {
            hang_up(w);
            hang_up_at += 3000;
        }
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }

    assert_int_equal(w->posted, FLOOD);
    assert_int_equal(stored, FLOOD);
    assert_int_equal(link_pending(w->l), 0);
    assert_true(w->accepted > 5);
}

static void
closing_says_what_is_left_and_then_bye(void **state)
{
    struct world *w = *state;

    start_in_ops(w);
    post(w, "last", 1);
    link_close(w->l);
    EXPECT_TOLD(w, "3 post last. ");
    assert_false(told(w, "body 22"));
    put_posted(&w->out, 3, 11);
    EXPECT_TOLD(w, "0 body 22. ");
    hang_up(w);
    EXPECT_HEARD(w, "posted 1 as 11. closed. ");
    assert_null(w->l);
}

static void
closing_without_a_connection_is_done_at_once(void **state)
{
    struct world *w = *state;

    start(w);
    link_close(w->l);
    EXPECT_HEARD(w, "closed. ");
}

static void
a_link_may_be_freed_at_any_time(void **state)
{
    struct world *w = *state;

    for (int turns = 0; turns < 12; turns++) {
        start(w);
        for (int i = 0; i < turns; i++) {
            uv_run(&w->loop, UV_RUN_NOWAIT);
            usleep(200);
        }
        serve(w);
        link_free(&w->l);
        hang_up(w);
    }
}

static void
a_post_that_no_frame_holds_is_not_taken(void **state)
{
    struct world *w = *state;
    char *text = must_alloc(LINK_POST_BYTES + 1);

    memset(text, 'x', LINK_POST_BYTES);
    start(w);
    assert_int_equal(link_post(w->l, "#ops", TEXT, text, 1), -EMSGSIZE);
    text[LINK_POST_BYTES - 4] = '\0';
    assert_int_equal(link_post(w->l, "#ops", TEXT, text, 1), 0);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_connects_says_hello_and_joins),
        TEST(a_name_with_several_addresses_is_tried_in_order),
        TEST(nobody_there_is_a_clear_sentence),
        TEST(attempts_are_counted_and_used_up),
        TEST(a_host_that_cannot_be_is_said_so),
        TEST(something_else_on_the_port_is_said_so),
        TEST(a_silent_server_is_given_up),
        TEST(a_post_whose_acknowledgement_was_lost_is_sent_again_once),
        TEST(a_room_is_taken_up_where_it_stopped),
        TEST(another_history_is_told),
        TEST(a_server_that_falls_silent_is_asked_and_then_given_up),
        TEST(a_server_that_answers_pings_is_alive),
        TEST(a_refused_name_ends_the_link),
        TEST(a_farewell_without_return_ends_the_link),
        TEST(a_full_disk_is_waited_for),
        TEST(a_flood_passes_in_order_over_many_lost_connections),
        TEST(closing_says_what_is_left_and_then_bye),
        TEST(closing_without_a_connection_is_done_at_once),
        TEST(a_link_may_be_freed_at_any_time),
        TEST(a_post_that_no_frame_holds_is_not_taken),
    };

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
