/* SPDX-License-Identifier: MIT */
#include "link/rooms.h"

#include "base/limits.h"
#include "base/must.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int
setup(void **state)
{
    struct rooms *r = must_alloc(sizeof *r);

    rooms_init(r);
    *state = r;
    return 0;
}

static int
teardown(void **state)
{
    rooms_done(*state);
    free(*state);
    return 0;
}

static void
every_seq_passes_once_and_in_order(void **state)
{
    struct place *p = rooms_add(*state, "#ops", -1);

    assert_true(rooms_joined(*state, p, 7, 10, 0));

    assert_int_equal(place_take(p, 10), PLACE_OLD);
    assert_int_equal(place_take(p, 11), PLACE_NEW);
    assert_int_equal(place_take(p, 11), PLACE_OLD);
    assert_int_equal(place_take(p, 13), PLACE_GAP);
    assert_int_equal(place_take(p, UINT64_MAX), PLACE_GAP);
    assert_int_equal(place_take(p, 12), PLACE_NEW);
    assert_int_equal(place_take(p, 0), PLACE_OLD);
    assert_int_equal(p->cursor, 12);
}

static void
a_cursor_is_kept_over_a_loss_but_not_over_another_history(void **state)
{
    struct rooms *r = *state;
    struct place *p = rooms_add(r, "#ops", 5);

    rooms_joined(r, p, 7, 10, 0);
    assert_int_equal(p->cursor, 5);
    rooms_rewind(r);
    assert_null(rooms_find_number(r, 7));
    assert_int_equal(p->cursor, 5);
    assert_int_equal(p->number, 7);
    rooms_forget(r);
    assert_int_equal(p->cursor, -1);
    assert_int_equal(p->number, 0);
}

static void
a_cursor_from_the_future_comes_back_to_the_present(void **state)
{
    struct place *p = rooms_add(*state, "#ops", 50);

    rooms_joined(*state, p, 7, 10, 0);

    assert_int_equal(place_take(p, 11), PLACE_NEW);
}

static void
what_was_not_kept_is_no_gap(void **state)
{
    struct rooms *r = *state;
    struct place *p = rooms_add(r, "#ops", 3);

    rooms_joined(r, p, 7, 10, 8);
    assert_int_equal(place_take(p, 7), PLACE_OLD);
    assert_int_equal(place_take(p, 8), PLACE_NEW);
    rooms_rewind(r);
    rooms_joined(r, p, 7, 10, 6);
    assert_int_equal(p->cursor, 8);
    rooms_joined(r, p, 7, 10, 0);
    assert_int_equal(p->cursor, 8);
    rooms_joined(r, p, 7, 10, UINT64_MAX);
    assert_int_equal(p->cursor, 10);
}

static void
a_target_is_found_in_any_case(void **state)
{
    struct place *p = rooms_add(*state, "#Ops", -1);

    assert_ptr_equal(rooms_find(*state, "#oPS"), p);
    assert_null(rooms_find(*state, "#op"));
}

static void
one_room_under_two_names_is_one_place(void **state)
{
    struct rooms *r = *state;
    struct place *a = rooms_add(r, "@bob", -1);
    struct place *b = rooms_add(r, "@robert", -1);

    rooms_joined(r, a, 7, 10, 0);
    assert_false(rooms_joined(r, b, 7, 10, 0));

    assert_int_equal(r->count, 1);
    assert_ptr_equal(rooms_find_number(r, 7), a);
}

static void
there_are_only_so_many_places(void **state)
{
    struct rooms *r = *state;
    char target[PLACE_TARGET_MAX + 1];

    for (int i = 0; i < LIMIT_ROOMS_PER_SESSION; i++) {
        snprintf(target, sizeof target, "#room-%d", i);
        assert_non_null(rooms_add(r, target, -1));
    }
    assert_null(rooms_add(r, "#one-more", -1));

    rooms_drop(r, rooms_find(r, "#room-3"));
    memset(target, 'x', PLACE_TARGET_MAX);
    target[PLACE_TARGET_MAX] = '\0';
    assert_null(rooms_add(r, target, -1));
    assert_non_null(rooms_add(r, "#one-more", -1));
}

static void
what_was_being_left_is_not_joined_again(void **state)
{
    struct rooms *r = *state;
    struct place *p = rooms_add(r, "#ops", -1);

    p->parting = true;
    rooms_rewind(r);

    assert_int_equal(r->count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_seq_passes_once_and_in_order),
        TEST(a_cursor_is_kept_over_a_loss_but_not_over_another_history),
        TEST(a_cursor_from_the_future_comes_back_to_the_present),
        TEST(what_was_not_kept_is_no_gap),
        TEST(a_target_is_found_in_any_case),
        TEST(one_room_under_two_names_is_one_place),
        TEST(there_are_only_so_many_places),
        TEST(what_was_being_left_is_not_joined_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
