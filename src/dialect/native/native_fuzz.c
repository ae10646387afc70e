/* SPDX-License-Identifier: MIT
 *
 * Two bytes choose what precedes the rest (the magic, a Hello), whether the
 * rest is raw, put into frames, or told into requests field by field, and how
 * it is cut; a small core answers every command, a small mover every job (no
 * byte reaches a disk, but all of it counts). Oracles: what is said and
 * what is commanded does not depend on the cuts; all text in commands is
 * clean; everything said is magic, whole envelopes and whole frames of bytes;
 * no upload has more bytes in memory than its credit; and once every command
 * is answered nobody is held. */
#include "base/log.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "dialect/fake_conn.h"
#include "dialect/native/native.h"
#include "wire/envelope.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    INPUT_MAX = 4096,
    TOKEN_CHARS = 55,
    WITH_MAGIC = 1, WITH_HELLO = 2, WITH_FRAMES = 4, WITH_REQUESTS = 8,
};

static const struct dialect_config config = {
    .server_name = "fuzz", .epoch = 1, .message_bytes = 4096,
    .heartbeat_ms = 1000, .dead_ms = 3000,
};

static const char hello[] =
    "\x00\x00\x00\x1c\x01\x08\x01\x52\x18\x08\x01\x18\x01\x22\x00\x32\x10"
    "0123456789abcdef";

/* All uploads go there, or rather nowhere. */
static struct blob *the_blob;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
open_blob(void)
{
    static const struct blobs_options options;
    char folder[] = "/tmp/loquat-fuzz-XXXXXX";
    struct file_id id = file_id_new();
    struct blobs *blobs;
    uint64_t writer;
    struct err e;

    must(mkdtemp(folder) != NULL);
    must(blobs_open(folder, &options, &blobs, &e) == 0);
    must(blob_open_write(blobs, &id, UINT64_MAX, &the_blob, &writer) == 0);
    must(blob_remove(blobs, &id) == 0);
    must(rmdir(folder) == 0);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    rand_init();
    log_set_level(LOG_ERROR);
    open_blob();
    return 0;
}

/* --- The core ----------------------------------------------------------- */

static struct event *
event(enum event_kind kind, struct str room_name, struct str text)
{
    static const struct file_facts file = {.size = 5, .state = FILE_WHOLE};
    struct event *e = event_new_file(kind, room_name, str_of("bob"), text,
                                     &file);

    e->room = 1;
    e->room_kind = ROOM_CHANNEL;
    e->seq = 1;
    e->message_kind = MESSAGE_TEXT;
    e->setting = SETTING_NAME;
    return e;
}

static struct event *
with_item(struct event *e, enum event_kind kind)
{
    struct event **items = must_alloc(sizeof *items);

    items[0] = event(kind, e->room_name, e->text);
    event_set_items(e, items, 1);
    return e;
}

/* Every kind of answer to this command, and of event because of it. */
static void
answer(struct conn *c, struct command *cmd, enum event_kind kind,
       enum event_kind item)
{
    struct event *e = event(kind, cmd->target, cmd->text);

    if (item != 0)
        with_item(e, item);
    if (cmd->file != NULL)
        *e->file = *cmd->file;
    if (cmd->kind == COMMAND_RESERVE)
        e->token = cmd->file->size;
    e->command = cmd->kind;
    e->request = cmd->request;
    if (cmd->kind != COMMAND_RESERVE)
        e->token = cmd->token;
    e->cid = cmd->cid;
    e->deny = DENY_NAME_TAKEN;
    if (cmd->kind == COMMAND_TOKEN || cmd->login != NULL)
        e->token = 1;
    fake_conn_answer(c, e);
}

static const struct reply {
    enum event_kind answer, item, told;     /* 0: none */
} replies[] = {
    [COMMAND_ENTER]   = {ANSWER_WELCOME, 0, 0},
    [COMMAND_RENAME]  = {ANSWER_DONE, 0, EVENT_RENAMED},
    [COMMAND_JOIN]    = {EVENT_SUBSCRIBED, 0, EVENT_JOINED},
    [COMMAND_PART]    = {EVENT_UNSUBSCRIBED, 0, EVENT_LEFT},
    [COMMAND_POST]    = {ANSWER_POSTED, 0, EVENT_MESSAGE},
    [COMMAND_TOPIC]   = {ANSWER_DENIED, 0, EVENT_CAUGHT_UP},
    [COMMAND_AWAY]    = {ANSWER_DONE, 0, EVENT_AWAY},
    [COMMAND_TYPING]  = {0, 0, EVENT_TYPING},
    [COMMAND_CURSOR]  = {0, 0, EVENT_CURSOR},
    [COMMAND_WHO]     = {ANSWER_PEOPLE, ITEM_PERSON, EVENT_ANNOUNCEMENT},
    [COMMAND_ROOMS]   = {ANSWER_ROOMS, ITEM_ROOM, 0},
    [COMMAND_HISTORY] = {ANSWER_PAGE, EVENT_MESSAGE, 0},
    [COMMAND_PING]    = {ANSWER_PONG, 0, 0},
    [COMMAND_UPLOAD]  = {ANSWER_UPLOAD, 0, EVENT_UPLOADING},
    [COMMAND_RESUME]  = {ANSWER_UPLOAD, 0, 0},
    [COMMAND_RESERVE] = {ANSWER_DONE, 0, 0},
    [COMMAND_DROP]    = {ANSWER_DONE, 0, 0},
    [COMMAND_FETCH]   = {ANSWER_DENIED, 0, 0},
    [COMMAND_FILES]   = {ANSWER_FILES, ITEM_FILE, 0},
    [COMMAND_REGISTER]   = {ANSWER_WELCOME, 0, 0},
    [COMMAND_LOGIN]      = {ANSWER_WELCOME, 0, 0},
    [COMMAND_LOGOUT]     = {ANSWER_DONE, 0, 0},
    [COMMAND_PASSWORD]   = {ANSWER_DONE, 0, 0},
    [COMMAND_UNREGISTER] = {ANSWER_DENIED, 0, 0},
    [COMMAND_DEVICES]    = {ANSWER_DEVICES, ITEM_DEVICE, 0},
    [COMMAND_TOKEN]      = {ANSWER_DONE, 0, 0},
    [COMMAND_REVOKE]     = {ANSWER_DONE, 0, 0},
    [COMMAND_INVITE]     = {ANSWER_DONE, 0, EVENT_INVITED},
    [COMMAND_REMOVE]     = {ANSWER_DONE, 0, EVENT_REMOVED},
    [COMMAND_BAN]        = {ANSWER_DONE, 0, EVENT_STANDING},
    [COMMAND_UNBAN]      = {ANSWER_DONE, 0, EVENT_STANDING},
    [COMMAND_BANS]       = {ANSWER_BANS, ITEM_BAN, 0},
    [COMMAND_ROLE]       = {ANSWER_DONE, 0, EVENT_STANDING},
    [COMMAND_SET]        = {ANSWER_DONE, 0, EVENT_SETTING},
    [COMMAND_CLOSE_ROOM] = {ANSWER_DONE, 0, EVENT_REMOVED},
    [COMMAND_ROOM]       = {ANSWER_ROOM, 0, 0},
    [COMMAND_MEMBERS]    = {ANSWER_MEMBERS, ITEM_MEMBER, 0},
    [COMMAND_GROUP]      = {ANSWER_DONE, 0, 0},
};

static void
check_text(struct str s, enum utf8_lines lines)
{
    must(utf8_valid(s) && utf8_is_clean(s, lines));
}

static void
check_login(const struct login *l)
{
    must(memchr(l->password, '\0', sizeof l->password) != NULL);
    must(memchr(l->fresh, '\0', sizeof l->fresh) != NULL);
    must(memchr(l->device, '\0', sizeof l->device) != NULL);
    check_text(str_of(l->device), UTF8_ONE_LINE);
    must(l->scope <= SCOPE_ALL && l->expires_ms >= 0);
}

static void
check_command(const struct command *cmd)
{
    bool post = cmd->kind == COMMAND_POST;

    check_text(cmd->target, UTF8_ONE_LINE);
    check_text(cmd->name, UTF8_ONE_LINE);
    check_text(cmd->text, post ? UTF8_KEEP_LF : UTF8_ONE_LINE);
    must(cmd->after <= INT64_MAX && cmd->room <= INT64_MAX);
    must(cmd->delivered <= INT64_MAX && cmd->read <= INT64_MAX);
    must(cmd->page.at <= INT64_MAX && cmd->page.limit <= 500);
    must((cmd->kind == COMMAND_ENTER) == (cmd->sender_id != 0));
    must(cmd->role <= ROLE_OWNER && cmd->until_ms >= 0);
    if (cmd->login != NULL)
        check_login(cmd->login);
}

/* Notes the command and carries it out. Names that start with x are taken. */
static void
apply(struct conn *c, struct command *cmd, struct buf *log)
{
    const struct reply *reply = &replies[cmd->kind];
    bool is_group = cmd->kind == COMMAND_GROUP;   /* its name is random */
    bool taken = cmd->kind == COMMAND_ENTER && cmd->name.n > 0 &&
                 cmd->name.p[0] == 'x';

    check_command(cmd);
    must(buf_printf(log, "%d %llu %.*s %.*s %.*s\n", (int)cmd->kind,
                    (unsigned long long)cmd->request, STR_FMT(cmd->target),
                    STR_FMT(is_group ? cmd->target : cmd->name),
                    STR_FMT(cmd->text)) == 0);
    if (reply->told)
        fake_conn_answer(c, event(reply->told, cmd->target, cmd->text));
    if (reply->answer)
        answer(c, cmd, taken ? ANSWER_DENIED : reply->answer, reply->item);
}

/* --- The movers --------------------------------------------------------- */

/* What each upload has on disk, by the number it asks under. */
struct disk {
    struct { uint64_t request, bytes; } of[64];
    unsigned n;
};

static uint64_t *
bytes_of(struct disk *disk, uint64_t request)
{
    for (unsigned i = 0; i < disk->n; i++)
        if (disk->of[i].request == request)
            return &disk->of[i].bytes;
    must(disk->n < 64);
    disk->of[disk->n].request = request;
    disk->of[disk->n].bytes = 0;
    return &disk->of[disk->n++].bytes;
}

static void
do_job(struct conn *c, const struct move_job *job, struct disk *disk,
       struct buf *log)
{
    struct str none = {NULL, 0};
    struct file_facts file = {.id = job->id, .size = 0};
    enum event_kind kind =
        job->what == MOVE_FINISH ? ANSWER_POSTED : ANSWER_MOVED;
    struct event *e;

    must(job->data.n <= LIMIT_CREDIT_BYTES);
    if (job->what == MOVE_APPEND)
        *bytes_of(disk, job->request) += job->data.n;
    file.size = *bytes_of(disk, job->request);
    e = event_new_file(kind, none, none, none, &file);
    e->request = job->request;
    e->token = job->what;
    e->blob = job->what == MOVE_OPEN_WRITE ? blob_ref(the_blob) : NULL;
    if (kind == ANSWER_POSTED)
        e->command = COMMAND_SHARE;
    must(buf_printf(log, "job %d %llu\n", (int)job->what,
                    (unsigned long long)file.size) == 0);
    fake_conn_answer(c, e);
}

/* --- One conversation --------------------------------------------------- */

static void
answer_all(struct conn *c, struct disk *disk, struct buf *log)
{
    struct move_job *job;
    struct command *cmd;

    for (;;) {
        if ((cmd = fake_conn_take(c)) != NULL) {
            apply(c, cmd, log);
            command_free(&cmd);
        } else if ((job = fake_conn_take_job(c)) != NULL) {
            do_job(c, job, disk, log);
            move_job_free(&job);
        } else {
            return;
        }
    }
}

static void
check_said(const struct conn *c)
{
    struct envelope_arena *a = envelope_arena_new(1 << 17);
    const uint8_t *p = (const uint8_t *)c->sent.p;
    size_t n = c->sent.n, at = FRAME_MAGIC_BYTES, used;
    struct frame frame;
    Envelope *e;

    must(frame_magic(p, n) == WIRE_OK);
    for (; at < n; at += used) {
        must(frame_parse(p + at, n - at, LIMIT_FRAME_BYTES, &frame, &used) ==
             WIRE_OK);
        if (frame.kind == FRAME_FILE) {
            must(frame_file_parse(&frame, &(struct frame_file){0}) ==
                 WIRE_OK);
            continue;
        }
        must(envelope_parse(a, frame.p, frame.n, &e) == WIRE_OK);
        must(e->body_case != ENVELOPE_BODY(_NOT_SET));
    }
    envelope_arena_free(&a);
}

/* Tokens are random: they are written over, the same in every run. */
static void
hide_tokens(char *p, size_t n)
{
    char *end = p + n;

    while ((p = memmem(p, (size_t)(end - p), "lq_", 3)) != NULL) {
        size_t left = (size_t)(end - p);

        memset(p, '*', left < TOKEN_CHARS ? left : TOKEN_CHARS);
    }
}

/* In pieces of this size; said and log take what came of it. */
static void
talk(struct str input, size_t piece, struct buf *said, struct buf *log)
{
    struct conn *c = fake_conn_new(&native_dialect, &config);
    struct disk disk = {.n = 0};

    while (input.n > 0) {
        size_t n = piece < input.n ? piece : input.n;

        fake_conn_input(c, input.p, n);
        input = (struct str){input.p + n, input.n - n};
        answer_all(c, &disk, log);
    }
    must(!c->held || c->ended);
    if (!conn_held(c) && c->timer_ms > 0)
        fake_conn_run_timer(c);
    fake_conn_eof(c);
    answer_all(c, &disk, log);
    check_said(c);
    hide_tokens(c->sent.p, c->sent.n);
    must(buf_append(said, c->sent.p, c->sent.n) == 0);
    fake_conn_free(&c);
}

/* --- Input -------------------------------------------------------------- */

static struct str
take(struct str *in, size_t n)
{
    struct str head = {in->p, n < in->n ? n : in->n};

    *in = (struct str){in->p + head.n, in->n - head.n};
    return head;
}

static uint8_t
take_byte(struct str *in)
{
    struct str s = take(in, 1);

    return s.n > 0 ? (uint8_t)s.p[0] : 0;
}

/* A number of few bytes, or one of the largest. */
static uint64_t
take_number(struct str *in)
{
    uint8_t byte = take_byte(in);

    return byte < 0xf0 ? byte : UINT64_MAX >> (byte & 15);
}

/* A NUL ends it: no string of an envelope may hold one. */
static char *
take_text(struct str *in)
{
    struct str s = take(in, take_byte(in));
    char *z = must_alloc(s.n + 1);

    if (s.n > 0)
        memcpy(z, s.p, s.n);
    return z;
}

/* One of those that there may be several of. */
static void
fill_list(const ProtobufCFieldDescriptor *f, char *m, struct str *in)
{
    char **list;

    if (f->type != PROTOBUF_C_TYPE_STRING)
        return;
    list = must_alloc(sizeof *list);
    list[0] = take_text(in);
    *(char ***)(m + f->offset) = list;
    *(size_t *)(m + f->quantifier_offset) = 1;
}

static void
fill_field(const ProtobufCFieldDescriptor *f, char *m, struct str *in)
{
    ProtobufCBinaryData bytes = {take_byte(in), NULL};

    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(char **)(m + f->offset) = take_text(in);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        bytes.data = must_alloc(bytes.len);
        memset(bytes.data, take_byte(in), bytes.len);
        *(ProtobufCBinaryData *)(m + f->offset) = bytes;
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_INT64:
        *(uint64_t *)(m + f->offset) = take_number(in);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_BOOL:
        *(uint32_t *)(m + f->offset) = (uint32_t)take_number(in);
        break;
    default:
        break;
    }
    if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        *(uint32_t *)(m + f->quantifier_offset) = f->id;
}

/* One byte chooses the body, one its request, a bit each the fields. */
static void
put_request(struct buf *out, struct str *in)
{
    const ProtobufCMessageDescriptor *all = &loquat__v1__envelope__descriptor;
    const ProtobufCFieldDescriptor *f =
        &all->fields[1 + take_byte(in) % (all->n_fields - 1)];
    const ProtobufCMessageDescriptor *type = f->descriptor;
    ProtobufCMessage *body = must_alloc(type->sizeof_message);
    Envelope *e = must_alloc(sizeof *e);
    uint8_t wanted;
    void *p;

    loquat__v1__envelope__init(e);
    type->message_init(body);
    e->request = take_byte(in);
    e->body_case = (Loquat__V1__Envelope__BodyCase)f->id;
    memcpy((char *)e + f->offset, &body, sizeof body);
    wanted = take_byte(in);
    for (unsigned i = 0; i < type->n_fields && i < 8; i++)
        if (wanted >> i & 1)
            (type->fields[i].label == PROTOBUF_C_LABEL_REPEATED
                 ? fill_list : fill_field)(&type->fields[i], (char *)body, in);
    p = buf_reserve(out, envelope_frame_bytes(e));
    must(p != NULL);
    envelope_frame_write(e, p);
    buf_commit(out, envelope_frame_bytes(e));
    loquat__v1__envelope__free_unpacked(e, NULL);
}

/* A piece, led by its length in a byte, becomes a frame. */
static void
put_frame(struct buf *out, struct str *in)
{
    struct str piece = take(in, take_byte(in));
    uint8_t header[FRAME_HEADER_BYTES];

    frame_header(header, take_byte(in) & 1 ? FRAME_FILE : FRAME_ENVELOPE,
                 (uint32_t)piece.n);
    must(buf_append(out, header, sizeof header) == 0);
    must(buf_append_str(out, piece) == 0);
}

/* One byte chooses the stream, one how many bytes of it. */
static void
put_bytes(struct buf *out, struct str *in)
{
    uint8_t bytes[FRAME_FILE_HEADER_BYTES + 256] = {0};
    uint32_t stream = take_byte(in) % 4;
    uint32_t n = take_byte(in);

    if (stream == 0 || n == 0)
        return;
    frame_file_header(bytes, stream, n);
    must(buf_append(out, bytes, FRAME_FILE_HEADER_BYTES + n) == 0);
}

static void
put_input(struct buf *out, struct str in, uint8_t mode)
{
    if (mode & WITH_MAGIC)
        must(buf_append(out, FRAME_MAGIC, FRAME_MAGIC_BYTES) == 0);
    if (mode & WITH_HELLO)
        must(buf_append(out, hello, sizeof hello - 1) == 0);
    while (in.n > 0 && mode & WITH_REQUESTS) {
        put_request(out, &in);
        if (mode & WITH_FRAMES)
            put_bytes(out, &in);
    }
    while (in.n > 0 && mode & WITH_FRAMES)
        put_frame(out, &in);
    must(buf_append_str(out, in) == 0);
}

/* Answers about streams come when they come, and what may be sent depends on
 * them: then the cuts matter. */
static bool
has_streams(struct str input)
{
    struct envelope_arena *a = envelope_arena_new(1 << 17);
    const uint8_t *p = (const uint8_t *)input.p;
    size_t at = FRAME_MAGIC_BYTES, used;
    struct frame frame;
    bool found = false;
    Envelope *e;

    for (; at < input.n && !found; at += used) {
        if (frame_parse(p + at, input.n - at, LIMIT_FRAME_BYTES, &frame,
                        &used) != WIRE_OK)
            break;
        found = frame.kind == FRAME_ENVELOPE &&
            envelope_parse(a, frame.p, frame.n, &e) == WIRE_OK &&
            (e->body_case == ENVELOPE_BODY(PUT_FILE) ||
             e->body_case == ENVELOPE_BODY(GET_FILE) ||
             e->body_case == ENVELOPE_BODY(FILE_END));
    }
    envelope_arena_free(&a);
    return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct buf input, said[2], log[2];

    if (n < 2 || n > INPUT_MAX)
        return 0;
    buf_init(&input, 64 << 20);
    for (int i = 0; i < 2; i++) {
        buf_init(&said[i], 64 << 20);
        buf_init(&log[i], 64 << 20);
    }
    put_input(&input, (struct str){(const char *)p + 2, n - 2}, p[0]);
    talk(buf_str(&input), SIZE_MAX, &said[0], &log[0]);
    talk(buf_str(&input), p[1] + (size_t)1, &said[1], &log[1]);
    if (!has_streams(buf_str(&input))) {
        must(str_eq(buf_str(&said[0]), buf_str(&said[1])));
        must(str_eq(buf_str(&log[0]), buf_str(&log[1])));
    }
    for (int i = 0; i < 2; i++) {
        buf_done(&said[i]);
        buf_done(&log[i]);
    }
    buf_done(&input);
    return 0;
}
