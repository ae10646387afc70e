/* SPDX-License-Identifier: MIT
 *
 * A password within the chat is a line like any other, read by the same loop,
 * so that messages go on and the server's pings are answered however long
 * somebody thinks. Only the terminal does not show it. */
#include "client/cli/cli_chat.h"

#include <sodium.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum step { STEP_PASSWORD = 1, STEP_FRESH, STEP_AGAIN, STEP_FRESH_AGAIN };

/* Ended by 0. */
static const enum step steps[][4] = {
    [CLI_SECRET_KNOWN] = {STEP_PASSWORD},
    [CLI_SECRET_NEW] = {STEP_PASSWORD, STEP_AGAIN},
    [CLI_SECRET_CHANGE] = {STEP_PASSWORD, STEP_FRESH, STEP_FRESH_AGAIN},
};

struct chat_secret {
    enum cli_secret_wish wish;
    unsigned at;
    char *name;
    chat_secret_fn *then;
    struct termios was;
    struct cli_secret secret;
};

static void
prompt(struct chat *c)
{
    const struct chat_secret *q = c->secret;
    const char *text = "Once more: ";

    if (steps[q->wish][q->at] == STEP_FRESH || (q->wish == CLI_SECRET_NEW &&
                                                q->at == 0))
        text = "New password: ";
    else if (steps[q->wish][q->at] == STEP_PASSWORD)
        text = q->wish == CLI_SECRET_CHANGE ? "Old password: " : "Password: ";
    must(buf_printf(&c->s.out, "%s", text) == 0);
    cli_flush(&c->s);
}

/* False: the terminal would show it. */
static bool
hide(struct chat_secret *q)
{
    struct termios silent;

    if (tcgetattr(STDIN_FILENO, &q->was) < 0)
        return false;
    silent = q->was;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
}

void
chat_secret_stop(struct chat *c)
{
    struct chat_secret *q = c->secret;

    if (q == NULL)
        return;
    c->secret = NULL;
    (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &q->was);
    cli_secret_wipe(&q->secret);
    free(q->name);
    free(q);
}

static void
read_elsewhere(struct chat *c, enum cli_secret_wish wish, const char *name,
               chat_secret_fn *then)
{
    struct cli_secret secret;
    struct err e;

    cli_flush(&c->s);
    if (cli_secret_read(&secret, c->s.o, wish, &e) < 0) {
        cli_notice(&c->s, "%s", e.text);
        return;
    }
    then(c, name, &secret);
    cli_secret_wipe(&secret);
}

void
chat_secret_ask(struct chat *c, enum cli_secret_wish wish, const char *name,
                chat_secret_fn *then)
{
    struct chat_secret *q;

    if (!cli_secret_is_typed(c->s.o, wish) || !isatty(STDIN_FILENO)) {
        read_elsewhere(c, wish, name, then);
        return;
    }
    q = must_alloc(sizeof *q);
    q->wish = wish;
    q->then = then;
    q->name = must_strdup(name);
    if (!hide(q)) {
        cli_notice(&c->s, "the terminal cannot hide a password");
        free(q->name);
        free(q);
        return;
    }
    c->secret = q;
    prompt(c);
}

/* What is wrong with it; NULL: nothing. */
static const char *
put(struct chat_secret *q, struct str line)
{
    enum step step = steps[q->wish][q->at];
    char *into = step == STEP_FRESH ? q->secret.fresh : q->secret.password;
    const char *first = step == STEP_AGAIN ? q->secret.password
                                           : q->secret.fresh;

    if (line.n == 0)
        return "no password was given";
    if (line.n >= CLI_SECRET_BYTES)
        return "that is too long for a password";
    if (step == STEP_AGAIN || step == STEP_FRESH_AGAIN)
        return str_eq(line, str_of(first))
            ? NULL : "those were two different passwords";
    str_to_z(line, into, CLI_SECRET_BYTES);
    return NULL;
}

/* The line's bytes lie in the input's own buffers. */
static void
wipe_input(struct chat *c, struct str line)
{
    if (line.n > 0 && line.p != NULL)
        sodium_memzero((char *)(uintptr_t)line.p, line.n);
    sodium_memzero(c->in.piece, sizeof c->in.piece);
}

void
chat_secret_take(struct chat *c, struct str line)
{
    struct chat_secret *q = c->secret;
    const char *wrong = line.p == NULL ? "that is too long for a password"
                                       : put(q, line);

    wipe_input(c, line);
    must(buf_printf(&c->s.out, "\n") == 0);
    q->at++;
    if (wrong == NULL && steps[q->wish][q->at] != 0) {
        prompt(c);
        return;
    }
    if (wrong == NULL)
        q->then(c, q->name, &q->secret);
    chat_secret_stop(c);
    if (wrong != NULL)
        cli_notice(&c->s, "%s", wrong);
}
