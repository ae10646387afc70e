/* SPDX-License-Identifier: MIT
 *
 * The fuzzer is the server. The first byte says whether its bytes are all
 * there is, or follow a magic, a Welcome and a Joined; the second, into how
 * large pieces they are cut. Oracles: the application is told the same,
 * however the bytes are cut; a room's messages come to it in rising seq
 * without a gap; the outbox counts right, and keeps what has not ended. */
#include "link/talk.h"

#include "base/limits.h"
#include "base/rand.h"

#include <stdlib.h>

enum { POSTS = 4, ROOM = 7, FIRST_SEQ = 10 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct world {
    struct talk t;
    struct buf log;           /* what the application was told */
    uint64_t last_seq;        /* in ROOM */
    unsigned ended;           /* posts */
    struct talk_file put, get;
    uint64_t allowed, came;   /* of the download */
};

#define NOTE(w, ...) must(buf_printf(&(w)->log, __VA_ARGS__) == 0)

static void
on_welcome(void *arg, bool replaced)
{
    NOTE((struct world *)arg, "welcome %d\n", replaced);
}

static void
on_envelope(void *arg, const Envelope *e)
{
    struct world *w = arg;

    NOTE(w, "%d %llu\n", (int)e->body_case, (unsigned long long)e->request);
    if (e->body_case == ENVELOPE_BODY(JOINED) && e->joined->room == ROOM)
        w->last_seq = UINT64_MAX;     /* counting may begin anew */
    if (e->body_case != ENVELOPE_BODY(MESSAGE) || e->message->room != ROOM)
        return;
    must(w->last_seq == UINT64_MAX || e->message->seq == w->last_seq + 1);
    w->last_seq = e->message->seq;
    NOTE(w, "%s: %s\n", e->message->sender, e->message->text);
}

static void
on_posted(void *arg, uint64_t tag, const Loquat__V1__Posted *posted)
{
    struct world *w = arg;

    NOTE(w, "posted %d %s\n", (int)tag, posted->msgid);
    w->ended++;
}

static void
on_refused(void *arg, uint64_t tag, const Loquat__V1__Error *error)
{
    struct world *w = arg;

    NOTE(w, "refused %d %s\n", (int)tag, error->text);
    w->ended++;
}

static const struct talk_ops ops = {on_welcome, on_envelope, on_posted,
                                    on_refused};

/* ---- Files: one upload, one download ---- */

#define WORLD(f, member) \
    ((struct world *)((char *)(f) - offsetof(struct world, member)))

static void
on_putting(struct talk_file *f, const Loquat__V1__Putting *p)
{
    NOTE(WORLD(f, put), "putting %llu\n", (unsigned long long)p->offset);
}

static void
on_writable(struct talk_file *f)
{
    struct world *w = WORLD(f, put);
    size_t room = talk_file_room(&w->t, f);

    must(talk_file_send(&w->t, f, "0123456789", room < 10 ? room : 10) ==
         (room < 10 ? room : 10));
}

static void
on_file_posted(struct talk_file *f, const Loquat__V1__Posted *posted)
{
    NOTE(WORLD(f, put), "file posted %s\n", posted->msgid);
}

static void
on_put_failed(struct talk_file *f, int code, const char *text)
{
    must(f->stream == 0);
    NOTE(WORLD(f, put), "put failed %d %s\n", code, text);
}

static void
on_getting(struct talk_file *f, const Loquat__V1__Getting *g)
{
    NOTE(WORLD(f, get), "getting %s\n", g->file->name);
}

static void
on_bytes(struct talk_file *f, const uint8_t *p, size_t n)
{
    struct world *w = WORLD(f, get);

    (void)p;
    w->came += n;
    must(w->came <= w->allowed);
    NOTE(w, "%zu bytes\n", n);
    w->allowed += n / 2;
    talk_file_credit(&w->t, f, n / 2);
}

static void
on_ended(struct talk_file *f, const uint8_t *sha256)
{
    must(f->stream == 0);
    NOTE(WORLD(f, get), "ended %d\n", sha256 != NULL);
}

static void
on_get_failed(struct talk_file *f, int code, const char *text)
{
    NOTE(WORLD(f, get), "get failed %d %s\n", code, text);
}

static const struct talk_file_ops put_ops = {
    .putting = on_putting, .writable = on_writable,
    .posted = on_file_posted, .failed = on_put_failed};
static const struct talk_file_ops get_ops = {
    .getting = on_getting, .bytes = on_bytes, .ended = on_ended,
    .failed = on_get_failed};

/* Requests 7 and 8, streams 1 and 2. */
static void
open_files(struct world *w)
{
    Loquat__V1__PutFile put = LOQUAT__V1__PUT_FILE__INIT;
    Loquat__V1__GetFile get = LOQUAT__V1__GET_FILE__INIT;

    w->put.ops = &put_ops;
    w->get.ops = &get_ops;
    get.credit = w->allowed = 1000;
    must(talk_put(&w->t, &w->put, &put) == (w->t.phase == TALK_LIVE));
    must(talk_get(&w->t, &w->get, &get) == (w->t.phase == TALK_LIVE));
}

static void
hear(struct world *w, Envelope *e)
{
    size_t n = envelope_frame_bytes(e);
    uint8_t *p = must_alloc(n);

    envelope_frame_write(e, p);
    must(talk_input(&w->t, p, n) == TALK_ON);
    free(p);
}

static void
hear_prelude(struct world *w)
{
    Loquat__V1__Welcome welcome = LOQUAT__V1__WELCOME__INIT;
    Loquat__V1__Joined joined = LOQUAT__V1__JOINED__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    must(talk_input(&w->t, (const uint8_t *)FRAME_MAGIC, FRAME_MAGIC_BYTES)
         == TALK_ON);
    welcome.version = 1;
    e.request = 1;
    e.body_case = ENVELOPE_BODY(WELCOME);
    e.welcome = &welcome;
    hear(w, &e);
    joined.room = ROOM;
    joined.target = "#ops";
    joined.last_seq = FIRST_SEQ;
    e.request = 2;
    e.body_case = ENVELOPE_BODY(JOINED);
    e.joined = &joined;
    hear(w, &e);
    w->last_seq = FIRST_SEQ;
}

static void
world_init(struct world *w, bool prelude)
{
    static const struct talk_options options = {
        .name = "alice", .client = "fuzz", .outbox_messages = POSTS,
        .outbox_bytes = 1000};

    *w = (struct world){.last_seq = UINT64_MAX};
    buf_init(&w->log, 64 * 1024 * 1024);
    talk_init(&w->t, &options, &ops, w);
    talk_join(&w->t, "#ops", -1);
    for (int i = 0; i < POSTS; i++)
        must(outbox_add(&w->t.outbox, "#ops",
                        LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TEXT, "x",
                        (uint64_t)i, 1) == 0);
    talk_begin(&w->t);
    if (prelude)
        hear_prelude(w);
    talk_pump(&w->t);
    open_files(w);
    buf_clear(&w->t.out);
}

static void
world_done(struct world *w)
{
    talk_done(&w->t);
    buf_done(&w->log);
}

static enum talk_verdict
feed(struct world *w, const uint8_t *p, size_t n, size_t piece)
{
    enum talk_verdict verdict = TALK_ON;

    while (n > 0 && verdict == TALK_ON) {
        size_t some = n < piece ? n : piece;

        verdict = talk_input(&w->t, p, some);
        p += some;
        n -= some;
    }
    return verdict;
}

static size_t
length(const struct list *head)
{
    size_t n = 0;

    list_each(it, next, head)
        n++;
    return n;
}

static void
check_outbox(const struct world *w)
{
    const struct outbox *o = &w->t.outbox;

    must(o->sent_count == length(&o->sent));
    must(o->count == length(&o->sent) + length(&o->waiting));
    must(o->count + w->ended == POSTS);
    must((o->count == 0) == (o->bytes == 0));
    must(w->t.rooms.count == length(&w->t.rooms.places));
    must(w->t.rooms.count <= LIMIT_ROOMS_PER_SESSION);
}

/* After the connection: everything that has not ended waits, in order. */
static void
check_end(struct world *w)
{
    uint64_t serial = 0;

    talk_end(&w->t);
    must(w->put.stream == 0 && w->get.stream == 0);
    check_outbox(w);
    must(list_empty(&w->t.outbox.sent));
    list_each(it, next, &w->t.outbox.waiting) {
        const struct post *post = list_entry(it, struct post, link);

        must(post->serial > serial && post->request == 0);
        serial = post->serial;
    }
    talk_begin(&w->t);
}

static void
end_files(struct world *w)
{
    uint8_t sum[TALK_SHA256_BYTES] = {0};

    for (int i = 0; i < 3; i++)
        talk_files_pump(&w->t);
    if (w->put.stream != 0 && w->put.open && w->t.phase == TALK_LIVE)
        must(talk_file_end(&w->t, &w->put, sum));
    must((w->put.stream != 0) + (w->get.stream != 0) ==
         (int)length(&w->t.files));
}

static bool
same(const struct buf *a, const struct buf *b)
{
    return str_eq(buf_str(a), buf_str(b));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static bool ready;
    struct world whole, cut;
    enum talk_verdict verdict, again;
    size_t piece;

    if (!ready)
        rand_init();
    ready = true;
    if (n < 2)
        return 0;
    piece = p[1] % 64 + (size_t)1;
    world_init(&whole, p[0] & 1);
    world_init(&cut, p[0] & 1);

    verdict = feed(&whole, p + 2, n - 2, LIMIT_READ_BYTES);
    again = feed(&cut, p + 2, n - 2, piece);
    must((again == TALK_ON) == (verdict == TALK_ON));
    /* What is no loquat server is judged by the first bytes that come. */
    must(again == verdict || !(p[0] & 1));
    must(same(&whole.log, &cut.log));
    end_files(&whole);
    end_files(&cut);
    must(same(&whole.t.out, &cut.t.out));
    must(verdict == TALK_ON || whole.t.code == cut.t.code);
    check_outbox(&whole);
    check_end(&whole);
    check_end(&cut);
    world_done(&whole);
    world_done(&cut);
    return 0;
}
