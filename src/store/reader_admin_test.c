/* SPDX-License-Identifier: MIT
 *
 * The operator's lists. */
#include "store/scratch_test.h"

#include "store/reader_admin.h"

struct world {
    struct store *s;
    struct reader *r;
    char text[1024];             /* what the last list said */
};

static void
fill_accounts(struct store *s)
{
    static const char *const names[] = {"zoe", "bob", "alice"};
    for (uint64_t id = 1; id <= 3; id++) {
        struct account_row a = {
            .id = id, .name = str_of(names[id - 1]),
            .key = str_of(names[id - 1]), .pwhash = str_of("secret"),
            .state = ACCOUNT_ACTIVE, .invited_by = id - 1,
        };
        assert_int_equal(store_put_account(s, &a), 0);
    }
    for (uint64_t id = 1; id <= 3; id++) {
        struct device_row d = {.id = id, .account = id % 2 + 1,
                               .name = str_of("phone"),
                               .token_hash = {(uint8_t)id}};
        struct invitation_row i = {.id = id, .code_hash = {(uint8_t)id},
                                   .by = id - 1, .uses_left = 5};
        assert_int_equal(store_put_device(s, &d), 0);
        assert_int_equal(store_put_invitation(s, &i), 0);
    }
}

static void
fill_rooms(struct store *s)
{
    for (uint64_t id = 1; id <= 3; id++) {
        char name[8];
        snprintf(name, sizeof name, "#%d", (int)id);
        struct room_row row = scratch_room(id, name);
        row.settings.closed_ms = id == 2;
        row.settings.description = str_of("what for");
        assert_int_equal(store_put_room(s, &row), 0);
    }
    for (uint64_t id = 1; id <= 4; id++) {
        struct member_row m = {id == 3 ? 2 : 1, 70 + id, ROLE_MEMBER, 0, 0};
        struct restriction_row r = {
            .id = id, .kind = RESTRICTION_BAN, .room = id == 3 ? 0 : 1,
            .sender_id = 7, .subject = str_of("bob"), .reason = str_of("why"),
            .by = str_of("zoe"),
        };
        assert_int_equal(store_put_member(s, &m), 0);
        assert_int_equal(store_put_restriction(s, &r), 0);
        assert_int_equal(store_audit(s, (int64_t)id, str_of("zoe"),
                                     str_of("room.ban"), str_of("bob"),
                                     str_of("#1")), 0);
    }
}

static struct world
open_world(const struct scratch *t)
{
    struct world w = {.s = scratch_open(t)};
    struct err e = {0};
    assert_int_equal(store_begin(w.s), 0);
    fill_accounts(w.s);
    fill_rooms(w.s);
    assert_int_equal(store_commit(w.s), 0);
    scratch_fill(w.s, 3, 1, 2);
    if (reader_open(t->db, &w.r, &e) < 0)
        fail_msg("%s", e.text);
    return w;
}

static void
close_world(struct world *w)
{
    reader_close(&w->r);
    store_close(&w->s);
}

static void
note(struct world *w, uint64_t id)
{
    size_t n = strlen(w->text);
    snprintf(w->text + n, sizeof w->text - n, "%d ", (int)id);
}

static void
expect(struct world *w, int rc, const char *want)
{
    assert_int_equal(rc, 0);
    assert_string_equal(w->text, want);
    w->text[0] = 0;
}

static void
note_account(void *arg, const struct account_row *a)
{
    note(arg, a->id);
    assert_int_equal(a->pwhash.n, 0);
    assert_int_equal(a->state, ACCOUNT_ACTIVE);
    assert_int_equal(a->invited_by, a->id - 1);
    if (a->id == 3)
        assert_str_is(a->name, "alice");
}

static void
note_device(void *arg, const struct device_row *d)
{
    static const uint8_t none[32];
    note(arg, d->id);
    assert_memory_equal(d->token_hash, none, 32);
    assert_str_is(d->name, "phone");
}

static void
note_invitation(void *arg, const struct invitation_row *i)
{
    note(arg, i->id);
    assert_int_equal(i->by, i->id - 1);
    assert_int_equal(i->uses_left, 5);
}

static void
accounts_come_by_name_without_their_secrets(void **state)
{
    struct world w = open_world(*state);
    struct str none = {0};

    expect(&w, reader_accounts(w.r, none, 9, note_account, &w), "3 2 1 ");
    expect(&w, reader_accounts(w.r, none, 2, note_account, &w), "3 2 ");
    expect(&w, reader_accounts(w.r, str_of("bob"), 2, note_account, &w), "1 ");
    expect(&w, reader_account(w.r, 2, note_account, &w), "2 ");
    expect(&w, reader_account(w.r, 9, note_account, &w), "");
    expect(&w, reader_devices(w.r, 2, note_device, &w), "3 1 ");
    expect(&w, reader_devices(w.r, 9, note_device, &w), "");
    expect(&w, reader_invitations(w.r, 0, 2, note_invitation, &w), "3 2 ");
    expect(&w, reader_invitations(w.r, 2, 2, note_invitation, &w), "1 ");
    close_world(&w);
}

static void
note_room(void *arg, const struct room_row *row, int64_t last_ms)
{
    note(arg, row->id);
    assert_int_equal(row->settings.closed_ms, row->id == 2);
    assert_str_is(row->settings.description, "what for");
    assert_int_equal(last_ms, row->id == 3 ? 5002 : 0);
}

static void
note_member(void *arg, const struct member_row *m)
{
    note(arg, m->sender_id);
}

static void
note_restriction(void *arg, const struct restriction_row *r)
{
    note(arg, r->id);
    assert_str_is(r->subject, "bob");
}

static void
rooms_come_with_all_who_are_something_in_them(void **state)
{
    struct world w = open_world(*state);

    expect(&w, reader_rooms(w.r, 0, 9, note_room, &w), "1 2 3 ");
    expect(&w, reader_rooms(w.r, 1, 1, note_room, &w), "2 ");
    expect(&w, reader_members(w.r, 1, 0, 9, note_member, &w), "71 72 74 ");
    expect(&w, reader_members(w.r, 1, 72, 9, note_member, &w), "74 ");
    expect(&w, reader_members(w.r, 3, 0, 9, note_member, &w), "");
    expect(&w, reader_restrictions(w.r, 1, 0, 2, note_restriction, &w),
           "1 2 ");
    expect(&w, reader_restrictions(w.r, 1, 2, 2, note_restriction, &w), "4 ");
    expect(&w, reader_restrictions(w.r, 0, 0, 9, note_restriction, &w), "3 ");
    close_world(&w);
}

static void
note_audit(void *arg, const struct audit_row *a)
{
    note(arg, a->id);
    assert_int_equal(a->time_ms, a->id);
    assert_str_is(a->actor, "zoe");
    assert_str_is(a->action, "room.ban");
    assert_str_is(a->target, "bob");
    assert_str_is(a->detail, "#1");
}

static void
the_audit_comes_newest_first(void **state)
{
    struct world w = open_world(*state);

    expect(&w, reader_audit(w.r, 0, 3, note_audit, &w), "4 3 2 ");
    expect(&w, reader_audit(w.r, 2, 3, note_audit, &w), "1 ");
    close_world(&w);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(accounts_come_by_name_without_their_secrets),
        scratch_unit_test(rooms_come_with_all_who_are_something_in_them),
        scratch_unit_test(the_audit_comes_newest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
