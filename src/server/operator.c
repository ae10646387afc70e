/* SPDX-License-Identifier: MIT
 *
 * Standard input may be a terminal, a pipe, a file or nothing at all. What
 * can be polled is polled; a file is read to its end at once, which does not
 * block. Reading never takes longer lines than a message may be. */
#include "server/operator.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OPERATOR_SESSION (UINT64_C(1) << 62)
#define OPERATOR_LINE_BYTES (16 * 1024)

struct operator {
    uv_async_t mail;
    uv_poll_t poll;
    bool polling, closing;
    int flags;                 /* standard input's, given back at the end */
    unsigned worker;
    struct metrics *metrics;
    struct core *core;
    struct mailbox mailbox;
    struct buf line;
    operator_quit_fn *quit;
    void *arg;
    operator_answer_fn *pass_on;
    void *pass_on_arg;
};

/* The operator's screen is standard error: standard output carries the ready
 * line and nothing else. */
static void
say(struct str text)
{
    struct buf b;
    buf_init(&b, 3 * OPERATOR_LINE_BYTES);
    if (utf8_clean(&b, text, UTF8_ONE_LINE) == 0)
        fprintf(stderr, "%.*s\n", STR_FMT(buf_str(&b)));
    buf_done(&b);
}

/* What anyone may ask comes from the operator's session, so that the answer
 * finds its way; what only the operator may do has none. */
static void
submit(struct operator *o, enum command_kind kind, struct str name,
       struct str text)
{
    bool own = kind == COMMAND_ENTER || kind == COMMAND_WHO;
    struct command *c = command_new(kind, (struct str){0}, name, text);
    c->worker = o->worker;
    c->session = own ? OPERATOR_SESSION : 0;
    c->now_ms = clock_wall_ms();
    core_operate(o->core, c);
}

static void
op_who(struct operator *o, struct str args)
{
    (void)args;
    submit(o, COMMAND_WHO, (struct str){0}, (struct str){0});
}

static void
op_kick(struct operator *o, struct str args)
{
    struct str name = str_word(&args);
    if (name.n == 0)
        say(str_of("Usage: /kick NAME [WHY]"));
    else
        submit(o, COMMAND_KICK, name, str_trim(args));
}

/* Counters that have counted, and where a message's time goes. */
static void
op_stats(struct operator *o, struct str args)
{
    char line[160];

    (void)args;
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        int64_t n = metrics_sum(o->metrics, i);
        if (n == 0)
            continue;
        snprintf(line, sizeof line, "  %-22s %14" PRId64 "  %s",
                 metrics_name(i), n, metrics_help(i));
        say(str_of(line));
    }
    for (unsigned i = 0; i < HISTOGRAM_COUNT; i++) {
        if (metrics_observed(o->metrics, i) == 0)
            continue;
        snprintf(line, sizeof line,
                 "  %-10s p50 %6" PRId64 " p99 %6" PRId64 " max %8" PRId64
                 " %-2s  %s", metrics_histogram_name(i),
                 metrics_quantile(o->metrics, i, 0.5),
                 metrics_quantile(o->metrics, i, 0.99),
                 metrics_quantile(o->metrics, i, 1),
                 metrics_histogram_unit(i), metrics_histogram_help(i));
        say(str_of(line));
    }
}

static void
op_quit(struct operator *o, struct str args)
{
    (void)args;
    o->quit(o->arg);
}

static void op_help(struct operator *o, struct str args);

static const struct op_command {
    const char *name;
    void (*run)(struct operator *o, struct str args);
    const char *help;
} op_commands[] = {
    {"/who", op_who, "/who              who is here"},
    {"/kick", op_kick, "/kick NAME [WHY]  end a connection"},
    {"/stats", op_stats, "/stats            what was counted, and where a "
                         "message's time goes"},
    {"/quit", op_quit, "/quit             stop the server"},
    {"/help", op_help, "/help             this list; any other line goes to "
                       "everyone"},
    {0},
};

static void
op_help(struct operator *o, struct str args)
{
    (void)o, (void)args;
    for (const struct op_command *c = op_commands; c->name; c++)
        say(str_of(c->help));
}

static void
run_line(struct operator *o, struct str line)
{
    line = str_trim(line);
    if (line.n == 0)
        return;
    if (line.p[0] != '/') {
        struct buf clean;
        buf_init(&clean, 3 * OPERATOR_LINE_BYTES);
        if (utf8_clean(&clean, line, UTF8_ONE_LINE) == 0)
            submit(o, COMMAND_ANNOUNCE, (struct str){0}, buf_str(&clean));
        buf_done(&clean);
        return;
    }
    struct str word = str_word(&line);
    for (const struct op_command *c = op_commands; c->name; c++) {
        if (str_eq_nocase(word, str_of(c->name))) {
            c->run(o, line);
            return;
        }
    }
    say(str_of("There is no such command; /help lists them."));
}

static void
take_lines(struct operator *o, bool end)
{
    for (;;) {
        char *lf = o->line.n ? memchr(o->line.p, '\n', o->line.n) : NULL;
        if (!lf && !end)
            return;
        size_t n = lf ? (size_t)(lf - o->line.p) : o->line.n;
        if (n > 0)
            run_line(o, (struct str){o->line.p, n});
        if (!lf) {
            buf_clear(&o->line);
            return;
        }
        buf_consume(&o->line, n + 1);
    }
}

/* One read. False at the end, or when there is no reading any more. */
static bool
read_some(struct operator *o)
{
    char chunk[4096];
    ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0) {
        take_lines(o, true);
        return false;
    }
    if (buf_append(&o->line, chunk, (size_t)n) < 0) {
        say(str_of("That line is too long; it was not sent."));
        buf_clear(&o->line);
    }
    take_lines(o, false);
    return true;
}

static void
on_input(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct operator *o = poll->data;
    if (status < 0 || !read_some(o))
        uv_poll_stop(poll);
}

static void
say_people(const struct event *e)
{
    char head[64];
    snprintf(head, sizeof head, "%u here%s", e->count,
             e->items_n ? ":" : ".");
    say(str_of(head));
    for (size_t i = 0; i < e->items_n; i++) {
        const struct event *p = e->items[i];
        char line[1024];
        snprintf(line, sizeof line, "  %.*s%s%.*s%s", STR_FMT(p->name),
                 p->away ? " (away: " : "", STR_FMT(p->text),
                 p->away ? ")" : "");
        say(str_of(line));
    }
}

static void
open_mail(struct operator *o)
{
    struct parcel_list l = {0};

    mailbox_take(&o->mailbox, &l);
    for (struct parcel *p; (p = parcel_list_pop(&l)); parcel_free(&p)) {
        if (p->kind != PARCEL_SESSION || !p->event)
            continue;
        if (p->session == 0 && o->pass_on != NULL)
            o->pass_on(o->pass_on_arg, p->event);
        else if (p->event->kind == ANSWER_PEOPLE)
            say_people(p->event);
        else if (p->event->kind == ANSWER_DENIED)
            say(str_of(deny_text(p->event->deny)));
    }
}

static void
on_mail(uv_async_t *async)
{
    open_mail(async->data);
}

static void
wake(void *arg)
{
    struct operator *o = arg;
    uv_async_send(&o->mail);
}

struct operator *
operator_new(uv_loop_t *loop, unsigned worker, struct metrics *metrics,
             operator_quit_fn *quit, void *arg)
{
    struct operator *o = must_alloc(sizeof *o);
    o->worker = worker;
    o->metrics = metrics;
    o->quit = quit;
    o->arg = arg;
    buf_init(&o->line, OPERATOR_LINE_BYTES);
    mailbox_init(&o->mailbox, wake, o);
    o->mail.data = o;
    must(uv_async_init(loop, &o->mail, on_mail) == 0);
    uv_unref((uv_handle_t *)&o->mail);
    return o;
}

struct mailbox *
operator_mailbox(struct operator *o)
{
    return &o->mailbox;
}

void
operator_pass_on(struct operator *o, operator_answer_fn *fn, void *arg)
{
    o->pass_on = fn;
    o->pass_on_arg = arg;
}

void
operator_start(struct operator *o, struct core *core)
{
    o->core = core;
    submit(o, COMMAND_ENTER, (struct str){0}, (struct str){0});
    o->flags = fcntl(STDIN_FILENO, F_GETFL);
    if (o->flags < 0)
        return;
    o->poll.data = o;
    if (uv_poll_init(o->mail.loop, &o->poll, STDIN_FILENO) == 0) {
        o->polling = true;
        uv_unref((uv_handle_t *)&o->poll);
        must(uv_poll_start(&o->poll, UV_READABLE, on_input) == 0);
        return;
    }
    while (read_some(o))
        ;
}

void
operator_close(struct operator *o)
{
    if (o->closing)
        return;
    o->closing = true;
    open_mail(o);
    uv_close((uv_handle_t *)&o->mail, NULL);
    if (!o->polling)
        return;
    uv_close((uv_handle_t *)&o->poll, NULL);
    (void)fcntl(STDIN_FILENO, F_SETFL, o->flags);
}

void
operator_free(struct operator **op)
{
    struct operator *o = *op;
    if (!o)
        return;
    mailbox_done(&o->mailbox);
    buf_done(&o->line);
    free(o);
    *op = NULL;
}
