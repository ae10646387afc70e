/* SPDX-License-Identifier: MIT
 *
 * A person's connection, from the greeting to the end.
 *
 *   NAMING --a good name--> ENTERING --welcome--> CHATTING
 *     ^-------- taken ---------'
 *
 * In NAMING and CHATTING a question may be open, for a password most often:
 * then the next line answers it and is nothing else (line_prompt.h). Where none
 * was opened though a password may follow, what does ends the connection.
 *
 * The order of what is said: plain messages may follow each other without
 * waiting, since nobody is told that they were stored. Any other line has
 * something to say, so it waits until everything before it has been answered,
 * and so does whatever follows it. */
#include "dialect/line/line.h"
#include "dialect/line/line_answers.h"
#include "dialect/line/line_door.h"
#include "dialect/line/line_events.h"
#include "dialect/line/line_impl.h"
#include "dialect/line/line_prompt.h"
#include "dialect/line/line_slash.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* Answers are counted, not told apart, but for those of files
 * (line_files_request). */
enum { REQUEST = 1 };

/* A line while a name or an answer is asked for. */
enum { NAME_LINE_MAX = 1024, REASON_BYTES_MAX = 200 };

static const struct str nothing = {NULL, 0};

/* --- commands and their order --- */

static void
send_command(struct conn *c, struct command *cmd)
{
    struct line_state *st = conn_state(c);

    cmd->request = REQUEST;
    st->pending++;
    conn_command(c, cmd);
}

static void
hold(struct conn *c)
{
    struct line_state *st = conn_state(c);

    st->waiting = true;
    st->holding = true;
    conn_hold(c);
}

/* A line, or half of one, lies there until its turn comes. */
static void
hold_back(struct conn *c)
{
    struct line_state *st = conn_state(c);

    st->held_back = true;
    hold(c);
}

/* What a line has to say would come too early, or within a file. */
static bool
is_busy(const struct line_state *st)
{
    return st->pending > 0 || line_files_sending(st);
}

void
line_settle(struct conn *c)
{
    struct line_state *st = conn_state(c);
    bool holds;

    if (st->over)
        return;
    line_files_tidy(st);
    if (st->waiting && !is_busy(st)) {
        st->waiting = false;
        st->waited = st->held_back;
        st->held_back = false;
    }
    holds = st->waiting || line_files_hold(st);
    if (holds && !st->holding)
        conn_hold(c);
    else if (!holds && st->holding)
        conn_release(c);
    st->holding = holds;
    if (!st->waiting && !st->waited && !st->pausing && st->pending == 0)
        line_send_next(c);
}

static void
forget_asked(struct line_state *st)
{
    if (st->asked) {
        command_free(&st->asked->command);
        sodium_memzero(st->asked->token, sizeof st->asked->token);
    }
    free(st->asked);
    st->asked = NULL;
}

struct line_asked *
line_ask_about(struct conn *c, struct str about)
{
    struct line_state *st = conn_state(c);

    forget_asked(st);
    st->asked = must_alloc(sizeof *st->asked);
    snprintf(st->asked->about, sizeof st->asked->about, "%.*s",
             STR_FMT(about));
    return st->asked;
}

const struct line_asked *
line_asked(const struct line_state *st)
{
    static const struct line_asked empty;

    return st->asked ? st->asked : &empty;
}

void
line_ask(struct conn *c, struct command *cmd)
{
    hold(c);
    send_command(c, cmd);
}

void
line_post(struct conn *c, struct str target, enum message_kind kind,
          struct str text)
{
    struct command *cmd = command_new(COMMAND_POST, target, nothing, text);

    cmd->message_kind = kind;
    send_command(c, cmd);
}

void
line_join(struct conn *c, struct str room)
{
    line_ask(c, command_new(COMMAND_JOIN, room, nothing, nothing));
}

static void
answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct line_state *st = conn_state(c);

    (void)sub;    /* line_rooms looks it up: there may be a second to change */
    if (e->request == REQUEST) {
        must(st->pending > 0);
        st->pending--;
    }
    if (st->over)
        return;
    if (e->request > REQUEST || e->kind == EVENT_UPLOADING ||
        e->kind == EVENT_MESSAGE)
        line_files_answer(c, e);
    else
        line_tell(c, e);
    if (st->pending == 0 && !line_prompt_is_on(st))
        forget_asked(st);
    line_settle(c);
}

/* --- the name --- */

bool
line_check_name(struct conn *c, struct str typed, const char *advice,
                struct name *ret)
{
    enum name_fault fault =
        name_check_user(typed, conn_config(c)->charset, ret);

    if (fault == NAME_OK)
        return true;
    line_say(c, "Name \"%.*s\" cannot be used: it %s.%s",
             STR_FMT(line_quote(typed)), name_fault_text(fault), advice);
    return false;
}

bool
line_check_room(struct conn *c, struct str typed, const char *advice,
                struct name *ret)
{
    enum name_fault fault =
        name_check_room(typed, conn_config(c)->charset, ret);

    if (fault == NAME_OK)
        return true;
    line_say(c, "Room \"%.*s\" cannot be used: it %s.%s",
             STR_FMT(line_quote(typed)), name_fault_text(fault), advice);
    return false;
}

void
line_rename(struct line_state *st, struct str name)
{
    free(st->name);
    st->name = must_alloc(name.n + 1);
    str_to_z(name, st->name, name.n + 1);
}

/* --- lines --- */

static bool
is_command(struct str text)
{
    return text.n > 0 && text.p[0] == '/' &&
           !(text.n > 1 && text.p[1] == '/');
}

static bool
is_file(struct str text)
{
    struct str name;
    uint64_t size;

    return line_wire_file(text, &name, &size);
}

/* Nothing but a message for the room that the person is in. */
static bool
is_plain(const struct line_state *st, struct str text)
{
    return st->phase == LINE_CHATTING && st->rooms.current &&
           !is_command(text) && !is_file(text);
}

/* Its turn has not come. While a file goes out another may come in: two who
 * send each other one wait for nobody. */
static bool
is_early(const struct line_state *st, struct str text)
{
    if (!is_busy(st))
        return false;
    if (line_prompt_is_on(st))
        return true;
    if (is_plain(st, text))
        return line_files_crowded(st);
    return st->pending > 0 || !is_file(text);
}

const struct line_room *
line_here(struct conn *c)
{
    struct line_state *st = conn_state(c);

    if (!st->rooms.current)
        line_say(c, "You are in no room. /join one first.");
    return line_rooms_here(&st->rooms, conn_receiver(c));
}

static void
chat(struct conn *c, struct str text)
{
    const struct line_room *room;

    if (is_command(text)) {
        line_slash(c, text);
        return;
    }
    if (str_trim(text).n == 0 || !(room = line_here(c)))
        return;
    if (text.p[0] == '/')
        text = (struct str){text.p + 1, text.n - 1};
    line_post(c, str_of(room->name), MESSAGE_TEXT, text);
}

static void
take_text(struct conn *c, struct str text)
{
    struct line_state *st = conn_state(c);
    struct str name;
    uint64_t size;

    conn_spoke(c);
    if (line_prompt_ends_with(c, text))
        return;
    if (line_prompt_is_on(st))
        line_prompt_take(c, text);
    else if (line_wire_file(text, &name, &size))
        line_files_take(c, name, size);
    else if (st->phase == LINE_NAMING)
        line_door_take(c, text);
    else
        chat(c, text);
}

static size_t
line_max(const struct conn *c, const struct line_state *st)
{
    size_t max = conn_config(c)->message_bytes;

    if (st->phase != LINE_CHATTING || line_prompt_is_on(st))
        return NAME_LINE_MAX;
    return max > 0 && max < LIMIT_MESSAGE_BYTES ? max : LIMIT_MESSAGE_BYTES;
}

static void
refuse_long(struct conn *c, const struct line_state *st)
{
    conn_spoke(c);
    if (line_prompt_ends_with(c, str_of("...")))
        return;
    if (line_prompt_is_on(st))
        line_prompt_too_long(c);
    else
        line_say(c, "That line is longer than %zu bytes: %s", line_max(c, st),
                 st->phase == LINE_NAMING ? "choose a different name:"
                                          : "it was not sent.");
}

/* A client that sends no newlines may send none behind a file's header. */
static enum line_wire_found
next_line(struct conn *c, const uint8_t *p, size_t n, struct str *raw,
          size_t *used)
{
    struct line_state *st = conn_state(c);

    if (conn_config(c)->newline == LINE_NEWLINE_OPTIONAL &&
        !st->wire.skipping && !line_prompt_is_on(st) &&
        line_wire_bare_file(p, n, line_max(c, st), raw, used)) {
        line_wire_break(&st->wire);
        return LINE_WIRE_LINE;
    }
    return line_wire_next(&st->wire, p, n, line_max(c, st), raw, used);
}

/* What a raw line says. A password is what it is. */
static struct str
read_raw(const struct line_state *st, struct str raw, struct buf *scratch)
{
    buf_init(scratch, LINE_WIRE_SCRATCH_BYTES);
    return line_prompt_is_secret(st) ? line_wire_secret(raw, scratch)
                                     : line_wire_text(raw, scratch);
}

static void
wipe(struct buf *scratch)
{
    if (scratch->n > 0)
        sodium_memzero(scratch->p, scratch->n);
    buf_done(scratch);
}

/* Answers what the p[0..n) that was just looked at says in telnet; not what a
 * line has too much. An echo that is due comes first, however the bytes were
 * split. False: its turn has not come. */
static bool
negotiate(struct conn *c, const struct line_wire *before, const uint8_t *p,
          size_t n)
{
    struct line_state *st = conn_state(c);
    size_t seen = before->scanned, max = line_max(c, st) + 1;
    struct buf out;
    bool any, early;

    n = n < max ? n : max;
    if (before->skipping || seen >= n)
        return true;
    buf_init(&out, n - seen + 3);
    any = line_wire_options(before->telnet, p + seen, n - seen, st->silenced,
                            &out);
    early = any && is_busy(st);
    if (any && !early) {
        st->telnet = true;
        line_prompt_silence(c);
        buf_clear(&out);
        line_wire_options(before->telnet, p + seen, n - seen, st->silenced,
                          &out);
        if (out.n > 0)
            conn_send_bytes(c, out.p, out.n);
    }
    buf_done(&out);
    return !early;
}

/* One line off p[0..n); returns what it consumed. A line whose turn has not
 * come stays where it is. */
static size_t
take_line(struct conn *c, const uint8_t *p, size_t n)
{
    struct line_state *st = conn_state(c);
    struct line_wire before = st->wire;
    struct str raw = nothing, text;
    struct buf scratch;
    enum line_wire_found found;
    size_t used;
    bool early;

    found = next_line(c, p, n, &raw, &used);
    early = !negotiate(c, &before, p, found == LINE_WIRE_MORE ? n : used);
    if ((found == LINE_WIRE_MORE && !early) || found == LINE_WIRE_SKIPPED)
        return used;
    text = read_raw(st, raw, &scratch);
    early = early || (found == LINE_WIRE_TOO_LONG ? is_busy(st)
                                                  : is_early(st, text));
    if (early && !st->unasked) {
        st->wire = before;
        used = 0;
        hold_back(c);
    } else if (found == LINE_WIRE_TOO_LONG) {
        refuse_long(c, st);
    } else {
        take_text(c, text);
    }
    wipe(&scratch);
    return used;
}

void
line_watch(struct conn *c)
{
    const struct line_state *st = conn_state(c);
    int64_t ms =
        st->pausing || st->unasked ? 0 : line_files_watch_ms(c);

    if (ms > 0)
        conn_timer(c, ms);
}

/* A client that sends no newlines ends its line by pausing. */
static void
watch_pause(struct conn *c, size_t rest)
{
    const struct dialect_config *config = conn_config(c);
    struct line_state *st = conn_state(c);
    bool unfinished = rest > 0 || st->wire.skipping;

    if (config->newline != LINE_NEWLINE_OPTIONAL)
        return;
    st->pausing = unfinished && !conn_held(c) && !line_files_is_input(st);
    conn_timer(c, st->pausing   ? config->pause_ms
                  : st->unasked ? LINE_PROMPT_MOMENT_MS
                                : 0);
    line_watch(c);
}

static size_t
input(struct conn *c, const uint8_t *p, size_t n)
{
    struct line_state *st = conn_state(c);
    size_t used = 0, step = 1;

    while (used < n && step > 0 && !conn_held(c)) {
        step = line_files_is_input(st)
                   ? line_files_input(c, p + used, n - used)
                   : take_line(c, p + used, n - used);
        used += step;
    }
    st->waited = false;
    if (!st->over)
        watch_pause(c, n - used);
    if (st->files)
        line_settle(c);
    return used;
}

/* What was sent without a newline counts as a line, unless it is nothing. */
static void
take_rest(struct conn *c, const uint8_t *p, size_t n)
{
    struct line_state *st = conn_state(c);
    struct buf scratch;
    struct str text;

    line_wire_break(&st->wire);
    if (n > line_max(c, st) + 1)
        refuse_long(c, st);
    if (n == 0 || n > line_max(c, st) + 1)
        return;
    text = read_raw(st, (struct str){(const char *)p, n}, &scratch);
    if (text.n > 0)
        take_text(c, text);
    wipe(&scratch);
}

static size_t
timer(struct conn *c, const uint8_t *p, size_t n)
{
    struct line_state *st = conn_state(c);

    if (!st->pausing) {
        line_prompt_relent(c);
        line_files_watch(c);
        if (!st->over)
            line_watch(c);
        return 0;
    }
    st->pausing = false;
    if (conn_held(c))
        return 0;
    if (is_busy(st)) {          /* its turn comes with the last answer */
        hold_back(c);
        return 0;
    }
    take_rest(c, p, n);
    if (st->unasked)
        line_prompt_withhold(c);
    line_settle(c);
    return n;
}

/* Half a name is not asked for: its owner has left. Comes again, with nothing
 * more, when what had to be waited for is over. */
static void
eof(struct conn *c, const uint8_t *p, size_t n)
{
    struct line_state *st = conn_state(c);

    line_files_cut(c);
    if (n > 0 && st->phase == LINE_CHATTING && !line_prompt_is_on(st))
        take_rest(c, p, n);
    if (st->over)
        return;
    line_send_inline(c, false);
    st->leaving = true;
    line_settle(c);
    if (!line_files_hold(st))
        conn_finish(c, "closed the connection");
}

/* --- beginning and end --- */

static void
open_conn(struct conn *c)
{
    line_send_inline(c, conn_config(c)->sharing == LINE_SHARING_INLINE);
    line_door_open(c);
}

void
line_quit(struct conn *c, struct str why)
{
    char reason[REASON_BYTES_MAX + 1] = "quit";

    if (why.n > 0)
        snprintf(reason, sizeof reason, "%.*s",
                 STR_FMT(line_cut(why, REASON_BYTES_MAX)));
    line_say(c, "Bye!");
    line_end(c, reason, true);
}

void
line_end(struct conn *c, const char *reason, bool clean)
{
    struct line_state *st = conn_state(c);

    st->over = true;
    if (line_files_occupied(st))
        conn_reset(c, reason);
    else
        conn_end(c, reason, clean);
}

static void
close_conn(struct conn *c)
{
    struct line_state *st = conn_state(c);

    forget_asked(st);
    free(st->name);
    line_files_done(c);
    line_rooms_done(&st->rooms);
}

const struct dialect line_dialect = {
    .name = "line",
    .state_bytes = sizeof(struct line_state),
    .skip_own = true,
    .open = open_conn,
    .input = input,
    .eof = eof,
    .timer = timer,
    .answer = answer,
    .drain = line_send_drain,
    .encode = line_encode,
    .farewell = line_farewell,
    .close = close_conn,
};
