/* SPDX-License-Identifier: MIT
 *
 * Commands, events and message ids: the values that travel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/must.h"
#include "hub/event.h"
#include <pthread.h>
#include <stdlib.h>

static const struct str none = {0};

#define EPOCH UINT64_C(0x0123456789abcdef)

static void
a_command_keeps_its_own_strings(void **state)
{
    char target[] = "#lobby", text[] = "hi\0there";
    struct str body = {text, sizeof text - 1};
    struct command *c = command_new(COMMAND_POST, str_of(target), none, body);

    (void)state;
    memset(target, 'x', sizeof target);
    memset(text, 'x', sizeof text);
    assert_true(str_eq(c->target, str_of("#lobby")));
    assert_true(str_eq(c->text, (struct str){"hi\0there", 8}));
    assert_int_equal(c->name.n, 0);
    assert_false(client_id_given(&c->cid));
    command_free(&c);
    assert_null(c);
    command_free(&c);
}

static void
a_chain_of_commands_is_freed_whole(void **state)
{
    struct command *head = NULL;

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct command *c = command_new(COMMAND_PING, none, none, none);

        c->next = head;
        head = c;
    }
    command_free_all(head);
    command_free_all(NULL);
}

static void
a_message_becomes_the_event_that_everyone_sees(void **state)
{
    struct message m = {
        .room = 3, .seq = 8, .time_ms = 99, .sender_id = 7,
        .sender = str_of("alice"), .kind = MESSAGE_ACTION,
        .cid = {{1}}, .body = str_of("waves"),
    };
    struct event *e = event_of_message(&m, str_of("#dev"));
    struct event *d = event_of_message(&m, str_of("@alice"));

    (void)state;
    assert_int_equal(e->kind, EVENT_MESSAGE);
    assert_int_equal(e->room, 3);
    assert_int_equal(e->room_kind, ROOM_CHANNEL);
    assert_int_equal(d->room_kind, ROOM_DIRECT);
    assert_int_equal(e->seq, 8);
    assert_int_equal(e->time_ms, 99);
    assert_int_equal(e->sender_id, 7);
    assert_int_equal(e->message_kind, MESSAGE_ACTION);
    assert_int_equal(e->cid.b[0], 1);
    assert_true(str_eq(e->room_name, str_of("#dev")));
    assert_true(str_eq(e->name, str_of("alice")));
    assert_true(str_eq(e->text, str_of("waves")));
    event_unref(&e);
    event_unref(&d);
}

static void
an_event_lives_as_long_as_its_last_reference(void **state)
{
    struct event *e = event_new(EVENT_LEFT, none, str_of("bob"), none, none);
    struct event *kept = event_ref(e);

    (void)state;
    event_unref(&e);
    assert_null(e);
    assert_true(str_eq(kept->name, str_of("bob")));
    event_unref(&kept);
    event_unref(&kept);
}

static void
an_event_frees_its_items(void **state)
{
    struct event *e = event_new(ANSWER_PAGE, none, none, none, none);
    struct event **items = must_alloc(2 * sizeof *items);

    (void)state;
    items[0] = event_new(EVENT_MESSAGE, none, none, str_of("one"), none);
    items[1] = event_new(EVENT_MESSAGE, none, none, str_of("two"), none);
    event_set_items(e, items, 2);
    assert_int_equal(e->items_n, 2);
    event_unref(&e);
}

static void *
ref_and_unref(void *arg)
{
    for (int i = 0; i < 20000; i++) {
        struct event *e = event_ref(arg);

        event_unref(&e);
    }
    return NULL;
}

static void
references_may_be_counted_by_many_threads(void **state)
{
    struct event *e = event_new(EVENT_STOPPING, none, none, none, none);
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        must(pthread_create(&threads[i], NULL, ref_and_unref, e) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&e->refs), 1);
    event_unref(&e);
}

/* ---- message ids ---- */

static void
a_message_id_comes_back_as_its_room_and_seq(void **state)
{
    static const uint64_t rooms[] = {0, 1, 255, (UINT64_C(1) << 40) - 1};
    static const uint64_t seqs[] = {1, 2, 1 << 20, (UINT64_C(1) << 48) - 1};
    char id[MSGID_BYTES + 1];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            uint64_t room = 77, seq = 77;

            msgid_write(EPOCH, rooms[i], seqs[j], id);
            assert_int_equal(strlen(id), MSGID_BYTES);
            assert_int_equal(
                strspn(id, "0123456789abcdefghjkmnpqrstvwxyz"), MSGID_BYTES);
            assert_true(msgid_read(EPOCH, str_of(id), &room, &seq));
            assert_int_equal(room, rooms[i]);
            assert_int_equal(seq, seqs[j]);
        }
    }
}

/* People keep these: a change of the cipher would break every stored link. */
static void
a_message_id_is_the_same_for_ever(void **state)
{
    char id[MSGID_BYTES + 1];

    (void)state;
    msgid_write(EPOCH, 1, 1, id);
    assert_string_equal(id, "6b4fwt58fx99b0d59fjmnek3h4");
    msgid_write(EPOCH, 1, 2, id);
    assert_string_equal(id, "4k4bme0214rd8sr94kg277c83e");
}

static void
an_id_of_another_epoch_is_foreign(void **state)
{
    uint64_t room = 77, seq = 77;
    char id[MSGID_BYTES + 1];

    (void)state;
    for (uint64_t epoch = 1; epoch < 1000; epoch++) {
        msgid_write(epoch, 5, 6, id);
        assert_false(msgid_read(EPOCH, str_of(id), &room, &seq));
    }
    assert_int_equal(room, 77);
    assert_int_equal(seq, 77);
}

static void
what_is_no_id_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "0", "00000000000000000000000000", "zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "0000000000000000000000000i", "0000000000000000000000000U",
        "000000000000000000000000000",
    };
    char id[MSGID_BYTES + 1];
    uint64_t room, seq;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(msgid_read(EPOCH, str_of(bad[i]), &room, &seq));
    msgid_write(EPOCH, 5, 6, id);
    for (size_t i = 0; i < MSGID_BYTES; i++) {
        char was = id[i];

        id[i] = was == 'x' ? 'y' : 'x';
        assert_false(msgid_read(EPOCH, str_of(id), &room, &seq));
        id[i] = '\0';
        assert_false(msgid_read(EPOCH, (struct str){id, MSGID_BYTES}, &room,
                                &seq));
        id[i] = was;
    }
    assert_false(msgid_read(EPOCH, (struct str){id, MSGID_BYTES - 1}, &room,
                            &seq));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_keeps_its_own_strings),
        cmocka_unit_test(a_chain_of_commands_is_freed_whole),
        cmocka_unit_test(a_message_becomes_the_event_that_everyone_sees),
        cmocka_unit_test(an_event_lives_as_long_as_its_last_reference),
        cmocka_unit_test(an_event_frees_its_items),
        cmocka_unit_test(references_may_be_counted_by_many_threads),
        cmocka_unit_test(a_message_id_comes_back_as_its_room_and_seq),
        cmocka_unit_test(a_message_id_is_the_same_for_ever),
        cmocka_unit_test(an_id_of_another_epoch_is_foreign),
        cmocka_unit_test(what_is_no_id_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
