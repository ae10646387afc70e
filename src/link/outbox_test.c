/* SPDX-License-Identifier: MIT */
#include "link/outbox.h"

#include "base/rand.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TEXT

static int
setup(void **state)
{
    struct outbox *o = must_alloc(sizeof *o);

    outbox_init(o, 2000, 4 * 1024 * 1024);
    *state = o;
    return 0;
}

static int
teardown(void **state)
{
    struct outbox *o = *state;

    outbox_done(o);
    free(o);
    return 0;
}

static void
add(struct outbox *o, const char *text)
{
    assert_int_equal(outbox_add(o, "#room", TEXT, text, o->serial + 100, 1), 0);
}

/* Sends all that may be sent now: their texts in one string. */
static const char *
send_all(struct outbox *o, uint64_t *request)
{
    static char texts[256];
    struct post *p;

    texts[0] = '\0';
    while ((p = outbox_next(o)) != NULL) {
        strncat(texts, p->text, sizeof texts - strlen(texts) - 1);
        outbox_sent(o, p, ++*request);
    }
    return texts;
}

static void
posts_are_sent_in_order_and_end_by_their_number(void **state)
{
    struct outbox *o = *state;
    uint64_t request = 0;
    struct post *p;

    add(o, "a");
    add(o, "b");
    assert_string_equal(send_all(o, &request), "ab");
    assert_null(outbox_next(o));
    assert_int_equal(o->count, 2);

    p = outbox_find(o, 1);
    assert_string_equal(p->text, "a");
    assert_string_equal(p->target, "#room");
    assert_int_equal(p->tag, 100);
    outbox_end(o, p, true);
    assert_null(outbox_find(o, 1));
    assert_null(outbox_find(o, 7));
    outbox_end(o, outbox_find(o, 2), true);
    assert_int_equal(o->count, 0);
    assert_int_equal(o->bytes, 0);
    assert_int_equal(o->sent_bytes, 0);
}

static void
a_lost_connection_puts_all_back_under_the_same_client_ids(void **state)
{
    struct outbox *o = *state;
    uint8_t id[OUTBOX_CLIENT_ID_BYTES];
    uint64_t request = 0;

    add(o, "a");
    add(o, "b");
    memcpy(id, outbox_next(o)->client_id, sizeof id);
    send_all(o, &request);
    add(o, "c");
    outbox_end(o, outbox_find(o, 2), true);
    outbox_rewind(o);

    assert_memory_equal(outbox_next(o)->client_id, id, sizeof id);
    assert_null(outbox_find(o, 1));
    request = 0;
    assert_string_equal(send_all(o, &request), "ac");
}

static void
the_window_bounds_what_is_on_its_way(void **state)
{
    struct outbox *o = *state;
    uint64_t request = 0;

    for (int i = 0; i < OUTBOX_WINDOW_MESSAGES + 1; i++)
        add(o, "x");
    send_all(o, &request);
    assert_int_equal(request, OUTBOX_WINDOW_MESSAGES);

    outbox_end(o, outbox_find(o, 1), true);
    send_all(o, &request);
    assert_int_equal(request, OUTBOX_WINDOW_MESSAGES + 1);
}

static void
the_window_bounds_bytes_too_but_one_post_always_passes(void **state)
{
    struct outbox *o = *state;
    char *big = must_alloc(OUTBOX_WINDOW_BYTES + 1);
    uint64_t request = 0;

    memset(big, 'x', OUTBOX_WINDOW_BYTES);
    add(o, big);
    add(o, "y");
    send_all(o, &request);
    assert_int_equal(request, 1);
    outbox_end(o, outbox_find(o, 1), true);
    assert_string_equal(send_all(o, &request), "y");
    free(big);
}

static void
a_full_outbox_says_so_and_tells_when_half_of_it_is_free(void **state)
{
    struct outbox *o = *state;
    uint64_t request = 0;

    o->messages_max = 4;
    for (int i = 0; i < 4; i++)
        add(o, "x");
    assert_int_equal(outbox_add(o, "#r", TEXT, "y", 0, 1), -EAGAIN);
    send_all(o, &request);
    outbox_end(o, outbox_find(o, 1), true);
    assert_false(outbox_has_room(o));
    outbox_end(o, outbox_find(o, 2), true);
    assert_true(outbox_has_room(o));

    o->bytes_max = 200;
    assert_int_equal(outbox_add(o, "#r", TEXT, "y", 0, 1), -EAGAIN);
}

static void
a_post_larger_than_the_outbox_fits_into_an_empty_one(void **state)
{
    struct outbox *o = *state;

    o->bytes_max = 16;
    add(o, "longer than sixteen bytes");
    assert_int_equal(outbox_add(o, "#r", TEXT, "y", 0, 1), -EAGAIN);
}

static void
a_kept_post_makes_the_outbox_rest_and_goes_first_alone(void **state)
{
    struct outbox *o = *state;
    uint64_t request = 0;

    for (const char *p = "abcd"; *p; p++)
        add(o, (char[]){*p, '\0'});
    send_all(o, &request);
    add(o, "e");
    outbox_end(o, outbox_find(o, 1), true);
    outbox_keep(o, outbox_find(o, 2));
    outbox_keep(o, outbox_find(o, 3));
    assert_null(outbox_next(o));

    /* What was on its way may still come through; that ends no rest. */
    outbox_end(o, outbox_find(o, 4), true);
    assert_null(outbox_next(o));

    outbox_wake(o);
    assert_string_equal(send_all(o, &request), "b");
    outbox_end(o, outbox_find(o, request), true);
    assert_string_equal(send_all(o, &request), "ce");
}

static void
a_probe_that_is_kept_rests_again(void **state)
{
    struct outbox *o = *state;
    uint64_t request = 0;

    add(o, "a");
    add(o, "b");
    send_all(o, &request);
    outbox_keep(o, outbox_find(o, 1));
    outbox_keep(o, outbox_find(o, 2));
    outbox_wake(o);
    assert_string_equal(send_all(o, &request), "a");
    outbox_keep(o, outbox_find(o, request));
    assert_null(outbox_next(o));

    outbox_rewind(o);
    assert_string_equal(send_all(o, &request), "ab");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(posts_are_sent_in_order_and_end_by_their_number),
        TEST(a_lost_connection_puts_all_back_under_the_same_client_ids),
        TEST(the_window_bounds_what_is_on_its_way),
        TEST(the_window_bounds_bytes_too_but_one_post_always_passes),
        TEST(a_full_outbox_says_so_and_tells_when_half_of_it_is_free),
        TEST(a_post_larger_than_the_outbox_fits_into_an_empty_one),
        TEST(a_kept_post_makes_the_outbox_rest_and_goes_first_alone),
        TEST(a_probe_that_is_kept_rests_again),
    };

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
