/* SPDX-License-Identifier: MIT
 *
 * When the store refuses what is decided about rooms and rights: at the commit
 * or at any statement before it. What is in memory is then what the store
 * holds, whoever was removed may come back, and nobody was told of anything
 * that is not so. */
#include "hub/fault_test.h"
#include "hub/rights_test.h"

#include <errno.h>

WRAP(store_commit, (struct store *s), (s))
WRAP(store_audit, (struct store *s, int64_t ms, struct str who,
                   struct str what, struct str to, struct str detail),
     (s, ms, who, what, to, detail))
WRAP(store_put_member, (struct store *s, const struct member_row *m), (s, m))
WRAP(store_drop_member, (struct store *s, uint64_t room, uint64_t id),
     (s, room, id))
WRAP(store_put_restriction, (struct store *s, const struct restriction_row *r),
     (s, r))
WRAP(store_set_room, (struct store *s, const struct room_row *r), (s, r))

/* All that can be asked about #cats, by the operator. */
static void
describe(struct play *p, struct buf *b)
{
    static const enum command_kind kinds[] = {
        COMMAND_ROOM, COMMAND_MEMBERS, COMMAND_BANS,
    };

    forget(p);
    for (int i = 0; i < 3; i++)
        act(p, play_command(p, kinds[i], 0, "#cats", NULL, NULL));
    assert_int_equal(buf_append_str(b, buf_str(&p->heard)), 0);
    forget(p);
}

typedef struct command *deed_fn(struct play *p);

static struct command *
remove_bob(struct play *p)
{
    return about_whom(p, COMMAND_REMOVE, 1, "#cats", "bob", NULL);
}

static struct command *
ban_bob(struct play *p)
{
    return banning(p, 1, "#cats", "bob", false, 0);
}

static struct command *
mute_dan(struct play *p)
{
    return banning(p, 1, "#cats", "dan", true, 0);
}

static struct command *
give_to_bob(struct play *p)
{
    return giving(p, 1, "#cats", "bob", ROLE_OWNER);
}

static struct command *
hide(struct play *p)
{
    return setting(p, 1, "#cats", SETTING_PRIVACY, "hidden");
}

static struct command *
rename_it(struct play *p)
{
    return setting(p, 1, "#cats", SETTING_NAME, "#lions");
}

static struct command *
close_it(struct play *p)
{
    return play_command(p, COMMAND_CLOSE_ROOM, 1, "#cats", NULL, NULL);
}

static struct command *
invite_eve(struct play *p)
{
    return about_whom(p, COMMAND_INVITE, 1, "#cats", "eve", NULL);
}

static deed_fn *const deeds[] = {
    remove_bob, ban_bob, mute_dan, give_to_bob, hide, rename_it, close_it,
    invite_eve,
};
enum { DEEDS = sizeof deeds / sizeof deeds[0] };

static const char *const calls[] = {
    "store_commit", "store_audit", "store_put_member", "store_drop_member",
    "store_put_restriction", "store_set_room",
};
enum { CALLS = sizeof calls / sizeof calls[0] };

/* People who lost a room that they may be in, come again. */
static void
come_again(struct play *p)
{
    for (unsigned n = 1; n <= 4; n++)
        join(p, n, "#cats");
}

static void
try(struct play *p, deed_fn *deed, const char *call)
{
    struct buf before, after;

    buf_init(&before, 1 << 16);
    buf_init(&after, 1 << 16);
    come_again(p);
    describe(p, &before);
    fail_at(call, 0, -ENOSPC);
    act(p, deed(p));
    if (fault.call != NULL) {          /* not called: nothing failed */
        fault.call = NULL;
        assert_int_equal(p->commit, 0);
        buf_done(&before);
        return;
    }
    assert_int_equal(p->commit, -ENOSPC);
    assert_int_equal(buf_append(&p->heard, "", 1), 0);
    assert_non_null(strstr(buf_str(&p->heard).p, "denied storage_full"));
    forget(p);
    come_again(p);
    describe(p, &after);
    if (!str_eq(buf_str(&before), buf_str(&after)))
        fail_msg("%s\n%.*s%.*s", call, STR_FMT(buf_str(&before)),
                 STR_FMT(buf_str(&after)));
    buf_done(&before);
    buf_done(&after);
}

static void
what_is_not_kept_has_not_happened(void **state)
{
    for (int d = 0; d < DEEDS; d++) {
        for (int c = 0; c < CALLS; c++) {
            struct play *p = play_new();

            rights_cats(p);
            rights_found(p, 5, "eve");
            try(p, deeds[d], calls[c]);
            play_free(p);
        }
    }
    (void)state;
}

static void
several_deeds_of_one_batch_are_taken_back_together(void **state)
{
    struct play *p = *state;
    struct buf before, after;

    buf_init(&before, 1 << 16);
    buf_init(&after, 1 << 16);
    rights_cats(p);
    rights_found(p, 5, "eve");
    describe(p, &before);
    for (int d = 0; d < DEEDS; d++)
        apply(p, deeds[d](p));
    fail_at("store_commit", 0, -ENOSPC);
    play_commit(p);
    assert_int_equal(p->commit, -ENOSPC);
    come_again(p);
    describe(p, &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_done(&before);
    buf_done(&after);
}

static void
a_group_that_is_not_kept_is_heard_by_nobody(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    fail_at("store_commit", 0, -ENOSPC);
    act(p, play_command(p, COMMAND_GROUP, 1, NULL, "#g1", "bob"));
    expect(p, "w0 s1 denied storage_full #g1\n");
    act(p, play_command(p, COMMAND_ROOM, 0, "#g1", NULL, NULL));
    expect(p, "w0 s0 denied no_such_room #g1\n");
    act(p, leaving(p, 2, NULL, true));
}

static void
who_joins_while_it_is_not_kept_hears_but_does_not_belong(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    rights_enter(p, 5, 5, "eve");
    fail_at("store_commit", 0, -ENOSPC);
    act(p, joining(p, 5, "#cats"));
    forget(p);
    act(p, play_command(p, COMMAND_ROOM, 5, "#cats", NULL, NULL));
    expect(p, "w0 s5 room #cats ann 5\n");
    quietly(p, joining(p, 5, "#cats"));
    act(p, play_command(p, COMMAND_ROOM, 5, "#cats", NULL, NULL));
    expect(p, "w0 s5 room =member #cats ann 5\n");
}

/* #cats is private, and finn, a guest on 6, is outside. */
static void
a_private_room(struct play *p)
{
    rights_cats(p);
    quietly(p, saying(p, 1, "#cats", "hush"));
    quietly(p, setting(p, 1, "#cats", SETTING_PRIVACY, "private"));
    enter(p, 6, "finn");
    forget(p);
}

static void
who_came_by_an_invitation_that_is_not_kept_goes_again(void **state)
{
    struct play *p = *state;

    a_private_room(p);
    apply(p, about_whom(p, COMMAND_INVITE, 1, "#cats", "finn", NULL));
    apply(p, joining(p, 6, "#cats"));
    fail_at("store_commit", 0, -ENOSPC);
    play_commit(p);
    expect(p, "w0 s1 denied storage_full #cats\n"
              "w0 room 2 joined finn 4 -s6\n"
              "w0 room 2 left finn The server's disk is full: not stored, try"
              " again later 3\n"
              "w1 s6 hears 2 after 1/1: subscribed 1 #cats 4\n"
              "w1 room 2 joined finn 4 -s6\n"
              "w1 s6 loses 2: removed storage_full #cats\n"
              "w1 room 2 left finn The server's disk is full: not stored, try"
              " again later 3\n");
    act(p, saying(p, 6, "#cats", "let me in"));
    expect(p, "w1 s6 denied invite_only #cats\n");
}

static void
who_joins_hears_no_name_that_is_not_kept(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    enter(p, 6, "finn");
    forget(p);
    apply(p, setting(p, 1, "#cats", SETTING_NAME, "#lions"));
    apply(p, joining(p, 6, "#lions"));
    fail_at("store_commit", 0, -ENOSPC);
    play_commit(p);
    expect(p, "w0 s1 denied storage_full #cats\n"
              "w0 room 2 joined finn 5 -s6\n"
              "w1 s6 hears 2 after 0/0: subscribed #cats 5\n"
              "w1 room 2 joined finn 5 -s6\n");
}

static void
nobody_waits_for_what_they_have_not_said(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_SLOW, "1h"));
    fail_at("store_commit", 0, -ENOSPC);
    act(p, saying(p, 4, "#cats", "one"));
    act(p, saying(p, 4, "#cats", "one"));
    act(p, saying(p, 4, "#cats", "two"));
    expect(p, "w1 s4 denied storage_full #cats\n"
              "w0 room 2 message 1 dan one\n"
              "w1 room 2 message 1 dan one\n"
              "w1 s4 posted 1\n"
              "w1 s4 denied too_fast #cats wait 3600 s in 3600000 ms\n");
}

static void
no_page_is_read_by_a_right_that_is_not_kept(void **state)
{
    struct play *p = *state;
    struct access_who who = {106, true};
    struct read_job *job;

    a_private_room(p);
    apply(p, setting(p, 1, "#cats", SETTING_PRIVACY, "public"));
    apply(p, play_command(p, COMMAND_HISTORY, 6, "#cats", NULL, NULL));
    fail_at("store_commit", 0, -ENOSPC);
    play_commit(p);
    job = hub_take_jobs(p->hub);
    assert_non_null(job);
    assert_int_equal(access_check(&who, ACTION_READ, &job->access,
                                  &job->grant), DENY_INVITE_ONLY);
    free(job);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_kept_has_not_happened),
        play_test(several_deeds_of_one_batch_are_taken_back_together),
        play_test(a_group_that_is_not_kept_is_heard_by_nobody),
        play_test(who_joins_while_it_is_not_kept_hears_but_does_not_belong),
        play_test(who_came_by_an_invitation_that_is_not_kept_goes_again),
        play_test(who_joins_hears_no_name_that_is_not_kept),
        play_test(nobody_waits_for_what_they_have_not_said),
        play_test(no_page_is_read_by_a_right_that_is_not_kept),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
