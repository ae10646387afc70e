/* SPDX-License-Identifier: MIT
 *
 * Files on their way in, from the reservation to the message. */
#include "hub/play_test.h"

#include <errno.h>

#define STEP ((uint64_t)LIMIT_RESERVE_BYTES)

static struct command *
about(struct play *p, enum command_kind kind, uint64_t session, unsigned n)
{
    return play_file_command(p, kind, session, n, 0);
}

static void
upload(struct play *p, uint64_t session, const char *target, unsigned n,
       uint64_t size)
{
    act(p, uploading(p, session, target, n, size));
}

static void
share(struct play *p, uint64_t session, unsigned n, uint64_t size)
{
    act(p, sharing(p, session, n, size));
}

static void
fleeting(struct play *p, uint64_t session, unsigned n, uint64_t size)
{
    struct command *c = uploading(p, session, "#lobby", n, size);

    c->file->resumable = false;
    act(p, c);
}

static uint64_t
usage(struct play *p, enum usage_scope scope, uint64_t id)
{
    uint64_t bytes = 0;

    assert_int_equal(store_usage(p->store, scope, id, &bytes), 0);
    return bytes;
}

static struct file_row
row_of(struct play *p, unsigned n)
{
    struct file_id id = play_file_id(n);
    struct file_row row = {.room = 0};
    int rc = store_find_file(p->store, &id, &row);

    assert_true(rc == 0 || rc == -ENOENT);
    return row;
}

static bool
is_kept(struct play *p, unsigned n)
{
    return row_of(p, n).room != 0;
}

static void
two_people(struct play *p)
{
    settle(p, 1, "alice");
    settle(p, 2, "bob");
    forget(p);
}

/* ---- UPLOAD ---- */

static void
an_upload_is_reserved_told_to_the_others_and_answered(void **state)
{
    struct play *p = *state;
    struct file_row row;

    two_people(p);
    upload(p, 1, "#lobby", 7, 100);
    expect(p, "w0 s1 upload {7 100 t} #lobby photo.webp 100\n"
              "w1 room 1 uploading {7 100} alice photo.webp -s1\n");
    row = row_of(p, 7);
    assert_int_equal(row.facts.state, FILE_ARRIVING);
    assert_int_equal(row.owner_id, 101);
    assert_int_equal(row.room, 1);
    assert_int_equal(row.created_ms, PLAY_NOON);
    assert_int_equal(row.expires_ms, PLAY_NOON + 600000);
    assert_int_equal(usage(p, USAGE_TOTAL, 0), 100);
    assert_int_equal(usage(p, USAGE_OWNER, 101), 100);
    assert_int_equal(usage(p, USAGE_ROOM, 1), 100);
    assert_int_equal(metrics_sum(p->metrics, METRIC_uploads), 1);
}

static void
its_events_say_whose_and_where(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    two_people(p);
    apply(p, uploading(p, 2, "#lobby", 7, 100));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_true(got->durable);
    assert_int_equal(got->event->session, 2);
    assert_int_equal(got->event->sender_id, 102);
    assert_int_equal(got->event->time_ms, PLAY_NOON);
    assert_true(str_eq(got->event->room_name, str_of("#lobby")));
    assert_false(file_id_given(&got->event->file->ticket));
    parcel_free(&got);
    hub_take(p->hub, 1, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->event->kind, ANSWER_UPLOAD);
    assert_int_equal(got->event->command, COMMAND_UPLOAD);
    assert_int_equal(got->event->request, p->request);
    assert_true(got->durable);
    assert_memory_equal(got->event->file->ticket.b, play_ticket(7).b, 16);
    parcel_free(&got);
}

static void
a_file_may_make_its_room(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    forget(p);
    upload(p, 1, "#new", 7, 100);
    expect(p, "w0 s1 upload {7 100 t} #new photo.webp 100\n");
    play_restart(p);
    enter(p, 1, "alice");
    act(p, about(p, COMMAND_RESUME, 1, 7));
    expect(p, "w0 s1 welcome alice\n"
              "w0 s1 upload {7 100 t} #new photo.webp 100\n");
    share(p, 1, 7, 100);
    expect(p, "w0 s1 posted 1\n");
}

static void
a_name_is_made_safe(void **state)
{
    struct play *p = *state;
    struct file_facts f = {.id = play_file_id(1), .ticket = play_ticket(1),
                           .size = 5};
    struct command *c = command_new_file(COMMAND_UPLOAD, str_of("#lobby"),
                                         str_of("../..\\.\x1b[2Jx?.txt"), &f);

    enter(p, 1, "alice");
    forget(p);
    c->session = 1;
    c->now_ms = p->now_ms;
    act(p, c);
    expect(p, "w0 s1 upload {1 5 t} #lobby x_.txt 5\n");
}

static void
who_has_no_name_may_not_upload_and_a_visitor_with_one_may(void **state)
{
    struct play *p = *state;

    enter(p, 1, "");
    upload(p, 1, "#lobby", 1, 5);
    act(p, visiting(p, 3, "guest"));
    upload(p, 3, "#lobby", 2, 5);
    act(p, leaving(p, 3, "", true));
    share(p, 3, 2, 5);
    expect(p, "w0 s1 welcome\n"
              "w0 s1 denied no_name #lobby\n"
              "w0 s3 welcome guest\n"
              "w0 s3 upload {2 5 t} #lobby photo.webp 5\n"
              "w0 s3 posted 1\n");
    assert_true(row_of(p, 2).owner_id == 103);
}

static void
a_refusal_never_has_the_files_raw_name(void **state)
{
    struct play *p = *state;
    struct command *c;

    enter(p, 1, "alice");
    forget(p);
    p->options.file_bytes = 10;
    play_restart(p);
    enter(p, 1, "alice");
    forget(p);
    c = uploading(p, 1, "#lobby", 1, 11);
    act(p, c);
    upload(p, 1, "#bad room", 1, 5);
    expect(p, "w0 s1 denied file_too_large #lobby\n"
              "w0 s1 denied bad_room #bad room has a character that is not"
              " allowed there\n");
}

static void
a_file_is_sent_to_one_person(void **state)
{
    struct play *p = *state;

    two_people(p);
    settle(p, 3, "carol");
    upload(p, 1, "@bob", 7, 100);
    share(p, 1, 7, 100);
    expect(p, "w0 s1 hears 2 after 0/0: subscribed @bob 2\n"
              "w0 s1 upload {7 100 t} @bob photo.webp 100\n"
              "w1 s2 hears 2 after 0/0: subscribed @alice 2\n"
              "w1 room 2 uploading {7 100} alice photo.webp -s1\n"
              "w0 room 2 message 1 {7 100 whole} alice photo.webp\n"
              "w0 s1 posted 1\n"
              "w1 room 2 message 1 {7 100 whole} alice photo.webp\n");
}

static void
an_id_is_used_once(void **state)
{
    struct play *p = *state;

    two_people(p);
    apply(p, uploading(p, 1, "#lobby", 7, 100));
    apply(p, uploading(p, 1, "#lobby", 7, 100));
    play_commit(p);
    share(p, 1, 7, 100);
    forget(p);
    upload(p, 1, "#lobby", 7, 100);
    expect(p, "w0 s1 denied bad_request #lobby\n");
    assert_int_equal(usage(p, USAGE_TOTAL, 0), 100);
}

/* ---- sizes and quotas ---- */

static void
limit(struct play *p, uint64_t file, uint64_t owner, uint64_t room,
      uint64_t total)
{
    p->options.file_bytes = file;
    p->options.file_owner_bytes = owner;
    p->options.file_room_bytes = room;
    p->options.file_total_bytes = total;
    play_restart(p);
    two_people(p);
}

static void
a_file_of_unknown_size_reserves_in_steps(void **state)
{
    struct play *p = *state;

    two_people(p);
    upload(p, 1, "#new", 7, FILE_SIZE_UNKNOWN);
    act(p, play_file_command(p, COMMAND_RESERVE, 1, 7, 2 * STEP));
    act(p, play_file_command(p, COMMAND_RESERVE, 1, 7, STEP));
    expect(p, "w0 s1 upload {7 ? t} #new photo.webp 16777216\n"
              "w0 s1 done 33554432\n"
              "w0 s1 done 33554432\n");
    assert_int_equal(usage(p, USAGE_TOTAL, 0), 2 * STEP);
    share(p, 1, 7, 30);
    expect(p, "w0 s1 posted 1\n");
    assert_int_equal(usage(p, USAGE_TOTAL, 0), 30);
    assert_int_equal(usage(p, USAGE_ROOM, 2), 30);
    assert_int_equal(row_of(p, 7).facts.size, 30);
}

static void
what_is_reserved_is_cut_to_the_largest_file(void **state)
{
    struct play *p = *state;

    limit(p, STEP + 5, 0, 0, 0);
    upload(p, 1, "#new", 7, FILE_SIZE_UNKNOWN);
    act(p, play_file_command(p, COMMAND_RESERVE, 1, 7, 2 * STEP));
    act(p, play_file_command(p, COMMAND_RESERVE, 1, 7, 2 * STEP));
    share(p, 1, 7, STEP + 6);
    expect(p, "w0 s1 upload {7 ? t} #new photo.webp 16777216\n"
              "w0 s1 done 16777221\n"
              "w0 s1 denied file_too_large\n"
              "w0 s1 denied file_too_large\n");
    share(p, 1, 7, STEP + 5);
    expect(p, "w0 s1 posted 1\n");
}

static void
a_declared_size_is_not_reserved_again(void **state)
{
    struct play *p = *state;

    two_people(p);
    upload(p, 1, "#new", 7, 100);
    forget(p);
    act(p, play_file_command(p, COMMAND_RESERVE, 1, 7, 200));
    share(p, 1, 7, 99);
    share(p, 1, 7, 101);
    expect(p, "w0 s1 denied bad_request\n"
              "w0 s1 denied bad_offset\n"
              "w0 s1 denied bad_offset\n");
    assert_int_equal(usage(p, USAGE_TOTAL, 0), 100);
}

static void
no_file_is_larger_than_allowed_or_than_a_number(void **state)
{
    struct play *p = *state;

    limit(p, 100, 0, 0, 0);
    upload(p, 1, "#new", 1, 101);
    upload(p, 1, "#new", 1, UINT64_MAX - 1);
    expect(p, "w0 s1 denied file_too_large #new\n"
              "w0 s1 denied file_too_large #new\n");
    limit(p, 0, 0, 0, 0);
    upload(p, 1, "#new", 1, (uint64_t)INT64_MAX + 1);
    upload(p, 1, "#new", 1, INT64_MAX);
    upload(p, 1, "#new", 2, 1);
    expect(p, "w0 s1 denied file_too_large #new\n"
              "w0 s1 upload {1 9223372036854775807 t} #new photo.webp"
              " 9223372036854775807\n"
              "w0 s1 denied no_quota #new your files take all that yours"
              " may\n");
}

static void
a_person_has_a_quota(void **state)
{
    struct play *p = *state;

    limit(p, 0, 100, 0, 0);
    upload(p, 1, "#a", 1, 60);
    upload(p, 1, "#b", 2, 41);
    upload(p, 1, "#b", 2, 40);
    upload(p, 2, "#b", 3, 100);
    expect(p, "w0 s1 upload {1 60 t} #a photo.webp 60\n"
              "w0 s1 denied no_quota #b your files take all that yours may\n"
              "w0 s1 upload {2 40 t} #b photo.webp 40\n"
              "w1 s2 upload {3 100 t} #b photo.webp 100\n");
}

static void
a_room_has_a_quota(void **state)
{
    struct play *p = *state;

    limit(p, 0, 0, 100, 0);
    upload(p, 1, "#a", 1, 60);
    upload(p, 2, "#a", 2, 41);
    upload(p, 2, "#b", 2, 100);
    expect(p, "w0 s1 upload {1 60 t} #a photo.webp 60\n"
              "w1 s2 denied no_quota #a this room's files take all that they"
              " may\n"
              "w1 s2 upload {2 100 t} #b photo.webp 100\n");
}

static void
the_server_has_a_quota_and_a_drop_gives_back(void **state)
{
    struct play *p = *state;

    limit(p, 0, 0, 0, 100);
    upload(p, 1, "#a", 1, 60);
    upload(p, 2, "#b", 2, 41);
    act(p, about(p, COMMAND_DROP, 1, 1));
    upload(p, 2, "#b", 2, 41);
    expect(p, "w0 s1 upload {1 60 t} #a photo.webp 60\n"
              "w1 s2 denied no_quota #b the server's files take all that they"
              " may\n"
              "w0 s1 done\n"
              "w1 s2 upload {2 41 t} #b photo.webp 41\n");
    expect_moves(p, "1 ");
}

static void
more_than_was_reserved_is_asked_of_the_quota(void **state)
{
    struct play *p = *state;

    limit(p, 0, STEP + 10, 0, 0);
    upload(p, 1, "#a", 1, FILE_SIZE_UNKNOWN);
    forget(p);
    share(p, 1, 1, STEP + 11);
    act(p, play_file_command(p, COMMAND_RESERVE, 1, 1, 2 * STEP));
    act(p, play_file_command(p, COMMAND_RESERVE, 1, 1, 2 * STEP));
    share(p, 1, 1, STEP + 10);
    expect(p, "w0 s1 denied no_quota your files take all that yours may\n"
              "w0 s1 done 16777226\n"
              "w0 s1 denied no_quota your files take all that yours may\n"
              "w0 s1 posted 1\n");
}

static void
a_file_of_unknown_size_gets_what_is_left(void **state)
{
    struct play *p = *state;

    limit(p, 0, 100, 0, 0);
    upload(p, 1, "#a", 1, FILE_SIZE_UNKNOWN);
    upload(p, 1, "#a", 2, FILE_SIZE_UNKNOWN);
    expect(p, "w0 s1 upload {1 ? t} #a photo.webp 100\n"
              "w0 s1 denied no_quota #a your files take all that yours may\n");
}

static void
empty_files_are_counted_too(void **state)
{
    struct play *p = *state;

    two_people(p);
    for (unsigned i = 0; i < LIMIT_UPLOADS_PER_OWNER; i++) {
        struct command *c = uploading(p, 1, "#a", 1, 0);

        c->file->id.b[1] = (uint8_t)(i >> 8);
        c->file->id.b[2] = (uint8_t)i;
        apply(p, c);
    }
    play_commit(p);
    forget(p);
    upload(p, 1, "#a", 2, 0);
    upload(p, 2, "#a", 2, 0);
    expect(p, "w0 s1 denied no_quota #a too many files are arriving\n"
              "w1 s2 upload {2 0 t} #a photo.webp\n");
}

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
files_and_a_file_are_asked_of_the_readers(void **state)
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
    act(p, about(p, COMMAND_FETCH, 1, 7));
    j = hub_take_jobs(p->hub);
    assert_int_equal(j->kind, READ_FILES);
    assert_int_equal(j->query.room, 1);
    assert_int_equal(j->query.at, 9);
    assert_int_equal(j->query.limit, LIMIT_FILES_PAGE);
    assert_string_equal(j->room_name, "#lobby");
    assert_int_equal(j->next->kind, READ_FILE);
    assert_int_equal(j->next->file.b[0], 7);
    assert_int_equal(j->next->request, p->request);
    assert_null(j->next->next);
    free(j->next);
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
        play_test(an_upload_is_reserved_told_to_the_others_and_answered),
        play_test(its_events_say_whose_and_where),
        play_test(a_file_may_make_its_room),
        play_test(a_name_is_made_safe),
        play_test(who_has_no_name_may_not_upload_and_a_visitor_with_one_may),
        play_test(a_refusal_never_has_the_files_raw_name),
        play_test(a_file_is_sent_to_one_person),
        play_test(an_id_is_used_once),
        play_test(a_file_of_unknown_size_reserves_in_steps),
        play_test(what_is_reserved_is_cut_to_the_largest_file),
        play_test(a_declared_size_is_not_reserved_again),
        play_test(no_file_is_larger_than_allowed_or_than_a_number),
        play_test(a_person_has_a_quota),
        play_test(a_room_has_a_quota),
        play_test(the_server_has_a_quota_and_a_drop_gives_back),
        play_test(more_than_was_reserved_is_asked_of_the_quota),
        play_test(a_file_of_unknown_size_gets_what_is_left),
        play_test(empty_files_are_counted_too),
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
        play_test(files_and_a_file_are_asked_of_the_readers),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
