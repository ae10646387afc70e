/* SPDX-License-Identifier: MIT
 *
 * loquat put FILE... [ROOM]: one file after the other. An upload that was cut
 * goes on where the server stopped, after a reconnection and after a restart
 * of either side; what was already stored when the answer got lost is
 * recognised by its sum, and not sent twice.
 *
 *   BEGIN --putting--> SENDING --FileEnd, posted--> the next file
 *     |  <--loss-------'   |
 *     `--refused, though it had a ticket--> ASKING --it is whole--> CHECKING
 *                                             `--it is gone--> BEGIN anew */
#include "client/cli/cli_commands.h"
#include "client/cli/cli_put.h"
#include "client/cli/cli_url.h"

#include "base/file_name.h"
#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RETRY_MS = 1000, RETRY_MAX_MS = 30000 };

#define CODE(name) LOQUAT__V1__ERROR_CODE__ERROR_CODE_##name

static void begin(struct put *p);
static void advance(struct put *p);
static void next_file(struct put *p);

/* ---- The end of a file ---- */

static void
leave_file(struct put *p)
{
    cli_progress_hide(&p->bar);
    if (p->has_timer)
        uv_timer_stop(&p->retry);      /* it was for this one */
    p->kept = 0;
    if (p->s.link != NULL)
        link_file_close(p->s.link, &p->f);
    put_item_done(&p->item);
}

static void
give_up(struct put *p, int status)
{
    if (p->status == CLI_OK)
        p->status = status;
    leave_file(p);
    next_file(p);
}

static void
print_url(struct put *p, const char *id)
{
    struct buf *out = &p->s.out;

    cli_url_write(out, p->s.o, id, p->item.shown);
    must(buf_append(out, "\n", 1) == 0);
}

static void
print_json(struct put *p, const char *id, const Loquat__V1__Posted *posted)
{
    uint8_t sum[CLI_SUM_BYTES];
    char digits[2 * CLI_SUM_BYTES + 1];
    struct buf url;
    struct json j;

    buf_init(&url, 4096);
    cli_url_write(&url, p->s.o, id, p->item.shown);
    cli_sum_get(&p->item.source->sum, sum);
    cli_sum_write(sum, digits);
    json_open(&j, &p->s.out);
    json_text(&j, "room", str_of(p->target));
    if (posted != NULL)
        json_number(&j, "seq", (long long)posted->seq);
    json_text(&j, "file_id", str_of(id));
    json_text(&j, "file_name", str_of(p->item.shown));
    json_number(&j, "file_size", (long long)p->item.source->sum.n);
    json_text(&j, "file_sha256", str_of(digits));
    json_text(&j, "url", buf_str(&url));
    must(json_close(&j) == 0);
    must(buf_append(&p->s.out, "\n", 1) == 0);
    buf_done(&url);
}

/* It is stored; posted is NULL when that had been so before. */
static void
finish_file(struct put *p, const Loquat__V1__Posted *posted)
{
    char id[FILE_ID_CHARS + 1];

    file_id_write(&p->item.ticket.id, id);
    cli_progress_hide(&p->bar);
    if (p->s.style.json)
        print_json(p, id, posted);
    else
        print_url(p, id);
    cli_ticket_clear(&p->item.ticket);
    leave_file(p);
    next_file(p);
}

/* ---- Sending ---- */

static void
show_progress(struct put *p)
{
    cli_progress_show(&p->bar, p->item.shown, p->sent, p->item.size,
                      (int64_t)uv_now(&p->s.loop));
}

/* What tar wrote is whole only if tar says so. */
static bool
tar_is_done(struct put *p)
{
    if (!p->item.tar.is_used)
        return true;
    if (p->item.tar.runs)
        return false;
    if (p->item.tar.status == 0)
        return true;
    cli_error(&p->s, "tar failed: %s was not sent", p->item.path);
    put_drop(p);
    give_up(p, CLI_FAILURE);
    return false;
}

/* All was read. A file that shrank meanwhile cannot be what was promised. */
static void
finish_sending(struct put *p)
{
    uint8_t sum[CLI_SUM_BYTES];

    if (!tar_is_done(p))
        return;
    if (!p->item.source->is_stream && p->sent != p->item.size) {
        cli_error(&p->s, "%s has become shorter while it was read",
                  p->item.path);
        put_drop(p);
        give_up(p, CLI_FAILURE);
        return;
    }
    cli_sum_get(&p->item.source->sum, sum);
    (void)!link_file_end(p->s.link, &p->f, sum);   /* or when writable again */
}

static void
send_more(struct put *p)
{
    struct cli_source *source = p->item.source;
    struct str some = cli_source_peek(source, p->sent);

    if (some.n > 0)
        p->sent += link_file_send(p->s.link, &p->f, some.p, some.n);
    cli_source_drop(source, p->sent);
    show_progress(p);
    if (cli_source_is_read(source) && p->sent >= cli_source_end(source))
        finish_sending(p);
    else
        cli_source_want(source, p->sent);
}

/* ---- Was it stored before? ---- */

static void
compare(struct put *p)
{
    uint8_t sum[CLI_SUM_BYTES];

    cli_sum_get(&p->item.source->sum, sum);
    p->state = PUT_BEGIN;
    if (memcmp(sum, p->expected, sizeof sum) == 0) {
        finish_file(p, NULL);
        return;
    }
    cli_ticket_clear(&p->item.ticket);
    begin(p);
}

static void
check_more(struct put *p)
{
    struct cli_source *source = p->item.source;

    cli_source_drop(source, UINT64_MAX);
    if (cli_source_is_read(source))
        compare(p);
    else
        cli_source_want(source, cli_source_end(source));
}

static void
advance(struct put *p)
{
    if (p->state == PUT_CHECKING)
        check_more(p);
    else if (p->state == PUT_SENDING && !p->f.ending)
        send_more(p);
}

void
put_on_source(struct cli_source *source, int error)
{
    struct put *p = source->arg;

    if (p->s.ending)
        return;
    if (error < 0) {
        cli_error(&p->s, "cannot read %s: %s", p->item.path,
                  strerror(-error));
        give_up(p, CLI_FAILURE);
        return;
    }
    advance(p);
}

static void
ask(struct put *p)
{
    Loquat__V1__GetFile get = LOQUAT__V1__GET_FILE__INIT;
    char id[FILE_ID_CHARS + 1];

    file_id_write(&p->item.ticket.id, id);
    get.id = id;
    if (link_get(p->s.link, &p->f, &get))
        p->state = PUT_ASKING;
}

/* ---- What the server says ---- */

/* A server that makes no sense is not argued with. */
static void
refuse_nonsense(struct put *p)
{
    cli_error(&p->s, "the server's answer about %s makes no sense",
              p->item.path);
    cli_session_end(&p->s, CLI_FAILURE);
}

static void
on_putting(struct talk_file *f, const Loquat__V1__Putting *putting)
{
    struct put *p = PUT_OF(f);
    struct file_id id, ticket;

    if (!file_id_read(str_of(putting->id), &id) ||
        putting->ticket.len != sizeof ticket.b ||
        putting->offset > p->item.size) {
        refuse_nonsense(p);
        return;
    }
    memcpy(ticket.b, putting->ticket.data, sizeof ticket.b);
    cli_ticket_set(&p->item.ticket, &id, &ticket);
    put_set_shown(&p->item, putting->name);
    if (!cli_source_seek(p->item.source, putting->offset)) {
        cli_error(&p->s, "%s cannot be read again from byte %llu on, and the "
                  "server has no more of it", p->item.path,
                  (unsigned long long)putting->offset);
        put_drop(p);
        give_up(p, CLI_FAILURE);
        return;
    }
    if (putting->offset > 0)
        cli_notice(&p->s, "%s goes on from byte %llu", p->item.shown,
                   (unsigned long long)putting->offset);
    p->state = PUT_SENDING;
    p->sent = putting->offset;
    cli_progress_begin(&p->bar, !p->s.o->quiet,
                       (int64_t)uv_now(&p->s.loop), p->sent);
    advance(p);
}

static void
on_writable(struct talk_file *f)
{
    struct put *p = PUT_OF(f);

    p->kept = 0;
    if (p->state == PUT_SENDING)
        advance(p);
}

static void
on_posted(struct talk_file *f, const Loquat__V1__Posted *posted)
{
    finish_file(PUT_OF(f), posted);
}

static void
wait_and_retry(struct put *p, const char *why)
{
    uint64_t ms = RETRY_MS << (p->kept < 5 ? p->kept : 5);

    p->state = PUT_BEGIN;
    p->kept++;
    cli_notice(&p->s, "%s: trying again", why);
    must(uv_timer_start(&p->retry, put_on_retry,
                        ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS, 0) == 0);
}

static bool
may_retry(const struct put *p)
{
    return p->s.o->attempts == 0 || p->kept < p->s.o->attempts;
}

static void
refuse(struct put *p, int code, const char *text)
{
    cli_error(&p->s, "%s: %s", p->item.path, text);
    if (code == CODE(BAD_CHECKSUM))
        put_drop(p);
    give_up(p, cli_status_of(code));
}

/* The server does not go on with what it once began: it was stored after all,
 * or it is gone. */
static bool
is_about_a_ticket(const struct put *p, int code)
{
    return p->item.ticket.given && p->state != PUT_ASKING &&
           (code == CODE(NO_SUCH_FILE) || code == CODE(BAD_OFFSET));
}

static void
on_failed(struct talk_file *f, int code, const char *text)
{
    struct put *p = PUT_OF(f);

    if (p->s.ending)
        return;
    if (is_about_a_ticket(p, code)) {
        ask(p);
    } else if (p->state == PUT_ASKING && code == CODE(NO_SUCH_FILE)) {
        cli_ticket_clear(&p->item.ticket);
        p->state = PUT_BEGIN;
        begin(p);
    } else if (cli_is_passing_code(code) && may_retry(p)) {
        wait_and_retry(p, text);
    } else {
        refuse(p, code, text);
    }
}

static void
on_getting(struct talk_file *f, const Loquat__V1__Getting *g)
{
    struct put *p = PUT_OF(f);

    put_set_shown(&p->item, g->file->name);
    link_file_close(p->s.link, f);
    if (g->whole && g->file->sha256.len == sizeof p->expected) {
        memcpy(p->expected, g->file->sha256.data, sizeof p->expected);
        p->state = PUT_CHECKING;
        advance(p);
    } else if (may_retry(p)) {
        wait_and_retry(p, "the server is not ready to go on with it");
    } else {
        refuse(p, CODE(BAD_OFFSET), "the server does not go on with it");
    }
}

static const struct talk_file_ops file_ops = {
    .putting = on_putting, .writable = on_writable, .posted = on_posted,
    .getting = on_getting, .failed = on_failed};

/* ---- Beginning ---- */

static void
begin(struct put *p)
{
    Loquat__V1__PutFile put = LOQUAT__V1__PUT_FILE__INIT;
    struct put_item *item = &p->item;
    char id[FILE_ID_CHARS + 1];

    put.target = p->target;
    put.name = item->name;
    if (item->size != UINT64_MAX) {
        put.length_case = LOQUAT__V1__PUT_FILE__LENGTH_SIZE;
        put.size = item->size;
    }
    if (item->ticket.given) {
        file_id_write(&item->ticket.id, id);
        put.id = id;
        put.ticket = (ProtobufCBinaryData){sizeof item->ticket.ticket.b,
                                           item->ticket.ticket.b};
    }
    p->state = PUT_BEGIN;
    if (p->f.stream == 0)
        (void)!link_put(p->s.link, &p->f, &put);  /* else once connected */
}

void
put_on_retry(uv_timer_t *timer)
{
    struct put *p = timer->data;

    if (!p->s.ending && link_state(p->s.link) == LINK_CONNECTED)
        begin(p);
}

static void
next_file(struct put *p)
{
    while (p->at < p->files_n) {
        int status = put_item_open(p, p->s.o->args[p->at++]);

        if (status == CLI_OK) {
            begin(p);
            return;
        }
        if (p->status == CLI_OK)
            p->status = status;
    }
    cli_session_end(&p->s, p->status);
}

static void
on_connected(struct cli_session *s)
{
    struct put *p = (struct put *)s;

    if (p->item.source == NULL) {
        must(uv_timer_init(&s->loop, &p->retry) == 0);
        p->retry.data = p;
        p->has_timer = true;
        next_file(p);
    } else if (p->state != PUT_CHECKING) {
        uv_timer_stop(&p->retry);
        begin(p);
    }
}

static void
on_ended(struct cli_session *s)
{
    struct put *p = (struct put *)s;

    cli_progress_hide(&p->bar);
    if (p->has_timer)
        uv_close((uv_handle_t *)&p->retry, NULL);
    if (p->item.source != NULL)
        cli_error(s, "%s was not sent to its end%s", p->item.path,
                  p->item.ticket.path != NULL
                      ? ": say the same again to go on with it" : "");
    link_file_close(s->link, &p->f);
    put_item_done(&p->item);
}

static const struct cli_ops ops = {
    .connected = on_connected,
    .ended = on_ended,
};

int
cli_put(const struct cli_options *o)
{
    static const struct cli_kind kind = {.ops = &ops, .named = true};
    struct put *p = must_alloc(sizeof *p);
    const char *last = o->args[o->args_n - 1];
    bool has_room = o->room == NULL && o->args_n > 1 && last[0] == '#';
    int status;

    p->f.ops = &file_ops;
    p->files_n = o->args_n - has_room;
    p->target = cli_target(has_room ? last : o->room ? o->room : "#lobby");
    status = cli_session_run(&p->s, o, &kind);
    free(p->target);
    free(p);
    return status;
}
