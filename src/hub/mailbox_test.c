/* SPDX-License-Identifier: MIT
 *
 * Mailboxes: order, and exactly as many wake-ups as are needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/mailbox.h"
#include "base/must.h"
#include <semaphore.h>
#include <stdlib.h>

static void
count_wake(void *arg)
{
    int *wakes = arg;

    (*wakes)++;
}

static struct event *
some_event(void)
{
    struct str none = {0};

    return event_new(EVENT_ANNOUNCEMENT, none, none, str_of("hello"), none);
}

static void
push(struct parcel_list *l, uint64_t session)
{
    parcel_list_push(l, parcel_new(PARCEL_SESSION, session, 0, some_event()));
}

static void
expect_next(struct parcel_list *l, uint64_t session)
{
    struct parcel *p = parcel_list_pop(l);

    assert_non_null(p);
    assert_int_equal(p->session, session);
    assert_null(p->next);
    parcel_free(&p);
    assert_null(p);
}

static void
a_list_gives_back_in_order_and_is_usable_again(void **state)
{
    struct parcel_list l = {0};

    (void)state;
    assert_null(parcel_list_pop(&l));
    push(&l, 1);
    push(&l, 2);
    expect_next(&l, 1);
    push(&l, 3);
    expect_next(&l, 2);
    expect_next(&l, 3);
    assert_null(parcel_list_pop(&l));
    push(&l, 4);
    expect_next(&l, 4);
}

static void
a_parcel_frees_its_event_and_accepts_none(void **state)
{
    struct event *e = some_event();
    struct parcel *p = parcel_new(PARCEL_ROOM, 1, 2, event_ref(e));

    (void)state;
    parcel_free(&p);
    assert_int_equal(atomic_load(&e->refs), 1);
    event_unref(&e);
    p = parcel_new(PARCEL_ROOM, 1, 2, NULL);
    parcel_free(&p);
    parcel_free(&p);
}

static void
the_worker_is_woken_only_when_the_box_was_empty(void **state)
{
    struct parcel_list l = {0}, out = {0};
    struct mailbox m;
    int wakes = 0;

    (void)state;
    mailbox_init(&m, count_wake, &wakes);
    mailbox_post(&m, &l, 1);
    assert_int_equal(wakes, 0);

    push(&l, 1);
    push(&l, 2);
    mailbox_post(&m, &l, 1);
    assert_null(l.head);
    push(&l, 3);
    mailbox_post(&m, &l, 1);
    assert_int_equal(wakes, 1);

    mailbox_take(&m, &out);
    for (uint64_t i = 1; i <= 3; i++)
        expect_next(&out, i);
    assert_null(parcel_list_pop(&out));

    push(&l, 4);
    mailbox_post(&m, &l, 1);
    assert_int_equal(wakes, 2);
    mailbox_done(&m);
}

static void
taking_from_an_empty_box_takes_nothing(void **state)
{
    struct parcel_list out = {0};
    struct mailbox m;
    int wakes = 0;

    (void)state;
    mailbox_init(&m, count_wake, &wakes);
    mailbox_take(&m, &out);
    assert_null(out.head);
    mailbox_done(&m);
}

enum { POSTERS = 3, POSTS = 2000, PER_POST = 3 };

static void
wake_semaphore(void *arg)
{
    sem_post(arg);
}

struct poster {
    pthread_t thread;
    struct mailbox *box;
    uint64_t number;
};

/* A parcel's session is its poster, its room the place in the poster's row. */
static void *
post_many(void *arg)
{
    struct poster *me = arg;
    uint64_t at = 0;

    for (int i = 0; i < POSTS; i++) {
        struct parcel_list l = {0};

        for (int k = 0; k < PER_POST; k++)
            parcel_list_push(&l, parcel_new(PARCEL_SESSION, me->number, at++,
                                            some_event()));
        mailbox_post(me->box, &l, 1);
    }
    return NULL;
}

static void
many_threads_post_and_nothing_is_lost_or_disordered(void **state)
{
    struct poster posters[POSTERS];
    uint64_t next[POSTERS] = {0};
    int left = POSTERS * POSTS * PER_POST;
    struct mailbox m;
    sem_t woken;

    (void)state;
    sem_init(&woken, 0, 0);
    mailbox_init(&m, wake_semaphore, &woken);
    for (unsigned i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){.box = &m, .number = i};
        pthread_create(&posters[i].thread, NULL, post_many, &posters[i]);
    }
    while (left > 0) {
        struct parcel_list out = {0};
        struct parcel *p;

        sem_wait(&woken);
        mailbox_take(&m, &out);
        while ((p = parcel_list_pop(&out)) != NULL) {
            assert_int_equal(p->room, next[p->session]++);
            parcel_free(&p);
            left--;
        }
    }
    for (unsigned i = 0; i < POSTERS; i++)
        pthread_join(posters[i].thread, NULL);
    mailbox_done(&m);
    sem_destroy(&woken);
}

/* Two such parcels are more than a mailbox holds without waiting. */
static void
post_large(struct mailbox *m)
{
    size_t n = MAILBOX_BYTES_MAX / 2;
    char *text = must_alloc(n);
    struct parcel_list l = {0};
    struct str none = {0};

    parcel_list_push(&l, parcel_new(PARCEL_SESSION, 1, 0,
                                    event_new(EVENT_ANNOUNCEMENT, none, none,
                                              (struct str){text, n}, none)));
    mailbox_post(m, &l, 1);
    free(text);
}

struct waiter {
    pthread_t thread;
    struct mailbox *m;
    sem_t begun;
    atomic_bool over;
};

static void *
wait_for_room(void *arg)
{
    struct waiter *w = arg;

    sem_post(&w->begun);
    mailbox_wait(w->m);
    atomic_store(&w->over, true);
    return NULL;
}

static void
start_waiter(struct waiter *w, struct mailbox *m)
{
    w->m = m;
    atomic_init(&w->over, false);
    must(sem_init(&w->begun, 0, 0) == 0);
    must(pthread_create(&w->thread, NULL, wait_for_room, w) == 0);
    sem_wait(&w->begun);
}

static void
join_waiter(struct waiter *w)
{
    pthread_join(w->thread, NULL);
    assert_true(atomic_load(&w->over));
    sem_destroy(&w->begun);
}

static void
who_posts_waits_while_the_box_is_over_full(void **state)
{
    struct mailbox m;
    struct parcel_list out = {0};
    struct waiter w;
    int wakes = 0;

    (void)state;
    mailbox_init(&m, count_wake, &wakes);
    post_large(&m);
    mailbox_wait(&m);                   /* half full: at once */
    post_large(&m);
    start_waiter(&w, &m);
    assert_false(atomic_load(&w.over));
    mailbox_take(&m, &out);
    join_waiter(&w);
    parcel_list_done(&out);
    mailbox_wait(&m);                   /* empty: at once */
    mailbox_done(&m);
}

static void
nobody_waits_for_a_worker_that_is_gone(void **state)
{
    struct mailbox m;
    struct waiter w;
    int wakes = 0;

    (void)state;
    mailbox_init(&m, count_wake, &wakes);
    post_large(&m);
    post_large(&m);
    start_waiter(&w, &m);
    mailbox_close(&m);
    join_waiter(&w);
    mailbox_wait(&m);
    mailbox_done(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_gives_back_in_order_and_is_usable_again),
        cmocka_unit_test(a_parcel_frees_its_event_and_accepts_none),
        cmocka_unit_test(the_worker_is_woken_only_when_the_box_was_empty),
        cmocka_unit_test(taking_from_an_empty_box_takes_nothing),
        cmocka_unit_test(many_threads_post_and_nothing_is_lost_or_disordered),
        cmocka_unit_test(who_posts_waits_while_the_box_is_over_full),
        cmocka_unit_test(nobody_waits_for_a_worker_that_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
