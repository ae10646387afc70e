/* SPDX-License-Identifier: MIT
 *
 * POST /r/ROOM: says something. The body is the text as it is, whatever curl
 * calls it; or JSON; or the page's form. */
#include "base/rand.h"
#include "base/utf8.h"
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_identity.h"
#include "dialect/http/http_json.h"
#include "dialect/http/http_multipart_wire.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_page.h"
#include "dialect/http/http_request.h"

#include <jansson.h>
#include <stdlib.h>

enum {
    KEY_MIN = 8,
    KEY_MAX = 255,
    UUID_CHARS = 36,
    EXTRA_BYTES = 4096,          /* of a form or an object around its text */
    ESCAPE_FACTOR = 6,           /* "\u0041" */
};

enum body_kind { BODY_TEXT, BODY_JSON, BODY_FORM, BODY_OTHER };

/* What is to be said; the exchange's own. */
struct draft {
    struct buf text, name;
    enum message_kind kind;
    struct client_id cid;
};

static void
release(struct conn *c, void *own)
{
    struct draft *d = own;

    (void)c;
    buf_done(&d->text);
    buf_done(&d->name);
    free(d);
}

static enum body_kind
kind_of(const struct http_request *r)
{
    struct str type = http_header(r, "Content-Type");

    if (type.n == 0 || str_starts_nocase(type, "text/plain") ||
        str_starts_nocase(type, "application/x-www-form-urlencoded"))
        return BODY_TEXT;
    if (http_v1_is_json(r))
        return BODY_JSON;
    if (str_starts_nocase(type, "multipart/form-data"))
        return BODY_FORM;
    return BODY_OTHER;
}

/* One more byte than is allowed, and the core says that it is too long. */
static size_t
longest(struct conn *c)
{
    size_t text = conn_config(c)->message_bytes + 2;

    switch (kind_of(&http_x(c)->r)) {
    case BODY_JSON:
        return ESCAPE_FACTOR * text + EXTRA_BYTES;
    case BODY_FORM:
        return text + EXTRA_BYTES;
    case BODY_TEXT:
    case BODY_OTHER:
        break;
    }
    return text;
}

/* --- Idempotency-Key ----------------------------------------------------- */

static int
hex_digit(char ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    ch = (char)(ch | 0x20);
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

static bool
read_uuid(struct str s, struct client_id *ret)
{
    struct client_id cid;
    size_t n = 0;

    if (s.n != UUID_CHARS)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        int high, low;

        if (dash != (s.p[i] == '-'))
            return false;
        if (dash)
            continue;
        high = hex_digit(s.p[i]);
        low = hex_digit(s.p[++i]);
        if (high < 0 || low < 0)
            return false;
        cid.b[n++] = (uint8_t)(high << 4 | low);
    }
    *ret = cid;
    return client_id_given(ret);
}

static void
hash_key(struct str s, struct client_id *ret)
{
    char text[KEY_MAX + 1];
    uint64_t half[2];

    text[0] = '2';
    memcpy(text + 1, s.p, s.n);
    half[0] = rand_fingerprint(s.p, s.n);
    half[1] = rand_fingerprint(text, s.n + 1);
    memcpy(ret->b, half, sizeof ret->b);
}

/* Quotes around it are the field's syntax, not the key's. */
static bool
read_key(struct conn *c, struct client_id *ret)
{
    const struct http_request *r = &http_x(c)->r;
    struct str key = http_header(r, "Idempotency-Key");
    bool fine = http_header_count(r, "Idempotency-Key") <= 1;

    if (key.p == NULL)
        return true;
    if (key.n >= 2 && key.p[0] == '"' && key.p[key.n - 1] == '"')
        key = (struct str){key.p + 1, key.n - 2};
    fine = fine && key.n >= KEY_MIN && key.n <= KEY_MAX;
    for (size_t i = 0; fine && i < key.n; i++)
        fine = key.p[i] > ' ' && key.p[i] < 0x7f;
    if (!fine) {
        http_fail(c, 400, "bad_key", "Idempotency-Key has 8 to 255 visible "
                                     "characters");
        return false;
    }
    if (!read_uuid(key, ret))
        hash_key(key, ret);
    return true;
}

/* --- Bodies -------------------------------------------------------------- */

/* curl --data-binary @file and echo leave a newline at the end. */
static struct str
without_newline(struct str s)
{
    if (s.n > 0 && s.p[s.n - 1] == '\n')
        s.n--;
    if (s.n > 0 && s.p[s.n - 1] == '\r')
        s.n--;
    return s;
}

static const char *
take_member(struct draft *d, const char *key, json_t *value)
{
    const char *text = json_string_value(value);

    if (text == NULL)
        return "Every member is a string";
    if (strcmp(key, "text") == 0)
        return buf_append(&d->text, text, json_string_length(value)) < 0
                   ? "That is too long" : NULL;
    if (strcmp(key, "kind") != 0)
        return "The members are text and kind";
    if (strcmp(text, "text") != 0 && strcmp(text, "action") != 0)
        return "The kinds are text and action";
    d->kind = strcmp(text, "action") == 0 ? MESSAGE_ACTION : MESSAGE_TEXT;
    return NULL;
}

static const char *
read_json(struct draft *d, struct str body)
{
    json_t *root = json_loadb(body.n ? body.p : "", body.n,
                              JSON_REJECT_DUPLICATES, NULL);
    const char *why = NULL, *key;
    json_t *value;

    if (!json_is_object(root))
        why = "The body must be one JSON object";
    else if (json_object_get(root, "text") == NULL)
        why = "There is no text in that object";
    else
        json_object_foreach(root, key, value)
            why = why ? why : take_member(d, key, value);
    json_decref(root);
    return why;
}

static struct buf *
field_of(struct draft *d, const struct http_part *part)
{
    if (str_eq(part->name, str_of("text")))
        return &d->text;
    return str_eq(part->name, str_of("name")) ? &d->name : NULL;
}

static const char *
read_parts(struct draft *d, struct http_multipart *m, struct str body)
{
    struct buf *field = NULL;
    struct str data;
    size_t used;

    while (body.n > 0) {
        switch (http_multipart_next(m, (const uint8_t *)body.p, body.n,
                                    &data, &used)) {
        case HTTP_MULTIPART_PART:
            field = field_of(d, &m->part);
            break;
        case HTTP_MULTIPART_DATA:
            if (field != NULL && buf_append_str(field, data) < 0)
                return "That is too long";
            break;
        case HTTP_MULTIPART_BAD:
            return "That is not a form";
        case HTTP_MULTIPART_MORE:
        case HTTP_MULTIPART_PART_END:
        case HTTP_MULTIPART_END:
            break;
        }
        body = (struct str){body.p + used, body.n - used};
    }
    return http_multipart_ended(m) ? NULL : "That form was cut short";
}

static const char *
read_form(struct draft *d, const struct http_request *r, struct str body)
{
    struct http_multipart m;
    const char *why;

    if (!http_multipart_init(&m, http_header(r, "Content-Type")))
        return "That form has no boundary";
    why = read_parts(d, &m, body);
    http_multipart_done(&m);
    return why;
}

static const char *
read_body(struct http_exchange *x, struct draft *d)
{
    struct str body = buf_str(&x->body);

    switch (kind_of(&x->r)) {
    case BODY_JSON:
        return read_json(d, body);
    case BODY_FORM:
        return read_form(d, &x->r, body);
    case BODY_TEXT:
    case BODY_OTHER:
        break;
    }
    return buf_append_str(&d->text, without_newline(body)) < 0
               ? "That is too long" : NULL;
}

/* --- Saying it ----------------------------------------------------------- */

static void
post(struct conn *c)
{
    struct http_exchange *x = http_x(c);
    struct draft *d = x->own;
    struct str none = {NULL, 0};
    struct command *cmd;
    struct buf clean;

    buf_init(&clean, 3 * d->text.n + 3);
    must(utf8_clean(&clean, buf_str(&d->text), UTF8_KEEP_LF) == 0);
    cmd = command_new(COMMAND_POST, buf_str(&x->room), none, buf_str(&clean));
    cmd->message_kind = d->kind;
    cmd->cid = d->cid;
    buf_done(&clean);
    http_ask(c, cmd);
}

static bool
check_type(struct conn *c)
{
    const struct http_exchange *x = http_x(c);
    enum body_kind kind = kind_of(&x->r);

    if (x->handler == &http_v1_post_handler && kind != BODY_JSON)
        http_fail(c, 415, "bad_type", "The body must be application/json");
    else if (kind == BODY_OTHER)
        http_fail(c, 415, "bad_type", "A message is text/plain, "
                  "application/json or a form");
    else
        return true;
    return false;
}

static void
begin(struct conn *c)
{
    struct http_exchange *x = http_x(c);
    struct draft *d = must_alloc(sizeof *d);
    const char *why;

    x->own = d;
    d->kind = MESSAGE_TEXT;
    buf_init(&d->text, longest(c));
    buf_init(&d->name, LIMIT_NAME_BYTES + 1);
    if (!check_type(c))
        return;
    if (!read_key(c, &d->cid))
        return;
    why = read_body(x, d);
    if (why != NULL) {
        http_fail(c, 400, "bad_request", why);
        return;
    }
    if (http_identity_form(c, buf_str(&d->name), &x->who))
        http_become(c, &x->who, post);
}

/* --- Said ---------------------------------------------------------------- */

static void
put_result(struct conn *c, struct buf *b, const struct event *e)
{
    char msgid[MSGID_BYTES + 1], time[HTTP_TIME_BYTES];
    struct json j;

    if (http_x(c)->type == HTTP_TYPE_TEXT) {
        http_putf(b, "posted %llu\n", (unsigned long long)e->seq);
        return;
    }
    msgid_write(conn_config(c)->epoch, e->room, e->seq, msgid);
    http_time(e->time_ms, time);
    json_open(&j, b);
    json_number(&j, "seq", (long long)e->seq);
    json_text(&j, "msgid", str_of(msgid));
    json_text(&j, "time", str_of(time));
    json_bool(&j, "duplicate", e->duplicate);
    must(json_close(&j) == 0);
    http_put(b, "\n");
}

static void
tell(struct conn *c, const struct event *e)
{
    struct http_exchange *x = http_x(c);
    enum http_type type = x->type;
    struct http_out o;
    struct buf body, url;

    buf_init(&body, HTTP_BODY_MAX);
    buf_init(&url, HTTP_OUT_HEAD_BYTES);
    put_result(c, &body, e);
    http_put_room_url(&url, buf_str(&x->room));
    http_out_begin(&o, c, 201);
    http_out_field(&o, "Location", "%.*s?after=%llu&limit=1", STR_FMT(url),
                   (unsigned long long)(e->seq - 1));
    http_out_whole(&o, http_type_name(type), buf_str(&body));
    buf_done(&body);
    buf_done(&url);
}

static void
answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct http_exchange *x = http_x(c);
    struct draft *d = x->own;

    (void)sub;
    if (e->kind == ANSWER_DENIED)
        http_deny_event(c, e);
    else if (x->type == HTTP_TYPE_HTML)
        http_page_go_back(c, buf_str(&d->name));
    else
        tell(c, e);
}

const struct http_handler http_post_handler = {
    .need = NEED_LATER,
    .take = TAKE_ALL,
    .longest = longest,
    .begin = begin,
    .answer = answer,
    .release = release,
};

const struct http_handler http_v1_post_handler = {
    .need = NEED_LATER,
    .take = TAKE_ALL,
    .longest = longest,
    .begin = begin,
    .answer = answer,
    .release = release,
};
