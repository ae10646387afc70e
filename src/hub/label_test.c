/* SPDX-License-Identifier: MIT */
#include "hub/label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void
set(struct label *l, const char *text, const char *key)
{
    struct name n;

    snprintf(n.text, sizeof n.text, "%s", text);
    snprintf(n.key, sizeof n.key, "%s", key);
    label_set(l, &n);
    assert_string_equal(label_name(l), text);
    assert_string_equal(label_key(l), key);
}

static bool
is_near(const struct label *l)
{
    const char *name = label_name(l);

    return name >= l->near && name < l->near + sizeof l->near;
}

static void
a_label_is_empty_at_first(void **state)
{
    struct label l = {.flags = 0};

    (void)state;
    assert_string_equal(label_name(&l), "");
    assert_string_equal(label_key(&l), "");
    label_done(&l);
}

static void
short_names_are_kept_in_place(void **state)
{
    struct label l = {.flags = 0};

    (void)state;
    set(&l, "alice", "alice");
    assert_true(is_near(&l));
    assert_ptr_equal(label_key(&l), label_name(&l));
    set(&l, "Alice", "alice");
    assert_true(is_near(&l));
    set(&l, "fourteen_bytes", "fourteen_bytes");
    assert_true(is_near(&l));
    label_done(&l);
}

static void
long_names_are_kept_elsewhere(void **state)
{
    struct label l = {.flags = 0};

    (void)state;
    set(&l, "fifteen_bytes_x", "fifteen_bytes_x");
    assert_false(is_near(&l));
    set(&l, "Too_long", "too_long");
    assert_false(is_near(&l));
    set(&l, "bob", "bob");
    assert_true(is_near(&l));
    set(&l, "A_name_of_sixty_four_bytes_is_the_longest_that_there_can_be_0001",
        "a_name_of_sixty_four_bytes_is_the_longest_that_there_can_be_0001");
    label_done(&l);
    assert_string_equal(label_name(&l), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_is_empty_at_first),
        cmocka_unit_test(short_names_are_kept_in_place),
        cmocka_unit_test(long_names_are_kept_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
