/* SPDX-License-Identifier: MIT
 *
 * Accounts, devices and invitations in the writer. */
#include "store/scratch_test.h"

#include <errno.h>

static const struct account_row alice = {
    .id = 1, .name = {"Alice", 5}, .key = {"alice", 5},
    .pwhash = {"$argon2id$x", 11}, .state = ACCOUNT_ACTIVE, .created_ms = 77,
};

static void
put_account(struct store *s, const struct account_row *a)
{
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_account(s, a), 0);
    assert_int_equal(store_commit(s), 0);
}

static struct device_row
device(uint64_t id, uint8_t token)
{
    return (struct device_row){
        .id = id, .account = 1, .name = str_of("laptop"),
        .token_hash = {token, [31] = 9}, .scope = 5, .created_ms = 10,
        .seen_ms = 20, .expires_ms = 30,
    };
}

static void
put_device(struct store *s, const struct device_row *d)
{
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_device(s, d), 0);
    assert_int_equal(store_commit(s), 0);
}

static void
an_account_is_found_by_its_key_and_by_its_number(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    struct account_row bob = alice, got;

    put_account(s, &alice);
    bob.id = 2;
    bob.name = bob.key = str_of("bob");
    bob.pwhash = str_of("");
    bob.invited_by = 1;
    put_account(s, &bob);
    store_close(&s);

    s = scratch_open(t);
    assert_int_equal(store_find_account(s, str_of("alice"), &got), 0);
    assert_int_equal(got.id, 1);
    assert_str_is(got.name, "Alice");
    assert_str_is(got.key, "alice");
    assert_str_is(got.pwhash, "$argon2id$x");
    assert_int_equal(got.state, ACCOUNT_ACTIVE);
    assert_int_equal(got.created_ms, 77);
    assert_int_equal(got.invited_by, 0);
    assert_int_equal(store_find_account_id(s, 2, &got), 0);
    assert_str_is(got.key, "bob");
    assert_str_is(got.pwhash, "");
    assert_int_equal(got.invited_by, 1);
    store_close(&s);
}

static void
a_missing_account_touches_nothing(void **state)
{
    struct store *s = scratch_open(*state);
    struct account_row got = {.id = 99};
    struct device_row d = {.id = 98};
    struct invitation_row i = {.id = 97};
    uint8_t hash[32] = {1};

    assert_int_equal(store_find_account(s, str_of("Alice"), &got), -ENOENT);
    assert_int_equal(store_find_account_id(s, 1, &got), -ENOENT);
    assert_int_equal(store_find_device(s, hash, &d), -ENOENT);
    assert_int_equal(store_find_device_id(s, 1, &d), -ENOENT);
    assert_int_equal(store_find_invitation(s, hash, &i), -ENOENT);
    assert_int_equal(got.id, 99);
    assert_int_equal(d.id, 98);
    assert_int_equal(i.id, 97);
    store_close(&s);
}

static void
a_key_belongs_to_one_account_also_when_it_is_deleted(void **state)
{
    struct store *s = scratch_open(*state);
    struct account_row a = alice, got;

    put_account(s, &a);
    a.state = ACCOUNT_DELETED;
    a.pwhash = str_of("");
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_set_account(s, &a), 0);
    assert_int_equal(store_commit(s), 0);

    a.id = 2;
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_account(s, &a), -EIO);
    store_rollback(s);
    assert_int_equal(store_find_account(s, a.key, &got), 0);
    assert_int_equal(got.id, 1);
    assert_int_equal(got.state, ACCOUNT_DELETED);
    assert_str_is(got.pwhash, "");
    assert_int_equal(got.created_ms, 77);
    store_close(&s);
}

static void
a_device_is_found_by_its_tokens_hash(void **state)
{
    struct store *s = scratch_open(*state);
    struct device_row d = device(1, 4), got;

    scratch_put_room(s, 1, "#a");
    put_account(s, &alice);
    d.room = 1;
    put_device(s, &d);
    assert_int_equal(store_find_device(s, d.token_hash, &got), 0);
    assert_int_equal(got.id, 1);
    assert_int_equal(got.account, 1);
    assert_str_is(got.name, "laptop");
    assert_memory_equal(got.token_hash, d.token_hash, 32);
    assert_int_equal(got.room, 1);
    assert_int_equal(got.scope, 5);
    assert_int_equal(got.created_ms, 10);
    assert_int_equal(got.seen_ms, 20);
    assert_int_equal(got.expires_ms, 30);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_see_device(s, 1, 25), 0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(store_find_device_id(s, 1, &got), 0);
    assert_int_equal(got.seen_ms, 25);
    store_close(&s);
}

static void
note_device(void *arg, const struct device_row *d)
{
    char *text = arg;
    text[strlen(text)] = (char)('0' + d->id);
}

static void
devices_come_newest_first_and_a_dropped_one_is_unknown(void **state)
{
    struct store *s = scratch_open(*state);
    struct account_row bob = alice;
    struct device_row got;
    char text[8] = "";

    put_account(s, &alice);
    bob.id = 2;
    bob.key = str_of("bob");
    put_account(s, &bob);
    for (uint8_t n = 1; n <= 4; n++) {
        struct device_row d = device(n, n);
        d.account = n == 3 ? 2 : 1;
        put_device(s, &d);
    }
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_drop_device(s, 2), 0);
    assert_int_equal(store_drop_device(s, 2), 0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(store_each_device(s, 1, note_device, text), 0);
    assert_string_equal(text, "41");
    assert_int_equal(store_find_device(s, device(2, 2).token_hash, &got),
                     -ENOENT);
    store_close(&s);
}

static void
a_token_is_one_devices_and_a_device_is_an_accounts(void **state)
{
    struct store *s = scratch_open(*state);
    struct device_row d = device(1, 4);

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_device(s, &d), -EIO);
    store_rollback(s);
    put_account(s, &alice);
    put_device(s, &d);
    d.id = 2;
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_device(s, &d), -EIO);
    store_rollback(s);
    assert_int_equal(store_next_device_id(s), 2);
    store_close(&s);
}

static void
an_invitation_is_used_as_often_as_it_says(void **state)
{
    struct store *s = scratch_open(*state);
    struct invitation_row i = {.id = 1, .code_hash = {8}, .uses_left = 2,
                               .created_ms = 5, .expires_ms = 6}, got;

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_invitation(s, &i), 0);
    assert_int_equal(store_use_invitation(s, 1), 0);
    assert_int_equal(store_find_invitation(s, i.code_hash, &got), 0);
    assert_int_equal(got.uses_left, 1);
    assert_int_equal(got.by, 0);
    assert_int_equal(got.created_ms, 5);
    assert_int_equal(got.expires_ms, 6);
    assert_int_equal(store_use_invitation(s, 1), 0);
    assert_int_equal(store_use_invitation(s, 1), -ENOENT);
    assert_int_equal(store_drop_invitation(s, 1), 0);
    assert_int_equal(store_drop_invitation(s, 1), -ENOENT);
    assert_int_equal(store_find_invitation(s, i.code_hash, &got), -ENOENT);
    assert_int_equal(store_commit(s), 0);
    store_close(&s);
}

static void
a_number_is_never_given_again(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    struct device_row d = device(1, 1);
    struct invitation_row i = {.id = 7, .code_hash = {8}, .uses_left = 1};

    put_account(s, &alice);
    put_device(s, &d);
    d = device(2, 2);
    put_device(s, &d);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_invitation(s, &i), 0);
    assert_int_equal(store_drop_invitation(s, 7), 0);
    assert_int_equal(store_drop_device(s, 2), 0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(store_next_device_id(s), 3);
    store_close(&s);

    s = scratch_open(t);
    assert_int_equal(store_next_account_id(s), 2);
    assert_int_equal(store_next_device_id(s), 3);
    assert_int_equal(store_next_invitation_id(s), 8);
    store_close(&s);
}

static void
a_rollback_takes_a_number_back(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);

    assert_int_equal(store_next_account_id(s), 1);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_account(s, &alice), 0);
    assert_int_equal(store_next_account_id(s), 2);
    store_rollback(s);
    assert_int_equal(store_next_account_id(s), 1);
    store_close(&s);

    s = scratch_open(t);
    assert_int_equal(store_next_account_id(s), 1);
    store_close(&s);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(an_account_is_found_by_its_key_and_by_its_number),
        scratch_unit_test(a_missing_account_touches_nothing),
        scratch_unit_test(a_key_belongs_to_one_account_also_when_it_is_deleted),
        scratch_unit_test(a_device_is_found_by_its_tokens_hash),
        scratch_unit_test(
            devices_come_newest_first_and_a_dropped_one_is_unknown),
        scratch_unit_test(a_token_is_one_devices_and_a_device_is_an_accounts),
        scratch_unit_test(an_invitation_is_used_as_often_as_it_says),
        scratch_unit_test(a_number_is_never_given_again),
        scratch_unit_test(a_rollback_takes_a_number_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
