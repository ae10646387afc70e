/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define KIND(name) LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_##name
#define PRESENCE(name) LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_##name

static const struct cli_style text = {0}, json = {.json = true};

/* What is in the buffer, which is emptied; static. */
static const char *
text_of(struct buf *out)
{
    static char copy[4096];

    assert_true(out->n < sizeof copy);
    memcpy(copy, out->n > 0 ? out->p : "", out->n);
    copy[out->n] = '\0';
    buf_done(out);
    return copy;
}

static const char *
message(const struct cli_style *style, const char *room,
        Loquat__V1__MessageKind kind, char *sender, char *body,
        int64_t time_ms)
{
    Loquat__V1__Message m = LOQUAT__V1__MESSAGE__INIT;
    struct buf out;

    buf_init(&out, 100000);
    m.seq = 7;
    m.msgid = "ID";
    m.time_ms = time_ms;
    m.kind = kind;
    m.sender = sender;
    m.text = body;
    cli_print_message(&out, style, room, &m);
    return text_of(&out);
}

static void
a_message_is_a_line_with_its_time(void **state)
{
    const struct cli_style clock = {.clock_only = true};

    (void)state;
    assert_string_equal(
        message(&text, NULL, KIND(TEXT), "alice", "hello", 1795228289123),
        "[2026-11-21 02:31:29] alice: hello\n");
    assert_string_equal(
        message(&clock, "#ops", KIND(ACTION), "alice", "waves", 1795228289123),
        "[02:31:29] [#ops] * alice waves\n");
    assert_string_equal(
        message(&clock, NULL, KIND(TOPIC), "alice", "tea", 1795228289123),
        "[02:31:29] alice has set the topic: tea\n");
}

static void
later_lines_are_indented(void **state)
{
    (void)state;
    assert_string_equal(
        message(&text, NULL, KIND(TEXT), "bob", "a\n[x] eve: b\nc", 0),
        "[1970-01-01 00:00:00] bob: a\n    [x] eve: b\n    c\n");
}

static void
what_a_terminal_would_obey_is_not_shown(void **state)
{
    (void)state;
    assert_string_equal(
        message(&text, "#o\x1b[1mps", KIND(TEXT), "b\nob\x07",
                "a\x1b[2Jb\xc2\x9b" "31mc\xff", 0),
        "[1970-01-01 00:00:00] [#ops] b ob: abc\xef\xbf\xbd\n");
    assert_string_equal(
        message(&json, "#ops", KIND(TEXT), "bob", "a\x1b]0;x\x07" "b", 0),
        "{\"room\":\"#ops\",\"seq\":7,\"msgid\":\"ID\","
        "\"time\":\"1970-01-01T00:00:00.000Z\",\"sender\":\"bob\","
        "\"kind\":\"text\",\"text\":\"ab\"}\n");
}

static void
json_has_universal_time_and_keeps_line_feeds(void **state)
{
    (void)state;
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    assert_string_equal(
        message(&json, "#ops", KIND(ACTION), "bob", "a\n\"b\"",
                1795228289007),
        "{\"room\":\"#ops\",\"seq\":7,\"msgid\":\"ID\","
        "\"time\":\"2026-11-21T02:31:29.007Z\",\"sender\":\"bob\","
        "\"kind\":\"action\",\"text\":\"a\\n\\\"b\\\"\"}\n");
    setenv("TZ", "UTC", 1);
    tzset();
}

static void
impossible_times_are_harmless(void **state)
{
    (void)state;
    assert_non_null(strstr(message(&json, "#o", KIND(TEXT), "", "", INT64_MAX),
                           "\"time\":\"9999-12-31T23:59:59."));
    assert_non_null(strstr(message(&json, "#o", KIND(TEXT), "", "", INT64_MIN),
                           "\"time\":\"1970-01-01T00:00:00.000Z\""));
    assert_non_null(strstr(message(&text, NULL, KIND(TEXT), "", "", INT64_MAX),
                           "[9999-12-31 23:59:59]"));
}

static const char *
presence(Loquat__V1__PresenceKind kind, unsigned others, char *why,
         size_t n, char **names)
{
    Loquat__V1__Presence p = LOQUAT__V1__PRESENCE__INIT;
    struct buf out;

    buf_init(&out, 100000);
    p.kind = kind;
    p.others = others;
    p.text = why;
    p.n_names = n;
    p.names = names;
    cli_print_presence(&out, NULL, &p);
    return text_of(&out);
}

static void
comings_and_goings_are_sentences(void **state)
{
    char *names[] = {"alice", "bob", "carol"};

    (void)state;
    assert_string_equal(presence(PRESENCE(JOINED), 0, "", 1, names),
                        "alice has joined the chat.\n");
    assert_string_equal(presence(PRESENCE(LEFT), 0, "gone", 1, names),
                        "alice has left the chat.\n");
    assert_string_equal(presence(PRESENCE(JOINED), 0, "", 3, names),
                        "alice, bob and carol have joined the chat.\n");
    assert_string_equal(presence(PRESENCE(LEFT), 37, "", 2, names),
                        "alice, bob and 37 others have left the chat.\n");
    assert_string_equal(presence(PRESENCE(RENAMED), 0, "", 2, names),
                        "alice is now known as bob.\n");
    assert_string_equal(presence(PRESENCE(AWAY), 0, "lunch", 1, names),
                        "alice is away: lunch.\n");
    assert_string_equal(presence(PRESENCE(AWAY), 0, "", 1, names),
                        "alice is away.\n");
    assert_string_equal(presence(PRESENCE(BACK), 0, "", 1, names),
                        "alice is back.\n");
}

static void
half_a_presence_is_not_shown(void **state)
{
    char *names[] = {"alice"};

    (void)state;
    assert_string_equal(presence(PRESENCE(JOINED), 0, "", 0, NULL), "");
    assert_string_equal(presence(PRESENCE(RENAMED), 0, "", 1, names), "");
    assert_string_equal(presence(PRESENCE(UNKNOWN), 0, "", 1, names), "");
    assert_string_equal(
        presence((Loquat__V1__PresenceKind)99, 0, "", 1, names), "");
}

static void
rooms_and_people_are_lines(void **state)
{
    Loquat__V1__Room room = LOQUAT__V1__ROOM__INIT;
    Loquat__V1__Person person = LOQUAT__V1__PERSON__INIT;
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    room.target = "#ops";
    room.present = 3;
    room.last_seq = 9;
    room.topic = "tea";
    cli_print_room(&out, &text, &room);
    room.privacy = LOQUAT__V1__PRIVACY__PRIVACY_HIDDEN;
    room.role = LOQUAT__V1__ROLE__ROLE_OWNER;
    cli_print_room(&out, &text, &room);
    cli_print_room(&out, &json, &room);
    person.name = "bob";
    person.away = true;
    person.away_text = "lunch";
    cli_print_person(&out, &text, &person);
    person.account = person.muted = true;
    person.role = LOQUAT__V1__ROLE__ROLE_MODERATOR;
    cli_print_person(&out, &text, &person);
    cli_print_person(&out, &json, &person);
    assert_string_equal(text_of(&out),
        "#ops (3) tea\n"
        "#ops (3) (hidden) tea\n"
        "{\"room\":\"#ops\",\"present\":3,\"last_seq\":9,\"topic\":\"tea\","
        "\"privacy\":\"hidden\",\"role\":\"owner\"}\n"
        "bob (away: lunch)\n"
        "bob (away: lunch) [moderator, muted]\n"
        "{\"name\":\"bob\",\"away\":true,\"away_text\":\"lunch\","
        "\"active\":\"1970-01-01T00:00:00.000Z\",\"account\":true,"
        "\"role\":\"moderator\",\"muted\":true}\n");
}

static void
devices_bans_and_members_are_lines(void **state)
{
    Loquat__V1__Device device = LOQUAT__V1__DEVICE__INIT;
    Loquat__V1__BanInfo ban = LOQUAT__V1__BAN_INFO__INIT;
    Loquat__V1__MemberInfo member = LOQUAT__V1__MEMBER_INFO__INIT;
    struct buf out;

    (void)state;
    buf_init(&out, 2000);
    device.id = 3;
    device.name = "lap\x1b[31mtop";
    device.scope = "read post";
    device.room = "#ops";
    device.current = true;
    cli_print_device(&out, &text, &device);
    cli_print_device(&out, &json, &device);
    ban.name = "192.0.2.0/24";
    ban.by = "alice";
    ban.reason = "spam";
    cli_print_ban(&out, &text, &ban);
    ban.mute = true;
    cli_print_ban(&out, &json, &ban);
    member.name = "bob";
    member.role = (Loquat__V1__Role)99;
    cli_print_member(&out, &text, &member);
    member.role = LOQUAT__V1__ROLE__ROLE_MEMBER;
    member.present = true;
    cli_print_member(&out, &json, &member);
    assert_string_equal(text_of(&out),
        "[1970-01-01 00:00:00] 3 laptop (read post in #ops) this one\n"
        "{\"id\":3,\"name\":\"laptop\",\"created\":\"1970-01-01T00:00:00.000Z"
        "\",\"seen\":\"1970-01-01T00:00:00.000Z\",\"room\":\"#ops\","
        "\"scope\":\"read post\",\"current\":true}\n"
        "[1970-01-01 00:00:00] 192.0.2.0/24 was banned by alice: spam\n"
        "{\"name\":\"192.0.2.0/24\",\"reason\":\"spam\",\"by\":\"alice\","
        "\"created\":\"1970-01-01T00:00:00.000Z\",\"mute\":true}\n"
        "bob (none) not here\n"
        "{\"name\":\"bob\",\"role\":\"member\",\"present\":true}\n");
}

static void
a_room_is_described_in_lines(void **state)
{
    Loquat__V1__RoomInfo room = LOQUAT__V1__ROOM_INFO__INIT;
    struct buf out;

    (void)state;
    buf_init(&out, 2000);
    room.target = "#ops";
    room.owner = "alice";
    room.slow_ms = 10000;
    room.keep_ms = 86400000;
    room.keep_messages = 1000;
    room.present = 2;
    room.first_seq = 3;
    room.last_seq = 9;
    room.role = LOQUAT__V1__ROLE__ROLE_OWNER;
    cli_print_room_info(&out, &text, &room);
    assert_string_equal(text_of(&out),
        "#ops (2, public) [owner]\n"
        "  owner: alice\n"
        "  history: all\n"
        "  slow: 10s\n"
        "  keep: 1d\n"
        "  keep: 1000 messages\n"
        "  messages: 3 to 9\n");
}

static void
a_flush_writes_it_all(void **state)
{
    struct buf out;
    char got[8] = "";
    int fds[2];

    (void)state;
    buf_init(&out, 1000);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(buf_append(&out, "hello", 5), 0);
    assert_int_equal(cli_print_flush(&out, fds[1]), 0);
    assert_int_equal(out.n, 0);
    assert_int_equal(read(fds[0], got, sizeof got), 5);
    assert_string_equal(got, "hello");
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(buf_append(&out, "x", 1), 0);
    assert_true(cli_print_flush(&out, fds[1]) < 0);
    buf_done(&out);
}

static const char *
shared_file(const struct cli_style *style, char *id, char *name)
{
    static uint8_t sum[32] = {0xab, 1};
    Loquat__V1__FileInfo file = LOQUAT__V1__FILE_INFO__INIT;
    Loquat__V1__Message m = LOQUAT__V1__MESSAGE__INIT;
    struct buf out;

    file.id = id;
    file.name = name;
    file.length_case = LOQUAT__V1__FILE_INFO__LENGTH_SIZE;
    file.size = 1234567;
    file.sha256 = (ProtobufCBinaryData){sizeof sum, sum};
    m.kind = KIND(FILE);
    m.sender = "alice";
    m.time_ms = 1795228289123;
    m.file = &file;
    buf_init(&out, 100000);
    cli_print_message(&out, style, NULL, &m);
    return text_of(&out);
}

#define ID "01234567890123456789abcdec"

static void
a_file_is_a_line_that_says_how_to_get_it(void **state)
{
    (void)state;
    assert_string_equal(
        shared_file(&text, ID, "a b.webp"),
        "[2026-11-21 02:31:29] alice shared a b.webp (1.2 MB): "
        "/f/" ID "/a%20b.webp  (loquat get " ID ")\n");
    assert_non_null(strstr(
        shared_file(&json, ID, "a b.webp"),
        "\"kind\":\"file\",\"text\":\"\",\"file_id\":\"" ID "\","
        "\"file_name\":\"a b.webp\",\"file_size\":1234567,"
        "\"file_sha256\":\"ab01000000"));
}

static void
a_hostile_file_shows_nothing_to_obey(void **state)
{
    (void)state;
    assert_string_equal(
        shared_file(&text, "$(reboot)", "\x1b[2Jx\n"),
        "[2026-11-21 02:31:29] alice shared x  (1.2 MB): /f/?/x%20  "
        "(loquat get ?)\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_a_line_with_its_time),
        cmocka_unit_test(later_lines_are_indented),
        cmocka_unit_test(what_a_terminal_would_obey_is_not_shown),
        cmocka_unit_test(json_has_universal_time_and_keeps_line_feeds),
        cmocka_unit_test(impossible_times_are_harmless),
        cmocka_unit_test(comings_and_goings_are_sentences),
        cmocka_unit_test(half_a_presence_is_not_shown),
        cmocka_unit_test(rooms_and_people_are_lines),
        cmocka_unit_test(devices_bans_and_members_are_lines),
        cmocka_unit_test(a_room_is_described_in_lines),
        cmocka_unit_test(a_file_is_a_line_that_says_how_to_get_it),
        cmocka_unit_test(a_hostile_file_shows_nothing_to_obey),
        cmocka_unit_test(a_flush_writes_it_all),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
