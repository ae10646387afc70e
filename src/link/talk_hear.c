/* SPDX-License-Identifier: MIT
 *
 * What the server's envelopes mean. Each goes to a handler by its body's case;
 * most of them pass it on to the application. Handlers return a verdict; the
 * first one that is not TALK_ON ends the talk. */
#include "link/talk_impl.h"

#include "base/limits.h"

#include <stdlib.h>

enum {
    HEARTBEAT_MIN_MS = 50,
    HEARTBEAT_MAX_MS = 3600 * 1000,
    TOKEN_MAX = 256,
};

static enum talk_verdict
hear_ping(struct talk *t, const Envelope *ping)
{
    Loquat__V1__Pong pong = LOQUAT__V1__PONG__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    pong.token = ping->ping->token;
    e.request = ping->request;
    e.body_case = ENVELOPE_BODY(PONG);
    e.pong = &pong;
    if (!talk_say(t, &e))
        return talk_nonsense(t, "too many pings");
    return TALK_ON;
}

static enum talk_verdict
hear_pong(struct talk *t, const Envelope *e)
{
    (void)t;
    (void)e;
    return TALK_ON;           /* its coming was all that it had to say */
}

static enum talk_verdict
hear_closing(struct talk *t, const Envelope *e)
{
    const Loquat__V1__Closing *closing = e->closing;
    int code = (int)closing->code;

    if (closing->reconnect)
        return talk_over(t, TALK_LOST, code, "%s", closing->text);
    if (code == 0)
        code = LOQUAT__V1__ERROR_CODE__ERROR_CODE_FORBIDDEN;
    return talk_over(t, TALK_REFUSED, code, "%s", closing->text);
}

/* It will be different in a while. */
static bool
is_passing(Loquat__V1__ErrorCode code)
{
    return code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_STORAGE_FULL ||
           code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_STORAGE_BROKEN ||
           code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_OVERLOADED ||
           code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_STOPPING;
}

/* The secret takes our name over from a connection that is lost; should the
 * name be taken all the same, it is a matter of time. */
static enum talk_verdict
refuse_hello(struct talk *t, const Loquat__V1__Error *error)
{
    bool again = is_passing(error->code) ||
        (t->welcomed && error->code ==
         LOQUAT__V1__ERROR_CODE__ERROR_CODE_NAME_TAKEN);

    return talk_over(t, again ? TALK_LOST : TALK_REFUSED, (int)error->code,
                     "%s", error->text);
}

static uint32_t
clamp(uint32_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void
set_name(struct talk *t, const char *name)
{
    free(t->name);
    t->name = must_strdup(name);
}

static enum talk_verdict
take_account(struct talk *t, const Loquat__V1__Welcome *w)
{
    if (strlen(w->name) > LIMIT_ROOM_BYTES)   /* it is said again in a Hello */
        return talk_nonsense(t, "a name that is too long");
    if (strlen(w->token) > TOKEN_MAX)         /* so is this */
        return talk_nonsense(t, "a token that is too long");
    set_name(t, w->name);
    t->account = w->account;
    talk_login_welcomed(&t->login, w);
    return TALK_ON;
}

static enum talk_verdict
hear_welcome(struct talk *t, const Loquat__V1__Welcome *w)
{
    bool replaced = t->welcomed && w->epoch != t->epoch;

    if (w->version != TALK_VERSION)
        return talk_over(t, TALK_REFUSED,
                         LOQUAT__V1__ERROR_CODE__ERROR_CODE_BAD_VERSION,
                         "the server speaks version %u of the protocol, "
                         "not %d", w->version, TALK_VERSION);
    if (take_account(t, w) != TALK_ON)
        return TALK_LOST;
    t->phase = TALK_LIVE;
    t->welcomed = true;
    t->epoch = w->epoch;
    t->message_bytes = w->message_bytes;
    t->heartbeat_ms = clamp(w->heartbeat_ms, HEARTBEAT_MIN_MS,
                            HEARTBEAT_MAX_MS);
    t->dead_ms = clamp(w->dead_ms, 2 * t->heartbeat_ms, 4 * HEARTBEAT_MAX_MS);
    if (replaced)
        rooms_forget(&t->rooms);
    list_each(it, next, &t->rooms.places)
        talk_say_join(t, list_entry(it, struct place, link));
    t->ops->welcome(t->arg, replaced);
    return TALK_ON;
}

/* To a Login or a Register: the same connection, as somebody else. */
static enum talk_verdict
hear_welcome_again(struct talk *t, const Envelope *e)
{
    enum talk_verdict verdict = take_account(t, e->welcome);

    if (verdict == TALK_ON)
        t->ops->envelope(t->arg, e);
    return verdict;
}

/* Joined also comes unasked, when a direct message begins. */
static enum talk_verdict
hear_joined(struct talk *t, const Envelope *e)
{
    const Loquat__V1__Joined *joined = e->joined;
    struct place *p = rooms_find_request(&t->rooms, e->request);

    if (p == NULL || p->parting)
        p = rooms_find_number(&t->rooms, joined->room);
    if (p == NULL)
        p = rooms_find(&t->rooms, joined->target);
    if (p == NULL)
        p = rooms_add(&t->rooms, joined->target, -1);
    if (p == NULL)
        return talk_nonsense(t, "more rooms than there can be");
    (void)rooms_joined(&t->rooms, p, joined->room, joined->last_seq,
                       joined->next_seq);
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_parted(struct talk *t, const Envelope *e)
{
    struct place *p = rooms_find_number(&t->rooms, e->parted->room);

    if (p == NULL)
        p = rooms_find_request(&t->rooms, e->request);
    if (p != NULL)
        rooms_drop(&t->rooms, p);
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_removed(struct talk *t, const Envelope *e)
{
    struct place *p = rooms_find_number(&t->rooms, e->removed->room);

    if (p != NULL)
        rooms_drop(&t->rooms, p);
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_room_changed(struct talk *t, const Envelope *e)
{
    struct place *p = rooms_find_number(&t->rooms, e->room_changed->room);

    if (p != NULL && strcmp(e->room_changed->setting, "name") == 0 &&
        !rooms_rename(&t->rooms, p, e->room_changed->value))
        return talk_nonsense(t, "a room's name that is too long");
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_message(struct talk *t, const Envelope *e)
{
    struct place *p = rooms_find_number(&t->rooms, e->message->room);

    if (p == NULL)
        return TALK_ON;       /* of a room that was just left */
    switch (place_take(p, e->message->seq)) {
    case PLACE_GAP:
        return talk_over(t, TALK_LOST, 0, "a message was missing");
    case PLACE_OLD:
        return TALK_ON;
    case PLACE_NEW:
        break;
    }
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_posted(struct talk *t, const Envelope *e)
{
    struct post *p = outbox_find(&t->outbox, e->request);
    uint64_t tag;

    if (p == NULL && talk_files_posted(t, e))
        return TALK_ON;
    if (p == NULL)
        return talk_nonsense(t, "an answer to nothing");
    tag = p->tag;
    outbox_end(&t->outbox, p, true);
    t->ops->posted(t->arg, tag, e->posted);
    return TALK_ON;
}

static void
refuse_post(struct talk *t, struct post *p, const Envelope *e)
{
    uint64_t tag = p->tag;

    if (is_passing(e->error->code)) {
        if (!t->outbox.resting)
            t->ops->envelope(t->arg, e);
        outbox_keep(&t->outbox, p);
        return;
    }
    outbox_end(&t->outbox, p, false);
    t->ops->refused(t->arg, tag, e->error);
}

static enum talk_verdict
hear_error(struct talk *t, const Envelope *e)
{
    struct post *post = outbox_find(&t->outbox, e->request);
    struct place *place = rooms_find_request(&t->rooms, e->request);

    if (e->request == t->rename)
        t->rename = 0;
    if (post != NULL) {
        refuse_post(t, post, e);
        return TALK_ON;
    }
    if (talk_files_error(t, e))
        return TALK_ON;
    if (place != NULL && (place->parting || !is_passing(e->error->code)))
        rooms_drop(&t->rooms, place);
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_done(struct talk *t, const Envelope *e)
{
    if (t->rename != 0 && e->request == t->rename) {
        set_name(t, t->new_name);
        t->rename = 0;
    }
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

static enum talk_verdict
hear_other(struct talk *t, const Envelope *e)
{
    t->ops->envelope(t->arg, e);
    return TALK_ON;
}

typedef enum talk_verdict hear_fn(struct talk *t, const Envelope *e);

/* Of a body that is not here, a server of a later version may know more. */
static hear_fn *const handlers[] = {
    [ENVELOPE_BODY(PING)] = hear_ping,
    [ENVELOPE_BODY(PONG)] = hear_pong,
    [ENVELOPE_BODY(JOINED)] = hear_joined,
    [ENVELOPE_BODY(PARTED)] = hear_parted,
    [ENVELOPE_BODY(POSTED)] = hear_posted,
    [ENVELOPE_BODY(HISTORY)] = hear_other,
    [ENVELOPE_BODY(ROOMS)] = hear_other,
    [ENVELOPE_BODY(PEOPLE)] = hear_other,
    [ENVELOPE_BODY(DONE)] = hear_done,
    [ENVELOPE_BODY(ERROR)] = hear_error,
    [ENVELOPE_BODY(MESSAGE)] = hear_message,
    [ENVELOPE_BODY(PRESENCE)] = hear_other,
    [ENVELOPE_BODY(TYPING)] = hear_other,
    [ENVELOPE_BODY(CURSOR)] = hear_other,
    [ENVELOPE_BODY(ANNOUNCEMENT)] = hear_other,
    [ENVELOPE_BODY(CAUGHT_UP)] = hear_other,
    [ENVELOPE_BODY(CLOSING)] = hear_closing,
    [ENVELOPE_BODY(WELCOME)] = hear_welcome_again,
    [ENVELOPE_BODY(DEVICES)] = hear_other,
    [ENVELOPE_BODY(TOKEN)] = hear_other,
    [ENVELOPE_BODY(BANS)] = hear_other,
    [ENVELOPE_BODY(ROOM_INFO)] = hear_other,
    [ENVELOPE_BODY(MEMBERS)] = hear_other,
    [ENVELOPE_BODY(GROUP)] = hear_other,
    [ENVELOPE_BODY(REMOVED)] = hear_removed,
    [ENVELOPE_BODY(INVITED)] = hear_other,
    [ENVELOPE_BODY(STANDING)] = hear_other,
    [ENVELOPE_BODY(ROOM_CHANGED)] = hear_room_changed,
    [ENVELOPE_BODY(PUTTING)] = talk_hear_putting,
    [ENVELOPE_BODY(GETTING)] = talk_hear_getting,
    [ENVELOPE_BODY(CREDIT)] = talk_hear_credit,
    [ENVELOPE_BODY(FILE_END)] = talk_hear_file_end,
    [ENVELOPE_BODY(FILES)] = hear_other,
    [ENVELOPE_BODY(UPLOADING)] = hear_other,
};

/* The reader's whom an account is being made for; no guests may be welcome. */
static bool
is_passed_over(const struct talk *t, const Envelope *e)
{
    return e->request != 0 && e->request < t->entering &&
           (e->body_case == ENVELOPE_BODY(WELCOME) ||
            (e->body_case == ENVELOPE_BODY(ERROR) &&
             e->error->code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_NO_GUESTS));
}

enum talk_verdict
talk_hear(struct talk *t, const Envelope *e)
{
    size_t which = (size_t)e->body_case;

    if (t->phase == TALK_HELLO && is_passed_over(t, e))
        return TALK_ON;
    if (t->phase == TALK_HELLO && which == ENVELOPE_BODY(WELCOME))
        return hear_welcome(t, e->welcome);
    if (t->phase == TALK_HELLO && which == ENVELOPE_BODY(ERROR))
        return refuse_hello(t, e->error);
    if (t->phase == TALK_HELLO && which != ENVELOPE_BODY(PING) &&
        which != ENVELOPE_BODY(CLOSING))
        return talk_nonsense(t, "no welcome");
    if (which >= sizeof handlers / sizeof handlers[0] ||
        handlers[which] == NULL)
        return TALK_ON;
    return handlers[which](t, e);
}
