/* SPDX-License-Identifier: MIT
 *
 * loquat get ID|URL...: one file after the other, each into NAME.part until it
 * is whole and its sum is right. One that is still being uploaded is followed.
 * What is there of it already, from an earlier attempt, is hashed and not
 * fetched again; if it turns out to have been another file's, it is fetched
 * once more from the beginning. */
#include "client/cli/cli_get.h"

#include "base/file_name.h"
#include "base/json.h"
#include "client/cli/cli_commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CREDIT_BYTES = GET_WINDOW_BYTES / 8,
    RETRY_MS = 1000, RETRY_MAX_MS = 30000,
};

#define CODE(name) LOQUAT__V1__ERROR_CODE__ERROR_CODE_##name

static void next_file(struct get *g);

/* ---- The end of a file ---- */

static void
leave_file(struct get *g)
{
    cli_progress_hide(&g->bar);
    if (g->has_timer)
        uv_timer_stop(&g->retry);      /* it was for this one */
    g->kept = 0;
    if (g->s.link != NULL)
        link_file_close(g->s.link, &g->f);
    get_item_done(g);
}

static void
give_up(struct get *g, int status)
{
    if (g->status == CLI_OK)
        g->status = status;
    leave_file(g);
    next_file(g);
}

static const char *
whereabouts(const struct get *g)
{
    if (g->item.folder != NULL)
        return g->item.folder;
    return g->item.place.path != NULL ? g->item.place.path : "-";
}

static void
print_json(struct get *g)
{
    char digits[2 * CLI_SUM_BYTES + 1];
    struct json j;

    cli_sum_write(g->item.expected, digits);
    json_open(&j, &g->s.out);
    json_text(&j, "file_id", str_of(g->item.url.id));
    json_text(&j, "file_name", str_of(g->item.name));
    json_number(&j, "file_size", (long long)g->item.sum.n);
    json_text(&j, "file_sha256", str_of(digits));
    json_text(&j, "path", str_of(whereabouts(g)));
    must(json_close(&j) == 0);
    must(buf_append(&g->s.out, "\n", 1) == 0);
}

/* What goes to standard output speaks for itself. */
static void
finish_file(struct get *g)
{
    int status = get_item_keep(g);

    cli_progress_hide(&g->bar);
    if (status != CLI_OK) {
        give_up(g, status);
        return;
    }
    if (strcmp(whereabouts(g), "-") == 0)
        cli_notice(&g->s, "%s is whole", g->item.name);
    else if (g->s.style.json)
        print_json(g);
    else
        must(buf_printf(&g->s.out, "%s\n", whereabouts(g)) == 0);
    leave_file(g);
    next_file(g);
}

/* ---- Asking ---- */

static void
ask(struct get *g)
{
    Loquat__V1__GetFile get = LOQUAT__V1__GET_FILE__INIT;

    get.id = g->item.url.id;
    if (g->state == GET_SUMMING) {
        get.offset = g->item.sum.n;
    } else if (g->state == GET_COMING) {
        get.offset = g->item.sum.n;
        get.credit = GET_WINDOW_BYTES - cli_sink_held(g->item.sink);
        g->item.owed = 0;
    }
    if (g->f.stream == 0)
        (void)!link_get(g->s.link, &g->f, &get);   /* else once connected */
}

static void
begin_to_come(struct get *g)
{
    g->state = GET_COMING;
    cli_progress_begin(&g->bar, !g->s.o->quiet, (int64_t)uv_now(&g->s.loop),
                       g->item.sum.n);
}

/* What was there is hashed. */
static void
take_hash(struct get *g)
{
    struct get_item *item = &g->item;

    cli_sum_done(&item->sum);
    item->sum = item->source->sum;
    item->source->sum = (struct cli_sum){0};
    cli_source_free(&item->source);
    cli_notice(&g->s, "%s goes on from byte %llu", item->name,
               (unsigned long long)item->sum.n);
    begin_to_come(g);
    ask(g);
}

void
get_on_source(struct cli_source *source, int error)
{
    struct get *g = source->arg;

    if (g->s.ending)
        return;
    if (error < 0) {
        cli_error(&g->s, "cannot read %s: %s", g->item.place.part,
                  strerror(-error));
        give_up(g, CLI_FAILURE);
        return;
    }
    cli_source_drop(source, UINT64_MAX);
    if (cli_source_is_read(source))
        take_hash(g);
    else
        cli_source_want(source, cli_source_end(source));
}

/* ---- Whole ---- */

static void
begin_again(struct get *g, const char *why)
{
    if (!get_item_restart(g)) {
        cli_error(&g->s, "%s", why);
        give_up(g, CLI_FAILURE);
        return;
    }
    cli_notice(&g->s, "what was there of %s belonged to something else: from "
               "its beginning again", g->item.name);
    begin_to_come(g);
    ask(g);
}

static void
check(struct get *g)
{
    struct get_item *item = &g->item;
    uint8_t sum[CLI_SUM_BYTES];

    cli_sum_get(&item->sum, sum);
    if (memcmp(sum, item->expected, sizeof sum) != 0) {
        begin_again(g, "the bytes that came do not have the file's checksum");
        return;
    }
    if (!item->tar.is_used) {
        finish_file(g);
        return;
    }
    g->state = GET_UNPACKING;
    cli_sink_free(&item->sink);          /* the archive's end, for tar */
    if (!item->tar.runs)
        get_on_tar(&item->tar);
}

void
get_on_tar(struct cli_tar *tar)
{
    struct get *g = tar->arg;

    if (g->s.ending || g->state != GET_UNPACKING)
        return;
    if (tar->status == 0) {
        finish_file(g);
        return;
    }
    cli_error(&g->s, "tar could not unpack %s", g->item.name);
    give_up(g, CLI_FAILURE);
}

static void
pay(struct get *g, size_t n)
{
    struct get_item *item = &g->item;

    item->owed += n;
    if (item->owed < CREDIT_BYTES && cli_sink_held(item->sink) > 0)
        return;
    if (g->f.stream != 0) {
        link_file_credit(g->s.link, &g->f, item->owed);
        item->owed = 0;
    }
}

void
get_on_sink(struct cli_sink *sink, size_t n, int error)
{
    struct get *g = sink->arg;

    if (g->s.ending)
        return;
    if (error == -EPIPE && !g->item.tar.is_used)
        raise(SIGPIPE);
    if (error < 0) {
        cli_error(&g->s, "cannot write %s: %s", whereabouts(g),
                  strerror(-error));
        give_up(g, CLI_FAILURE);
        return;
    }
    pay(g, n);
    if (g->state == GET_WRITING && cli_sink_held(sink) == 0)
        check(g);
}

/* ---- What the server says ---- */

static void
set_name(struct get_item *item, const char *name)
{
    struct buf safe;

    buf_init(&safe, LIMIT_FRAME_BYTES);
    file_name_safe(&safe, str_of(name));
    must(buf_append(&safe, "", 1) == 0);
    free(item->name);
    item->name = must_strdup(safe.p);
    buf_done(&safe);
}

static void
learn(struct get *g, const Loquat__V1__FileInfo *file)
{
    struct get_item *item = &g->item;

    item->size = file->length_case == LOQUAT__V1__FILE_INFO__LENGTH_SIZE
                     ? file->size : UINT64_MAX;
    if (file->sha256.len != sizeof item->expected)
        return;
    item->expects = true;
    memcpy(item->expected, file->sha256.data, sizeof item->expected);
}

static void
open_item(struct get *g, const char *name)
{
    int status;

    set_name(&g->item, name);
    status = get_item_open(g);
    if (status != CLI_OK) {
        give_up(g, status);
    } else if (g->item.source != NULL) {
        link_file_close(g->s.link, &g->f);
        g->state = GET_HASHING;
        cli_source_want(g->item.source, 0);
    } else {
        begin_to_come(g);
        link_file_credit(g->s.link, &g->f, GET_WINDOW_BYTES);
    }
}

static void
check_when_written(struct get *g)
{
    g->state = GET_WRITING;
    if (cli_sink_held(g->item.sink) == 0)
        check(g);
}

static void on_retry(uv_timer_t *timer);

/* False: it has waited often enough. */
static bool
wait_and_retry(struct get *g, const char *why)
{
    uint64_t ms = RETRY_MS << (g->kept < 5 ? g->kept : 5);

    if (g->s.o->attempts > 0 && g->kept >= g->s.o->attempts)
        return false;
    g->kept++;
    cli_notice(&g->s, "%s: trying again", why);
    must(uv_timer_start(&g->retry, on_retry,
                        ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS, 0) == 0);
    return true;
}

static void
take_sum(struct get *g)
{
    link_file_close(g->s.link, &g->f);
    if (g->item.expects) {
        check_when_written(g);
    } else if (!wait_and_retry(g, "the server does not know the checksum "
                               "yet")) {
        cli_error(&g->s, "the server did not tell the checksum of %s",
                  g->item.name);
        give_up(g, CLI_FAILURE);
    }
}

static void
on_getting(struct talk_file *f, const Loquat__V1__Getting *getting)
{
    struct get *g = GET_OF(f);

    learn(g, getting->file);
    if (g->state == GET_NAMING)
        open_item(g, getting->file->name);
    else if (g->state == GET_SUMMING)
        take_sum(g);
}

static void
on_bytes(struct talk_file *f, const uint8_t *p, size_t n)
{
    struct get *g = GET_OF(f);

    g->kept = 0;
    cli_sum_add(&g->item.sum, p, n);
    cli_sink_put(g->item.sink, p, n);
    cli_progress_show(&g->bar, g->item.name, g->item.sum.n, g->item.size,
                      (int64_t)uv_now(&g->s.loop));
}

static void
on_ended(struct talk_file *f, const uint8_t *sha256)
{
    struct get *g = GET_OF(f);
    struct get_item *item = &g->item;

    if (sha256 != NULL) {
        item->expects = true;
        memcpy(item->expected, sha256, sizeof item->expected);
    }
    if (item->expects) {
        check_when_written(g);
        return;
    }
    g->state = GET_SUMMING;
    ask(g);
}

static void
on_retry(uv_timer_t *timer)
{
    struct get *g = timer->data;

    if (!g->s.ending && link_state(g->s.link) == LINK_CONNECTED)
        ask(g);
}

static void
on_failed(struct talk_file *f, int code, const char *text)
{
    struct get *g = GET_OF(f);

    if (g->s.ending ||
        (cli_is_passing_code(code) && wait_and_retry(g, text)))
        return;
    if (code == CODE(BAD_OFFSET) && g->item.continued) {
        begin_again(g, text);
    } else {
        cli_error(&g->s, "%s: %s", g->item.url.id, text);
        give_up(g, cli_status_of(code));
    }
}

static const struct talk_file_ops file_ops = {
    .getting = on_getting, .bytes = on_bytes, .ended = on_ended,
    .failed = on_failed};

/* ---- One after the other ---- */

static void
next_file(struct get *g)
{
    if (g->at == g->s.o->args_n) {
        cli_session_end(&g->s, g->status);
        return;
    }
    g->item = (struct get_item){.place.fd = -1, .size = UINT64_MAX};
    must(cli_url_read(&g->item.url, g->s.o->args[g->at++]));
    g->active = true;
    g->state = GET_NAMING;
    ask(g);
}

static void
on_connected(struct cli_session *s)
{
    struct get *g = (struct get *)s;

    if (!g->has_timer) {
        must(uv_timer_init(&s->loop, &g->retry) == 0);
        g->retry.data = g;
        g->has_timer = true;
    }
    uv_timer_stop(&g->retry);
    if (!g->active)
        next_file(g);
    else if (g->state == GET_NAMING || g->state == GET_COMING ||
             g->state == GET_SUMMING)
        ask(g);
}

static void
on_session_ended(struct cli_session *s)
{
    struct get *g = (struct get *)s;

    cli_progress_hide(&g->bar);
    if (g->has_timer)
        uv_close((uv_handle_t *)&g->retry, NULL);
    if (g->active && g->item.place.part != NULL)
        cli_error(s, "%s is kept: say the same again to go on with it",
                  g->item.place.part);
    link_file_close(s->link, &g->f);
    get_item_done(g);
}

static const struct cli_ops ops = {
    .connected = on_connected,
    .ended = on_session_ended,
};

int
cli_get(const struct cli_options *o)
{
    static const struct cli_kind kind = {.ops = &ops};
    struct get *g = must_alloc(sizeof *g);
    int status;

    g->f.ops = &file_ops;
    status = cli_session_run(&g->s, o, &kind);
    free(g);
    return status;
}
