/* SPDX-License-Identifier: MIT
 *
 * One short function per request, found by the body's case in a table. Peers'
 * text is cleaned here, before it becomes a command, and is never relayed as
 * it came. */
#include "dialect/native/native_requests.h"

#include "base/limits.h"
#include "base/rand.h"

enum {
    SECRET_MIN = 16,
    SECRET_MAX = 64,
    PAGE_DEFAULT = 50,
};

struct command *
native_refuse(struct native_refusal *why, enum deny deny, const char *text)
{
    *why = (struct native_refusal){deny, text};
    return NULL;
}

bool
native_clean(struct buf *buf, const char *z, enum utf8_lines lines,
             struct str *ret)
{
    struct str s = str_of(z);

    if (!utf8_is_clean(s, lines)) {
        if (utf8_clean(buf, s, lines) < 0)
            return false;
        s = buf_str(buf);
    }
    *ret = s;
    return true;
}

/* Nothing is left of something: "" would mean another thing than what was
 * asked for (a reader, everyone). */
static bool
vanished(const char *z, struct str s)
{
    return s.n == 0 && z != NULL && *z != '\0';
}

static struct command *
new_command(enum command_kind kind, enum login_kind login, struct str target,
            struct str name, struct str text)
{
    if (login != 0)
        return command_new_login(kind, target, name, text, login);
    return command_new(kind, target, name, text);
}

struct command *
native_text_command(enum command_kind kind, const struct native_strings *in,
                    struct native_refusal *why)
{
    struct buf bufs[3];
    struct str target, name, text;
    struct command *c = NULL;

    for (int i = 0; i < 3; i++)
        buf_init(&bufs[i], LIMIT_MESSAGE_BYTES);
    if (!native_clean(&bufs[0], in->target, UTF8_ONE_LINE, &target) ||
        !native_clean(&bufs[1], in->name, UTF8_ONE_LINE, &name) ||
        !native_clean(&bufs[2], in->text, in->lines, &text))
        native_refuse(why, DENY_MESSAGE_TOO_LONG, NULL);
    else if (vanished(in->target, target))
        native_refuse(why, DENY_BAD_ROOM, NULL);
    else if (vanished(in->name, name))
        native_refuse(why, DENY_BAD_NAME, NULL);
    else
        c = new_command(kind, in->login, target, name, text);
    for (int i = 0; i < 3; i++)
        buf_done(&bufs[i]);
    return c;
}

uint64_t
native_bounded(uint64_t value)
{
    return value < INT64_MAX ? value : INT64_MAX;
}

/* An account needs none. */
static bool
secret_is_right(const ProtobufCBinaryData *secret, bool login)
{
    return (login && secret->len == 0) ||
           (secret->len >= SECRET_MIN && secret->len <= SECRET_MAX);
}

/* Of an account without a secret it is anything: its own one counts. */
static uint64_t
sender_of(const ProtobufCBinaryData *secret)
{
    uint64_t once;

    if (secret->len > 0)
        return rand_fingerprint(secret->data, secret->len);
    once = rand_u64();
    return rand_fingerprint(&once, sizeof once);
}

static struct command *
make_enter(const Envelope *e, struct native_refusal *why)
{
    const Loquat__V1__Hello *hello = e->hello;
    struct native_strings in = {.name = hello->name};
    bool login = native_hello_has_login(hello);
    struct command *c;

    if (!secret_is_right(&hello->secret, login))
        return native_refuse(why, DENY_BAD_REQUEST,
                             "A secret has 16 to 64 bytes");
    c = login ? native_hello_login(hello, why)
              : native_text_command(COMMAND_ENTER, &in, why);
    if (c == NULL)
        return NULL;
    c->sender_id = sender_of(&hello->secret);
    c->or_similar = hello->or_similar;
    c->resume = true;
    return c;
}

static struct command *
make_join(const Envelope *e, struct native_refusal *why)
{
    const Loquat__V1__Join *join = e->join;
    struct native_strings in = {.target = join->target};
    struct command *c = native_text_command(COMMAND_JOIN, &in, why);

    if (c == NULL)
        return NULL;
    c->room = native_bounded(join->room);
    c->resume = join->resume_case == LOQUAT__V1__JOIN__RESUME_AFTER;
    c->after = c->resume ? native_bounded(join->after) : 0;
    return c;
}

static struct command *
make_part(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->part->target};

    return native_text_command(COMMAND_PART, &in, why);
}

/* Topics are set with SetTopic; whoever says nothing means text. */
static bool
kind_of_post(Loquat__V1__MessageKind kind, enum message_kind *ret)
{
    switch (kind) {
    case LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_UNKNOWN:
    case LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TEXT:
        *ret = MESSAGE_TEXT;
        return true;
    case LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_ACTION:
        *ret = MESSAGE_ACTION;
        return true;
    default:
        return false;
    }
}

static bool
read_client_id(const ProtobufCBinaryData *bytes, struct client_id *ret)
{
    struct client_id cid = {{0}};

    if (bytes->len != 0) {
        if (bytes->len != sizeof cid.b)
            return false;
        memcpy(cid.b, bytes->data, sizeof cid.b);
        if (!client_id_given(&cid))
            return false;
    }
    *ret = cid;
    return true;
}

static struct command *
make_post(const Envelope *e, struct native_refusal *why)
{
    const Loquat__V1__Post *post = e->post;
    struct native_strings in = {.target = post->target, .text = post->text,
                         .lines = UTF8_KEEP_LF};
    enum message_kind kind;
    struct client_id cid;
    struct command *c;

    if (!kind_of_post(post->kind, &kind))
        return native_refuse(why, DENY_BAD_REQUEST,
                             "A post is text or an action");
    if (!read_client_id(&post->client_id, &cid))
        return native_refuse(why, DENY_BAD_REQUEST,
                             "A client id is empty or 16 random bytes");
    c = native_text_command(COMMAND_POST, &in, why);
    if (c == NULL)
        return NULL;
    c->message_kind = kind;
    c->cid = cid;
    return c;
}

static bool
page_mode(Loquat__V1__PageMode mode, enum page_mode *ret)
{
    switch (mode) {
    case LOQUAT__V1__PAGE_MODE__PAGE_MODE_LATEST:
        *ret = PAGE_LATEST;
        return true;
    case LOQUAT__V1__PAGE_MODE__PAGE_MODE_AFTER:
        *ret = PAGE_AFTER;
        return true;
    case LOQUAT__V1__PAGE_MODE__PAGE_MODE_BEFORE:
        *ret = PAGE_BEFORE;
        return true;
    case LOQUAT__V1__PAGE_MODE__PAGE_MODE_AROUND:
        *ret = PAGE_AROUND;
        return true;
    default:
        return false;
    }
}

static uint32_t
page_limit(uint32_t asked)
{
    if (asked == 0)
        return PAGE_DEFAULT;
    return asked < LIMIT_PAGE_MESSAGES ? asked : LIMIT_PAGE_MESSAGES;
}

static uint32_t
files_limit(uint32_t asked)
{
    if (asked == 0)
        return PAGE_DEFAULT;
    return asked < LIMIT_FILES_PAGE ? asked : LIMIT_FILES_PAGE;
}

static struct command *
make_history(const Envelope *e, struct native_refusal *why)
{
    const Loquat__V1__GetHistory *get = e->get_history;
    struct native_strings in = {.target = get->target};
    enum page_mode mode;
    struct command *c;

    if (!page_mode(get->mode, &mode))
        return native_refuse(why, DENY_BAD_REQUEST,
                             "There is no such page mode");
    c = native_text_command(COMMAND_HISTORY, &in, why);
    if (c == NULL)
        return NULL;
    c->page.mode = mode;
    c->page.at = native_bounded(get->seq);
    c->page.limit = page_limit(get->limit);
    return c;
}

static struct command *
make_rooms(const Envelope *e, struct native_refusal *why)
{
    (void)e;
    return native_text_command(COMMAND_ROOMS, &(struct native_strings){0}, why);
}

static struct command *
make_people(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->get_people->target};

    return native_text_command(COMMAND_WHO, &in, why);
}

static struct command *
make_topic(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->set_topic->target,
                         .text = e->set_topic->topic};

    return native_text_command(COMMAND_TOPIC, &in, why);
}

static struct command *
make_rename(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.name = e->set_name->name};

    return native_text_command(COMMAND_RENAME, &in, why);
}

static struct command *
make_away(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.text = e->set_away->text};
    struct command *c = native_text_command(COMMAND_AWAY, &in, why);

    if (c != NULL)
        c->away = e->set_away->away;
    return c;
}

static struct command *
make_typing(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->set_typing->target};
    struct command *c = native_text_command(COMMAND_TYPING, &in, why);

    if (c != NULL)
        c->away = e->set_typing->typing;
    return c;
}

static struct command *
make_cursor(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.target = e->set_cursor->target};
    struct command *c = native_text_command(COMMAND_CURSOR, &in, why);

    if (c == NULL)
        return NULL;
    c->delivered = native_bounded(e->set_cursor->delivered_seq);
    c->read = native_bounded(e->set_cursor->read_seq);
    return c;
}

static struct command *
make_files(const Envelope *e, struct native_refusal *why)
{
    const Loquat__V1__GetFiles *get = e->get_files;
    struct native_strings in = {.target = get->target};
    struct command *c = native_text_command(COMMAND_FILES, &in, why);

    if (c == NULL)
        return NULL;
    c->page.mode = get->before_seq > 0 ? PAGE_BEFORE : PAGE_LATEST;
    c->page.at = native_bounded(get->before_seq);
    c->page.limit = files_limit(get->limit);
    return c;
}

static struct command *
make_drop(const Envelope *e, struct native_refusal *why)
{
    const Loquat__V1__DropFile *drop = e->drop_file;
    struct str none = {NULL, 0};
    struct file_facts file = {.size = FILE_SIZE_UNKNOWN};

    if (drop->ticket.len != sizeof file.ticket.b)
        return native_refuse(why, DENY_BAD_REQUEST, "A ticket has 16 bytes");
    memcpy(file.ticket.b, drop->ticket.data, sizeof file.ticket.b);
    if (!file_id_read(str_of(drop->id), &file.id))
        return native_refuse(why, DENY_NO_SUCH_FILE, NULL);
    return command_new_file(COMMAND_DROP, none, none, &file);
}

static struct command *
make_ping(const Envelope *e, struct native_refusal *why)
{
    struct command *c = native_text_command(
        COMMAND_PING, &(struct native_strings){0}, why);

    if (c != NULL)
        c->token = e->ping->token;
    return c;
}

static const struct native_request requests[] = {
    [ENVELOPE_BODY(HELLO)]       = {make_enter, true, false},
    [ENVELOPE_BODY(JOIN)]        = {make_join, true, false},
    [ENVELOPE_BODY(PART)]        = {make_part, true, false},
    [ENVELOPE_BODY(POST)]        = {make_post, true, false},
    [ENVELOPE_BODY(GET_HISTORY)] = {make_history, true, false},
    [ENVELOPE_BODY(GET_ROOMS)]   = {make_rooms, true, false},
    [ENVELOPE_BODY(GET_PEOPLE)]  = {make_people, true, false},
    [ENVELOPE_BODY(SET_TOPIC)]   = {make_topic, true, false},
    [ENVELOPE_BODY(SET_NAME)]    = {make_rename, true, false},
    [ENVELOPE_BODY(SET_AWAY)]    = {make_away, true, false},
    [ENVELOPE_BODY(SET_TYPING)]  = {make_typing, false, true},
    [ENVELOPE_BODY(SET_CURSOR)]  = {make_cursor, false, true},
    [ENVELOPE_BODY(GET_FILES)]   = {make_files, true, false},
    [ENVELOPE_BODY(DROP_FILE)]   = {make_drop, true, false},
    [ENVELOPE_BODY(PING)]        = {make_ping, false, false},
};

static const struct native_request *
find_request(size_t which)
{
    const struct native_request *r;

    if (which < sizeof requests / sizeof requests[0] &&
        requests[which].make != NULL)
        return &requests[which];
    r = native_account_request(which);
    return r != NULL ? r : native_room_request(which);
}

struct command *
native_command(const Envelope *e, struct native_refusal *why)
{
    const struct native_request *r = find_request((size_t)e->body_case);
    struct command *c;

    if (r == NULL)
        return native_refuse(why, DENY_BAD_REQUEST,
                             "This server does not know that request");
    if ((r->numbered && e->request == 0) || e->request > NATIVE_REQUEST_MAX)
        return native_refuse(why, DENY_BAD_REQUEST,
                             "A request needs a number from 1 to 2^63-1");
    c = r->make(e, why);
    if (c == NULL)
        return r->silent ? native_refuse(why, DENY_NONE, NULL) : NULL;
    c->request = e->request;
    return c;
}
