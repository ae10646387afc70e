/* SPDX-License-Identifier: MIT
 *
 * A connection that has one upload and one download, a folder of blobs, and
 * the test as the core and the movers. */
#ifndef DIALECT_FILES_TEST_H
#define DIALECT_FILES_TEST_H

#include "blob/room_test.h"

#include "base/limits.h"
#include "dialect/download.h"
#include "dialect/fake_conn.h"
#include "dialect/upload.h"

enum { UP = 11, DOWN = 12 };     /* their request numbers */

struct play {
    struct room *room;
    struct conn *conn;
    struct upload up;
    struct download down;
    struct file_facts facts;      /* of the last command about a file */
    uint64_t writer;              /* the test's own, of a file it writes */
};

static struct play *the_play;

static void
play_answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    (void)sub;
    if (e->request == UP && the_play->up.state != UPLOAD_NONE)
        upload_answer(c, &the_play->up, e);
    if (e->request == DOWN && the_play->down.state != DOWNLOAD_NONE)
        download_answer(c, &the_play->down, e);
}

static void
play_drain(struct conn *c)
{
    download_pump(c, &the_play->down);
}

static size_t
play_input(struct conn *c, const uint8_t *p, size_t n)
{
    (void)c, (void)p;
    return n;
}

static const struct dialect play_dialect = {
    .name = "play", .state_bytes = 1, .input = play_input,
    .answer = play_answer, .drain = play_drain,
};

static int
play_setup(void **state)
{
    static const struct dialect_config config = {.server_name = "loquat"};
    struct play *p = must_alloc(sizeof *p);

    room_setup((void **)&p->room);
    p->conn = fake_conn_new(&play_dialect, &config);
    the_play = p;
    *state = p;
    return 0;
}

static int
play_teardown(void **state)
{
    struct play *p = *state;

    upload_close(p->conn, &p->up);
    download_close(p->conn, &p->down);
    fake_conn_free(&p->conn);
    room_teardown((void **)&p->room);
    free(p);
    return 0;
}

#define play_unit_test(f) \
    cmocka_unit_test_setup_teardown(f, play_setup, play_teardown)

/* --- The core ------------------------------------------------------------- */

/* The next command is of this kind; keeps its facts. */
static inline void
expect_command(struct play *p, enum command_kind kind)
{
    struct command *cmd = fake_conn_take(p->conn);

    assert_non_null(cmd);
    assert_int_equal(cmd->kind, kind);
    p->facts = *cmd->file;
    command_free(&cmd);
}

static inline void
expect_no_command(struct play *p)
{
    assert_null(fake_conn_take(p->conn));
}

static inline struct event *
answer_new(enum event_kind kind, enum command_kind command, uint64_t request)
{
    struct str none = {0};
    struct event *e = event_new(kind, none, none, none, none);

    e->command = command;
    e->request = request;
    return e;
}

static inline void
deny(struct play *p, enum command_kind command, uint64_t request,
     enum deny why)
{
    struct event *e = answer_new(ANSWER_DENIED, command, request);

    e->deny = why;
    fake_conn_answer(p->conn, e);
}

/* --- The movers ------------------------------------------------------------ */

/* The next job is of this kind; does it. Returns its SHARE, owned, or NULL. */
static inline struct command *
do_move(struct play *p, enum move what)
{
    struct command *share = NULL;

    assert_non_null(p->conn->jobs);
    assert_int_equal(p->conn->jobs->what, what);
    assert_true(fake_conn_move(p->conn, p->room->blobs, &share));
    return share;
}

static inline void
expect_no_move(struct play *p)
{
    assert_null(p->conn->jobs);
}

#endif
