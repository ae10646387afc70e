/* SPDX-License-Identifier: MIT
 *
 * Answers as sentences for the one who asked. That a message was stored is
 * not said: whoever types sees it already. */
#include "dialect/line/line_answers.h"
#include "dialect/line/line_events.h"
#include "dialect/line/line_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* A list of names goes on in a new line at this length; a room's topic is cut
 * there in the table of rooms. */
enum { LIST_LINE_BYTES = 380, TABLE_TOPIC_BYTES = 100 };

#define IDLE_MS (5 * 60 * 1000)

static const char *
plural(uint64_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

/* --- refusals --- */

/* Does the sentence need the name that was refused? */
static bool
is_about_name(enum deny d)
{
    switch (d) {
    case DENY_BAD_NAME:
    case DENY_NAME_TAKEN:
    case DENY_BAD_ROOM:
    case DENY_NO_SUCH_ROOM:
    case DENY_NO_SUCH_PERSON:
    case DENY_NOT_IN_ROOM:
    case DENY_NAME_REGISTERED:
    case DENY_INVITE_ONLY:
    case DENY_BANNED:
    case DENY_MUTED:
    case DENY_TOO_FAST:
    case DENY_NO_SUCH_BAN:
        return true;
    case DENY_NONE:
    case DENY_BAD_REQUEST:
    case DENY_BAD_VERSION:
    case DENY_NO_NAME:
    case DENY_TOO_MANY_ROOMS:
    case DENY_FORBIDDEN:
    case DENY_EMPTY_MESSAGE:
    case DENY_MESSAGE_TOO_LONG:
    case DENY_CLIENT_ID_CONFLICT:
    case DENY_STORAGE_FULL:
    case DENY_STORAGE_BROKEN:
    case DENY_NO_SUCH_FILE:
    case DENY_FILE_TOO_LARGE:
    case DENY_NO_QUOTA:
    case DENY_BAD_CHECKSUM:
    case DENY_BAD_OFFSET:
    case DENY_OVERLOADED:
    case DENY_NO_GUESTS:
    case DENY_NO_ACCOUNT:
    case DENY_BAD_CREDENTIALS:
    case DENY_THROTTLED:
    case DENY_INSECURE:
    case DENY_WEAK_PASSWORD:
    case DENY_REGISTRATION_CLOSED:
    case DENY_BAD_INVITATION:
    case DENY_NO_SUCH_DEVICE:
    case DENY_STOPPING:
        return false;
    }
    return false;
}

/* "There is no such room: #ops (more about it)." */
static void
say_denied(struct conn *c, const struct event *e, const char *advice)
{
    struct str name = line_quote(e->name);
    struct line_out o;

    line_out_init(&o);
    line_out_str(&o, str_of(deny_text(e->deny)));
    if (name.n > 0 && is_about_name(e->deny))
        line_out_add(&o, ": %.*s", STR_FMT(name));
    if (e->text.n > 0)
        line_out_add(&o, " (%.*s)", STR_FMT(e->text));
    line_out_add(&o, ".%s", advice);
    line_out_end(&o);
    line_out_send(&o, c);
}

/* Asks again; who was never asked for a name can do nothing about it. */
static void
not_entered(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);
    const char *again = " Choose a different name:";

    if (conn_config(c)->names == LINE_NAMES_ADDRESS) {
        say_denied(c, e, "");
        line_end(c, "could not enter", false);
        return;
    }
    st->phase = LINE_NAMING;
    if (e->deny == DENY_NAME_TAKEN)
        line_say(c, "Name \"%s\" is already taken.%s",
                 line_asked(st)->about, again);
    else
        say_denied(c, e, again);
}

static void
tell_denied(struct conn *c, const struct event *e)
{
    if (e->command == COMMAND_ENTER)
        not_entered(c, e);
    else
        say_denied(c, e, "");
}

/* --- coming into rooms --- */

static void
tell_welcome(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);

    st->phase = LINE_CHATTING;
    line_say(c, "Welcome, %.*s! You can now chat. Type messages and press "
             "Enter.", STR_FMT(e->name));
    line_join(c, str_of(line_asked(st)->first_room));
}

static void
show_around(struct conn *c, const struct event *e)
{
    line_say(c, "You are in %.*s. /help lists the commands.",
             STR_FMT(e->room_name));
    if (e->text.n > 0)
        line_say(c, "Topic: %.*s", STR_FMT(e->text));
}

static void
tell_subscribed(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);
    struct receiver *r = conn_receiver(c);
    struct subscription *sub = fanout_subscription(r, e->room);
    struct line_room *room;

    if (sub)
        sub->encoding = e->room_kind == ROOM_DIRECT ? LINE_ENCODING_DIRECT
                                                    : LINE_ENCODING_OTHER;
    if (e->room_kind == ROOM_DIRECT)
        return;
    room = line_rooms_add(&st->rooms, e->room, e->room_name);
    if (e->request == 0 && st->rooms.current) {
        line_rooms_enter(&st->rooms, r, st->rooms.current);
        return;
    }
    line_rooms_enter(&st->rooms, r, room);
    if (!st->shown_around)
        show_around(c, e);
    else
        line_say(c, "You are now in %.*s (%" PRIu32 " %s).%s%.*s",
                 STR_FMT(e->room_name), e->count,
                 plural(e->count, "person", "people"),
                 e->text.n > 0 ? " Topic: " : "", STR_FMT(e->text));
    st->shown_around = true;
}

static void
tell_unsubscribed(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);
    const struct line_room *before = st->rooms.current;
    struct line_out o;

    if (!line_rooms_get(&st->rooms, e->room))
        return;
    line_rooms_drop(&st->rooms, conn_receiver(c), e->room);
    line_out_init(&o);
    line_out_add(&o, "You have %s %.*s.",
                 e->request ? "left" : "been removed from",
                 STR_FMT(e->room_name));
    if (!st->rooms.current)
        line_out_add(&o, " You are in no room now. /join one.");
    else if (st->rooms.current != before)
        line_out_add(&o, " You are now in %s.", st->rooms.current->name);
    line_out_end(&o);
    line_out_send(&o, c);
}

/* --- done --- */

static void
tell_done(struct conn *c, const struct event *e)
{
    const struct line_state *st = conn_state(c);
    const struct line_asked *asked = line_asked(st);

    if (e->command == COMMAND_RENAME)
        line_say(c, "You are now known as %s.", asked->about);
    else if (e->command == COMMAND_TOPIC)
        line_say(c, "You have changed the topic of %s.", asked->about);
    else if (e->command == COMMAND_AWAY)
        line_say(c, asked->away ? "You are away. /back when you are here again."
                                : "You are back.");
}

/* --- lists --- */

static void
add_idle(struct line_out *o, int64_t idle_ms)
{
    int64_t minutes = idle_ms / 60000;

    if (minutes < 120)
        line_out_add(o, " (idle %" PRId64 " min)", minutes);
    else if (minutes < 48 * 60)
        line_out_add(o, " (idle %" PRId64 " h)", minutes / 60);
    else
        line_out_add(o, " (idle %" PRId64 " days)", minutes / 60 / 24);
}

static void
add_person(struct line_out *o, const struct event *person, int64_t now_ms)
{
    line_out_str(o, person->name);
    if (person->away && person->text.n > 0)
        line_out_add(o, " (away: %.*s)", STR_FMT(person->text));
    else if (person->away)
        line_out_add(o, " (away)");
    else if (person->time_ms > 0 && now_ms - person->time_ms >= IDLE_MS)
        add_idle(o, now_ms - person->time_ms);
}

static void
tell_people(struct conn *c, const struct event *e)
{
    int64_t now_ms = e->time_ms;
    struct line_out o;

    line_out_init(&o);
    line_out_add(&o, "%" PRIu32 " %s %s%.*s", e->count,
                 plural(e->count, "person", "people"),
                 e->room_name.n > 0 ? "in " : "here", STR_FMT(e->room_name));
    for (size_t i = 0; i < e->items_n; i++) {
        const struct event *person = e->items[i];
        size_t after = line_out_length(&o) + person->name.n + person->text.n;

        line_out_add(&o, i == 0 ? ":" : ",");
        if (i > 0 && after > LIST_LINE_BYTES) {
            line_out_end(&o);
            line_out_add(&o, " ");
        }
        line_out_add(&o, " ");
        add_person(&o, person, now_ms);
    }
    if (e->count > e->items_n && e->items_n > 0)
        line_out_add(&o, " and %zu more", e->count - e->items_n);
    line_out_end(&o);
    line_out_send(&o, c);
}

static void
add_room(struct line_out *o, const struct event *room, size_t width)
{
    struct str topic = line_cut(room->text, TABLE_TOPIC_BYTES);
    size_t pad = width > room->room_name.n ? width - room->room_name.n : 0;

    line_out_add(o, "  %.*s%*s  %3" PRIu32 " %s", STR_FMT(room->room_name),
                 (int)pad, "", room->count,
                 plural(room->count, "person", "people"));
    if (topic.n > 0)
        line_out_add(o, "%s  %.*s%s", room->count == 1 ? " " : "",
                     STR_FMT(topic), topic.n < room->text.n ? "..." : "");
    line_out_end(o);
}

static void
tell_rooms(struct conn *c, const struct event *e)
{
    size_t width = 0;
    struct line_out o;

    line_out_init(&o);
    line_out_add(&o, "%zu %s:", e->items_n, plural(e->items_n, "room",
                                                   "rooms"));
    line_out_end(&o);
    for (size_t i = 0; i < e->items_n; i++) {
        size_t n = e->items[i]->room_name.n;

        width = n > width && n <= LIMIT_ROOM_BYTES ? n : width;
    }
    for (size_t i = 0; i < e->items_n; i++)
        add_room(&o, e->items[i], width);
    if (e->more) {
        line_out_add(&o, "  and more");
        line_out_end(&o);
    }
    line_out_send(&o, c);
}

static void
tell_topic(struct conn *c, const struct event *rooms, const char *name)
{
    for (size_t i = 0; i < rooms->items_n; i++) {
        const struct event *room = rooms->items[i];

        if (!str_eq(room->room_name, str_of(name)))
            continue;
        if (room->text.n > 0)
            line_say(c, "The topic of %s is: %.*s", name, STR_FMT(room->text));
        else
            line_say(c, "%s has no topic.", name);
        return;
    }
    line_say(c, "The topic of %s is not known.", name);
}

/* --- history --- */

static void
add_time(struct line_out *o, int64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;
    char text[64];

    if (gmtime_r(&seconds, &tm) &&
        strftime(text, sizeof text, "[%Y-%m-%d %H:%M:%S] ", &tm) > 0)
        line_out_str(o, str_of(text));
}

static void
add_logged(struct line_out *o, const struct event *message)
{
    struct line_out prefix, words;

    line_out_init(&prefix);
    line_out_init(&words);
    add_time(&prefix, message->time_ms);
    line_message_prefix(&prefix, message);
    line_out_body(o, buf_str(&prefix.buf),
                  line_message_text(&words, message));
    buf_done(&prefix.buf);
    buf_done(&words.buf);
}

static void
tell_page(struct conn *c, const struct event *e)
{
    struct line_out o;

    line_out_init(&o);
    if (e->items_n == 0)
        line_out_add(&o, "-- nothing has been said in %.*s yet --",
                     STR_FMT(e->room_name));
    else
        line_out_add(&o, "-- the last %zu %s of %.*s, times in UTC --",
                     e->items_n, plural(e->items_n, "message", "messages"),
                     STR_FMT(e->room_name));
    line_out_end(&o);
    for (size_t i = 0; i < e->items_n; i++)
        add_logged(&o, e->items[i]);
    line_out_add(&o, "-- end of history --");
    line_out_end(&o);
    line_out_send(&o, c);
}

/* --- all of them --- */

void
line_tell(struct conn *c, const struct event *e)
{
    const struct line_state *st = conn_state(c);

    switch (e->kind) {
    case ANSWER_WELCOME:
        tell_welcome(c, e);
        break;
    case ANSWER_DENIED:
        tell_denied(c, e);
        break;
    case ANSWER_DONE:
        tell_done(c, e);
        break;
    case EVENT_SUBSCRIBED:
        tell_subscribed(c, e);
        break;
    case EVENT_UNSUBSCRIBED:
        tell_unsubscribed(c, e);
        break;
    case ANSWER_PEOPLE:
        tell_people(c, e);
        break;
    case ANSWER_ROOMS:
        if (line_asked(st)->topic_only)
            tell_topic(c, e, line_asked(st)->about);
        else
            tell_rooms(c, e);
        break;
    case ANSWER_PAGE:
        tell_page(c, e);
        break;
    case ANSWER_FILES:
        line_files_list(c, e);
        break;
    default:    /* posted, caught up: nothing to say */
        break;
    }
}
