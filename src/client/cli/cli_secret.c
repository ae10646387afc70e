/* SPDX-License-Identifier: MIT
 *
 * On the terminal, signals wait while the echo is off: one that comes is seen
 * through a descriptor, the echo is turned on again, and then it may do what
 * it does. */
#include "client/cli/cli_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

void
cli_secret_wipe(struct cli_secret *s)
{
    sodium_memzero(s, sizeof *s);
}

/* ---- Files and commands ---- */

/* One line, byte by byte: what follows is another's. 0, -EMSGSIZE, -ENODATA
 * when there is none, or another -errno. */
static int
read_line(int fd, char out[CLI_SECRET_BYTES])
{
    size_t n = 0;

    for (;;) {
        ssize_t r = read(fd, out + n, 1);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -errno;
        if (r == 0 && n == 0)
            return -ENODATA;
        if (r == 0 || out[n] == '\n')
            break;
        if (++n == CLI_SECRET_BYTES - 1)
            return -EMSGSIZE;
    }
    if (n > 0 && out[n - 1] == '\r')
        n--;
    out[n] = '\0';
    return 0;
}

static int
say_why(int r, const char *where, struct err *e)
{
    if (r == -ENODATA)
        return err_set(e, ENODATA, "there is no secret in %s", where);
    if (r == -EMSGSIZE)
        return err_set(e, EMSGSIZE, "%s begins with a line that is too long",
                       where);
    if (r == -EINTR)
        return err_set(e, EINTR, "no password was given");
    return r < 0 ? err_set(e, -r, "%s: %s", where, strerror(-r)) : 0;
}

/* second: NULL, or where the next line goes. */
static int
read_file(const char *path, char *first, char *second, struct err *e)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int r;

    if (fd < 0)
        return say_why(-errno, path, e);
    r = read_line(fd, first);
    if (r == 0 && second != NULL)
        r = read_line(fd, second);
    if (!is_stdin)
        close(fd);
    return say_why(r, is_stdin ? "standard input" : path, e);
}

int
cli_secret_file(const char *path, char out[CLI_SECRET_BYTES], struct err *e)
{
    return read_file(path, out, NULL, e);
}

static int
run_command(const char *command, char out[CLI_SECRET_BYTES], struct err *e)
{
    FILE *pipe = popen(command, "re");
    int r, status;

    if (pipe == NULL)
        return say_why(-errno, "LOQUAT_PASSWORD_COMMAND", e);
    r = read_line(fileno(pipe), out);
    status = pclose(pipe);
    if (r == 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0)
        return err_set(e, EIO, "LOQUAT_PASSWORD_COMMAND has failed");
    return say_why(r, "what LOQUAT_PASSWORD_COMMAND prints", e);
}

/* ---- The terminal ---- */

static void
put(int tty, const char *text)
{
    (void)!write(tty, text, strlen(text));
}

/* 0: a line can be read; -EINTR: a signal waits to be delivered. */
static int
wait_for_line(int tty, int signals)
{
    struct pollfd fds[2] = {{.fd = tty, .events = POLLIN},
                            {.fd = signals, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return -errno;
    return fds[1].revents != 0 ? -EINTR : 0;
}

static int
ask_silently(int tty, int signals, const char *prompt,
             char out[CLI_SECRET_BYTES])
{
    struct termios was, silent;
    int r;

    if (tcgetattr(tty, &was) < 0)
        return -errno;
    silent = was;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    if (tcsetattr(tty, TCSAFLUSH, &silent) < 0)
        return -errno;
    put(tty, prompt);
    r = wait_for_line(tty, signals);
    if (r == 0)
        r = read_line(tty, out);
    (void)tcsetattr(tty, TCSAFLUSH, &was);
    put(tty, "\n");
    return r;
}

/* While they are blocked: did somebody only stop us (Ctrl-Z)? */
static bool
is_only_stopped(void)
{
    sigset_t pending;

    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGTSTP) && !sigismember(&pending, SIGINT) &&
           !sigismember(&pending, SIGTERM) && !sigismember(&pending, SIGHUP) &&
           !sigismember(&pending, SIGQUIT);
}

/* The signal that came is delivered when they may be again; after a stop we
 * are back, and ask again. */
static int
ask(int tty, const char *prompt, char out[CLI_SECRET_BYTES])
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    sigset_t set, was;
    int signals, r;
    bool again;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
        sigaddset(&set, caught[i]);
    do {
        sigprocmask(SIG_BLOCK, &set, &was);
        signals = signalfd(-1, &set, SFD_CLOEXEC);
        if (signals < 0) {
            r = -errno;
        } else {
            r = ask_silently(tty, signals, prompt, out);
            close(signals);
        }
        again = r == -EINTR && is_only_stopped();
        sigprocmask(SIG_SETMASK, &was, NULL);
    } while (again);
    return r;
}

static int
ask_twice(int tty, const char *prompt, char out[CLI_SECRET_BYTES],
          struct err *e)
{
    char again[CLI_SECRET_BYTES];
    int r = ask(tty, prompt, out);

    if (r == 0)
        r = ask(tty, "Once more: ", again);
    if (r == 0 && strcmp(out, again) != 0)
        r = err_set(e, EINVAL, "those were two different passwords");
    else
        r = say_why(r, "the terminal", e);
    sodium_memzero(again, sizeof again);
    return r;
}

static int
ask_person(struct cli_secret *s, enum cli_secret_wish wish, struct err *e)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int r;

    if (tty < 0)
        return err_set(e, ENOTTY, "there is no terminal to ask for a "
                       "password: --password-file or LOQUAT_PASSWORD_COMMAND");
    if (wish == CLI_SECRET_NEW)
        r = ask_twice(tty, "New password: ", s->password, e);
    else
        r = say_why(ask(tty, wish == CLI_SECRET_CHANGE ? "Old password: "
                                                       : "Password: ",
                        s->password), "the terminal", e);
    if (r == 0 && wish == CLI_SECRET_CHANGE)
        r = ask_twice(tty, "New password: ", s->fresh, e);
    close(tty);
    return r;
}

bool
cli_secret_is_typed(const struct cli_options *o, enum cli_secret_wish wish)
{
    const char *command = getenv("LOQUAT_PASSWORD_COMMAND");

    return o->password_file == NULL && (command == NULL || *command == '\0' ||
                                        wish == CLI_SECRET_CHANGE);
}

int
cli_secret_read(struct cli_secret *s, const struct cli_options *o,
                enum cli_secret_wish wish, struct err *e)
{
    bool change = wish == CLI_SECRET_CHANGE;
    const char *command = getenv("LOQUAT_PASSWORD_COMMAND");
    int r;

    *s = (struct cli_secret){0};
    if (o->password_file != NULL)
        r = read_file(o->password_file, s->password, change ? s->fresh : NULL,
                      e);
    else if (command != NULL && *command != '\0' && !change)
        r = run_command(command, s->password, e);
    else
        r = ask_person(s, wish, e);
    if (r == 0 && (s->password[0] == '\0' || (change && !s->fresh[0])))
        r = err_set(e, EINVAL, "a password is not empty");
    if (r < 0)
        cli_secret_wipe(s);
    return r;
}
