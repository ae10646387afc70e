/* SPDX-License-Identifier: MIT
 *
 * Shared events as lines. The words are fixed (DESIGN.md §5): people's scripts
 * match them. Encoded once per encoding for all who hear it, so nothing here
 * depends on the receiver. */
#include "dialect/line/line_events.h"
#include "base/utf8.h"
#include "dialect/line/line_impl.h"
#include "dialect/line/line_lists.h"
#include "hub/attachment.h"
#include "hub/setting.h"

/* --- who and where --- */

static void
add_place(struct line_out *o, unsigned encoding, const struct event *e)
{
    if (encoding == LINE_ENCODING_DIRECT || e->room_kind == ROOM_DIRECT)
        line_out_add(o, "[private] ");
    else if (encoding == LINE_ENCODING_OTHER && e->room_name.n > 0)
        line_out_add(o, "[%.*s] ", STR_FMT(e->room_name));
}

void
line_message_prefix(struct line_out *o, const struct event *e)
{
    struct attachment a;

    switch (e->message_kind) {
    case MESSAGE_TEXT:
        line_out_str(o, e->name);
        line_out_str(o, str_of(": "));
        break;
    case MESSAGE_FILE:
        line_out_str(o, e->name);
        line_out_str(o, str_of(attachment_read(e->text, &a) ? " shared "
                                                            : ": "));
        break;
    case MESSAGE_ACTION:
        line_out_add(o, "* %.*s ", STR_FMT(e->name));
        break;
    case MESSAGE_TOPIC:
        line_out_add(o, "%.*s has changed the topic of %.*s to: ",
                     STR_FMT(e->name), STR_FMT(e->room_name));
        break;
    }
}

struct str
line_message_text(struct line_out *scratch, const struct event *e)
{
    struct attachment a;

    if (e->message_kind != MESSAGE_FILE || !attachment_read(e->text, &a))
        return e->text;
    line_files_words(scratch, &a);
    return buf_str(&scratch->buf);
}

/* A clean text of one line in one allocation, without a detour: nearly every
 * message is one, and this is done once for each. NULL: it is not so simple. */
static struct slab *
simple_message(struct str prefix, struct str text)
{
    struct slab *s;
    char *at;

    if (memchr(text.p, '\n', text.n) != NULL)
        return NULL;
    s = slab_new(prefix.n + text.n + 1);
    at = mempcpy(s->p, prefix.p, prefix.n);
    at = mempcpy(at, text.p, text.n);
    *at = '\n';
    if (!utf8_is_clean((struct str){s->p, s->n - 1}, UTF8_ONE_LINE))
        slab_unref(&s);
    return s;
}

static struct slab *
message_slab(unsigned encoding, const struct event *e)
{
    struct line_out prefix, words, o;
    struct str text;
    struct slab *s;

    line_out_init(&prefix);
    line_out_init(&words);
    add_place(&prefix, encoding, e);
    line_message_prefix(&prefix, e);
    text = line_message_text(&words, e);
    s = simple_message(buf_str(&prefix.buf), text);
    if (s == NULL) {
        line_out_init(&o);
        line_out_body(&o, buf_str(&prefix.buf), text);
        s = line_out_slab(&o);
    }
    buf_done(&prefix.buf);
    buf_done(&words.buf);
    return s;
}

/* --- coming and going --- */

static const char *
verb(enum event_kind kind)
{
    return kind == EVENT_JOINED ? "joined" : "left";
}

static void
add_presence(struct line_out *o, const struct event *e)
{
    line_out_add(o, "%.*s has %s the chat.", STR_FMT(e->name), verb(e->kind));
    line_out_end(o);
}

/* "alice", "alice and bob", "alice, bob and 37 others". */
static void
add_crowd(struct line_out *o, const struct event *e)
{
    size_t n = e->items_n;

    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            line_out_add(o, i + 1 == n && e->others == 0 ? " and " : ", ");
        line_out_str(o, e->items[i]->name);
    }
    if (e->others > 0)
        line_out_add(o, "%s%u %s%s", n > 0 ? " and " : "", e->others,
                     n > 0 ? "other" : "guest", e->others == 1 ? "" : "s");
}

static void
add_gathered(struct line_out *o, const struct event *e)
{
    bool one = e->items_n + e->others == 1;

    add_crowd(o, e);
    line_out_add(o, " %s %s the chat.", one ? "has" : "have",
                 verb(e->joined ? EVENT_JOINED : EVENT_LEFT));
    line_out_end(o);
}

static void
add_renamed(struct line_out *o, const struct event *e)
{
    line_out_add(o, "%.*s is now known as %.*s.", STR_FMT(e->name),
                 STR_FMT(e->extra));
    line_out_end(o);
}

/* --- rights --- */

static struct str
by_whom(const struct event *e)
{
    return e->extra.n > 0 ? e->extra : str_of("The operator");
}

static void
add_role(struct line_out *o, const struct event *e)
{
    struct str by = by_whom(e);

    if (e->role == ROLE_NONE)
        line_out_add(o, "%.*s has ended the membership of %.*s", STR_FMT(by),
                     STR_FMT(e->name));
    else
        line_out_add(o, "%.*s has made %.*s %s %s", STR_FMT(by),
                     STR_FMT(e->name),
                     e->role == ROLE_OWNER ? "the" : "a",
                     line_lists_role(e->role));
}

/* "alice has muted bob: why" */
static void
add_standing(struct line_out *o, const struct event *e)
{
    struct str by = by_whom(e);

    if (e->away)
        line_out_add(o, "%.*s has %s %.*s", STR_FMT(by),
                     e->muted ? "muted" : "unmuted", STR_FMT(e->name));
    else
        add_role(o, e);
    line_out_add(o, e->text.n > 0 ? ": %.*s" : ".%.*s", STR_FMT(e->text));
    line_out_end(o);
}

static void
add_changed(struct line_out *o, const struct event *e)
{
    struct str by = by_whom(e);

    if (e->setting == SETTING_NAME)
        line_out_add(o, "%.*s has renamed %.*s to %.*s.", STR_FMT(by),
                     STR_FMT(e->room_name), STR_FMT(e->text));
    else
        line_out_add(o, "%.*s has set the %s of %.*s to: %.*s", STR_FMT(by),
                     setting_word(e->setting), STR_FMT(e->room_name),
                     STR_FMT(e->text));
    line_out_end(o);
}

/* --- the slots --- */

/* A notice of a direct room would only repeat that of a common room, but for
 * a new name: the old one cannot be written to any more. */
static void
add_notice(struct line_out *o, unsigned encoding, const struct event *e)
{
    if (encoding == LINE_ENCODING_DIRECT && e->kind != EVENT_RENAMED)
        return;
    add_place(o, encoding, e);
    if (e->kind == EVENT_GATHERED)
        add_gathered(o, e);
    else if (e->kind == EVENT_RENAMED)
        add_renamed(o, e);
    else if (e->kind == EVENT_STANDING)
        add_standing(o, e);
    else if (e->kind == EVENT_SETTING)
        add_changed(o, e);
    else
        add_presence(o, e);
}

struct slab *
line_encode(const struct dialect_config *config, unsigned encoding,
            const struct event *e)
{
    struct slab *s = NULL;
    struct line_out o;

    (void)config;
    if (e->kind == EVENT_MESSAGE)
        return message_slab(encoding, e);
    line_out_init(&o);
    switch (e->kind) {
    case EVENT_JOINED:
    case EVENT_LEFT:
    case EVENT_GATHERED:
    case EVENT_RENAMED:
    case EVENT_STANDING:
    case EVENT_SETTING:
        add_notice(&o, encoding, e);
        break;
    case EVENT_ANNOUNCEMENT:
        line_out_body(&o, str_of("[SERVER]: "), e->text);
        break;
    default:    /* typing, cursors, away: for programs */
        break;
    }
    if (o.buf.n > 0)
        s = line_out_slab(&o);
    buf_done(&o.buf);
    return s;
}

static void
say_closed(struct conn *c, const struct event *why)
{
    struct str text = why->text, by = why->extra;

    if (text.n == 0 && why->deny != DENY_NONE && by.n == 0)
        text = str_of(deny_text(why->deny));
    line_say(c, "You have been removed%s%.*s%s%.*s", by.n > 0 ? " by " : "",
             STR_FMT(by), text.n > 0 ? ": " : ".", STR_FMT(text));
}

void
line_farewell(struct conn *c, const struct event *why)
{
    struct line_state *st = conn_state(c);

    if (line_files_occupied(st)) {    /* words would be taken for its bytes */
        line_end(c, "told to go in the middle of a file", false);
        return;
    }
    if (why->kind == EVENT_STOPPING)
        line_say(c, "Server is shutting down. Bye!");
    else
        say_closed(c, why);
    st->over = true;
}
