/* SPDX-License-Identifier: MIT */
#include "link/world_test.h"

/* ---- Tests ---- */

/* It is said again in the next Hello, which must fit into a frame. */
static void
a_name_that_no_server_gives_ends_the_talk(void **state)
{
    struct world *w = *state;
    char name[LIMIT_ROOM_BYTES + 2];

    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    talk_begin(&w->t);
    put_magic(&w->bytes);
    PUT(&w->bytes, 1, WELCOME, Welcome, welcome, .version = 1, .server = "s",
        .name = name);
    assert_int_equal(deliver(w), TALK_LOST);
}

static void
the_hello_comes_first_and_rooms_follow_the_welcome(void **state)
{
    struct world *w = *state;

    talk_join(&w->t, "#ops", -1);
    talk_join(&w->t, "#old", 41);
    talk_begin(&w->t);
    assert_string_equal(said(w), "magic. 1 hello alice. ");
    put_welcome(&w->bytes, 1);
    assert_int_equal(deliver(w), TALK_ON);

    assert_string_equal(said(w), "2 join #ops. 3 join #old after 41. ");
    assert_string_equal(heard(w), "welcome. ");
    assert_int_equal(w->t.message_bytes, 1000);
}

static void
bytes_may_come_in_any_pieces(void **state)
{
    struct world *w = *state;

    for (w->piece = 1; w->piece < 9; w->piece++) {
        be_in_ops(w);
        put_message(&w->bytes, 7, 11, "eleven");
        put_message(&w->bytes, 7, 12, "twelve");
        PUT(&w->bytes, 0, PING, Ping, ping, .token = 5);
        assert_int_equal(deliver(w), TALK_ON);
        assert_string_equal(heard(w), "11 eleven. 12 twelve. ");
        assert_string_equal(said(w), "pong 5. ");
        talk_end(&w->t);
        rooms_forget(&w->t.rooms);
    }
}

static void
a_message_comes_once_and_a_gap_ends_the_connection(void **state)
{
    struct world *w = *state;

    be_in_ops(w);
    put_message(&w->bytes, 7, 10, "before");
    put_message(&w->bytes, 7, 11, "a");
    put_message(&w->bytes, 7, 11, "again");
    put_message(&w->bytes, 8, 11, "of no room of ours");
    put_message(&w->bytes, 7, 13, "c");
    assert_int_equal(deliver(w), TALK_LOST);
    assert_string_equal(heard(w), "11 a. ");

    talk_end(&w->t);
    talk_begin(&w->t);
    put_welcome(&w->bytes, 1);
    put_joined(&w->bytes, 2, 7, "#ops", 13);
    put_message(&w->bytes, 7, 12, "b");
    put_message(&w->bytes, 7, 13, "c");
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(said(w),
                        "magic. 1 hello alice. 2 join #ops after 11. ");
    assert_string_equal(heard(w), "welcome. joined #ops. 12 b. 13 c. ");
}

static void
another_history_makes_cursors_void(void **state)
{
    struct world *w = *state;

    be_in_ops(w);
    talk_end(&w->t);
    talk_begin(&w->t);
    said(w);
    put_welcome(&w->bytes, 2);
    put_joined(&w->bytes, 2, 9, "#ops", 3);
    put_message(&w->bytes, 9, 4, "new");
    assert_int_equal(deliver(w), TALK_ON);

    assert_string_equal(said(w), "2 join #ops. ");
    assert_string_equal(heard(w), "welcome replaced. joined #ops. 4 new. ");
}

static void
a_lost_acknowledgement_is_asked_for_again_and_order_is_kept(void **state)
{
    struct world *w = *state;
    uint8_t id[OUTBOX_CLIENT_ID_BYTES];

    be_in_ops(w);
    assert_int_equal(outbox_add(&w->t.outbox, "#ops", TEXT, "a", 1, 1), 0);
    assert_int_equal(outbox_add(&w->t.outbox, "#ops", TEXT, "b", 2, 1), 0);
    assert_string_equal(said(w), "3 post a. 4 post b. ");
    memcpy(id, outbox_find(&w->t.outbox, 4)->client_id, sizeof id);
    put_posted(&w->bytes, 3, 11);
    assert_int_equal(deliver(w), TALK_ON);
    assert_int_equal(outbox_add(&w->t.outbox, "#ops", TEXT, "c", 3, 1), 0);
    talk_end(&w->t);
    assert_string_equal(heard(w), "posted 1 as 11. ");

    talk_begin(&w->t);
    assert_string_equal(said(w), "magic. 1 hello alice. ");
    put_welcome(&w->bytes, 1);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(said(w), "2 join #ops after 10. 3 post b. 4 post c. ");
    assert_memory_equal(outbox_find(&w->t.outbox, 3)->client_id, id,
                        sizeof id);
    put_posted(&w->bytes, 3, 12);
    put_posted(&w->bytes, 4, 13);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "welcome. posted 2 as 12. posted 3 as 13. ");
    assert_int_equal(w->t.outbox.count, 0);
}

static void
a_post_that_cannot_be_stored_now_is_kept(void **state)
{
    struct world *w = *state;

    be_in_ops(w);
    for (int i = 1; i <= 3; i++)
        assert_int_equal(outbox_add(&w->t.outbox, "#ops", TEXT,
                                    (char[]){(char)('a' + i), 0}, i, 1), 0);
    said(w);
    put_error(&w->bytes, 3, CODE(STORAGE_FULL), "full");
    put_error(&w->bytes, 4, CODE(MESSAGE_TOO_LONG), "too long");
    put_error(&w->bytes, 5, CODE(STORAGE_FULL), "full");
    assert_int_equal(deliver(w), TALK_ON);

    assert_string_equal(heard(w), "error 15. refused 2: too long. ");
    assert_string_equal(said(w), "");
    outbox_wake(&w->t.outbox);
    assert_string_equal(said(w), "6 post b. ");
    put_posted(&w->bytes, 6, 11);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(said(w), "7 post d. ");
}

static void
what_refuses_a_hello_is_final_or_passing(void **state)
{
    static const struct { int code; bool welcomed; int verdict; } rows[] = {
        {CODE(NAME_TAKEN), false, TALK_REFUSED},
        {CODE(NAME_TAKEN), true, TALK_LOST},
        {CODE(BAD_NAME), false, TALK_REFUSED},
        {CODE(BAD_VERSION), true, TALK_REFUSED},
        {CODE(STOPPING), false, TALK_LOST},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        w->t.welcomed = rows[i].welcomed;
        talk_begin(&w->t);
        put_magic(&w->bytes);
        put_error(&w->bytes, 1, rows[i].code, "because");
        assert_int_equal(deliver(w), rows[i].verdict);
        assert_int_equal(w->t.code, rows[i].code);
        assert_string_equal(w->t.why, "because");
        talk_end(&w->t);
    }
}

static void
a_closing_says_whether_to_come_back(void **state)
{
    struct world *w = *state;

    for (int again = 0; again < 2; again++) {
        be_in_ops(w);
        PUT(&w->bytes, 0, CLOSING, Closing, closing, .code = CODE(STOPPING),
            .text = "Bye!", .reconnect = again);
        assert_int_equal(deliver(w), again ? TALK_LOST : TALK_REFUSED);
        assert_int_equal(w->t.code, CODE(STOPPING));
        assert_string_equal(w->t.why, "Bye!");
        talk_end(&w->t);
        rooms_done(&w->t.rooms);
    }
}

static void
what_is_no_loquat_server_is_said_so(void **state)
{
    struct world *w = *state;

    talk_begin(&w->t);
    must(buf_printf(&w->bytes, "SSH-2.0-\x1b[31mother\r\nmore") == 0);

    assert_int_equal(deliver(w), TALK_REFUSED);
    assert_string_equal(w->t.why,
                        "not a loquat server: it said \"SSH-2.0-other\"");
    assert_int_equal(w->t.code, 0);
}

static void
a_server_that_takes_nobody_in_is_tried_again(void **state)
{
    struct world *w = *state;

    talk_begin(&w->t);
    must(buf_printf(&w->bytes, "This server is full. Try again later.\n")
         == 0);

    assert_int_equal(deliver(w), TALK_LOST);
    assert_string_equal(w->t.why, "This server is full. Try again later.");
}

static void
nonsense_ends_the_connection_and_nothing_else(void **state)
{
    static const struct str rows[] = {
        {"\xff\xff\xff\xff\x01", 5},             /* a frame of 4 GiB */
        {"\x00\x00\x00\x00\x09", 5},             /* of an unknown kind */
        {"\x00\x00\x00\x01\x01\xff", 6},         /* no envelope */
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        be_in_ops(w);
        must(buf_append_str(&w->bytes, rows[i]) == 0);
        assert_int_equal(deliver(w), TALK_LOST);
        assert_non_null(strstr(w->t.why, "nonsense"));
        talk_end(&w->t);
        rooms_done(&w->t.rooms);
    }
    be_in_ops(w);
    put_posted(&w->bytes, 77, 1);     /* an answer to nothing */
    assert_int_equal(deliver(w), TALK_LOST);
    talk_end(&w->t);

    talk_begin(&w->t);
    put_magic(&w->bytes);
    put_message(&w->bytes, 7, 11, "no welcome");
    assert_int_equal(deliver(w), TALK_LOST);
}

static void
rooms_without_end_end_the_connection(void **state)
{
    struct world *w = *state;
    enum talk_verdict verdict = TALK_ON;
    uint64_t number;

    be_in_ops(w);
    for (number = 100; verdict == TALK_ON && number < 1000; number++) {
        char target[32];

        snprintf(target, sizeof target, "@a%d", (int)number);
        put_joined(&w->bytes, 0, number, target, 0);
        verdict = deliver(w);
    }

    assert_int_equal(verdict, TALK_LOST);
    assert_int_equal(w->t.rooms.count, LIMIT_ROOMS_PER_SESSION);
}

static void
a_direct_message_begins_unasked_and_is_taken_up_by_its_number(void **state)
{
    struct world *w = *state;

    be_in_ops(w);
    put_joined(&w->bytes, 0, 21, "@bob", 4);
    put_message(&w->bytes, 21, 5, "psst");
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "joined @bob. 5 psst. ");

    talk_end(&w->t);
    talk_begin(&w->t);
    put_welcome(&w->bytes, 1);
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(said(w), "magic. 1 hello alice. "
                                 "2 join #ops after 10. 3 join 21 after 5. ");
}

static void
a_refused_join_is_told_and_not_tried_again(void **state)
{
    struct world *w = *state;

    be_in_ops(w);
    talk_join(&w->t, "@nobody", -1);
    assert_string_equal(said(w), "3 join @nobody. ");
    put_error(&w->bytes, 3, CODE(NO_SUCH_PERSON), "nobody");
    assert_int_equal(deliver(w), TALK_ON);

    assert_string_equal(heard(w), "error 8. ");
    assert_null(rooms_find(&w->t.rooms, "@nobody"));
    assert_non_null(rooms_find(&w->t.rooms, "#ops"));
}

static void
a_room_that_was_left_stays_left(void **state)
{
    struct world *w = *state;

    be_in_ops(w);
    talk_part(&w->t, "#OPS");
    assert_string_equal(said(w), "3 part #OPS. ");
    put_message(&w->bytes, 7, 11, "still here");
    PUT(&w->bytes, 3, PARTED, Parted, parted, .room = 7, .target = "#ops");
    put_message(&w->bytes, 7, 12, "gone");
    assert_int_equal(deliver(w), TALK_ON);

    assert_string_equal(heard(w), "11 still here. parted #ops. ");
    assert_int_equal(w->t.rooms.count, 0);
}

static void
a_request_goes_behind_what_was_said_before(void **state)
{
    struct world *w = *state;
    Loquat__V1__GetRooms get = LOQUAT__V1__GET_ROOMS__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    be_in_ops(w);
    e.body_case = ENVELOPE_BODY(GET_ROOMS);
    e.get_rooms = &get;
    assert_int_equal(outbox_add(&w->t.outbox, "#ops", TEXT, "a", 1, 1), 0);
    assert_int_equal(talk_request(&w->t, &e), 4);
    assert_int_equal(outbox_add(&w->t.outbox, "#ops", TEXT, "b", 1, 1), 0);
    talk_join(&w->t, "#new", -1);
    assert_int_equal(outbox_add(&w->t.outbox, "#ops", TEXT, "c", 1, 1), 0);
    talk_part(&w->t, "#new");

    assert_string_equal(said(w), "3 post a. 4 body 15. 5 post b. "
                                 "6 join #new. 7 post c. 8 part #new. ");
}

static void
a_new_name_is_the_one_to_come_back_with(void **state)
{
    struct world *w = *state;
    Loquat__V1__SetName name = LOQUAT__V1__SET_NAME__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    be_in_ops(w);
    name.name = "alicia";
    e.body_case = ENVELOPE_BODY(SET_NAME);
    e.set_name = &name;
    assert_int_equal(talk_request(&w->t, &e), 3);
    assert_string_equal(w->t.name, "alice");
    PUT(&w->bytes, 3, DONE, Done, done, );
    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(w->t.name, "alicia");

    said(w);
    talk_end(&w->t);
    assert_int_equal(talk_request(&w->t, &e), 0);
    talk_begin(&w->t);
    assert_string_equal(said(w), "magic. 1 hello alicia. ");
}

static void
a_later_servers_news_are_left_alone(void **state)
{
    struct world *w = *state;

    be_in_ops(w);
    /* Field 99, which this version does not know. */
    must(buf_append(&w->bytes, "\0\0\0\4\1\x9a\x06\x01x", 9) == 0);
    put_message(&w->bytes, 7, 11, "and on");

    assert_int_equal(deliver(w), TALK_ON);
    assert_string_equal(heard(w), "11 and on. ");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_that_no_server_gives_ends_the_talk),
        TEST(the_hello_comes_first_and_rooms_follow_the_welcome),
        TEST(bytes_may_come_in_any_pieces),
        TEST(a_message_comes_once_and_a_gap_ends_the_connection),
        TEST(another_history_makes_cursors_void),
        TEST(a_lost_acknowledgement_is_asked_for_again_and_order_is_kept),
        TEST(a_post_that_cannot_be_stored_now_is_kept),
        TEST(what_refuses_a_hello_is_final_or_passing),
        TEST(a_closing_says_whether_to_come_back),
        TEST(what_is_no_loquat_server_is_said_so),
        TEST(a_server_that_takes_nobody_in_is_tried_again),
        TEST(nonsense_ends_the_connection_and_nothing_else),
        TEST(rooms_without_end_end_the_connection),
        TEST(a_direct_message_begins_unasked_and_is_taken_up_by_its_number),
        TEST(a_refused_join_is_told_and_not_tried_again),
        TEST(a_room_that_was_left_stays_left),
        TEST(a_request_goes_behind_what_was_said_before),
        TEST(a_new_name_is_the_one_to_come_back_with),
        TEST(a_later_servers_news_are_left_alone),
    };

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
