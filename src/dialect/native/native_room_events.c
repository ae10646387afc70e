/* SPDX-License-Identifier: MIT
 *
 * Rooms: what they are, and what has become of them. */
#include "dialect/native/native_room_events.h"

_Static_assert((int)ROOM_PUBLIC == (int)LOQUAT__V1__PRIVACY__PRIVACY_PUBLIC &&
               (int)ROOM_PRIVATE ==
                   (int)LOQUAT__V1__PRIVACY__PRIVACY_PRIVATE &&
               (int)ROOM_HIDDEN == (int)LOQUAT__V1__PRIVACY__PRIVACY_HIDDEN,
               "privacy has the same numbers here and there");

static const char *const setting_words[] = {
    [SETTING_PRIVACY] = "privacy",
    [SETTING_HISTORY] = "history",
    [SETTING_SLOW] = "slow",
    [SETTING_KEEP] = "keep",
    [SETTING_NAME] = "name",
    [SETTING_DESCRIPTION] = "description",
};

enum { SETTINGS = sizeof setting_words / sizeof setting_words[0] };

const char *
native_setting_word(enum setting setting)
{
    must(setting >= SETTING_PRIVACY && (size_t)setting < SETTINGS);
    return setting_words[setting];
}

bool
native_read_setting(const char *word, enum setting *ret)
{
    for (size_t i = SETTING_PRIVACY; i < SETTINGS; i++) {
        if (strcmp(setting_words[i], word) == 0) {
            *ret = (enum setting)i;
            return true;
        }
    }
    return false;
}

void
native_say_room(struct draft *d, const struct event *e)
{
    Loquat__V1__RoomInfo *r = draft_body(d, ENVELOPE_BODY(ROOM_INFO));
    const struct room_settings *s = &e->settings;

    r->room = e->room;
    r->target = draft_text(d, e->room_name);
    r->topic = draft_text(d, e->text);
    r->description = draft_text(d, e->extra);
    r->owner = draft_text(d, e->name);
    r->privacy = (Loquat__V1__Privacy)s->privacy;
    r->from_joining = s->from_joining;
    r->slow_ms = s->slow_ms;
    r->keep_ms = s->keep_ms;
    r->keep_messages = s->keep_n;
    r->role = (Loquat__V1__Role)e->role;
    r->muted = e->muted;
    r->present = e->count;
    r->first_seq = e->delivered;
    r->last_seq = e->seq;
    r->created_ms = e->time_ms;
}

void
native_say_group(struct draft *d, const struct event *e)
{
    Loquat__V1__Group *g = draft_body(d, ENVELOPE_BODY(GROUP));

    g->target = draft_text(d, e->room_name);
}

void
native_say_removed(struct draft *d, const struct event *e)
{
    Loquat__V1__Removed *r = draft_body(d, ENVELOPE_BODY(REMOVED));

    r->room = e->room;
    r->target = draft_text(d, e->room_name);
    r->by = draft_text(d, e->extra);
    r->reason = draft_text(d, e->text);
    r->code = native_error_code(e->deny);
}

void
native_say_invited(struct draft *d, const struct event *e)
{
    Loquat__V1__Invited *i = draft_body(d, ENVELOPE_BODY(INVITED));

    i->target = draft_text(d, e->room_name);
    i->by = draft_text(d, e->extra);
}

void
native_say_standing(struct draft *d, const struct event *e)
{
    Loquat__V1__Standing *s = draft_body(d, ENVELOPE_BODY(STANDING));

    s->room = e->room;
    s->name = draft_text(d, e->name);
    s->role = (Loquat__V1__Role)e->role;
    s->muted = e->muted;
    s->by = draft_text(d, e->extra);
    s->reason = draft_text(d, e->text);
}

void
native_say_setting(struct draft *d, const struct event *e)
{
    Loquat__V1__RoomChanged *r = draft_body(d, ENVELOPE_BODY(ROOM_CHANGED));

    r->room = e->room;
    r->setting = (char *)native_setting_word(e->setting);
    r->value = draft_text(d, e->text);
    r->by = draft_text(d, e->extra);
}
