/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/access.h"

static const enum action all[] = {
    ACTION_JOIN, ACTION_READ, ACTION_POST, ACTION_TOPIC, ACTION_SIGNAL,
    ACTION_SEE,
};
enum { ALL = sizeof all / sizeof all[0] };

static const struct access_room channel = {ROOM_CHANNEL, {0, 0}};
static const struct access_room direct = {ROOM_DIRECT, {7, 9}};

static void
whoever_has_a_name_may_do_all_in_a_channel(void **state)
{
    struct access_who who = {1, true};

    (void)state;
    for (size_t i = 0; i < ALL; i++)
        assert_int_equal(access_check(&who, all[i], &channel, NULL), DENY_NONE);
}

static void
a_reader_may_hear_and_see_but_not_speak(void **state)
{
    struct access_who who = {0, false};

    (void)state;
    assert_int_equal(access_check(&who, ACTION_JOIN, &channel, NULL), DENY_NONE);
    assert_int_equal(access_check(&who, ACTION_READ, &channel, NULL), DENY_NONE);
    assert_int_equal(access_check(&who, ACTION_SEE, &channel, NULL), DENY_NONE);
    assert_int_equal(access_check(&who, ACTION_POST, &channel, NULL), DENY_NO_NAME);
    assert_int_equal(access_check(&who, ACTION_TOPIC, &channel, NULL), DENY_NO_NAME);
    assert_int_equal(access_check(&who, ACTION_SIGNAL, &channel, NULL),
                     DENY_NO_NAME);
}

static void
a_direct_room_does_not_exist_for_a_third(void **state)
{
    struct access_who third = {8, true}, nobody = {0, false};
    struct access_room unset = {ROOM_DIRECT, {0, 0}};

    (void)state;
    for (size_t i = 0; i < ALL; i++) {
        assert_int_equal(access_check(&third, all[i], &direct, NULL),
                         DENY_NO_SUCH_ROOM);
        assert_int_equal(access_check(&nobody, all[i], &direct, NULL),
                         DENY_NO_SUCH_ROOM);
        assert_int_equal(access_check(&nobody, all[i], &unset, NULL),
                         DENY_NO_SUCH_ROOM);
    }
}

static void
both_people_of_a_direct_room_may_do_all_in_it(void **state)
{
    struct access_who a = {7, true}, b = {9, true};

    (void)state;
    for (size_t i = 0; i < ALL; i++) {
        assert_int_equal(access_check(&a, all[i], &direct, NULL), DENY_NONE);
        assert_int_equal(access_check(&b, all[i], &direct, NULL), DENY_NONE);
    }
}

static void
a_peer_without_a_name_reads_and_does_not_write(void **state)
{
    struct access_who a = {7, false};

    (void)state;
    assert_int_equal(access_check(&a, ACTION_READ, &direct, NULL), DENY_NONE);
    assert_int_equal(access_check(&a, ACTION_POST, &direct, NULL), DENY_NO_NAME);
}

static void
every_refusal_has_a_word_and_a_sentence(void **state)
{
    (void)state;
    for (enum deny d = DENY_NONE; d <= DENY_STOPPING; d++) {
        const char *text = deny_text(d);

        assert_true(strlen(text) > 0);
        assert_int_not_equal(text[strlen(text) - 1], '.');
        for (const char *p = deny_word(d); *p; p++)
            assert_true((*p >= 'a' && *p <= 'z') || *p == '_');
        for (enum deny other = DENY_NONE; other < d; other++)
            assert_string_not_equal(deny_word(other), deny_word(d));
    }
    assert_string_equal(deny_word(DENY_NAME_TAKEN), "name_taken");
}

static void
a_direct_rooms_key_says_whose_it_is(void **state)
{
    struct access_room room = {ROOM_DIRECT, {1, UINT64_C(0xfedcba9876543210)}};
    struct access_room got = {0};
    char key[ACCESS_KEY_BYTES + 1];

    (void)state;
    access_write_key(&room, key);
    assert_string_equal(key, "@0000000000000001+fedcba9876543210");
    assert_true(access_read_key(ROOM_DIRECT, str_of(key), &got));
    assert_int_equal(got.kind, ROOM_DIRECT);
    assert_true(got.peers[0] == room.peers[0]);
    assert_true(got.peers[1] == room.peers[1]);
    assert_true(access_read_key(ROOM_CHANNEL, str_of("#lobby"), &got));
    assert_int_equal(got.kind, ROOM_CHANNEL);
    assert_int_equal(got.peers[0], 0);
    assert_false(access_read_key(ROOM_DIRECT, str_of("#lobby"), &got));
    assert_false(access_read_key(ROOM_DIRECT, str_of(
        "@0000000000000001-fedcba9876543210"), &got));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_has_a_name_may_do_all_in_a_channel),
        cmocka_unit_test(a_reader_may_hear_and_see_but_not_speak),
        cmocka_unit_test(a_direct_room_does_not_exist_for_a_third),
        cmocka_unit_test(both_people_of_a_direct_room_may_do_all_in_it),
        cmocka_unit_test(a_peer_without_a_name_reads_and_does_not_write),
        cmocka_unit_test(every_refusal_has_a_word_and_a_sentence),
        cmocka_unit_test(a_direct_rooms_key_says_whose_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
