/* SPDX-License-Identifier: MIT
 *
 * Answers as sentences for the one who asked. That a message was stored is
 * not said: whoever types sees it already. */
#include "dialect/line/line_answers.h"
#include "dialect/line/line_done.h"
#include "dialect/line/line_door.h"
#include "dialect/line/line_events.h"
#include "dialect/line/line_impl.h"
#include "dialect/line/line_lists.h"

#include <inttypes.h>
#include <stdio.h>

#define IDLE_MS (5 * 60 * 1000)

static const struct str nothing = {NULL, 0};

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
void
line_say_denied(struct conn *c, const struct event *e, const char *advice)
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

static bool
is_by_password(enum command_kind kind)
{
    return kind == COMMAND_LOGIN || kind == COMMAND_PASSWORD ||
           kind == COMMAND_UNREGISTER;
}

static void
tell_denied(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);

    if (st->phase == LINE_ENTERING)
        line_door_denied(c, e);
    else if (st->news && e->command == COMMAND_ROOMS)
        st->news = false;      /* a person did not ask */
    else if (e->deny == DENY_BAD_CREDENTIALS && is_by_password(e->command))
        line_say(c, "Wrong password.");
    else
        line_say_denied(c, e, "");
}

/* --- coming into rooms --- */

static void
tell_welcome(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);

    line_rename(st, e->name);
    if (st->phase != LINE_CHATTING)
        line_door_welcome(c, e);
    else
        line_say(c, "You are logged in as %s.", st->name);
    if (sender_is_account(e->sender_id) && e->command != COMMAND_RENAME) {
        st->news = true;
        line_ask(c, command_new(COMMAND_ROOMS, nothing, nothing, nothing));
    }
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

/* Where one is after leaving a room, if that has changed. */
static void
add_whereabouts(struct line_out *o, const char *before,
                const struct line_state *st, const struct line_room *was)
{
    if (!st->rooms.current)
        line_out_add(o, "%sYou are in no room now. /join one.", before);
    else if (st->rooms.current != was)
        line_out_add(o, "%sYou are now in %s.", before,
                     st->rooms.current->name);
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
    add_whereabouts(&o, " ", st, before);
    line_out_end(&o);
    line_out_send(&o, c);
}

/* "You were removed from #ops by alice: why", as a line of its own, so that
 * nothing can stand behind the reason. */
static void
add_removal(struct line_out *o, const struct event *e)
{
    if (e->deny == DENY_NO_SUCH_ROOM)
        line_out_add(o, "%.*s was closed", STR_FMT(e->room_name));
    else
        line_out_add(o, "You were %s from %.*s",
                     e->deny == DENY_BANNED ? "banned" : "removed",
                     STR_FMT(e->room_name));
    if (e->extra.n > 0)
        line_out_add(o, " by %.*s", STR_FMT(e->extra));
    line_out_add(o, e->text.n > 0 ? ": %.*s" : ".%.*s", STR_FMT(e->text));
    line_out_end(o);
}

/* Also of a room that is not joined, since files of it stop as well. */
static void
tell_removed(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);
    const struct line_room *before = st->rooms.current;
    bool joined = line_rooms_get(&st->rooms, e->room) != NULL;
    struct line_out o;

    line_rooms_drop(&st->rooms, conn_receiver(c), e->room);
    line_files_removed(c, e->room);
    if (!joined || st->over)
        return;
    line_out_init(&o);
    add_removal(&o, e);
    add_whereabouts(&o, "", st, before);
    if (line_out_length(&o) > 0)
        line_out_end(&o);
    line_out_send(&o, c);
}

static void
tell_invited(struct conn *c, const struct event *e)
{
    line_say(c, "%.*s has invited you to %.*s. /join %.*s",
             STR_FMT(e->extra.n > 0 ? e->extra : str_of("The operator")),
             STR_FMT(e->room_name), STR_FMT(e->room_name));
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

/* Behind all else, so that the words before it stay what they were. */
static void
add_standing(struct line_out *o, const struct event *person)
{
    if (person->sender_id != 0 && !sender_is_account(person->sender_id))
        line_out_add(o, " (guest)");
    else if (person->role > ROLE_MEMBER)
        line_out_add(o, " (%s)", line_lists_role(person->role));
    if (person->muted)
        line_out_add(o, " (muted)");
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
    add_standing(o, person);
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

        line_lists_next(&o, i, person->name.n + person->text.n);
        add_person(&o, person, now_ms);
    }
    if (e->count > e->items_n && e->items_n > 0)
        line_out_add(&o, " and %zu more", e->count - e->items_n);
    line_out_end(&o);
    line_out_send(&o, c);
}

/* --- rooms --- */

static void
tell_rooms(struct conn *c, const struct event *e)
{
    struct line_state *st = conn_state(c);
    bool news = st->news;

    st->news = false;
    if (news)
        line_lists_news(c, e);
    else if (line_asked(st)->topic_only)
        line_lists_topic(c, e, line_asked(st)->about);
    else
        line_lists_rooms(c, e);
}

/* --- history --- */

static void
add_logged(struct line_out *o, const struct event *message)
{
    struct line_out prefix, words;

    line_out_init(&prefix);
    line_out_init(&words);
    line_out_add(&prefix, "[");
    line_lists_time(&prefix, message->time_ms);
    line_out_add(&prefix, "] ");
    line_message_prefix(&prefix, message);
    line_out_body(o, buf_str(&prefix.buf),
                  line_message_text(&words, message));
    buf_done(&prefix.buf);
    buf_done(&words.buf);
}

/* Where it is heard, what is heard is read. */
static void
note_read(struct conn *c, const struct event *page)
{
    struct command *cmd;

    if (page->room_name.n == 0 || page->room_name.p[0] != '@' ||
        page->items_n == 0 ||
        fanout_subscription(conn_receiver(c), page->room))
        return;
    cmd = command_new(COMMAND_CURSOR, page->room_name, nothing, nothing);
    cmd->read = page->items[page->items_n - 1]->seq;
    conn_command(c, cmd);
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
    note_read(c, e);
}

/* --- all of them --- */

void
line_tell(struct conn *c, const struct event *e)
{
    switch (e->kind) {
    case ANSWER_WELCOME:
        tell_welcome(c, e);
        break;
    case ANSWER_DENIED:
        tell_denied(c, e);
        break;
    case ANSWER_DONE:
        line_done(c, e);
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
        tell_rooms(c, e);
        break;
    case ANSWER_PAGE:
        tell_page(c, e);
        break;
    case ANSWER_FILES:
        line_files_list(c, e);
        break;
    case EVENT_REMOVED:
        tell_removed(c, e);
        break;
    case EVENT_INVITED:
        tell_invited(c, e);
        break;
    case ANSWER_DEVICES:
        line_lists_devices(c, e);
        break;
    case ANSWER_BANS:
        line_lists_bans(c, e);
        break;
    case ANSWER_MEMBERS:
        line_lists_members(c, e);
        break;
    case ANSWER_ROOM:
        line_lists_room(c, e);
        break;
    default:    /* posted, caught up: nothing to say */
        break;
    }
}
