/* SPDX-License-Identifier: MIT
 *
 * loquat [HOST]: chat with the plain means of a terminal or a pipe. Everything
 * that is shown, one's own messages too, is what the server says, so that the
 * order is everybody's order. What is typed while the connection is away is
 * kept and sent later; at the end of the input the chat waits until all of it
 * is stored. Input is read once the first room is entered (or refused). */
#include "client/cli/cli_chat.h"

#include "base/utf8.h"
#include "client/cli/cli_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- Rooms ---- */

struct chat_room *
chat_find(struct chat *c, const char *target)
{
    list_each(it, next, &c->rooms) {
        struct chat_room *r = list_entry(it, struct chat_room, link);

        if (str_eq_nocase(str_of(r->target), str_of(target)))
            return r;
    }
    return NULL;
}

struct chat_room *
chat_find_number(struct chat *c, uint64_t number)
{
    list_each(it, next, &c->rooms) {
        struct chat_room *r = list_entry(it, struct chat_room, link);

        if (r->number == number)
            return r;
    }
    return NULL;
}

static void
drop_room(struct chat_room *r)
{
    list_remove(&r->link);
    free(r->target);
    free(r->topic);
    free(r);
}

static void
replace(char **text, const char *with)
{
    char *copy = with ? must_strdup(with) : NULL;

    free(*text);
    *text = copy;
}

void
chat_set_current(struct chat *c, const char *target)
{
    char *copy = target ? must_strdup(target) : NULL;

    free(c->previous);
    c->previous = c->current;
    c->current = copy;
}

void
chat_turn_away(struct chat *c, const char *target)
{
    const struct chat_room *other = NULL;

    if (c->current == NULL ||
        !str_eq_nocase(str_of(c->current), str_of(target)))
        return;
    list_each(it, next, &c->rooms) {
        struct chat_room *r = list_entry(it, struct chat_room, link);

        if (!str_eq_nocase(str_of(r->target), str_of(target)))
            other = r;
    }
    chat_set_current(c, other ? other->target : NULL);
    if (other != NULL)
        cli_notice(&c->s, "you speak in %s", other->target);
}

static bool
is_current(const struct chat *c, const struct chat_room *r)
{
    return c->current != NULL &&
           str_eq_nocase(str_of(c->current), str_of(r->target));
}

/* How a line names its room: the current one's goes without saying, except in
 * JSON. */
static const char *
shown_room(struct chat *c, uint64_t number)
{
    struct chat_room *r = chat_find_number(c, number);

    if (r == NULL || (is_current(c, r) && !c->s.style.json))
        return NULL;
    return r->target;
}

/* ---- Leaving ---- */

static void
leave_if_done(struct chat *c)
{
    if (c->said_all && c->s.was_connected && c->answered >= c->asked &&
        link_pending(c->s.link) == 0)
        cli_session_end(&c->s, CLI_OK);
}

void
chat_leave(struct chat *c)
{
    c->said_all = true;
    cli_input_close(&c->in);
    leave_if_done(c);
}

/* ---- Saying ---- */

int
chat_post(struct chat *c, const char *target, Loquat__V1__MessageKind kind,
          struct str text)
{
    int r;

    if (target == NULL) {
        cli_notice(&c->s, "you are in no room: /join #ROOM");
        return 0;
    }
    buf_clear(&c->line);
    must(utf8_clean(&c->line, text, UTF8_ONE_LINE) == 0);
    if (c->line.n > link_message_bytes(c->s.link)) {
        cli_notice(&c->s, "not sent: %zu bytes are too many, the server "
                   "takes %u", c->line.n, link_message_bytes(c->s.link));
        return 0;
    }
    must(buf_append(&c->line, "", 1) == 0);
    r = link_post(c->s.link, target, kind, c->line.p, 0);
    if (r == -EMSGSIZE)
        cli_notice(&c->s, "not sent: it is too long");
    else if (r == 0 && link_state(c->s.link) != LINK_CONNECTED)
        cli_notice(&c->s, "not connected: it is kept, and sent later");
    return r == -EAGAIN ? r : 0;
}

bool
chat_asked(struct chat *c, uint64_t number)
{
    if (number == 0)
        cli_notice(&c->s, "not connected: try again later");
    else
        c->asked = number;
    return number != 0;
}

bool
chat_ask(struct chat *c, Envelope *e)
{
    return chat_asked(c, link_request(c->s.link, e));
}

/* The terminal has shown the line while it was typed; the room shows it once
 * more, with everybody's order and time. */
static void
erase_typed(struct chat *c, struct str line)
{
    struct winsize size;

    if (c->erases && c->s.style.color &&
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        line.n < size.ws_col)
        must(buf_printf(&c->s.out, "\x1b[A\x1b[2K") == 0);
}

static int
on_line(void *arg, struct str line)
{
    struct chat *c = arg;
    int r;

    if (c->secret != NULL) {
        chat_secret_take(c, line);
        return 0;
    }
    if (line.p == NULL && line.n > 0) {
        cli_notice(&c->s, "not sent: %zu bytes are too many", line.n);
        return 0;
    }
    if (str_trim(line).n == 0)
        return 0;
    if (line.p[0] == '/' && !(line.n > 1 && line.p[1] == '/'))
        return slash_run(c, (struct str){line.p + 1, line.n - 1});
    if (line.p[0] == '/')
        line = (struct str){line.p + 1, line.n - 1};
    r = chat_post(c, c->current, LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TEXT,
                  line);
    if (r == 0 && link_state(c->s.link) == LINK_CONNECTED)
        erase_typed(c, line);
    return r;
}

static void
on_end(void *arg)
{
    chat_leave(arg);
}

static void
read_input(struct chat *c)
{
    if (!c->in.open && !c->said_all)
        cli_input_open(&c->in, &c->s.loop, STDIN_FILENO, on_line, on_end, c);
}

/* ---- Hearing ---- */

static void
hear_joined(struct chat *c, const Envelope *e)
{
    const Loquat__V1__Joined *joined = e->joined;
    struct chat_room *r = chat_find_number(c, joined->room);
    bool current;

    if (r == NULL)
        r = chat_find(c, joined->target);
    if (r == NULL) {
        r = must_alloc(sizeof *r);
        list_push(&c->rooms, &r->link);
    }
    current = r->target != NULL && is_current(c, r);
    r->number = joined->room;
    replace(&r->target, joined->target);
    replace(&r->topic, joined->topic);
    if (current)
        replace(&c->current, r->target);
    if (joined->kind != LOQUAT__V1__ROOM_KIND__ROOM_KIND_DIRECT)
        cli_notice(&c->s, "you are in %s (%u %s)", r->target, joined->present,
                   joined->present == 1 ? "person" : "people");
    if (*r->topic != '\0')
        cli_notice(&c->s, "the topic of %s: %s", r->target, r->topic);
    read_input(c);
}

void
chat_drop(struct chat *c, uint64_t number)
{
    struct chat_room *r = chat_find_number(c, number);

    if (r == NULL)
        return;
    chat_turn_away(c, r->target);
    drop_room(r);
}

void
chat_rename(struct chat *c, uint64_t number, const char *target)
{
    struct chat_room *r = chat_find_number(c, number);
    bool current = r != NULL && is_current(c, r);

    if (r == NULL)
        return;
    replace(&r->target, target);
    if (current)
        replace(&c->current, target);
}

static void
hear_parted(struct chat *c, const Envelope *e)
{
    cli_notice(&c->s, "you have left %s", e->parted->target);
    chat_drop(c, e->parted->room);
}

static void
hear_message(struct chat *c, const Envelope *e)
{
    const Loquat__V1__Message *m = e->message;
    struct chat_room *r = chat_find_number(c, m->room);

    if (r != NULL && m->kind == LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TOPIC)
        replace(&r->topic, m->text);
    cli_print_message(&c->s.out, &c->s.style, shown_room(c, m->room), m);
}

static void
hear_presence(struct chat *c, const Envelope *e)
{
    if (!c->s.style.json)
        cli_print_presence(&c->s.out, shown_room(c, e->presence->room),
                           e->presence);
}

static void
hear_uploading(struct chat *c, const Envelope *e)
{
    cli_print_uploading(&c->s.out, &c->s.style,
                        shown_room(c, e->uploading->room), e->uploading);
}

static void
hear_announcement(struct chat *c, const Envelope *e)
{
    struct buf *out = &c->s.out;

    if (c->s.style.json) {
        cli_notice(&c->s, "[SERVER]: %s", e->announcement->text);
        return;
    }
    must(buf_printf(out, "[SERVER]: ") == 0);
    cli_print_clean(out, e->announcement->text);
    must(buf_append(out, "\n", 1) == 0);
}

static void
hear_history(struct chat *c, const Envelope *e)
{
    for (size_t i = 0; i < e->history->n_messages; i++)
        cli_print_message(&c->s.out, &c->s.style,
                          shown_room(c, e->history->room),
                          e->history->messages[i]);
    if (e->history->n_messages == 0)
        cli_notice(&c->s, "nothing has been said here");
}

static void
hear_rooms(struct chat *c, const Envelope *e)
{
    for (size_t i = 0; i < e->rooms->n_rooms; i++) {
        const Loquat__V1__Room *r = e->rooms->rooms[i];

        cli_notice(&c->s, "%s (%u) %s", r->target, r->present, r->topic);
    }
    if (e->rooms->more)
        cli_notice(&c->s, "and more");
}

static void
hear_people(struct chat *c, const Envelope *e)
{
    const Loquat__V1__People *people = e->people;

    for (size_t i = 0; i < people->n_people; i++) {
        const Loquat__V1__Person *p = people->people[i];

        cli_notice(&c->s, "%s%s%s%s%s", p->name, p->away ? " (away" : "",
                   p->away && *p->away_text ? ": " : "",
                   p->away ? p->away_text : "", p->away ? ")" : "");
    }
    if (people->more)
        cli_notice(&c->s, "%u in all", people->total);
}

/* What changed in a room is told by its events; one's own name is not. */
void
chat_renamed(struct chat *c)
{
    const char *name = link_name(c->s.link);

    if (c->name != NULL && strcmp(c->name, name) != 0)
        cli_notice(&c->s, "you are now known as %s", name);
    replace(&c->name, name);
}

static void
hear_done(struct chat *c, const Envelope *e)
{
    if (c->logout != 0 && e->request == c->logout)
        cli_forget_login(&c->s);
    chat_renamed(c);
}

/* A room that cannot be entered is not the one to speak in. */
static void
hear_error(struct chat *c, const Envelope *e)
{
    cli_notice(&c->s, "%s", e->error->text);
    if (c->current != NULL && c->previous != NULL &&
        chat_find(c, c->current) == NULL && !cli_is_passing(e->error))
        chat_set_current(c, c->previous);
    read_input(c);
}

typedef void hear_fn(struct chat *c, const Envelope *e);

static hear_fn *const hearers[] = {
    [ENVELOPE_BODY(JOINED)] = hear_joined,
    [ENVELOPE_BODY(PARTED)] = hear_parted,
    [ENVELOPE_BODY(HISTORY)] = hear_history,
    [ENVELOPE_BODY(ROOMS)] = hear_rooms,
    [ENVELOPE_BODY(PEOPLE)] = hear_people,
    [ENVELOPE_BODY(DONE)] = hear_done,
    [ENVELOPE_BODY(ERROR)] = hear_error,
    [ENVELOPE_BODY(MESSAGE)] = hear_message,
    [ENVELOPE_BODY(PRESENCE)] = hear_presence,
    [ENVELOPE_BODY(ANNOUNCEMENT)] = hear_announcement,
    [ENVELOPE_BODY(UPLOADING)] = hear_uploading,
};

static void
on_envelope(struct cli_session *s, const Envelope *e)
{
    struct chat *c = (struct chat *)s;
    size_t which = (size_t)e->body_case;

    if (e->request > c->answered)
        c->answered = e->request;
    if (which < sizeof hearers / sizeof hearers[0] && hearers[which] != NULL)
        hearers[which](c, e);
    else
        chat_rights_hear(c, e);
    leave_if_done(c);
}

static void
on_connected(struct cli_session *s)
{
    struct chat *c = (struct chat *)s;

    c->asked = c->answered = 0;
    replace(&c->name, link_name(s->link));
    if (!c->entered)
        link_join(s->link, c->current, -1);
    c->entered = true;
    leave_if_done(c);
}

static void
on_posted(struct cli_session *s, uint64_t tag)
{
    (void)tag;
    leave_if_done((struct chat *)s);
}

static void
on_refused(struct cli_session *s, uint64_t tag,
           const Loquat__V1__Error *error)
{
    (void)tag;
    cli_notice(s, "not sent: %s", error->text);
    leave_if_done((struct chat *)s);
}

static void
on_writable(struct cli_session *s)
{
    cli_input_resume(&((struct chat *)s)->in);
}

static void
on_ended(struct cli_session *s)
{
    chat_secret_stop((struct chat *)s);
    cli_input_close(&((struct chat *)s)->in);
    if (link_pending(s->link) > 0)
        cli_error(s, "%zu of your messages did not get through",
                  link_pending(s->link));
}

static const struct cli_ops ops = {
    .connected = on_connected,
    .envelope = on_envelope,
    .posted = on_posted,
    .refused = on_refused,
    .writable = on_writable,
    .ended = on_ended,
};

static void
chat_free(struct chat *c)
{
    chat_secret_stop(c);
    cli_input_done(&c->in);
    buf_done(&c->line);
    list_each(it, next, &c->rooms)
        drop_room(list_entry(it, struct chat_room, link));
    free(c->current);
    free(c->previous);
    free(c->name);
    free(c);
}

int
cli_chat(const struct cli_options *o)
{
    const struct cli_kind kind = {
        .ops = &ops, .named = true, .lasting = true, .on_screen = !o->json,
        .features = LOQUAT__V1__FEATURE__FEATURE_SIGNALS};
    struct chat *c = must_alloc(sizeof *c);
    int status;

    list_init(&c->rooms);
    buf_init(&c->line, 3 * LIMIT_MESSAGE_BYTES + 4);
    c->current = cli_target(o->room ? o->room : "#lobby");
    c->s.style.clock_only = true;
    c->erases = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    status = cli_session_run(&c->s, o, &kind);
    chat_free(c);
    return status;
}
