/* SPDX-License-Identifier: MIT */
#include "dialect/line/acting_test.h"

/* Whatever the person asked, this is what came back. */
static struct event *
answer(enum event_kind kind, const char *room, const char *text)
{
    return event_new(kind, str_of(room), nothing, str_of(text), nothing);
}

static void
give(struct event *e, struct event *item)
{
    struct event **items = must_alloc(sizeof *items);

    items[0] = item;
    event_set_items(e, items, 1);
    e->count = 1;
}

static struct event *
refusal(enum deny deny, const char *name, const char *more)
{
    struct event *e = event_new(ANSWER_DENIED, nothing, str_of(name),
                                str_of(more), nothing);

    e->deny = deny;
    e->command = COMMAND_POST;
    return e;
}

static void
every_refusal_is_a_sentence(void **state)
{
    struct line_play play = bob();

    (void)state;
    for (unsigned deny = DENY_NONE + 1; deny <= DENY_STOPPING; deny++) {
        char want[200];

        line_play_event(&play, refusal((enum deny)deny, "", ""));
        snprintf(want, sizeof want, "< %s.\n", deny_text((enum deny)deny));
        expect_script(&play, want);
    }
    line_play_done(&play);
}

static void
a_refusal_says_what_it_is_about(void **state)
{
    struct line_play play = bob();

    (void)state;
    hear(&play, refusal(DENY_NO_SUCH_ROOM, "#ops", ""),
         "< There is no such room: #ops.\n");
    hear(&play, refusal(DENY_BAD_REQUEST, "@bob", "that is you"),
         "< That request makes no sense (that is you).\n");
    hear(&play, refusal(DENY_BAD_NAME, "x y", "is too odd"),
         "< That name cannot be used: x y (is too odd).\n");
    line_play_done(&play);
}

static void
a_long_name_is_quoted_in_part(void **state)
{
    struct line_play play = bob();
    char name[200], want[200];

    (void)state;
    memset(name, 'x', sizeof name);
    memcpy(name + 62, "\xe2\x82\xac", 3);    /* a character across byte 64 */
    name[199] = '\0';
    snprintf(want, sizeof want, "< There is no such room: %.62s.\n", name);
    hear(&play, refusal(DENY_NO_SUCH_ROOM, name, ""), want);
    line_play_done(&play);
}

/* The core's answer to ENTER, once it is neither welcome nor "taken". */
static void
refuse_entry(struct conn *c, enum deny deny)
{
    struct command *cmd = fake_conn_take(c);
    struct event *e = refusal(deny, "", "");

    assert_int_equal(cmd->kind, COMMAND_ENTER);
    e->command = COMMAND_ENTER;
    e->request = cmd->request;
    command_free(&cmd);
    buf_clear(&c->sent);
    fake_conn_answer(c, e);
}

static void
a_person_who_may_not_enter_is_asked_again(void **state)
{
    struct conn *c = fake_conn_new(&line_dialect, &config);
    const char want[] = "The server's disk failed: unknown whether stored, "
                        "send it again. Choose a different name:\n";

    (void)state;
    fake_conn_input(c, "ann\n", 4);
    refuse_entry(c, DENY_STORAGE_BROKEN);
    assert_memory_equal(c->sent.p, want, sizeof want - 1);
    assert_false(conn_held(c));
    fake_conn_free(&c);
}

static void
an_address_that_may_not_enter_is_sent_away(void **state)
{
    struct dialect_config addresses = config;
    struct conn *c;

    (void)state;
    addresses.names = LINE_NAMES_ADDRESS;
    c = fake_conn_new(&line_dialect, &addresses);
    refuse_entry(c, DENY_FORBIDDEN);
    assert_memory_equal(c->sent.p, "You may not do that here.\n", c->sent.n);
    assert_true(c->ended);
    assert_false(c->clean);
    fake_conn_free(&c);
}

static void
expect_idle(int64_t idle_ms, const char *want)
{
    struct line_play play = bob();
    struct event *e = answer(ANSWER_PEOPLE, "", "");
    struct event *person = event_new(ITEM_PERSON, nothing, str_of("carol"),
                                     nothing, nothing);
    char line[100];

    e->time_ms = 1795228289000;
    person->time_ms = e->time_ms - idle_ms;
    give(e, person);
    snprintf(line, sizeof line, "< 1 person here: carol%s\n", want);
    hear(&play, e, line);
    line_play_done(&play);
}

static void
idleness_is_told_in_fitting_units(void **state)
{
    const int64_t minute_ms = 60000;

    (void)state;
    expect_idle(-5 * minute_ms, "");
    expect_idle(5 * minute_ms - 1, "");
    expect_idle(5 * minute_ms, " (idle 5 min)");
    expect_idle(119 * minute_ms, " (idle 119 min)");
    expect_idle(120 * minute_ms, " (idle 2 h)");
    expect_idle(48 * 60 * minute_ms - 1, " (idle 47 h)");
    expect_idle(48 * 60 * minute_ms, " (idle 2 days)");
}

static void
whoever_is_away_without_a_word_is_just_away(void **state)
{
    struct line_play play = bob();
    struct event *e = answer(ANSWER_PEOPLE, "#ops", "");
    struct event *person = event_new(ITEM_PERSON, nothing, str_of("carol"),
                                     nothing, nothing);

    (void)state;
    person->away = true;
    give(e, person);
    hear(&play, e, "< 1 person in #ops: carol (away)\n");
    hear(&play, answer(ANSWER_PEOPLE, "#ops", ""), "< 0 people in #ops\n");
    line_play_done(&play);
}

static void
a_long_table_of_rooms_says_that_there_are_more(void **state)
{
    struct line_play play = bob();
    struct event *e = answer(ANSWER_ROOMS, "", ""), *room;
    char topic[151], want[300];

    (void)state;
    memset(topic, 't', 150);
    topic[150] = '\0';
    room = event_new(ITEM_ROOM, str_of("#ops"), nothing, str_of(topic),
                     nothing);
    room->count = 1200;
    give(e, room);
    e->more = true;
    snprintf(want, sizeof want,
             "< 1 room:\n<   #ops  1200 people  %.100s...\n<   and more\n",
             topic);
    hear(&play, e, want);
    line_play_done(&play);
}

static struct event *
direct(const char *name, uint32_t unread)
{
    struct event *e = event_new(ITEM_ROOM, str_of(name), nothing, nothing,
                                nothing);

    e->room_kind = ROOM_DIRECT;
    e->others = unread;
    return e;
}

static void
rooms_of_two_are_listed_with_what_is_new(void **state)
{
    struct line_play play = bob();
    struct event *e = answer(ANSWER_ROOMS, "", "");

    (void)state;
    give(e, direct("@carol", 3));
    hear(&play, e, "< 1 room:\n<   @carol    3 new\n");
    e = answer(ANSWER_ROOMS, "", "");
    give(e, direct("@carol", 0));
    hear(&play, e, "< 1 room:\n<   @carol\n");
    line_play_done(&play);
}

static void
a_page_of_a_room_of_two_that_is_not_heard_was_read(void **state)
{
    struct line_play play = bob();
    struct event *e = answer(ANSWER_PAGE, "@carol", "");
    struct event *message = event_in(EVENT_MESSAGE, "@carol", "carol", "hi");

    (void)state;
    message->seq = 7;
    give(e, message);
    hear(&play, e, "< -- the last 1 message of @carol, times in UTC --\n"
                   "< [1970-01-01 00:00:00] carol: hi\n"
                   "< -- end of history --\n"
                   "= CURSOR @carol\n");
    line_play_done(&play);
}

static void
a_topic_beyond_the_table_is_not_known(void **state)
{
    struct line_play play = bob();

    (void)state;
    perform(&play,
            "> /join #cats\n"
            "= JOIN #cats\n"
            "< You are now in #cats (1 person).\n"
            "> /topic\n"
            "= ROOMS\n"
            "< The topic of #cats is not known.\n");
    line_play_done(&play);
}

static void
an_empty_room_has_no_history(void **state)
{
    struct line_play play = bob();

    (void)state;
    hear(&play, answer(ANSWER_PAGE, "#ops", ""),
         "< -- nothing has been said in #ops yet --\n"
         "< -- end of history --\n");
    line_play_done(&play);
}

static void
a_time_that_is_none_is_left_out(void **state)
{
    struct line_play play = bob();
    struct event *e = answer(ANSWER_PAGE, "#ops", "");
    struct event *message = event_in(EVENT_MESSAGE, "#ops", "alice", "hi");

    (void)state;
    message->time_ms = INT64_MAX;
    give(e, message);
    line_play_event(&play, e);
    assert_non_null(strstr(play.script.p, "alice: hi\n"));
    line_play_done(&play);
}

static void
a_room_that_begins_unasked_stays_in_the_background(void **state)
{
    struct line_play play = bob();

    (void)state;
    hear(&play, event_in(EVENT_SUBSCRIBED, "#ops", "", "topic"), "");
    hear(&play, event_in(EVENT_MESSAGE, "#ops", "alice", "hi"),
         "< [#ops] alice: hi\n");
    hear(&play, event_in(EVENT_SUBSCRIBED, "#lobby", "", ""), "");
    hear(&play, event_in(EVENT_MESSAGE, "#lobby", "alice", "hi"),
         "< alice: hi\n");
    hear(&play, event_in(EVENT_UNSUBSCRIBED, "#ops", "", ""),
         "< You have been removed from #ops.\n");
    line_play_done(&play);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_is_a_sentence),
        cmocka_unit_test(a_refusal_says_what_it_is_about),
        cmocka_unit_test(a_long_name_is_quoted_in_part),
        cmocka_unit_test(a_person_who_may_not_enter_is_asked_again),
        cmocka_unit_test(an_address_that_may_not_enter_is_sent_away),
        cmocka_unit_test(idleness_is_told_in_fitting_units),
        cmocka_unit_test(whoever_is_away_without_a_word_is_just_away),
        cmocka_unit_test(a_long_table_of_rooms_says_that_there_are_more),
        cmocka_unit_test(rooms_of_two_are_listed_with_what_is_new),
        cmocka_unit_test(a_page_of_a_room_of_two_that_is_not_heard_was_read),
        cmocka_unit_test(a_topic_beyond_the_table_is_not_known),
        cmocka_unit_test(an_empty_room_has_no_history),
        cmocka_unit_test(a_time_that_is_none_is_left_out),
        cmocka_unit_test(a_room_that_begins_unasked_stays_in_the_background),
    };

    rand_init();
    return cmocka_run_group_tests_name("line_answers", tests, NULL, NULL);
}
