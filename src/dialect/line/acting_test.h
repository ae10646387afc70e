/* SPDX-License-Identifier: MIT
 *
 * Conversations in unit tests, as plays (line_play.h): '>' the person, '='
 * what the core is asked for, '<' what the person sees. */
#ifndef DIALECT_LINE_ACTING_TEST_H
#define DIALECT_LINE_ACTING_TEST_H

#include "base/rand.h"
#include "dialect/line/line.h"
#include "dialect/line/line_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct dialect_config config = {
    .server_name = "loquat",
    .charset = NAME_ASCII,
    .message_bytes = 64,
    .pause_ms = 200,
    .guests = true,
};

static const struct str nothing = {NULL, 0};

/* Says every '>' line of a script; at "~" time goes by. */
static inline void
act(struct line_play *play, const char *script)
{
    while (*script) {
        size_t n = strcspn(script, "\n") + 1;

        if (script[0] == '>')
            line_play_input(play, script + 2, n - 2);
        if (script[0] == '~') {
            must(buf_printf(&play->script, "~\n") == 0);
            line_play_timer(play);
        }
        script += n;
    }
}

static inline void
expect_script(struct line_play *play, const char *want)
{
    if (strcmp(play->script.p, want) != 0) {
        fprintf(stderr, "got:\n%s\nwant:\n%s", play->script.p, want);
        fail();
    }
    line_play_forget(play);
}

/* The person says the '>' lines, and all of it comes out as written. */
static inline void
perform(struct line_play *play, const char *script)
{
    act(play, script);
    expect_script(play, script);
}

static inline struct line_play
begin(const struct dialect_config *with)
{
    struct line_play play;

    line_play_init(&play, with);
    return play;
}

static inline struct line_play
enter_as(const char *name, const struct dialect_config *with)
{
    struct line_play play = begin(with);

    line_play_input(&play, name, strlen(name));
    line_play_forget(&play);
    return play;
}

/* Has entered #lobby; the script is empty. */
static inline struct line_play
bob(void)
{
    return enter_as("bob\n", &config);
}

static inline struct event *
event_in(enum event_kind kind, const char *room, const char *name,
         const char *text)
{
    struct event *e = event_new(kind, str_of(room), str_of(name),
                                str_of(text), nothing);

    e->room = line_play_room(str_of(room));
    e->room_kind = room[0] == '@' ? ROOM_DIRECT : ROOM_CHANNEL;
    e->message_kind = MESSAGE_TEXT;
    return e;
}

/* The event (taken) comes, and this is what the person sees. */
static inline void
hear(struct line_play *play, struct event *e, const char *want)
{
    line_play_event(play, e);
    expect_script(play, want);
}

#endif
