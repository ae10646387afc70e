/* SPDX-License-Identifier: MIT
 *
 * Files asked for: who may, what is reserved, what the quotas say. */
#include "hub/transfer_test.h"

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
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
