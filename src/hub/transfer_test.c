/* SPDX-License-Identifier: MIT
 *
 * Files on their way to a message: shared, gone on with, dropped, expired. */
#include "hub/transfer_test.h"

/* ---- SHARE ---- */

static void
a_whole_file_becomes_a_message_in_its_owners_name(void **state)
{
    struct play *p = *state;

    two_people(p);
    say(p, 2, "#lobby", "first");
    upload(p, 1, "#lobby", 7, 100);
    act(p, leaving(p, 1, "bye", true));
    forget(p);
    p->now_ms += 5000;
    share(p, 1, 7, 100);
    expect(p, "w0 s1 posted 2\n"
              "w1 room 1 message 2 {7 100 whole} alice photo.webp\n");
    expect_log(p, 1, "1 bob first\n"
                     "2 alice 0w0000000000000000000000n8 100 "
                     "0700000000000000000000000000000000000000000000000000000"
                     "000000000 photo.webp\n");
    assert_int_equal(row_of(p, 7).facts.state, FILE_WHOLE);
    assert_int_equal(row_of(p, 7).facts.sha256[0], 7);
    assert_int_equal(row_of(p, 7).seq, 2);
    assert_int_equal(row_of(p, 7).created_ms, PLAY_NOON + 5000);
    assert_int_equal(row_of(p, 7).expires_ms, 0);
    assert_int_equal(metrics_sum(p->metrics, METRIC_uploads), 0);
    assert_int_equal(metrics_sum(p->metrics, METRIC_files_total), 1);
    assert_int_equal(metrics_sum(p->metrics, METRIC_file_bytes_total), 100);
}

static void
sharing_again_is_answered_as_the_first_time(void **state)
{
    struct play *p = *state;

    two_people(p);
    upload(p, 1, "#new", 7, 100);
    forget(p);
    apply(p, sharing(p, 1, 7, 100));
    apply(p, sharing(p, 1, 7, 100));
    play_commit(p);
    share(p, 1, 7, 100);
    expect(p, "w0 s1 posted 1\n"
              "w0 s1 posted again 1\n"
              "w0 s1 posted again 1\n");
    play_restart(p);
    share(p, 1, 7, 100);
    expect(p, "w0 s1 posted again 1\n");
    assert_int_equal(metrics_sum(p->metrics, METRIC_files_total), 1);
    assert_int_equal(usage(p, USAGE_TOTAL, 0), 100);
}

static void
only_the_server_itself_shares(void **state)
{
    struct play *p = *state;
    struct command *c;

    two_people(p);
    upload(p, 1, "#new", 7, 100);
    forget(p);
    c = sharing(p, 1, 7, 100);
    c->inside = false;
    act(p, c);
    expect(p, "w0 s1 denied forbidden\n");
    assert_int_equal(row_of(p, 7).facts.state, FILE_ARRIVING);
}

static void
what_nobody_knows_is_not_shared_and_its_body_goes(void **state)
{
    struct play *p = *state;

    two_people(p);
    share(p, 1, 7, 100);
    expect(p, "w0 s1 denied no_such_file\n");
    expect_moves(p, "7 ");
}

static void
a_file_of_a_direct_room_that_everybody_left_is_shared(void **state)
{
    struct play *p = *state;

    two_people(p);
    upload(p, 1, "@bob", 7, 100);
    act(p, leaving(p, 1, "", true));
    act(p, leaving(p, 2, "", true));
    play_restart(p);
    share(p, 0, 7, 100);
    assert_int_equal(row_of(p, 7).seq, 1);
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 1);
}

static void
nobody_posts_a_file_by_hand(void **state)
{
    struct play *p = *state;
    struct command *c;

    two_people(p);
    c = saying(p, 1, "#lobby", "not an attachment");
    c->message_kind = MESSAGE_FILE;
    act(p, c);
    expect(p, "w0 s1 denied bad_request #lobby\n");
}

static void
a_file_that_finishes_during_the_stop_is_shared(void **state)
{
    struct play *p = *state;

    two_people(p);
    upload(p, 1, "#new", 7, 100);
    act(p, play_command(p, COMMAND_STOP, 0, NULL, NULL, NULL));
    forget(p);
    upload(p, 1, "#new", 8, 100);
    share(p, 1, 7, 100);
    expect(p, "w0 s1 posted 1\n");
}

/* ---- RESUME, DROP ---- */

static void
whoever_has_the_ticket_goes_on(void **state)
{
    struct play *p = *state;
    struct command *c;

    two_people(p);
    upload(p, 1, "#new", 7, 100);
    act(p, leaving(p, 1, "", true));
    forget(p);
    c = about(p, COMMAND_RESUME, 2, 7);
    c->file->ticket.b[9] ^= 1;
    act(p, c);
    act(p, about(p, COMMAND_RESUME, 2, 8));
    p->now_ms += 1000;
    act(p, about(p, COMMAND_RESUME, 2, 7));
    expect(p, "w1 s2 denied no_such_file\n"
              "w1 s2 denied no_such_file\n"
              "w1 s2 upload {7 100 t} #new photo.webp 100\n");
    assert_int_equal(row_of(p, 7).expires_ms, PLAY_NOON + 601000);
}

static void
resuming_what_is_whole_says_so(void **state)
{
    struct play *p = *state;
    struct command *c;

    two_people(p);
    upload(p, 1, "#new", 7, 100);
    share(p, 1, 7, 100);
    forget(p);
    act(p, about(p, COMMAND_RESUME, 1, 7));
    c = about(p, COMMAND_RESUME, 1, 7);
    c->file->ticket.b[9] ^= 1;
    act(p, c);
    act(p, about(p, COMMAND_DROP, 1, 7));
    expect(p, "w0 s1 upload 1 {7 100 t whole} #new photo.webp 100\n"
              "w0 s1 denied no_such_file\n"
              "w0 s1 denied no_such_file\n");
}

static void
a_dropped_file_is_gone(void **state)
{
    struct play *p = *state;
    struct command *c;

    two_people(p);
    upload(p, 1, "#new", 7, 100);
    forget(p);
    c = about(p, COMMAND_DROP, 1, 7);
    c->file->ticket.b[0] ^= 1;
    act(p, c);
    act(p, about(p, COMMAND_DROP, 2, 7));
    act(p, about(p, COMMAND_DROP, 2, 7));
    act(p, about(p, COMMAND_RESUME, 1, 7));
    expect(p, "w0 s1 denied no_such_file\n"
              "w1 s2 done\n"
              "w1 s2 denied no_such_file\n"
              "w0 s1 denied no_such_file\n");
    expect_moves(p, "7 ");
    assert_false(is_kept(p, 7));
    assert_int_equal(usage(p, USAGE_TOTAL, 0), 0);
    assert_int_equal(metrics_sum(p->metrics, METRIC_uploads), 0);
}

/* ---- sessions and time ---- */

static void
what_cannot_be_resumed_goes_with_its_session(void **state)
{
    struct play *p = *state;

    two_people(p);
    fleeting(p, 1, 7, 100);
    fleeting(p, 2, 8, 100);
    upload(p, 1, "#lobby", 9, 100);
    act(p, leaving(p, 1, "", true));
    expect_moves(p, "7 ");
    assert_false(is_kept(p, 7));
    assert_true(is_kept(p, 8) && is_kept(p, 9));
    forget(p);
    share(p, 1, 7, 100);
    expect(p, "w0 s1 denied no_such_file\n");
    expect_moves(p, "7 ");
}

static void
what_was_shared_stays_when_its_session_goes(void **state)
{
    struct play *p = *state;

    two_people(p);
    fleeting(p, 1, 7, 100);
    apply(p, sharing(p, 1, 7, 100));
    apply(p, leaving(p, 1, "", true));
    play_commit(p);
    expect_moves(p, "");
    assert_int_equal(row_of(p, 7).facts.state, FILE_WHOLE);
}

static void
an_upload_whose_session_was_replaced_goes_when_its_connection_does(
    void **state)
{
    struct play *p = *state;
    struct command *c;

    two_people(p);
    fleeting(p, 1, 7, 100);
    c = entering(p, 3, "alice");
    c->sender_id = 101;
    act(p, c);
    assert_true(is_kept(p, 7));
    act(p, leaving(p, 1, "", false));
    assert_false(is_kept(p, 7));
    expect_moves(p, "7 ");
}

static void
an_abandoned_upload_expires(void **state)
{
    struct play *p = *state;

    two_people(p);
    upload(p, 1, "#lobby", 7, 100);
    act(p, leaving(p, 1, "", true));
    p->now_ms += 599999;
    hub_tick(p->hub, p->now_ms);
    assert_false(hub_has_written(p->hub));
    assert_int_equal(hub_tick(p->hub, p->now_ms), PLAY_NOON + 600000);
    p->now_ms += 1;
    hub_tick(p->hub, p->now_ms);
    play_commit(p);
    assert_false(is_kept(p, 7));
    expect_moves(p, "7 ");
    assert_int_equal(usage(p, USAGE_TOTAL, 0), 0);
}

static void
an_upload_expires_over_a_restart_too(void **state)
{
    struct play *p = *state;

    two_people(p);
    upload(p, 1, "#lobby", 7, 100);
    play_restart(p);
    assert_int_equal(metrics_sum(p->metrics, METRIC_uploads), 1);
    hub_tick(p->hub, PLAY_NOON + 599999);
    assert_true(is_kept(p, 7));
    hub_tick(p->hub, PLAY_NOON + 600000);
    play_commit(p);
    assert_false(is_kept(p, 7));
}

static void
while_its_session_lives_an_upload_does_not_expire(void **state)
{
    struct play *p = *state;

    two_people(p);
    upload(p, 1, "#lobby", 7, 100);
    for (int i = 0; i < 10; i++) {
        p->now_ms += 299000;
        hub_tick(p->hub, p->now_ms);
        play_commit(p);
    }
    assert_true(is_kept(p, 7));
    act(p, leaving(p, 1, "", true));
    p->now_ms += 290000;
    hub_tick(p->hub, p->now_ms);
    play_commit(p);
    assert_true(is_kept(p, 7));
    p->now_ms += 600000;
    hub_tick(p->hub, p->now_ms);
    play_commit(p);
    assert_false(is_kept(p, 7));
}

/* ---- the start ---- */

static void
after_a_crash_what_could_not_be_resumed_goes(void **state)
{
    struct play *p = *state;

    two_people(p);
    fleeting(p, 1, 7, 100);
    upload(p, 1, "#lobby", 8, 100);
    play_restart(p);
    hub_tick(p->hub, p->now_ms);
    play_commit(p);
    expect_moves(p, "7 ");
    assert_false(is_kept(p, 7));
    assert_true(is_kept(p, 8));
}

static bool
keeps(struct play *p, unsigned n, bool whole, uint64_t bytes)
{
    struct file_id id = play_file_id(n);

    return hub_keeps_file(p->hub, &id, whole, bytes);
}

static void
a_file_is_kept_if_it_is_anybodys(void **state)
{
    struct play *p = *state;

    two_people(p);
    upload(p, 1, "#lobby", 7, 100);
    upload(p, 1, "#lobby", 8, 100);
    share(p, 1, 8, 100);
    play_restart(p);
    assert_true(keeps(p, 7, false, 5));
    assert_true(keeps(p, 7, true, 100));
    assert_true(keeps(p, 8, true, 100));
    assert_false(keeps(p, 8, false, 100));
    assert_false(keeps(p, 9, true, 100));
    assert_false(keeps(p, 9, false, 0));
}

static void
note_unfinished(void *arg, const struct file_id *id, uint64_t size)
{
    play_put(arg, "%u:%llu ", id->b[0], (unsigned long long)size);
}

static void
what_is_complete_is_to_be_finished_by_nobody(void **state)
{
    struct play *p = *state;

    two_people(p);
    upload(p, 1, "#a", 1, 100);
    upload(p, 1, "#a", 2, 100);
    upload(p, 1, "#a", 3, FILE_SIZE_UNKNOWN);
    upload(p, 1, "#a", 4, FILE_SIZE_UNKNOWN);
    fleeting(p, 1, 5, 100);
    play_restart(p);
    keeps(p, 1, false, 99);
    keeps(p, 2, false, 100);
    keeps(p, 3, false, 100);
    keeps(p, 4, true, 77);
    keeps(p, 5, false, 100);
    forget(p);
    hub_unfinished(p->hub, note_unfinished, &p->heard);
    expect(p, "2:100 4:18446744073709551615 5:100 ");
    hub_tick(p->hub, p->now_ms);
    share(p, 0, 5, 100);
    assert_int_equal(row_of(p, 5).facts.state, FILE_WHOLE);
    expect_moves(p, "");
}

/* ---- questions ---- */

static void
a_rooms_files_are_asked_of_the_readers(void **state)
{
    struct play *p = *state;
    struct command *c;
    struct read_job *j;

    enter(p, 1, "");
    forget(p);
    c = play_command(p, COMMAND_FILES, 1, "#lobby", NULL, NULL);
    c->page.mode = PAGE_BEFORE;
    c->page.at = 9;
    c->page.limit = 9999;
    act(p, c);
    j = hub_take_jobs(p->hub);
    assert_int_equal(j->kind, READ_FILES);
    assert_int_equal(j->query.room, 1);
    assert_int_equal(j->query.at, 1);      /* nothing has been said yet */
    assert_int_equal(j->query.limit, LIMIT_FILES_PAGE);
    assert_string_equal(j->room_name, "#lobby");
    assert_null(j->next);
    free(j);
    c = play_command(p, COMMAND_FILES, 1, "#lobby", NULL, NULL);
    c->page.mode = PAGE_AFTER;
    act(p, c);
    act(p, play_command(p, COMMAND_FILES, 1, "#none", NULL, NULL));
    expect(p, "w0 s1 denied bad_request #lobby\n"
              "w0 s1 denied no_such_room #none\n");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        play_test(a_whole_file_becomes_a_message_in_its_owners_name),
        play_test(sharing_again_is_answered_as_the_first_time),
        play_test(only_the_server_itself_shares),
        play_test(what_nobody_knows_is_not_shared_and_its_body_goes),
        play_test(a_file_of_a_direct_room_that_everybody_left_is_shared),
        play_test(nobody_posts_a_file_by_hand),
        play_test(a_file_that_finishes_during_the_stop_is_shared),
        play_test(whoever_has_the_ticket_goes_on),
        play_test(resuming_what_is_whole_says_so),
        play_test(a_dropped_file_is_gone),
        play_test(what_cannot_be_resumed_goes_with_its_session),
        play_test(what_was_shared_stays_when_its_session_goes),
        play_test(
            an_upload_whose_session_was_replaced_goes_when_its_connection_does),
        play_test(an_abandoned_upload_expires),
        play_test(an_upload_expires_over_a_restart_too),
        play_test(while_its_session_lives_an_upload_does_not_expire),
        play_test(after_a_crash_what_could_not_be_resumed_goes),
        play_test(a_file_is_kept_if_it_is_anybodys),
        play_test(what_is_complete_is_to_be_finished_by_nobody),
        play_test(a_rooms_files_are_asked_of_the_readers),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
