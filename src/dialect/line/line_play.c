/* SPDX-License-Identifier: MIT
 *
 * Answers depend on nothing but the command and the subscriptions, so that
 * the same commands always get the same answers. */
#include "dialect/line/line_play.h"
#include "dialect/line/line.h"
#include "dialect/line/line_play_files.h"
#include "dialect/line/line_play_rights.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PLAY_BYTES_MAX = 64 << 20 };

static const struct str nothing = {NULL, 0};

uint64_t
line_play_room(struct str name)
{
    uint64_t id = 14695981039346656037u;    /* FNV-1a */

    for (size_t i = 0; i < name.n; i++)
        id = (id ^ ((uint8_t)name.p[i] | 0x20)) * 1099511628211u;
    return id;
}

/* --- events --- */

static struct event *
person(const char *name, const char *away, int64_t time_ms)
{
    struct event *e = event_new(ITEM_PERSON, nothing, str_of(name),
                                str_of(away), nothing);

    e->away = away[0] != '\0';
    e->time_ms = time_ms;
    return e;
}

static struct event *
room(const char *name, const char *topic, uint32_t count)
{
    struct event *e = event_new(ITEM_ROOM, str_of(name), nothing,
                                str_of(topic), nothing);

    e->count = count;
    return e;
}

static struct event *
logged(struct str where, const char *name, enum message_kind kind,
       const char *body)
{
    const struct message m = {
        .time_ms = 1795228289000, .sender = str_of(name), .kind = kind,
        .body = str_of(body), .sender_id = 3,
    };

    return event_of_message(&m, where);
}

static struct event *
plain(enum event_kind kind)
{
    return event_new(kind, nothing, nothing, nothing, nothing);
}

/* --- answers --- */

typedef struct event *answer_fn(const struct conn *c,
                                const struct command *cmd);

static struct event *
denied(const struct command *cmd, enum deny deny)
{
    struct str name = cmd->name.n > 0 ? cmd->name : cmd->target;
    struct event *e = event_new(ANSWER_DENIED, nothing, name, nothing,
                                nothing);

    e->deny = deny;
    return e;
}

static bool
is_subscribed(const struct conn *c, struct str target)
{
    return fanout_subscription(&c->receiver, line_play_room(target)) != NULL;
}

static bool
is_right(const struct login *login)
{
    if (login->kind == LOGIN_TOKEN)
        return true;
    return strcmp(login->password, LINE_PLAY_PASSWORD) == 0;
}

static struct event *
enter(const struct conn *c, const struct command *cmd)
{
    bool registered = str_eq_nocase(cmd->name, str_of("ada"));

    (void)c;
    if (cmd->kind == COMMAND_REGISTER && registered)
        return denied(cmd, DENY_NAME_TAKEN);
    if (cmd->login && cmd->kind != COMMAND_REGISTER &&
        (!registered || !is_right(cmd->login)))
        return denied(cmd, DENY_BAD_CREDENTIALS);
    if (registered && !cmd->login)
        return denied(cmd, DENY_NAME_REGISTERED);
    if (str_eq_nocase(cmd->name, str_of("alice")))
        return denied(cmd, DENY_NAME_TAKEN);
    if (cmd->kind == COMMAND_RENAME)
        return plain(ANSWER_DONE);
    return event_new(ANSWER_WELCOME, nothing, cmd->name, nothing, nothing);
}

static struct event *
join(const struct conn *c, const struct command *cmd)
{
    bool ops = str_eq(cmd->target, str_of("#ops"));
    struct event *e;

    (void)c;
    if (str_eq(cmd->target, str_of("#closed")))
        return denied(cmd, DENY_FORBIDDEN);
    e = event_new(EVENT_SUBSCRIBED, cmd->target, nothing,
                  str_of(ops ? "it is on fire" : ""), nothing);
    e->room = line_play_room(cmd->target);
    e->room_kind = ROOM_CHANNEL;
    e->count = ops ? 3 : 1;
    return e;
}

static struct event *
part(const struct conn *c, const struct command *cmd)
{
    struct event *e;

    if (!is_subscribed(c, cmd->target))
        return denied(cmd, DENY_NOT_IN_ROOM);
    e = event_new(EVENT_UNSUBSCRIBED, cmd->target, nothing, nothing, nothing);
    e->room = line_play_room(cmd->target);
    return e;
}

static struct event *
post(const struct conn *c, const struct command *cmd)
{
    if (str_eq(cmd->target, str_of("@nobody")))
        return denied(cmd, DENY_NO_SUCH_PERSON);
    if (cmd->target.p[0] == '#' && !is_subscribed(c, cmd->target))
        return denied(cmd, DENY_NOT_IN_ROOM);
    if (memmem(cmd->text.p, cmd->text.n, "refuse", 6))
        return denied(cmd, DENY_STORAGE_FULL);
    return plain(ANSWER_POSTED);
}

static struct event *
done(const struct conn *c, const struct command *cmd)
{
    (void)c;
    (void)cmd;
    return plain(ANSWER_DONE);
}

/* What needs one's own password. */
static struct event *
own(const struct conn *c, const struct command *cmd)
{
    (void)c;
    return is_right(cmd->login) ? plain(ANSWER_DONE)
                                : denied(cmd, DENY_BAD_CREDENTIALS);
}

static struct event *
about_someone(const struct conn *c, const struct command *cmd)
{
    (void)c;
    if (str_eq(cmd->name, str_of("nobody")))
        return denied(cmd, DENY_NO_SUCH_PERSON);
    return plain(ANSWER_DONE);
}

static struct event *
token(const struct conn *c, const struct command *cmd)
{
    struct event *e = done(c, cmd);

    e->token = 12;
    return e;
}

static struct event *
group(const struct conn *c, const struct command *cmd)
{
    (void)c;
    (void)cmd;
    return event_new(ANSWER_DONE, str_of("#group-1"), nothing, nothing,
                     nothing);
}

static struct event *
who(const struct conn *c, const struct command *cmd)
{
    const int64_t now_ms = 1795228289000, minute_ms = 60000;
    struct event *e = event_new(ANSWER_PEOPLE, cmd->target, nothing, nothing,
                                nothing);
    struct event *items[] = {
        person("alice", "", now_ms - 2 * minute_ms),
        person("bob", "lunch", now_ms - 90 * minute_ms),
        person("carol", "", now_ms - 12 * minute_ms),
    };

    (void)c;
    line_play_set_items(e, items, 3);
    e->time_ms = now_ms;
    return e;
}

static struct event *
rooms(const struct conn *c, const struct command *cmd)
{
    struct event *e = plain(ANSWER_ROOMS);
    struct event *items[] = {
        room("#lobby", "", 12),
        room("#ops", "it is on fire", 3),
        room("#cats-and-dogs", "no birds", 1),
    };

    (void)c;
    (void)cmd;
    line_play_set_items(e, items, 3);
    return e;
}

static struct event *
history(const struct conn *c, const struct command *cmd)
{
    struct event *e = event_new(ANSWER_PAGE, cmd->target, nothing, nothing,
                                nothing);
    struct event *items[] = {
        logged(cmd->target, "alice", MESSAGE_TEXT, "first\nsecond"),
        logged(cmd->target, "bob", MESSAGE_ACTION, "waves"),
        logged(cmd->target, "carol", MESSAGE_TOPIC, "cats"),
    };

    (void)c;
    line_play_set_items(e, items, 3);
    return e;
}

/* Those of files have no function here. */
static const struct {
    const char *word;
    answer_fn *answer;
} answers[] = {
    [COMMAND_ENTER] = {"ENTER", enter},   [COMMAND_RENAME] = {"RENAME", enter},
    [COMMAND_JOIN] = {"JOIN", join},      [COMMAND_PART] = {"PART", part},
    [COMMAND_POST] = {"POST", post},      [COMMAND_TOPIC] = {"TOPIC", done},
    [COMMAND_AWAY] = {"AWAY", done},      [COMMAND_WHO] = {"WHO", who},
    [COMMAND_ROOMS] = {"ROOMS", rooms},
    [COMMAND_HISTORY] = {"HISTORY", history},
    [COMMAND_CURSOR] = {"CURSOR", NULL},
    [COMMAND_UPLOAD] = {"UPLOAD", NULL},  [COMMAND_DROP] = {"DROP", NULL},
    [COMMAND_RESERVE] = {"RESERVE", NULL},
    [COMMAND_FETCH] = {"FETCH", NULL},    [COMMAND_FILES] = {"FILES", NULL},

    [COMMAND_REGISTER] = {"REGISTER", enter},
    [COMMAND_LOGIN] = {"LOGIN", enter},
    [COMMAND_LOGOUT] = {"LOGOUT", done},
    [COMMAND_PASSWORD] = {"PASSWORD", own},
    [COMMAND_UNREGISTER] = {"UNREGISTER", own},
    [COMMAND_DEVICES] = {"DEVICES", line_play_devices},
    [COMMAND_TOKEN] = {"TOKEN", token},
    [COMMAND_REVOKE] = {"REVOKE", done},
    [COMMAND_INVITE] = {"INVITE", about_someone},
    [COMMAND_REMOVE] = {"REMOVE", about_someone},
    [COMMAND_BAN] = {"BAN", about_someone},
    [COMMAND_UNBAN] = {"UNBAN", about_someone},
    [COMMAND_BANS] = {"BANS", line_play_bans},
    [COMMAND_ROLE] = {"ROLE", about_someone},
    [COMMAND_SET] = {"SET", done},
    [COMMAND_CLOSE_ROOM] = {"CLOSE", done},
    [COMMAND_ROOM] = {"ROOM", line_play_about_room},
    [COMMAND_MEMBERS] = {"MEMBERS", line_play_members},
    [COMMAND_GROUP] = {"GROUP", group},
};

static void
answer(struct line_play *play, const struct command *cmd)
{
    struct event *e;

    must(cmd->request != 0);
    e = answers[cmd->kind].answer
            ? answers[cmd->kind].answer(play->conn, cmd)
            : line_play_files_answer(play, cmd);
    e->request = cmd->request;
    e->command = cmd->kind;
    fake_conn_answer(play->conn, e);
}

/* --- writing it down --- */

void
line_play_add_field(struct buf *b, struct str field)
{
    if (field.n > 0)
        must(buf_printf(b, " %.*s", STR_FMT(field)) == 0);
}

static void
write_command(struct line_play *play, const struct command *cmd)
{
    size_t start = play->commands.n;
    struct buf *b = &play->commands;

    must(buf_printf(b, "= %s", answers[cmd->kind].word) == 0);
    if (cmd->kind == COMMAND_POST && cmd->message_kind == MESSAGE_ACTION)
        line_play_add_field(b, str_of("(action)"));
    if (cmd->kind == COMMAND_AWAY)
        line_play_add_field(b, str_of(cmd->away ? "(away)" : "(back)"));
    if (cmd->kind == COMMAND_HISTORY || cmd->kind == COMMAND_FILES)
        must(buf_printf(b, " %u", cmd->page.limit) == 0);
    line_play_add_field(b, cmd->target);
    line_play_add_field(b, cmd->kind == COMMAND_GROUP ? nothing : cmd->name);
    line_play_add_field(b, cmd->text);
    if (cmd->kind == COMMAND_UPLOAD)
        must(buf_printf(b, " %" PRIu64, cmd->file->size) == 0);
    line_play_write_rights(b, cmd);
    must(buf_append(b, "\n", 1) == 0);
    must(buf_append(&play->script, b->p + start, b->n - start) == 0);
}

/* Each line with its mark in front. */
static void
write_lines(struct buf *to, const char *mark, const char *p, size_t n)
{
    while (n > 0) {
        const char *lf = memchr(p, '\n', n);
        size_t line = lf ? (size_t)(lf - p) : n;

        must(buf_printf(to, "%s%.*s\n", mark, (int)line, p) == 0);
        line += lf != NULL;
        p += line;
        n -= line;
    }
}

/* What goes out in telnet is a line of its own: "< (no echo)". */
static void
write_output(struct line_play *play)
{
    const struct buf *sent = &play->conn->sent;
    struct str s = {sent->p + play->shown, sent->n - play->shown};

    while (s.n > 0) {
        const char *iac = memchr(s.p, 0xff, s.n);
        size_t n = iac ? (size_t)(iac - s.p) : s.n;

        write_lines(&play->script, "< ", s.p, n);
        s = (struct str){s.p + n, s.n - n};
        if (!iac)
            break;
        must(s.n >= 3);
        must(buf_printf(&play->script, "< (telnet %u %u)\n",
                        (unsigned char)s.p[1], (unsigned char)s.p[2]) == 0);
        s = (struct str){s.p + 3, s.n - 3};
    }
    play->shown = sent->n;
}

/* So that a test may look at it as a C string. */
static void
terminate(struct buf *b)
{
    char *end = buf_reserve(b, 1);

    must(end);
    *end = '\0';
}

/* False when nothing is asked. */
static bool
take_command(struct line_play *play)
{
    struct command *cmd = fake_conn_take(play->conn);

    if (!cmd)
        return false;
    write_command(play, cmd);
    if (cmd->kind != COMMAND_CURSOR)
        answer(play, cmd);
    command_free(&cmd);
    return true;
}

/* False when nothing came of it. */
static bool
drain(struct line_play *play)
{
    struct conn *c = play->conn;
    size_t before = c->sent.n;

    if (!c->drains)
        return false;
    fake_conn_drain(c);
    return c->sent.n > before || !c->drains;
}

static bool
take_step(struct line_play *play)
{
    return take_command(play) ||
           (!play->stuck && line_play_files_move(play)) || drain(play);
}

void
line_play_go_on(struct line_play *play)
{
    do {
        if (play->conn->sent.n > play->shown)
            write_output(play);
    } while (take_step(play));
    terminate(&play->script);
    terminate(&play->commands);
    terminate(&play->conn->sent);
}

void
line_play_init(struct line_play *play, const struct dialect_config *config)
{
    *play = (struct line_play){.shown = 0};
    buf_init(&play->script, PLAY_BYTES_MAX);
    buf_init(&play->commands, PLAY_BYTES_MAX);
    play->conn = fake_conn_new(&line_dialect, config);
    line_play_go_on(play);
}

void
line_play_done(struct line_play *play)
{
    fake_conn_free(&play->conn);
    line_play_files_done(play);
    buf_done(&play->script);
    buf_done(&play->commands);
}

void
line_play_input(struct line_play *play, const void *p, size_t n)
{
    write_lines(&play->script, "> ", p, n);
    fake_conn_input(play->conn, p, n);
    line_play_go_on(play);
}

void
line_play_eof(struct line_play *play)
{
    fake_conn_eof(play->conn);
    line_play_go_on(play);
}

void
line_play_timer(struct line_play *play)
{
    fake_conn_run_timer(play->conn);
    line_play_go_on(play);
}

void
line_play_event(struct line_play *play, struct event *e)
{
    fake_conn_answer(play->conn, e);
    line_play_go_on(play);
}

void
line_play_forget(struct line_play *play)
{
    buf_clear(&play->script);
    terminate(&play->script);
}
