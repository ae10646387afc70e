/* SPDX-License-Identifier: MIT
 *
 * One short function per kind of event, found in a table: each fills in the
 * envelope of a draft. */
#include "dialect/native/native_events.h"

#include "base/limits.h"
#include "dialect/native/native_file_events.h"
#include "dialect/native/native_list_events.h"
#include "dialect/native/native_room_events.h"

#include <stdio.h>

enum {
    VERSION = 1,
    /* What a message adds to its text, and a page to its messages. */
    MESSAGE_EXTRA = 160,
    PAGE_EXTRA = 1024,
};

_Static_assert(LIMIT_PAGE_BYTES + LIMIT_PAGE_MESSAGES * MESSAGE_EXTRA <=
                       LIMIT_FRAME_BYTES - PAGE_EXTRA,
               "a page of history is one frame");
_Static_assert((int)HUB_OPEN ==
                   (int)LOQUAT__V1__REGISTRATION__REGISTRATION_OPEN &&
               (int)HUB_INVITED ==
                   (int)LOQUAT__V1__REGISTRATION__REGISTRATION_INVITED &&
               (int)HUB_CLOSED ==
                   (int)LOQUAT__V1__REGISTRATION__REGISTRATION_CLOSED,
               "registration has the same numbers here and there");

/* --- What they have in common ------------------------------------------- */

Loquat__V1__ErrorCode
native_error_code(enum deny deny)
{
#define CODE(name) \
    case DENY_##name: return LOQUAT__V1__ERROR_CODE__ERROR_CODE_##name
    switch (deny) {
    case DENY_NONE: return LOQUAT__V1__ERROR_CODE__ERROR_CODE_UNKNOWN;
    CODE(BAD_REQUEST);
    CODE(BAD_VERSION);
    CODE(NO_NAME);
    CODE(BAD_NAME);
    CODE(NAME_TAKEN);
    CODE(BAD_ROOM);
    CODE(NO_SUCH_ROOM);
    CODE(NO_SUCH_PERSON);
    CODE(NOT_IN_ROOM);
    CODE(TOO_MANY_ROOMS);
    CODE(FORBIDDEN);
    CODE(EMPTY_MESSAGE);
    CODE(MESSAGE_TOO_LONG);
    CODE(CLIENT_ID_CONFLICT);
    CODE(STORAGE_FULL);
    CODE(STORAGE_BROKEN);
    CODE(NO_SUCH_FILE);
    CODE(FILE_TOO_LARGE);
    CODE(NO_QUOTA);
    CODE(BAD_CHECKSUM);
    CODE(BAD_OFFSET);
    CODE(OVERLOADED);
    CODE(NO_GUESTS);
    CODE(NO_ACCOUNT);
    CODE(NAME_REGISTERED);
    CODE(BAD_CREDENTIALS);
    CODE(THROTTLED);
    CODE(INSECURE);
    CODE(WEAK_PASSWORD);
    CODE(REGISTRATION_CLOSED);
    CODE(BAD_INVITATION);
    CODE(NO_SUCH_DEVICE);
    CODE(INVITE_ONLY);
    CODE(BANNED);
    CODE(MUTED);
    CODE(TOO_FAST);
    CODE(NO_SUCH_BAN);
    CODE(STOPPING);
    }
#undef CODE
    must(!"a refusal");
    return LOQUAT__V1__ERROR_CODE__ERROR_CODE_UNKNOWN;
}

_Static_assert((int)MESSAGE_TEXT ==
                   (int)LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TEXT &&
               (int)MESSAGE_ACTION ==
                   (int)LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_ACTION &&
               (int)MESSAGE_TOPIC ==
                   (int)LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TOPIC &&
               (int)MESSAGE_FILE ==
                   (int)LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_FILE &&
               (int)ROOM_CHANNEL ==
                   (int)LOQUAT__V1__ROOM_KIND__ROOM_KIND_CHANNEL &&
               (int)ROOM_DIRECT ==
                   (int)LOQUAT__V1__ROOM_KIND__ROOM_KIND_DIRECT,
               "kinds have the same numbers here and there");

/* The client id's bytes; those of the event, which outlives the draft. */
static ProtobufCBinaryData
cid_bytes(const struct event *e)
{
    if (!client_id_given(&e->cid))
        return (ProtobufCBinaryData){0, NULL};
    return (ProtobufCBinaryData){sizeof e->cid.b, (uint8_t *)e->cid.b};
}

static void
fill_message(struct draft *d, const struct event *e, Loquat__V1__Message *m)
{
    m->room = e->room;
    m->seq = e->seq;
    m->msgid = draft_msgid(d, e->room, e->seq);
    m->time_ms = e->time_ms;
    m->sender = draft_text(d, e->name);
    m->kind = (Loquat__V1__MessageKind)e->message_kind;
    if (e->message_kind == MESSAGE_FILE)
        m->file = native_file_of_body(d, e->text);
    else
        m->text = draft_text(d, e->text);
    m->sender_id = e->sender_id;
    m->client_id = cid_bytes(e);
}

/* --- Shared events ------------------------------------------------------ */

static void
say_message(struct draft *d, const struct event *e)
{
    fill_message(d, e, draft_body(d, ENVELOPE_BODY(MESSAGE)));
}

/* n names follow. */
static Loquat__V1__Presence *
presence(struct draft *d, const struct event *e,
         Loquat__V1__PresenceKind kind, size_t n)
{
    Loquat__V1__Presence *p = draft_body(d, ENVELOPE_BODY(PRESENCE));

    p->room = e->room;
    p->kind = kind;
    p->present = e->count;
    p->text = draft_text(d, e->text);
    p->n_names = n;
    p->names = draft_list(d, n);
    return p;
}

static void
say_joined(struct draft *d, const struct event *e)
{
    Loquat__V1__Presence *p = presence(
        d, e, LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_JOINED, 1);

    p->names[0] = draft_text(d, e->name);
}

static void
say_left(struct draft *d, const struct event *e)
{
    Loquat__V1__Presence *p = presence(
        d, e, LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_LEFT, 1);

    p->names[0] = draft_text(d, e->name);
}

static void
say_gathered(struct draft *d, const struct event *e)
{
    Loquat__V1__Presence *p = presence(
        d, e,
        e->joined ? LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_JOINED
                  : LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_LEFT,
        e->items_n);

    for (size_t i = 0; i < e->items_n; i++)
        p->names[i] = draft_text(d, e->items[i]->name);
    p->others = e->others;
}

static void
say_renamed(struct draft *d, const struct event *e)
{
    Loquat__V1__Presence *p = presence(
        d, e, LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_RENAMED, 2);

    p->names[0] = draft_text(d, e->name);
    p->names[1] = draft_text(d, e->extra);
}

static void
say_away(struct draft *d, const struct event *e)
{
    Loquat__V1__Presence *p = presence(
        d, e,
        e->away ? LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_AWAY
                : LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_BACK, 1);

    p->names[0] = draft_text(d, e->name);
}

static void
say_typing(struct draft *d, const struct event *e)
{
    Loquat__V1__Typing *t = draft_body(d, ENVELOPE_BODY(TYPING));

    t->room = e->room;
    t->name = draft_text(d, e->name);
    t->typing = e->away;
}

static void
say_cursor(struct draft *d, const struct event *e)
{
    Loquat__V1__Cursor *c = draft_body(d, ENVELOPE_BODY(CURSOR));

    c->room = e->room;
    c->name = draft_text(d, e->name);
    c->delivered_seq = e->delivered;
    c->read_seq = e->read;
}

static void
say_uploading(struct draft *d, const struct event *e)
{
    Loquat__V1__Uploading *u = draft_body(d, ENVELOPE_BODY(UPLOADING));

    u->room = e->room;
    u->file = native_file_of_facts(d, e->file, e->text);
    u->sender = draft_text(d, e->name);
}

static void
say_announcement(struct draft *d, const struct event *e)
{
    Loquat__V1__Announcement *a = draft_body(d, ENVELOPE_BODY(ANNOUNCEMENT));

    a->text = draft_text(d, e->text);
}

/* --- To one session ----------------------------------------------------- */

static void
say_subscribed(struct draft *d, const struct event *e)
{
    Loquat__V1__Joined *j = draft_body(d, ENVELOPE_BODY(JOINED));

    j->room = e->room;
    j->target = draft_text(d, e->room_name);
    j->kind = (Loquat__V1__RoomKind)e->room_kind;
    j->topic = draft_text(d, e->text);
    j->last_seq = e->seq;
    j->present = e->count;
    j->next_seq = e->delivered;
}

static void
say_unsubscribed(struct draft *d, const struct event *e)
{
    Loquat__V1__Parted *p = draft_body(d, ENVELOPE_BODY(PARTED));

    p->room = e->room;
    p->target = draft_text(d, e->room_name);
}

static void
say_caught_up(struct draft *d, const struct event *e)
{
    Loquat__V1__CaughtUp *c = draft_body(d, ENVELOPE_BODY(CAUGHT_UP));

    c->room = e->room;
    c->seq = e->seq;
}

static void
say_welcome(struct draft *d, const struct event *e)
{
    Loquat__V1__Welcome *w = draft_body(d, ENVELOPE_BODY(WELCOME));
    const struct dialect_config *config = d->config;

    w->version = VERSION;
    w->server = (char *)config->server_name;
    w->features = LOQUAT__V1__FEATURE__FEATURE_SIGNALS;
    w->name = draft_text(d, e->name);
    w->session = e->session;
    w->epoch = config->epoch;
    w->heartbeat_ms = (uint32_t)config->heartbeat_ms;
    w->dead_ms = (uint32_t)config->dead_ms;
    w->message_bytes = (uint32_t)config->message_bytes;
    w->time_ms = e->time_ms;
    w->account = sender_is_account(e->sender_id);
    w->sender_id = e->sender_id;
    if (e->token != 0 && d->token != NULL)
        w->token = (char *)d->token;
    w->guests = config->guests;
    w->registration = (Loquat__V1__Registration)config->registration;
}

static void
say_posted(struct draft *d, const struct event *e)
{
    Loquat__V1__Posted *p = draft_body(d, ENVELOPE_BODY(POSTED));

    p->room = e->room;
    p->seq = e->seq;
    p->msgid = draft_msgid(d, e->room, e->seq);
    p->time_ms = e->time_ms;
    p->duplicate = e->duplicate;
    p->client_id = cid_bytes(e);
}

static void
say_token(struct draft *d, const struct event *e)
{
    Loquat__V1__Token *t = draft_body(d, ENVELOPE_BODY(TOKEN));

    t->id = e->token;
    if (d->token != NULL)
        t->token = (char *)d->token;
}

/* Two of those that are done have something to show for it. */
static void
say_done(struct draft *d, const struct event *e)
{
    if (e->command == COMMAND_TOKEN)
        say_token(d, e);
    else if (e->command == COMMAND_GROUP)
        native_say_group(d, e);
    else
        draft_body(d, ENVELOPE_BODY(DONE));
}

char *
native_sentence(struct draft *d, enum deny deny, struct str detail)
{
    const char *start = deny_text(deny);
    size_t n = strlen(start) + detail.n + sizeof " ()";
    char *z;

    if (detail.n == 0)
        return (char *)start;
    z = draft_take(d, n);
    snprintf(z, n, "%s (%.*s)", start, STR_FMT(detail));
    return z;
}

static void
say_denied(struct draft *d, const struct event *e)
{
    Loquat__V1__Error *error = draft_body(d, ENVELOPE_BODY(ERROR));

    error->code = native_error_code(e->deny);
    error->text = native_sentence(d, e->deny, e->text);
}

static void
say_page(struct draft *d, const struct event *e)
{
    Loquat__V1__History *h = draft_body(d, ENVELOPE_BODY(HISTORY));

    h->room = e->room;
    h->more = e->more;
    h->messages = draft_list(d, e->items_n);
    for (size_t i = 0; i < e->items_n; i++) {
        h->messages[i] = draft_piece(d, &loquat__v1__message__descriptor);
        fill_message(d, e->items[i], h->messages[i]);
    }
    h->n_messages = e->items_n;
}

static void
say_pong(struct draft *d, const struct event *e)
{
    Loquat__V1__Pong *p = draft_body(d, ENVELOPE_BODY(PONG));

    p->token = e->token;
}

/* --- The table ---------------------------------------------------------- */

typedef void say_fn(struct draft *d, const struct event *e);

static const struct saying {
    say_fn *say;
    bool signal;            /* only for those who asked for signals */
} sayings[] = {
    [EVENT_MESSAGE]      = {say_message, false},
    [EVENT_JOINED]       = {say_joined, true},
    [EVENT_LEFT]         = {say_left, true},
    [EVENT_GATHERED]     = {say_gathered, true},
    [EVENT_RENAMED]      = {say_renamed, true},
    [EVENT_AWAY]         = {say_away, true},
    [EVENT_TYPING]       = {say_typing, true},
    [EVENT_CURSOR]       = {say_cursor, true},
    [EVENT_UPLOADING]    = {say_uploading, true},
    [EVENT_STANDING]     = {native_say_standing, false},
    [EVENT_SETTING]      = {native_say_setting, false},
    [EVENT_ANNOUNCEMENT] = {say_announcement, false},
    [EVENT_SUBSCRIBED]   = {say_subscribed, false},
    [EVENT_UNSUBSCRIBED] = {say_unsubscribed, false},
    [EVENT_CAUGHT_UP]    = {say_caught_up, false},
    [EVENT_REMOVED]      = {native_say_removed, false},
    [EVENT_INVITED]      = {native_say_invited, false},
    [ANSWER_WELCOME]     = {say_welcome, false},
    [ANSWER_POSTED]      = {say_posted, false},
    [ANSWER_DONE]        = {say_done, false},
    [ANSWER_DENIED]      = {say_denied, false},
    [ANSWER_PAGE]        = {say_page, false},
    [ANSWER_PEOPLE]      = {native_say_people, false},
    [ANSWER_ROOMS]       = {native_say_rooms, false},
    [ANSWER_PONG]        = {say_pong, false},
    [ANSWER_FILES]       = {native_say_files, false},
    [ANSWER_DEVICES]     = {native_say_devices, false},
    [ANSWER_BANS]        = {native_say_bans, false},
    [ANSWER_ROOM]        = {native_say_room, false},
    [ANSWER_MEMBERS]     = {native_say_members, false},
};

static const struct saying *
saying_of(const struct event *e)
{
    size_t which = (size_t)e->kind;

    if (which >= sizeof sayings / sizeof sayings[0] || !sayings[which].say)
        return NULL;
    return &sayings[which];
}

static struct slab *
say(const struct saying *saying, const struct dialect_config *config,
    const struct event *e, uint64_t request, const char *token)
{
    struct draft d;

    draft_init(&d, config, draft_bytes(e));
    d.token = token;
    d.envelope.request = request;
    saying->say(&d, e);
    return draft_done(&d);
}

struct slab *
native_encode(const struct dialect_config *config, unsigned encoding,
              const struct event *e)
{
    const struct saying *saying = saying_of(e);

    if (saying == NULL || (saying->signal && encoding == NATIVE_QUIET))
        return NULL;
    return say(saying, config, e, e->request, NULL);
}

struct slab *
native_answer_to(const struct dialect_config *config, const struct event *e,
                 uint64_t request)
{
    const struct saying *saying = saying_of(e);

    must(saying != NULL);
    return say(saying, config, e, request, NULL);
}

struct slab *
native_answer(const struct dialect_config *config, const struct event *e,
              const char *token)
{
    const struct saying *saying = saying_of(e);

    must(saying != NULL);
    return say(saying, config, e, e->request, token);
}

/* --- Without an event --------------------------------------------------- */

struct slab *
native_error(uint64_t request, enum deny deny, const char *why)
{
    struct draft d;
    Loquat__V1__Error *error;

    draft_init(&d, NULL, DRAFT_BYTES);
    error = draft_body(&d, ENVELOPE_BODY(ERROR));
    error->code = native_error_code(deny);
    error->text = (char *)(why ? why : deny_text(deny));
    d.envelope.request = request;
    return draft_done(&d);
}

struct slab *
native_refused(uint64_t request, enum deny deny, struct str detail)
{
    struct draft d;
    Loquat__V1__Error *error;

    draft_init(&d, NULL, DRAFT_BYTES + detail.n);
    error = draft_body(&d, ENVELOPE_BODY(ERROR));
    error->code = native_error_code(deny);
    error->text = native_sentence(&d, deny, detail);
    d.envelope.request = request;
    return draft_done(&d);
}

struct slab *
native_closing(enum deny deny, struct str why, bool reconnect)
{
    struct draft d;
    Loquat__V1__Closing *closing;

    draft_init(&d, NULL, DRAFT_BYTES + why.n);
    closing = draft_body(&d, ENVELOPE_BODY(CLOSING));
    closing->code = native_error_code(deny);
    closing->text = why.n > 0 ? draft_text(&d, why) : (char *)deny_text(deny);
    closing->reconnect = reconnect;
    return draft_done(&d);
}

struct slab *
native_ping(uint64_t token)
{
    struct draft d;
    Loquat__V1__Ping *ping;

    draft_init(&d, NULL, DRAFT_BYTES);
    ping = draft_body(&d, ENVELOPE_BODY(PING));
    ping->token = token;
    return draft_done(&d);
}
