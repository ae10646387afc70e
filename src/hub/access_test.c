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
    assert_int_equal(access_check(&who, ACTION_JOIN, &channel, NULL),
                     DENY_NONE);
    assert_int_equal(access_check(&who, ACTION_READ, &channel, NULL),
                     DENY_NONE);
    assert_int_equal(access_check(&who, ACTION_SEE, &channel, NULL), DENY_NONE);
    assert_int_equal(access_check(&who, ACTION_POST, &channel, NULL),
                     DENY_NO_NAME);
    assert_int_equal(access_check(&who, ACTION_TOPIC, &channel, NULL),
                     DENY_NO_NAME);
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
    assert_int_equal(access_check(&a, ACTION_POST, &direct, NULL),
                     DENY_NO_NAME);
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

/* ---- docs/access.md, in C ---- */

/* Who comes, in the order of the table's columns. */
static const struct column {
    bool named;
    struct access_grant grant;
} columns[] = {
    {false, {0}},                              /* outsider, without a name */
    {true, {0}},                               /* guest */
    {true, {.invited = true}},
    {true, {.role = ROLE_MEMBER, .muted = true}},
    {true, {.role = ROLE_MEMBER}},
    {true, {.role = ROLE_MODERATOR}},
    {true, {.role = ROLE_OWNER}},
    {true, {.banned = true}},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* y: may; n: no name; f: forbidden; m: muted; b: banned; i: invite only; -: no
 * such room. */
static const char letters[][2] = {
    {'y', DENY_NONE}, {'n', DENY_NO_NAME}, {'f', DENY_FORBIDDEN},
    {'m', DENY_MUTED}, {'b', DENY_BANNED}, {'i', DENY_INVITE_ONLY},
    {'-', DENY_NO_SUCH_ROOM},
};

static const char *const table[3][ACTIONS_N] = {
    [ROOM_PUBLIC] = {
        [ACTION_SEE]      = "yyyyyyyb",
        [ACTION_JOIN]     = "yyyyyyyb",
        [ACTION_READ]     = "yyyyyyyb",
        [ACTION_POST]     = "nyymyyyb",
        [ACTION_SHARE]    = "nyymyyyb",
        [ACTION_SIGNAL]   = "nyymyyyb",
        [ACTION_TOPIC]    = "nffmfyyb",
        [ACTION_INVITE]   = "nffmfyyb",
        [ACTION_MODERATE] = "nffffyyb",
        [ACTION_GOVERN]   = "nfffffyb",
    },
    [ROOM_PRIVATE] = {
        [ACTION_SEE]      = "iiyyyyyb",
        [ACTION_JOIN]     = "iiyyyyyb",
        [ACTION_READ]     = "iiyyyyyb",
        [ACTION_POST]     = "iiymyyyb",
        [ACTION_SHARE]    = "iiymyyyb",
        [ACTION_SIGNAL]   = "iiymyyyb",
        [ACTION_TOPIC]    = "iifmfyyb",
        [ACTION_INVITE]   = "iifmfyyb",
        [ACTION_MODERATE] = "iifffyyb",
        [ACTION_GOVERN]   = "iiffffyb",
    },
    [ROOM_HIDDEN] = {
        [ACTION_SEE]      = "--yyyyy-",
        [ACTION_JOIN]     = "--yyyyy-",
        [ACTION_READ]     = "--yyyyy-",
        [ACTION_POST]     = "--ymyyy-",
        [ACTION_SHARE]    = "--ymyyy-",
        [ACTION_SIGNAL]   = "--ymyyy-",
        [ACTION_TOPIC]    = "--fmfyy-",
        [ACTION_INVITE]   = "--fmfyy-",
        [ACTION_MODERATE] = "--fffyy-",
        [ACTION_GOVERN]   = "--ffffy-",
    },
};

static char
letter_of(enum deny d)
{
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (letters[i][1] == (char)d)
            return letters[i][0];
    }
    return '?';
}

static enum deny
ask(const struct column *c, enum action action, enum room_privacy privacy,
    bool owned)
{
    struct access_who who = {c->named ? 5 : 0, c->named};
    struct access_room room = {.kind = ROOM_CHANNEL, .privacy = privacy,
                               .owned = owned};

    return access_check(&who, action, &room, &c->grant);
}

static void
every_cell_of_an_owned_rooms_table_is_as_written(void **state)
{
    (void)state;
    for (enum room_privacy p = ROOM_PUBLIC; p <= ROOM_HIDDEN; p++) {
        for (enum action a = ACTION_SEE; a < ACTIONS_N; a++) {
            for (int c = 0; c < COLUMNS; c++) {
                char got = letter_of(ask(&columns[c], a, p, true));

                if (got != table[p][a][c])
                    fail_msg("privacy %d action %d column %d: %c", (int)p,
                             (int)a, c, got);
            }
        }
    }
}

/* Only what needs no rule changes: the topic, and asking people in. */
static void
without_an_owner_a_room_is_everybodys_but_nobodys_to_rule(void **state)
{
    (void)state;
    for (enum action a = ACTION_SEE; a < ACTIONS_N; a++) {
        enum deny guest = ask(&columns[1], a, ROOM_PUBLIC, false);

        assert_int_equal(guest, a >= ACTION_MODERATE ? DENY_FORBIDDEN
                                                     : DENY_NONE);
    }
}

/* A token takes away, whoever its bearer is, and gives nothing. */
static void
a_token_lets_nobody_do_more_than_its_scope(void **state)
{
    static const uint8_t scope[ACTIONS_N] = {
        [ACTION_SEE] = SCOPE_READ, [ACTION_JOIN] = SCOPE_READ,
        [ACTION_READ] = SCOPE_READ, [ACTION_POST] = SCOPE_POST,
        [ACTION_SHARE] = SCOPE_FILES, [ACTION_SIGNAL] = SCOPE_POST,
        [ACTION_TOPIC] = SCOPE_MANAGE, [ACTION_INVITE] = SCOPE_MANAGE,
        [ACTION_MODERATE] = SCOPE_MANAGE, [ACTION_GOVERN] = SCOPE_MANAGE,
    };
    static const struct access_room owned = {.kind = ROOM_CHANNEL,
                                             .owned = true};
    static const struct access_grant owner = {.role = ROLE_OWNER};

    (void)state;
    for (unsigned lacks = 0; lacks <= SCOPE_ALL; lacks++) {
        for (enum action a = ACTION_SEE; a < ACTIONS_N; a++) {
            struct access_who who = {5, true, lacks & SCOPE_ALL};
            enum deny d = access_check(&who, a, &owned, &owner);

            assert_int_equal(d, lacks & scope[a] ? DENY_FORBIDDEN
                                                 : DENY_NONE);
        }
    }
}

static void
a_token_for_another_room_does_nothing_here(void **state)
{
    static const struct access_grant elsewhere = {.role = ROLE_OWNER,
                                                  .elsewhere = true};
    struct access_who who = {7, true};

    (void)state;
    for (enum action a = ACTION_SEE; a < ACTIONS_N; a++) {
        assert_int_equal(access_check(&who, a, &channel, &elsewhere),
                         DENY_FORBIDDEN);
        assert_int_equal(access_check(&who, a, &direct, &elsewhere),
                         DENY_FORBIDDEN);
    }
}

static void
everybody_acts_only_on_those_below(void **state)
{
    (void)state;
    for (enum room_role a = ROLE_NONE; a <= ROLE_OWNER; a++) {
        for (enum room_role b = ROLE_NONE; b <= ROLE_OWNER; b++)
            assert_int_equal(access_outranks(a, b),
                             a >= ROLE_MODERATOR && a > b);
    }
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
        cmocka_unit_test(every_cell_of_an_owned_rooms_table_is_as_written),
        cmocka_unit_test(
            without_an_owner_a_room_is_everybodys_but_nobodys_to_rule),
        cmocka_unit_test(a_token_lets_nobody_do_more_than_its_scope),
        cmocka_unit_test(a_token_for_another_room_does_nothing_here),
        cmocka_unit_test(everybody_acts_only_on_those_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
