/* SPDX-License-Identifier: MIT
 *
 * struct buf, and struct slab and struct err that share its habits. */
#include "base/buf.h"
#include "base/err.h"
#include "base/slab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
expect_held(const struct buf *b, const char *want)
{
    assert_int_equal(b->n, strlen(want));
    if (b->n > 0)
        assert_memory_equal(b->p, want, b->n);
}

static void
appended_bytes_follow_each_other(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(buf_append(&b, "abc", 3), 0);
    assert_int_equal(buf_append_str(&b, str_of("de")), 0);
    assert_int_equal(buf_append(&b, NULL, 0), 0);

    expect_held(&b, "abcde");
    assert_true(str_eq(buf_str(&b), str_of("abcde")));
    buf_done(&b);
}

static void
the_maximum_is_reached_but_never_passed(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 5);
    assert_int_equal(buf_append(&b, "abc", 3), 0);
    assert_int_equal(buf_append(&b, "def", 3), -ENOBUFS);
    expect_held(&b, "abc");
    assert_int_equal(buf_append(&b, "de", 2), 0);
    assert_int_equal(buf_append(&b, "f", 1), -ENOBUFS);
    assert_int_equal(buf_append(&b, "", 0), 0);
    assert_null(buf_reserve(&b, 1));
    assert_null(buf_reserve(&b, SIZE_MAX));

    expect_held(&b, "abcde");
    assert_true(b.cap <= b.max);
    buf_done(&b);
}

static void
a_maximum_of_nothing_holds_nothing(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 0);
    assert_int_equal(buf_append(&b, "", 0), 0);
    assert_int_equal(buf_append(&b, "a", 1), -ENOBUFS);
    assert_int_equal(buf_printf(&b, "%s", ""), 0);
    assert_int_equal(buf_printf(&b, "a"), -ENOBUFS);
    expect_held(&b, "");
    buf_done(&b);
}

static void
many_small_appends_keep_every_byte(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100000);
    for (int i = 0; i < 100000; i++) {
        char c = (char)(i % 251);

        assert_int_equal(buf_append(&b, &c, 1), 0);
    }
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.p[i], (char)(i % 251));
    assert_int_equal(b.cap, 100000);
    buf_done(&b);
}

static void
formatted_text_grows_the_buffer(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 203);
    assert_int_equal(buf_printf(&b, "%s-%d", "a", 1), 0);
    assert_int_equal(buf_printf(&b, "%0200d", 0), 0);
    assert_int_equal(b.n, 203);
    assert_memory_equal(b.p, "a-1000", 6);
    assert_int_equal(buf_printf(&b, "x"), -ENOBUFS);
    assert_int_equal(buf_printf(&b, "%0300d", 0), -ENOBUFS);
    assert_int_equal(b.n, 203);
    buf_done(&b);
}

static void
reserved_room_counts_when_it_is_committed(void **state)
{
    struct buf b;
    char *to;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(buf_append(&b, "a", 1), 0);
    to = buf_reserve(&b, 99);
    assert_non_null(to);
    memcpy(to, "bcd", 3);
    expect_held(&b, "a");
    buf_commit(&b, 2);

    expect_held(&b, "abc");
    buf_done(&b);
}

static void
consumed_bytes_leave_from_the_front(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(buf_append(&b, "abcdef", 6), 0);
    buf_consume(&b, 0);
    expect_held(&b, "abcdef");
    buf_consume(&b, 4);
    expect_held(&b, "ef");
    buf_consume(&b, 2);
    expect_held(&b, "");
    buf_done(&b);
}

static void
a_cleared_or_finished_buffer_is_usable_again(void **state)
{
    struct buf b;
    size_t cap;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(buf_append(&b, "abc", 3), 0);
    cap = b.cap;
    buf_clear(&b);
    assert_int_equal(b.cap, cap);
    expect_held(&b, "");
    buf_done(&b);
    assert_null(b.p);
    assert_int_equal(b.cap, 0);

    assert_int_equal(buf_append(&b, "x", 1), 0);
    expect_held(&b, "x");
    buf_done(&b);
    buf_done(&b);
}

static void
a_slab_lives_until_its_last_reference(void **state)
{
    struct slab *a = slab_copy(str_of("hello"));
    struct slab *b = slab_ref(a);

    (void)state;
    assert_int_equal(a->refs, 2);
    slab_unref(&a);
    assert_null(a);
    assert_int_equal(b->n, 5);
    assert_memory_equal(b->p, "hello", 5);
    slab_unref(&b);
    slab_unref(&b);
}

static void
a_slab_is_formatted_to_its_exact_length(void **state)
{
    struct slab *s = slab_printf("%s=%d", "x", 12);
    struct slab *empty = slab_printf("%s", "");
    struct slab *none = slab_copy(str_of(NULL));

    (void)state;
    assert_int_equal(s->n, 4);
    assert_memory_equal(s->p, "x=12", 4);
    assert_int_equal(empty->n, 0);
    assert_int_equal(none->n, 0);
    slab_unref(&s);
    slab_unref(&empty);
    slab_unref(&none);
}

static void
an_error_is_one_line_with_its_code(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(err_set(&e, ENOENT, "no file \"%s\"", "a\nb"), -ENOENT);
    assert_int_equal(e.code, ENOENT);
    assert_string_equal(e.text, "no file \"a b\"");
    assert_int_equal(err_set(&e, EIO, "%01000d", 0), -EIO);
    assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
    assert_int_equal(err_set(NULL, EINVAL, "x"), -EINVAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appended_bytes_follow_each_other),
        cmocka_unit_test(the_maximum_is_reached_but_never_passed),
        cmocka_unit_test(a_maximum_of_nothing_holds_nothing),
        cmocka_unit_test(many_small_appends_keep_every_byte),
        cmocka_unit_test(formatted_text_grows_the_buffer),
        cmocka_unit_test(reserved_room_counts_when_it_is_committed),
        cmocka_unit_test(consumed_bytes_leave_from_the_front),
        cmocka_unit_test(a_cleared_or_finished_buffer_is_usable_again),
        cmocka_unit_test(a_slab_lives_until_its_last_reference),
        cmocka_unit_test(a_slab_is_formatted_to_its_exact_length),
        cmocka_unit_test(an_error_is_one_line_with_its_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
