/* SPDX-License-Identifier: MIT
 *
 * What a connection makes of WebSocket: the upgrade, messages, every end. */
#include "edge/door_test.h"
#include "hub/mailbox.h"

/* --- Upgrading ---------------------------------------------------------- */

static void
what_lies_behind_the_handshake_are_frames_wherever_they_are_split(void **state)
{
    struct rig *t = start(state);
    struct frames f = {0};

    memcpy(f.p, "DOOR\nASK 1\nUP talk.v1\n", f.n = 22);
    add(&f, 0x82, "NAME ann");
    add(&f, 0x82, "ASK 2");
    add(&f, 0x82, "PING 3");
    for (size_t at = 1; at <= f.n; at++) {
        int64_t before = rig_count(t, METRIC_bytes_in_total);
        int fd = client_new(t);

        client_send(fd, f.p, at);
        rig_await(t, METRIC_bytes_in_total, before + (int64_t)at);
        if (at < f.n)
            client_send(fd, f.p + at, f.n - at);
        client_expect(fd, "denied no_name\nup\n");
        hear(fd, "Hello!");
        hear(fd, "welcome ann\n");
        hear(fd, "pong 2\n");
        hear(fd, "pong 3\n");
        close(fd);
        rig_await_connections(t, 0);
        assert_int_equal(closes, at);
    }
}

static void
an_unknown_subprotocol_changes_nothing(void **state)
{
    struct rig *t = start(state);
    int fd = client_new(t);

    client_talk(fd, "DOOR\nUP talk.v2\nPING 1\nUP talk\n",
                "no talk.v2\nno talk\ndenied no_name\n");
    close(fd);
}

static void
whoever_entered_by_the_door_has_left(void **state)
{
    struct rig *t = start(state);
    int bob = client_enter(t, "bob"), fd = client_new(t);

    client_talk(fd, "DOOR\nNAME ann\nJOIN #r\n", "welcome ann\njoined #r\n");
    client_talk(bob, "SAY #r x\n", "posted\n");
    client_talk(fd, "UP talk.v1\n", "bob: x\nup\n");
    hear(fd, "Hello!");
    client_talk(bob, "SAY #r not for her\n", "posted\n");
    say(fd, "PING 1");
    hear(fd, "denied no_name\n");
    say(fd, "NAME ann");
    hear(fd, "welcome ann\n");
    close(fd);
    close(bob);
}

/* Its session is another one: the answers of before come to nobody. */
static void
what_was_asked_before_is_not_answered_after(void **state)
{
    struct rig *t = start(state);
    int fd = client_new(t);

    client_talk(fd, "DOOR\nPING 1\nPING 2\nUP talk.v1\n", "up\n");
    hear(fd, "Hello!");
    say(fd, "NAME ann");
    hear(fd, "welcome ann\n");
    close(fd);
}

static void
limits_and_deadlines_begin_anew(void **state)
{
    struct rig *t = *state;
    char junk[64];
    int fd;

    memset(junk, 'x', sizeof(junk));
    junk[63] = '\0';
    t->limits.prelogin_bytes = 500;
    t->limits.login_ms = 1000;
    start(state);
    fd = client_new(t);
    client_say(fd, "DOOR\nSERVE\n");
    for (int i = 0; i < 10; i++) {
        client_say(fd, junk);
        client_say(fd, "\n");
    }
    client_say(fd, "UP talk.v1\n");
    while (client_read(fd, junk, 1) == 1 && junk[0] != 'u')
        continue;
    client_expect(fd, "p\n");
    hear(fd, "Hello!");
    say(fd, "PING 1");
    hear(fd, "denied no_name\n");
    for (int i = 0; i < 6; i++)
        say_frame(fd, 0x8a, "a pong that nobody has asked for, and is not "
                            "answered, but counts as bytes.");
    say_frame(fd, 0x8a, "one more");
    hear(fd, "farewell no_name");
    hear_close(fd, 1008, "");

    fd = client_up(t);
    hear(fd, "farewell no_name");
    hear_close(fd, 1008, "");
}

/* --- Messages ----------------------------------------------------------- */

static void
a_room_is_heard_by_both_kinds_each_in_its_own_bytes(void **state)
{
    struct rig *t = start(state);
    int ann = client_up_as(t, "ann"), bob = client_up_as(t, "bob");
    int eve = client_enter(t, "eve");

    client_talk(eve, "SAY #r one\n", "posted\n");
    hear(ann, "eve: one\n");
    hear(bob, "eve: one\n");
    say(ann, "SAY #r two");
    hear(ann, "ann: two\n");
    hear(ann, "posted\n");
    hear(bob, "ann: two\n");
    client_expect(eve, "ann: two\n");
    close(ann);
    close(bob);
    close(eve);
}

/* From the log, in runs that are joined. */
static void
a_run_is_a_frame_for_each_message(void **state)
{
    struct rig *t = start(state);
    int eve = client_enter(t, "eve"), ann = client_up_as(t, "ann");

    for (int i = 0; i < 50; i++)
        client_say(eve, "SAY #r x\n");
    for (int i = 0; i < 50; i++)
        hear(ann, "eve: x\n");
    close(ann);
    close(eve);
}

static void
fragments_and_pings_between_them_are_put_in_order(void **state)
{
    struct rig *t = start(state);
    struct frames f = {0};
    int fd = client_up(t);

    add(&f, 0x02, "NAME ");
    add(&f, 0x89, "are you there");
    add(&f, 0x00, "an");
    add(&f, 0x80, "n");
    client_send(fd, f.p, f.n);
    hear_n(fd, 0x8a, "are you there", 13);
    hear(fd, "welcome ann\n");
    close(fd);
}

static void
every_ping_is_answered_when_the_peer_reads(void **state)
{
    struct rig *t = start(state);
    struct frames f = {0};
    int fd = client_up(t);

    for (int i = 0; i < 20; i++)
        add_n(&f, 0x89, (char[]){(char)i}, 1);
    add(&f, 0x89, "");
    client_send(fd, f.p, f.n);
    for (int i = 0; i < 20; i++)
        hear_n(fd, 0x8a, (char[]){(char)i}, 1);
    hear_n(fd, 0x8a, "", 0);
    close(fd);
}

static void
only_the_newest_ping_is_answered_when_it_does_not(void **state)
{
    struct rig *t = *state;
    struct frames f = {0};
    int fd;

    t->limits.output_soft_bytes = 0;     /* anything queued is too much */
    start(state);
    fd = client_up(t);
    for (int i = 0; i < 20; i++)
        add_n(&f, 0x89, (char[]){(char)i}, 1);
    client_send(fd, f.p, f.n);
    hear_n(fd, 0x8a, (char[]){0}, 1);
    hear_n(fd, 0x8a, (char[]){19}, 1);
    say(fd, "PING 1");
    hear(fd, "denied no_name\n");
    close(fd);
}

/* --- The end, begun by the peer ----------------------------------------- */

static void
a_close_is_echoed_after_what_was_asked_before(void **state)
{
    struct rig *t = start(state);
    struct frames f = {0};
    int fd = client_up_as(t, "ann");

    add(&f, 0x82, "SAY #r last words");
    add(&f, 0x82, "PING 1");
    add_n(&f, 0x88, "\x03\xe8", 2);
    add(&f, 0x82, "PING 2");
    client_send(fd, f.p, f.n);
    hear(fd, "ann: last words\n");
    hear(fd, "posted\n");
    hear(fd, "pong 1\n");
    hear_close(fd, 1000, "");
}

static void
every_code_is_echoed(void **state)
{
    static const unsigned codes[] = {1000, 1001, 1003, 1011, 1013, 3000, 4999};
    struct rig *t = start(state);
    int fd;

    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
        char p[] = {(char)(codes[i] >> 8), (char)codes[i], 'b', 'y', 'e'};
        fd = client_up(t);
        say_close(fd, p, sizeof(p));
        hear_close(fd, codes[i], "");
    }
    fd = client_up(t);
    say_close(fd, "", 0);
    hear_n(fd, 0x88, "", 0);
    client_expect_end(fd);
    rig_await_connections(t, 0);
    assert_int_equal(rig_count(t, METRIC_bad_input_total), 0);
}

static void
an_end_without_a_close_is_an_end(void **state)
{
    struct rig *t = start(state);
    int fd = client_up_as(t, "ann");

    say_frame(fd, 0x02, "half a mess");
    shutdown(fd, SHUT_WR);
    hear_close(fd, 1000, "");
    rig_await_connections(t, 0);
}

/* --- The end, for a fault ----------------------------------------------- */

static void
every_fault_has_its_code(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        unsigned code;
        const char *reason;
    } faults[] = {
        {"\x82\x02hi", 4, 1002, "the frame is not masked"},
        {"\xc2\x81mask-", 7, 1002, "a reserved bit is set"},
        {"\x83\x80mask", 6, 1002, "a reserved opcode"},
        {"\x8b\x80mask", 6, 1002, "a reserved opcode"},
        {"\x80\x80mask", 6, 1002, "nothing to continue"},
        {"\x09\x80mask", 6, 1002, "no frame of RFC 6455"},
        {"\x81\x80mask", 6, 1003, "text is not spoken here"},
        {"\x82\x80mask", 6, 1007, "the message is not whole"},
        {"\x82\x82\0\0\0\0x-", 8, 1007, "the message is not whole"},
        {"\x88\x83\0\0\0\0\x03\xe8\xff", 9, 1007, "the reason is not UTF-8"},
        {"\x88\x81\0\0\0\0\x03", 7, 1002, "no code to close with"},
        {"\x88\x82\0\0\0\0\x03\xed", 8, 1002, "no code to close with"},
        {"\x82\xff\0\0\0\0\0\x04\0\x09mask-", 15, 1009,
         "the message is too long"},
    };
    struct rig *t = start(state);
    size_t n = sizeof(faults) / sizeof(*faults);

    for (size_t i = 0; i < n; i++) {
        int fd = client_up(t);

        client_send(fd, faults[i].bytes, faults[i].n);
        hear_close(fd, faults[i].code, faults[i].reason);
        rig_await_connections(t, 0);
        assert_int_equal(rig_count(t, METRIC_bad_input_total), i + 1);
    }
}

static void
a_peer_that_sends_on_behind_its_fault_still_hears_of_it(void **state)
{
    struct rig *t = start(state);
    static char junk[256 * 1024];
    int fd = client_up(t);

    client_send(fd, "\x82\xff\0\0\0\0\0\x10\0\0mask-", 15);
    for (int i = 0; i < 8; i++)
        client_send(fd, junk, sizeof(junk));
    shutdown(fd, SHUT_WR);
    hear_close(fd, 1009, "the message is too long");
}

/* --- The end, begun by us ----------------------------------------------- */

static void
the_dialects_end_is_a_normal_one(void **state)
{
    static const char *const words[] = {"QUIT", "BYE"};
    struct rig *t = start(state);

    for (int i = 0; i < 2; i++) {
        int fd = client_up(t);

        say(fd, words[i]);
        hear_close(fd, 1000, "");
    }
}

static void
a_stop_is_going_away(void **state)
{
    struct rig *t = start(state);
    int fd = client_up_as(t, "ann");
    struct str none = {0};

    core_operate(t->core, command_new(COMMAND_STOP, none, none, none));
    hear(fd, "farewell none");
    hear_close(fd, 1001, "");
}

static void
who_is_removed_hears_why_by_code(void **state)
{
    static const struct {
        enum deny deny;
        unsigned code;
    } whys[] = {
        {DENY_NONE, 1000}, {DENY_FORBIDDEN, 1008}, {DENY_STOPPING, 1001},
        {DENY_STORAGE_FULL, 1013}, {DENY_STORAGE_BROKEN, 1011},
    };
    struct rig *t = start(state);
    uint64_t session = 0;

    for (size_t i = 0; i < sizeof(whys) / sizeof(*whys); i++) {
        int fd = client_up(t);
        struct parcel_list l = {0};
        struct str none = {0};
        struct event *e = event_new(EVENT_CLOSED, none, none,
                                    str_of("go"), none);
        char want[64];

        session += 2;      /* one for the door, one for the talk */
        e->deny = whys[i].deny;
        parcel_list_push(&l, parcel_new(PARCEL_CLOSE, session, 0, e));
        mailbox_post(t->mailboxes[0], &l, clock_mono_us());
        snprintf(want, sizeof(want), "farewell %s", deny_word(whys[i].deny));
        hear(fd, want);
        hear_close(fd, whys[i].code, "");
    }
}

static void
a_peer_that_answers_no_close_is_not_waited_for_long(void **state)
{
    struct rig *t = *state;
    int64_t began;
    int fd;

    t->limits.linger_ms = 200;
    start(state);
    fd = client_up(t);
    began = clock_mono_ms();
    say(fd, "BYE");
    rig_await_connections(t, 0);
    assert_true(clock_mono_ms() - began >= 200);
    hear_close(fd, 1000, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        rig_unit_test(
            what_lies_behind_the_handshake_are_frames_wherever_they_are_split),
        rig_unit_test(an_unknown_subprotocol_changes_nothing),
        rig_unit_test(whoever_entered_by_the_door_has_left),
        rig_unit_test(what_was_asked_before_is_not_answered_after),
        rig_unit_test(limits_and_deadlines_begin_anew),
        rig_unit_test(a_room_is_heard_by_both_kinds_each_in_its_own_bytes),
        rig_unit_test(a_run_is_a_frame_for_each_message),
        rig_unit_test(fragments_and_pings_between_them_are_put_in_order),
        rig_unit_test(every_ping_is_answered_when_the_peer_reads),
        rig_unit_test(only_the_newest_ping_is_answered_when_it_does_not),
        rig_unit_test(a_close_is_echoed_after_what_was_asked_before),
        rig_unit_test(every_code_is_echoed),
        rig_unit_test(an_end_without_a_close_is_an_end),
        rig_unit_test(every_fault_has_its_code),
        rig_unit_test(a_peer_that_sends_on_behind_its_fault_still_hears_of_it),
        rig_unit_test(the_dialects_end_is_a_normal_one),
        rig_unit_test(a_stop_is_going_away),
        rig_unit_test(who_is_removed_hears_why_by_code),
        rig_unit_test(a_peer_that_answers_no_close_is_not_waited_for_long),
    };
    return cmocka_run_group_tests_name("conn_websocket", tests,
                                       rig_main_setup, NULL);
}
