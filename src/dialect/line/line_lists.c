/* SPDX-License-Identifier: MIT */
#include "dialect/line/line_lists.h"
#include "hub/setting.h"

#include <inttypes.h>
#include <time.h>

/* A list of names goes on in a new line at this length. */
enum { LIST_LINE_BYTES = 380 };

/* A room's topic is cut there in the table of rooms. */
enum { TABLE_TOPIC_BYTES = 100 };

/* More people than that are not told of who wrote. */
enum { NEWS_MAX = 5 };

void
line_lists_next(struct line_out *o, size_t i, size_t n)
{
    line_out_add(o, i == 0 ? ":" : ",");
    if (i > 0 && line_out_length(o) + n > LIST_LINE_BYTES) {
        line_out_end(o);
        line_out_add(o, " ");
    }
    line_out_add(o, " ");
}

void
line_lists_time(struct line_out *o, int64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;
    char text[64];

    if (gmtime_r(&seconds, &tm) &&
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) > 0)
        line_out_str(o, str_of(text));
}

static void
add_when(struct line_out *o, const char *before, int64_t time_ms)
{
    if (time_ms <= 0)
        return;
    line_out_add(o, "%s", before);
    line_lists_time(o, time_ms);
}

/* "2 bans", "no ban" */
static void
add_count(struct line_out *o, size_t n, const char *one, const char *many)
{
    if (n == 0)
        line_out_add(o, "No %s", one);
    else
        line_out_add(o, "%zu %s", n, n == 1 ? one : many);
}

static void
add_more(struct line_out *o, const struct event *e)
{
    if (!e->more)
        return;
    line_out_add(o, "  and more");
    line_out_end(o);
}

/* --- devices --- */

/* "  12 laptop: read post, in #ops, made ..., last seen ... (this one)" */
static void
add_device(struct line_out *o, const struct event *device)
{
    line_out_add(o, "  %" PRIu64 " %.*s: %.*s", device->token,
                 STR_FMT(device->name), STR_FMT(device->text));
    if (device->room_name.n > 0)
        line_out_add(o, ", in %.*s", STR_FMT(device->room_name));
    add_when(o, ", made ", device->time_ms);
    add_when(o, ", last seen ", device->seen_ms);
    add_when(o, ", until ", device->expires_ms);
    line_out_add(o, "%s", device->away ? " (this one)" : "");
    line_out_end(o);
}

void
line_lists_devices(struct conn *c, const struct event *e)
{
    struct line_out o;

    line_out_init(&o);
    add_count(&o, e->items_n, "device or token", "devices and tokens");
    line_out_add(&o, "%s", e->items_n > 0 ? ", times in UTC:" : ".");
    line_out_end(&o);
    for (size_t i = 0; i < e->items_n; i++)
        add_device(&o, e->items[i]);
    add_more(&o, e);
    line_out_send(&o, c);
}

/* --- bans --- */

/* "  bob: rude (by alice, ..., until ...)" */
static void
add_ban(struct line_out *o, const struct event *ban)
{
    line_out_add(o, "  %.*s%s%s%.*s", STR_FMT(ban->name),
                 ban->muted ? " (muted)" : "", ban->text.n > 0 ? ": " : "",
                 STR_FMT(ban->text));
    if (ban->extra.n > 0)
        line_out_add(o, ", by %.*s", STR_FMT(ban->extra));
    add_when(o, ", since ", ban->time_ms);
    add_when(o, ", until ", ban->expires_ms);
    line_out_end(o);
}

void
line_lists_bans(struct conn *c, const struct event *e)
{
    struct line_out o;

    line_out_init(&o);
    if (e->items_n == 0)
        line_out_add(&o, "Nobody is banned or muted in %.*s.",
                     STR_FMT(e->room_name));
    else
        line_out_add(&o, "%zu banned or muted in %.*s, times in UTC:",
                     e->items_n, STR_FMT(e->room_name));
    line_out_end(&o);
    for (size_t i = 0; i < e->items_n; i++)
        add_ban(&o, e->items[i]);
    add_more(&o, e);
    line_out_send(&o, c);
}

/* --- members --- */

const char *
line_lists_role(enum room_role role)
{
    switch (role) {
    case ROLE_OWNER:
        return "owner";
    case ROLE_MODERATOR:
        return "moderator";
    case ROLE_MEMBER:
        return "member";
    case ROLE_NONE:
        break;
    }
    return "";
}

void
line_lists_members(struct conn *c, const struct event *e)
{
    struct line_out o;

    line_out_init(&o);
    add_count(&o, e->items_n, "member", "members");
    line_out_add(&o, " of %.*s", STR_FMT(e->room_name));
    for (size_t i = 0; i < e->items_n; i++) {
        const struct event *item = e->items[i];

        line_lists_next(&o, i, item->name.n);
        line_out_str(&o, item->name);
        if (item->role > ROLE_MEMBER)
            line_out_add(&o, " (%s)", line_lists_role(item->role));
        if (item->away)
            line_out_add(&o, " (not here)");
    }
    line_out_add(&o, "%s", e->more ? " and more" : "");
    line_out_end(&o);
    line_out_send(&o, c);
}

/* --- one room --- */

static void
add_setting(struct line_out *o, enum setting setting,
            const struct room_settings *settings)
{
    char text[SETTING_TEXT_BYTES];

    line_out_add(o, "%s %.*s", setting_word(setting),
                 STR_FMT(setting_write(setting, settings, text)));
}

static void
add_text(struct line_out *o, const char *what, struct str text)
{
    if (text.n == 0)
        return;
    line_out_add(o, "  %s: %.*s", what, STR_FMT(text));
    line_out_end(o);
}

static void
add_settings(struct line_out *o, const struct room_settings *settings)
{
    static const enum setting shown[] = {
        SETTING_PRIVACY, SETTING_HISTORY, SETTING_SLOW, SETTING_KEEP,
    };

    line_out_add(o, "  ");
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        line_out_add(o, "%s", i > 0 ? ", " : "");
        add_setting(o, shown[i], settings);
    }
    line_out_end(o);
}

void
line_lists_room(struct conn *c, const struct event *e)
{
    const char *role = line_lists_role(e->role);
    struct line_out o;

    line_out_init(&o);
    line_out_add(&o, "%.*s: %" PRIu32 " %s here, %" PRIu64 " message%s",
                 STR_FMT(e->room_name), e->count,
                 e->count == 1 ? "person" : "people", e->seq,
                 e->seq == 1 ? "" : "s");
    add_when(&o, ", made ", e->time_ms);
    line_out_end(&o);
    add_text(&o, "topic", e->text);
    add_text(&o, "description", e->extra);
    add_settings(&o, &e->settings);
    add_text(&o, "owner", e->name);
    if (role[0] != '\0' || e->muted) {
        line_out_add(&o, "  you: %s%s%s", role,
                     role[0] != '\0' && e->muted ? ", " : "",
                     e->muted ? "muted" : "");
        line_out_end(&o);
    }
    line_out_send(&o, c);
}

/* --- rooms --- */

static bool
is_new(const struct event *room)
{
    return room->room_kind == ROOM_DIRECT && room->others > 0;
}

static void
add_room(struct line_out *o, const struct event *room, size_t width)
{
    struct str topic = line_cut(room->text, TABLE_TOPIC_BYTES);
    size_t pad = width > room->room_name.n ? width - room->room_name.n : 0;

    line_out_add(o, "  %.*s", STR_FMT(room->room_name));
    if (room->room_kind == ROOM_DIRECT) {
        if (is_new(room))
            line_out_add(o, "%*s  %3" PRIu32 " new", (int)pad, "",
                         room->others);
        line_out_end(o);
        return;
    }
    line_out_add(o, "%*s  %3" PRIu32 " %s", (int)pad, "", room->count,
                 room->count == 1 ? "person" : "people");
    if (topic.n > 0)
        line_out_add(o, "%s  %.*s%s", room->count == 1 ? " " : "",
                     STR_FMT(topic), topic.n < room->text.n ? "..." : "");
    line_out_end(o);
}

void
line_lists_rooms(struct conn *c, const struct event *e)
{
    size_t width = 0;
    struct line_out o;

    line_out_init(&o);
    line_out_add(&o, "%zu %s:", e->items_n, e->items_n == 1 ? "room"
                                                           : "rooms");
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

/* "You have messages from @bob (3), @carol (1): /history @bob shows them." */
void
line_lists_news(struct conn *c, const struct event *rooms)
{
    struct str first = {NULL, 0};
    struct line_out o;
    size_t n = 0;

    line_out_init(&o);
    for (size_t i = 0; i < rooms->items_n && n < NEWS_MAX; i++) {
        const struct event *room = rooms->items[i];

        if (!is_new(room))
            continue;
        if (n == 0)
            first = room->room_name;
        line_out_add(&o, "%s%.*s (%" PRIu32 "%s)",
                     n == 0 ? "You have messages from " : ", ",
                     STR_FMT(room->room_name), room->others,
                     room->others == DIRECT_UNREAD_MAX ? "+" : "");
        n++;
    }
    if (n > 0) {
        line_out_add(&o, ": /history %.*s shows them.", STR_FMT(first));
        line_out_end(&o);
    }
    line_out_send(&o, c);
}

void
line_lists_topic(struct conn *c, const struct event *rooms, const char *name)
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
