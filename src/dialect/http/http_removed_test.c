/* SPDX-License-Identifier: MIT */
#include "base/rand.h"
#include "dialect/http/check_test.h"
#include "dialect/http/http.h"

static void
remove_from(struct play *p, uint64_t room)
{
    struct event *e = event_new(EVENT_REMOVED, str_of("#lobby"),
                                (struct str){NULL, 0}, str_of("no \"noise\""),
                                str_of("carol"));

    e->room = room;
    e->deny = DENY_BANNED;
    fake_conn_answer(p->c, e);
}

static void
a_stream_ends_with_the_removal(void **state)
{
    struct play *p = *state;
    const char *said;

    play_say(p, GET_AS("/r/lobby?follow", "application/x-ndjson"));
    remove_from(p, PLAY_ROOM);
    said = play_say(p, "");
    assert_has(said, "{\"type\":\"removed\",\"text\":\"no \\\"noise\\\"\","
                     "\"room\":\"#lobby\",\"by\":\"carol\","
                     "\"code\":\"banned\"}\n\r\n0\r\n\r\n");
    assert_true(p->c->ended && p->c->clean);
}

static void
a_stream_of_text_ends_with_a_sentence(void **state)
{
    struct play *p = *state;

    play_say(p, GET_AS("/r/lobby?follow", "text/plain"));
    remove_from(p, PLAY_ROOM);
    assert_has(play_say(p, ""),
               "[SERVER]: You were removed from #lobby by carol: "
               "no \"noise\"\n");
    assert_true(p->c->ended);
}

/* Up to the answer that it is theirs to read: no byte of it is on its way. */
static void
ask_file(struct play *p, const struct play_file *f)
{
    struct str none = {NULL, 0};
    char path[256], text[512];
    struct command *cmd;
    struct event *e;

    file_path(f, path);
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: here\r\n\r\n", path);
    assert_status(play_say(p, GET("/r/lobby")), 200);
    fake_conn_input(p->c, text, strlen(text));
    cmd = fake_conn_take(p->c);
    assert_non_null(cmd);
    assert_int_equal(cmd->kind, COMMAND_FETCH);
    e = event_new_file(ANSWER_FILE, none, str_of("bob"), str_of(f->name),
                       &f->facts);
    e->room = PLAY_ROOM;
    e->command = cmd->kind;
    e->request = cmd->request;
    command_free(&cmd);
    fake_conn_answer(p->c, e);
}

static void
a_download_of_that_room_is_reset(void **state)
{
    struct play *p = *state;
    struct play_file *f = play_arrive(p, "a.txt", 10);
    char path[256];

    play_grow(p, f, "hello");
    file_path(f, path);
    assert_has(get(p, path, ""), "hello");
    remove_from(p, PLAY_ROOM + 1);
    assert_false(p->c->ended);
    remove_from(p, PLAY_ROOM);
    assert_true(p->c->was_reset);
}

static void
a_download_that_has_not_begun_is_refused(void **state)
{
    struct play *p = *state;
    struct play_file *f = play_arrive(p, "a.txt", 10);

    play_grow(p, f, "hello");
    ask_file(p, f);
    remove_from(p, PLAY_ROOM);
    assert_status(play_say(p, ""), 403);
    assert_lacks(p->c->sent.p, "hello");
    assert_false(p->c->ended);
}

static void
an_upload_is_refused_and_dropped(void **state)
{
    struct play *p = *state;
    struct command *cmd;
    struct event *e;
    const char *said;

    fake_conn_input(p->c, PUT("", 10, ""), sizeof PUT("", 10, "") - 1);
    for (int i = 0; i < 2; i++) {
        cmd = fake_conn_take(p->c);
        assert_non_null(cmd);
        if (cmd->kind == COMMAND_ENTER)
            e = event_new(ANSWER_WELCOME, cmd->target, cmd->name, cmd->target,
                          cmd->target);
        else
            e = event_new_file(ANSWER_UPLOAD, cmd->target, cmd->target,
                               cmd->name, cmd->file);
        e->room = PLAY_ROOM;
        e->command = cmd->kind;
        e->request = cmd->request;
        command_free(&cmd);
        fake_conn_answer(p->c, e);
    }
    p->pausing = false;
    remove_from(p, PLAY_ROOM + 1);
    assert_int_equal(p->c->sent.n, 0);
    remove_from(p, PLAY_ROOM);
    cmd = fake_conn_take(p->c);
    while (cmd != NULL && cmd->kind != COMMAND_DROP) {
        command_free(&cmd);
        cmd = fake_conn_take(p->c);
    }
    command_free(&cmd);
    assert_true(buf_append(&p->c->sent, "", 1) == 0);
    said = p->c->sent.p;
    assert_status(said, 403);
    assert_has(said, "Connection: close\r\n");
    assert_has(said, "(no \"noise\")");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stream_ends_with_the_removal),
        TEST(a_stream_of_text_ends_with_a_sentence),
        TEST(a_download_of_that_room_is_reset),
        TEST(a_download_that_has_not_begun_is_refused),
        TEST(an_upload_is_refused_and_dropped),
    };

    rand_init();
    return cmocka_run_group_tests_name("http_removed", tests, NULL, NULL);
}
