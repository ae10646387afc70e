/* SPDX-License-Identifier: MIT
 *
 * The table is the whole of what this server answers; docs/http.md says it in
 * words. GET stands for HEAD too. */
#include "dialect/http/http_routes.h"

#include "base/utf8.h"
#include "dialect/http/http_accept_wire.h"
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_multipart_wire.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_text_wire.h"
#include "dialect/http/http_tus.h"

#include <stdio.h>

/* A row whose handler depends on more than its path has a function. */
typedef const struct http_handler *pick_fn(const struct http_request *r);

struct route {
    enum http_method method;
    const char *path;            /* {room}, {person}, {name} and {word}
                                    are segments */
    const struct http_handler *handler;
    pick_fn *pick;
    const char *offers;          /* types, the best first; letters below */
};

static bool
asks_to_follow(const struct http_request *r)
{
    struct buf value;
    bool found;

    buf_init(&value, LIMIT_HTTP_TARGET_BYTES);
    found = http_query_find(&value, r->query, "follow") == HTTP_FOUND;
    buf_done(&value);
    return found;
}

static const struct http_handler *
pick_reading(const struct http_request *r)
{
    return asks_to_follow(r) ? &http_follow_handler : &http_history_handler;
}

static const struct http_handler *
pick_upload(const struct http_request *r)
{
    struct str type = http_header(r, "Content-Type");

    if (http_header(r, "Tus-Resumable").p != NULL)
        return &http_tus_create_handler;
    return str_starts_nocase(type, "multipart/form-data") ? &http_form_handler
                                                          : &http_raw_handler;
}

#define ROOM "/v1/rooms/{room}"
#define PERSON "/v1/people/{person}"

static const struct route routes[] = {
    {HTTP_GET, "/", &http_rooms_handler, NULL, "TJH"},
    {HTTP_GET, "/r", &http_rooms_handler, NULL, "TJH"},
    {HTTP_GET, "/r/{room}", NULL, pick_reading, NULL},
    {HTTP_POST, "/r/{room}", &http_post_handler, NULL, "TJH"},
    {HTTP_GET, "/r/{room}/files", &http_files_handler, NULL, "TJH"},
    {HTTP_POST, "/r/{room}/files", NULL, pick_upload, "TJH"},
    {HTTP_PUT, "/r/{room}/files/{name}", &http_put_handler, NULL, "TJ"},
    {HTTP_POST, "/files", &http_tus_create_handler, NULL, "T"},
    {HTTP_HEAD, "/files/{word}", &http_tus_head_handler, NULL, "T"},
    {HTTP_PATCH, "/files/{word}", &http_tus_patch_handler, NULL, "T"},
    {HTTP_DELETE, "/files/{word}", &http_tus_delete_handler, NULL, "T"},
    {HTTP_GET, "/f/{word}", &http_download_handler, NULL, "T"},
    {HTTP_GET, "/f/{word}/{name}", &http_download_handler, NULL, "T"},
    {HTTP_GET, "/ws", &http_websocket_handler, NULL, "T"},
    {HTTP_GET, "/healthz", &http_health_handler, NULL, "T"},
    {HTTP_GET, "/metrics", &http_metrics_handler, NULL, "T"},
    {HTTP_GET, "/v1", &http_v1_routes.handler, NULL, "J"},
    {HTTP_POST, "/v1/register", &http_v1_register.handler, NULL, "J"},
    {HTTP_POST, "/v1/login", &http_v1_login.handler, NULL, "J"},
    {HTTP_POST, "/v1/logout", &http_v1_logout.handler, NULL, "J"},
    {HTTP_POST, "/v1/password", &http_v1_password.handler, NULL, "J"},
    {HTTP_POST, "/v1/account/delete", &http_v1_delete_account.handler, NULL,
     "J"},
    {HTTP_GET, "/v1/me", &http_v1_me.handler, NULL, "J"},
    {HTTP_GET, "/v1/devices", &http_v1_devices.handler, NULL, "J"},
    {HTTP_POST, "/v1/devices", &http_v1_token.handler, NULL, "J"},
    {HTTP_DELETE, "/v1/devices", &http_v1_revoke_others.handler, NULL, "J"},
    {HTTP_DELETE, "/v1/devices/{word}", &http_v1_revoke.handler, NULL, "J"},
    {HTTP_GET, "/v1/people", &http_v1_people.handler, NULL, "J"},
    {HTTP_GET, PERSON "/messages", &http_history_handler, NULL, "J"},
    {HTTP_POST, PERSON "/messages", &http_v1_post_handler, NULL, "J"},
    {HTTP_POST, "/v1/groups", &http_v1_group.handler, NULL, "J"},
    {HTTP_GET, "/v1/rooms", &http_rooms_handler, NULL, "J"},
    {HTTP_GET, ROOM, &http_v1_room.handler, NULL, "J"},
    {HTTP_PATCH, ROOM, &http_v1_change_room.handler, NULL, "J"},
    {HTTP_DELETE, ROOM, &http_v1_close_room.handler, NULL, "J"},
    {HTTP_GET, ROOM "/messages", &http_history_handler, NULL, "J"},
    {HTTP_POST, ROOM "/messages", &http_v1_post_handler, NULL, "J"},
    {HTTP_GET, ROOM "/events", &http_follow_handler, NULL, "NS"},
    {HTTP_GET, ROOM "/files", &http_files_handler, NULL, "J"},
    {HTTP_GET, ROOM "/people", &http_v1_people.handler, NULL, "J"},
    {HTTP_POST, ROOM "/join", &http_v1_join.handler, NULL, "J"},
    {HTTP_POST, ROOM "/part", &http_v1_part.handler, NULL, "J"},
    {HTTP_POST, ROOM "/invitations", &http_v1_invite.handler, NULL, "J"},
    {HTTP_GET, ROOM "/members", &http_v1_members.handler, NULL, "J"},
    {HTTP_PUT, ROOM "/members/{name}", &http_v1_role.handler, NULL, "J"},
    {HTTP_DELETE, ROOM "/members/{name}", &http_v1_remove.handler, NULL, "J"},
    {HTTP_GET, ROOM "/bans", &http_v1_bans.handler, NULL, "J"},
    {HTTP_POST, ROOM "/bans", &http_v1_ban.handler, NULL, "J"},
    {HTTP_DELETE, ROOM "/bans", &http_v1_unban_range.handler, NULL, "J"},
    {HTTP_DELETE, ROOM "/bans/{name}", &http_v1_unban.handler, NULL, "J"},
    {HTTP_GET, "/style.css", &http_style_handler, NULL, "T"},
    {HTTP_GET, "/favicon.ico", &http_icon_handler, NULL, "T"},
};

#define ROUTES (sizeof routes / sizeof routes[0])

/* --- Paths --------------------------------------------------------------- */

enum match { MATCH_NO, MATCH_YES, MATCH_BAD };

static enum match
take_room(struct http_exchange *x, const char *sigil, struct str segment)
{
    buf_clear(&x->room);
    must(buf_append(&x->room, sigil, 1) == 0);
    return http_segment_decode(&x->room, segment) == WIRE_OK &&
           utf8_is_clean(buf_str(&x->room), UTF8_ONE_LINE) ? MATCH_YES
                                                           : MATCH_BAD;
}

static enum match
take_segment(struct http_exchange *x, struct str pattern, struct str segment)
{
    if (pattern.n == 0 || pattern.p[0] != '{')
        return str_eq(pattern, segment) ? MATCH_YES : MATCH_NO;
    if (segment.n == 0)
        return MATCH_NO;
    if (str_eq(pattern, str_of("{room}")))
        return take_room(x, "#", segment);
    if (str_eq(pattern, str_of("{person}")))
        return take_room(x, "@", segment);
    if (str_eq(pattern, str_of("{word}"))) {
        x->word = segment;
        return MATCH_YES;
    }
    buf_clear(&x->name);
    return http_segment_decode(&x->name, segment) == WIRE_OK ? MATCH_YES
                                                             : MATCH_BAD;
}

/* One slash at a path's end does not matter. */
static bool
is_over(struct str path)
{
    return path.n == 0 || str_eq(path, str_of("/"));
}

static enum match
match(struct http_exchange *x, const char *pattern)
{
    struct str want = str_of(pattern), have = x->r.path, a, b;

    while (http_path_next(&want, &a)) {
        enum match m = http_path_next(&have, &b) ? take_segment(x, a, b)
                                                 : MATCH_NO;
        if (m != MATCH_YES)
            return m;
    }
    return is_over(have) ? MATCH_YES : MATCH_NO;
}

/* --- Types --------------------------------------------------------------- */

static const struct {
    char letter;
    enum http_type type;
    const char *media;
} types[] = {
    {'T', HTTP_TYPE_TEXT, "text/plain"},
    {'J', HTTP_TYPE_JSON, "application/json"},
    {'N', HTTP_TYPE_NDJSON, "application/x-ndjson"},
    {'S', HTTP_TYPE_SSE, "text/event-stream"},
    {'H', HTTP_TYPE_HTML, "text/html"},
};

#define TYPES (sizeof types / sizeof types[0])

/* A stream is no page, and a page no stream. */
static const char *
offers_of(const struct route *row, const struct http_handler *h)
{
    if (row->pick != pick_reading)
        return row->offers;
    return h == &http_follow_handler ? "TNS" : "TJNH";
}

static enum http_type
negotiate(const struct http_request *r, const char *offers)
{
    const char *media[TYPES];
    enum http_type which[TYPES];
    size_t n = 0;
    int best;

    for (; offers[n]; n++) {
        for (size_t i = 0; i < TYPES; i++) {
            if (types[i].letter != offers[n])
                continue;
            media[n] = types[i].media;
            which[n] = types[i].type;
        }
    }
    best = http_accept_best(http_header(r, "Accept"), media, n);
    return which[best < 0 ? 0 : best];
}

/* --- Methods ------------------------------------------------------------- */

#define BIT(method) (1u << (unsigned)(method))

static const char *const method_names[] = {
    [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS",
};

static void
allow(struct http_out *o, unsigned methods)
{
    char list[80];
    size_t n = 0;

    methods |= BIT(HTTP_OPTIONS);
    if (methods & BIT(HTTP_GET))
        methods |= BIT(HTTP_HEAD);
    for (unsigned i = HTTP_GET; i <= HTTP_OPTIONS; i++) {
        if (methods & BIT(i))
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s",
                                  n > 0 ? ", " : "", method_names[i]);
    }
    http_out_field(o, "Allow", "%s", list);
}

static void
answer_options(struct conn *c, unsigned methods, bool tus)
{
    struct http_out o;

    http_out_begin(&o, c, 204);
    allow(&o, methods);
    if (tus)
        http_tus_fields(&o);
    http_out_empty(&o);
}

static void
answer_wrong_method(struct conn *c, unsigned methods)
{
    struct http_out o;

    http_out_begin(&o, c, 405);
    allow(&o, methods);
    http_out_error(&o, "bad_method", "That is not done to this path");
}

/* --- Finding ------------------------------------------------------------- */

/* HEAD is GET's unless it has a row of its own. */
static bool
serves(const struct route *row, enum http_method method)
{
    return row->method == method ||
           (row->method == HTTP_GET && method == HTTP_HEAD);
}

static void
take_route(struct http_exchange *x, const struct route *row)
{
    x->handler = row->pick ? row->pick(&x->r) : row->handler;
    x->type = negotiate(&x->r, offers_of(row, x->handler));
}

static bool
is_tus(const struct route *row)
{
    return row->pick == pick_upload ||
           row->handler == &http_tus_create_handler ||
           row->handler == &http_tus_patch_handler;
}

/* No row has that path and that method. */
static void
answer_nothing_there(struct conn *c, unsigned methods, bool tus)
{
    enum http_method method = http_x(c)->r.method;

    if (method == HTTP_OPTIONS && str_eq(http_x(c)->r.path, str_of("*")))
        answer_options(c, ~0u, true);
    else if (method == HTTP_OTHER)
        http_fail(c, 501, "bad_method", "This server does not do that");
    else if (methods == 0)
        http_fail(c, 404, "no_such_path", "There is nothing at that path");
    else if (method == HTTP_OPTIONS)
        answer_options(c, methods, tus);
    else
        answer_wrong_method(c, methods);
}

bool
http_routes_find(struct conn *c)
{
    struct http_exchange *x = http_x(c);
    unsigned methods = 0;
    bool tus = false;

    for (size_t i = 0; i < ROUTES; i++) {
        switch (match(x, routes[i].path)) {
        case MATCH_NO:
            continue;
        case MATCH_BAD:
            http_fail(c, 400, "bad_path", "That path makes no sense");
            return false;
        case MATCH_YES:
            break;
        }
        if (serves(&routes[i], x->r.method)) {
            take_route(x, &routes[i]);
            return true;
        }
        methods |= BIT(routes[i].method);
        tus = tus || is_tus(&routes[i]);
    }
    answer_nothing_there(c, methods, tus);
    return false;
}

void
http_routes_put(struct buf *b)
{
    struct json j;

    http_put(b, "{\"routes\":[");
    for (size_t i = 0; i < ROUTES; i++) {
        http_put(b, i > 0 ? "," : "");
        json_open(&j, b);
        json_text(&j, "method", str_of(method_names[routes[i].method]));
        json_text(&j, "path", str_of(routes[i].path));
        must(json_close(&j) == 0);
    }
    http_put(b, "]}");
}
