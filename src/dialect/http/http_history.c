/* SPDX-License-Identifier: MIT
 *
 * GET /r/ROOM: a page of what was said. */
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_json.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_page.h"
#include "dialect/http/http_query.h"
#include "dialect/http/http_request.h"

enum {
    LIMIT_DEFAULT = 50,
};

static bool
read_query(struct conn *c, struct page_query *q)
{
    struct http_number after, before;

    *q = (struct page_query){.mode = PAGE_LATEST};
    if (!http_query_number(c, "after", &after) ||
        !http_query_number(c, "before", &before) ||
        !http_query_limit(c, LIMIT_DEFAULT, LIMIT_PAGE_MESSAGES, &q->limit))
        return false;
    if (after.given && before.given) {
        http_fail(c, 400, "bad_request", "Either after or before");
        return false;
    }
    if (after.given)
        q->mode = PAGE_AFTER;
    if (before.given)
        q->mode = PAGE_BEFORE;
    q->at = after.value | before.value;
    return true;
}

static void
begin(struct conn *c)
{
    struct str none = {NULL, 0};
    struct page_query q;
    struct command *cmd;

    if (!read_query(c, &q))
        return;
    cmd = command_new(COMMAND_HISTORY, buf_str(&http_x(c)->room), none, none);
    cmd->page = q;
    http_ask(c, cmd);
}

static void
put_object(struct buf *b, const struct dialect_config *config,
           const struct event *page)
{
    struct json j;

    json_open(&j, b);
    json_text(&j, "room", page->room_name);
    json_key(&j, "messages");
    http_put(b, "[");
    for (size_t i = 0; i < page->items_n; i++) {
        http_put(b, i > 0 ? "," : "");
        http_json_message(b, config, page->items[i], NULL);
    }
    http_put(b, "]");
    json_bool(&j, "more", page->more);
    must(json_close(&j) == 0);
    http_put(b, "\n");
}

static void
put_items(struct buf *b, const struct dialect_config *config,
          const struct event *page, bool json)
{
    for (size_t i = 0; i < page->items_n; i++) {
        if (json) {
            http_json_message(b, config, page->items[i], NULL);
            http_put(b, "\n");
        } else {
            http_line_message(b, page->items[i]);
        }
    }
}

static void
put_page(struct conn *c, struct buf *b, const struct event *page)
{
    const struct dialect_config *config = conn_config(c);

    switch (http_x(c)->type) {
    case HTTP_TYPE_JSON:
        put_object(b, config, page);
        break;
    case HTTP_TYPE_NDJSON:
        put_items(b, config, page, true);
        break;
    case HTTP_TYPE_HTML:
        http_page_room(b, c, page);
        break;
    case HTTP_TYPE_TEXT:
    case HTTP_TYPE_SSE:
        put_items(b, config, page, false);
        break;
    }
}

static void
answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    enum http_type type = http_x(c)->type;
    struct http_out o;
    struct buf b;

    (void)sub;
    if (e->kind == ANSWER_DENIED) {
        http_deny_event(c, e);
        return;
    }
    must(e->kind == ANSWER_PAGE);
    buf_init(&b, HTTP_BODY_MAX);
    put_page(c, &b, e);
    http_out_begin(&o, c, 200);
    http_out_field(&o, "Cache-Control", "no-store");
    if (type == HTTP_TYPE_HTML)
        http_page_fields(&o);
    http_out_whole(&o, http_type_name(type), buf_str(&b));
    buf_done(&b);
}

const struct http_handler http_history_handler = {
    .need = NEED_READER,
    .begin = begin,
    .answer = answer,
};
