/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_events.h"

#include "dialect/http/http_json.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_words.h"

#include <stdio.h>

enum format { FORMAT_TEXT, FORMAT_NDJSON, FORMAT_SSE };

static bool
is_chunked(unsigned encoding)
{
    return encoding < HTTP_PLAIN_TEXT;
}

static enum format
format_of(unsigned encoding)
{
    must(encoding > HTTP_QUIET && encoding <= HTTP_PLAIN_SSE);
    return (encoding - HTTP_CHUNKED_TEXT) % 3;
}

enum http_encoding
http_encoding_of(enum http_type type, bool chunked)
{
    unsigned first = chunked ? HTTP_CHUNKED_TEXT : HTTP_PLAIN_TEXT;

    if (type == HTTP_TYPE_NDJSON)
        return first + FORMAT_NDJSON;
    return first + (type == HTTP_TYPE_SSE ? FORMAT_SSE : FORMAT_TEXT);
}

/* b as a piece of the stream. */
static struct slab *
wrap(unsigned encoding, const struct buf *b)
{
    if (b->n == 0)
        return NULL;
    if (!is_chunked(encoding))
        return slab_copy(buf_str(b));
    return slab_printf("%zx\r\n%.*s\r\n", b->n, STR_FMT(*b));
}

/* --- What is not a message ------------------------------------------------ */

static void
add_names(struct json *j, const struct event *e)
{
    json_key(j, "names");
    http_put(j->out, "[");
    for (size_t i = 0; i < e->items_n; i++) {
        http_put(j->out, i > 0 ? "," : "");
        must(json_quoted(j->out, e->items[i]->name) == 0);
    }
    http_put(j->out, "]");
    json_number(j, "others", e->others);
    json_number(j, "count", e->count);
}

static void
add_uploading(struct json *j, const struct event *e)
{
    struct http_file f = http_file_of(e);

    json_text(j, "sender", e->name);
    json_key(j, "file");
    http_json_file(j->out, &f);
}

static void
add_standing(struct json *j, const struct event *e)
{
    json_text(j, "name", e->name);
    json_text(j, "role", str_of(http_role_word(e->role)));
    json_bool(j, "muted", e->muted);
    json_text(j, "by", e->extra);
    json_text(j, "text", e->text);
}

/* The event's name; NULL: it is not told. */
static const char *
type_of(const struct event *e)
{
    switch (e->kind) {
    case EVENT_MESSAGE: return "message";
    case EVENT_JOINED: return "joined";
    case EVENT_LEFT: return "left";
    case EVENT_GATHERED: return e->joined ? "joined" : "left";
    case EVENT_RENAMED: return "renamed";
    case EVENT_AWAY: return "away";
    case EVENT_UPLOADING: return "uploading";
    case EVENT_STANDING: return "standing";
    case EVENT_SETTING: return "setting";
    case EVENT_ANNOUNCEMENT: return "announcement";
    default: return NULL;        /* typing and cursors pass too quickly */
    }
}

static void
add_fields(struct json *j, const struct event *e)
{
    switch (e->kind) {
    case EVENT_JOINED:
    case EVENT_LEFT:
        json_text(j, "name", e->name);
        json_number(j, "count", e->count);
        break;
    case EVENT_GATHERED:
        add_names(j, e);
        break;
    case EVENT_RENAMED:
        json_text(j, "name", e->name);
        json_text(j, "to", e->extra);
        break;
    case EVENT_AWAY:
        json_text(j, "name", e->name);
        json_bool(j, "away", e->away);
        json_text(j, "text", e->text);
        break;
    case EVENT_UPLOADING:
        add_uploading(j, e);
        break;
    case EVENT_STANDING:
        add_standing(j, e);
        break;
    case EVENT_SETTING:
        json_text(j, "setting", str_of(http_setting_word(e->setting)));
        json_text(j, "value", e->text);
        json_text(j, "by", e->extra);
        break;
    case EVENT_ANNOUNCEMENT:
        json_text(j, "text", e->text);
        break;
    default:
        break;
    }
}

static void
put_object(struct buf *b, const struct dialect_config *config,
           const struct event *e, const char *type)
{
    struct json j;

    if (e->kind == EVENT_MESSAGE) {
        http_json_message(b, config, e, type);
        return;
    }
    json_open(&j, b);
    json_text(&j, "type", str_of(type));
    add_fields(&j, e);
    must(json_close(&j) == 0);
}

/* --- Formats ------------------------------------------------------------- */

static void
put_text(struct buf *b, const struct event *e)
{
    if (e->kind == EVENT_MESSAGE)
        http_line_message(b, e);
    else if (e->kind == EVENT_ANNOUNCEMENT)
        http_putf(b, "[SERVER]: %.*s\n", STR_FMT(e->text));
}

/* Only messages have an id, so that Last-Event-ID is a seq to go on from. */
static void
put_sse(struct buf *b, const struct dialect_config *config,
        const struct event *e, const char *type)
{
    if (e->kind == EVENT_MESSAGE)
        http_putf(b, "id: %llu\n", (unsigned long long)e->seq);
    http_putf(b, "event: %s\ndata: ", type);
    put_object(b, config, e, type);
    http_put(b, "\n\n");
}

struct slab *
http_encode(const struct dialect_config *config, unsigned encoding,
            const struct event *e)
{
    const char *type = type_of(e);
    struct slab *s;
    struct buf b;

    if (encoding == HTTP_QUIET || type == NULL)
        return NULL;
    buf_init(&b, HTTP_BODY_MAX);
    switch (format_of(encoding)) {
    case FORMAT_TEXT:
        put_text(&b, e);
        break;
    case FORMAT_NDJSON:
        put_object(&b, config, e, type);
        http_put(&b, "\n");
        break;
    case FORMAT_SSE:
        put_sse(&b, config, e, type);
        break;
    }
    s = wrap(encoding, &b);
    buf_done(&b);
    return s;
}

struct slab *
http_heartbeat(unsigned encoding)
{
    static const char *const beats[] = {
        [FORMAT_TEXT] = "", [FORMAT_NDJSON] = "\n", [FORMAT_SSE] = ":\n\n",
    };
    const char *beat = beats[format_of(encoding)];

    if (*beat == '\0')
        return NULL;
    if (!is_chunked(encoding))
        return slab_copy(str_of(beat));
    return slab_printf("%zx\r\n%s\r\n", strlen(beat), beat);
}

static const char *
last_type(const struct event *why)
{
    if (why->kind == EVENT_STOPPING)
        return "stopping";
    return why->kind == EVENT_REMOVED ? "removed" : "closed";
}

static void
put_last_text(struct buf *b, const struct event *why, struct str text)
{
    http_put(b, "[SERVER]: ");
    if (why->kind == EVENT_REMOVED) {
        http_putf(b, "You were removed from %.*s", STR_FMT(why->room_name));
        if (why->extra.n > 0)
            http_putf(b, " by %.*s", STR_FMT(why->extra));
        http_put(b, text.n > 0 ? ": " : "");
    }
    http_putf(b, "%.*s\n", STR_FMT(text));
}

static void
add_removal(struct json *j, const struct event *why)
{
    json_text(j, "room", why->room_name);
    json_text(j, "by", why->extra);
    json_text(j, "code", str_of(deny_word(why->deny)));
}

static void
put_last(struct buf *b, enum format format, const struct event *why)
{
    const char *type = last_type(why);
    struct str text = why->kind == EVENT_STOPPING
                          ? str_of(deny_text(DENY_STOPPING)) : why->text;
    struct json j;

    if (format == FORMAT_TEXT) {
        put_last_text(b, why, text);
        return;
    }
    if (format == FORMAT_SSE)
        http_putf(b, "event: %s\ndata: ", type);
    json_open(&j, b);
    json_text(&j, "type", str_of(type));
    json_text(&j, "text", text);
    if (why->kind == EVENT_REMOVED)
        add_removal(&j, why);
    must(json_close(&j) == 0);
    http_put(b, format == FORMAT_SSE ? "\n\n" : "\n");
}

struct slab *
http_last_words(unsigned encoding, const struct event *why)
{
    struct slab *s;
    struct buf b;

    buf_init(&b, HTTP_BODY_MAX);
    put_last(&b, format_of(encoding), why);
    if (is_chunked(encoding))
        s = slab_printf("%zx\r\n%.*s\r\n0\r\n\r\n", b.n, STR_FMT(b));
    else
        s = slab_copy(buf_str(&b));
    buf_done(&b);
    return s;
}
