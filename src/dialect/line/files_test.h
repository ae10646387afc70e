/* SPDX-License-Identifier: MIT
 *
 * What the tests of files over lines have in common. */
#ifndef DIALECT_LINE_FILES_TEST_H
#define DIALECT_LINE_FILES_TEST_H

#include "dialect/line/acting_test.h"
#include "hub/attachment.h"

static inline struct dialect_config
config_with(enum line_newline newline)
{
    struct dialect_config with = config;

    with.newline = newline;
    with.dead_ms = 75000;
    return with;
}

static inline struct line_play
bob_with(enum line_newline newline)
{
    const struct dialect_config with = config_with(newline);

    if (newline == LINE_NEWLINE_REQUIRED)
        return enter_as("bob\n", &with);
    return enter_as("bob\r\n", &with);
}

static inline const char *
id_text(unsigned number)
{
    static char text[FILE_ID_CHARS + 1];
    const struct file_id id = line_play_file_id(number);

    file_id_write(&id, text);
    return text;
}

static inline void
expect_has(const struct line_play *play, const char *want)
{
    if (!strstr(play->script.p, want)) {
        print_error("got:\n%s\nwant:\n%s", play->script.p, want);
        fail();
    }
}

static inline void
expect_has_not(const struct line_play *play, const char *unwanted)
{
    if (strstr(play->script.p, unwanted)) {
        print_error("got:\n%s\ndo not want:\n%s", play->script.p, unwanted);
        fail();
    }
}

static inline void
say(struct line_play *play, const char *bytes)
{
    line_play_input(play, bytes, strlen(bytes));
}

/* "/get " and the file's id. */
static inline void
ask_for(struct line_play *play, unsigned number)
{
    char line[64];

    snprintf(line, sizeof line, "/get %s\n", id_text(number));
    say(play, line);
}

static inline struct event *
uploading(unsigned number, uint64_t size)
{
    const struct file_facts facts = {
        .id = line_play_file_id(number), .size = size,
        .state = FILE_ARRIVING,
    };
    struct event *e = event_new_file(EVENT_UPLOADING, str_of("#lobby"),
                                     str_of("alice"), str_of("a.bin"), &facts);

    e->session = 4711;
    e->room = line_play_room(str_of("#lobby"));
    return e;
}

static inline struct event *
shared(unsigned number, uint64_t size, const char *name)
{
    const struct attachment a = {
        .id = line_play_file_id(number), .size = size, .name = str_of(name),
    };
    char body[ATTACHMENT_BYTES];
    struct event *e;

    attachment_write(&a, body);
    e = event_in(EVENT_MESSAGE, "#lobby", "alice", body);
    e->message_kind = MESSAGE_FILE;
    e->sender_id = 4711;
    return e;
}

#endif
