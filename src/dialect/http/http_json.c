/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_json.h"

#include "dialect/http/http_out.h"
#include "hub/attachment.h"

#include <stdio.h>

enum {
    URL_BYTES = 3 + FILE_ID_CHARS + 1 + 3 * LIMIT_FILE_NAME_BYTES,
    SECONDS_BYTES = 19,          /* "2026-11-25T10:00:00" */
    SUM_BYTES = 32,
    UUID_CHARS = 36,
};

struct http_file
http_file_of(const struct event *e)
{
    must(e->file != NULL);
    return (struct http_file){
        .id = e->file->id,
        .size = e->file->size,
        .sha256 = e->file->state == FILE_WHOLE ? e->file->sha256 : NULL,
        .name = e->text,
    };
}

/* --- JSON ---------------------------------------------------------------- */

static void
add_sum(struct json *j, const uint8_t *sha256)
{
    char hex[2 * SUM_BYTES + 1];

    for (size_t i = 0; i < SUM_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", sha256[i]);
    json_text(j, "sha256", str_of(hex));
}

void
http_json_file(struct buf *b, const struct http_file *f)
{
    char id[FILE_ID_CHARS + 1];
    struct json j;
    struct buf url;

    file_id_write(&f->id, id);
    buf_init(&url, URL_BYTES);
    http_put_file_url(&url, &f->id, f->name);
    json_open(&j, b);
    json_text(&j, "id", str_of(id));
    json_text(&j, "name", f->name);
    if (f->size != FILE_SIZE_UNKNOWN)
        json_number(&j, "size", (long long)f->size);
    if (f->sha256 != NULL)
        add_sum(&j, f->sha256);
    json_text(&j, "url", buf_str(&url));
    must(json_close(&j) == 0);
    buf_done(&url);
}

static const char *
kind_name(enum message_kind kind)
{
    switch (kind) {
    case MESSAGE_TEXT: return "text";
    case MESSAGE_ACTION: return "action";
    case MESSAGE_TOPIC: return "topic";
    case MESSAGE_FILE: return "file";
    }
    must(!"a kind");
    return NULL;
}

static void
add_client_id(struct json *j, const struct client_id *cid)
{
    const uint8_t *b = cid->b;
    char text[UUID_CHARS + 1];

    if (!client_id_given(cid))
        return;
    snprintf(text, sizeof text,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
             "%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
             b[10], b[11], b[12], b[13], b[14], b[15]);
    json_text(j, "client_id", str_of(text));
}

static bool
read_file(const struct event *e, struct attachment *a, struct http_file *f)
{
    if (e->message_kind != MESSAGE_FILE || !attachment_read(e->text, a))
        return false;
    *f = (struct http_file){a->id, a->size, a->sha256, a->name};
    return true;
}

static void
add_content(struct json *j, const struct event *e)
{
    struct attachment a;
    struct http_file f;

    if (!read_file(e, &a, &f)) {
        json_text(j, "text", e->text);
        return;
    }
    json_text(j, "text", f.name);
    json_key(j, "file");
    http_json_file(j->out, &f);
}

void
http_json_message(struct buf *b, const struct dialect_config *config,
                  const struct event *e, const char *type)
{
    char msgid[MSGID_BYTES + 1], time[HTTP_TIME_BYTES];
    struct json j;

    msgid_write(config->epoch, e->room, e->seq, msgid);
    http_time(e->time_ms, time);
    json_open(&j, b);
    if (type != NULL)
        json_text(&j, "type", str_of(type));
    json_number(&j, "seq", (long long)e->seq);
    json_text(&j, "msgid", str_of(msgid));
    json_text(&j, "time", str_of(time));
    json_text(&j, "sender", e->name);
    json_text(&j, "kind", str_of(kind_name(e->message_kind)));
    add_content(&j, e);
    add_client_id(&j, &e->cid);
    must(json_close(&j) == 0);
}

/* --- Text ---------------------------------------------------------------- */

void
http_put_time(struct buf *b, int64_t wall_ms)
{
    char time[HTTP_TIME_BYTES];

    http_time(wall_ms, time);
    http_putf(b, "%.*sZ", SECONDS_BYTES, time);
}

void
http_put_size(struct buf *b, uint64_t size)
{
    if (size == FILE_SIZE_UNKNOWN)
        http_put(b, "size not known yet");
    else
        http_putf(b, "%llu byte%s", (unsigned long long)size,
                  size == 1 ? "" : "s");
}

static void
put_lines(struct buf *b, struct str text)
{
    const char *lf;

    while (text.n > 0 && (lf = memchr(text.p, '\n', text.n)) != NULL) {
        size_t n = (size_t)(lf - text.p) + 1;

        http_put_str(b, (struct str){text.p, n});
        http_put(b, "    ");
        text = (struct str){text.p + n, text.n - n};
    }
    http_put_str(b, text);
}

static void
put_said(struct buf *b, const struct event *e)
{
    switch (e->message_kind) {
    case MESSAGE_ACTION:
        http_putf(b, "* %.*s ", STR_FMT(e->name));
        break;
    case MESSAGE_TOPIC:
        http_putf(b, "%.*s changed the topic: ", STR_FMT(e->name));
        break;
    case MESSAGE_TEXT:
    case MESSAGE_FILE:
        http_putf(b, "%.*s: ", STR_FMT(e->name));
        break;
    }
    put_lines(b, e->text);
}

void
http_line_message(struct buf *b, const struct event *e)
{
    struct attachment a;
    struct http_file f;

    http_put_time(b, e->time_ms);
    http_put(b, " ");
    if (read_file(e, &a, &f)) {
        http_putf(b, "%.*s shared %.*s (", STR_FMT(e->name),
                  STR_FMT(f.name));
        http_put_size(b, f.size);
        http_put(b, "): ");
        http_put_file_url(b, &f.id, f.name);
    } else {
        put_said(b, e);
    }
    http_put(b, "\n");
}
