/* SPDX-License-Identifier: MIT
 *
 * Requests about rooms and who is what in them. */
#include "dialect/native/native_requests.h"

#include "base/limits.h"
#include "base/rand.h"
#include "dialect/native/native_room_events.h"

#include <stdio.h>

enum {
    NAMES_BYTES = LIMIT_GROUP * (LIMIT_NAME_BYTES + 1),
    GROUP_NAME_BYTES = 32,
};

_Static_assert((int)ROLE_NONE == (int)LOQUAT__V1__ROLE__ROLE_NONE &&
               (int)ROLE_MEMBER == (int)LOQUAT__V1__ROLE__ROLE_MEMBER &&
               (int)ROLE_MODERATOR == (int)LOQUAT__V1__ROLE__ROLE_MODERATOR &&
               (int)ROLE_OWNER == (int)LOQUAT__V1__ROLE__ROLE_OWNER,
               "roles have the same numbers here and there");

/* A command about somebody or something: "" would be another question. */
static struct command *
make(enum command_kind kind, const struct native_strings *in,
     struct native_refusal *why)
{
    if (in->target == NULL || *in->target == '\0')
        return native_refuse(why, DENY_BAD_ROOM, NULL);
    if (in->name != NULL && *in->name == '\0')
        return native_refuse(why, DENY_BAD_NAME, NULL);
    return native_text_command(kind, in, why);
}

static struct command *
make_invite(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->invite->target,
                                .name = e->invite->name};

    return make(COMMAND_INVITE, &in, why);
}

static struct command *
make_remove(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->remove->target,
                                .name = e->remove->name,
                                .text = e->remove->reason};

    return make(COMMAND_REMOVE, &in, why);
}

static struct command *
make_ban(const Envelope *e, struct native_refusal *why)
{
    const Loquat__V1__Ban *ban = e->ban;
    struct native_strings in = {.target = ban->target, .name = ban->name,
                                .text = ban->reason};
    struct command *c;

    if (ban->until_ms < 0)
        return native_refuse(why, DENY_BAD_REQUEST, "That time is long ago");
    c = make(COMMAND_BAN, &in, why);
    if (c == NULL)
        return NULL;
    c->until_ms = ban->until_ms;
    c->mute = ban->mute;
    return c;
}

static struct command *
make_unban(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->unban->target,
                                .name = e->unban->name};
    struct command *c = make(COMMAND_UNBAN, &in, why);

    if (c != NULL)
        c->mute = e->unban->mute;
    return c;
}

static struct command *
make_bans(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->get_bans->target};

    return make(COMMAND_BANS, &in, why);
}

static struct command *
make_role(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->set_role->target,
                                .name = e->set_role->name};
    struct command *c;

    if ((unsigned)e->set_role->role > ROLE_OWNER)
        return native_refuse(why, DENY_BAD_REQUEST, "There is no such role");
    c = make(COMMAND_ROLE, &in, why);
    if (c != NULL)
        c->role = (enum room_role)e->set_role->role;
    return c;
}

static struct command *
make_set(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->set_room->target,
                                .text = e->set_room->value};
    enum setting setting;
    struct command *c;

    if (!native_read_setting(e->set_room->setting, &setting))
        return native_refuse(why, DENY_BAD_REQUEST,
                             "There is no such setting");
    c = make(COMMAND_SET, &in, why);
    if (c != NULL)
        c->setting = setting;
    return c;
}

static struct command *
make_close(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->close_room->target};

    return make(COMMAND_CLOSE_ROOM, &in, why);
}

static struct command *
make_room(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->get_room->target};

    return make(COMMAND_ROOM, &in, why);
}

static struct command *
make_members(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->get_members->target};

    return make(COMMAND_MEMBERS, &in, why);
}

/* Appends a name and a blank. False: it would be two, or none, or too long. */
static bool
add_name(struct buf *names, const char *z)
{
    struct buf clean;
    struct str name;
    bool right;

    buf_init(&clean, LIMIT_MESSAGE_BYTES);
    right = native_clean(&clean, z, UTF8_ONE_LINE, &name) && name.n > 0 &&
            memchr(name.p, ' ', name.n) == NULL &&
            memchr(name.p, '\t', name.n) == NULL &&
            buf_append_str(names, name) == 0 && buf_append(names, " ", 1) == 0;
    buf_done(&clean);
    return right;
}

static struct command *
make_group(const Envelope *e, struct native_refusal *why)
{
    const Loquat__V1__MakeGroup *group = e->make_group;
    char name[GROUP_NAME_BYTES];
    struct command *c = NULL;
    struct buf names;
    bool right = true;

    if (group->n_names == 0 || group->n_names > LIMIT_GROUP)
        return native_refuse(why, DENY_BAD_REQUEST,
                             "A group begins with 1 to 20 names");
    buf_init(&names, NAMES_BYTES);
    for (size_t i = 0; i < group->n_names && right; i++)
        right = add_name(&names, group->names[i]);
    snprintf(name, sizeof name, "#group-%016llx",
             (unsigned long long)rand_u64());
    if (right)
        c = command_new(COMMAND_GROUP, str_of(NULL), str_of(name),
                        str_trim(buf_str(&names)));
    buf_done(&names);
    return right ? c : native_refuse(why, DENY_BAD_NAME, NULL);
}

static const struct native_request requests[] = {
    [ENVELOPE_BODY(INVITE)]      = {make_invite, true, false},
    [ENVELOPE_BODY(REMOVE)]      = {make_remove, true, false},
    [ENVELOPE_BODY(BAN)]         = {make_ban, true, false},
    [ENVELOPE_BODY(UNBAN)]       = {make_unban, true, false},
    [ENVELOPE_BODY(GET_BANS)]    = {make_bans, true, false},
    [ENVELOPE_BODY(SET_ROLE)]    = {make_role, true, false},
    [ENVELOPE_BODY(SET_ROOM)]    = {make_set, true, false},
    [ENVELOPE_BODY(CLOSE_ROOM)]  = {make_close, true, false},
    [ENVELOPE_BODY(GET_ROOM)]    = {make_room, true, false},
    [ENVELOPE_BODY(GET_MEMBERS)] = {make_members, true, false},
    [ENVELOPE_BODY(MAKE_GROUP)]  = {make_group, true, false},
};

const struct native_request *
native_room_request(size_t which)
{
    if (which >= sizeof requests / sizeof requests[0] ||
        requests[which].make == NULL)
        return NULL;
    return &requests[which];
}
