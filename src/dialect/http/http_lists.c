/* SPDX-License-Identifier: MIT
 *
 * GET / and /r: the rooms. GET /r/ROOM/files: a room's files. */
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_json.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_page.h"
#include "dialect/http/http_query.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_words.h"

enum {
    FILES_DEFAULT = 50,
    FILES_PAGE = 100,            /* of an HTML page: its names take room */
};

static void
send_list(struct conn *c, struct buf *b)
{
    enum http_type type = http_x(c)->type;
    struct http_out o;

    http_out_begin(&o, c, 200);
    http_out_field(&o, "Cache-Control", "no-store");
    if (type == HTTP_TYPE_HTML)
        http_page_fields(&o);
    http_out_whole(&o, http_type_name(type), buf_str(b));
    buf_done(b);
}

/* --- Rooms --------------------------------------------------------------- */

static void
rooms_begin(struct conn *c)
{
    struct str none = {NULL, 0};

    http_ask(c, command_new(COMMAND_ROOMS, none, none, none));
}

static void
put_room_json(struct buf *b, const struct event *room)
{
    struct json j;

    json_open(&j, b);
    json_text(&j, "room", room->room_name);
    json_text(&j, "topic", room->text);
    json_number(&j, "present", room->count);
    json_number(&j, "seq", (long long)room->seq);
    json_text(&j, "privacy",
              str_of(http_privacy_word(room->settings.privacy)));
    json_text(&j, "role", str_of(http_role_word(room->role)));
    json_number(&j, "read", (long long)room->read);
    if (room->room_kind == ROOM_DIRECT)
        json_number(&j, "unread", room->others);
    must(json_close(&j) == 0);
}

static void
put_rooms_json(struct buf *b, const struct event *e)
{
    struct json j;

    json_open(&j, b);
    json_key(&j, "rooms");
    http_put(b, "[");
    for (size_t i = 0; i < e->items_n; i++) {
        http_put(b, i > 0 ? "," : "");
        put_room_json(b, e->items[i]);
    }
    http_put(b, "]");
    json_bool(&j, "more", e->more);
    must(json_close(&j) == 0);
    http_put(b, "\n");
}

static void
put_rooms_text(struct buf *b, const struct event *e)
{
    for (size_t i = 0; i < e->items_n; i++) {
        const struct event *room = e->items[i];

        http_putf(b, "%.*s  %u here, %llu said  %.*s\n",
                  STR_FMT(room->room_name), room->count,
                  (unsigned long long)room->seq, STR_FMT(room->text));
    }
}

static void
rooms_answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct buf b;

    (void)sub;
    if (e->kind == ANSWER_DENIED) {
        http_deny_event(c, e);
        return;
    }
    must(e->kind == ANSWER_ROOMS);
    buf_init(&b, HTTP_BODY_MAX);
    if (http_x(c)->type == HTTP_TYPE_HTML)
        http_page_rooms(&b, c, e);
    else if (http_x(c)->type == HTTP_TYPE_JSON)
        put_rooms_json(&b, e);
    else
        put_rooms_text(&b, e);
    send_list(c, &b);
}

const struct http_handler http_rooms_handler = {
    .need = NEED_READER,
    .begin = rooms_begin,
    .answer = rooms_answer,
};

/* --- Files --------------------------------------------------------------- */

static void
files_begin(struct conn *c)
{
    bool page = http_x(c)->type == HTTP_TYPE_HTML;
    struct page_query q = {.mode = PAGE_LATEST};
    struct str none = {NULL, 0};
    struct http_number before;
    struct command *cmd;

    if (!http_query_number(c, "before", &before) ||
        !http_query_limit(c, FILES_DEFAULT,
                          page ? FILES_PAGE : LIMIT_FILES_PAGE, &q.limit))
        return;
    if (before.given)
        q.mode = PAGE_BEFORE;
    q.at = before.value;
    cmd = command_new(COMMAND_FILES, buf_str(&http_x(c)->room), none, none);
    cmd->page = q;
    http_ask(c, cmd);
}

static void
put_file_json(struct buf *b, const struct event *item)
{
    struct http_file f = http_file_of(item);
    char time[HTTP_TIME_BYTES];
    struct json j;

    http_time(item->time_ms, time);
    json_open(&j, b);
    json_number(&j, "seq", (long long)item->seq);
    json_text(&j, "time", str_of(time));
    json_text(&j, "sender", item->name);
    json_key(&j, "file");
    http_json_file(b, &f);
    must(json_close(&j) == 0);
}

static void
put_files_json(struct buf *b, const struct event *e)
{
    struct json j;

    json_open(&j, b);
    json_text(&j, "room", e->room_name);
    json_key(&j, "files");
    http_put(b, "[");
    for (size_t i = 0; i < e->items_n; i++) {
        http_put(b, i > 0 ? "," : "");
        put_file_json(b, e->items[i]);
    }
    http_put(b, "]");
    json_bool(&j, "more", e->more);
    must(json_close(&j) == 0);
    http_put(b, "\n");
}

static void
put_files_text(struct buf *b, const struct event *e)
{
    for (size_t i = 0; i < e->items_n; i++) {
        struct http_file f = http_file_of(e->items[i]);

        http_put_time(b, e->items[i]->time_ms);
        http_putf(b, " %.*s: %.*s (", STR_FMT(e->items[i]->name),
                  STR_FMT(f.name));
        http_put_size(b, f.size);
        http_put(b, ") ");
        http_put_file_url(b, &f.id, f.name);
        http_put(b, "\n");
    }
}

static void
files_answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct buf b;

    (void)sub;
    if (e->kind == ANSWER_DENIED) {
        http_deny_event(c, e);
        return;
    }
    must(e->kind == ANSWER_FILES);
    buf_init(&b, HTTP_BODY_MAX);
    if (http_x(c)->type == HTTP_TYPE_HTML)
        http_page_files(&b, c, e);
    else if (http_x(c)->type == HTTP_TYPE_JSON)
        put_files_json(&b, e);
    else
        put_files_text(&b, e);
    send_list(c, &b);
}

const struct http_handler http_files_handler = {
    .need = NEED_READER,
    .begin = files_begin,
    .answer = files_answer,
};
