/* SPDX-License-Identifier: MIT */
#include "dialect/line/acting_test.h"
#include "hub/attachment.h"
#include "base/utf8.h"
#include "dialect/line/line_events.h"
#include "dialect/line/line_rooms.h"

/* --- messages --- */

static void
what_is_heard_says_where_it_was_said(void **state)
{
    struct line_play play = bob();
    struct event *e;

    (void)state;
    act(&play, "> /join #ops\n");
    line_play_forget(&play);
    hear(&play, event_in(EVENT_MESSAGE, "#ops", "alice", "here"),
         "< alice: here\n");
    hear(&play, event_in(EVENT_MESSAGE, "#lobby", "alice", "there\nand there"),
         "< [#lobby] alice: there\n< [#lobby] alice: and there\n");
    hear(&play, event_in(EVENT_JOINED, "#lobby", "carol", ""),
         "< [#lobby] carol has joined the chat.\n");
    hear(&play, event_in(EVENT_MESSAGE, "#nowhere", "alice", "not heard"), "");

    e = event_in(EVENT_MESSAGE, "#ops", "alice", "waves");
    e->message_kind = MESSAGE_ACTION;
    hear(&play, e, "< * alice waves\n");
    e = event_in(EVENT_MESSAGE, "#lobby", "alice", "no dogs");
    e->message_kind = MESSAGE_TOPIC;
    hear(&play, e,
         "< [#lobby] alice has changed the topic of #lobby to: no dogs\n");
    line_play_done(&play);
}

static void
a_direct_message_is_marked_as_private(void **state)
{
    struct line_play play = bob();
    struct event *e = event_in(EVENT_SUBSCRIBED, "@alice", "", "");

    (void)state;
    hear(&play, e, "");
    hear(&play, event_in(EVENT_MESSAGE, "@alice", "alice", "psst"),
         "< [private] alice: psst\n");
    hear(&play, event_in(EVENT_LEFT, "@alice", "alice", ""), "");
    perform(&play,
            "> still in the lobby\n"
            "= POST #lobby still in the lobby\n"
            "> /msg alice yes?\n"
            "= POST @alice yes?\n"
            "> /msg nobody hello\n"
            "= POST @nobody hello\n"
            "< There is nobody of that name here: @nobody.\n");
    line_play_done(&play);
}

static struct event *
shared(const char *room, const char *name)
{
    const struct attachment a = {.size = 12345, .name = str_of(name)};
    char body[ATTACHMENT_BYTES];
    struct event *e;

    attachment_write(&a, body);
    e = event_in(EVENT_MESSAGE, room, "alice", body);
    e->message_kind = MESSAGE_FILE;
    return e;
}

#define NO_ID "00000000000000000000000000"

static void
a_file_is_told_with_how_to_get_it(void **state)
{
    struct line_play play = bob();
    struct event *e;

    (void)state;
    hear(&play, shared("#lobby", "photo.webp"),
         "< alice shared photo.webp (12345 bytes): /get " NO_ID
         " or /f/" NO_ID "/photo.webp\n");
    hear(&play, shared("#lobby", "m\xc3\xa4h 100%.txt"),
         "< alice shared m\xc3\xa4h 100%.txt (12345 bytes): /get " NO_ID
         " or /f/" NO_ID "/m%C3%A4h%20100%25.txt\n");
    act(&play, "> /join #ops\n");
    line_play_forget(&play);
    hear(&play, shared("#lobby", "a"),
         "< [#lobby] alice shared a (12345 bytes): /get " NO_ID
         " or /f/" NO_ID "/a\n");
    hear(&play, event_in(EVENT_SUBSCRIBED, "@alice", "", ""), "");
    hear(&play, shared("@alice", "a"),
         "< [private] alice shared a (12345 bytes): /get " NO_ID
         " or /f/" NO_ID "/a\n");
    e = event_in(EVENT_MESSAGE, "#ops", "alice", "of a later version");
    e->message_kind = MESSAGE_FILE;
    hear(&play, e, "< alice: of a later version\n");
    line_play_done(&play);
}

static void
expect_private(unsigned encoding, const char *room)
{
    struct event *e = event_in(EVENT_MESSAGE, room, "alice", "psst");
    struct slab *s = line_encode(&config, encoding, e);

    assert_memory_equal(s->p, "[private] alice: psst\n", s->n);
    slab_unref(&s);
    event_unref(&e);
}

/* A page for a lagging receiver may not know what the room is called. */
static void
a_direct_message_is_private_by_room_or_encoding(void **state)
{
    (void)state;
    expect_private(LINE_ENCODING_DIRECT, "");
    expect_private(LINE_ENCODING_OTHER, "@alice");
    expect_private(LINE_ENCODING_CURRENT, "@alice");
}

static void
ones_own_messages_do_not_come_back(void **state)
{
    struct line_play play = bob();
    struct event *e = event_in(EVENT_MESSAGE, "#lobby", "bob", "hello");

    (void)state;
    e->sender_id = play.conn->receiver.who.sender_id;
    hear(&play, e, "");
    line_play_done(&play);
}

static struct event *
gathered(bool joined, unsigned named, unsigned others)
{
    static const char *const names[] = {"alice", "bob"};
    struct event *e = event_in(EVENT_GATHERED, "#lobby", "", "");
    struct event **items = must_alloc(2 * sizeof *items);

    for (unsigned i = 0; i < named; i++)
        items[i] = event_in(joined ? EVENT_JOINED : EVENT_LEFT, "#lobby",
                            names[i], "");
    event_set_items(e, items, named);
    e->others = others;
    e->joined = joined;
    return e;
}

static void
a_crowd_comes_and_goes_in_one_line(void **state)
{
    struct line_play play = enter_as("zoe\n", &config);

    (void)state;
    hear(&play, gathered(true, 1, 0), "< alice has joined the chat.\n");
    hear(&play, gathered(true, 2, 0),
         "< alice and bob have joined the chat.\n");
    hear(&play, gathered(true, 2, 37),
         "< alice, bob and 37 others have joined the chat.\n");
    hear(&play, gathered(false, 2, 1),
         "< alice, bob and 1 other have left the chat.\n");
    line_play_done(&play);
}

static void
a_new_name_is_told(void **state)
{
    struct line_play play = bob();
    struct event *e = event_new(EVENT_RENAMED, str_of("#lobby"),
                                str_of("alice"), nothing, str_of("ali"));

    (void)state;
    e->room = line_play_room(str_of("#lobby"));
    hear(&play, e, "< alice is now known as ali.\n");
    line_play_done(&play);
}

static void
typing_cursors_and_absences_are_not_said(void **state)
{
    struct line_play play = bob();

    (void)state;
    hear(&play, event_in(EVENT_TYPING, "#lobby", "alice", ""), "");
    hear(&play, event_in(EVENT_CURSOR, "#lobby", "alice", ""), "");
    hear(&play, event_in(EVENT_AWAY, "#lobby", "alice", "lunch"), "");
    line_play_done(&play);
}

/* --- threats 1 and 4 --- */

/* Everything a terminal could obey: 300 sequences in all ways of writing. */
static void
escape_sequence(unsigned i, char out[64])
{
    static const char *const bodies[] = {
        "[31m", "[2J", "[6n", "[?1049h", "]0;title\x07", "]52;c;aGk=\x1b\\",
        "]8;;http://x\x1b\\", "P$q\"p\x1b\\", "P+q544e\x1b\\", "_x\x1b\\",
        "^x\x1b\\", "Xx\x1b\\", "c", "(0", "#8", "N", "O", "\\", "7", ">",
        "[1;1H", "[200~", "]1337;File=:\x07", "[!p", "]4;1;?\x07",
    };
    static const char *const forms[] = {
        "\x1b%s", "\xc2\x9b%s", "\x9b%s", "a\x1b%s\x1b", "\x1b\x1b%s\r\n",
        "\xc2\x90%s\xc2\x9c", "\n\x1b%s", "\xe2\x80\xa8%s\x7f",
        "\b\b%s\x0e", "\x1b%s\xff\x1b", "\r%s\v", "\x85%s\xc2\x85",
    };

    snprintf(out, 64, forms[i % 12], bodies[i / 12]);
}

static void
expect_clean_lines(struct str s)
{
    while (s.n > 0) {
        const char *lf = memchr(s.p, '\n', s.n);
        struct str line = {s.p, lf ? (size_t)(lf - s.p) : 0};

        assert_non_null(lf);
        assert_true(utf8_is_clean(line, UTF8_ONE_LINE));
        s = (struct str){lf + 1, s.n - line.n - 1};
    }
}

static void
expect_clean_encoding(enum event_kind kind, unsigned encoding, struct str bad,
                      enum message_kind message_kind)
{
    struct event *e = event_new(kind, bad, bad, bad, bad);
    struct slab *s;

    e->message_kind = message_kind;
    e->setting = SETTING_DESCRIPTION;
    e->others = 2;
    s = line_encode(&config, encoding, e);
    if (s)
        expect_clean_lines((struct str){s->p, s->n});
    slab_unref(&s);
    event_unref(&e);
}

static void
no_control_byte_is_ever_encoded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        char bad[64];

        escape_sequence(i, bad);
        for (unsigned k = EVENT_MESSAGE; k <= EVENT_ANNOUNCEMENT; k++) {
            for (unsigned encoding = 0; encoding < 3; encoding++)
                expect_clean_encoding((enum event_kind)k, encoding,
                                      str_of(bad),
                                      (enum message_kind)(1 + i % 4));
        }
    }
}

/* One of everything, with something bad in every field. */
static struct event *
bad_answer(enum event_kind kind, struct str bad, uint64_t room)
{
    struct event *e = event_new(kind, bad, bad, bad, bad);
    struct event **items = must_alloc(sizeof *items);

    items[0] = event_new(ITEM_ROOM, bad, bad, bad, bad);
    items[0]->away = true;
    items[0]->message_kind = MESSAGE_TEXT;
    event_set_items(e, items, 1);
    e->deny = DENY_NAME_TAKEN;
    e->room = room;
    return e;
}

static struct event *
bad_files(struct str bad)
{
    const struct file_facts facts = {.size = FILE_SIZE_UNKNOWN};
    struct event *e = event_new(ANSWER_FILES, bad, bad, bad, bad);
    struct event **items = must_alloc(sizeof *items);

    items[0] = event_new_file(ITEM_FILE, bad, bad, bad, &facts);
    event_set_items(e, items, 1);
    return e;
}

static void
no_control_byte_is_ever_answered(void **state)
{
    struct line_play play = bob();

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        char bad[64], line[256];

        escape_sequence(i, bad);
        for (unsigned k = EVENT_SUBSCRIBED; k <= ANSWER_PONG; k++) {
            if (k != EVENT_CLOSED && k != ANSWER_WELCOME)
                line_play_event(&play, bad_answer((enum event_kind)k,
                                                  str_of(bad), i));
        }
        line_play_event(&play, bad_files(str_of(bad)));
        snprintf(line, sizeof line, "/%s\n/join %s\n/nick %s\n", bad, bad,
                 bad);
        line_play_input(&play, line, strlen(line));
    }
    expect_clean_lines(buf_str(&play.conn->sent));
    line_play_done(&play);
}

static void
a_body_cannot_speak_for_another(void **state)
{
    struct line_play play = bob();

    (void)state;
    hear(&play, event_in(EVENT_MESSAGE, "#lobby", "eve",
                         "hi\nalice: I resign\r\n[SERVER]: true\r"),
         "< eve: hi\n< eve: alice: I resign\n< eve: [SERVER]: true\n");
    line_play_done(&play);
}

static void
many_tiny_lines_are_no_flood(void **state)
{
    static char body[16 * 1024];
    struct event *e;
    struct slab *s;

    (void)state;
    memset(body, '\n', sizeof body - 1);
    e = event_in(EVENT_MESSAGE, "#lobby", "a-name-of-about-thirty-bytes", body);
    s = line_encode(&config, LINE_ENCODING_OTHER, e);
    assert_true(s->n < 4 * sizeof body);
    assert_memory_equal(s->p + s->n - 6, "| \n| \n", 6);
    slab_unref(&s);
    event_unref(&e);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_heard_says_where_it_was_said),
        cmocka_unit_test(a_direct_message_is_marked_as_private),
        cmocka_unit_test(a_direct_message_is_private_by_room_or_encoding),
        cmocka_unit_test(a_file_is_told_with_how_to_get_it),
        cmocka_unit_test(ones_own_messages_do_not_come_back),
        cmocka_unit_test(a_crowd_comes_and_goes_in_one_line),
        cmocka_unit_test(a_new_name_is_told),
        cmocka_unit_test(typing_cursors_and_absences_are_not_said),
        cmocka_unit_test(no_control_byte_is_ever_encoded),
        cmocka_unit_test(no_control_byte_is_ever_answered),
        cmocka_unit_test(a_body_cannot_speak_for_another),
        cmocka_unit_test(many_tiny_lines_are_no_flood),
    };

    rand_init();
    return cmocka_run_group_tests_name("line_events", tests, NULL, NULL);
}
