/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: a whole line session over fake_conn, with a core that answers
 * (line_play.h).
 *
 * - However its bytes are split, it asks the same of the core and says the
 *   same.
 * - Every command's text is clean, every line that goes out is clean, and so
 *   is every event made of the input, in every encoding and as an answer. What
 *   goes out as a file's bytes is passed over.
 * - Files go both ways: the dictionary has the ids of the first uploads.
 * - Passwords are asked for and telnet is answered; neither shows in what is
 *   asked of the core.
 *
 * The first two bytes choose the configuration and where the bytes are cut.
 * Words for it: tests/data/fuzz/line.dict. */
#include "auth/token.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "dialect/line/line.h"
#include "dialect/line/line_events.h"
#include "dialect/line/line_play.h"
#include "dialect/line/line_wire.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    rand_init();
    return 0;
}

static struct dialect_config
configure(uint8_t choice)
{
    return (struct dialect_config){
        .server_name = "loquat",
        .charset = choice & 1 ? NAME_UNICODE : NAME_ASCII,
        .newline = choice & 2 ? LINE_NEWLINE_OPTIONAL : LINE_NEWLINE_REQUIRED,
        .names = choice & 4 ? LINE_NAMES_ADDRESS : LINE_NAMES_ASK,
        .message_bytes = choice & 8 ? 40 : 2000,
        .pause_ms = 100,
        .guests = !(choice & 64),
        .registration = choice & 128 ? HUB_INVITED : HUB_OPEN,
        .dead_ms = 75000,
    };
}

/* How many bytes of a file follow the line, all of which must be there. */
static size_t
file_bytes(struct str line, size_t rest)
{
    struct str name;
    uint64_t size;

    if (!line_wire_file(line, &name, &size))
        return 0;
    must(size <= rest);
    return (size_t)size;
}

/* Telnet's options may stand between two lines. */
static struct str
skip_telnet(struct str s)
{
    while (s.n >= 3 && (uint8_t)s.p[0] == 0xff && (uint8_t)s.p[1] >= 0xfb)
        s = (struct str){s.p + 3, s.n - 3};
    return s;
}

static void
must_be_clean_lines(struct str s)
{
    while ((s = skip_telnet(s)).n > 0) {
        const char *lf = memchr(s.p, '\n', s.n);
        struct str line = {s.p, lf ? (size_t)(lf - s.p) : s.n};
        size_t skip = line.n + 1;

        must(lf);
        must(utf8_is_clean(line, UTF8_ONE_LINE));
        skip += file_bytes(line, s.n - skip);
        s.p += skip;
        s.n -= skip;
    }
}

/* In pieces of `step` bytes; 0: all at once. */
static struct line_play
run(const struct dialect_config *config, const uint8_t *p, size_t n,
    size_t step)
{
    struct line_play play;

    line_play_init(&play, config);
    if (step == 0)
        step = n;
    for (size_t at = 0; at < n; at += step)
        line_play_input(&play, p + at, n - at < step ? n - at : step);
    if (play.conn->timer_ms > 0 && !conn_held(play.conn))
        line_play_timer(&play);
    line_play_eof(&play);
    must(play.conn->ended || play.conn->finished);
    must_be_clean_lines(buf_str(&play.conn->sent));
    must_be_clean_lines(buf_str(&play.commands));
    return play;
}

/* Tokens are random. */
static void
mask_tokens(struct buf *b)
{
    const char before[] = "only now: lq_";
    char *at = b->p;

    while (b->n > 0 && (at = memmem(at, (size_t)(b->p + b->n - at), before,
                                    sizeof before - 1))) {
        at += sizeof before - 1;
        memset(at, '0', TOKEN_BYTES - 4);
    }
}

static void
must_split_alike(const struct dialect_config *config, const uint8_t *p,
                 size_t n, size_t step)
{
    struct line_play whole = run(config, p, n, 0);
    struct line_play split = run(config, p, n, step);

    mask_tokens(&whole.conn->sent);
    mask_tokens(&split.conn->sent);
    must(str_eq(buf_str(&whole.conn->sent), buf_str(&split.conn->sent)));
    must(str_eq(buf_str(&whole.commands), buf_str(&split.commands)));
    line_play_done(&whole);
    line_play_done(&split);
}

/* --- events --- */

static struct event *
event_of(enum event_kind kind, struct str s, uint8_t choice)
{
    size_t third = s.n / 3;
    char *names = must_alloc(2 * third + 1);
    struct str a = {names, third}, b = {names + third, third};
    struct str c = {s.p + 2 * third, s.n - 2 * third};
    struct file_facts facts = {.size = choice & 32 ? choice : UINT64_MAX};
    struct event *e;

    /* Names have no colon, and none is FILE. */
    for (size_t i = 0; i < 2 * third; i++)
        names[i] = s.p[i] == ':' ? ';' : s.p[i] == 'F' ? 'f' : s.p[i];
    e = event_new_file(kind, a, b, c, &facts);
    free(names);
    e->message_kind = (enum message_kind)(1 + choice % 4);
    e->room_kind = choice & 4 ? ROOM_DIRECT : ROOM_CHANNEL;
    e->room = choice;
    e->time_ms = (int64_t)choice << 55;
    e->others = choice;
    e->away = choice & 8;
    e->muted = choice & 64;
    e->role = (enum room_role)(choice % (ROLE_OWNER + 1));
    e->setting = (enum setting)(1 + choice % SETTING_DESCRIPTION);
    e->seen_ms = e->expires_ms = e->time_ms;
    e->deny = (enum deny)(choice % (DENY_STOPPING + 1));
    e->command = choice & 16 ? COMMAND_ENTER : COMMAND_RENAME;
    return e;
}

static void
give_item(struct event *e, struct str s, uint8_t choice)
{
    struct event **items = must_alloc(sizeof *items);

    items[0] = event_of(ITEM_PERSON, s, (uint8_t)~choice);
    event_set_items(e, items, 1);
}

static void
must_encode_clean(const struct dialect_config *config, const struct event *e)
{
    for (unsigned encoding = 0; encoding < DIALECT_ENCODINGS; encoding++) {
        struct slab *s = line_encode(config, encoding, e);

        if (s)
            must_be_clean_lines((struct str){s->p, s->n});
        slab_unref(&s);
    }
}

static void
must_answer_clean(const struct dialect_config *config, struct str s,
                  uint8_t choice)
{
    struct line_play play;

    line_play_init(&play, config);
    for (unsigned kind = EVENT_MESSAGE; kind < ANSWER_MOVED; kind++) {
        struct event *e = event_of(kind, s, choice);

        give_item(e, s, choice);
        must_encode_clean(config, e);
        line_play_event(&play, e);
        must_be_clean_lines(buf_str(&play.conn->sent));
        if (play.conn->ended) {
            line_play_done(&play);
            line_play_init(&play, config);
        }
    }
    line_play_done(&play);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct dialect_config config;

    if (n < 2)
        return 0;
    config = configure(data[0]);
    must_split_alike(&config, data + 2, n - 2, 1 + data[1] % 16);
    if (data[0] & 16)
        must_answer_clean(&config, (struct str){(const char *)data + 2, n - 2},
                          data[1]);
    return 0;
}
