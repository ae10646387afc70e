/* SPDX-License-Identifier: MIT
 *
 * How rooms are kept, who is what in them, and what is written about it. */
#include "store/scratch_test.h"

#include <errno.h>

static void
expect_settings(const struct room_settings *got,
                const struct room_settings *want)
{
    assert_int_equal(got->privacy, want->privacy);
    assert_int_equal(got->from_joining, want->from_joining);
    assert_int_equal(got->closed_ms, want->closed_ms);
    assert_int_equal(got->slow_ms, want->slow_ms);
    assert_int_equal(got->keep_ms, want->keep_ms);
    assert_int_equal(got->keep_n, want->keep_n);
    assert_int_equal(got->first_seq, want->first_seq);
    assert_true(str_eq(got->description, want->description));
}

static const struct room_settings odd = {
    .privacy = ROOM_HIDDEN, .from_joining = true, .slow_ms = 3000,
    .keep_ms = 86400000, .keep_n = 100, .description = {"all about it", 12},
};

static void
set_room(struct store *s, const struct room_row *row)
{
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_set_room(s, row), 0);
    assert_int_equal(store_commit(s), 0);
}

static void
a_room_is_put_with_its_settings(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    struct room_row row = scratch_room(1, "#a"), got;
    int64_t last_ms;

    row.settings = odd;
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_room(s, &row), 0);
    assert_int_equal(store_commit(s), 0);
    store_close(&s);

    s = scratch_open(t);
    assert_int_equal(store_find_room_id(s, 1, &got, &last_ms), 0);
    expect_settings(&got.settings, &odd);
    store_close(&s);
}

static void
note_room(void *arg, const struct room_row *row, int64_t last_ms)
{
    struct room_row *rows = arg;
    (void)last_ms;
    rows[row->id] = *row;
    if (row->id == 1)
        assert_str_is(row->settings.description, "all about it");
}

static void
settings_change_and_are_told_at_the_start(void **state)
{
    struct store *s = scratch_open(*state);
    struct room_row row = scratch_room(1, "#a"), got, rows[4] = {{0}};
    int64_t last_ms;

    scratch_put_room(s, 1, "#a");
    scratch_put_room(s, 2, "#b");
    scratch_fill(s, 1, 1, 3);
    row.name = str_of("#New");
    row.key = str_of("#new");
    row.settings = odd;
    set_room(s, &row);
    assert_int_equal(store_find_room(s, str_of("#a"), &got, &last_ms),
                     -ENOENT);
    assert_int_equal(store_find_room(s, row.key, &got, &last_ms), 0);
    assert_str_is(got.name, "#New");
    assert_int_equal(got.last_seq, 3);
    assert_int_equal(got.created_ms, 1000);
    expect_settings(&got.settings, &odd);
    assert_int_equal(store_each_channel(s, note_room, rows), 0);
    assert_int_equal(rows[1].settings.privacy, ROOM_HIDDEN);
    assert_int_equal(rows[1].settings.keep_n, 100);
    assert_int_equal(rows[2].settings.keep_n, 0);
    store_close(&s);
}

static void
a_closed_room_is_not_told_and_its_name_is_free(void **state)
{
    struct store *s = scratch_open(*state);
    struct room_row row = scratch_room(1, "#a"), got, rows[4] = {{0}};
    int64_t last_ms;

    scratch_put_room(s, 1, "#a");
    scratch_fill(s, 1, 1, 3);
    row.key = str_of("closed 1");
    row.settings = odd;
    row.settings.closed_ms = 1234567890123;
    set_room(s, &row);
    scratch_put_room(s, 2, "#a");

    assert_int_equal(store_each_channel(s, note_room, rows), 0);
    assert_int_equal(rows[1].id, 0);
    assert_int_equal(rows[2].id, 2);
    assert_int_equal(store_find_room(s, str_of("#a"), &got, &last_ms), 0);
    assert_int_equal(got.id, 2);
    assert_int_equal(got.last_seq, 0);
    assert_int_equal(store_find_room_id(s, 1, &got, &last_ms), 0);
    assert_int_equal(got.settings.closed_ms, 1234567890123);
    assert_str_is(got.name, "#a");
    store_close(&s);
}

/* ---- members ------------------------------------------------------------ */

static void
note_member(void *arg, const struct member_row *m)
{
    char *end = (char *)arg + strlen(arg);
    snprintf(end, 64, "%d:%d=%d/%d/%d ", (int)m->room, (int)m->sender_id,
             m->role, (int)m->from_seq, (int)m->read_seq);
}

static void
expect_members(struct store *s, const char *want)
{
    char text[512] = "";
    assert_int_equal(store_each_member(s, note_member, text), 0);
    assert_string_equal(text, want);
}

static void
members_stay_until_they_are_dropped(void **state)
{
    static const struct member_row rows[] = {
        {2, 71, ROLE_OWNER, 0, 4}, {1, 72, ROLE_MEMBER, 5, 6},
        {1, 71, ROLE_MODERATOR, 0, 0}, {1, 73, ROLE_NONE, 0, 0},
        {1, 72, ROLE_OWNER, 5, 9},
    };
    struct scratch *t = *state;
    struct store *s = scratch_open(t);

    scratch_put_room(s, 1, "#a");
    scratch_put_room(s, 2, "#b");
    assert_int_equal(store_begin(s), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(store_put_member(s, &rows[i]), 0);
    assert_int_equal(store_commit(s), 0);
    store_close(&s);

    s = scratch_open(t);
    expect_members(s, "1:71=2/0/0 1:72=3/5/9 1:73=0/0/0 2:71=3/0/4 ");
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_drop_member(s, 1, 73), 0);
    assert_int_equal(store_drop_member(s, 1, 73), 0);
    assert_int_equal(store_drop_memberships(s, 71), 0);
    assert_int_equal(store_commit(s), 0);
    expect_members(s, "1:72=3/5/9 ");
    store_close(&s);
}

static void
what_was_read_only_rises(void **state)
{
    struct member_row row = {1, 71, ROLE_MEMBER, 0, 4};
    struct store *s = scratch_open(*state);

    scratch_put_room(s, 1, "#a");
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_member(s, &row), 0);
    assert_int_equal(store_set_read(s, 1, 71, 9), 0);
    assert_int_equal(store_set_read(s, 1, 71, 8), 0);
    assert_int_equal(store_set_read(s, 1, 72, 8), 0);
    row.role = ROLE_MODERATOR;
    row.read_seq = 0;
    assert_int_equal(store_put_member(s, &row), 0);
    assert_int_equal(store_commit(s), 0);
    expect_members(s, "1:71=2/0/9 ");
    store_close(&s);
}

static void
note_direct(void *arg, const struct direct_row *d)
{
    char *end = (char *)arg + strlen(arg);
    snprintf(end, 64, "%d=%d/%d@%d ", (int)d->room, (int)d->last_seq,
             (int)d->read_seq, (int)d->last_ms);
}

static void
say_at(struct store *s, uint64_t room, uint64_t seq, uint64_t by, int64_t ms)
{
    struct message m = {
        .room = room, .seq = seq, .time_ms = ms, .sender_id = by,
        .sender = str_of("x"), .kind = MESSAGE_TEXT, .body = str_of("y"),
    };
    assert_int_equal(store_put_message(s, &m), 0);
}

static void
put_direct(struct store *s, uint64_t id, const char *key)
{
    struct room_row row = {.id = id, .kind = ROOM_DIRECT,
                           .name = str_of("a b"), .key = str_of(key)};
    struct member_row m = {id, 71, ROLE_MEMBER, 0, 0};
    assert_int_equal(store_put_room(s, &row), 0);
    assert_int_equal(store_put_member(s, &m), 0);
}

static void
direct_rooms_in_which_something_was_said_are_told(void **state)
{
    struct member_row in_a = {1, 71, ROLE_MEMBER, 0, 0};
    struct store *s = scratch_open(*state);
    char text[512] = "", others[512] = "";
    uint32_t n = 9;

    scratch_put_room(s, 1, "#a");
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_member(s, &in_a), 0);
    put_direct(s, 2, "@1");
    put_direct(s, 3, "@2");
    put_direct(s, 4, "@3");
    say_at(s, 1, 1, 72, 1000);
    say_at(s, 2, 1, 72, 10);
    say_at(s, 3, 1, 72, 20);
    say_at(s, 3, 2, 71, 30);
    say_at(s, 3, 3, 72, 40);
    say_at(s, 2, 2, 72, 50);
    assert_int_equal(store_set_read(s, 3, 71, 1), 0);
    assert_int_equal(store_commit(s), 0);

    assert_int_equal(store_each_direct(s, 71, note_direct, text), 0);
    assert_string_equal(text, "2=2/0@50 3=3/1@40 ");
    assert_int_equal(store_each_direct(s, 72, note_direct, others), 0);
    assert_string_equal(others, "");
    assert_int_equal(store_count_unread(s, 2, 0, 71, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(store_count_unread(s, 3, 1, 71, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(store_count_unread(s, 4, 0, 71, &n), 0);
    assert_int_equal(n, 0);
    store_close(&s);
}

static void
a_member_needs_the_room(void **state)
{
    struct store *s = scratch_open(*state);
    struct member_row m = {9, 71, ROLE_MEMBER, 0, 0};

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_member(s, &m), -EIO);
    store_rollback(s);
    store_close(&s);
}

/* ---- restrictions ------------------------------------------------------- */

static void
note_restriction(void *arg, const struct restriction_row *r)
{
    struct restriction_row *rows = arg;
    assert_str_is(r->by, "root");
    assert_str_is(r->reason, "spam");
    assert_str_is(r->subject, "192.0.2.0/24");
    rows[r->id] = *r;
}

static struct restriction_row
restriction(uint64_t id)
{
    return (struct restriction_row){
        .id = id, .kind = RESTRICTION_BAN,
        .address = {[10] = 255, 255, 192, 0, 2, 0}, .prefix = 120,
        .subject = str_of("192.0.2.0/24"), .reason = str_of("spam"),
        .by = str_of("root"), .created_ms = 4, .expires_ms = 9,
    };
}

static void
restrictions_are_told_as_they_were_put(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    struct restriction_row ban = restriction(1), mute = restriction(2);
    struct restriction_row got[4] = {{0}};

    scratch_put_room(s, 1, "#a");
    mute.kind = RESTRICTION_MUTE;
    mute.room = 1;
    mute.sender_id = 71;
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_restriction(s, &ban), 0);
    assert_int_equal(store_put_restriction(s, &mute), 0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(store_each_restriction(s, note_restriction, got), 0);
    assert_int_equal(got[1].room, 0);
    assert_int_equal(got[1].prefix, 120);
    assert_memory_equal(got[1].address, ban.address, 16);
    assert_int_equal(got[1].created_ms, 4);
    assert_int_equal(got[1].expires_ms, 9);
    assert_int_equal(got[2].kind, RESTRICTION_MUTE);
    assert_int_equal(got[2].room, 1);
    assert_int_equal(got[2].sender_id, 71);

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_drop_restriction(s, 2), 0);
    assert_int_equal(store_commit(s), 0);
    store_close(&s);
    s = scratch_open(t);
    assert_int_equal(store_next_restriction_id(s), 3);
    got[2].id = 0;
    assert_int_equal(store_each_restriction(s, note_restriction, got), 0);
    assert_int_equal(got[2].id, 0);
    store_close(&s);
}

static void
an_audit_goes_with_the_deed(void **state)
{
    struct store *s = scratch_open(*state);

    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_audit(s, 5, str_of("(operator)"),
                                     str_of("room.close"), str_of("#a"),
                                     (struct str){0}), 0);
        if (i == 0)
            store_rollback(s);
        else
            assert_int_equal(store_commit(s), 0);
    }
    assert_int_equal(scratch_number(scratch_newest, "SELECT count(*)"
        " FROM audit WHERE ts = 5 AND actor = '(operator)'"
        " AND action = 'room.close' AND target = '#a' AND detail = ''"), 1);
    store_close(&s);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(a_room_is_put_with_its_settings),
        scratch_unit_test(settings_change_and_are_told_at_the_start),
        scratch_unit_test(a_closed_room_is_not_told_and_its_name_is_free),
        scratch_unit_test(members_stay_until_they_are_dropped),
        scratch_unit_test(what_was_read_only_rises),
        scratch_unit_test(direct_rooms_in_which_something_was_said_are_told),
        scratch_unit_test(a_member_needs_the_room),
        scratch_unit_test(restrictions_are_told_as_they_were_put),
        scratch_unit_test(an_audit_goes_with_the_deed),
    };

    scratch_watch_connections();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
