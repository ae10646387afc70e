/* SPDX-License-Identifier: MIT
 *
 * The end: cli_session_end() closes the link; its CLOSED or FAILED closes
 * every other handle, and then the loop has nothing left to do. A lookup that
 * hangs in libuv's thread pool cannot be taken back; the process does not wait
 * for it. */
#include "client/cli/cli_session.h"

#include "client/cli/cli_trust.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUT_MAX = 64 * 1024 * 1024, LAST_TURNS = 100 };

/* ---- Saying things ---- */

static void
put_line_to_stderr(struct cli_session *s, const char *before,
                   const char *text)
{
    struct buf line;

    cli_flush(s);            /* so that a terminal shows both in order */
    buf_init(&line, OUT_MAX);
    must(buf_printf(&line, "%s", before) == 0);
    cli_print_clean(&line, text);
    must(buf_append(&line, "\n", 1) == 0);
    (void)cli_print_flush(&line, STDERR_FILENO);
    buf_done(&line);
}

#define FORMAT(text, fmt)                                                 \
    do {                                                                  \
        va_list ap_;                                                      \
        va_start(ap_, fmt);                                               \
        vsnprintf((text), sizeof(text), (fmt), ap_);                      \
        va_end(ap_);                                                      \
    } while (0)

void
cli_notice(struct cli_session *s, const char *fmt, ...)
{
    char text[1024];

    if (s->o->quiet)
        return;
    FORMAT(text, fmt);
    if (s->on_screen)
        cli_print_notice(&s->out, &s->style, text);
    else
        put_line_to_stderr(s, "-- ", text);
}

void
cli_error(struct cli_session *s, const char *fmt, ...)
{
    char text[1024];

    FORMAT(text, fmt);
    put_line_to_stderr(s, "loquat: ", text);
}

void
cli_flush(struct cli_session *s)
{
    int r = cli_print_flush(&s->out, STDOUT_FILENO);

    if (r == -EPIPE)
        raise(SIGPIPE);      /* were it ignored: die of it all the same */
    if (r == 0 || s->unwritable)
        return;
    s->unwritable = true;
    cli_error(s, "cannot write: %s", strerror(-r));
    if (s->ending && s->status == CLI_OK)
        s->status = CLI_FAILURE;
    cli_session_end(s, CLI_FAILURE);
}

/* ---- The link ---- */

static void
close_handles(struct cli_session *s)
{
    uv_close((uv_handle_t *)&s->flusher, NULL);
    for (int i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&s->signals[i], NULL);
}

static void
begin_to_end(struct cli_session *s, int status)
{
    s->ending = true;
    s->status = status;
    if (s->ops->ended != NULL)
        s->ops->ended(s);
}

void
cli_session_end(struct cli_session *s, int status)
{
    if (s->ending)
        return;
    begin_to_end(s, status);
    link_close(s->link);
}

static void
leave(struct cli_session *s)
{
    link_free(&s->link);
    close_handles(s);
}

static void
on_connecting(struct cli_session *s, const char *where)
{
    if (!s->was_connected && (s->lasting || s->o->verbose))
        cli_notice(s, "connecting to %s", where);
}

static void
on_connected(struct cli_session *s, const char *detail)
{
    const char *name = link_name(s->link);

    s->was_connected = s->up = true;
    if (s->lasting || s->o->verbose)
        cli_notice(s, "connected%s%s", *name ? " as " : "", name);
    if (detail != NULL)
        cli_notice(s, "%s", detail);
    if (!s->ending && s->ops->connected != NULL)
        s->ops->connected(s);
}

static void
on_waiting(struct cli_session *s, const char *attempt, int64_t retry_ms)
{
    cli_notice(s, "%s%s", s->up ? "connection lost: " : "", s->lost);
    s->up = false;
    cli_notice(s, "%sconnecting in %.1f s (%s)",
               s->was_connected ? "re" : "", (double)retry_ms / 1000,
               attempt);
}

static void
on_failed(struct cli_session *s, const char *why)
{
    if (!s->ending) {
        cli_error(s, "%s", why);
        if (s->by_stored_token && link_error_code(s->link) ==
                LOQUAT__V1__ERROR_CODE__ERROR_CODE_BAD_CREDENTIALS)
            cli_notice(s, "you are logged in here no longer: loquat login, "
                       "or --guest");
        begin_to_end(s, cli_status_of(link_error_code(s->link)));
    }
    leave(s);
}

static void
on_status(struct link *l, enum link_status status, const char *detail,
          int64_t retry_ms)
{
    struct cli_session *s = link_arg(l);

    switch (status) {
    case LINK_CONNECTING:
        on_connecting(s, detail);
        break;
    case LINK_CONNECTED:
        on_connected(s, detail);
        break;
    case LINK_LOST:
        snprintf(s->lost, sizeof s->lost, "%s", detail);
        break;
    case LINK_WAITING:
        on_waiting(s, detail, retry_ms);
        break;
    case LINK_FAILED:
        on_failed(s, detail);
        break;
    case LINK_CLOSED:
        leave(s);
        break;
    }
}

static void
on_envelope(struct link *l, const Envelope *e)
{
    struct cli_session *s = link_arg(l);

    if (!s->ending && s->ops->envelope != NULL)
        s->ops->envelope(s, e);
}

static void
on_posted(struct link *l, uint64_t tag, const Loquat__V1__Posted *posted)
{
    struct cli_session *s = link_arg(l);

    (void)posted;
    if (!s->ending && s->ops->posted != NULL)
        s->ops->posted(s, tag);
}

static void
on_refused(struct link *l, uint64_t tag, const Loquat__V1__Error *error)
{
    struct cli_session *s = link_arg(l);

    if (!s->ending && s->ops->refused != NULL)
        s->ops->refused(s, tag, error);
}

static void
on_writable(struct link *l)
{
    struct cli_session *s = link_arg(l);

    if (!s->ending && s->ops->writable != NULL)
        s->ops->writable(s);
}

static bool
on_known(struct link *l, const char *fingerprint, const char *distrust,
         struct err *e)
{
    struct cli_session *s = link_arg(l);

    return cli_trust_server(s->o, fingerprint, distrust, e);
}

static const struct link_ops link_ops = {
    .status = on_status, .envelope = on_envelope, .posted = on_posted,
    .refused = on_refused, .writable = on_writable, .known = on_known,
};

/* ---- The loop ---- */

static void
on_flusher(uv_prepare_t *flusher)
{
    cli_flush(flusher->data);
}

/* The first one ends politely, the second at once. */
static void
on_signal(uv_signal_t *signal, int number)
{
    struct cli_session *s = signal->data;

    if (s->ending)
        _exit(128 + number);
    cli_session_end(s, 128 + number);
}

/* One that is ignored (nohup, or a shell's background) stays so. */
static void
watch_signal(struct cli_session *s, uv_signal_t *watcher, int number)
{
    struct sigaction was;

    must(uv_signal_init(&s->loop, watcher) == 0);
    watcher->data = s;
    if (sigaction(number, NULL, &was) == 0 && was.sa_handler != SIG_IGN)
        must(uv_signal_start(watcher, on_signal, number) == 0);
}

static const char *
env(const char *name)
{
    return getenv(name);
}

/* Who we are here; false: said why not. */
static bool
find_login(struct cli_session *s, const struct cli_kind *kind,
           struct cli_token *token, struct talk_login_options *login)
{
    struct err e;

    *token = (struct cli_token){0};
    *login = (struct talk_login_options){0};
    if (kind->login != NULL) {
        *login = *kind->login;
        return true;
    }
    if (cli_token_find(token, s->o, env, &e) < 0) {
        cli_error(s, "%s", e.text);
        return false;
    }
    s->by_stored_token = token->stored;
    if (token->text[0] != '\0')
        login->token = token->text;
    return true;
}

static void
start_link(struct cli_session *s, const struct cli_kind *kind,
           const struct talk_login_options *login)
{
    const struct cli_options *o = s->o;
    char client[64];
    struct link_options options = {
        .host = o->host, .port = o->port, .tls = o->tls, .client = client,
        .name = kind->named ? o->name : "", .login = *login,
        .or_similar = !o->name_given, .features = kind->features,
        .attempts = o->attempts,
        .first_attempts =
            kind->lasting || o->attempts_given ? o->attempts : 1,
        .ops = &link_ops, .arg = s,
    };

    snprintf(client, sizeof client, "loquat/%s%s%s", LOQUAT_VERSION,
             o->command->word ? " " : "",
             o->command->word ? o->command->word : "");
    s->link = link_new(&s->loop, &options);
}

/* What is still closing gets its turns; what hangs does not. */
static int
end_loop(struct cli_session *s)
{
    for (int i = 0; i < LAST_TURNS && uv_run(&s->loop, UV_RUN_NOWAIT); i++)
        ;
    cli_flush(s);
    if (uv_loop_close(&s->loop) != 0)
        _exit(s->status);
    buf_done(&s->out);
    return s->status;
}

int
cli_session_run(struct cli_session *s, const struct cli_options *o,
                const struct cli_kind *kind)
{
    struct talk_login_options login;
    struct cli_token token;

    s->o = o;
    s->ops = kind->ops;
    s->lasting = kind->lasting;
    s->on_screen = kind->on_screen;
    s->style.json = o->json;
    s->style.color = cli_wants_color(o, env, isatty(STDOUT_FILENO));
    buf_init(&s->out, OUT_MAX);
    if (!find_login(s, kind, &token, &login))
        return CLI_AUTH;
    must(uv_loop_init(&s->loop) == 0);
    must(uv_prepare_init(&s->loop, &s->flusher) == 0);
    must(uv_prepare_start(&s->flusher, on_flusher) == 0);
    s->flusher.data = s;
    signal(SIGPIPE, SIG_DFL);
    watch_signal(s, &s->signals[0], SIGINT);
    watch_signal(s, &s->signals[1], SIGTERM);
    start_link(s, kind, &login);
    cli_token_wipe(&token);
    while (s->link != NULL)
        uv_run(&s->loop, UV_RUN_ONCE);
    return end_loop(s);
}

/* ---- Refusals ---- */

int
cli_status_of(int code)
{
    static const int statuses[] = {
#define CODE(name) [LOQUAT__V1__ERROR_CODE__ERROR_CODE_##name]
        CODE(UNKNOWN) = CLI_NETWORK,
        CODE(BAD_REQUEST) = CLI_FAILURE,
        CODE(BAD_VERSION) = CLI_FAILURE,
        CODE(NO_NAME) = CLI_AUTH,
        CODE(BAD_NAME) = CLI_REFUSED,
        CODE(NAME_TAKEN) = CLI_REFUSED,
        CODE(BAD_ROOM) = CLI_REFUSED,
        CODE(NO_SUCH_ROOM) = CLI_NOT_FOUND,
        CODE(NO_SUCH_PERSON) = CLI_NOT_FOUND,
        CODE(NOT_IN_ROOM) = CLI_REFUSED,
        CODE(TOO_MANY_ROOMS) = CLI_REFUSED,
        CODE(FORBIDDEN) = CLI_REFUSED,
        CODE(EMPTY_MESSAGE) = CLI_REFUSED,
        CODE(MESSAGE_TOO_LONG) = CLI_REFUSED,
        CODE(CLIENT_ID_CONFLICT) = CLI_FAILURE,
        CODE(STORAGE_FULL) = CLI_REFUSED,
        CODE(STORAGE_BROKEN) = CLI_FAILURE,
        CODE(STOPPING) = CLI_NETWORK,
        CODE(NO_SUCH_FILE) = CLI_NOT_FOUND,
        CODE(FILE_TOO_LARGE) = CLI_REFUSED,
        CODE(NO_QUOTA) = CLI_REFUSED,
        CODE(BAD_CHECKSUM) = CLI_FAILURE,
        CODE(BAD_OFFSET) = CLI_FAILURE,
        CODE(OVERLOADED) = CLI_REFUSED,
        CODE(NO_GUESTS) = CLI_AUTH,
        CODE(NO_ACCOUNT) = CLI_AUTH,
        CODE(NAME_REGISTERED) = CLI_AUTH,
        CODE(BAD_CREDENTIALS) = CLI_AUTH,
        CODE(THROTTLED) = CLI_AUTH,
        CODE(INSECURE) = CLI_AUTH,
        CODE(WEAK_PASSWORD) = CLI_REFUSED,
        CODE(REGISTRATION_CLOSED) = CLI_REFUSED,
        CODE(BAD_INVITATION) = CLI_REFUSED,
        CODE(NO_SUCH_DEVICE) = CLI_NOT_FOUND,
        CODE(INVITE_ONLY) = CLI_REFUSED,
        CODE(BANNED) = CLI_REFUSED,
        CODE(MUTED) = CLI_REFUSED,
        CODE(TOO_FAST) = CLI_REFUSED,
        CODE(NO_SUCH_BAN) = CLI_NOT_FOUND,
#undef CODE
    };

    if (code == LINK_WRONG_SERVER)
        return CLI_AUTH;

    if (code < 0 || (size_t)code >= sizeof statuses / sizeof statuses[0])
        return CLI_REFUSED;
    return statuses[code];
}

bool
cli_is_passing_code(int code)
{
    return code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_STORAGE_FULL ||
           code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_STORAGE_BROKEN ||
           code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_OVERLOADED ||
           code == LOQUAT__V1__ERROR_CODE__ERROR_CODE_STOPPING;
}

bool
cli_is_passing(const Loquat__V1__Error *error)
{
    return cli_is_passing_code((int)error->code);
}

void
cli_session_refused(struct cli_session *s, const Loquat__V1__Error *error)
{
    cli_error(s, "%s", error->text);
    cli_session_end(s, error->code ? cli_status_of((int)error->code)
                                   : CLI_FAILURE);
}

char *
cli_target(const char *word)
{
    size_t n = strlen(word) + 2;
    char *target = must_alloc(n);
    bool bare = word[0] != '#' && word[0] != '@';

    snprintf(target, n, "%s%s", bare ? "#" : "", word);
    return target;
}
