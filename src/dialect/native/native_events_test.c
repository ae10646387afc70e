/* SPDX-License-Identifier: MIT */
#include "dialect/native/native_events.h"
#include "dialect/native/talk_test.h"

/* --- Answers ------------------------------------------------------------ */

static void
posted_carries_the_message_id(void **state)
{
    struct event *e = event(ANSWER_POSTED, NULL, NULL, NULL, NULL);
    char id[MSGID_BYTES + 1];
    Loquat__V1__Posted *p;

    (void)state;
    entered();
    say_post(2, "hi");
    e->room = 3;
    e->seq = 17;
    e->time_ms = 1700000000000;
    e->duplicate = true;
    memset(e->cid.b, 'k', sizeof e->cid.b);
    answer(COMMAND_POST, e);

    p = HEARD(POSTED)->posted;
    msgid_write(config.epoch, 3, 17, id);
    assert_string_equal(p->msgid, id);
    assert_int_equal(p->room, 3);
    assert_int_equal(p->seq, 17);
    assert_true(p->time_ms == 1700000000000);
    assert_true(p->duplicate);
    assert_int_equal(p->client_id.len, 16);
    assert_memory_equal(p->client_id.data, "kkkkkkkkkkkkkkkk", 16);
}

static void
a_refusal_says_why_in_words(void **state)
{
    (void)state;
    entered();
    say_post(2, "hi");
    deny(COMMAND_POST, DENY_NO_SUCH_PERSON, "that is you");

    assert_string_equal(HEARD(ERROR)->error->text,
                        "There is nobody of that name here (that is you)");
}

static void
every_refusal_has_its_own_code(void **state)
{
    static const enum deny all[] = {
#define DENY_LIST(name, sentence) DENY_##name,
        DENY_TABLE(DENY_LIST)
#undef DENY_LIST
    };
    uint64_t codes = 0;

    (void)state;
    entered();
    for (size_t i = 1; i < sizeof all / sizeof *all; i++) {
        Envelope *e;

        say_post(i, "hi");
        deny(COMMAND_POST, all[i], "");
        e = HEARD(ERROR);
        assert_string_equal(e->error->text, deny_text(all[i]));
        assert_true(e->error->code > 0 && e->error->code < 64);
        assert_int_equal((codes >> e->error->code) & 1, 0);
        codes |= UINT64_C(1) << e->error->code;
    }
}

static void
joined_says_what_the_room_is(void **state)
{
    Loquat__V1__Join join = LOQUAT__V1__JOIN__INIT;
    struct event *e = event(EVENT_SUBSCRIBED, "@bob", NULL, "A topic", NULL);
    Loquat__V1__Joined *j;

    (void)state;
    entered();
    join.target = "@bob";
    SAY(2, JOIN, join, &join);
    e->room = 5;
    e->room_kind = ROOM_DIRECT;
    e->seq = 100;
    e->count = 2;
    answer(COMMAND_JOIN, e);

    j = HEARD(JOINED)->joined;
    assert_int_equal(j->room, 5);
    assert_string_equal(j->target, "@bob");
    assert_int_equal(j->kind, LOQUAT__V1__ROOM_KIND__ROOM_KIND_DIRECT);
    assert_string_equal(j->topic, "A topic");
    assert_int_equal(j->last_seq, 100);
    assert_int_equal(j->present, 2);
}

static void
a_parting_may_be_asked_for_or_not(void **state)
{
    Loquat__V1__Part part = LOQUAT__V1__PART__INIT;
    struct event *e;
    Envelope *got;

    (void)state;
    entered();
    joined();
    part.target = "#lobby";
    SAY(3, PART, part, &part);
    e = event(EVENT_UNSUBSCRIBED, "#lobby", NULL, NULL, NULL);
    e->room = 1;
    answer(COMMAND_PART, e);
    got = HEARD(PARTED);
    assert_int_equal(got->request, 3);
    assert_int_equal(got->parted->room, 1);
    assert_string_equal(got->parted->target, "#lobby");

    e = event(EVENT_UNSUBSCRIBED, "#ops", NULL, NULL, NULL);
    e->room = 2;
    fake_conn_answer(c, e);
    assert_int_equal(HEARD(PARTED)->request, 0);
}

static struct event *
message(uint64_t seq, struct str text)
{
    struct message m = {
        .room = 1, .seq = seq, .time_ms = 1000 + (int64_t)seq,
        .sender_id = 42, .sender = str_of("bob"), .kind = MESSAGE_TEXT,
        .body = text,
    };

    return event_of_message(&m, str_of("#lobby"));
}

static void
a_page_of_history_is_one_envelope(void **state)
{
    Loquat__V1__GetHistory get = LOQUAT__V1__GET_HISTORY__INIT;
    struct event *e = event(ANSWER_PAGE, "#lobby", NULL, NULL, NULL);
    struct event **items = must_alloc(2 * sizeof *items);
    Loquat__V1__History *h;

    (void)state;
    entered();
    get.target = "#lobby";
    SAY(2, GET_HISTORY, get_history, &get);
    items[0] = message(8, str_of("first\nline"));
    items[1] = message(9, str_of("second"));
    event_set_items(e, items, 2);
    e->room = 1;
    e->more = true;
    answer(COMMAND_HISTORY, e);

    h = HEARD(HISTORY)->history;
    assert_int_equal(h->room, 1);
    assert_true(h->more);
    assert_int_equal(h->n_messages, 2);
    assert_int_equal(h->messages[0]->seq, 8);
    assert_string_equal(h->messages[0]->text, "first\nline");
    assert_string_equal(h->messages[1]->sender, "bob");
    assert_int_equal(h->messages[1]->client_id.len, 0);
}

static void
the_largest_page_fits_into_a_frame(void **state)
{
    Loquat__V1__GetHistory get = LOQUAT__V1__GET_HISTORY__INIT;
    struct event *e = event(ANSWER_PAGE, "#lobby", NULL, NULL, NULL);
    struct event **items = must_alloc(LIMIT_PAGE_MESSAGES * sizeof *items);
    enum { EACH = LIMIT_PAGE_BYTES / LIMIT_PAGE_MESSAGES };
    char text[EACH];

    (void)state;
    entered();
    get.target = "#lobby";
    SAY(2, GET_HISTORY, get_history, &get);
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < LIMIT_PAGE_MESSAGES; i++) {
        struct message m = {
            .room = (UINT64_C(1) << 40) - 1,
            .seq = (UINT64_C(1) << 48) - LIMIT_PAGE_MESSAGES + i,
            .time_ms = INT64_MAX,
            .sender_id = INT64_MAX, .kind = MESSAGE_ACTION,
            .sender = {text, LIMIT_NAME_BYTES}, .body = {text, EACH},
        };

        memset(m.cid.b, 1, sizeof m.cid.b);
        items[i] = event_of_message(&m, str_of("#lobby"));
    }
    event_set_items(e, items, LIMIT_PAGE_MESSAGES);
    answer(COMMAND_HISTORY, e);

    assert_int_equal(HEARD(HISTORY)->history->n_messages,
                     LIMIT_PAGE_MESSAGES);
}

static struct event *
list_of(enum event_kind kind, enum event_kind item, size_t n, size_t text_n)
{
    struct event *e = event(kind, NULL, NULL, NULL, NULL);
    struct event **items = must_alloc(n * sizeof *items);
    char *text = must_alloc(text_n + 1);

    memset(text, 't', text_n);
    for (size_t i = 0; i < n; i++) {
        items[i] = event(item, "#room", "bob", text, NULL);
        items[i]->away = true;
        items[i]->time_ms = 5;
        items[i]->delivered = items[i]->seq = 7;
        items[i]->read = 6;
        items[i]->count = 3;
    }
    event_set_items(e, items, n);
    e->count = (uint32_t)n;
    free(text);
    return e;
}

static void
people_are_listed(void **state)
{
    Loquat__V1__GetPeople get = LOQUAT__V1__GET_PEOPLE__INIT;
    Loquat__V1__People *p;

    (void)state;
    entered();
    SAY(2, GET_PEOPLE, get_people, &get);
    answer(COMMAND_WHO, list_of(ANSWER_PEOPLE, ITEM_PERSON, 2, 5));

    p = HEARD(PEOPLE)->people;
    assert_int_equal(p->n_people, 2);
    assert_int_equal(p->total, 2);
    assert_false(p->more);
    assert_string_equal(p->people[1]->name, "bob");
    assert_string_equal(p->people[1]->away_text, "ttttt");
    assert_true(p->people[1]->away);
    assert_int_equal(p->people[1]->active_ms, 5);
    assert_int_equal(p->people[1]->delivered_seq, 7);
    assert_int_equal(p->people[1]->read_seq, 6);
}

static void
rooms_are_listed(void **state)
{
    Loquat__V1__GetRooms get = LOQUAT__V1__GET_ROOMS__INIT;
    Loquat__V1__Rooms *r;

    (void)state;
    entered();
    SAY(2, GET_ROOMS, get_rooms, &get);
    answer(COMMAND_ROOMS, list_of(ANSWER_ROOMS, ITEM_ROOM, 1, 5));

    r = HEARD(ROOMS)->rooms;
    assert_int_equal(r->n_rooms, 1);
    assert_false(r->more);
    assert_string_equal(r->rooms[0]->target, "#room");
    assert_string_equal(r->rooms[0]->topic, "ttttt");
    assert_int_equal(r->rooms[0]->present, 3);
    assert_int_equal(r->rooms[0]->last_seq, 7);
}

static void
a_list_too_long_for_a_frame_is_cut_and_says_so(void **state)
{
    Loquat__V1__GetPeople people = LOQUAT__V1__GET_PEOPLE__INIT;
    Loquat__V1__GetRooms rooms = LOQUAT__V1__GET_ROOMS__INIT;
    Envelope *e;

    (void)state;
    entered();
    SAY(2, GET_PEOPLE, get_people, &people);
    answer(COMMAND_WHO, list_of(ANSWER_PEOPLE, ITEM_PERSON, 1000,
                                LIMIT_AWAY_BYTES));
    e = HEARD(PEOPLE);
    assert_in_range(e->people->n_people, 500, 999);
    assert_true(e->people->more);
    assert_int_equal(e->people->total, 1000);

    SAY(3, GET_ROOMS, get_rooms, &rooms);
    answer(COMMAND_ROOMS, list_of(ANSWER_ROOMS, ITEM_ROOM, 500,
                                  LIMIT_TOPIC_BYTES));
    e = HEARD(ROOMS);
    assert_in_range(e->rooms->n_rooms, 300, 499);
    assert_true(e->rooms->more);
}

/* --- Shared events ------------------------------------------------------ */

static void
a_message_is_heard_whole(void **state)
{
    struct event *e = message(5, str_of("hello\nthere"));
    char id[MSGID_BYTES + 1];
    Loquat__V1__Message *m;
    Envelope *got;

    (void)state;
    entered();
    joined();
    memset(e->cid.b, 'k', sizeof e->cid.b);
    fake_conn_answer(c, e);

    got = HEARD(MESSAGE);
    m = got->message;
    msgid_write(config.epoch, 1, 5, id);
    assert_int_equal(got->request, 0);
    assert_int_equal(m->room, 1);
    assert_int_equal(m->seq, 5);
    assert_string_equal(m->msgid, id);
    assert_int_equal(m->time_ms, 1005);
    assert_string_equal(m->sender, "bob");
    assert_int_equal(m->sender_id, 42);
    assert_int_equal(m->kind, LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TEXT);
    assert_string_equal(m->text, "hello\nthere");
    assert_int_equal(m->client_id.len, 16);
}

static void
ones_own_message_is_heard_too(void **state)
{
    struct event *e = message(5, str_of("mine"));

    (void)state;
    entered();
    joined();
    e->sender_id = c->receiver.who.sender_id;
    fake_conn_answer(c, e);

    assert_string_equal(HEARD(MESSAGE)->message->text, "mine");
}

static struct event *
in_lobby(struct event *e)
{
    e->room = 1;
    e->count = 9;
    return e;
}

static Loquat__V1__Presence *
heard_presence(struct event *e)
{
    fake_conn_answer(c, in_lobby(e));
    return HEARD(PRESENCE)->presence;
}

static void
presence_is_told_to_who_wants_signals(void **state)
{
    struct event *e;
    Loquat__V1__Presence *p;

    (void)state;
    entered_with_signals();
    joined();
    p = heard_presence(event(EVENT_JOINED, NULL, "bob", NULL, NULL));
    assert_int_equal(p->kind, PRESENCE(JOINED));
    assert_int_equal(p->room, 1);
    assert_int_equal(p->present, 9);
    assert_int_equal(p->n_names, 1);
    assert_string_equal(p->names[0], "bob");

    p = heard_presence(event(EVENT_LEFT, NULL, "bob", "bored", NULL));
    assert_int_equal(p->kind, PRESENCE(LEFT));
    assert_string_equal(p->text, "bored");

    p = heard_presence(event(EVENT_RENAMED, NULL, "bob", NULL, "rob"));
    assert_int_equal(p->kind, PRESENCE(RENAMED));
    assert_string_equal(p->names[0], "bob");
    assert_string_equal(p->names[1], "rob");

    e = event(EVENT_AWAY, NULL, "rob", "lunch", NULL);
    e->away = true;
    p = heard_presence(e);
    assert_int_equal(p->kind, PRESENCE(AWAY));
    assert_string_equal(p->text, "lunch");

    p = heard_presence(event(EVENT_AWAY, NULL, "rob", NULL, NULL));
    assert_int_equal(p->kind, PRESENCE(BACK));
}

static void
a_crowd_is_told_as_two_names_and_a_number(void **state)
{
    struct event *e = event(EVENT_GATHERED, "#lobby", NULL, NULL, NULL);
    struct event **items = must_alloc(2 * sizeof *items);
    Loquat__V1__Presence *p;

    (void)state;
    entered_with_signals();
    joined();
    items[0] = event(EVENT_JOINED, NULL, "ann", NULL, NULL);
    items[1] = event(EVENT_JOINED, NULL, "bob", NULL, NULL);
    event_set_items(e, items, 2);
    e->joined = true;
    e->others = 498;
    p = heard_presence(e);
    assert_int_equal(p->kind, PRESENCE(JOINED));
    assert_int_equal(p->n_names, 2);
    assert_string_equal(p->names[1], "bob");
    assert_int_equal(p->others, 498);

    p = heard_presence(event(EVENT_GATHERED, NULL, NULL, NULL, NULL));
    assert_int_equal(p->kind, PRESENCE(LEFT));
    assert_int_equal(p->n_names, 0);
}

static void
typing_and_cursors_are_told_to_who_wants_signals(void **state)
{
    struct event *e;
    Loquat__V1__Cursor *cursor;
    Loquat__V1__Typing *typing;

    (void)state;
    entered_with_signals();
    joined();
    e = in_lobby(event(EVENT_TYPING, NULL, "bob", NULL, NULL));
    e->away = true;
    fake_conn_answer(c, e);
    typing = HEARD(TYPING)->typing;
    assert_int_equal(typing->room, 1);
    assert_string_equal(typing->name, "bob");
    assert_true(typing->typing);

    e = in_lobby(event(EVENT_CURSOR, NULL, "bob", NULL, NULL));
    e->delivered = 12;
    e->read = 11;
    fake_conn_answer(c, e);
    cursor = HEARD(CURSOR)->cursor;
    assert_int_equal(cursor->room, 1);
    assert_string_equal(cursor->name, "bob");
    assert_int_equal(cursor->delivered_seq, 12);
    assert_int_equal(cursor->read_seq, 11);
}

static void
who_wants_no_signals_hears_messages_and_announcements_only(void **state)
{
    static const enum event_kind signals[] = {
        EVENT_JOINED, EVENT_LEFT, EVENT_GATHERED, EVENT_RENAMED, EVENT_AWAY,
        EVENT_TYPING, EVENT_CURSOR,
    };

    (void)state;
    entered();
    joined();
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        fake_conn_answer(c, in_lobby(event(signals[i], NULL, "bob", NULL,
                                           NULL)));
    heard_nothing();

    fake_conn_answer(c, message(5, str_of("hi")));
    HEARD(MESSAGE);
    fake_conn_answer(c, event(EVENT_ANNOUNCEMENT, NULL, NULL, "Tea", NULL));
    assert_string_equal(HEARD(ANNOUNCEMENT)->announcement->text, "Tea");
}

static void
an_encoding_depends_on_its_arguments_alone(void **state)
{
    struct event *e = message(5, str_of("hi"));
    struct slab *quiet = native_encode(&config, NATIVE_QUIET, e);
    struct slab *loud = native_encode(&config, NATIVE_SIGNALS, e);

    (void)state;
    assert_int_equal(quiet->n, loud->n);
    assert_memory_equal(quiet->p, loud->p, quiet->n);
    slab_unref(&quiet);
    slab_unref(&loud);
    event_unref(&e);
}

static void
the_stop_is_told_by_the_farewell_alone(void **state)
{
    struct event *e = event(EVENT_STOPPING, NULL, NULL, NULL, NULL);

    (void)state;
    assert_null(native_encode(&config, NATIVE_SIGNALS, e));
    event_unref(&e);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(posted_carries_the_message_id),
        TEST(a_refusal_says_why_in_words),
        TEST(every_refusal_has_its_own_code),
        TEST(joined_says_what_the_room_is),
        TEST(a_parting_may_be_asked_for_or_not),
        TEST(a_page_of_history_is_one_envelope),
        TEST(the_largest_page_fits_into_a_frame),
        TEST(people_are_listed),
        TEST(rooms_are_listed),
        TEST(a_list_too_long_for_a_frame_is_cut_and_says_so),

        TEST(a_message_is_heard_whole),
        TEST(ones_own_message_is_heard_too),
        TEST(presence_is_told_to_who_wants_signals),
        TEST(a_crowd_is_told_as_two_names_and_a_number),
        TEST(typing_and_cursors_are_told_to_who_wants_signals),
        TEST(who_wants_no_signals_hears_messages_and_announcements_only),
        TEST(an_encoding_depends_on_its_arguments_alone),
        TEST(the_stop_is_told_by_the_farewell_alone),
    };
#undef TEST

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
