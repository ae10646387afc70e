/* SPDX-License-Identifier: MIT
 *
 * Accounts and rooms, for people and as JSON. */
#include "base/duration.h"
#include "client/cli/cli_print_impl.h"

/* ---- Words ---- */

static const char *const role_words[] = {"none", "member", "moderator",
                                         "owner"};
static const char *const privacy_words[] = {"public", "private", "hidden"};

enum {
    ROLES = sizeof role_words / sizeof role_words[0],
    PRIVACIES = sizeof privacy_words / sizeof privacy_words[0],
};

const char *
cli_role_word(Loquat__V1__Role role)
{
    return role_words[(unsigned)role < ROLES ? role : 0];
}

bool
cli_role_read(const char *word, Loquat__V1__Role *ret)
{
    for (int i = 0; i < ROLES; i++) {
        if (strcmp(role_words[i], word) == 0) {
            *ret = (Loquat__V1__Role)i;
            return true;
        }
    }
    return false;
}

const char *
cli_privacy_word(Loquat__V1__Privacy privacy)
{
    return (unsigned)privacy < PRIVACIES ? privacy_words[privacy] : "private";
}

void
cli_print_standing(struct buf *out, Loquat__V1__Role role, bool muted)
{
    if (role != LOQUAT__V1__ROLE__ROLE_NONE)
        PUT(out, " [%s%s]", cli_role_word(role), muted ? ", muted" : "");
    else if (muted)
        PUT(out, " [muted]");
}

/* ---- Accounts ---- */

static void
device_json(struct buf *out, const Loquat__V1__Device *d)
{
    struct json j;

    json_open(&j, out);
    json_number(&j, "id", (long long)d->id);
    cli_json_clean(&j, "name", d->name, UTF8_ONE_LINE);
    cli_json_time(&j, "created", d->created_ms);
    cli_json_time(&j, "seen", d->seen_ms);
    if (d->expires_ms != 0)
        cli_json_time(&j, "expires", d->expires_ms);
    cli_json_clean(&j, "room", d->room, UTF8_ONE_LINE);
    cli_json_clean(&j, "scope", d->scope, UTF8_ONE_LINE);
    json_bool(&j, "current", d->current);
    cli_json_end(out, &j);
}

void
cli_print_device(struct buf *out, const struct cli_style *style,
                 const Loquat__V1__Device *d)
{
    if (style->json) {
        device_json(out, d);
        return;
    }
    cli_print_time(out, style, d->seen_ms);
    PUT(out, "%llu ", (unsigned long long)d->id);
    cli_print_clean(out, d->name);
    PUT(out, " (");
    cli_print_clean(out, d->scope);
    PUT(out, "%s", *d->room ? " in " : "");
    cli_print_clean(out, d->room);
    PUT(out, ")%s", d->current ? " this one" : "");
    if (d->expires_ms != 0) {
        PUT(out, " until ");
        cli_print_time(out, style, d->expires_ms);
    }
    PUT(out, "\n");
}

void
cli_print_token(struct buf *out, const struct cli_style *style,
                const Loquat__V1__Token *token)
{
    struct json j;

    if (!style->json) {
        cli_print_clean(out, token->token);
        PUT(out, "\n");
        return;
    }
    json_open(&j, out);
    json_number(&j, "id", (long long)token->id);
    cli_json_clean(&j, "token", token->token, UTF8_ONE_LINE);
    cli_json_end(out, &j);
}

/* ---- Who is what ---- */

static void
ban_json(struct buf *out, const Loquat__V1__BanInfo *ban)
{
    struct json j;

    json_open(&j, out);
    cli_json_clean(&j, "name", ban->name, UTF8_ONE_LINE);
    cli_json_clean(&j, "reason", ban->reason, UTF8_ONE_LINE);
    cli_json_clean(&j, "by", ban->by, UTF8_ONE_LINE);
    cli_json_time(&j, "created", ban->created_ms);
    if (ban->until_ms != 0)
        cli_json_time(&j, "until", ban->until_ms);
    json_bool(&j, "mute", ban->mute);
    cli_json_end(out, &j);
}

void
cli_print_ban(struct buf *out, const struct cli_style *style,
              const Loquat__V1__BanInfo *ban)
{
    if (style->json) {
        ban_json(out, ban);
        return;
    }
    cli_print_time(out, style, ban->created_ms);
    cli_print_clean(out, ban->name);
    PUT(out, " was %s by ", ban->mute ? "muted" : "banned");
    cli_print_clean(out, ban->by);
    if (ban->until_ms != 0) {
        PUT(out, " until ");
        cli_print_time(out, style, ban->until_ms);
    }
    PUT(out, "%s", *ban->reason ? ": " : "");
    cli_print_clean(out, ban->reason);
    PUT(out, "\n");
}

void
cli_print_member(struct buf *out, const struct cli_style *style,
                 const Loquat__V1__MemberInfo *m)
{
    struct json j;

    if (!style->json) {
        cli_print_clean(out, m->name);
        PUT(out, " (%s)%s\n", cli_role_word(m->role),
            m->present ? "" : " not here");
        return;
    }
    json_open(&j, out);
    cli_json_clean(&j, "name", m->name, UTF8_ONE_LINE);
    json_text(&j, "role", str_of(cli_role_word(m->role)));
    json_bool(&j, "present", m->present);
    cli_json_end(out, &j);
}

/* ---- A room ---- */

static void
room_json(struct buf *out, const Loquat__V1__RoomInfo *r)
{
    struct json j;

    json_open(&j, out);
    cli_json_clean(&j, "room", r->target, UTF8_ONE_LINE);
    cli_json_clean(&j, "topic", r->topic, UTF8_ONE_LINE);
    cli_json_clean(&j, "description", r->description, UTF8_ONE_LINE);
    cli_json_clean(&j, "owner", r->owner, UTF8_ONE_LINE);
    json_text(&j, "privacy", str_of(cli_privacy_word(r->privacy)));
    json_text(&j, "history", str_of(r->from_joining ? "joined" : "all"));
    json_number(&j, "slow_ms", r->slow_ms);
    json_number(&j, "keep_ms", r->keep_ms);
    json_number(&j, "keep_messages", (long long)r->keep_messages);
    json_text(&j, "role", str_of(cli_role_word(r->role)));
    json_bool(&j, "muted", r->muted);
    json_number(&j, "present", r->present);
    json_number(&j, "first_seq", (long long)r->first_seq);
    json_number(&j, "last_seq", (long long)r->last_seq);
    cli_json_time(&j, "created", r->created_ms);
    cli_json_end(out, &j);
}

static void
put_line(struct buf *out, const char *what, const char *text)
{
    if (*text == '\0')
        return;
    PUT(out, "  %s: ", what);
    cli_print_clean(out, text);
    PUT(out, "\n");
}

static void
put_length(struct buf *out, const char *what, int64_t ms)
{
    char text[DURATION_CHARS];

    if (ms <= 0)
        return;
    duration_write(ms, text);
    PUT(out, "  %s: %s\n", what, text);
}

void
cli_print_room_info(struct buf *out, const struct cli_style *style,
                    const Loquat__V1__RoomInfo *r)
{
    if (style->json) {
        room_json(out, r);
        return;
    }
    cli_print_clean(out, r->target);
    PUT(out, " (%u, %s)", r->present, cli_privacy_word(r->privacy));
    cli_print_standing(out, r->role, r->muted);
    PUT(out, "\n");
    put_line(out, "topic", r->topic);
    put_line(out, "description", r->description);
    put_line(out, "owner", r->owner);
    put_line(out, "history", r->from_joining ? "joined" : "all");
    put_length(out, "slow", r->slow_ms);
    put_length(out, "keep", r->keep_ms);
    if (r->keep_messages > 0)
        PUT(out, "  keep: %llu messages\n",
            (unsigned long long)r->keep_messages);
    PUT(out, "  messages: %llu to %llu\n", (unsigned long long)r->first_seq,
        (unsigned long long)r->last_seq);
}
