/* SPDX-License-Identifier: MIT
 *
 * loquat send TARGET [TEXT...]: the text, or standard input as one message, or
 * (--lines) each of its lines. The status is 0 only when the server has stored
 * them all. A line that is not taken, because it is too long or empty, does
 * not keep the others; what concerns the target ends everything. */
#include "client/cli/cli_commands.h"
#include "client/cli/cli_input.h"
#include "client/cli/cli_session.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct send {
    struct cli_session s;
    struct cli_input in;
    char *target;
    struct buf text;         /* the one message, while it is read */
    struct buf clean;        /* what is posted */
    uint64_t line;           /* the number of the last one */
    size_t bytes;            /* of the one message, also beyond its maximum */
    bool started, said_all;
    int status;              /* of the first message that was not taken */
    unsigned kept;           /* times in a row that nothing could be stored */
};

static void
finish_if_done(struct send *x)
{
    if (x->said_all && link_pending(x->s.link) == 0)
        cli_session_end(&x->s, x->status);
}

static void
note_failure(struct send *x, int status)
{
    if (x->status == CLI_OK)
        x->status = status;
}

/* "line 7" or "the message". */
static void
name_post(const struct send *x, uint64_t line, char out[40])
{
    if (x->s.o->lines)
        snprintf(out, 40, "line %llu", (unsigned long long)line);
    else
        snprintf(out, 40, "the message");
}

static void
refuse_length(struct send *x, size_t bytes)
{
    char what[40];

    name_post(x, x->line, what);
    cli_error(&x->s, "%s is too long: %zu bytes, and the server takes %u",
              what, bytes, link_message_bytes(x->s.link));
    note_failure(x, CLI_REFUSED);
}

static bool
is_blank(struct str s)
{
    return str_trim(s).n == 0;
}

/* Posts one message: 0 (also when it is not to be), or -EAGAIN. */
static int
post(struct send *x, struct str text)
{
    struct buf *clean = &x->clean;
    int r;

    buf_clear(clean);
    must(utf8_clean(clean, text, UTF8_KEEP_LF) == 0);
    if (x->s.o->lines && is_blank(buf_str(clean)))
        return 0;
    if (clean->n > link_message_bytes(x->s.link)) {
        refuse_length(x, clean->n);
        return 0;
    }
    must(buf_append(clean, "", 1) == 0);
    r = link_post(x->s.link, x->target,
                  LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TEXT, clean->p,
                  x->line);
    if (r == -EMSGSIZE)
        refuse_length(x, clean->n - 1);
    return r == -EAGAIN ? r : 0;
}

/* ---- Standard input ---- */

/* Lines are counted when they are taken: one that has to wait comes again. */
static int
on_message_line(void *arg, struct str line)
{
    struct send *x = arg;
    int r = 0;

    x->line++;
    if (line.p == NULL && line.n > 0)
        refuse_length(x, line.n);
    else
        r = post(x, line);
    if (r == -EAGAIN)
        x->line--;
    return r;
}

static void
on_last_line(void *arg)
{
    struct send *x = arg;

    x->said_all = true;
    finish_if_done(x);
}

static int
on_part(void *arg, struct str line)
{
    struct send *x = arg;

    x->bytes += line.n + 1;
    if (x->bytes <= LIMIT_MESSAGE_BYTES) {
        must(buf_append_str(&x->text, line) == 0);
        must(buf_append(&x->text, "\n", 1) == 0);
    }
    return 0;
}

static void
on_last_part(void *arg)
{
    struct send *x = arg;
    struct str text = buf_str(&x->text);

    if (x->bytes > LIMIT_MESSAGE_BYTES) {
        refuse_length(x, x->bytes);
    } else {
        while (text.n > 0 && text.p[text.n - 1] == '\n')
            text.n--;
        must(post(x, text) == 0);
    }
    x->said_all = true;
    finish_if_done(x);
}

static void
read_input(struct send *x)
{
    if (x->s.o->lines)
        cli_input_open(&x->in, &x->s.loop, STDIN_FILENO, on_message_line,
                       on_last_line, x);
    else
        cli_input_open(&x->in, &x->s.loop, STDIN_FILENO, on_part,
                       on_last_part, x);
}

/* ---- Arguments ---- */

static void
say_arguments(struct send *x)
{
    const struct cli_options *o = x->s.o;

    for (int i = 1; i < o->args_n; i++) {
        struct str word = str_of(o->args[i]);

        x->bytes += word.n + 1;
        if (x->bytes > LIMIT_MESSAGE_BYTES)
            continue;
        must(buf_append(&x->text, " ", i > 1) == 0);
        must(buf_append_str(&x->text, word) == 0);
    }
    if (x->bytes > LIMIT_MESSAGE_BYTES)
        refuse_length(x, x->bytes);
    else
        must(post(x, buf_str(&x->text)) == 0);
    x->said_all = true;
    finish_if_done(x);
}

static bool
has_arguments(const struct cli_options *o)
{
    return o->args_n > 1 &&
           !(o->args_n == 2 && strcmp(o->args[1], "-") == 0);
}

/* ---- The link ---- */

/* How long a message may be is known from now on. */
static void
on_connected(struct cli_session *s)
{
    struct send *x = (struct send *)s;

    if (x->started)
        return;
    x->started = true;
    if (has_arguments(s->o))
        say_arguments(x);
    else
        read_input(x);
}

static void
on_posted(struct cli_session *s, uint64_t tag)
{
    struct send *x = (struct send *)s;

    (void)tag;
    x->kept = 0;
    finish_if_done(x);
}

static bool
is_about_the_text(const Loquat__V1__Error *error)
{
    return error->code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_EMPTY_MESSAGE ||
           error->code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_MESSAGE_TOO_LONG;
}

static void
on_refused(struct cli_session *s, uint64_t tag,
           const Loquat__V1__Error *error)
{
    struct send *x = (struct send *)s;
    char what[40];

    if (!is_about_the_text(error)) {
        cli_session_refused(s, error);
        return;
    }
    name_post(x, tag, what);
    cli_error(s, "%s: %s", what, error->text);
    note_failure(x, cli_status_of((int)error->code));
    finish_if_done(x);
}

/* The server cannot store for the time being; the link tries again. */
static void
on_envelope(struct cli_session *s, const Envelope *e)
{
    struct send *x = (struct send *)s;

    if (e->body_case != ENVELOPE_BODY(ERROR) || !cli_is_passing(e->error))
        return;
    x->kept++;
    if (s->o->attempts > 0 && x->kept >= s->o->attempts)
        cli_session_refused(s, e->error);
    else
        cli_notice(s, "%s", e->error->text);
}

static void
on_writable(struct cli_session *s)
{
    cli_input_resume(&((struct send *)s)->in);
}

static void
on_ended(struct cli_session *s)
{
    struct send *x = (struct send *)s;
    size_t pending = link_pending(s->link);

    cli_input_close(&x->in);
    if (pending > 0)
        cli_error(s, "%zu message%s not acknowledged", pending,
                  pending > 1 ? "s were" : " was");
}

static const struct cli_ops ops = {
    .connected = on_connected,
    .envelope = on_envelope,
    .posted = on_posted,
    .refused = on_refused,
    .writable = on_writable,
    .ended = on_ended,
};

int
cli_send(const struct cli_options *o)
{
    static const struct cli_kind kind = {.ops = &ops, .named = true};
    struct send *x = must_alloc(sizeof *x);
    int status;

    x->target = cli_target(o->args[0]);
    buf_init(&x->text, LIMIT_MESSAGE_BYTES + 1);
    buf_init(&x->clean, 3 * LIMIT_MESSAGE_BYTES + 4);
    status = cli_session_run(&x->s, o, &kind);
    cli_input_done(&x->in);
    buf_done(&x->text);
    buf_done(&x->clean);
    free(x->target);
    free(x);
    return status;
}
