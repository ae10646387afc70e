/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_page.h"

#include "dialect/http/http_handlers.h"
#include "dialect/http/http_json.h"
#include "dialect/http/http_text_wire.h"
#include "hub/attachment.h"

#include <stdio.h>

enum {
    COOKIE_BYTES = 256,
};

/* Not no-referrer: a form would then be sent with `Origin: null`, as another
 * site's is. */
void
http_page_fields(struct http_out *o)
{
    http_out_field(o, "Content-Security-Policy",
                   "default-src 'none'; style-src 'self'; img-src 'self'; "
                   "media-src 'self'; form-action 'self'; "
                   "frame-ancestors 'none'; base-uri 'none'");
    http_out_field(o, "Referrer-Policy", "same-origin");
    http_out_field(o, "X-Frame-Options", "DENY");
    http_out_field(o, "Vary", "Accept, Cookie");
}

/* --- Pieces -------------------------------------------------------------- */

static void
put_head(struct buf *b, struct conn *c, struct str title)
{
    http_put(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                "content=\"width=device-width, initial-scale=1\">\n<title>");
    http_put_html(b, title);
    http_put(b, "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n"
                "</head>\n<body>\n<header><a href=\"/\">");
    http_put_html(b, str_of(conn_config(c)->server_name));
    http_put(b, "</a></header>\n<h1>");
    http_put_html(b, title);
    http_put(b, "</h1>\n");
}

static void
put_foot(struct buf *b)
{
    http_put(b, "</body>\n</html>\n");
}

static void
put_link(struct buf *b, struct str room, const char *behind, const char *text)
{
    http_put(b, "<a href=\"");
    http_put_room_url(b, room);
    http_putf(b, "%s\">%s</a>\n", behind, text);
}

/* What a browser may be asked to show in its place, by the name's end. The
 * answer to its request for it goes by the bytes. */
static const struct shown {
    const char *ending;
    char element;                /* image, video, audio */
} shown[] = {
    {".jpg", 'i'}, {".jpeg", 'i'}, {".png", 'i'}, {".gif", 'i'},
    {".webp", 'i'}, {".avif", 'i'}, {".mp4", 'v'}, {".webm", 'v'},
    {".ogg", 'a'}, {".mp3", 'a'}, {".flac", 'a'}, {".wav", 'a'},
};

static char
element_of(struct str name)
{
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        struct str end = str_of(shown[i].ending);

        if (name.n > end.n &&
            str_eq_nocase((struct str){name.p + name.n - end.n, end.n}, end))
            return shown[i].element;
    }
    return '\0';
}

static void
put_shown(struct buf *b, struct str url, struct str name)
{
    switch (element_of(name)) {
    case 'i':
        http_putf(b, "<img loading=\"lazy\" src=\"%.*s\" alt=\"",
                  STR_FMT(url));
        http_put_html(b, name);
        http_put(b, "\">");
        break;
    case 'v':
        http_putf(b, "<video controls preload=\"metadata\" src=\"%.*s\">"
                     "</video>", STR_FMT(url));
        break;
    case 'a':
        http_putf(b, "<audio controls preload=\"metadata\" src=\"%.*s\">"
                     "</audio>", STR_FMT(url));
        break;
    default:
        break;
    }
}

static void
put_file(struct buf *b, const struct http_file *f)
{
    struct buf url;

    buf_init(&url, HTTP_OUT_HEAD_BYTES);
    http_put_file_url(&url, &f->id, f->name);
    http_putf(b, "<a href=\"%.*s\">", STR_FMT(url));
    http_put_html(b, f->name);
    http_put(b, "</a> <small>(");
    http_put_size(b, f->size);
    http_put(b, ")</small>");
    put_shown(b, buf_str(&url), f->name);
    buf_done(&url);
}

static void
put_stamp(struct buf *b, int64_t time_ms)
{
    http_put(b, "<time>");
    http_put_time(b, time_ms);
    http_put(b, "</time> ");
}

/* --- Rooms --------------------------------------------------------------- */

static void
put_room(struct buf *b, const struct event *room)
{
    http_put(b, "<li><a href=\"");
    http_put_room_url(b, room->room_name);
    http_put(b, "\">");
    http_put_html(b, room->room_name);
    http_putf(b, "</a> <small>%u here, %llu said</small> ", room->count,
              (unsigned long long)room->seq);
    http_put_html(b, room->text);
    http_put(b, "</li>\n");
}

void
http_page_rooms(struct buf *b, struct conn *c, const struct event *e)
{
    put_head(b, c, str_of(conn_config(c)->server_name));
    http_put(b, "<p>Rooms of this server; whoever speaks in one that is not "
                "there makes it.</p>\n<ul>\n");
    if (e->items_n == 0)
        http_put(b, "<li><a href=\"/r/lobby\">#lobby</a></li>\n");
    for (size_t i = 0; i < e->items_n; i++) {
        if (e->items[i]->room_kind != ROOM_DIRECT)    /* has no page */
            put_room(b, e->items[i]);
    }
    http_put(b, "</ul>\n");
    put_foot(b);
}

/* --- One room ------------------------------------------------------------ */

static void
put_message(struct buf *b, const struct event *m)
{
    struct attachment a;

    http_putf(b, "<li id=\"m%llu\">", (unsigned long long)m->seq);
    put_stamp(b, m->time_ms);
    http_put(b, m->message_kind == MESSAGE_ACTION ? "<b>* " : "<b>");
    http_put_html(b, m->name);
    http_put(b, "</b> ");
    if (m->message_kind == MESSAGE_FILE && attachment_read(m->text, &a)) {
        struct http_file f = {a.id, a.size, a.sha256, a.name};

        http_put(b, "shared ");
        put_file(b, &f);
    } else {
        if (m->message_kind == MESSAGE_TOPIC)
            http_put(b, "changed the topic: ");
        http_put(b, "<span>");
        http_put_html(b, m->text);
        http_put(b, "</span>");
    }
    http_put(b, "</li>\n");
}

/* The value of the page's one cookie, decoded; empty if there is none. */
static void
read_cookie(struct conn *c, struct buf *name)
{
    struct str rest = http_header(&http_x(c)->r, "Cookie");

    while (rest.n > 0) {
        const char *end = memchr(rest.p, ';', rest.n);
        size_t n = end ? (size_t)(end - rest.p) : rest.n;
        struct str pair = str_trim((struct str){rest.p, n});

        if (str_starts_nocase(pair, "name=") &&
            http_percent_decode(name, (struct str){pair.p + 5, pair.n - 5}) ==
                WIRE_OK)
            return;
        n += end ? 1 : 0;
        rest = (struct str){rest.p + n, rest.n - n};
    }
}

static void
put_name_field(struct buf *b, struct conn *c)
{
    struct buf name;

    buf_init(&name, COOKIE_BYTES);
    read_cookie(c, &name);
    http_putf(b, "<label>Name <input name=\"name\" maxlength=\"%d\" "
                 "autocomplete=\"nickname\" value=\"", LIMIT_NAME_BYTES);
    http_put_html(b, buf_str(&name));
    http_put(b, "\"></label>\n");
    buf_done(&name);
}

/* The name goes first, so that it is known before the file's bytes come. */
static void
put_forms(struct buf *b, struct conn *c, struct str room)
{
    http_put(b, "<form id=\"post\" method=\"post\" "
                "enctype=\"multipart/form-data\" action=\"");
    http_put_room_url(b, room);
    http_put(b, "\">\n");
    put_name_field(b, c);
    http_put(b, "<label>Message <textarea name=\"text\" rows=\"2\" required>"
                "</textarea></label>\n<button>Send</button>\n</form>\n"
                "<form id=\"upload\" method=\"post\" "
                "enctype=\"multipart/form-data\" action=\"");
    http_put_room_url(b, room);
    http_put(b, "/files\">\n");
    put_name_field(b, c);
    http_put(b, "<label>File <input type=\"file\" name=\"file\" multiple "
                "required></label>\n<button>Share</button>\n</form>\n");
}

/* Newer ones than the page's, older ones than its first. */
static void
put_neighbours(struct buf *b, const struct event *page)
{
    uint64_t first = page->items_n ? page->items[0]->seq : 0;
    char behind[48];

    http_put(b, "<nav>");
    if (first > 1) {
        snprintf(behind, sizeof behind, "?before=%llu",
                 (unsigned long long)first);
        put_link(b, page->room_name, behind, "Older");
    }
    put_link(b, page->room_name, "", "Newest");
    put_link(b, page->room_name, "/files", "Files");
    http_put(b, "</nav>\n");
}

void
http_page_room(struct buf *b, struct conn *c, const struct event *e)
{
    put_head(b, c, e->room_name);
    put_neighbours(b, e);
    http_put(b, "<ol>\n");
    for (size_t i = 0; i < e->items_n; i++)
        put_message(b, e->items[i]);
    http_put(b, "</ol>\n");
    put_forms(b, c, e->room_name);
    put_foot(b);
}

/* --- The rest ------------------------------------------------------------ */

void
http_page_files(struct buf *b, struct conn *c, const struct event *e)
{
    put_head(b, c, e->room_name);
    http_put(b, "<nav>");
    put_link(b, e->room_name, "", "Messages");
    http_put(b, "</nav>\n<ul>\n");
    for (size_t i = 0; i < e->items_n; i++) {
        struct http_file f = http_file_of(e->items[i]);

        http_put(b, "<li>");
        put_stamp(b, e->items[i]->time_ms);
        http_put(b, "<b>");
        http_put_html(b, e->items[i]->name);
        http_put(b, "</b> ");
        put_file(b, &f);
        http_put(b, "</li>\n");
    }
    http_put(b, "</ul>\n");
    put_foot(b);
}

void
http_page_error(struct buf *b, struct conn *c, unsigned status,
                struct str text)
{
    put_head(b, c, str_of(http_status_text(status)));
    http_put(b, "<p>");
    http_put_html(b, text);
    http_put(b, ".</p>\n");
    put_foot(b);
}

static void
set_cookie(struct http_out *o, struct str name)
{
    struct buf text;

    if (name.n == 0)
        return;
    buf_init(&text, HTTP_OUT_HEAD_BYTES);
    http_put_url(&text, name);
    http_out_field(o, "Set-Cookie", "name=%.*s; Path=/; Max-Age=31536000; "
                                    "HttpOnly; SameSite=Strict",
                   STR_FMT(text));
    buf_done(&text);
}

void
http_page_go_back(struct conn *c, struct str name)
{
    struct http_out o;
    struct buf url;

    buf_init(&url, HTTP_OUT_HEAD_BYTES);
    http_put_room_url(&url, buf_str(&http_x(c)->room));
    http_out_begin(&o, c, 303);
    http_out_field(&o, "Location", "%.*s", STR_FMT(url));
    set_cookie(&o, name);
    http_out_empty(&o);
    buf_done(&url);
}

static const char style[] =
    "body{max-width:50rem;margin:0 auto;padding:1rem;"
    "font:1rem/1.5 system-ui,sans-serif;color:#222;background:#fff}\n"
    "header a{color:#666;text-decoration:none}\n"
    "h1{margin:.2em 0;font-size:1.5rem;overflow-wrap:anywhere}\n"
    "nav a{margin-right:1em}\n"
    "ol,ul{padding:0;list-style:none}\n"
    "li{margin:.3em 0;overflow-wrap:anywhere}\n"
    "li span{white-space:pre-wrap}\n"
    "time,small{color:#666;font-size:.8rem}\n"
    "img,video,audio{display:block;max-width:100%;max-height:24rem;"
    "margin:.3em 0}\n"
    "form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:end;"
    "margin:.5rem 0}\n"
    "textarea{width:20rem;max-width:100%;vertical-align:bottom}\n"
    "@media (prefers-color-scheme:dark){body{color:#ddd;background:#181818}"
    "a{color:#8bf}header a,time,small{color:#999}}\n";

static void
send_style(struct conn *c)
{
    struct http_out o;

    http_out_begin(&o, c, 200);
    http_out_field(&o, "Cache-Control", "max-age=300");
    http_out_whole(&o, "text/css; charset=utf-8", str_of(style));
}

static void
send_icon(struct conn *c)
{
    struct http_out o;

    http_out_begin(&o, c, 204);
    http_out_field(&o, "Cache-Control", "max-age=86400");
    http_out_empty(&o);
}

const struct http_handler http_style_handler = {
    .need = NEED_NOBODY,
    .begin = send_style,
};

const struct http_handler http_icon_handler = {
    .need = NEED_NOBODY,
    .begin = send_icon,
};
